"""The passes of a run on disk: a record for each, and a file for each answer, so that what was paid for is not asked again.

`passes/03-concurrency.json` says what was asked, and how it ended; `passes/03-concurrency.1.txt` is the answer to the first request, as it
arrived, and `….2.txt` the one to the second, which asked for the rest of an answer that had broken off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from reviewer.engine.interface import Lifetime, Reply, Stop
from reviewer.errors import StorageError
from reviewer.outcome import NO_USAGE, Usage
from reviewer.plan.lifetime import Use
from reviewer.plan.passes import Pass
from reviewer.reply.parse import parse
from reviewer.run_answers import AnswerFile, Reserve, read_answer
from reviewer.run_record import Attempt, AttemptState, PassRecord, RunRecord
from reviewer.storage import read_kept, storage_error, write_atomically
from reviewer.values import NotThatValueError, from_json, to_json

FOLDER = "passes"
BROKE_OFF = "The process that asked was interrupted before the answer was whole."
_PRIVATE_FILE = 0o600


class PassLog:
    """What one pass left on disk, and what it leaves now. Thread-safe where one thread asks and another interrupts."""

    def __init__(self, folder: Path, asked: Pass, reserve: Reserve, complain: Callable[[StorageError], None]) -> None:
        """`folder` is the run's `passes`. A record that cannot be read is as none: what its answers were to is not known."""
        self._stem = folder / stem(asked.number, asked.name)
        self._reserve = reserve
        self._complain = complain
        self._lock = Lock()
        self._answer: AnswerFile | None = None
        self.record = read_pass(record_path(self._stem)) or PassRecord(number=asked.number, kind=asked.kind, name=asked.name)

    def begin(self, *, began: str, request_sha256: str) -> AnswerFile:
        """Note that a request is about to be sent, and make the file for its answer. Raises StorageError: then nothing should be sent."""
        with self._lock:
            number = len(self.record.attempts) + 1
            while answer_path(self._stem, number).exists():  # of a record that could not be read
                number += 1
            attempt = Attempt(number=number, began=began, request_sha256=request_sha256)
            record = replace(self.record, attempts=(*self.record.attempts, attempt))
            self._write(record)
            self.record = record
            path = answer_path(self._stem, number)
            try:
                self._answer = AnswerFile(path, self._reserve, self._complain)
            except OSError as error:
                raise storage_error(path, error) from error
            return self._answer

    def started(self, usage: Usage, request_id: str, cost_usd: float | None) -> None:
        """The answer has begun: so much is paid for by now."""
        self._note(state=AttemptState.STARTED, usage=usage, request_id=request_id, cost_usd=cost_usd)

    def ended(self, reply: Reply, cost_usd: float | None) -> None:
        """The answer is all here, whole or not."""
        size = self._close()
        self._note(
            state=AttemptState.ENDED,
            stop=reply.stop,
            answer_bytes=size,
            problem=reply.problem,
            usage=reply.usage,
            cost_usd=cost_usd,
            seconds=reply.seconds,
            model=reply.model,
            request_id=reply.request_id,
            message_id=reply.message_id,
            cache_miss=reply.cache_miss,
            notes=reply.notes,
            retries=reply.retries,
        )

    def failed(self, problem: str) -> None:
        """Nothing came, or nothing was sent."""
        self._close()
        if self.record.attempts and self.record.attempts[-1].state is not AttemptState.ENDED:
            self._note(state=AttemptState.FAILED, problem=problem)

    def close(self) -> None:
        """The process ends; what comes from now on is not kept."""
        self._close()

    def kept(self) -> tuple[Reply, ...]:
        """What earlier processes left of the answer, oldest first."""
        return kept_replies(self._stem, self.record)

    @property
    def whole(self) -> bool:
        """Whether a whole answer of the agreed form is kept."""
        return any(parse(reply.text).is_complete(reply.stop) for reply in self.kept())

    def _close(self) -> int | None:
        with self._lock:
            answer = self._answer
        if answer is None:
            return None
        answer.close()
        return answer.size

    def _note(self, **changes: object) -> None:
        with self._lock:
            *earlier, last = self.record.attempts
            self.record = replace(self.record, attempts=(*earlier, replace(last, **changes)))  # type: ignore[arg-type]
            try:
                self._write(self.record)
            except StorageError as error:
                self._complain(error)

    def _write(self, record: PassRecord) -> None:
        """Raises StorageError when there is no room for it but what is reserved for answers, and none there either."""
        path = record_path(self._stem)
        try:
            write_atomically(path, to_json(record), mode=_PRIVATE_FILE)
        except StorageError:
            if not self._reserve.let_go():
                raise
            write_atomically(path, to_json(record), mode=_PRIVATE_FILE)


