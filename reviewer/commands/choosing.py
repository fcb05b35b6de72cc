"""Which kept run a question is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.collect.gitdir import top_of
from reviewer.commands.call import Call
from reviewer.errors import IncompleteError, SourceError, UsageError
from reviewer.run_list import find_run, list_runs
from reviewer.run_lock import take
from reviewer.run_prune import read_record, run_folders
from reviewer.run_record import RunRecord
from reviewer.storage import storage_error


def chosen(runs: Path, run_id: str | None, call: Call) -> tuple[Path, RunRecord]:
    """Folder and record of the run whose id begins with `run_id`; without one, of the newest about what the call names.

    Raises UsageError when there is none, and SourceError for a path that is not there or inside a bare repository.
    """
    if run_id is not None:
        folder = find_run(runs, run_id)
        record = read_record(folder)
        if record is not None:
            return folder, record
        raise UsageError(f"there is no run {run_id} any more", hint="`reviewer runs` lists them.")
    if not call.path.exists():
        raise SourceError(f"there is nothing at {call.path}")
    top = top_of(call.path)
    for folder in reversed(run_folders(runs)):
        record = read_record(folder)
        if record is not None and _is_about(record, call, top):
            return folder, record
    raise UsageError(f"no run of {call.pull_request or top} is kept", hint=_instead(runs))


def _instead(runs: Path) -> str:
    """What to name where nothing is kept about what was named: who reviewed another folder than the one they stand in forgets to."""
    for listed in list_runs(runs):
        asked = listed.record.asked
        if asked is not None and listed.record.prefix is not None:
            what = asked.pull_request or asked.path
            return f"The newest run is of {what}: name that after the question, or choose a run of `reviewer runs` with --run."
    return "Review it first, or choose a run with --run; `reviewer runs` lists them."


def _is_about(record: RunRecord, call: Call, top: Path) -> bool:
    asked = record.asked
    if asked is None or record.prefix is None:
        return False
    if call.pull_request is not None:
        return asked.pull_request == call.pull_request
    try:
        # Of a pull request, `top` is no folder: what counts is the clone one stood in.
        its_top = top_of(Path(asked.path)) if asked.pull_request else Path(asked.top)
        return its_top.resolve() == top.resolve()
    except (SourceError, OSError):  # of a folder that has become something else since
        return False


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
