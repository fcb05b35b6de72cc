"""The names that people give to commits: from `main`, `v1.2` or `HEAD~3` to a commit and its tree.

The shadow has no references of its own. Those of the reviewed repository are read by their documented layout and written into the
shadow, each with the object it stands for; then git resolves a name there by its own rules.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from reviewer.collect.changes import Revision
from reviewer.collect.files import path_text
from reviewer.collect.git_process import GitError
from reviewer.collect.gitdir import read_references
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ABBREVIATION = re.compile(r"[0-9a-f]{4,64}(?:[~^][0-9~^]*)?")
_NAMES = 20_000
"""At most so many names are compared with one that is not known."""
_DEEPEN = (
    "In actions/checkout set `fetch-depth: 0`; in a clone of your own run `git fetch --unshallow`, or `git fetch --deepen=100`."
)


class ShallowError(SourceError):
    """History ends too early to answer: the clone is shallow, and a deeper one could tell."""


def resolve(repository: Repository, name: str) -> Revision:
    """The commit a name stands for, as git resolves it, and its tree. Tags are followed to their commit.

    Raises SourceError when there is no such commit, ShallowError when it may lie beyond the end of a shallow clone.
    """
    _check(repository, name)
    _lend_references(repository)
    try:
        found = repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", name).decode("ascii", "replace").strip()
        commit = _verified(repository, f"{_object_id(found, name)}^{{commit}}")
        return Revision(_verified(repository, f"{commit}^{{tree}}"), commit)
    except GitError as error:
        raise _unknown(repository, name) from error


def merge_base(repository: Repository, one: str, other: str) -> str:
    """The commit in which two commits (full ids) have their common history; of several the one git names first.

    Raises ShallowError when a shallow clone does not reach back to it, SourceError when the histories are unrelated.
    """
    try:
        found = repository.run("merge-base", "--end-of-options", one, other)
    except GitError as error:
        if error.code != 1:
            raise
        if is_shallow(repository):
            raise ShallowError(
                f"The clone is shallow, and does not reach back to where {one[:12]} and {other[:12]} parted.", hint=_DEEPEN
            ) from error
        raise SourceError(
            f"{one[:12]} and {other[:12]} have no common history.",
            hint=f"To compare them as they are: --range {one[:12]}..{other[:12]}",
        ) from error
    return found.decode("ascii").strip()


def is_shallow(repository: Repository) -> bool:
    """Whether the clone ends before the history does."""
    return repository.run("rev-parse", "--is-shallow-repository").strip() == b"true"


def parents(repository: Repository, commit: str) -> tuple[str, ...]:
    """The full ids of a commit's parents as the commit itself names them, also where a shallow clone does not have them."""
    header, _, _ = repository.run("cat-file", "commit", commit).partition(b"\n\n")
    return tuple(line[7:].decode("ascii") for line in header.split(b"\n") if line.startswith(b"parent "))


def tree_of(repository: Repository, commit: str) -> str:
    """The full id of a commit's tree. `commit` is a full id. Raises ShallowError when a shallow clone does not have it."""
    try:
        return _verified(repository, f"{commit}^{{tree}}")
    except GitError as error:
        if is_shallow(repository):
            raise ShallowError(f"The clone is shallow, and does not have the commit {commit[:12]}.", hint=_DEEPEN) from error
        raise SourceError(f"The repository does not have the commit {commit[:12]}.") from error


def _check(repository: Repository, name: str) -> None:
    if not name or "\0" in name or name.startswith("-"):
        raise SourceError(f"{name!r} is no name of a commit.")
    if "@{" in name:
        raise SourceError(
            f"{name} asks for the log or the settings of a branch, which are not read.",
            hint="Name the branch or the commit itself; `git rev-parse` prints it.",
        )
    if ":" in name or "{/" in name:
        raise SourceError(f"{name} names a file or a search, not a commit.")
    if repository.head is None and (name == "HEAD" or re.match(r"HEAD[~^]|@", name)) and repository.reads_references:
        raise SourceError("There is no commit yet: HEAD stands for nothing.")
    if not repository.reads_references and not _ABBREVIATION.fullmatch(name):
        raise SourceError(
            f"{name} cannot be looked up: this repository keeps its references in a form that is not read (reftable).",
            hint="Give the commit's id; `git rev-parse` prints it.",
        )


def _lend_references(repository: Repository) -> None:
    target = repository.folder / "packed-refs"
    if target.exists() or not repository.reads_references:
        return
    references = read_references(repository.git_dir)
    lines = [b"%s %s\n" % (value, name) for name, value in sorted(references.items()) if name.startswith(b"refs/")]
    target.write_bytes(b"".join(lines))
    for name, value in references.items():
        if not name.startswith(b"refs/"):
            (repository.folder / path_text(name)).write_bytes(value + b"\n")


def _object_id(found: str, name: str) -> str:
    if not _OBJECT_ID.fullmatch(found):
        raise SourceError(f"{name} does not name one commit.")
    return found


def _verified(repository: Repository, name: str) -> str:
    return repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", name).decode("ascii").strip()


def _unknown(repository: Repository, name: str) -> SourceError:
    message = f"{name} is not a commit of this repository."
    start = re.split(r"[~^]", name, maxsplit=1)[0]
    beyond = bool(_OBJECT_ID.fullmatch(name)) or (start != name and _is_known(repository, start))
    if beyond and is_shallow(repository):
        return ShallowError(f"{message} The clone is shallow, and may not reach back to it.", hint=_DEEPEN)
    close = difflib.get_close_matches(start, _short_names(repository))
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    return SourceError(
        message, hint=f"{meant}If a remote has it, fetch it first: git fetch origin {start.removeprefix('origin/')}"
    )


def _is_known(repository: Repository, name: str) -> bool:
    try:
        return bool(_verified(repository, name))
    except GitError:
        return False


def _short_names(repository: Repository) -> list[str]:
    if not repository.reads_references:
        return []
    names = [path_text(name).split("/", 2)[-1] for name in read_references(repository.git_dir) if name.startswith(b"refs/")]
    return [name for name in names[:_NAMES] if name.isprintable()]
