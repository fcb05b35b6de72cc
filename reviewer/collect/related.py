"""What else a change touches: every file of the base, those first that a reviewer of the change would open first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reviewer.collect.closeness import Closeness, is_test, tested_stem
from reviewer.collect.cochange import changed_together
from reviewer.collect.definers import Definer, definers
from reviewer.collect.imports import Paths, imported
from reviewer.collect.mentions import mentions
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
    names: frozenset[str] = frozenset()
    """The names that make the relation: those it may define, or those it calls."""


def rank(subject: Subject, repository: Repository, cache: SymbolCache | None) -> tuple[Related, ...]:
    """Every file of `subject.snapshot`, best first; files of equal rank by path. Without a change, all are merely near.

    Raises SourceError when git cannot read a part of the base.
    """
    if subject.change is None:
        return tuple(Related(file.path, Relation.NEAR, 0.0) for file in subject.snapshot.files)
    looked_for = touched(subject.change, subject, cache)
    with ThreadPoolExecutor(1) as beside:
        history = beside.submit(changed_together, repository, subject.change.base.commit, looked_for.paths)
        found = mentions(subject.snapshot.files, repository, cache, anywhere=looked_for.defined, declared=looked_for.used)
        together = history.result()
    every = Paths(file.path for file in subject.snapshot.files)
    imports = {path: imported(path, text, every) for path, text in looked_for.texts.items()}
    evidence = _Evidence(
        paths=looked_for.paths,
        definers=definers(looked_for, found.declared, imports),
        callers=_callers(looked_for, found.anywhere),
        together=together,
        stems=frozenset(tested_stem(path) for path in looked_for.paths),
        near=Closeness(looked_for.paths),
    )
    related = [evidence.of(file.path) for file in subject.snapshot.files]
    return tuple(sorted(related, key=lambda one: (_ORDER[one.relation], -one.weight, one.path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What is known of the files around a change."""

    paths: frozenset[str]
    definers: Mapping[str, Definer]
    callers: Mapping[str, Definer]
    together: Mapping[str, float]
    stems: frozenset[str]
    """Of the changed files' names: what a test of them would be called after."""
    near: Closeness

    def of(self, path: str) -> Related:
        """The strongest relation of one file."""
        if path in self.paths:
            return Related(path, Relation.CHANGED, 1.0)
        if (definer := self.definers.get(path)) is not None:
            return Related(path, Relation.DEFINES, definer.weight, frozenset(definer.names))
        caller = self.callers.get(path)
        if is_test(path) and ((named := tested_stem(path) in self.stems) or caller is not None):
            return Related(path, Relation.TESTS, named + (caller.weight if caller else 0.0), _names(caller))
        if caller is not None:
            return Related(path, Relation.CALLS, caller.weight, _names(caller))
        together = self.together.get(path, 0.0)
        if together >= _OFTEN:
            return Related(path, Relation.TOGETHER, together)
        relation = Relation.SIBLING if self.near.is_sibling(path) else Relation.NEAR
        return Related(path, relation, self.near.of(path) + together)


def _names(one: Definer | None) -> frozenset[str]:
    return frozenset() if one is None else frozenset(one.names)


def _callers(looked_for: Touched, anywhere: Mapping[str, Sequence[str]]) -> dict[str, Definer]:
    """Files that mention a changed definition: each name shares its weight among them."""
    callers: dict[str, Definer] = {}
    for name, paths in anywhere.items():
        others = [path for path in paths if path not in looked_for.paths]
        for path in others if len(others) <= _COMMON else ():
            caller = callers.setdefault(path, Definer(0.0, set()))
            caller.weight += looked_for.defined[name] / len(others)
            caller.names.add(name)
    return callers
