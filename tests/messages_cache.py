"""The provider's prompt cache as the loopback server keeps it: what is written, what is found again, for how long, and what it costs.

A prefix is everything up to the end of a content block: model and answer format (a system prompt of the provider's own), system blocks,
then effort, thinking and the blocks of every message, each as exact text. An entry is written only where a request has a breakpoint. A request
finds an entry by looking back from each of its breakpoints, block by block, so a prefix that is cut into other blocks is another prefix.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from messages_rules import blocks_of, content_blocks, model_row, schema_tokens, tokens_of_block

LOOKBACK = 20
"""Positions that are looked at for each breakpoint, the breakpoint itself being the first."""
LIFETIMES: Mapping[str, int] = {"5m": 300, "1h": 3600}
"""`ttl` → seconds."""


class Clock:
    """The server's time in seconds: the real one, moved ahead as far as a test wants."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True)
class Boundary:
    """The end of a content block: where a prefix may end."""

    key: str
    """The same for the same prefix, cut into the same blocks."""
    tokens: int
    """Of the whole prefix."""
    lifetime: int = 0
    """Seconds for which an entry is to be kept; 0 where there is no breakpoint."""


@dataclass
class _Entry:
    lifetime: int
    used: float
    """When the last request that wrote or read it began."""

    def lives(self, now: float) -> bool:
        return now < self.used + self.lifetime


@dataclass
class Look:
    """What a request found in the cache when it arrived, and what it will leave there."""

    cache: PromptCache
    began: float
    usage: Mapping[str, Any]
    """Input tokens as they are billed, in the API's own names."""
    written: list[Boundary] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def answered(self) -> None:
        """The response has begun: from now on other requests find what this one writes."""
        self.cache._keep(self)


