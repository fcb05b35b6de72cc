"""Headers of a response → what may still be asked. They came over the wire: a figure is a plain number, or it is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reviewer.engine.interface import RateLimits

HOLDS: Final = 60.0
"""Seconds for which the figures hold. The provider counts by the minute and refills all the time, so that they err towards too few."""

_NUMBER: Final = re.compile(r"[0-9]{1,15}")


def read_limits(headers: Mapping[str, str]) -> RateLimits | None:
    """What a response says of the limits; None when it says nothing that can be read, as on some clouds."""
    found = RateLimits(
        requests=_remaining(headers, "requests"),
        input_tokens=_remaining(headers, "input-tokens"),
        output_tokens=_remaining(headers, "output-tokens"),
    )
    return None if found == RateLimits() else found


def _remaining(headers: Mapping[str, str], kind: str) -> int | None:
    text = headers.get(f"anthropic-ratelimit-{kind}-remaining", "")
    return int(text) if _NUMBER.fullmatch(text) else None
