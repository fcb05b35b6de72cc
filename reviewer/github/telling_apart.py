"""Which of several defects of the same code a finding is, when earlier pushes told of some of them.

A fingerprint is made from the code alone, and different defects of one quote are numbered among those that one review found. When the next
one finds others of them, the same number may be another defect's. So among these, what the titles say decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from reviewer.findings import Category, Finding
from reviewer.github.memory import Remembered, kept_quote
from reviewer.reply.fingerprint import numbered
from reviewer.reply.plain_words import stems

_ALIKE = 0.4
"""Share of the words of two titles from which on they are taken to say the same in other words."""

_Code = tuple[str, Category, str]


def alike(one: str, other: str) -> float:
    """How much two titles have in common, from 0 to 1."""
    mine, others = frozenset(stems(one)), frozenset(stems(other))
    if one == other:
        return 1.0
    return 2 * len(mine & others) / (len(mine) + len(others)) if mine and others else 0.0


def as_told(findings: Iterable[Finding], earlier: Sequence[Remembered]) -> tuple[Finding, ...]:
    """The findings, each with the fingerprint under which an earlier push told it, where several defects of one quote are known."""
    every = tuple(findings)
    told: dict[_Code, dict[str, str]] = {}
    for item in earlier:
        told.setdefault((item.path, item.category, item.quote), {})[item.fingerprint] = item.title
    found: dict[_Code, dict[str, str]] = {}
    for finding in every:
        found.setdefault(_code(finding), {}).setdefault(finding.fingerprint, finding.title)
    names: dict[tuple[_Code, str], str] = {}
    for code, titles in found.items():
        names |= {(code, old): new for old, new in _named(titles, told.get(code, {})).items()}
    return tuple(replace(finding, fingerprint=names[_code(finding), finding.fingerprint]) for finding in every)


def _code(finding: Finding) -> _Code:
    return finding.path, finding.category, kept_quote(finding.quote)


def _named(found: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """Fingerprint → the one it was told under, both with their titles; a defect that takes none from another keeps its own."""
    if len(found.keys() | told.keys()) == 1:
        return {name: name for name in found}
    names: dict[str, str] = {}
    pairs = sorted(
        ((alike(mine, title), old == new, old, new) for old, mine in found.items() for new, title in told.items()), reverse=True
    )
    for likeness, _, old, new in pairs:
        if likeness >= _ALIKE and old not in names and new not in names.values():
            names[old] = new
    for old in found:
        if old not in names:
            taken = {*names.values(), *(found.keys() - names.keys() - {old})}
            names[old] = next(name for name in _candidates(old, found) if name not in taken and (name == old or name not in told))
    return names


def _candidates(name: str, found: Iterable[str]) -> Iterator[str]:
    """Fingerprints for a defect: its own, those that others of this review had before, and then new ones."""
    yield name
    yield from sorted(found)
    yield from (numbered(name, number) for number in count(2))
