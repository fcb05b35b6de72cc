"""Where a repository keeps its objects, looked over before git is let in: git opens what lies there without looking what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reviewer.collect.files import path_text, read_special
from reviewer.errors import SourceError

_ALTERNATES_LIMIT = 65_536
_DEEPEST = 3
"""Folders below `objects`: `info/commit-graphs` is the deepest that git makes."""
_MOST_STORES = 32
"""Stores that lend to one another. git itself follows five in a row."""


def is_partial(objects: Path) -> bool:
    """Whether some packs of a store came from a server that was asked to leave objects out, as in a partial clone."""
    return any((objects / "pack").glob("*.promisor"))


def refuse_pipes(objects: Path) -> None:
    """Raise SourceError for a named pipe, a socket or a device among the objects of a store and of those it borrows from.

    git would wait for ever for somebody to write to a pipe. What cannot be looked into is left to git, which says so.
    """
    pending, seen = [objects], set[str]()
    folders = set[tuple[int, int]]()
    while pending and len(seen) < _MOST_STORES:
        store = pending.pop()
        if (real := os.path.realpath(store)) not in seen:
            seen.add(real)
            for path in _odd_files(store, _DEEPEST, folders):
                raise SourceError(
                    f"{path} is a named pipe or a device, not an object of git.", hint="Remove it, or review a clone."
                )
            pending += _lenders(store)


def _odd_files(folder: Path, depth: int, seen: set[tuple[int, int]]) -> Iterator[str]:
    """What is neither file nor folder, links followed; one that leads nowhere is no trouble. No folder is looked into twice."""
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    yield from _odd_files(Path(entry.path), depth - 1, seen) if depth else ()
                elif not entry.is_file() and _exists(entry):
                    yield entry.path
    except OSError:
        return


def _exists(entry: os.DirEntry[str]) -> bool:
    return not entry.is_symlink() or Path(entry.path).exists()


def _lenders(store: Path) -> list[Path]:
    """The stores that `info/alternates` names; paths are relative to the store."""
    listed = read_special(store / "info" / "alternates", _ALTERNATES_LIMIT) or b""
    return [store / path_text(line) for line in listed.split(b"\n") if line and not line.startswith((b"#", b'"'))]
