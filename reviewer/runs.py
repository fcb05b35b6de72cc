"""What a run leaves on disk: enough that nothing which was paid for is lost, and nothing that would give the source away.

docs/state.md describes the layout. Requests themselves are never kept: they are the source that was read; answers are, for they were paid
for. Folders are for their owner alone (0700, files 0600). When all runs together are larger than a limit, the oldest ones go that nobody
needs any more (see `run_prune.py`).
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from reviewer.errors import IncompleteError, InterruptedByUser, ReviewerError, StorageError, UsageError
from reviewer.outcome import Review
from reviewer.plan.passes import Pass
from reviewer.run_answers import Reserve
from reviewer.run_lock import RunLock, take
from reviewer.run_passes import FOLDER, PassLog
from reviewer.run_prune import prune_to, read_record
from reviewer.run_record import Asked, Prefix, RunRecord, RunState
from reviewer.state_layout import LAYOUT, check_layout, claim_layout
from reviewer.storage import storage_error, write_atomically
from reviewer.values import to_json

KEPT_BYTES = 200_000_000
"""All runs together; a deep run with its reports is some megabytes, so these are a hundred runs and more."""
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


def _utc_now() -> datetime:
    return datetime.now(UTC)


class RunStore:
    """The `runs` folder below the state folder."""

    def __init__(self, state_dir: Path, *, clock: Callable[[], datetime] = _utc_now, kept_bytes: int = KEPT_BYTES) -> None:
        """Nothing is touched before `start`."""
        self.folder = state_dir / "runs"
        self._state = state_dir
        self._clock = clock
        self._kept_bytes = kept_bytes

    def start(
        self,
        *,
        version: str,
        model: str,
        subject: str,
        commit: str | None,
        asked: Asked,
        prefix: Prefix,
        documents: str | None = None,
        lifetime: str = "",
        passes: tuple[str, ...],
    ) -> Run:
        """Make room for a run, before anything is sent.

        Raises StorageError when answers could not be kept: then nothing should be paid for.
        """
        now = self._clock()
        record = RunRecord(
            layout=LAYOUT,
            id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
            version=version,
            model=model,
            subject=subject,
            commit=commit,
            started=now.isoformat(),
            asked=asked,
            prefix=prefix,
            documents=documents,
            lifetime=lifetime,
            passes=passes,
        )
        run = self._made(record)
        prune_to(self.folder, self._kept_bytes, keep=run.id)
        return run

    def _made(self, record: RunRecord) -> Run:
        folder = self.folder / record.id
        try:
            self._state.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            claim_layout(self._state)
            folder.mkdir(mode=_PRIVATE_FOLDER)
        except OSError as error:
            raise storage_error(folder, error) from error
        try:
            lock = take(folder)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise storage_error(folder, error) from error
        assert lock is not None, "nobody else knows of this folder"  # noqa: S101 - its name was just made up
        run = Run(folder, record, lock, self._clock)
        try:
            run.go_on()
        except StorageError:
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
            raise
        return run

    def resume(self, run_id: str, judge: Callable[[RunRecord], None]) -> Run:
        """Open an earlier run to go on with it. Its lock is held from now on; nothing is written before `Run.go_on`.

        `judge` is shown the record once the lock is held, and raises when one cannot go on. Raises UsageError when there is no such run,
        IncompleteError when another process is at work on it, and StorageError.
        """
        folder = self.folder / run_id
        check_layout(self._state)
        if read_record(folder) is None:
            raise UsageError(f"there is no run {run_id}", hint="`reviewer runs` lists them.")
        try:
            lock = take(folder)
        except OSError as error:
            raise storage_error(folder, error) from error
        record = read_record(folder)
        if lock is None or record is None:
            raise IncompleteError(f"another process is at work on run {run_id}", hint="`reviewer runs` shows when it is done.")
        try:
            judge(record)
            return Run(folder, record, lock, self._clock)
        except (ReviewerError, OSError):
            lock.release()
            raise


class Run:
    """One run's folder while a process is at work on it, be it the first or one that goes on.

    Use it as a context manager: leaving without `finish` marks a run that was at work as failed. Nothing here raises for a full disk but
    `go_on`, `begin` of a pass and `save`: what is under way is being paid for, so it goes on, and `storage_problem` says what could not be
    kept.
    """

    def __init__(self, folder: Path, record: RunRecord, lock: RunLock, clock: Callable[[], datetime]) -> None:
        """Touches nothing yet."""
        self.folder = folder
        self.record = record
        self.storage_problem = ""
        self._clock = clock
        self._lock = lock
        self._reserve: Reserve | None = None
        """None until work begins."""
        self._passes: dict[str, PassLog] = {}
        self._noting = threading.Lock()

    def go_on(self) -> None:
        """Work begins: write `run.json`, and take the reserve of room. Raises StorageError."""
        self.record = replace(self.record, state=RunState.STARTED, problem="", updated=self.now())
        self.save("run.json", to_json(self.record))
        try:
            (self.folder / FOLDER).mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)  # somebody may have removed it
            self._reserve = Reserve(self.folder)
        except OSError as error:
            raise storage_error(self.folder, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if self._reserve is None:
            self._lock.release()  # nothing was done: what the last process noted still holds
            return
        if isinstance(error, KeyboardInterrupt | InterruptedByUser):
            self._note(replace(self.record, state=RunState.INTERRUPTED))
        elif error is not None:
            self.fail(error.message if isinstance(error, ReviewerError) else type(error).__name__)
        elif self.record.state is not RunState.FINISHED:
            self.fail("The run ended early.")
        for log in list(self._passes.values()):
            log.close()
        self._reserve.let_go()
        self._lock.release()

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.record.id

    def now(self) -> str:
        """The time, as records have it."""
        return self._clock().isoformat()

    def log(self, asked: Pass) -> PassLog:
        """The record and the answers of a pass."""
        with self._noting:
            assert self._reserve is not None, "a pass begins after the run"  # noqa: S101 - the story's order, not an input
            if asked.name not in self._passes:
                self._passes[asked.name] = PassLog(self.folder / FOLDER, asked, self._reserve, self._complain)
            return self._passes[asked.name]

    def save(self, name: str, text: str) -> Path:
        """Keep a copy of `text` in the run's folder; returns its path. Raises StorageError."""
        path = self.folder / name
        write_atomically(path, text, mode=_PRIVATE_FILE)
        return path

    def keep_review(self, review: Review) -> None:
        """Keep the review itself, so that it can be rendered again. Raises StorageError."""
        self.save("review.json", to_json(review))

    def finish(self, review: Review) -> None:
        """The review was reported."""
        missing = sum(bool(each.problem) and self._lacks(each.name) for each in review.making.passes)
        self._note(replace(self.record, state=RunState.FINISHED, missing=missing, complete=review.complete, problem=""))

    def _lacks(self, name: str) -> bool:
        """Whether there is something to ask of a pass still: what is wrong with a whole answer stays wrong."""
        log = self._passes.get(name)
        return log is None or not log.whole

    def fail(self, problem: str) -> None:
        """The run ended without a report."""
        problems = dict.fromkeys(text for text in (self.record.problem, problem) if text)
        self._note(replace(self.record, state=RunState.FAILED, problem=" ".join(problems)))

    def _note(self, record: RunRecord) -> None:
        self.record = replace(record, updated=self.now())
        try:
            self.save("run.json", to_json(self.record))
        except StorageError as error:
            self._complain(error)

    def _complain(self, error: StorageError) -> None:
        self.storage_problem = self.storage_problem or error.message
