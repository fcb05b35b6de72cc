"""The loopback server's cache is the provider's: each rule by the smallest request that shows it."""

from __future__ import annotations

import threading
from dataclasses import fields
from typing import Any

import anthropic
import pytest

from messages_cache import Clock, Diagnostics, Look, PromptCache
from messages_rules import count, dollars, refusal_of
from messages_server import MODELS, Behaviour, MessagesServer, Rate
from reviewer.engine.interface import Lifetime
from reviewer.outcome import Usage
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.cost import usd

CATALOGUE = load_catalogue()
FIVE: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
HOUR: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
PLAIN: dict[str, Any] = {}
LONG = "x" * 3_000
"""A text of 1,000 tokens."""
BLOCK = 1_004
"""What a block of it takes."""


def block(text: str, mark: dict[str, Any] = PLAIN) -> dict[str, Any]:
    return {"type": "text", "text": text, **mark}


def body(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"model": "claude-opus-5-5", "max_tokens": 100, "messages": [{"role": "user", "content": list(blocks)}], **more}


class Cache:
    """A cache under a clock that stands still unless it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        monkeypatch.setattr("messages_cache.time.time", lambda: 1_000_000.0)
        self.cache = PromptCache(self.clock)

    def look(self, request: dict[str, Any]) -> Look:
        assert refusal_of(request, counting=False) is None
        return self.cache.look(request)

    def ask(self, request: dict[str, Any]) -> tuple[int, int, int]:
        """Tokens billed plainly, read and written; the answer begins at once."""
        look = self.look(request)
        look.answered()
        usage = look.usage
        assert sum(usage["cache_creation"].values()) == usage["cache_creation_input_tokens"]
        assert usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"] == count(request)
        return usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Cache:
    return Cache(monkeypatch)


def test_a_prefix_is_written_once_and_read_by_every_further_question(cache: Cache) -> None:
    assert cache.ask(body(block(LONG, FIVE), block("one"))) == (5, 0, BLOCK)
    assert cache.ask(body(block(LONG, FIVE), block("another"))) == (7, BLOCK, 0)
    assert cache.ask(body(block(LONG, FIVE), block("another"))) == (7, BLOCK, 0)


def test_without_a_breakpoint_nothing_is_written_or_read(cache: Cache) -> None:
    assert cache.ask(body(block(LONG))) == (BLOCK, 0, 0)
    assert cache.ask(body(block(LONG, FIVE))) == (0, 0, BLOCK)
    assert cache.ask(body(block(LONG))) == (BLOCK, 0, 0)


def test_entries_are_written_at_breakpoints_alone(cache: Cache) -> None:
    """A changed last block misses the blocks before it, unless one of them had a breakpoint of its own."""
    cache.ask(body(block(LONG), block("a", FIVE)))
    assert cache.ask(body(block(LONG), block("b", FIVE))) == (0, 0, BLOCK + 5)
    cache.ask(body(block(LONG, FIVE), block("c", FIVE)))
    assert cache.ask(body(block(LONG, FIVE), block("d", FIVE))) == (0, BLOCK, 5)


@pytest.mark.parametrize(("between", "read"), [(19, BLOCK), (20, 0)])
def test_twenty_positions_are_looked_at_for_each_breakpoint(cache: Cache, between: int, read: int) -> None:
    cache.ask(body(block(LONG, FIVE)))
    added = [block(f"{number:02}") for number in range(between - 1)]
    assert cache.ask(body(block(LONG), *added, block("xx", FIVE)))[1] == read
    assert cache.ask(body(block(LONG, FIVE), *added, block("yy", FIVE)))[1] == BLOCK


def test_a_prefix_in_other_blocks_is_another_prefix(cache: Cache) -> None:
    cache.ask(body(block(LONG + LONG, FIVE)))
    assert cache.ask(body(block(LONG), block(LONG, FIVE)))[1] == 0


def test_where_breakpoints_stand_is_no_part_of_the_prefix(cache: Cache) -> None:
    cache.ask(body(block(LONG, FIVE), block(LONG, FIVE)))
    assert cache.ask(body(block(LONG), block(LONG, HOUR), block("q")))[1] == 2 * BLOCK


@pytest.mark.parametrize(
    "change",
    [
        {"model": "claude-opus-5"},
        {"thinking": {"type": "adaptive"}},
        {"output_config": {"effort": "high"}},
        {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
        {"system": "rules"},
        {"system": [block("rules", FIVE)]},
    ],
)
def test_a_request_made_otherwise_misses(cache: Cache, change: dict[str, Any]) -> None:
    cache.ask(body(block(LONG, FIVE)))
    assert cache.ask(body(block(LONG, FIVE), **change))[1] == 0


def test_the_default_effort_is_the_same_as_none(cache: Cache) -> None:
    cache.ask(body(block(LONG, FIVE)))
    assert cache.ask(body(block(LONG, FIVE), output_config={"effort": "medium"}))[1] == BLOCK


def test_effort_and_thinking_leave_a_cached_system_prompt_alone(cache: Cache) -> None:
    system = [block(LONG, FIVE)]
    cache.ask(body(block(LONG, FIVE), system=system))
    other = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}
    assert cache.ask(body(block(LONG, FIVE), system=system, **other)) == (0, BLOCK, BLOCK)


def test_the_text_of_an_answer_format_is_at_the_head_of_the_prefix(cache: Cache) -> None:
    """So it is read with the prefix; another one changes everything, the system prompt too."""
    given = {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}
    other = {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "title": "x"}}}}
    system = [block(LONG, FIVE)]
    plain, _, written = cache.ask(body(block("q"), system=system, **given))
    assert (plain, written > BLOCK) == (5, True)
    assert cache.ask(body(block("q"), system=system, **given)) == (5, written, 0)
    assert cache.ask(body(block("q"), system=system, **other))[1] == 0


def test_a_prefix_below_the_models_minimum_is_not_cached(cache: Cache) -> None:
    least = MODELS["claude-opus-5-5"]["min_cache_tokens"]
    short, enough = ("x" * 3 * (least - 4 - less) for less in (1, 0))
    for _ in range(2):
        assert cache.ask(body(block(short, FIVE))) == (least - 1, 0, 0)
    assert cache.ask(body(block(enough, FIVE))) == (0, 0, least)
    assert cache.ask(body(block(enough, FIVE))) == (0, least, 0)


@pytest.mark.parametrize(("mark", "lifetime"), [(FIVE, Lifetime.FIVE_MINUTES), (HOUR, Lifetime.ONE_HOUR)])
def test_an_entry_lives_as_long_as_was_asked_after_its_last_use(cache: Cache, mark: dict[str, Any], lifetime: Lifetime) -> None:
    request = body(block(LONG, mark))
    cache.ask(request)
    for _ in range(3):
        cache.clock.advance(lifetime.seconds - 1)
        assert cache.ask(request)[1] == BLOCK
    cache.clock.advance(lifetime.seconds)
    assert cache.ask(request)[1] == 0


def test_a_lifetime_begins_with_the_request_and_not_with_its_answer(cache: Cache) -> None:
    look = cache.look(body(block(LONG, FIVE)))
    cache.clock.advance(200)
    look.answered()
    cache.clock.advance(99)
    assert cache.look(body(block(LONG, FIVE))).usage["cache_read_input_tokens"] == BLOCK
    cache.clock.advance(1)
    assert cache.look(body(block(LONG, FIVE))).usage["cache_read_input_tokens"] == 0


def test_what_a_request_writes_can_be_read_once_its_answer_has_begun(cache: Cache) -> None:
    request = body(block(LONG, FIVE))
    first, second = cache.look(request), cache.look(request)
    assert [look.usage["cache_creation_input_tokens"] for look in (first, second)] == [BLOCK, BLOCK]
    second.answered()
    assert cache.ask(request)[1] == BLOCK


def test_an_hour_is_billed_apart_from_five_minutes(cache: Cache) -> None:
    usage = cache.look(body(block(LONG, HOUR), block(LONG, FIVE), block("q"))).usage
    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": BLOCK, "ephemeral_1h_input_tokens": BLOCK}


def test_after_five_minutes_the_part_that_was_kept_for_an_hour_is_still_read(cache: Cache) -> None:
    request = body(block(LONG, HOUR), block(LONG, FIVE))
    cache.ask(request)
    cache.clock.advance(301)
    assert cache.ask(request) == (0, BLOCK, BLOCK)


def test_a_conversation_reads_what_was_said_before(cache: Cache) -> None:
    """The question and its answer stand between the breakpoint and the next question; the documents are read all the same."""
    request = body(block(LONG, FIVE), block("one"))
    cache.ask(request)
    request["messages"] += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": [block("two", FIVE)]}]
    assert cache.ask(request) == (0, BLOCK, 15)
    assert cache.ask(request) == (0, BLOCK + 15, 0)


def test_a_mark_of_the_whole_request_is_a_breakpoint_after_its_last_block(cache: Cache) -> None:
    request = body(block(LONG), block("q"), **FIVE)
    assert cache.ask(request) == (0, 0, BLOCK + 5)
    assert cache.ask(request) == (0, BLOCK + 5, 0)


@pytest.mark.parametrize(
    ("request_body", "says"),
    [
        (body(*[block("x", FIVE)] * 5), "A maximum of 4 blocks with cache_control"),
        (body(*[block("x", FIVE)] * 4, **FIVE), "A maximum of 4 blocks with cache_control"),
        (body(block("x", FIVE), system=[block("x", FIVE)] * 4), "A maximum of 4 blocks with cache_control"),
        (body(block("x", FIVE), block("x", HOUR)), "cache_control: a ttl='1h' block must not come after a ttl='5m' block"),
        (body(block("x", HOUR), system=[block("x", FIVE)]), "cache_control: a ttl='1h' block must not come after"),
        (body(block("x", {"cache_control": {"type": "ephemeral", "ttl": "2h"}})), "cache_control: "),
        (body(block("x"), diagnostics={"previous_message_id": 7}), "diagnostics.previous_message_id: "),
        (body(block("x"), diagnostics={"previous": "msg_1"}), "diagnostics: "),
    ],
)
def test_what_the_cache_does_not_take_is_refused(request_body: dict[str, Any], says: str) -> None:
    refusal = refusal_of(request_body, counting=False)
    assert refusal is not None
    assert (refusal.status, refusal.message[: len(says)]) == (400, says)


@pytest.mark.parametrize("roles", [("assistant", "user"), ("user", "user"), ("user", "assistant", "assistant", "user")])
def test_a_conversation_whose_turns_do_not_alternate_is_refused(roles: tuple[str, ...]) -> None:
    request = body(block("x"), messages=[{"role": role, "content": "x"} for role in roles])
    refusal = refusal_of(request, counting=False)
    assert refusal is not None
    assert refusal.message.startswith("messages: roles must alternate")


def reason(before: dict[str, Any], after: dict[str, Any], *, seconds: int = 0) -> Any:  # noqa: ANN401 - JSON
    """What the provider says of a request that follows another."""
    clock = Clock()
    diagnostics = Diagnostics(clock)
    asked = {"diagnostics": {"previous_message_id": None}}
    assert diagnostics.of({**before, **asked}, "msg_1") == {"diagnostics": None}
    clock.advance(seconds)
    return diagnostics.of({**after, "diagnostics": {"previous_message_id": "msg_1"}}, "msg_2")["diagnostics"]


def changed(kind: str, tokens: int) -> dict[str, Any]:
    return {"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": tokens}}


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (body(block(LONG, FIVE), block("one")), None),
        (body(block(LONG), block("one")), None),
        (body(block(LONG, FIVE), block("two")), changed("messages_changed", 5)),
        (body(block("other", FIVE), block("one")), changed("messages_changed", 11)),
        (body(block(LONG, FIVE), block("one"), model="claude-opus-5"), changed("model_changed", BLOCK + 5)),
        (body(block(LONG, FIVE), block("one"), system="x"), changed("system_changed", BLOCK + 10)),
        (body(block(LONG, FIVE), block("one"), thinking={"type": "adaptive"}), {"cache_miss_reason": {"type": "unavailable"}}),
        (body(block(LONG, FIVE), block("one"), output_config={"effort": "low"}), {"cache_miss_reason": {"type": "unavailable"}}),
    ],
)
def test_the_provider_says_how_a_request_differs_from_the_one_it_follows(after: dict[str, Any], says: object) -> None:
    assert reason(body(block(LONG, FIVE), block("one")), after) == says


def test_a_conversation_that_goes_on_has_not_changed() -> None:
    before = body(block(LONG, FIVE), block("one"))
    after = {**before, "messages": [*before["messages"], {"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]}
    assert reason(before, after) is None


def test_a_message_is_known_for_an_hour_and_only_when_its_own_request_asked_for_diagnostics() -> None:
    request, unknown = body(block("x")), {"cache_miss_reason": {"type": "previous_message_not_found"}}
    assert reason(request, request, seconds=3599) is None
    assert reason(request, request, seconds=3600) == unknown
    diagnostics = Diagnostics(Clock())
    assert diagnostics.of(request, "msg_1") == {}
    assert diagnostics.of({**request, "diagnostics": {"previous_message_id": "msg_1"}}, "msg_2") == {"diagnostics": unknown}


def usage_of(usage: dict[str, Any]) -> Usage:
    """In the words of `reviewer`."""
    hour = usage["cache_creation"]["ephemeral_1h_input_tokens"]
    named = {field.name: usage[field.name] for field in fields(Usage) if field.name in usage}
    return Usage(**named, cache_creation_1h_input_tokens=hour)


@pytest.mark.parametrize("plain", [90_000, 110_000])
@pytest.mark.parametrize("model", [name for name, row in MODELS.items() if row.get("price")])
def test_the_server_and_the_tool_come_to_the_same_dollars(model: str, plain: int) -> None:
    usage = {
        "input_tokens": plain,
        "output_tokens": 2_345,
        "cache_read_input_tokens": 3_456,
        "cache_creation_input_tokens": 4_567 + 678,
        "cache_creation": {"ephemeral_5m_input_tokens": 4_567, "ephemeral_1h_input_tokens": 678},
    }
    assert dollars(model, usage) == pytest.approx(usd(usage_of(usage), CATALOGUE.find(model)))


def post(server: MessagesServer, request: dict[str, Any]) -> dict[str, Any]:
    with anthropic.Anthropic(api_key=server.key, base_url=server.url, max_retries=0) as client:
        answer: Any = client.post("/v1/messages", cast_to=object, body=request)
    assert isinstance(answer, dict)
    return answer


def test_the_server_notes_what_it_billed_and_when() -> None:
    with MessagesServer(lambda _: "yes") as server:
        first, second = (post(server, body(block(LONG, FIVE), block(question))) for question in ("one", "two"))
        one, two = server.messages
    assert one.usage == {name: value for name, value in first["usage"].items() if name != "service_tier"}
    assert (one.message_id, two.message_id) == (first["id"], second["id"])
    assert (one.usage["cache_creation_input_tokens"], two.usage["cache_read_input_tokens"]) == (BLOCK, BLOCK)
    assert one.dollars == pytest.approx((5 * 4 + BLOCK * 5 + 2 * 20) / 1_000_000)
    assert one.answered is not None
    assert one.ended is not None
    assert one.began <= one.answered <= one.ended <= two.began
    assert (one.under_way, two.under_way) == (1, 1)


def test_a_request_that_comes_before_the_first_answer_has_begun_pays_for_the_prefix_again() -> None:
    both = threading.Barrier(2, timeout=60)

    def model(_: object) -> str:
        both.wait()
        return "yes"

    with MessagesServer(model) as server:
        threads = [threading.Thread(target=post, args=(server, body(block(LONG, FIVE)))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.most_at_once == 2
        assert [it.usage["cache_creation_input_tokens"] for it in server.messages] == [BLOCK, BLOCK]


def test_of_an_answer_that_breaks_off_what_was_sent_is_billed() -> None:
    """Two pieces of thirty letters, and what every answer costs."""
    with MessagesServer(lambda _: "y" * 300) as server:
        server.queue(Behaviour(piece=30, keep_events=8))
        with (
            anthropic.Anthropic(api_key=server.key, base_url=server.url) as client,
            client.messages.stream(**body(block("x"))) as stream,
        ):
            stream.until_done()
        assert server.messages[0].usage["output_tokens"] == 21


def test_an_error_bills_and_caches_nothing() -> None:
    with MessagesServer(lambda _: "yes") as server:
        server.queue(Behaviour(status=529, error="overloaded_error"))
        with pytest.raises(anthropic.APIStatusError):
            post(server, body(block(LONG, FIVE)))
        post(server, body(block(LONG, FIVE)))
        assert (server.requests[0].usage, server.requests[0].dollars) == ({}, 0.0)
        assert [it.usage["cache_creation_input_tokens"] for it in server.messages] == [BLOCK]


def limits(server: MessagesServer, request: dict[str, Any]) -> dict[str, str]:
    """The response's headers on limits."""
    with anthropic.Anthropic(api_key=server.key, base_url=server.url, max_retries=0) as client:
        response = client.messages.with_raw_response.create(**request)
    stem = "anthropic-ratelimit-"
    return {name.removeprefix(stem): value for name, value in response.headers.items() if name.startswith(stem)}


