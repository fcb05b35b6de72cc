"""What a run leaves on disk: enough that nothing which was paid for is lost, and nothing that would give the source away.

    <state>/runs/20261122T140509Z-3fa9c1/
        run.json      version, times, model, subject, commit, state, request id, usage, cost, SHA-256 and length of the request
        answer.txt    the model's raw answer, written piece by piece as it arrives
        result.json, report.md …    copies of what the run printed

The request itself is never kept: it is the source that was read. Folders are for their owner alone (0700, files 0600). When all runs
together are larger than a limit, the oldest ones that nobody needs any more are removed: finished and failed ones, and unfinished ones
that have not been touched for a week.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from reviewer.engine.interface import Reply
from reviewer.errors import ReviewerError, StorageError
from reviewer.outcome import Usage
from reviewer.run_record import RunRecord, RunState, record_text
from reviewer.storage import storage_error, write_atomically

KEPT_BYTES = 200_000_000
"""All runs together; an answer with its report is about half a megabyte, so these are some hundreds of runs."""
ABANDONED_AFTER = 7 * 24 * 3600
"""Seconds without a write after which an unfinished run may be removed: time enough to look at what a crash left."""
_RESERVE_BYTES = 1_000_000
"""Held on disk while an answer arrives, and let go when the disk is full: 128,000 tokens of output are about 500 KB."""
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


def _utc_now() -> datetime:
    return datetime.now(UTC)


class RunStore:
    """The `runs` folder below the state folder."""

    def __init__(self, state_dir: Path, *, clock: Callable[[], datetime] = _utc_now, kept_bytes: int = KEPT_BYTES) -> None:
        """Nothing is touched before `start`."""
        self.folder = state_dir / "runs"
        self._clock = clock
        self._kept_bytes = kept_bytes

    def start(self, *, version: str, model: str, subject: str, commit: str | None, request: str) -> Run:
        """Make room for a run, before anything is sent. Of `request` (the body as text) only its SHA-256 and length are kept.

        Raises StorageError when the answer could not be kept: then nothing should be paid for.
        """
        content = request.encode("utf-8", "surrogatepass")
        now = self._clock()
        folder = self._new_folder(now)
        record = RunRecord(
            id=folder.name,
            version=version,
            model=model,
            subject=subject,
            commit=commit,
            request_sha256=hashlib.sha256(content).hexdigest(),
            request_bytes=len(content),
            started=now.isoformat(),
        )
        run = Run(folder, record, self._clock)
        prune(self.folder, self._kept_bytes, keep=folder.name)
        return run

    def _new_folder(self, now: datetime) -> Path:
        name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        folder = self.folder / name
        try:
            self.folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            folder.mkdir(mode=_PRIVATE_FOLDER)
        except OSError as error:
            raise storage_error(folder, error) from error
        return folder


class Run:
    """One run's folder while the run is under way. A `Listener`: what it is told is on disk when it returns.

    Use it as a context manager: leaving without `finish` marks the run as failed. After `start` nothing here raises for a full disk but
    `save`: the answer is being paid for, so the run goes on and `storage_problem` says what could not be kept.
    """

    def __init__(self, folder: Path, record: RunRecord, clock: Callable[[], datetime]) -> None:
        """Writes `run.json`, an empty `answer.txt` and a reserve of room. Raises StorageError, and then leaves nothing behind."""
        self.folder = folder
        self.record = record
        self.storage_problem = ""
        self._has_gap = False
        self._clock = clock
        self._reserve = folder / "reserve"
        try:
            self.save("run.json", record_text(record))
            _write_reserve(self._reserve)
            self._answer = os.open(folder / "answer.txt", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise storage_error(folder, error) from error
        except StorageError:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if error is not None:
            self.fail(error.message if isinstance(error, ReviewerError) else type(error).__name__)
        elif self.record.state is not RunState.FINISHED:
            self.fail("The run ended early.")
        self._let_go()
        os.close(self._answer)

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.record.id

    def sent(self) -> None:
        """The request has left; `run.json` says `started` already."""

    def started(self, usage: Usage, request_id: str) -> None:
        """Note what is paid for by now."""
        self._note(replace(self.record, usage=usage, request_id=request_id))

    def text(self, delta: str) -> None:
        """Append a piece of the answer. Half a surrogate pair is written as the escape that JSON has for it."""
        if self._has_gap:
            return  # a gap would make the rest worthless
        rest = memoryview(delta.encode("utf-8", "backslashreplace"))
        while rest:
            try:
                rest = rest[os.write(self._answer, rest) :]
            except OSError as error:
                if not self._let_go():
                    self._has_gap = True
                    self._complain(storage_error(self.folder / "answer.txt", error))
                    return

    def answered(self, reply: Reply, cost_usd: float | None) -> None:
        """The answer is all here, whole or not. The cost is None where the price is unknown."""
        self._let_go()
        try:
            os.fsync(self._answer)
        except OSError as error:
            self._complain(storage_error(self.folder / "answer.txt", error))
        self._note(
            replace(
                self.record,
                state=RunState.ANSWERED,
                usage=reply.usage,
                request_id=reply.request_id,
                cost_usd=cost_usd,
                problem=reply.problem,
            )
        )

    def save(self, name: str, text: str) -> Path:
        """Keep a copy of `text` in the run's folder; returns its path. Raises StorageError."""
        path = self.folder / name
        write_atomically(path, text, mode=_PRIVATE_FILE)
        return path

    def finish(self) -> None:
        """The review was reported."""
        self._note(replace(self.record, state=RunState.FINISHED))

    def fail(self, problem: str) -> None:
        """The run ended without a report."""
        problems = dict.fromkeys(text for text in (self.record.problem, problem) if text)
        self._note(replace(self.record, state=RunState.FAILED, problem=" ".join(problems)))

    def _note(self, record: RunRecord) -> None:
        self.record = replace(record, updated=self._clock().isoformat())
        try:
            self.save("run.json", record_text(self.record))
        except StorageError as error:
            self._complain(error)

    def _complain(self, error: StorageError) -> None:
        self.storage_problem = self.storage_problem or error.message

    def _let_go(self) -> bool:
        """Give the reserved room back; True when there was some."""
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True


def _write_reserve(path: Path) -> None:
    """Take up room with bytes that are really written: a sparse file would hold nothing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(_RESERVE_BYTES))
        file.flush()
        os.fsync(file.fileno())


def prune(folder: Path, kept_bytes: int, *, keep: str = "") -> None:
    """Remove the oldest runs below `folder` that may go, until all together are at most `kept_bytes`. `keep` is never removed.

    What cannot be read or removed is left alone: another process may be at work there.
    """
    runs = sorted((path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()), key=lambda path: path.name)
    sizes = {path: _size(path) for path in runs}
    total = sum(sizes.values())
    for path in runs:
        if total <= kept_bytes:
            return
        if path.name != keep and _may_go(path):
            shutil.rmtree(path, ignore_errors=True)
            total -= sizes[path]


def _size(folder: Path) -> int:
    with suppress(OSError), os.scandir(folder) as entries:
        return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
    return 0


def _may_go(folder: Path) -> bool:
    try:
        record = json.loads((folder / "run.json").read_bytes())
        if record["state"] in {RunState.FINISHED, RunState.FAILED}:
            return True
        with os.scandir(folder) as entries:
            return time.time() - max(entry.stat().st_mtime for entry in entries) > ABANDONED_AFTER
    except (OSError, ValueError, KeyError, TypeError):
        return False
