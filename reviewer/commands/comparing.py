"""From the change that was named on the command line to the change: two trees, or the lines of a patch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.collect.files import read_special
from reviewer.commands.call import Against, Wanted
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.changes import Change
    from reviewer.collect.repository import Repository
    from reviewer.collect.subject import Subject

LARGEST_PATCH = 64 * 1024 * 1024
"""Bytes of a --diff-file."""


def compare(repository: Repository, wanted: Wanted, patch: bytes, *, redacts: bool) -> Change:
    """The change that was named, in a repository. Raises SourceError."""
    from reviewer.collect import comparison

    match wanted.against:
        case Against.BASE:
            return comparison.since_base(repository, wanted.value, redacts=redacts)
        case Against.RANGE:
            return comparison.of_range(repository, wanted.value, redacts=redacts)
        case Against.COMMIT:
            return comparison.of_commit(repository, wanted.value, redacts=redacts)
        case Against.STAGED:
            return comparison.staged(repository, redacts=redacts)
        case Against.UNCOMMITTED:
            return comparison.uncommitted(repository, redacts=redacts)
        case Against.DIFF_FILE:
            return comparison.of_patch(repository, patch, _patch_name(wanted), redacts=redacts)


def alone(wanted: Wanted, patch: bytes, folder: Path, *, redacts: bool) -> Subject:
    """The subject of a patch where there is no repository. Raises SourceError for any other change."""
    from reviewer.collect.comparison import of_patch
    from reviewer.collect.standalone import patch_subject

    if wanted.against is not Against.DIFF_FILE:
        raise SourceError(f"{folder} is not in a git repository, so there is nothing to compare.")
    return patch_subject(of_patch(None, patch, _patch_name(wanted), redacts=redacts), patch, folder, redacts=redacts)


def _patch_name(wanted: Wanted) -> str:
    """How a report calls a patch."""
    return "patch on standard input" if wanted.value == "-" else wanted.value


def read_patch(name: str) -> bytes:
    """The patch of `--diff-file`; `-` is standard input."""
    if name == "-":
        import sys

        return sys.stdin.buffer.read(LARGEST_PATCH)
    data = read_special(Path(name).absolute(), LARGEST_PATCH)
    if data is None:
        raise SourceError(f"--diff-file {name}: there is no such file")
    return data