def test_each_answer_says_what_the_limits_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    with MessagesServer(lambda _: "yes") as server:
        stopped(server, monkeypatch)
        server.rate = Rate(requests=60, input_tokens=6_000, output_tokens=600)
        one, two = (limits(server, body(block(LONG, FIVE), block("q"))) for _ in range(2))
    assert one == {
        "requests-limit": "60",
        "requests-remaining": "59",
        "requests-reset": "1970-01-12T13:46:41Z",
        "input-tokens-limit": "6000",
        "input-tokens-remaining": str(6_000 - BLOCK - 5),
        "input-tokens-reset": "1970-01-12T13:46:51Z",
        "output-tokens-limit": "600",
        "output-tokens-remaining": "598",
        "output-tokens-reset": "1970-01-12T13:46:41Z",
    }
    # What is read from the cache does not count.
    assert (two["requests-remaining"], two["input-tokens-remaining"]) == ("58", str(6_000 - BLOCK - 10))
    assert two["output-tokens-remaining"] == "596"


def stopped(server: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only when the server's clock is moved."""
    monkeypatch.setattr(server.clock, "now", lambda: 1_000_000.0 + server.clock._ahead)


@pytest.mark.parametrize(
    ("rate", "retry_after"),
    [(Rate(requests=1), "60"), (Rate(input_tokens=1_200), "41"), (Rate(output_tokens=2), "30")],
)
def test_above_a_limit_a_request_is_refused_until_there_is_room(
    rate: Rate, retry_after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MessagesServer(lambda _: "yes") as server:
        stopped(server, monkeypatch)
        server.rate = rate
        request = body(block(LONG))
        post(server, request)
        with pytest.raises(anthropic.RateLimitError) as refused:
            post(server, request)
        assert refused.value.response.headers["retry-after"] == retry_after
        server.clock.advance(int(retry_after))
        post(server, request)
        assert len(server.messages) == 2


def test_without_a_rate_nothing_is_refused_and_the_limits_are_still_told() -> None:
    with MessagesServer(lambda _: "yes") as server:
        assert limits(server, body(block("x")))["requests-limit"] == "10000"
