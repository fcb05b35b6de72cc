"""Where a finding stands in a change: the lines a comment may stand on, and whether the change is to answer for it.

The finder's word on the origin is believed except where the diff proves otherwise, since only who has read the code can tell that an old
defect does more harm now, or that a caller in an untouched file is broken by the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from reviewer.collect.changes import Change, ChangeKind, Hunk, Side
from reviewer.findings import Anchor, Finding, Origin
from reviewer.reply.fingerprint import squeeze

_TELLING = 4
"""Letters, digits and underscores a line needs to be known again: `}` and `else:` stand everywhere."""
_ALIKE = 0.6
"""Of the words of two lines, the share they must have in common for one to be the other, edited."""
_MAX_COMPARED = 400
"""Removed lines of a hunk that are compared word by word, and characters of each that are looked at."""

_WORD = re.compile(r"\w+")


def place(findings: Iterable[Finding], change: Change | None) -> tuple[Finding, ...]:
    """The findings, in their order, each with its `origin` settled and its `anchor` where its lines lie in a hunk of `change`.

    Without a change neither means anything, and what a finder said of the origin all the same is dropped.

    What the diff proves about the origin:

    - Nothing was said: introduced when every line of it is an added line that was not there in another form, else not stated. That a
      finding's lines are old proves nothing: a change can break a line that it does not touch.
    - Said to be older, but every line of it is an added line: introduced, in a wholly added file too. Lines that were there in another
      form prove nothing: moved ones (the same but for white space was removed somewhere in the change) and edited ones (a removed line of
      the same hunk has three in five words in common). Then the finder is believed.

    Said to be introduced is believed anywhere, also in a file that the change does not touch.
    """
    if change is None:
        return tuple(replace(finding, origin=None, anchor=None) for finding in findings)
    placing = Placing(change)
    return tuple(placing.placed(finding) for finding in findings)


def fills_anchor(finding: Finding) -> bool:
    """Whether the lines a comment would stand on are exactly the finding's: only then a replacement can be offered for one click."""
    return finding.anchor == Anchor(finding.start_line, finding.end_line)


class Placing:
    """Where lines of the head stand in one change."""

    def __init__(self, change: Change) -> None:
        """Make what every place is looked up in."""
        self._files = {file.path: file for file in change.files if file.kind is not ChangeKind.DELETED}
        self._removed = {
            squeeze(line.text)
            for file in change.files
            for hunk in file.hunks
            for line in hunk.lines
            if line.side is Side.REMOVED and _tells(line.text)
        }

    def anchor(self, path: str, first: int, last: int) -> Anchor | None:
        """Where a comment on these lines can be placed; None outside the diff."""
        lines = range(first, last + 1)
        return self._anchor(path, lines, self._hunks(path, lines))

    def _anchor(self, path: str, lines: range, hunks: list[Hunk]) -> Anchor | None:
        file = self._files.get(path)
        # GitHub shows no line of a file that git takes for binary.
        return None if file and file.decoded else _anchor(lines, hunks)

    def placed(self, finding: Finding) -> Finding:
        """The finding with its origin settled, and its anchor."""
        if finding.removed:  # placed where it was found: its lines are not those of the head
            return replace(finding, origin=finding.origin or Origin.INTRODUCED)
        lines = range(finding.start_line, finding.end_line + 1)
        hunks = self._hunks(finding.path, lines)
        return replace(finding, anchor=self._anchor(finding.path, lines, hunks), origin=self._origin(finding, lines, hunks))

    def _hunks(self, path: str, lines: range) -> list[Hunk]:
        file = self._files.get(path)
        return [hunk for hunk in file.hunks if _overlap(hunk, lines)] if file else []

    def _origin(self, finding: Finding, lines: range, hunks: list[Hunk]) -> Origin:
        said = finding.origin or Origin.UNSTATED
        file = self._files.get(finding.path)
        added = {number for hunk in hunks for number in hunk.added}
        wholly_added = file is not None and file.kind is ChangeKind.ADDED
        doubted = said in {Origin.UNSTATED, Origin.PRE_EXISTING} or (wholly_added and said is Origin.WORSENED)
        if not doubted or not added.issuperset(lines):
            return said
        texts = [(hunk, line.text) for hunk in hunks for line in hunk.lines if line.side is Side.ADDED and line.new in lines]
        telling = [(hunk, text) for hunk, text in texts if _tells(text)]
        was_there = bool(telling) and all(self._was_there(hunk, text) for hunk, text in telling)
        return said if was_there else Origin.INTRODUCED

    def _was_there(self, hunk: Hunk, text: str) -> bool:
        if squeeze(text) in self._removed:
            return True
        removed = [line.text for line in hunk.lines if line.side is Side.REMOVED]
        return any(_alike(text, other) for other in removed[:_MAX_COMPARED])


def _overlap(hunk: Hunk, lines: range) -> range:
    """Those of the lines that lie in the hunk, at the head."""
    return range(max(hunk.new_start, lines.start), min(hunk.new_start + hunk.new_count, lines.stop))


def _anchor(lines: range, hunks: Iterable[Hunk]) -> Anchor | None:
    """The lines within one hunk: one in which they touch an added line if there is such, then the most lines."""
    best = max(hunks, key=lambda hunk: (_touches(hunk, lines), len(_overlap(hunk, lines))), default=None)
    if best is None:
        return None
    within = _overlap(best, lines)
    return Anchor(within.start, within.stop - 1)


def _touches(hunk: Hunk, lines: range) -> bool:
    return not hunk.added.isdisjoint(_overlap(hunk, lines))


def _tells(text: str) -> bool:
    return len("".join(_WORD.findall(text[:_MAX_COMPARED]))) >= _TELLING


def _alike(one: str, other: str) -> bool:
    words, others = set(_WORD.findall(one[:_MAX_COMPARED])), set(_WORD.findall(other[:_MAX_COMPARED]))
    return len(words & others) >= _ALIKE * max(len(words), len(others), 1)
