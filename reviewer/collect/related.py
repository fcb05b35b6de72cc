"""What else a change touches: every file of the base, those first that a reviewer of the change would open first."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reviewer.collect.closeness import Closeness, is_test, tested_stem
from reviewer.collect.cochange import changed_together
from reviewer.collect.definers import definers
from reviewer.collect.imports import Paths, imported
from reviewer.collect.mentions import Mention, mentions
from reviewer.collect.subject import Subject
from reviewer.collect.symbol_cache import SymbolCache
from reviewer.collect.touched import Touched, touched

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_COMMON = 300
"""Files that may mention a changed definition before its name says nothing about who calls it."""
_OFTEN = 0.05
"""What changing together must add up to: one commit of twenty files."""


class Relation(StrEnum):
    """Why a file matters to a change, in the order of ranking. The value is the word of the report."""

    CHANGED = "changed file"
    DEFINES = "defines a name used in changed lines"
    CALLS = "calls a changed definition"
    TESTS = "tests changed code"
    TOGETHER = "changed together in history"
    SIBLING = "sibling"
    NEAR = "near"


_ORDER = {relation: place for place, relation in enumerate(Relation)}


@dataclass(frozen=True, slots=True)
class Related:
    """A file of the base, and what the change has to do with it."""

    path: str
    relation: Relation
    """The strongest of its relations."""
    weight: float
    """How telling the relation is, to compare files of one relation: more is more."""


def rank(subject: Subject, repository: Repository, cache: SymbolCache | None) -> tuple[Related, ...]:
    """Every file of `subject.snapshot`, best first; files of equal rank by path. Without a change, all are merely near.

    Raises SourceError when git cannot read a part of the base.
    """
    if subject.change is None:
        return tuple(Related(file.path, Relation.NEAR, 0.0) for file in subject.snapshot.files)
    looked_for = touched(subject.change, subject)
    with ThreadPoolExecutor(1) as beside:
        history = beside.submit(changed_together, repository, subject.change.base.commit, looked_for.paths)
        names = {*looked_for.used, *looked_for.defined}
        found = {mention.path: mention for mention in mentions(subject.snapshot.files, repository, cache, names)}
        together = history.result()
    return _ranked(subject, looked_for, found, together)


def _ranked(
    subject: Subject, looked_for: Touched, found: Mapping[str, Mention], together: Mapping[str, float]
) -> tuple[Related, ...]:
    paths = Paths(file.path for file in subject.snapshot.files)
    imports = {path: imported(path, text, paths) for path, text in looked_for.texts.items()}
    near = Closeness(looked_for.paths)
    defining = definers(looked_for, found, imports)
    calling = _callers(looked_for, found)
    stems = {tested_stem(path) for path in looked_for.paths}
    related: list[Related] = []
    for file in subject.snapshot.files:
        path = file.path
        closeness = near.of(path)
        named = is_test(path) and tested_stem(path) in stems
        if path in looked_for.paths:
            relation, weight = Relation.CHANGED, 1.0
        elif path in defining:
            relation, weight = Relation.DEFINES, defining[path]
        elif named or (is_test(path) and path in calling):
            relation, weight = Relation.TESTS, calling.get(path, 0.0) + named
        elif path in calling:
            relation, weight = Relation.CALLS, calling[path]
        elif together.get(path, 0.0) >= _OFTEN:
            relation, weight = Relation.TOGETHER, together[path]
        elif near.is_sibling(path):
            relation, weight = Relation.SIBLING, closeness + together.get(path, 0.0)
        else:
            relation, weight = Relation.NEAR, closeness + together.get(path, 0.0)
        related.append(Related(path, relation, weight))
    return tuple(sorted(related, key=lambda one: (_ORDER[one.relation], -one.weight, one.path)))


def _callers(looked_for: Touched, found: Mapping[str, Mention]) -> dict[str, float]:
    """Files that mention a changed definition: each name shares its weight among them."""
    holders: dict[str, list[str]] = {}
    for path, mention in found.items():
        if path not in looked_for.paths:
            for name in mention.used & looked_for.defined.keys():
                holders.setdefault(name, []).append(path)
    weights: dict[str, float] = {}
    for name, paths in holders.items():
        if len(paths) <= _COMMON:
            for path in paths:
                weights[path] = weights.get(path, 0.0) + looked_for.defined[name] / len(paths)
    return weights
