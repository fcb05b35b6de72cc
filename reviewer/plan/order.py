"""The order of the documents, and where a prefix of them ends that the provider is to keep.

The provider's cache gives back the longest prefix that is the same byte for byte. So what is least likely to change, for each byte that
stands after it, comes first; and a commit moves nothing but what it touched, since a file's place depends on its own past alone.

The figures were chosen on the histories of seven repositories, and are held against others by `bench/order.py`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from reviewer.collect.files import path_bytes
from reviewer.collect.past import Past

HALF_LIFE = 60 * 86_400
"""Seconds after which a change counts half. The halves of all files fall together, so time alone changes no order. The outcome is nearly
the same from 30 to 120 days."""
MOST_CUTS = 15
"""16 blocks. From a breakpoint the provider looks back over 20 for what an earlier request wrote: from the end all of them are found."""
SHARES = {2: (0.45, 0.75), 3: (0.4, 0.65, 0.85)}
"""Where breakpoints stand, as shares of the documents' length: what left the fewest characters to send anew. To choose them for each
repository from where its last commits would have begun was no better, and moved them about."""
SHORTEST = 16_384
"""Characters of a stretch: about the 4,096 tokens below which some models keep nothing."""


def arrange(sizes: Mapping[str, int], past: Past, pending: Collection[str] = ()) -> list[str]:
    """The paths of `sizes` (path → characters) in the order in which they are to stand: those that change rarely, for their size, first.

    First come the files that `past` does not know, by path; `pending`, which differ from the commit and will differ again, come last.
    """
    heats = _heats(past, sizes)
    late = past.pending.union(pending)

    def place(path: str) -> tuple[float, bytes]:
        return (math.inf if path in late else heats.get(path, -math.inf)), path_bytes(path)

    return sorted(sizes, key=place)


def _heats(past: Past, sizes: Mapping[str, int]) -> dict[str, float]:
    """Path → the logarithm of how often it changes, of late above all, for each character. Only differences have a meaning."""
    times: dict[str, list[float]] = {}
    for step in past.steps:
        for path in step.paths:
            if path in sizes:
                times.setdefault(path, []).append(step.time / HALF_LIFE)
    return {path: _heat(found, sizes[path]) for path, found in times.items()}


def _heat(times: Sequence[float], size: int) -> float:
    """Counted from the newest, so that it does not depend on when it is computed; rounded, so that all machines agree."""
    newest = max(times)
    return round(newest + math.log2(math.fsum(2.0 ** (time - newest) for time in times)) - math.log2(size + 1), 6)


def cut(starts: Iterable[int], length: int) -> tuple[int, ...]:
    """Those of `starts` (ascending offsets of the documents within a text of `length` characters) at which a block begins.

    They are the first in each stretch of a power of two characters, so what stands before a cut decides it alone. Where the text outgrows
    the stretch, every second cut remains.
    """
    stretch = SHORTEST
    while stretch * (MOST_CUTS + 1) < length:
        stretch *= 2
    cuts: dict[int, int] = {}
    for start in starts:
        if start >= stretch:
            cuts.setdefault(start // stretch, start)
    return tuple(cuts.values())


def breakpoints(cuts: Sequence[int], length: int, number: int) -> tuple[int, ...]:
    """At most `number` (2 or 3) of `cuts`, ascending, before which a kept prefix ends; one more ends at `length` in any case."""
    if not cuts:
        return ()
    return tuple(sorted({min(cuts, key=lambda cut: abs(cut - share * length)) for share in SHARES[number]}))
