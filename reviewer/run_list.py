"""The kept runs: how each of them stands, which of them a person means, and which may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reviewer.errors import IncompleteError, UsageError
from reviewer.outcome import Reported
from reviewer.plan.cost import total
from reviewer.run_lock import is_held
from reviewer.run_passes import FOLDER, is_whole, read_passes, stem
from reviewer.run_prune import ABANDONED_AFTER, Removed, read_record, remove, run_folders, size, untouched_for
from reviewer.run_record import PassRecord, RunRecord, RunState
from reviewer.state_layout import LAYOUT


class Standing(StrEnum):
    """How a run stands. The value is the word a reader sees."""

    RUNNING = "running"
    """A process is at work on it."""
    INTERRUPTED = "interrupted"
    """Its process was killed, or a person stopped it."""
    FINISHED = "finished"
    INCOMPLETE = "incomplete"
    """Reported, but not everything was reviewed."""
    FAILED = "failed"
    """It ended with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One kept run."""

    folder: Path
    record: RunRecord
    standing: Standing
    done: int
    """Passes whose answers lie on disk as a whole."""
    planned: int
    """Passes; of a finished run those that were needed."""
    cost_usd: float | None
    """What it cost so far; None where it is not known."""
    is_at_least: bool
    """Whether it cost more than that: an answer broke off."""
    bytes: int

    @property
    def obstacle(self) -> str:
        """Why one cannot go on with it, a clause; empty when one can, or when a process is at work on it."""
        return "" if self.standing is Standing.RUNNING else obstacle(self.record)


def obstacle(record: RunRecord) -> str:
    """Why one cannot go on with a run; empty when one can."""
    asked = record.asked
    if asked is None:
        return f"reviewer {record.version} did not note what was asked"
    if record.state is RunState.FINISHED and not record.missing:
        return "it is finished, and nothing is missing"
    if asked.obstacle:
        return asked.obstacle
    if not asked.pull_request and not Path(asked.path).is_dir():
        return "the folder it was about is gone"
    return ""


def require_unfinished(record: RunRecord) -> None:
    """Raises IncompleteError with the reason when one cannot go on with a run."""
    why = obstacle(record)
    if why:
        finished = record.state is RunState.FINISHED
        hint = f"`reviewer render {record.id}` writes its report again." if finished else "Start a new one."
        raise IncompleteError(f"run {record.id} cannot go on: {why}", hint=hint)


def list_runs(folder: Path) -> tuple[Listed, ...]:
    """All kept runs below `folder`, newest first. What is not a run, or cannot be read, is passed over."""
    runs = filter(None, map(_listed, run_folders(folder)))
    # By the record's own time: of two that began within one second the names tell nothing.
    return tuple(sorted(runs, key=lambda run: (run.record.started, run.record.id), reverse=True))


def find_run(folder: Path, given: str) -> Path:
    """The folder of the run that is meant: by its id, or by a beginning of it, or of its last part, that no other run has.

    Raises UsageError.
    """
    paths = [path for path in run_folders(folder) if read_record(path) is not None]
    exact = [path for path in paths if path.name == given]
    begin = [path for path in paths if given and (path.name.startswith(given) or path.name.rpartition("-")[2].startswith(given))]
    found = exact or begin
    if not found:
        raise UsageError(f"there is no run {given}", hint="`reviewer runs` lists them.")
    if len(found) > 1:
        raise UsageError(f"{len(found)} runs begin with {given}", hint="`reviewer runs` lists them; name more of the id.")
    return found[0]


def of_repository(runs: tuple[Listed, ...], top: Path) -> tuple[Listed, ...]:
    """The runs with those about the repository at `top` first, each part in its order."""
    here = [run for run in runs if run.record.asked is not None and _same(run.record.asked.top, top)]
    return (*here, *(run for run in runs if run not in here))


def prune_done(folder: Path) -> Removed:
    """Remove every run that one cannot go on with; never one that a process is at work on."""
    freed = [removed for path in run_folders(folder) if (removed := remove(path, _is_done))]
    return Removed(len(freed), sum(freed))


def _is_done(record: RunRecord, folder: Path) -> bool:
    if record.layout < LAYOUT and record.state in {RunState.STARTED, RunState.ANSWERED}:
        return untouched_for(folder) > ABANDONED_AFTER  # it has no lock that would tell whether a process is at work
    return bool(obstacle(record))


def _listed(folder: Path) -> Listed | None:
    running = is_held(folder)  # before the record is read: a run that ends meanwhile is then at most said to be at work still
    record = read_record(folder)
    if record is None:
        return None
    passes = read_passes(folder)
    standing = _standing(record, running=running)
    done = sum(is_whole(folder / FOLDER / stem(each.number, each.name), each) for each in passes)
    return Listed(
        folder=folder,
        record=record,
        standing=standing,
        done=done,
        planned=_planned(record, passes, done),
        cost_usd=total(attempt.cost_usd for each in passes for attempt in each.attempts) if passes else record.cost_usd,
        is_at_least=any(attempt.usage.reported is Reported.AT_LEAST for each in passes for attempt in each.attempts),
        bytes=size(folder),
    )


def _planned(record: RunRecord, passes: tuple[PassRecord, ...], done: int) -> int:
    if record.state is RunState.FINISHED:
        return done + record.missing
    return max(len(record.passes), len(passes))


def _standing(record: RunRecord, *, running: bool) -> Standing:
    if running:
        return Standing.RUNNING
    match record.state:
        case RunState.FINISHED:
            return Standing.FINISHED if record.complete or record.layout < LAYOUT else Standing.INCOMPLETE
        case RunState.FAILED:
            return Standing.FAILED
        case RunState.STARTED | RunState.ANSWERED | RunState.INTERRUPTED:
            return Standing.INTERRUPTED


def _same(one: str, other: Path) -> bool:
    try:
        return Path(one).resolve() == other.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return False
