"""A patch that somebody wrote: applied to the repository it is for, or read alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.collect.changes import ChangedFile, Revision, Side
from reviewer.collect.patch_parts import PatchPart, split_patch
from reviewer.collect.repository import GitError
from reviewer.collect.worktree import index_tree, work_tree
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_STRIPPED = ("-p1", "-p0")
"""Folders to take off each name: git writes one before it, unless it is told not to; so does `diff -r`."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The two sides of a patch in a repository."""

    base: Revision
    head: Revision
    notes: tuple[str, ...] = ()


def partial_texts(files: Iterable[ChangedFile]) -> dict[str, str]:
    """What a patch shows of each file at the head, by path: known lines at their own numbers, empty lines where nothing is known."""
    texts: dict[str, str] = {}
    for file in files:
        known = {line.new: line for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED}
        if known:
            last = max(known)
            lines = [known[number].text if number in known else "" for number in range(1, last + 1)]
            texts[file.path] = "\n".join(lines) + ("\n" if known[last].has_newline else "")
    return texts


def apply(repository: Repository, data: bytes, head: Revision) -> Applied:
    """Apply a patch, in an index of ours, to the first state of the repository that it fits.

    That is `head`; else what `head` was before the patch, when it is in there already; else the index or the work tree. Raises SourceError
    when the patch holds no change, or fits none of them.
    """
    parts = split_patch(data)
    if not parts:
        raise SourceError("The patch holds no change.")
    patch, notes = _with_content(data, parts)
    refusals: list[str] = []
    for base, reverse, told in _places(repository, head):
        for stripped in _STRIPPED:
            try:
                tree = _applied(repository, base.tree, patch, (stripped, *(("--reverse",) if reverse else ())))
            except GitError as error:
                refusals.append(error.message)
                continue
            other = Revision(tree, None)
            sides = (other, base) if reverse else (base, other)
            return Applied(*sides, (*notes, *told))
    raise SourceError(
        f"The patch fits neither HEAD nor the index nor the work tree: {refusals[0]}",
        hint="Check out the commit it was made for, or give it outside a repository to have its lines alone reviewed.",
    )


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


def _applied(repository: Repository, tree: str | None, patch: bytes, options: tuple[str, ...]) -> str:
    """The tree that applying makes; the attributes of no tree have a say."""
    if tree is None:
        raise SourceError("A patch that stands alone cannot be applied to another.")
    index = repository.folder / "index-patch"
    index.unlink(missing_ok=True)
    repository.run("read-tree", tree, index=index, work_tree=False)
    command = ("apply", "--cached", "--whitespace=nowarn", *options, "-")
    repository.run(*command, stdin=patch, index=index, work_tree=False)
    return repository.run("write-tree", "--missing-ok", index=index, work_tree=False).decode("ascii").strip()


def _with_content(data: bytes, parts: list[PatchPart]) -> tuple[bytes, tuple[str, ...]]:
    """The patch without the files of which it only says that they differ, which no one could apply."""
    empty = [part.path for part in parts if part.lacks_content]
    if not empty:
        return data, ()
    kept = b"".join(part.raw for part in parts if not part.lacks_content)
    return kept, (f"The patch does not hold the content of binary files, which are left out: {', '.join(empty)}.",)
