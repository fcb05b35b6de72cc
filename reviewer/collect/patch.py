"""A patch that somebody wrote: applied to the repository it is for, or read alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.collect.changes import ChangedFile, Revision, Side
from reviewer.collect.diff import parse_patch

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository


@dataclass(frozen=True, slots=True)
class Applied:
    """The two sides of a patch in a repository."""

    base: Revision
    head: Revision
    notes: tuple[str, ...] = ()


def parse(data: bytes) -> tuple[ChangedFile, ...]:
    """The files of a patch that stands alone. Raises SourceError when it holds none, or cannot be read."""
    return parse_patch(data)


def partial_texts(files: Iterable[ChangedFile]) -> dict[str, str]:
    """What a patch shows of each file at the head, by path: known lines at their own numbers, empty lines where nothing is known."""
    texts: dict[str, str] = {}
    for file in files:
        known = {line.new: line.text for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED}
        if known:
            texts[file.path] = "".join(f"{known.get(number, '')}\n" for number in range(1, max(known) + 1))
    return texts


def apply(repository: Repository, data: bytes, head: Revision) -> Applied:
    """Apply a patch, in an index of ours, to `head`."""
    assert head.tree is not None  # noqa: S101
    index = repository.folder / "index-patch"
    tree = _applied(repository, index, head.tree, data, ())
    return Applied(head, Revision(tree, None))


def _applied(repository: Repository, index: Path, tree: str, data: bytes, options: tuple[str, ...]) -> str:
    repository.run("read-tree", tree, index=index)
    repository.run("apply", "--cached", "--whitespace=nowarn", *options, "-", stdin=data, index=index)
    return repository.run("write-tree", "--missing-ok", index=index).decode("ascii").strip()
