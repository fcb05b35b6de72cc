"""Kinds of defects, told by the words that reviewers use for them (`defects.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from math import sqrt
from typing import Any

_SENTENCE = re.compile(r"[.;:!?]\s|\n|\s[-\u2013\u2014]\s")
_TRIM = "`'\"()[]{},;:.!?*"
_PART = re.compile(r"[^\W_]\w*")
_LONGEST = 40
"""Characters of a word, and words of a sentence, that are looked at together: what is longer is cut."""
_LEAST = 3
"""Letters of the shortest beginning of a word that a phrase may ask for."""

_COMMON = 0.4
"""How much a word counts that is said of everything; any other counts 1."""

_BROAD = 0.6

_Words = frozenset[str]


def kinds(text: str) -> frozenset[str]:
    """The kinds of defects that a text speaks of."""
    phrases = _phrases()
    found: set[str] = set()
    for sentence in _sentences(text):
        marks = _marks(sentence)
        for mark in marks:
            found.update(kind for kind, others in phrases.get(mark, ()) if not any(map(marks.isdisjoint, others)))
    return frozenset(found)


def breadth(kind: str) -> float:
    """How much a kind tells of the defect that is meant: less than 1 where any code has many different ones of the kind."""
    return _BROAD if kind in _broad() else 1.0


def topics(text: str) -> dict[str, float]:
    """What the words of a text are about, each topic with its weight."""
    table = _topics()
    found = {mark for sentence in _sentences(text) for mark in _marks(sentence) if mark in table}
    weights: dict[str, float] = {}
    for mark in sorted(found):
        weight, about = table[mark]
        for topic in about:
            weights[topic] = weights.get(topic, 0.0) + weight
    return weights


def _sentences(text: str) -> Iterator[list[str]]:
    """The words of each sentence in lower case, as they stand and, where they hold other signs, in their parts."""
    for sentence in _SENTENCE.split(text):
        words = [word[:_LONGEST] for word in sentence.lower().split()]
        for start in range(0, len(words), _LONGEST):
            yield words[start : start + _LONGEST]


def _marks(words: Iterable[str]) -> set[str]:
    """What phrases can ask for: the words, and their beginnings with `*`."""
    marks: set[str] = set()
    for written in words:
        word = written.strip(_TRIM)
        marks.update((written, word))
        for part in {word, *_PART.findall(word)}:
            marks.add(part)
            marks.update(part[:end] + "*" for end in range(_LEAST, len(part) + 1))
    return marks


@cache
def _broad() -> frozenset[str]:
    return frozenset(_data()["broad"].split())


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("reviewer").joinpath("reply/defects.toml").read_text("utf-8"))


@cache
def _phrases() -> Mapping[str, list[tuple[str, tuple[_Words, ...]]]]:
    """Each phrase by every word that its first place allows: its kind, and the words of its other places."""
    data = _data()
    lists = {name: frozenset(words.split("|")) for name, words in data["lists"].items()}
    table: defaultdict[str, list[tuple[str, tuple[_Words, ...]]]] = defaultdict(list)
    for kind, phrases in data["kinds"].items():
        for phrase in phrases:
            first, *rest = (_allowed(place, lists) for place in phrase.split(" "))
            for word in first:
                table[word].append((kind, tuple(rest)))
    return table


@cache
def _topics() -> Mapping[str, tuple[float, tuple[str, ...]]]:
    """Each word's topics, and how much it says of each: less when it has many, and when it is said of everything."""
    data = tomllib.loads(files("reviewer").joinpath("reply/topics.toml").read_text("utf-8"))
    common = frozenset(data["common"].split())
    table: defaultdict[str, list[str]] = defaultdict(list)
    for topic, words in data["topics"].items():
        for word in words.split():
            table[word].append(topic)
    return {word: ((_COMMON if word in common else 1.0) / sqrt(len(about)), tuple(about)) for word, about in table.items()}


def _allowed(place: str, lists: Mapping[str, _Words]) -> _Words:
    words: set[str] = set()
    for word in place.split("|"):
        words |= lists.get(word, {word})
    return frozenset(words)
