"""A run's target again: what was asked, with the settings of that time, whatever files and variables say today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reviewer.commands.call import Call
from reviewer.commands.opening import opened
from reviewer.commands.recorded import call_again
from reviewer.commands.target import Target
from reviewer.errors import IncompleteError
from reviewer.run_record import Asked, RunRecord
from reviewer.runs import Run

_NO_FLAGS: Mapping[str, object] = {}


@contextmanager
def reopen(
    record: RunRecord, environ: Mapping[str, str], *, flags: Mapping[str, object] = _NO_FLAGS, run: Run | None = None
) -> Iterator[Target]:
    """The target of an earlier run, open for as long as the context lasts; `target.setup` holds the settings as recorded.

    `flags` are settings that were typed now, by field name of `Config`; they win. Credentials come from `environ` in any case. `run` is
    the run to go on with, where one goes on. Raises IncompleteError with the reason when the record does not tell enough, and what
    opening a target raises.
    """
    asked = askable(record)
    call = Call(path=Path(), flags=flags, config_file=None, isolated=True, environ=environ, run=run)
    with opened(call_again(asked, call)) as target:
        yield target


def askable(record: RunRecord) -> Asked:
    """What was asked, where it can be asked again. Raises IncompleteError with the reason."""
    if record.asked is None:
        raise IncompleteError(
            f"run {record.id} was made by reviewer {record.version}, which did not note what was asked", hint="Start a new one."
        )
    if record.asked.obstacle:
        raise IncompleteError(f"run {record.id} cannot be opened again: {record.asked.obstacle}", hint="Start a new one.")
    return record.asked
