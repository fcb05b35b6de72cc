"""What a target is: a property of some bytes, and what makes interesting ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

BETWEEN = b"\0"
"""Stands between the parts of an input that has several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that is fuzzed."""

    name: str
    check: Callable[[bytes], None]
    """Raises, AssertionError or anything else, when what must hold for every input does not hold for this one."""
    seeds: tuple[bytes, ...]
    """Inputs that reach far, to start from."""
    words: tuple[bytes, ...]
    """Pieces that mean something to the code under test."""

    def strategy(self) -> st.SearchStrategy[bytes]:
        """Inputs for hypothesis: words and noise in a row, a seed cut somewhere, or two seeds with something between."""
        noise = st.binary(max_size=6) | st.text(max_size=6).map(lambda text: text.encode("utf-8", "surrogatepass"))
        row = st.lists(st.sampled_from(self.words) | noise, max_size=40).map(b"".join)
        cut = st.builds(_cut, st.sampled_from(self.seeds), st.integers(0, 1 << 20), st.integers(0, 60), row)
        return st.one_of(row, cut, st.builds(_cut, cut, st.integers(0, 1 << 20), st.integers(0, 60), row))


def _cut(seed: bytes, at: int, length: int, instead: bytes) -> bytes:
    at %= len(seed) + 1
    return seed[:at] + instead + seed[at + length :]


def parts(data: bytes, number: int) -> list[bytes]:
    """The first parts of an input; those that are not there are empty, and what is too much is in the last."""
    found = data.split(BETWEEN, number - 1)
    return found + [b""] * (number - len(found))


def text(data: bytes) -> str:
    """Bytes as text that may hold anything, also lone surrogates."""
    return data.decode("utf-8", "surrogateescape")
