"""One answer on disk: written piece by piece as it arrives, and read back by a process that goes on."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from reviewer.errors import StorageError
from reviewer.storage import read_kept, storage_error

RESERVE_BYTES = 1_000_000
"""Held on disk while answers arrive, and let go when the disk is full: 128,000 tokens of output are about 500 KB."""
_LARGEST_ANSWER = 16_000_000
"""Bytes that are read back: thirty times what a model can answer."""
_PRIVATE_FILE = 0o600


class Reserve:
    """Room on the disk that is held for answers; one for a run, whatever number of answers is on its way."""

    def __init__(self, folder: Path) -> None:
        """Takes the room. Raises OSError."""
        self._path = folder / "reserve"
        with suppress(FileNotFoundError):
            self._path.unlink()  # of a process that was killed
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(RESERVE_BYTES))  # a sparse file would hold nothing
            file.flush()
            os.fsync(file.fileno())

    def let_go(self) -> bool:
        """Give the room back; True when there was some."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


class AnswerFile:
    """An answer as it arrives. What `write` was given is in the file when it returns; it never raises.

    When the disk is full in spite of the reserve, the rest of the answer is not kept: a gap would make it worthless.
    """

    def __init__(self, path: Path, reserve: Reserve, complain: Callable[[StorageError], None]) -> None:
        """Raises OSError when there can be no such file."""
        self.size = 0
        """Bytes of the answer so far, kept or not."""
        self._path = path
        self._reserve = reserve
        self._complain = complain
        self._has_gap = False
        self._lock = Lock()
        # Also threads of a run that was interrupted come here: they must not write into what another file's number has become.
        self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE_FILE)

    def write(self, delta: str) -> None:
        """Append a piece of the answer. Half a surrogate pair is written as the escape that JSON has for it."""
        data = delta.encode("utf-8", "backslashreplace")
        with self._lock:
            self.size += len(data)
            if self._descriptor is not None and not self._has_gap:
                self._append(self._descriptor, memoryview(data))

    def _append(self, descriptor: int, rest: memoryview) -> None:
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except OSError as error:
                if not self._reserve.let_go():
                    self._has_gap = True
                    self._complain(storage_error(self._path, error))
                    return

    def close(self) -> None:
        """Nothing more comes; what is there is brought to the disk itself."""
        with self._lock:
            if self._descriptor is None:
                return
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self._complain(storage_error(self._path, error))
            os.close(self._descriptor)
            self._descriptor = None


def read_answer(path: Path) -> str:
    """The text of an answer; empty when there is none. A character whose end is missing is left out."""
    try:
        data = read_kept(path, _LARGEST_ANSWER)
    except OSError:
        return ""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(data)
