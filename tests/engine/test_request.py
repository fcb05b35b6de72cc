"""The exact body of a request: what is in it, and what never is (a model that is offered nothing can do nothing)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types import (
    CacheControlEphemeralParam,
    DiagnosticsParam,
    MessageCountTokensParams,
    MessageParam,
    TextBlockParam,
)
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from reviewer.engine.interface import Lifetime, Prompt, Turn
from reviewer.engine.request import MOST_CUTS, Ability, count_body, request_body, request_text

PROMPT = Prompt(
    model="claude-opus-5-5",
    system="rules",
    documents="documents",
    question="question",
    schema={"type": "object"},
    max_output=32_000,
    effort=None,
    thinking=None,
    structured=False,
)

STREAMING: TypeAdapter[object] = TypeAdapter(MessageCreateParamsStreaming)
COUNTING: TypeAdapter[object] = TypeAdapter(MessageCountTokensParams)
MESSAGE: TypeAdapter[object] = TypeAdapter(MessageParam)
BLOCK: TypeAdapter[object] = TypeAdapter(TextBlockParam)

ACTING = {"tools", "tool_choice", "mcp_servers", "container", "context_management"}
SAMPLING = {"temperature", "top_p", "top_k", "stop_sequences"}


def test_the_body_of_a_full_request() -> None:
    prompt = replace(PROMPT, effort="high", thinking={"type": "adaptive"}, structured=True)
    assert request_body(prompt) == {
        "model": "claude-opus-5-5",
        "max_tokens": 32_000,
        "stream": True,
        "system": [{"type": "text", "text": "rules"}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "documents", "cache_control": {"type": "ephemeral"}},
                    {"type": "text", "text": "question"},
                ],
            }
        ],
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "high"},
        "thinking": {"type": "adaptive"},
        "diagnostics": {"previous_message_id": None},
    }


CUT = replace(PROMPT, documents="oneTWOthree", cuts=(3, 6), change="change", question="question")
MARK = {"cache_control": {"type": "ephemeral"}}


def content(prompt: Prompt, *without: Ability) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = request_body(prompt, without=frozenset(without))["messages"][0]["content"]
    return blocks


def block(text: str, mark: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": text, **(mark or {})}


def test_the_documents_are_cut_into_blocks_and_marked_where_a_prefix_ends() -> None:
    assert content(replace(CUT, breakpoints=(3,))) == [
        block("one", MARK),
        block("TWO"),
        block("three", MARK),
        block("change", MARK),
        block("question"),
    ]


def test_at_most_four_prefixes_end() -> None:
    marked = [it for it in content(replace(CUT, breakpoints=(3, 6))) if "cache_control" in it]
    assert [it["text"] for it in marked] == ["one", "TWO", "three", "change"]


@pytest.mark.parametrize("lifetime", Lifetime)
def test_the_lifetime_is_said_at_every_mark(lifetime: Lifetime) -> None:
    mark = {"cache_control": {"type": "ephemeral", "ttl": lifetime.value}}
    prompt = replace(CUT, breakpoints=(6,), lifetime=lifetime)
    assert content(prompt) == [block("one"), block("TWO", mark), block("three", mark), block("change", mark), block("question")]
    assert content(prompt, Ability.LIFETIME)[1] == block("TWO", MARK)
    assert content(prompt, Ability.CACHING)[1] == block("TWO")


@pytest.mark.parametrize(
    ("documents", "cuts", "breakpoints", "texts", "marked"),
    [
        ("onetwo", (0, 3, 6), (0, 6), ["one", "two"], ["two"]),
        ("one  \n two", (3, 6), (3,), ["one  \n", " two"], ["one  \n", " two"]),
        (" \n one", (3,), (3,), [" \n one"], [" \n one"]),
        ("one \n\t", (3, 4, 5), (3, 4), ["one \n\t"], ["one \n\t"]),
        ("", (), (), [], []),
        ("", (0,), (0,), [], []),
        (" ", (), (), [" "], [" "]),
    ],
    ids=["at the ends", "white space within", "at the start", "at the end", "nothing", "nothing, cut", "white space alone"],
)
def test_no_block_is_empty_or_white_space(
    documents: str, cuts: tuple[int, ...], breakpoints: tuple[int, ...], texts: list[str], marked: list[str]
) -> None:
    made = content(replace(PROMPT, documents=documents, cuts=cuts, breakpoints=breakpoints))[:-1]
    assert [it["text"] for it in made] == texts
    assert [it["text"] for it in made if "cache_control" in it] == marked


@pytest.mark.parametrize(
    ("cuts", "breakpoints"),
    [((12,), ()), ((-1,), ()), ((6, 3), ()), ((3, 3), ()), ((3,), (6,)), ((1, 2, 3), (1, 2, 3))],
    ids=["beyond the end", "before the start", "descending", "twice", "a mark at no cut", "three marks"],
)
def test_wrong_cuts_are_a_defect_of_ours(cuts: tuple[int, ...], breakpoints: tuple[int, ...]) -> None:
    with pytest.raises(AssertionError):
        request_body(replace(CUT, cuts=cuts, breakpoints=breakpoints))


def test_more_cuts_than_the_provider_looks_back_are_a_defect_of_ours() -> None:
    wide = replace(PROMPT, documents="x" * 99)
    assert len(content(replace(wide, cuts=tuple(range(1, MOST_CUTS + 1))))) == MOST_CUTS + 2
    with pytest.raises(AssertionError):
        request_body(replace(wide, cuts=tuple(range(1, MOST_CUTS + 2))))


def test_what_was_said_after_the_question_follows_in_turns() -> None:
    turns = (Turn("assistant", "answer"), Turn("user", "and?"))
    messages = request_body(replace(PROMPT, turns=turns))["messages"]
    assert messages[0] == request_body(PROMPT)["messages"][0]
    assert messages[1:] == [{"role": "assistant", "content": [block("answer")]}, {"role": "user", "content": [block("and?")]}]


@pytest.mark.parametrize(
    "turns",
    [
        (Turn("assistant", "begun"),),
        (Turn("user", "more"),),
        (Turn("user", "more"), Turn("assistant", "begun")),
        (Turn("assistant", ""), Turn("user", "more")),
    ],
)
def test_turns_that_the_provider_would_refuse_are_a_defect_of_ours(turns: tuple[Turn, ...]) -> None:
    with pytest.raises(AssertionError):
        request_body(replace(PROMPT, turns=turns))


def test_a_request_that_follows_another_asks_why_the_cache_missed() -> None:
    prompt = replace(PROMPT, follows="msg_1")
    assert request_body(prompt)["diagnostics"] == {"previous_message_id": "msg_1"}
    assert "diagnostics" not in count_body(prompt)
    assert "diagnostics" not in request_body(prompt, without=frozenset({Ability.CACHING}))


def test_what_was_not_asked_for_is_not_in_the_body() -> None:
    assert set(request_body(PROMPT)) == {"model", "max_tokens", "stream", "system", "messages", "diagnostics"}


@pytest.mark.parametrize("ability", Ability)
def test_an_ability_the_endpoint_lacks_is_left_out(ability: Ability) -> None:
    prompt = replace(PROMPT, effort="high", thinking={"type": "adaptive"}, structured=True, lifetime=Lifetime.ONE_HOUR)
    whole, less = json.dumps(request_body(prompt)), json.dumps(request_body(prompt, without=frozenset({ability})))
    word = {
        Ability.STRUCTURED: "json_schema",
        Ability.EFFORT: '"effort"',
        Ability.THINKING: "thinking",
        Ability.CACHING: "cache_control",
        Ability.LIFETIME: "ttl",
        Ability.DIAGNOSTICS: "diagnostics",
    }[ability]
    assert word in whole
    assert word not in less


def test_without_any_ability_the_question_remains() -> None:
    prompt = replace(PROMPT, effort="high", thinking={"type": "adaptive"}, structured=True)
    assert set(request_body(prompt, without=frozenset(Ability))) == {"model", "max_tokens", "stream", "system", "messages"}


anything = st.text(st.characters() | st.sampled_from(" \n\ud83d\ude00\udce9"))
"""Also halves of a character of UTF-16, alone or side by side."""


@st.composite
def cut_documents(draw: st.DrawFn) -> dict[str, Any]:
    documents = draw(anything)
    cuts = sorted(draw(st.sets(st.integers(0, len(documents)), max_size=MOST_CUTS)))
    breakpoints = draw(st.lists(st.sampled_from(cuts), unique=True, max_size=2)) if cuts else []
    return {"documents": documents, "cuts": tuple(cuts), "breakpoints": tuple(breakpoints)}


conversations = st.lists(st.tuples(st.text("ab", min_size=1), st.text("ab", min_size=1)), max_size=3).map(
    lambda pairs: tuple(turn for said, asked in pairs for turn in (Turn("assistant", said), Turn("user", asked)))
)
cuttings = st.builds(
    lambda cut, rest: replace(rest, **cut),
    cut_documents(),
    st.builds(replace, st.just(PROMPT), change=anything, lifetime=st.none() | st.sampled_from(Lifetime), turns=conversations),
)


@given(cuttings)
def test_cutting_never_changes_what_is_said(prompt: Prompt) -> None:
    whole = replace(prompt, cuts=(), breakpoints=())
    texts = [it["text"] for it in content(prompt)]
    expected = [it["text"] for it in content(whole)]
    tail = expected[bool(prompt.documents) :]
    assert texts[-len(tail) :] == tail
    assert "".join(texts).encode() == "".join(expected).encode()


@given(cuttings)
def test_cuts_make_blocks_that_the_provider_takes(prompt: Prompt) -> None:
    made = content(prompt)[: -2 if prompt.change else -1]
    assert sum("cache_control" in it for it in content(prompt)) <= 4
    assert all(it["text"].strip() for it in made) or not prompt.documents.strip()
    assert all("cache_control" in it for it in made[-1:])


@given(cuttings, st.text(min_size=1))
def test_a_prefix_keeps_its_blocks_whatever_follows_it(prompt: Prompt, more: str) -> None:
    """Else the next commit, which adds to the end, would miss the cache also where nothing has changed."""
    longer = replace(prompt, documents=prompt.documents + more)
    last = prompt.cuts[-1] if prompt.cuts else 0
    before, after = content(replace(prompt, breakpoints=())), content(replace(longer, breakpoints=()))
    if prompt.documents[last:].strip():
        settled = [it["text"] for it in before[: -2 if prompt.change else -1]][:-1]
        assert [it["text"] for it in after][: len(settled)] == settled


prompts = st.builds(
    Prompt,
    model=st.sampled_from(["claude-opus-5-5", "claude-haiku-4-5-20251001"]),
    system=st.text(),
    documents=st.text(),
    question=st.text(),
    turns=conversations,
    lifetime=st.none() | st.sampled_from(Lifetime),
    follows=st.sampled_from(["", "msg_1"]),
    schema=st.just({"type": "object"}),
    max_output=st.integers(1, 128_000),
    effort=st.none() | st.sampled_from(["low", "max"]),
    thinking=st.none() | st.just({"type": "adaptive"}),
    structured=st.booleans(),
)


def keys(value: Any) -> set[str]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return set(value).union(*(keys(item) for item in value.values()))
    return set().union(*(keys(item) for item in value)) if isinstance(value, list) else set()


@given(prompts, st.frozensets(st.sampled_from(list(Ability))))
@settings(max_examples=50)
def test_no_request_offers_a_tool_or_sets_sampling_or_prefills(prompt: Prompt, without: frozenset[Ability]) -> None:
    body = request_body(prompt, without=without)
    assert not keys(body) & (ACTING | SAMPLING)
    assert [message["role"] for message in body["messages"]] == ["user", *(turn.role for turn in prompt.turns)]
    assert body["messages"][-1]["role"] == "user"
    assert set(body) <= set(MessageCreateParamsStreaming.__annotations__)
    assert set(count_body(prompt, without=without)) <= set(MessageCountTokensParams.__annotations__)
    json.dumps(body).encode()


@given(prompts)
@settings(max_examples=20)
def test_counting_asks_about_the_same_request(prompt: Prompt) -> None:
    body = request_body(prompt)
    left_out = {"max_tokens", "stream", "diagnostics"}
    assert count_body(prompt) == {key: value for key, value in body.items() if key not in left_out}


@given(prompts)
@settings(max_examples=50)
def test_the_sdk_knows_every_part_of_the_body(prompt: Prompt) -> None:
    """Deeply: the SDK's own types forgive unknown keys, and look into no list that nobody walks through."""
    body = request_body(prompt)
    assert STREAMING.validate_python(body)
    assert COUNTING.validate_python(count_body(prompt))
    for message in body["messages"]:
        assert MESSAGE.validate_python({**message, "content": "text"})
        for it in message["content"]:
            assert set(it) <= set(TextBlockParam.__annotations__)
            assert BLOCK.validate_python(it) == it
            assert set(it.get("cache_control", {})) <= set(CacheControlEphemeralParam.__annotations__)
    assert set(body["diagnostics"]) <= set(DiagnosticsParam.__annotations__)


def test_a_byte_that_is_not_utf_8_can_be_sent() -> None:
    body = request_body(replace(PROMPT, documents=b"caf\xe9.py".decode(errors="surrogateescape")))
    json.dumps(body, ensure_ascii=False).encode()
    assert body["messages"][0]["content"][0]["text"].startswith("caf\N{REPLACEMENT CHARACTER}")


def test_the_text_of_a_request_is_its_body() -> None:
    assert json.loads(request_text(PROMPT)) == request_body(PROMPT)
    assert request_text(PROMPT).endswith("}\n")
