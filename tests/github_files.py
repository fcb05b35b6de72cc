"""The files of a pull request as GitHub lists them, read from a real repository.

Names come from `git diff --raw -z`, never from the patch: there they are quoted, cut at a tab, or look like a line of a file. Each part
of the patch belongs to the row of the same number.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Hunk = tuple[int, int, int, int]
"""Old start, old count, new start, new count: the numbers of an `@@` line."""
MOST_FILES = 3_000
"""GitHub lists no more files of a pull request than these."""
LARGEST_PATCH = 1_000_000
MOST_LINES = 20_000
"""A file whose diff has more bytes or lines is listed without its patch, and takes no comment on a line."""
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, kw_only=True)
class DiffEntry:
    """A changed file."""

    path: str
    """At the head; what is no UTF-8 in it is U+FFFD, as GitHub's JSON has it."""
    status: str = "modified"
    previous: str = ""
    """Where it was at the base, if that is somewhere else."""
    patch: str | None = None
    """From its first `@@` line on. None where there is none (binary, mode only, moved as it is) and where it is too large."""
    blob: str = "0" * 40

    @property
    def hunks(self) -> list[Hunk]:
        """Where a comment on lines may be placed."""
        found = (_HEADER.match(line) for line in (self.patch or "").split("\n"))
        return [(int(at[1]), int(at[2] or 1), int(at[3]), int(at[4] or 1)) for at in found if at]

    def count(self, sign: str) -> int:
        """Lines of the patch that were added (`+`) or removed (`-`)."""
        return sum(line.startswith(sign) for line in (self.patch or "").split("\n"))

    def row(self, page: str) -> Row:
        """The file in GitHub's form; `page` is the address of the repository."""
        added, removed = self.count("+"), self.count("-")
        made: Row = {"filename": self.path, "status": self.status, "additions": added, "deletions": removed}
        made |= {"changes": added + removed, "sha": self.blob}
        made |= dict.fromkeys(("blob_url", "raw_url", "contents_url"), f"{page}/blob/{self.blob}")
        if self.previous:
            made["previous_filename"] = self.previous
        if self.patch is not None:
            made["patch"] = self.patch
        return made


def from_hunks(hunks: Mapping[str, Iterable[Hunk]]) -> list[DiffEntry]:
    """Files without a repository: of their patches nothing is there but the `@@` lines."""
    return [
        DiffEntry(path=path, patch="\n".join(f"@@ -{old},{count} +{new},{more} @@" for old, count, new, more in rows))
        for path, rows in hunks.items()
    ]


def files_of(root: Path, base: str, head: str) -> list[DiffEntry]:
    """The files that `head` changes since it left `base`, as GitHub compares them: from their merge base, renames found."""
    compared = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "-M", f"{base}...{head}"]
    rows = _raw(_git(root, *compared, "--raw", "-z", "--no-abbrev"))
    parts = (b"\n" + _git(root, *compared, "--patch", "--submodule=short")).split(b"\ndiff --git ")[1:]
    entries = []
    for row in rows:
        taken = 2 if row.status == "changed" and row.is_other_type else 1  # another type: git writes a deletion and an addition
        patches = [patch for part in parts[:taken] if (patch := _patch(part)) is not None]
        del parts[:taken]
        entries.append(DiffEntry(**row.facts, patch="\n".join(patches) if patches and not _too_large(patches) else None))
    assert not parts, "every part of the patch belongs to a file"
    return entries[:MOST_FILES]


@dataclass(frozen=True)
class _Raw:
    status: str
    path: str
    previous: str
    blob: str
    is_other_type: bool

    @property
    def facts(self) -> Row:
        return {"status": self.status, "path": self.path, "previous": self.previous, "blob": self.blob}


def _raw(output: bytes) -> list[_Raw]:
    fields = iter(output.split(b"\0")[:-1])
    rows = []
    for field in fields:
        old_mode, new_mode, old_blob, new_blob, letter = field.decode("ascii").removeprefix(":").split(" ")
        first = next(fields).decode("utf-8", "replace")
        path = next(fields).decode("utf-8", "replace") if letter[0] in "RC" else first
        status = _STATUS[letter[0]]
        if status == "modified" and old_blob == new_blob and old_mode != new_mode:
            status = "changed"
        blob = old_blob if status == "removed" else new_blob
        rows.append(_Raw(status, path, first if path != first else "", blob, letter[0] == "T"))
    return rows


def _patch(part: bytes) -> str | None:
    """The hunks of a part. Every line of a hunk begins with a character of its own, so no file's text can look like a header."""
    _, found, hunks = part.partition(b"\n@@ ")
    return (b"@@ " + hunks).decode("utf-8", "replace").removesuffix("\n") if found else None


def _too_large(patches: Iterable[str]) -> bool:
    patch = "\n".join(patches)
    return len(patch.encode()) > LARGEST_PATCH or patch.count("\n") > MOST_LINES


def _git(root: Path, *args: str) -> bytes:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True).stdout
