"""A patch that somebody wrote: applied to the repository it is for, or read alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.collect.changes import ChangedFile, Revision, Side
from reviewer.collect.git_process import GitError
from reviewer.collect.patch_parts import PatchPart, split_patch
from reviewer.collect.worktree import index_tree, work_tree
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_MOST_LINES = 10_000_000
"""Lines of all files of a patch that stands alone. It can name any line, and what is before has to be filled with empty ones."""
_LETTER = re.compile(rb"^From [0-9a-f]{40,64} ", re.MULTILINE)
"""How `git format-patch` begins each letter."""
_STRIPPED = ("-p1", "-p0")
"""Folders to take off each name: git writes one before it, unless it is told not to; so does `diff -r`."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The two sides of a patch in a repository."""

    base: Revision
    head: Revision
    notes: tuple[str, ...] = ()


def partial_texts(files: Iterable[ChangedFile]) -> dict[str, str]:
    """What a patch shows of each file at the head, by path: known lines at their own numbers, empty lines where nothing is known.

    Raises SourceError when the patch speaks of lines that no file has.
    """
    texts: dict[str, str] = {}
    room = _MOST_LINES
    for file in files:
        known = {line.new: line for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED}
        if known:
            last = max(known)
            room -= last
            if room < 0:
                raise SourceError(f"The patch speaks of line {last:,} of {file.path}, which cannot be.")
            lines = [known[number].text if number in known else "" for number in range(1, last + 1)]
            texts[file.path] = "\n".join(lines) + ("\n" if known[last].has_newline else "")
    return texts


def apply(repository: Repository, data: bytes, head: Revision) -> Applied:
    """Apply a patch, in an index of ours, to the first state of the repository that it fits.

    That is `head`; else what `head` was before the patch, when it is in there already; else the index or the work tree. Raises SourceError
    when the patch holds no change that can be applied, or fits none of them.
    """
    patch, notes = _with_content(split_patch(data))
    refusal = ""
    for base, reverse, told in _places(repository, head):
        try:
            tree = _applied(repository, base.tree, patch, reverse=reverse)
        except GitError as error:
            refusal = refusal or error.message
            continue
        other = Revision(tree, None)
        sides = (other, base) if reverse else (base, other)
        return Applied(*sides, (*notes, *told))
    raise SourceError(
        f"The patch fits neither HEAD nor the index nor the work tree: {refusal}",
        hint="Check out the commit it was made for, or give it outside a repository to have its lines alone reviewed.",
    )


def letter(repository: Repository, data: bytes) -> tuple[str, str]:
    """Title and body of a patch that `git format-patch` made, by git's own reading of mails; empty for anything else, and for several."""
    if not _LETTER.match(data) or len(_LETTER.findall(data)) > 1:
        return "", ""
    body = repository.folder / "letter"
    head = repository.run("mailinfo", "--encoding=UTF-8", str(body), os.devnull, stdin=data, work_tree=False)
    title = next((line[9:] for line in head.split(b"\n") if line.startswith(b"Subject: ")), b"")
    return title.decode("utf-8", "replace"), body.read_bytes().decode("utf-8", "replace").strip("\n")


def _places(repository: Repository, head: Revision) -> Iterator[tuple[Revision, bool, tuple[str, ...]]]:
    """Where a patch may fit: the state, whether the patch is in it already, and what to tell. The later ones cost more to find."""
    yield head, False, ()
    yield head, True, ("HEAD holds the patch already: it is compared with what was before it.",)
    try:
        staged = Revision(index_tree(repository).tree, None)
    except SourceError:
        pass  # conflicts: there is no staged state
    else:
        yield staged, False, ("The patch fits what is staged, not HEAD.",)
    written = work_tree(repository)
    disk = Revision(written.tree, None)
    yield disk, False, ("The patch fits the work tree, not HEAD.", *written.notes)
    yield disk, True, ("The work tree holds the patch already: it is compared with what was before it.", *written.notes)


def _applied(repository: Repository, tree: str | None, patch: bytes, *, reverse: bool) -> str:
    """The tree that applying makes; no attributes file has a say. Raises GitError with what git said of the likelier form of names."""
    if tree is None:
        raise SourceError("A patch that stands alone cannot be applied to another.")
    index = repository.folder / "index-patch"
    options = ["--reverse"] if reverse else []
    if b"\n " not in patch:  # written without context, which git takes only on demand
        options.append("--unidiff-zero")
    refused: GitError | None = None
    for stripped in _STRIPPED:
        index.unlink(missing_ok=True)
        repository.run("read-tree", tree, index=index, work_tree=False)
        command = ("apply", "--cached", "--whitespace=nowarn", *options, stripped, "-")
        try:
            repository.run(*command, stdin=patch, index=index, work_tree=False)
        except GitError as error:
            refused = refused or error
        else:
            return repository.run("write-tree", "--missing-ok", index=index, work_tree=False).decode("ascii").strip()
    raise refused or SourceError("The patch was not applied.")


def _with_content(parts: list[PatchPart]) -> tuple[bytes, tuple[str, ...]]:
    """The patch without the files of which it only says that they differ, which no one could apply, and without what is around it."""
    if not parts:
        raise SourceError("The patch holds no change.")
    kept = b"".join(part.raw for part in parts if not part.lacks_content)
    empty = ", ".join(part.path for part in parts if part.lacks_content)
    if not kept:
        raise SourceError(f"The patch does not hold the content of binary files, and nothing else: {empty}.")
    return kept, (f"The patch does not hold the content of binary files, which are left out: {empty}.",) if empty else ()
