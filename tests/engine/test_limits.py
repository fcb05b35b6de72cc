"""What a response says may still be asked."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from messages_server import Behaviour, MessagesServer, Rate
from reviewer.engine import connection
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.interface import Prompt, RateLimits
from reviewer.engine.wire_limits import read_limits
from reviewer.errors import OverloadedError, RateLimitedError
from reviewer.outcome import Usage

Connect = Callable[..., ClaudeEngine]


class Watching:
    """A listener that looks at the limits as soon as the answer begins."""

    def __init__(self, engine: ClaudeEngine) -> None:
        self.engine = engine
        self.seen = RateLimits()

    def sent(self) -> None: ...

    def started(self, usage: Usage, request_id: str, model: str) -> None:  # noqa: ARG002 - the listener's form
        self.seen = self.engine.limits

    def text(self, delta: str) -> None: ...


def remaining(**left: str) -> dict[str, str]:
    return {f"anthropic-ratelimit-{kind.replace('_', '-')}-remaining": value for kind, value in left.items()}


def test_the_limits_are_known_when_the_answer_begins(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.rate = Rate(requests=50, input_tokens=40_000, output_tokens=8_000)
    engine = connect()
    listener = Watching(engine)
    assert engine.limits == RateLimits()
    reply = engine.send(prompt, listener)
    assert listener.seen.requests == 49
    assert listener.seen.input_tokens == 40_000 - reply.usage.prompt_tokens
    assert listener.seen == engine.limits


def test_what_is_left_when_too_much_was_asked_is_known_too(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(Behaviour(status=429, error="rate_limit_error", headers=remaining(requests="0", input_tokens="17")))
    engine = connect()
    with pytest.raises(RateLimitedError):
        engine.send(prompt, Watching(engine))
    assert (engine.limits.requests, engine.limits.input_tokens) == (0, 17)


def test_a_response_without_limits_takes_nothing_back(connect: Connect, prompt: Prompt) -> None:
    """A proxy in between knows of none; the minute goes on."""
    responses = [
        httpx2.Response(429, headers={**remaining(requests="3"), "retry-after-ms": "1"}),
        httpx2.Response(503, text="upstream connect error"),
    ]
    engine = connect(max_retries=1, transport=httpx2.MockTransport(lambda _: responses.pop(0)))
    with pytest.raises(OverloadedError):
        engine.send(prompt, Watching(engine))
    assert responses == []
    assert engine.limits == RateLimits(requests=3)


def test_counting_has_limits_of_its_own(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    body = b'{"input_tokens": 9}'
    server.queue(
        Behaviour(path="/v1/messages/count_tokens", body=body, content_type="application/json", headers=remaining(requests="1"))
    )
    engine = connect()
    assert engine.count(prompt) == 9
    assert engine.limits == RateLimits()


def test_limits_of_an_earlier_minute_are_forgotten(connect: Connect, prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HOLDS", 0.0)
    engine = connect()
    engine.send(prompt, Watching(engine))
    assert engine.limits == RateLimits()


@pytest.mark.parametrize(
    "value",
    ["", "-1", "+1", " 1", "1 ", "1.0", "1e9", "0x1", "1_000", "1,000", "5, 5", "٣", "²", "inf", "nan", "\x00", "9" * 16, "none"],
)
def test_what_is_not_a_plain_number_is_not_there(value: str) -> None:
    assert read_limits(remaining(requests=value, input_tokens="7")) == RateLimits(input_tokens=7)
    assert read_limits(remaining(requests=value)) is None


def test_a_plain_number_is_read() -> None:
    assert read_limits(remaining(requests="0", input_tokens="007", output_tokens="9" * 15)) == RateLimits(
        requests=0, input_tokens=7, output_tokens=10**15 - 1
    )
    assert read_limits({}) is None
