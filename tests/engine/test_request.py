"""The exact body of a request: what is in it, and what never is (a model that is offered nothing can do nothing)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from anthropic.types import MessageCountTokensParams
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.engine.interface import Prompt
from reviewer.engine.request import Ability, count_body, request_body, request_text

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
    }


def test_what_was_not_asked_for_is_not_in_the_body() -> None:
    assert set(request_body(PROMPT)) == {"model", "max_tokens", "stream", "system", "messages"}


@pytest.mark.parametrize("ability", Ability)
def test_an_ability_the_endpoint_lacks_is_left_out(ability: Ability) -> None:
    prompt = replace(PROMPT, effort="high", thinking={"type": "adaptive"}, structured=True)
    whole, less = json.dumps(request_body(prompt)), json.dumps(request_body(prompt, without=frozenset({ability})))
    word = {
        Ability.STRUCTURED: "json_schema",
        Ability.EFFORT: '"effort"',
        Ability.THINKING: "thinking",
        Ability.CACHING: "cache_control",
    }[ability]
    assert word in whole
    assert word not in less


def test_without_any_ability_the_question_remains() -> None:
    prompt = replace(PROMPT, effort="high", thinking={"type": "adaptive"}, structured=True)
    assert set(request_body(prompt, without=frozenset(Ability))) == {"model", "max_tokens", "stream", "system", "messages"}


prompts = st.builds(
    Prompt,
    model=st.sampled_from(["claude-opus-5-5", "claude-haiku-4-5-20251001"]),
    system=st.text(),
    documents=st.text(),
    question=st.text(),
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
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert set(body) <= set(MessageCreateParamsStreaming.__annotations__)
    assert set(count_body(prompt, without=without)) <= set(MessageCountTokensParams.__annotations__)
    json.dumps(body).encode()


@given(prompts)
@settings(max_examples=20)
def test_counting_asks_about_the_same_request(prompt: Prompt) -> None:
    body = request_body(prompt)
    assert count_body(prompt) == {key: value for key, value in body.items() if key not in {"max_tokens", "stream"}}


def test_a_byte_that_is_not_utf_8_can_be_sent() -> None:
    body = request_body(replace(PROMPT, documents=b"caf\xe9.py".decode(errors="surrogateescape")))
    json.dumps(body, ensure_ascii=False).encode()
    assert body["messages"][0]["content"][0]["text"].startswith("caf\N{REPLACEMENT CHARACTER}")


def test_the_text_of_a_request_is_its_body() -> None:
    assert json.loads(request_text(PROMPT)) == request_body(PROMPT)
    assert request_text(PROMPT).endswith("}\n")
