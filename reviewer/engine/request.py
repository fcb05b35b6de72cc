"""Prompt → the JSON body of the Messages request, and nothing that would let a model act.

No key of this body offers a model a tool, a file, a container or another server: whatever the reviewed text talks a model into, the
answer is all it can change. Sampling parameters and prefilled answers are left out since current models refuse them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any

from reviewer.engine.interface import Prompt, Turn


class Ability(StrEnum):
    """What some endpoints that speak the Messages API lack, and a review can do without."""

    STRUCTURED = "structured output"
    EFFORT = "effort"
    THINKING = "thinking"
    CACHING = "prompt caching"
    LIFETIME = "a lifetime of cache entries"
    DIAGNOSTICS = "cache diagnostics"


NOTHING_LACKING: frozenset[Ability] = frozenset()
MOST_CUTS = 16
"""Cuts of the documents. From a breakpoint the provider looks back over 20 blocks for what an earlier request wrote."""
MOST_BREAKPOINTS = 3
"""Within the documents, one less with a change; with one at their end and one at the end of the change there are the four that a request
may have."""


def request_body(prompt: Prompt, *, without: frozenset[Ability] = NOTHING_LACKING) -> dict[str, Any]:
    """The exact body of `POST /v1/messages`, for sending and for `--print-prompt`.

    `without` names abilities that the endpoint was found to lack.
    """
    return {
        "model": prompt.model,
        "max_tokens": prompt.max_output,
        "stream": True,
        **_question(prompt, without),
        **_diagnostics(prompt, without),
    }


def count_body(prompt: Prompt, *, without: frozenset[Ability] = NOTHING_LACKING) -> dict[str, Any]:
    """The body of `POST /v1/messages/count_tokens`: the same request, less what has no bearing on its length.

    The schema stays in, because the provider puts a text of its own into the prompt for it.
    """
    return {"model": prompt.model, **_question(prompt, without)}


def request_text(prompt: Prompt) -> str:
    """The body as text: what `--print-prompt` writes, and what a run keeps the SHA-256 of."""
    return json.dumps(request_body(prompt), ensure_ascii=False, indent=2) + "\n"


def _question(prompt: Prompt, without: frozenset[Ability]) -> dict[str, Any]:
    cache = _cache_control(prompt, without)
    content = [*_documents(prompt, cache), *([_text_block(prompt.change) | cache] if prompt.change else [])]
    question: dict[str, Any] = {
        "system": [_text_block(prompt.system)],
        "messages": [
            {"role": "user", "content": [*content, _text_block(prompt.question)]},
            *map(_message, _alternating(prompt.turns)),
        ],
    }
    output = _output_config(prompt, without)
    if output:
        question["output_config"] = output
    if prompt.thinking is not None and Ability.THINKING not in without:
        question["thinking"] = _plain(prompt.thinking)
    return question


def _cache_control(prompt: Prompt, without: frozenset[Ability]) -> dict[str, Any]:
    """What makes a block the end of a cached prefix; empty for an endpoint that cannot cache."""
    if Ability.CACHING in without:
        return {}
    lifetime = {"ttl": prompt.lifetime.value} if prompt.lifetime is not None and Ability.LIFETIME not in without else {}
    return {"cache_control": {"type": "ephemeral", **lifetime}}


def _documents(prompt: Prompt, cache: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents as text blocks; their texts together are the documents. `cache` is added where a cached prefix ends."""
    marks = (*prompt.breakpoints, len(prompt.documents))
    return [
        _text_block(prompt.documents[start:end]) | (cache if any(start < mark <= end for mark in marks) else {})
        for start, end in _spans(prompt)
    ]


def _spans(prompt: Prompt) -> Iterator[tuple[int, int]]:
    """Where each block of the documents starts and ends. The API refuses a block of white space, so such a piece joins a neighbour."""
    _check_cuts(prompt)
    start = end = 0
    for here, after in pairwise((0, *prompt.cuts, len(prompt.documents))):
        if prompt.documents[here:after].strip() and prompt.documents[start:end].strip():
            yield start, end
            start = here
        end = after
    if start < end:
        yield start, end


def _check_cuts(prompt: Prompt) -> None:
    """Cuts and breakpoints are our own work: wrong ones are a defect, and would be an expensive one."""
    cuts, end = prompt.cuts, len(prompt.documents)
    ascending = all(one < other for one, other in pairwise(cuts))
    if not ascending or len(cuts) > MOST_CUTS or any(not 0 <= cut <= end for cut in cuts):
        raise AssertionError(f"cuts of {end} characters: {cuts}")
    if len(prompt.breakpoints) > MOST_BREAKPOINTS - bool(prompt.change) or not set(prompt.breakpoints) <= set(cuts):
        raise AssertionError(f"breakpoints at cuts {cuts}: {prompt.breakpoints}")


def _alternating(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """`turns`, none of them blank. The question is the user's, so the model speaks first; the API refuses its turn at the end."""
    expected = ("assistant", "user") * (len(turns) // 2)
    if tuple(turn.role for turn in turns) != expected or not all(turn.text.strip() for turn in turns):
        raise AssertionError(f"turns: {[(turn.role, len(turn.text)) for turn in turns]}")
    return turns


def _message(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role, "content": [_text_block(turn.text)]}


def _diagnostics(prompt: Prompt, without: frozenset[Ability]) -> dict[str, Any]:
    """Asks why the cache missed. A request that follows none says so, or else no later one could be compared with it."""
    if without & {Ability.DIAGNOSTICS, Ability.CACHING}:
        return {}
    return {"diagnostics": {"previous_message_id": prompt.follows or None}}


def _output_config(prompt: Prompt, without: frozenset[Ability]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    if prompt.structured and Ability.STRUCTURED not in without:
        output["format"] = {"type": "json_schema", "schema": _plain(prompt.schema)}
    if prompt.effort is not None and Ability.EFFORT not in without:
        output["effort"] = prompt.effort
    return output


def _text_block(text: str) -> dict[str, Any]:
    return {"type": "text", "text": _sendable(text)}


def _sendable(text: str) -> str:
    """`text` without lone surrogates: JSON in UTF-8 cannot carry them. They stand for bytes of a path that is not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass").decode(errors="replace")
    return text


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Plain dicts and lists, whatever mappings and sequences a caller used."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
