"""Points the built-in checks make, and keeping the same point from being made a hundred times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reviewer.findings import Claim, Severity

_FILES_EACH = 6
"""A point of medium severity and more is made for so many files; one below, once."""
_LISTED = 12  # places; more help nobody


@dataclass(frozen=True, slots=True)
class Point:
    """A claim, and the check it comes from: claims of one check are the same thing said of several files."""

    check: str
    claim: Claim


def also_on(lines: Sequence[int]) -> str:
    """A sentence on further lines of the same kind in the same file; empty when there are none."""
    others = sorted(set(lines))
    if not others:
        return ""
    return f" The same stands on line{'s' if len(others) > 1 else ''} {_listed([str(line) for line in others])} of this file."


def gathered(points: Iterable[Point]) -> Iterator[Claim]:
    """The claims, worst first, with what one check says of many files put together."""
    by_check: defaultdict[tuple[str, Severity], list[Claim]] = defaultdict(list)
    for point in sorted(points, key=lambda point: order(point.claim)):
        by_check[point.check, point.claim.severity].append(point.claim)
    for (_, severity), claims in by_check.items():
        kept = _FILES_EACH if severity > Severity.LOW else 1
        others = [f"`{claim.path}`:{claim.start_line}" for claim in claims[kept:]]
        if others:
            files = f"{len(others):,} other file{'s' if len(others) > 1 else ''}"
            claims[kept - 1] = replace(
                claims[kept - 1], explanation=f"{claims[kept - 1].explanation} Also in {files}: {_listed(others)}."
            )
        yield from claims[:kept]


def order(claim: Claim) -> tuple[int, int, str, int]:
    """Worst first."""
    return -claim.severity, -claim.confidence, claim.path, claim.start_line


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - _LISTED:,} more" if len(items) > _LISTED else ""
    return ", ".join(items[:_LISTED]) + more
