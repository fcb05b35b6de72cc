"""Whether a regular expression can need more than linear time, told from its structure; cautious, so that some that cannot are named too.

Three forms are looked for. *Nested*: a repeat inside a repeat, where nothing stands between that only one of them can match (exponential). *Adjacent*: two repeats that can match the same characters, with nothing
between that neither can (quadratic, when what follows fails). *Restarted*: a search for something that begins with a repeat, so that it is begun again at each of the characters that it has just passed
(quadratic, when what follows fails). A repeat with a bound of up to 1,000 counts as a single thing here: what it costs is a constant, and `bench/patterns.py` measures it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

Untyped = Any  # what the standard library's own parser gives, and re2, which has no types

_parser: Untyped = importlib.import_module("re._parser")
_UNIVERSE = [*map(chr, range(256)), "\u2028", "\u4e00", "\U0001f600"]
"""Characters that stand for all."""
_MOST_BOUND = 1_000
_MOST_ROWS = 100
"""Rows that are looked at of a pattern with many choices."""
_SEARCHING = frozenset({"search", "finditer", "findall", "sub", "subn", "split"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
Set = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A thing in a row: what characters it can match, whether it can match nothing, and whether it repeats without a bound."""

    characters: Set
    starts: Set
    """Those it can begin with."""
    nullable: bool = False
    unbounded: bool = False
    possessive: bool = False
    stop: bool = False
    """An assertion: it matches nothing, may fail, and keeps a search from beginning in the midst of `characters`."""


def faults(pattern: str | bytes, flags: int, methods: Iterable[str]) -> list[str]:
    """What is wrong with a pattern, a few words each; nothing for one that is linear by its form."""
    source = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    parsed = _parser.parse(source, flags)
    reader = _Reader(parsed.state.flags | flags)
    found = list(reader.nested(parsed))
    for row in reader.rows(parsed):
        found += _adjacent(row, whole="fullmatch" in methods)
        if _SEARCHING & set(methods):
            found += _restarted(row)
    return sorted(set(found))


def _adjacent(row: list[_Part], *, whole: bool) -> Iterator[str]:
    for at, first in enumerate(row):
        if not first.unbounded or first.possessive:
            continue
        for other in range(at + 1, len(row)):
            part = row[other]
            fails = whole or _may_fail(row[other + 1 :])
            if part.unbounded and part.starts & first.characters and fails:
                yield "adjacent"
                break
            if not part.nullable and not part.starts & first.characters:
                break


def _may_fail(rest: list[_Part]) -> bool:
    return any(not part.nullable or part.stop for part in rest)


def _restarted(row: list[_Part]) -> Iterator[str]:
    for at, part in enumerate(row):
        if part.unbounded:
            before = [one for one in row[:at] if not one.nullable]
            fails = _may_fail(row[at + 1 :])
            if (
                fails
                and all(one.characters & part.characters for one in before)
                and not any(one.stop and part.characters <= one.characters for one in row[:at])
            ):
                yield "restarted"
                return


