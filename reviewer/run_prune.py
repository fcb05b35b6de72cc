"""Which runs may go, and their removal."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.run_lock import take
from reviewer.run_passes import FOLDER
from reviewer.run_record import RunRecord, RunState
from reviewer.storage import read_kept
from reviewer.values import NotThatValueError, from_json

ABANDONED_AFTER = 7 * 24 * 3600
"""Seconds without a write after which an unfinished run may be removed: time enough to go on with it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What pruning did."""

    runs: int
    bytes: int


def prune_to(folder: Path, kept_bytes: int, *, keep: str = "") -> Removed:
    """Remove the oldest runs below `folder` that nobody needs any more, until all together are at most `kept_bytes`.

    Those are finished runs, and unfinished ones that have not been touched for a week. `keep` is never removed, nor a run at work.
    """
    for path in run_folders(folder):
        _free_reserve(path)
    total = sum(map(size, run_folders(folder)))
    runs = freed = 0
    for path in run_folders(folder):
        if total - freed <= kept_bytes:
            break
        if path.name != keep and (removed := remove(path, _may_go)):
            runs, freed = runs + 1, freed + removed
    return Removed(runs, freed)


def run_folders(folder: Path) -> list[Path]:
    """The folders of all runs, oldest first, as their names sort. Nothing when there is none."""
    try:
        return sorted((path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()), key=lambda path: path.name)
    except OSError:
        return []


def remove(folder: Path, may_go: Callable[[RunRecord, Path], bool]) -> int:
    """Remove a run if `may_go` says so once its lock is held; the bytes that were freed, 0 when it stays.

    What cannot be read, locked or removed is left alone: another process may be at work there, or it is no run.
    """
    if read_record(folder) is None:
        return 0
    try:
        lock = take(folder)
    except OSError:
        return 0
    if lock is None:
        return 0
    try:
        record = read_record(folder)
        if record is None or not may_go(record, folder):
            return 0
        freed = size(folder)
        shutil.rmtree(folder, ignore_errors=True)
        return freed
    finally:
        lock.release()


def read_record(folder: Path) -> RunRecord | None:
    """The record of a run; None when there is none that can be read."""
    try:
        return from_json(RunRecord, read_kept(folder / "run.json"))
    except (OSError, NotThatValueError):
        return None


def size(folder: Path) -> int:
    """Bytes of a run's files."""
    return sum(map(_size_of_files, (folder, folder / FOLDER)))


def untouched_for(folder: Path) -> float:
    """Seconds since anything of a run was written; 0 when it is not known."""
    newest = 0.0
    for each in (folder, folder / FOLDER):
        with suppress(OSError), os.scandir(each) as entries:
            newest = max([newest, *(entry.stat(follow_symlinks=False).st_mtime for entry in entries if entry.name != "lock")])
    return time.time() - newest if newest else 0.0


def _free_reserve(folder: Path) -> None:
    """A process that was killed left the room it held for answers."""
    reserve = folder / "reserve"
    with suppress(OSError):
        if reserve.exists() and read_record(folder) is not None and (lock := take(folder)) is not None:
            try:
                reserve.unlink()
            finally:
                lock.release()


def _size_of_files(folder: Path) -> int:
    total = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _may_go(record: RunRecord, folder: Path) -> bool:
    if record.state is RunState.FINISHED and not record.missing:
        return True
    if record.layout == 1 and record.state is RunState.FAILED:
        return True
    return untouched_for(folder) > ABANDONED_AFTER
