"""The prompt cache: which part of a prompt is kept and for how long, what of that the provider bills, and why it missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from messages_server import Behaviour, MessagesServer
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.interface import Lifetime, Prompt, Reply, Stop
from reviewer.outcome import Usage

Connect = Callable[..., ClaudeEngine]


class Deaf:
    """A listener that does not care."""

    def sent(self) -> None: ...

    def started(self, usage: Usage, request_id: str, model: str) -> None: ...

    def text(self, delta: str) -> None: ...


DEAF = Deaf()


@pytest.fixture
def cut(prompt: Prompt) -> Prompt:
    """A prompt of three parts of some thousand tokens, and a change."""
    parts = ["rarely changed " * 300, "sometimes changed " * 300, "often changed " * 300]
    cuts = (len(parts[0]), len(parts[0]) + len(parts[1]))
    return replace(prompt, documents="".join(parts), cuts=cuts, breakpoints=cuts, change="the change " * 300)


def test_the_next_commit_pays_for_the_end_alone(connect: Connect, cut: Prompt) -> None:
    engine = connect()
    first = engine.send(cut, DEAF).usage
    end = engine.send(replace(cut, documents=cut.documents + "one more line"), DEAF).usage
    middle = engine.send(replace(cut, documents=cut.documents[: cut.cuts[1]].upper() + cut.documents[cut.cuts[1] :]), DEAF).usage
    push = engine.send(replace(cut, change="another change " * 300), DEAF).usage
    assert 0 < end.cache_creation_input_tokens < first.cache_creation_input_tokens * 0.6
    assert middle.cache_read_input_tokens == 0
    assert 0 < push.cache_creation_input_tokens < first.cache_creation_input_tokens * 0.4


def test_what_is_written_for_an_hour_is_told_apart(connect: Connect, cut: Prompt) -> None:
    engine = connect()
    short, hour = (engine.send(replace(cut, lifetime=it), DEAF).usage for it in (Lifetime.FIVE_MINUTES, Lifetime.ONE_HOUR))
    assert short.cache_creation_input_tokens > 0
    assert short.cache_creation_1h_input_tokens == 0
    assert hour.cache_creation_1h_input_tokens == hour.cache_creation_input_tokens


def starting(**message: Any) -> Behaviour:  # noqa: ANN401 - whatever a gateway sends
    """An answer whose first event holds `message`, and whose last one repeats the totals as the API does: without their split."""
    usage = {name: count for name, count in message.get("usage", {}).items() if name != "cache_creation"}
    events = (
        {"type": "message_start", "message": {"type": "message", "id": "msg_1", "content": [], **message}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "{}"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {**usage, "output_tokens": 3}},
    )
    return Behaviour(body=b"".join(f"event: {it['type']}\ndata: {json.dumps(it)}\n\n".encode() for it in events))


WRITTEN = {"input_tokens": 5, "cache_creation_input_tokens": 1000}


@pytest.mark.parametrize(
    ("lifetime", "split", "hour"),
    [
        (Lifetime.ONE_HOUR, {"ephemeral_1h_input_tokens": 600, "ephemeral_5m_input_tokens": 400}, 600),
        (Lifetime.ONE_HOUR, {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 1000}, 0),
        (Lifetime.ONE_HOUR, {"ephemeral_1h_input_tokens": 5000}, 1000),
        (Lifetime.ONE_HOUR, None, 1000),
        (Lifetime.ONE_HOUR, "a gateway's own words", 1000),
        (Lifetime.FIVE_MINUTES, None, 0),
        (None, {}, 0),
    ],
)
def test_an_endpoint_that_does_not_say_for_how_long_is_taken_to_have_done_as_asked(
    server: MessagesServer, connect: Connect, prompt: Prompt, lifetime: Lifetime | None, split: object, hour: int
) -> None:
    server.queue(starting(usage={**WRITTEN, "cache_creation": split}))
    usage = connect().send(replace(prompt, lifetime=lifetime), DEAF).usage
    assert usage.cache_creation_input_tokens == 1000
    assert usage.cache_creation_1h_input_tokens == hour


def refusing(message: str) -> Behaviour:
    return Behaviour(status=400, error="invalid_request_error", message=message)


@pytest.mark.parametrize(
    "message",
    [
        "messages.0.content.0.text.cache_control.ephemeral.ttl: Extra inputs are not permitted",
        "unknown field 'ttl' in cache_control",
    ],
)
def test_without_lifetimes_there_is_still_a_cache(server: MessagesServer, connect: Connect, prompt: Prompt, message: str) -> None:
    server.queue(refusing(message))
    reply = connect().send(replace(prompt, lifetime=Lifetime.ONE_HOUR), DEAF)
    assert reply.notes == ("The endpoint does not take a lifetime of cache entries; the request was made without it.",)
    assert reply.retries == 1
    assert '"cache_control": {"type": "ephemeral"}' in json.dumps(server.requests[1].body)
    assert reply.usage.cache_creation_input_tokens > 0
    assert reply.usage.cache_creation_1h_input_tokens == 0


def test_a_refusal_that_speaks_of_throttling_is_not_about_lifetimes(
    server: MessagesServer, connect: Connect, prompt: Prompt
) -> None:
    server.queue(refusing("cache_control is throttled"))
    connect().send(replace(prompt, lifetime=Lifetime.ONE_HOUR), DEAF)
    assert "cache_control" not in json.dumps(server.requests[1].body)


@pytest.mark.parametrize("message", ["diagnostics: Extra inputs are not permitted", "previous_message_id: unknown"])
def test_without_diagnostics_nothing_is_lost_and_nothing_is_said(
    server: MessagesServer, connect: Connect, prompt: Prompt, message: str
) -> None:
    server.queue(refusing(message))
    engine = connect()
    first, second = (engine.send(replace(prompt, follows="msg_1"), DEAF) for _ in range(2))
    assert first.stop is second.stop is Stop.END
    assert first.notes == second.notes == ()
    assert (first.retries, second.retries) == (1, 0)
    assert ["diagnostics" in request.body for request in server.requests] == [True, False, False]
    assert "cache_control" in json.dumps(server.requests[1].body)


def test_every_message_can_be_followed(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    """The provider remembers only requests that carried `diagnostics` themselves."""
    engine = connect()
    first = engine.send(prompt, DEAF)
    second = engine.send(replace(prompt, follows=first.message_id, system="other rules"), DEAF)
    assert first.message_id.startswith("msg_")
    assert first.message_id != second.message_id
    assert server.requests[1].body["diagnostics"] == {"previous_message_id": first.message_id}
    assert (first.cache_miss, second.cache_miss) == ("", "system_changed")


def follow(connect: Connect, server: MessagesServer, prompt: Prompt, changed: Prompt, *, after: float = 0) -> Reply:
    engine = connect()
    first = engine.send(prompt, DEAF)
    server.clock.advance(after)
    return engine.send(replace(changed, follows=first.message_id), DEAF)


def test_another_question_is_no_reason_for_a_miss(server: MessagesServer, connect: Connect, cut: Prompt) -> None:
    """The provider says `messages_changed` of it, but the prefix was read."""
    hit = follow(connect, server, cut, replace(cut, question="Another one?"))
    assert hit.usage.cache_read_input_tokens > 0
    assert hit.cache_miss == ""


def test_an_entry_that_is_gone_is_not_blamed_on_the_question(server: MessagesServer, connect: Connect, cut: Prompt) -> None:
    missed = follow(connect, server, cut, replace(cut, question="Another one?"), after=301)
    assert missed.usage.cache_read_input_tokens == 0
    assert missed.cache_miss == ""


def test_a_change_of_the_documents_is_a_reason(server: MessagesServer, connect: Connect, cut: Prompt) -> None:
    missed = follow(connect, server, cut, replace(cut, documents=cut.documents.replace("rarely", "lately")))
    assert missed.cache_miss == "messages_changed"


def test_a_message_that_the_provider_does_not_know_is_a_reason_not_to_know(connect: Connect, prompt: Prompt) -> None:
    assert connect().send(replace(prompt, follows="msg_of_last_week"), DEAF).cache_miss == "previous_message_not_found"


@pytest.mark.parametrize(
    ("diagnostics", "says"),
    [
        ({"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": 900}}, "tools_changed"),
        ({"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": "many"}}, "tools_changed"),
        ({"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": -1}}, "tools_changed"),
        ({"cache_miss_reason": {"type": "unavailable"}}, "unavailable"),
        ({"cache_miss_reason": {"type": "moon_changed"}}, ""),
        ({"cache_miss_reason": {"type": "\x1b[31mhostile"}}, ""),
        ({"cache_miss_reason": {"type": ["model_changed"]}}, ""),
        ({"cache_miss_reason": None}, ""),
        ({"cache_miss_reason": "model_changed"}, ""),
        ({}, ""),
        ("none", ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_whatever_is_said_of_the_cache_the_answer_is_taken(
    server: MessagesServer, connect: Connect, prompt: Prompt, diagnostics: object, says: str
) -> None:
    server.queue(starting(usage=WRITTEN, diagnostics=diagnostics))
    reply = connect().send(prompt, DEAF)
    assert reply.stop is Stop.END
    assert reply.cache_miss == says


@pytest.mark.parametrize("name", [None, 5, "\x1b[31mmsg", "m" * 500, "msg 1"])
def test_an_id_that_is_none_is_not_taken(server: MessagesServer, connect: Connect, prompt: Prompt, name: object) -> None:
    server.queue(starting(id=name))
    reply = connect().send(prompt, DEAF)
    assert reply.stop is Stop.END
    assert reply.message_id == ""


def test_an_answer_in_one_piece_says_the_same(server: MessagesServer, connect: Connect, cut: Prompt) -> None:
    server.queue(Behaviour(one_piece=True), Behaviour(one_piece=True))
    engine = connect()
    first = engine.send(replace(cut, lifetime=Lifetime.ONE_HOUR), DEAF)
    second = engine.send(replace(cut, system="other rules", follows=first.message_id), DEAF)
    assert first.usage.cache_creation_1h_input_tokens > 0
    assert second.cache_miss == "system_changed"
