"""How long the provider is to keep the prefix, by how far apart the requests over it are expected to begin; and whether it still has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reviewer.engine.interface import Lifetime
from reviewer.plan.model import Model
from reviewer.plan.passes import Pass

AUTO = "auto"

_ANSWER_SECONDS = {"low": 60, "medium": 120, "high": 240, "xhigh": 480, "max": 720}
"""How long an answer is expected to take by effort: 5,000 to 50,000 tokens, thinking included, at some 70 tokens a second."""
_UNKNOWN = 180
"""For models without effort."""
_MARGIN = 2.0
"""The slowest answer of several takes about twice the expected time, and the verification waits for it."""

_ARRIVAL = 30
"""Seconds before the end of a lifetime from which on a prefix is taken to be gone: for counting, a person's yes, and the request's way."""


def lifetime(wish: str, model: Model, effort: str | None, passes: Sequence[Pass]) -> Lifetime:
    """What `--cache` says; with `auto`, an hour where a later request would come too late for five minutes.

    Each hit begins the five minutes anew, so that the number of requests does not matter but the longest wait between the beginnings of
    two: looks begin one after the other, and the verification waits for the slowest look. Writing for an hour costs twice the input price
    instead of 1.25 times; a miss costs 1.25 times once more. So where nothing follows, or follows soon, five minutes are the cheaper choice.
    """
    if wish != AUTO:
        return Lifetime(wish)
    waits = len({each.kind for each in passes}) > 1
    expected = _ANSWER_SECONDS.get(effort or model.effort_default or "", _UNKNOWN)
    return Lifetime.ONE_HOUR if waits and expected * _MARGIN > Lifetime.FIVE_MINUTES.seconds else Lifetime.FIVE_MINUTES


@dataclass(frozen=True, slots=True)
class Use:
    """A request that put a prefix into the provider's cache, or read it from there: either way its lifetime began anew."""

    began: str
    """ISO 8601, UTC."""
    prefix: str
    lifetime: int
    """Seconds."""


def is_warm(uses: Iterable[Use], prefix: str, now: datetime) -> bool:
    """Whether the provider should still have `prefix` in its cache. It may have dropped it all the same."""
    return any(use.prefix == prefix and (end := _end(use)) is not None and now < end for use in uses)


def _end(use: Use) -> datetime | None:
    """When the prefix will be gone; None for a use whose time, read from a file, is none."""
    try:
        end = datetime.fromisoformat(use.began) + timedelta(seconds=use.lifetime - _ARRIVAL)
    except (ValueError, OverflowError):
        return None
    return end if end.tzinfo is not None else None
