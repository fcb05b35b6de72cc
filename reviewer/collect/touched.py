"""What a change touches, by its own lines: the names it uses, the definitions it changes, the files it names."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewer.collect.changes import Change, ChangedFile, Side
from reviewer.collect.declared import declared
from reviewer.collect.parsed import Question, parsed
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Subject
from reviewer.collect.symbol_cache import SymbolCache
from reviewer.collect.symbols import Definition
from reviewer.collect.texts import read_texts

_WORD = re.compile(r"[^\W\d]\w*")
_REMOVED = 0.5
"""What a name weighs that only removed lines use, beside one that added lines use."""
_PROSE = 0.2
"""What a name weighs that stands only in comments or strings of its file."""
_AROUND = 0.3
"""What a definition weighs that holds a changed one, as a class its method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What is looked for on behalf of a change."""

    paths: frozenset[str]
    """Of its files, at both sides."""
    used: Mapping[str, Mapping[str, float]]
    """Name → the files whose changed lines use it, with how much that says (0 to 1)."""
    defined: Mapping[str, float]
    """The definitions whose lines it changes, with how much that says (0 to 1)."""
    texts: Mapping[str, str]
    """The changed files by path: at the head, else at the base."""


def touched(change: Change, subject: Subject, cache: SymbolCache | None) -> Touched:
    """Read both sides of the change and look at its lines."""
    old_paths = {file.old_path or file.path for file in change.files}
    new = _texts(subject.head, {file.path for file in change.files})
    old = _texts(subject.snapshot, old_paths)
    used: dict[str, dict[str, float]] = {}
    defined: dict[str, float] = {}
    changed = [file for file in change.files if file.hunks]
    answers = parsed({file.path: Question(new.get(file.path, ""), _added(file)) for file in changed}, cache)
    for file in changed:
        for name, weight in _used(file, answers[file.path].references).items():
            used.setdefault(name, {})[file.path] = weight
        for name, weight in _changed_definitions(file, answers[file.path].definitions).items():
            defined[name] = max(weight, defined.get(name, 0.0))
    return Touched(paths=frozenset(old_paths | {file.path for file in change.files}), used=used, defined=defined, texts=old | new)


def _texts(snapshot: Snapshot | None, paths: Iterable[str]) -> dict[str, str]:
    return {} if snapshot is None else read_texts(snapshot, paths)[0]


def _added(file: ChangedFile) -> frozenset[int]:
    return frozenset(line for hunk in file.hunks for line in hunk.added)


def _used(file: ChangedFile, code: frozenset[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for hunk in file.hunks:
        for line in hunk.lines:
            for name in () if line.side is Side.CONTEXT else _WORD.findall(line.text):
                weight = _REMOVED if line.side is Side.REMOVED else 1.0 if name in code else _PROSE
                found[name] = max(found.get(name, 0.0), weight)
    return found


def _changed_definitions(file: ChangedFile, definitions: Iterable[Definition]) -> dict[str, float]:
    """The innermost definitions around changed lines weigh most. Those that are gone are known by the form of the removed lines."""
    found: dict[str, float] = {}
    innermost: dict[int, Definition] = {}
    wanted = _touched_lines(file)
    for definition in definitions:
        for line in wanted[bisect_left(wanted, definition.first) : bisect_right(wanted, definition.last)]:
            if (outer := innermost.get(line)) is not None:
                found[outer.name] = _AROUND
            innermost[line] = definition
    found.update((definition.name, 1.0) for definition in innermost.values())
    removed = "\n".join(line.text for hunk in file.hunks for line in hunk.lines if line.side is Side.REMOVED)
    found.update((name.decode("utf-8", "replace"), 1.0) for name in declared(file.path, removed.encode("utf-8", "replace")))
    return found


def _touched_lines(file: ChangedFile) -> list[int]:
    """Lines of the head that were added, or that stand beside removed ones."""
    touched: set[int] = set()
    for hunk in file.hunks:
        line_after = max(1, hunk.new_start)
        for line in hunk.lines:
            if line.side is Side.REMOVED:
                touched.add(max(1, line_after - 1))
            else:
                line_after = line.new + 1
                if line.side is Side.ADDED:
                    touched.add(line.new)
    return sorted(touched)
