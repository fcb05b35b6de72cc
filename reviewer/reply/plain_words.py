"""The words of a text that carry meaning, cut down to what their forms share."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")
_ENDINGS = tuple(
    "ations ation ments ment ings ing ions ion ities ity ness able ible ally edly ers ies ed er ly es al or s e y".split()  # noqa: SIM905
)
"""The longer ones before those they end in."""
_LEAST = 4
"""Letters that a word keeps."""


def stem(word: str) -> str:
    """A word without the ending that its forms differ in."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word[: -len(ending)]
    return word


@cache
def _lists() -> tuple[frozenset[str], Mapping[str, str]]:
    """The words that say nothing, and for each stem that has synonyms the first of its group."""
    data = tomllib.loads(files("reviewer").joinpath("reply/words.toml").read_text("utf-8"))
    same: dict[str, str] = {}
    for group in data["synonyms"]:
        first, *others = map(stem, group.split())
        for other in (first, *others):
            same.setdefault(other, same.get(first, first))
    return frozenset(data["stop"].split()), same


def stems(text: str) -> Iterator[str]:
    """The stems of a text's words that carry meaning; names of code are taken apart."""
    stop, same = _lists()
    for found in _WORD.findall(text):
        word = found.lower()
        if word not in stop and len(word) > 1:
            cut = stem(word)
            yield same.get(cut, cut)


_POLES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        (
            "lower below negative minimum min underflow under beneath",
            "upper above exceed exceeds maximum max overflow past beyond over larger longer",
        ),
        ("early earlier before first", "late later after last"),
        ("read reads reading reader", "write writes written writing writer"),
        ("encode encoded encoding serialise serialised", "decode decoded decoding deserialise deserialised"),
        ("short small low few smaller shorter fewer", "long large high many big larger longer"),
        ("source src sender", "destination dst dest receiver recipient"),
        ("start begin beginning head front", "end tail back"),
    )
)


def poles(text: str) -> Iterator[tuple[int, bool]]:
    """Which ends of known opposites a text speaks of, where it speaks of one end only."""
    words = {found.lower() for found in _WORD.findall(text)}
    for number, (one, other) in enumerate(_POLES):
        sides = (not one.isdisjoint(words), not other.isdisjoint(words))
        if sides[0] != sides[1]:
            yield number, sides[1]
