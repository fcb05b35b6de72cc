"""Sizes and times as a reader wants them."""

from __future__ import annotations

from reviewer.outcome import Reported, Usage

_MINUTE = 60
_HOUR = 3600
_SHORT = 10


def bytes_text(count: int) -> str:
    """Bytes in decimal units, as disks and the provider's limits are given."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{count / step:,.1f} {unit}"
    return "1 byte" if count == 1 else f"{count} bytes"


def counted(number: int, one: str) -> str:
    """A number and what it counts, in the plural unless it is one: `counted(2, "file")` is "2 files"."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def seconds_text(seconds: float) -> str:
    """A time span: tenths below ten seconds, minutes and hours above."""
    if seconds < _SHORT:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def cost_text(cost: float | None, usage: Usage, currency: str = "USD ") -> str:
    """Dollars for a usage, or why they are not known: `USD 0.12`, `at least USD 0.12`, `unknown (the endpoint reported no usage)`."""
    if not usage.known:
        return "unknown (the endpoint reported no usage)"
    if cost is None:
        return "unknown (no price listed for this model)"
    return f"{'at least ' if usage.reported is Reported.AT_LEAST else ''}{currency}{cost:,.2f}"
