"""Prompt → the JSON body of the Messages request, and nothing that would let a model act.

No key of this body offers a model a tool, a file, a container or another server: whatever the reviewed text talks a model into, the
answer is all it can change. Sampling parameters and prefilled answers are left out since current models refuse them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from reviewer.engine.interface import Prompt


class Ability(StrEnum):
    """What some endpoints that speak the Messages API lack, and a review can do without."""

    STRUCTURED = "structured output"
    EFFORT = "effort"
    THINKING = "thinking"
    CACHING = "prompt caching"


NOTHING_LACKING: frozenset[Ability] = frozenset()


def request_body(prompt: Prompt, *, without: frozenset[Ability] = NOTHING_LACKING) -> dict[str, Any]:
    """The exact body of `POST /v1/messages`, for sending and for `--print-prompt`.

    `without` names abilities that the endpoint was found to lack.
    """
    return {
        "model": prompt.model,
        "max_tokens": prompt.max_output,
        "stream": True,
        **_question(prompt, without),
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
    kept = [_text_block(text) for text in (prompt.documents, prompt.change) if text]
    if Ability.CACHING not in without:
        for block in kept:
            block["cache_control"] = {"type": "ephemeral"}
    content = [*kept, _text_block(prompt.question)]
    question: dict[str, Any] = {
        "system": [_text_block(prompt.system)],
        "messages": [{"role": "user", "content": content}],
    }
    output = _output_config(prompt, without)
    if output:
        question["output_config"] = output
    if prompt.thinking is not None and Ability.THINKING not in without:
        question["thinking"] = _plain(prompt.thinking)
    return question


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