class _Reader:
    def __init__(self, flags: int) -> None:
        self._ignore_case = bool(flags & re.IGNORECASE)
        self._multiline = bool(flags & re.MULTILINE)
        self._dot_all = bool(flags & re.DOTALL)

    def rows(self, nodes: Iterable[Untyped]) -> list[list[_Part]]:
        """Every row of things the pattern can be, each choice taken alone."""
        rows: list[list[_Part]] = [[]]
        for operation, value in nodes:
            rows = [[*row, *more] for row in rows for more in self._ways(str(operation), value)][:_MOST_ROWS]
        return rows

    def _ways(self, name: str, value: Untyped) -> list[list[_Part]]:  # noqa: PLR0911 - a table
        if name == "SUBPATTERN":
            return self.rows(value[3])
        if name == "BRANCH":
            return [row for branch in value[1] for row in self.rows(branch)]
        if name in _REPEATS:
            return self._repeat(name, int(value[0]), int(value[1]), value[2])
        if name == "ATOMIC_GROUP":
            return [[replace(part, possessive=True) for part in row] for row in self.rows(value)]
        if name in {"ASSERT_NOT", "AT"}:
            kept_out = self._kept_out(name, value)
            return [[_Part(kept_out, frozenset(), nullable=True, stop=True)]]
        if name == "ASSERT":
            return [[_Part(frozenset(), frozenset(), nullable=True, stop=True)]]
        characters = self.characters([(name, value)])
        return [[_Part(characters, characters)]]

    def _repeat(self, name: str, least: int, most: int, inner: Untyped) -> list[list[_Part]]:
        rows = self.rows(inner)
        if most == 1:
            if least == 0:
                rows = [[replace(row[0], nullable=True)] if len(row) == 1 else row for row in rows]
            return rows if least or all(len(row) == 1 for row in rows) else [*rows, []]
        starts: set[str] = set()
        for row in rows:
            for part in row:
                starts |= part.starts
                if not part.nullable:
                    break
        return [[
            _Part(
                self.characters(inner),
                frozenset(starts),
                nullable=least == 0,
                unbounded=most > _MOST_BOUND,
                possessive=name == "POSSESSIVE_REPEAT",
            )
        ]]  # fmt: skip

    def _kept_out(self, name: str, value: Untyped) -> Set:
        """The characters within whose runs an assertion does not hold."""
        word = frozenset(one for one in _UNIVERSE if one.isalnum() or one == "_")
        if name == "ASSERT_NOT":
            return self.characters(value[1]) if value[0] < 0 else frozenset()
        kind = str(value)
        if kind == "AT_BOUNDARY":
            return word
        if kind in {"AT_BEGINNING", "AT_BEGINNING_STRING"}:
            return frozenset(_UNIVERSE) - ({"\n"} if self._multiline and kind == "AT_BEGINNING" else set())
        return frozenset()

    def nested(self, nodes: Iterable[Untyped]) -> Iterator[str]:
        for operation, value in nodes:
            name = str(operation)
            if name in _REPEATS and int(value[1]) > _MOST_BOUND:
                for row in self.rows(value[2]):
                    inner = [part for part in row if part.unbounded and not part.possessive]
                    repeated = frozenset().union(*(part.characters for part in inner))
                    if inner and not any(
                        not part.nullable and not part.unbounded and not part.characters & repeated for part in row
                    ):
                        yield "nested"
            yield from self.nested(self._below(name, value))

    def _below(self, name: str, value: Untyped) -> list[Untyped]:
        if name in _REPEATS:
            return list(value[2])
        if name == "SUBPATTERN":
            return list(value[3])
        if name == "BRANCH":
            return [node for branch in value[1] for node in branch]
        if name in {"ASSERT", "ASSERT_NOT"}:
            return list(value[1])
        return list(value) if name == "ATOMIC_GROUP" else []

    def characters(self, nodes: Iterable[Untyped]) -> Set:
        """All that can stand anywhere in what the nodes match."""
        found: set[str] = set()
        for operation, value in nodes:
            name = str(operation)
            if name == "LITERAL":
                found |= self._cases(chr(value))
            elif name == "NOT_LITERAL":
                found |= set(_UNIVERSE) - {chr(value)}
            elif name == "ANY":
                found |= set(_UNIVERSE) if self._dot_all else set(_UNIVERSE) - {"\n"}
            elif name == "IN":
                found |= self._in(value)
            elif name not in {"ASSERT", "ASSERT_NOT", "AT"}:
                found |= self.characters(self._below(name, value))
        return frozenset(found)

    def _in(self, value: Untyped) -> set[str]:
        found: set[str] = set()
        for operation, of in value:
            match str(operation):
                case "LITERAL":
                    found |= self._cases(chr(of))
                case "RANGE":
                    found |= {one for each in _UNIVERSE if of[0] <= ord(each) <= of[1] for one in self._cases(each)}
                case "NEGATE":
                    continue
                case _:
                    found |= {one for one in _UNIVERSE if _CATEGORIES[str(of)](one)}
        return set(_UNIVERSE) - found if str(value[0][0]) == "NEGATE" else found

    def _cases(self, character: str) -> set[str]:
        return {character, character.lower(), character.upper()} if self._ignore_case else {character}


_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_WORD": lambda one: one.isalnum() or one == "_",
    "CATEGORY_NOT_WORD": lambda one: not (one.isalnum() or one == "_"),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda one: not one.isspace(),
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda one: not one.isdecimal(),
}
