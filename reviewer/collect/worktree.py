"""The index and the work tree as trees, so that everything that can be reviewed is one.

They are written with an index and into an object folder of ours. No filter, hook or monitor of the reviewed repository runs, and git
asks no submodule for more than the commit it stands at.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.collect.files import NotReadError, Reader, path_text
from reviewer.errors import SourceError
from reviewer.outcome import SkipReason

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes. A larger file that changed is left out: it would have to be copied, and no window holds it."""
LARGEST_SUM = 512 * 1024 * 1024
"""Bytes of all changed files together; what comes after is left out."""
_EMBEDDED = "a repository of its own"
_NAMED = 3
"""At most so many paths are named in a note."""


@dataclass(frozen=True, slots=True)
class WrittenTree:
    """A tree that was written into the shadow."""

    tree: str
    """Its object id."""
    notes: tuple[str, ...] = ()
    """What of the work tree is not in it as it stands."""
    partial: bool = False
    """Whether files are missing from it that git itself would compare: then no difference proves nothing."""


def index_tree(repository: Repository) -> WrittenTree:
    """What is staged. Raises SourceError when conflicts of a merge are not resolved, since git has no one version of such a file."""
    unmerged = sorted({record.partition(b"\t")[2] for record in _records(repository.run("ls-files", "-z", "-u"))})
    if unmerged:
        raise SourceError(
            f"The index holds unresolved conflicts: {_some(map(path_text, unmerged))}.",
            hint="Resolve them, or review the work tree as it stands: --uncommitted",
        )
    return WrittenTree(_written(repository, _own_index(repository, "index-staged")))


def work_tree(repository: Repository) -> WrittenTree:
    """The files as they stand on disk: tracked ones, and untracked ones that are not ignored."""
    index = _own_index(repository, "index-work-tree")
    different = repository.run("diff-files", "-z", "--raw", "--no-renames", "--ignore-submodules=dirty", index=index)
    statuses = list(_statuses(different))
    untracked = list(_records(repository.run("ls-files", "-z", "-o", "--exclude-standard", index=index)))
    choice = _Choice(removed={path for status, path in statuses if status == b"D"})
    tracked = list(dict.fromkeys(path for _, path in statuses if path not in choice.removed))
    filtered = _filtered(repository, index, [*tracked, *untracked])
    with Reader(repository.root) as reader:
        for path in tracked:
            choice.take(reader, path, filtered=path in filtered, tracked=True)
        for path in untracked:
            choice.take(reader, path, filtered=path in filtered, tracked=False)
    _update(repository, index, ("--force-remove",), sorted(choice.removed))
    _update(repository, index, ("--add", "--remove", "--replace"), sorted(choice.added))
    unmerged = {path_text(path) for status, path in statuses if status == b"U"}
    notes = (*choice.notes(), *_unmerged_note(unmerged))
    return WrittenTree(_written(repository, index), notes, partial=bool(choice.left.keys() - {_EMBEDDED}))


@dataclass(slots=True)
class _Choice:
    """What is to be done with each file that is not as the index has it."""

    removed: set[bytes]
    added: list[bytes] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    """Why → the paths that are not taken as they stand."""
    total: int = 0

    def take(self, reader: Reader, path: bytes, *, filtered: bool, tracked: bool) -> None:
        """Add a file, or say why not. A tracked one that is not taken stays as the index has it."""
        text = path_text(path)
        if path.endswith(b"/"):
            return self._leave(_EMBEDDED, text)
        if filtered:
            return self._leave("a filter would have to be run", text)
        try:
            size = reader.size(text)
        except NotReadError as error:
            return self._odd(error, path, tracked=tracked)
        if size > LARGEST_FILE or self.total + size > LARGEST_SUM:
            return self._leave("too large", text)
        try:
            reader.head(text, 1)
        except NotReadError as error:
            return self._leave(error.detail or error.reason, text)
        self.total += size
        self.added.append(path)
        return None

    def _odd(self, error: NotReadError, path: bytes, *, tracked: bool) -> None:
        """Something that is no regular file."""
        if error.reason is SkipReason.SYMBOLIC_LINK and not error.detail:
            self.added.append(path)
        elif error.detail == "a folder":
            self.added.append(path)  # a submodule: git lists no other folder
        elif tracked and error.reason in {SkipReason.DELETED, SkipReason.SYMBOLIC_LINK, SkipReason.NOT_A_FILE}:
            self.removed.add(path)
        else:
            self._leave(error.detail or error.reason, path_text(path))

    def _leave(self, reason: str, path: str) -> None:
        self.left.setdefault(reason, []).append(path)

    def notes(self) -> Iterator[str]:
        """One sentence a reason."""
        for reason, paths in self.left.items():
            yield f"Not compared as they stand on disk ({reason}): {_some(paths)}."


def _unmerged_note(paths: set[str]) -> tuple[str, ...]:
    return (f"Unresolved conflicts are shown as they stand on disk: {_some(sorted(paths))}.",) if paths else ()


def _own_index(repository: Repository, name: str) -> Path:
    """A copy of the index. Its time is kept: git looks again at files that changed since it was written."""
    source, index = repository.folder / "index", repository.folder / name
    if source.exists():
        shutil.copy2(source, index)
    return index


def _statuses(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    fields = iter(raw.split(b"\0"))
    for facts in fields:
        if facts:
            yield facts.rpartition(b" ")[2], next(fields)


def _records(output: bytes) -> Iterator[bytes]:
    return (record for record in output.split(b"\0") if record)


def _filtered(repository: Repository, index: Path, paths: list[bytes]) -> frozenset[bytes]:
    """Those of the paths whose attributes name a filter that the repository or the operator has a program for, such as git-lfs."""
    if not paths or not repository.filters:
        return frozenset()
    asked = b"".join(path + b"\0" for path in paths)
    fields = repository.run("check-attr", "-z", "--stdin", "filter", stdin=asked, index=index).split(b"\0")
    triples = zip(fields[0::3], fields[2::3], strict=False)
    return frozenset(path for path, name in triples if path_text(name) in repository.filters)


def _update(repository: Repository, index: Path, options: tuple[str, ...], paths: Iterable[bytes]) -> None:
    given = b"".join(path + b"\0" for path in paths)
    if given:
        # Not compressed: what is written here is read once or twice, and compressing takes ten times as long as the rest.
        repository.run("-c", "core.looseCompression=0", "update-index", "-z", *options, "--stdin", stdin=given, index=index)


def _written(repository: Repository, index: Path) -> str:
    return repository.run("write-tree", "--missing-ok", index=index).decode("ascii").strip()


def _some(paths: Iterable[str]) -> str:
    every = list(paths)
    more = f" and {len(every) - _NAMED:,} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more
