"""What a change is: two trees, the files that differ between them, and their hunks with the lines of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from reviewer.outcome import Redaction

LINK = "120000"
"""git's mode of a symbolic link."""


class ChangeKind(StrEnum):
    """What happened to a file. The value is the word a model and a reader see."""

    ADDED = "added"
    DELETED = "deleted"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"
    TYPE_CHANGED = "type changed"
    """A file became a symbolic link or a submodule, or the other way round."""
    MODE_CHANGED = "mode changed"
    """Only whether it may be executed changed."""


class Side(StrEnum):
    """What a line of a hunk is. The value is the character that unified diffs put before it."""

    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a hunk."""

    side: Side
    old: int
    """Its number at the base, from 1; 0 for an added line."""
    new: int
    """Its number at the head, from 1; 0 for a removed line."""
    text: str
    """Without its line feed; a carriage return before that stays."""
    has_newline: bool = True
    """False for the last line of a file that ends without a line feed."""


@dataclass(frozen=True)
class Hunk:
    """A run of changed lines with the context git shows around them. Starts and counts as in its `@@` line."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    """What git prints after the second `@@`: the function or heading the hunk lies in; may be empty."""
    lines: tuple[DiffLine, ...]

    @cached_property
    def added(self) -> frozenset[int]:
        """Numbers of the added lines, at the head."""
        return frozenset(line.new for line in self.lines if line.side is Side.ADDED)

    def covers(self, line: int) -> bool:
        """Whether a line of the head lies in the hunk, as an added line or as context: only there GitHub takes a comment."""
        return self.new_start <= line < self.new_start + self.new_count


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One file of a change."""

    path: str
    """At the head; at the base when it is deleted."""
    old_path: str | None = None
    """At the base, when it was renamed or copied."""
    kind: ChangeKind
    old_mode: str = ""
    """git's file mode (`100644`, `100755`, `120000`, `160000`); empty when the file is not there on this side."""
    new_mode: str = ""
    old_blob: str | None = None
    """Object id; None when the file is not there on this side, or (in a patch) not known."""
    new_blob: str | None = None
    binary: bool = False
    """There are no lines of it to show."""
    decoded: bool = False
    """git takes it for binary, as it does UTF-16, and so does GitHub: its hunks are those of the decoded text, and no comment can be placed
    in them."""
    hunks: tuple[Hunk, ...] = ()
    """In the order of the file; empty when only name or mode changed, and for binary files."""
    redacted: tuple[Redaction, ...] = ()
    """What was taken out of the hunks."""

    @property
    def is_submodule(self) -> bool:
        """Whether it is a submodule on either side: then the ids are commits, and there is no text."""
        return "160000" in {self.old_mode, self.new_mode}

    @property
    def added(self) -> int:
        """Number of added lines."""
        return sum(len(hunk.added) for hunk in self.hunks)

    @property
    def removed(self) -> int:
        """Number of removed lines."""
        return sum(line.side is Side.REMOVED for hunk in self.hunks for line in hunk.lines)


@dataclass(frozen=True, slots=True)
class Revision:
    """One side of a change."""

    tree: str | None
    """Object id of the tree, in the shadow repository; None for a patch that stands alone."""
    commit: str | None
    """Object id of the commit; None for the work tree, the index, a patch and the empty tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change: what differs between `base` and `head`. An empty `files` means that git found no difference."""

    label: str
    """How whoever asked would name it; see `ReviewedChange.label`."""
    base: Revision
    head: Revision
    files: tuple[ChangedFile, ...]
    """Sorted by path as bytes."""
    title: str = ""
    """The author's own words, of a pull request or a commit message: never to be trusted."""
    body: str = ""
    redacted: tuple[Redaction, ...] = ()
    """What was taken out of the author's words."""
    notes: tuple[str, ...] = ()
    """What the reader should know of how the change was found."""

    @property
    def added_lines(self) -> Mapping[str, frozenset[int]]:
        """Path at the head → numbers of the added lines, of every changed file that has any."""
        added = {file.path: frozenset().union(*(hunk.added for hunk in file.hunks)) for file in self.files}
        return {path: lines for path, lines in added.items() if lines}
