"""git's own list of a work tree's files, from the output of one `git ls-files`."""

from __future__ import annotations

from typing import NamedTuple

from reviewer.collect.files import path_text

LIST_ARGUMENTS = ("ls-files", "-z", "-v", "-s", "-c", "-o", "-m", "-d", "--exclude-standard")
"""Tracked and untracked-but-not-ignored files; status letter, mode, blob id and stage; a second record for changed or missing ones.

The letter is small, or an S, where the index tells git not to look at the file (assume-unchanged, skip-worktree).
"""

_FILES = frozenset({"100644", "100755"})
_LINK, _GITLINK = "120000", "160000"


class Entry(NamedTuple):
    """A path git lists. A named tuple, not a dataclass, because Linux has 78,000 of them and a frozen dataclass costs four times as much."""

    path: str
    """Ends in `/` when it is an embedded repository that git does not look into."""
    mode: str
    """git's file mode (`100644`, `120000` …); empty when untracked."""
    blob: str | None
    """The blob id in the index when git finds the file on disk to be that blob; None when untracked, changed, unmerged or not looked at."""
    missing: bool
    """True when git has it in the index and it is not on disk."""
    sparse: bool
    """True when the index says that it is not to be checked out (skip-worktree)."""

    @property
    def is_tracked_file(self) -> bool:
        """Tracked as a file, executable or not: nearly all entries are."""
        return self.mode in _FILES

    @property
    def is_link(self) -> bool:
        """Tracked as a symbolic link."""
        return self.mode == _LINK

    @property
    def is_submodule(self) -> bool:
        """Tracked as a commit of another repository."""
        return self.mode == _GITLINK

    @property
    def is_embedded(self) -> bool:
        """Untracked, with a repository of its own."""
        return not self.mode and self.path.endswith("/")


def parse_listing(output: bytes) -> list[Entry]:
    """The entries of `git` + LIST_ARGUMENTS, each path once, sorted by path as bytes."""
    found: dict[bytes, Entry] = {}
    for record in output.split(b"\0"):
        if not record:
            continue
        tag = record[:1]
        if tag == b"?":
            path = record[2:]
            found[path] = Entry(path_text(path), "", None, False, False)  # noqa: FBT003 - by position, for speed
            continue
        facts, _, path = record[2:].partition(b"\t")
        mode, blob, stage = facts.decode("ascii").split(" ")
        known = found.get(path)
        if known is None:
            compared = stage == "0" and tag == b"H"
            sparse = tag in {b"S", b"s"}
            found[path] = Entry(path_text(path), mode, blob if compared else None, False, sparse)  # noqa: FBT003
        elif tag in {b"R", b"r"}:
            found[path] = known._replace(blob=None, missing=True)
        else:
            found[path] = known._replace(blob=None)
    return [found[path] for path in sorted(found)]
