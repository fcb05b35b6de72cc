"""A sample of a text too large to be counted whole: what to count, and what its true count says of the whole.

Measured in `bench/tokens.py`: with these figures no repository of 75 was further off than 2.2 %, wherever the first block lay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

BLOCK = 512
"""Bytes of one block: many short ones see more of a repository than a few long ones, and the tokens cut at their ends do not matter yet."""
SHARE = 0.05
LEAST_BLOCKS = 768
"""Blocks of the smallest sample (384 KiB): what matters is their number, not their share."""
MOST_BLOCKS = 4_096
"""Blocks of the largest (2 MiB): far more than the error needs, and well within one request."""
HALF_WIDTH = 0.03
"""Of the band around an estimate that a sample has corrected."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some bytes of a file, as UTF-8."""

    path: str
    start: int
    length: int


def blocks(sizes: Sequence[tuple[str, int]]) -> Iterator[Block]:
    """About 5 % of the text of these files (path, bytes), chosen so that the same tree always gives the same sample.

    The files are thought to stand behind each other by suffix and path, so that blocks at equal distances give every kind of file its share
    and every byte the same chance. A hash of the names and sizes decides where the first block lies.
    """
    ordered = sorted(sizes, key=lambda file: (PurePosixPath(file[0]).suffix, file[0]))
    total = sum(size for _, size in ordered)
    wanted = min(MOST_BLOCKS, max(LEAST_BLOCKS, int(total * SHARE / BLOCK)))
    distance = max(BLOCK, total // wanted)
    digest = hashlib.sha256(repr(ordered).encode("utf-8", "surrogateescape")).digest()
    following = int.from_bytes(digest[:8], "big") % distance
    start = 0
    for path, size in ordered:
        while following < start + size:
            at = following - start
            yield Block(path, at, min(BLOCK, size - at))
            following += distance
        start += size


def sample_ratio(chosen: Sequence[Block], rates: Mapping[str, float], actual: int) -> float:
    """True tokens over estimated ones, in the sample.

    `rates` is each file's estimated tokens a byte: a block is held against its whole file's estimate, not measured anew, so that what a
    long file's estimate misses between its slices is corrected too. 1.0 where there is nothing to hold it against.
    """
    estimated = sum(rates[block.path] * block.length for block in chosen)
    return actual / estimated if estimated else 1.0
