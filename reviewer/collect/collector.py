"""A path in, a Snapshot out: every file git (or the folder) lists is read or skipped, each exactly once."""

from __future__ import annotations

import gc
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from reviewer.collect.attributes import Mark, linguist_marks, mentions_linguist
from reviewer.collect.cache import MeasureCache
from reviewer.collect.changes import Revision
from reviewer.collect.choice import Chooser, Selection
from reviewer.collect.examine import Examiner
from reviewer.collect.files import Reader
from reviewer.collect.listing import Entry
from reviewer.collect.repository import Repository, open_repository
from reviewer.collect.snapshot import FileReader, OpenReader, Snapshot, SourceFile
from reviewer.collect.tree import TreeReader, tree_entries
from reviewer.collect.walk import Walk
from reviewer.errors import SourceError
from reviewer.outcome import SkippedFile

__all__ = ["Selection", "collect", "collect_tree"]

_GUIDANCE = frozenset({"CLAUDE.md", "AGENTS.md", "REVIEW.md"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """What there is, before anything is read."""

    root: Path
    scope: str
    commit: str | None
    in_git: bool
    entries: list[Entry]
    marks: dict[str, Mark]
    lost: tuple[SkippedFile, ...]
    notes: tuple[str, ...]
    reader: OpenReader


def collect(path: Path, selection: Selection, cache: MeasureCache | None) -> Snapshot:
    """Collect a repository, a folder inside one (then paths stay relative to the repository), or a plain folder.

    Raises SourceError when `path` is none of these, or when git or the repository's own files cannot be read.
    """
    folder = _folder(path)
    with _no_garbage_collection():
        repository = open_repository(folder)
        if repository is None:
            return _read(_list_folder(folder), selection, cache)
        with repository:
            listing = _list_repository(repository, folder)
        return _read(listing, selection, cache)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Hundreds of thousands of small values are made here and none in a cycle; looking for cycles takes a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_tree(
    repository: Repository,
    revision: Revision,
    selection: Selection,
    cache: MeasureCache | None,
    *,
    scope: str = "",
    paths: Collection[str] | None = None,
    rules: Revision | None = None,
) -> Snapshot:
    """Collect what a commit's tree holds, without checking it out; of it only the part `scope`, or only the files `paths`.

    Ignore rules and attributes are those of the tree of `rules` (of the tree itself, when None): a change must not decide what of it is
    looked at. Nor is a file guidance that is another one there. The texts can be read for as long as `repository` is open. Raises
    SourceError when git lacks a part of the tree.
    """
    governing = rules or revision
    with _no_garbage_collection():
        every = tree_entries(repository, _tree(governing))
        entries = every if governing is revision else tree_entries(repository, _tree(revision))
        if paths is not None:
            entries = [entry for entry in entries if entry.path in paths]
        if scope:
            entries = [entry for entry in entries if entry.path.startswith(f"{scope}/")]
        with TreeReader(repository, every) as reader:
            marks = _tree_marks(repository, reader, every, _tree(governing), entries)
            chooser = Chooser(selection, marks)
            refused = chooser.read_project_rules(reader, (entry.path for entry in every), "")
        listing = _Listing(
            root=repository.root,
            scope=scope,
            commit=revision.commit,
            in_git=True,
            entries=entries,
            marks=marks,
            lost=(),
            notes=(*repository.notes, *refused),
            reader=partial(TreeReader, repository, entries),
        )
        return _heeding(_examined(listing, chooser, selection, cache), every)


def _heeding(snapshot: Snapshot, rules: Iterable[Entry]) -> Snapshot:
    """The snapshot with only that guidance which is the same in what governs it."""
    wanted = frozenset(snapshot.guidance)
    governing = {(entry.path, entry.blob) for entry in rules if entry.path in wanted}
    blobs = {file.path: file.blob for file in snapshot.files if file.path in wanted}
    heeded = tuple(path for path in snapshot.guidance if (path, blobs[path]) in governing)
    return snapshot if heeded == snapshot.guidance else replace(snapshot, guidance=heeded)


def _tree(revision: Revision) -> str:
    if revision.tree is None:
        raise SourceError("A patch that stands alone has no tree.")
    return revision.tree


def _tree_marks(
    repository: Repository, reader: FileReader, every: list[Entry], tree: str, entries: list[Entry]
) -> dict[str, Mark]:
    """The marks of `entries` by the .gitattributes files of `tree`, which git takes from an index of ours that holds it."""
    if not mentions_linguist(repository, reader, every, ""):
        return {}
    index = repository.folder / f"index-{tree}"
    if not index.exists():
        repository.run("read-tree", tree, index=index)
    return linguist_marks(repository, (entry.path for entry in entries), index=index)


def _folder(path: Path) -> Path:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISDIR(mode):
        raise SourceError(
            f"{path} is not a folder.",
            hint=f"To review one file, give its folder and name the file: {path.parent} --include '/{path.name}'",
        )
    return path.resolve()


def _list_repository(repository: Repository, folder: Path) -> _Listing:
    scope = "" if folder == repository.root else folder.relative_to(repository.root).as_posix()
    entries = repository.entries(scope)
    notes = repository.notes
    if scope and not entries:
        notes += (f"git lists no file below {scope}: it is empty, or ignored.",)
    with Reader(repository.root) as reader:
        marks = {}
        if mentions_linguist(repository, reader, entries, scope):
            marks = linguist_marks(repository, (entry.path for entry in entries))
    return _Listing(
        root=repository.root,
        scope=scope,
        commit=repository.head,
        in_git=True,
        entries=entries,
        marks=marks,
        lost=(),
        notes=notes,
        reader=partial(Reader, repository.root),
    )


def _list_folder(folder: Path) -> _Listing:
    with Reader(folder) as reader:
        walk = Walk(reader)
        entries = walk.entries()
    return _Listing(
        root=folder,
        scope="",
        commit=None,
        in_git=False,
        entries=entries,
        marks={},
        lost=tuple(walk.lost),
        notes=tuple(walk.notes),
        reader=partial(Reader, folder),
    )


def _read(listing: _Listing, selection: Selection, cache: MeasureCache | None) -> Snapshot:
    chooser = Chooser(selection, listing.marks)
    with Reader(listing.root) as reader:
        refused = chooser.read_project_rules(reader, (entry.path for entry in listing.entries), listing.scope)
    return _examined(replace(listing, notes=listing.notes + refused), chooser, selection, cache)


def _examined(listing: _Listing, chooser: Chooser, selection: Selection, cache: MeasureCache | None) -> Snapshot:
    notes = list(listing.notes)
    files: list[SourceFile] = []
    skipped = list(listing.lost)
    with listing.reader() as reader:
        examiner = Examiner(reader, chooser, cache, selection.max_file_bytes)
        for outcome in examiner.examine(listing.entries):
            if isinstance(outcome, SourceFile):
                files.append(outcome)
            else:
                skipped.append(outcome)
    if cache is not None and cache.note:
        notes.append(cache.note)
    return Snapshot(
        root=listing.root,
        scope=listing.scope,
        commit=listing.commit,
        in_git=listing.in_git,
        files=tuple(files),
        skipped=tuple(skipped),
        guidance=_guidance(files),
        notes=tuple(notes),
        redacts=selection.redacts,
        reader=listing.reader,
    )


def _guidance(files: Iterable[SourceFile]) -> tuple[str, ...]:
    return tuple(file.path for file in files if file.path.rpartition("/")[2] in _GUIDANCE)
