"""Which kept run a question is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.commands.call import Call
from reviewer.errors import IncompleteError, UsageError
from reviewer.run_list import find_run
from reviewer.run_lock import take
from reviewer.run_prune import read_record, run_folders
from reviewer.run_record import RunRecord
from reviewer.storage import storage_error


def chosen(runs: Path, run_id: str | None, call: Call, top: Path) -> tuple[Path, RunRecord]:
    """Folder and record of the run whose id begins with `run_id`; without one, of the newest about what the call names.

    Raises UsageError when there is none.
    """
    named = run_folders(runs) if run_id is None else [find_run(runs, run_id)]
    for folder in reversed(named):
        record = read_record(folder)
        if record is not None and _is_about(record, call, top):
            return folder, record
    raise UsageError(
        f"no run of {call.pull_request or top} is kept",
        hint="Review it first, or choose a run with --run; `reviewer runs` lists them.",
    )


def _is_about(record: RunRecord, call: Call, top: Path) -> bool:
    asked = record.asked
    if asked is None or record.prefix is None:
        return False
    if call.pull_request is not None:
        return asked.pull_request == call.pull_request
    return not asked.pull_request and Path(asked.top).resolve() == top.resolve()


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes away from a run. Raises IncompleteError when one is at work on it, and StorageError."""
    try:
        lock = take(folder)
    except OSError as error:
        raise storage_error(folder, error) from error
    if lock is None:
        raise IncompleteError(
            f"another process is at work on run {folder.name}", hint="Wait for it, or choose another with --run."
        )
    try:
        yield
    finally:
        lock.release()
