"""What a change touches, by its own lines: the names it uses, the definitions it changes, the files it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewer.collect.changes import Change, ChangedFile, Side
from reviewer.collect.files import read_texts
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Subject
from reviewer.collect.symbols import definitions, references

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


def touched(change: Change, subject: Subject) -> Touched:
    """Read both sides of the change and look at its lines."""
    old_paths = {file.old_path or file.path for file in change.files}
    new = _texts(subject.head, {file.path for file in change.files})
    old = _texts(subject.snapshot, old_paths)
    used: dict[str, dict[str, float]] = {}
    defined: dict[str, float] = {}
    for file in change.files:
        if file.is_submodule or file.binary:
            continue
        after, before = new.get(file.path, ""), old.get(file.old_path or file.path, "")
        for name, weight in _used(file, after, before).items():
            used.setdefault(name, {})[file.path] = weight
        for path, text, lines in ((file.path, after, _lines(file, Side.ADDED)), (file.path, before, _lines(file, Side.REMOVED))):
            for name, weight in _changed_definitions(path, text, lines).items():
                defined[name] = max(weight, defined.get(name, 0.0))
    return Touched(paths=frozenset(old_paths | {file.path for file in change.files}), used=used, defined=defined, texts=old | new)


def _texts(snapshot: Snapshot | None, paths: Iterable[str]) -> dict[str, str]:
    return {} if snapshot is None else read_texts(snapshot, paths)[0]


def _lines(file: ChangedFile, side: Side) -> list[int]:
    return [line.new or line.old for hunk in file.hunks for line in hunk.lines if line.side is side]


def _used(file: ChangedFile, after: str, before: str) -> dict[str, float]:
    found: dict[str, float] = {}
    code = references(file.path, after) | references(file.path, before)
    for hunk in file.hunks:
        for line in hunk.lines:
            if line.side is not Side.CONTEXT:
                weight = 1.0 if line.side is Side.ADDED else _REMOVED
                for name in _WORD.findall(line.text):
                    found[name] = max(found.get(name, 0.0), weight if name in code else weight * _PROSE)
    return found


def _changed_definitions(path: str, text: str, lines: list[int]) -> dict[str, float]:
    """The innermost definitions around changed lines weigh most."""
    found: dict[str, float] = {}
    if not lines or not text:
        return found
    innermost: dict[int, int] = {}  # line → where in `every` its innermost definition is: later ones lie further in
    wanted = frozenset(lines)
    every = definitions(path, text)
    for index, definition in enumerate(every):
        for line in range(definition.first, definition.last + 1):
            if line in wanted:
                if (outer := innermost.get(line)) is not None:
                    found.setdefault(every[outer].name, _AROUND)
                innermost[line] = index
    for index in innermost.values():
        found[every[index].name] = 1.0
    return found
