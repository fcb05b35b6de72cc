"""Code that a change removes, with the file around it as it was at the base: it is quoted as well, and the head does not have it.

The text at the base is the head's with the hunks undone, so that nothing has to be read again, and a patch without a base will do. Of a file
whose head is not at hand only the hunks' own lines are known; the rest is blank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reviewer.collect.changes import Change, ChangedFile, ChangeKind, Hunk, Side
from reviewer.findings import Anchor, Location
from reviewer.reply.locate import SourceText


@dataclass(frozen=True, slots=True)
class Before:
    """A changed file as it was at the base."""

    path: str
    """At the base."""
    head: str
    """Its path at the head; the same where it was not renamed, and where it is deleted."""
    source: SourceText
    lines: frozenset[int]
    """Those that the change removes."""


class Removed:
    """What a change removes; nothing where no change is reviewed."""

    def __init__(self, change: Change | None, read: Callable[[str], str | None]) -> None:
        """`read` gives the text of a file at the head by its path, None when it is not among the files read."""
        files = [file for file in change.files if file.removed and file.kind is not ChangeKind.COPIED] if change else []
        self._read = read
        # A path may name one file at the base and another at the head; whoever quotes removed lines speaks of the base.
        self._files = {file.path: file for file in files} | {file.old_path or file.path: file for file in files}
        self._before: dict[str, Before] = {}

    def before(self, path: str) -> Before | None:
        """The file of this path, at the base or at the head, as it was; None when the change removes nothing of it."""
        file = self._files.get(path)
        if file is None:
            return None
        if file.path not in self._before:
            self._before[file.path] = _before(file, self._read(file.path))
        return self._before[file.path]

    def text(self, path: str) -> str | None:
        """The text at the base of a file of which the change removes something."""
        before = self.before(path)
        return before.source.text if before else None

    def anchor(self, path: str, first: int, last: int) -> Anchor | None:
        """The removed ones among some lines of the base, within one hunk: where a comment can be placed on the left side."""
        file = self._files.get(path)
        gone = [_gone(hunk, first, last) for hunk in file.hunks] if file else []
        most = max(gone, key=len, default=[])
        return Anchor(most[0], most[-1], left=True) if most else None

    def left(self, path: str, first: int, last: int) -> Location | None:
        """The line at the head that now follows removed lines, else the one before them; None when the whole file is gone."""
        file = self._files.get(path)
        if file is None or file.kind is ChangeKind.DELETED:
            return None
        hunk = max(file.hunks, key=lambda hunk: len(_gone(hunk, first, last)))
        at = max((place for place, line in enumerate(hunk.lines) if line.side is Side.REMOVED and line.old <= last), default=0)
        after = [line.new for line in hunk.lines[at:] if line.new]
        earlier = [line.new for line in hunk.lines[:at] if line.new]
        line = (after[:1] or earlier[-1:] or [max(hunk.new_start, 1)])[0]
        return Location(path=file.path, start_line=line, end_line=line, anchor=Anchor(line, line) if hunk.covers(line) else None)


def _gone(hunk: Hunk, first: int, last: int) -> list[int]:
    return [line.old for line in hunk.lines if line.side is Side.REMOVED and first <= line.old <= last]


def _before(file: ChangedFile, head: str | None) -> Before:
    now = [] if head is None else head.split("\n")
    lines: list[str] = []
    done = 0
    for hunk in file.hunks:
        start = hunk.new_start - 1 if hunk.new_count else hunk.new_start
        lines += now[done:start]
        # Where the head is not at hand, blank lines keep the numbers right.
        lines += [""] * (hunk.old_start - (1 if hunk.old_count else 0) - len(lines))
        lines += [line.text for line in hunk.lines if line.side is not Side.ADDED]
        done = start + hunk.new_count
    lines += now[done:]
    gone = frozenset(line.old for hunk in file.hunks for line in hunk.lines if line.side is Side.REMOVED)
    return Before(file.old_path or file.path, file.path, SourceText("\n".join(lines)), gone)