class PromptCache:
    """The entries of one workspace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def look(self, body: Mapping[str, Any]) -> Look:
        """Look a request up that arrives now. Nothing is written or refreshed before its response has begun."""
        row = model_row(body["model"])
        least = row["min_cache_tokens"] if row else 0
        now = self._clock.now()
        bounds = list(boundaries(body))
        breakpoints = [at for at, bound in enumerate(bounds) if bound.lifetime and bound.tokens >= least]
        with self._lock:
            hits = {place for at in breakpoints if (place := self._hit(bounds, at, now)) is not None}
        read = max((bounds[place].tokens for place in hits), default=0)
        marked = [bounds[at] for at in breakpoints]
        return Look(
            cache=self,
            began=now,
            usage=_usage(read, marked, total=bounds[-1].tokens),
            written=marked,
            read={bounds[place].key for place in hits},
        )

    def _hit(self, bounds: list[Boundary], at: int, now: float) -> int | None:
        """The last position at or before a breakpoint that has a living entry."""
        for place in range(at, max(at - LOOKBACK, -1), -1):
            entry = self._entries.get(bounds[place].key)
            if entry is not None and entry.lives(now):
                return place
        return None

    def _keep(self, look: Look) -> None:
        with self._lock:
            for key in look.read:
                self._entries[key].used = max(self._entries[key].used, look.began)
            for bound in look.written:
                entry = self._entries.get(bound.key)
                if entry is None or not entry.lives(look.began):
                    self._entries[bound.key] = _Entry(bound.lifetime, look.began)
                elif (
                    bound.tokens > look.usage["cache_read_input_tokens"]
                ):  # paid for by two that began before either was answered
                    entry.lifetime = max(entry.lifetime, bound.lifetime)
                    entry.used = max(entry.used, look.began)


def _usage(read: int, marked: list[Boundary], total: int) -> dict[str, Any]:
    """As billed: up to the last hit as read, from there to the last breakpoint of an hour and of five minutes as written, the rest plainly."""
    hour = max([read, *(bound.tokens for bound in marked if bound.lifetime == LIFETIMES["1h"])])
    last = max([hour, *(bound.tokens for bound in marked)])
    return {
        "input_tokens": total - last,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": last - read,
        "cache_creation": {"ephemeral_5m_input_tokens": last - hour, "ephemeral_1h_input_tokens": hour - read},
    }


def boundaries(body: Mapping[str, Any]) -> Iterator[Boundary]:
    """Every place where a prefix of the request may end, in the order of the prompt."""
    row = model_row(body["model"])
    output = body.get("output_config", {})
    prefix = hashlib.sha256(_settings([row["id"] if row else body["model"], body.get("tools"), output.get("format")]))
    tokens = schema_tokens(body)
    for block in content_blocks(body.get("system", [])):
        tokens += tokens_of_block(block)
        prefix.update(_settings(["system", block["text"]]))
        yield Boundary(prefix.hexdigest(), tokens, _lifetime(block))
    # Effort and thinking leave a cached system prompt alone and change everything after it. The default effort is the same as none.
    effort = output.get("effort", row.get("effort_default") if row else None)
    prefix.update(_settings([effort, body.get("thinking"), body.get("tool_choice")]))
    everything = [(message["role"], block) for message in body["messages"] for block in content_blocks(message["content"])]
    for number, (role, block) in enumerate(everything, 1):
        tokens += tokens_of_block(block)
        prefix.update(_settings([role, block["text"]]))
        # Automatic mode: the request's own mark counts as one on its last block.
        mark = body if number == len(everything) and "cache_control" in body else block
        yield Boundary(prefix.hexdigest(), tokens, _lifetime(mark))


def _settings(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode() + b"\n"


def _lifetime(block: Mapping[str, Any]) -> int:
    mark = block.get("cache_control")
    return LIFETIMES[mark.get("ttl", "5m")] if mark else 0


class Diagnostics:
    """Says why a request could not use the cached prefix of an earlier one: `diagnostics` of request and message.

    As the provider does, it compares how two requests are made, and not whether the cache was hit: a request with another question after the
    cached blocks has changed messages, too, with few tokens missed. It knows only requests that carried a `diagnostics` object themselves, be it
    with no message to compare, and only for an hour.
    """

    _KEPT = 3600

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def of(self, body: Mapping[str, Any], message_id: str) -> dict[str, Any]:
        """What the message with this id is to carry beside its content: nothing, unless it was asked for."""
        if body.get("diagnostics") is None:
            return {}
        previous = body["diagnostics"].get("previous_message_id")
        now = self._clock.now()
        reason = None if previous is None else self._reason(body, previous, now)
        self._known[message_id] = (now, body)
        return {"diagnostics": reason and {"cache_miss_reason": reason}}

    def _reason(self, body: Mapping[str, Any], previous: str, now: float) -> dict[str, Any] | None:
        when, earlier = self._known.get(previous, (0.0, body))
        if now >= when + self._KEPT:
            return {"type": "previous_message_not_found"}
        whole = sum(map(tokens_of_block, blocks_of(body)))
        for name in ("model", "tools", "system"):
            if body.get(name) != earlier.get(name):
                return {"type": f"{name}_changed", "cache_missed_input_tokens": whole}
        if any(body.get(name) != earlier.get(name) for name in ("thinking", "tool_choice", "output_config")):
            return {"type": "unavailable"}
        now_said, then_said = (_said(it) for it in (body, earlier))
        if now_said[: len(then_said)] == then_said:
            return None
        pairs = list(zip(_flat(now_said), _flat(then_said), strict=False))
        same = next((at for at, (new, old) in enumerate(pairs) if new != old), len(pairs))
        missed = sum(tokens_of_block(block) for _, block in _flat(now_said)[same:])
        return {"type": "messages_changed", "cache_missed_input_tokens": missed}


def _said(body: Mapping[str, Any]) -> list[list[tuple[str, dict[str, Any]]]]:
    """The messages without their marks: where a breakpoint stands does not change what is said."""
    return [
        [(message["role"], {"text": block["text"]}) for block in content_blocks(message["content"])]
        for message in body["messages"]
    ]


def _flat(said: list[list[tuple[str, dict[str, Any]]]]) -> list[tuple[str, dict[str, Any]]]:
    return [block for message in said for block in message]