def kept_of(run: Path, asked: Pass) -> tuple[Reply, ...]:
    """What is kept of the answer to a pass in the folder of a run, oldest first; the folder is only read."""
    stem_path = run / FOLDER / stem(asked.number, asked.name)
    record = read_pass(record_path(stem_path))
    return kept_replies(stem_path, record) if record is not None else ()


def stem(number: int, name: str) -> str:
    """How the files of a pass are called, without a suffix."""
    return f"{number:02}-{name}"


def record_path(stem_path: Path) -> Path:
    """The file of a pass's record."""
    return stem_path.with_name(f"{stem_path.name}.json")


def answer_path(stem_path: Path, number: int) -> Path:
    """The file of the answer to the `number`th request (from 1) of a pass."""
    return stem_path.with_name(f"{stem_path.name}.{number}.txt")


def read_pass(path: Path) -> PassRecord | None:
    """A pass's record; None when there is none that can be read."""
    try:
        return from_json(PassRecord, read_kept(path))
    except (OSError, NotThatValueError):
        return None


def read_passes(run_folder: Path) -> tuple[PassRecord, ...]:
    """The records of all passes of a run that were begun, in their order."""
    try:
        paths = sorted((run_folder / FOLDER).glob("*.json"))
    except OSError:
        return ()
    return tuple(record for record in map(read_pass, paths) if record is not None)


def kept_replies(stem_path: Path, record: PassRecord) -> tuple[Reply, ...]:
    """The parts of an answer that lie on disk. A request that was paid for and brought nothing is a part without a text."""
    parts = []
    for attempt in record.attempts:
        text = read_answer(answer_path(stem_path, attempt.number))
        if text or attempt.usage != NO_USAGE:
            parts.append(_reply(text, attempt))
    return tuple(parts)


def is_whole(stem_path: Path, record: PassRecord) -> bool:
    """Whether the answer to a pass lies on disk as a whole. Only answers of which nobody noted the end are read."""
    return any(_is_whole(answer_path(stem_path, attempt.number), attempt) for attempt in record.attempts)


def _is_whole(path: Path, attempt: Attempt) -> bool:
    if attempt.stop is None or attempt.answer_bytes is None:
        return parse(read_answer(path)).whole
    if attempt.stop is not Stop.END:
        return parse(read_answer(path)).is_complete(attempt.stop)
    try:
        return path.stat().st_size >= attempt.answer_bytes
    except OSError:
        return False


def _reply(text: str, attempt: Attempt) -> Reply:
    stop, problem = _ending(text, attempt)
    return Reply(
        text=text,
        stop=stop,
        problem=problem,
        usage=attempt.usage,
        model=attempt.model,
        request_id=attempt.request_id,
        seconds=attempt.seconds,
        notes=attempt.notes,
        message_id=attempt.message_id,
        cache_miss=attempt.cache_miss,
        retries=attempt.retries,
    )


def _ending(text: str, attempt: Attempt) -> tuple[Stop, str]:
    """How an answer ended. What nobody noted is judged by the text: a whole answer needs no note to be one."""
    if attempt.stop is None or attempt.answer_bytes is None:
        return (Stop.END, "") if parse(text).whole else (Stop.CUT, BROKE_OFF)
    if attempt.stop is Stop.END and len(text.encode("utf-8", "surrogatepass")) < attempt.answer_bytes:
        return Stop.CUT, "Not all of the answer could be kept: the disk was full."
    return attempt.stop, attempt.problem


def uses(folder: Path, record: RunRecord) -> tuple[Use, ...]:
    """When a run put its prefix into the provider's cache, or read it from there. Nothing where its lifetime is not noted."""
    if record.prefix is None or record.lifetime not in set(Lifetime):
        return ()
    lifetime = Lifetime(record.lifetime).seconds
    return tuple(
        Use(attempt.began, record.prefix.sha256, lifetime)
        for each in read_passes(folder)
        for attempt in each.attempts
        if attempt.usage.cache_read_input_tokens or attempt.usage.cache_creation_input_tokens
    )
