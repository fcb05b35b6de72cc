"""How long the provider is to keep the prefix: by how far apart the requests over it are expected to begin."""

from __future__ import annotations

from collections.abc import Sequence

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
