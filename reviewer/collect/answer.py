"""What a git command prints, read as it comes and no further than a limit: a few hostile objects can stand for a million paths."""

from __future__ import annotations

import subprocess
import time
from threading import Thread
from typing import IO

LARGEST_ANSWER = 512 * 1024 * 1024
"""Bytes. The list of Linux's 80,000 files takes 9 million, a diff of a million lines 60 million."""
_LARGEST_COMPLAINT = 65_536
_PIECE = 1024 * 1024


class Answer:
    """The output of a process that is still running. Both pipes are read at once, so that neither keeps it waiting."""

    def __init__(self, process: subprocess.Popen[bytes], limit: int = LARGEST_ANSWER) -> None:
        assert process.stdout is not None, "it was started with pipes"  # noqa: S101 - how Repository.start makes it
        assert process.stderr is not None, "it was started with pipes"  # noqa: S101 - as above
        self._process = process
        self._limit = limit
        self._output = bytearray()
        self._complaint = bytearray()
        self.is_too_long = False
        """Whether the process was ended for printing more than the limit."""
        self._readers = (
            Thread(target=self._read_output, args=(process.stdout,), daemon=True),
            Thread(target=self._read_complaint, args=(process.stderr,), daemon=True),
        )
        for reader in self._readers:
            reader.start()

    def is_whole_within(self, seconds: float) -> bool:
        """Wait for the end of both pipes, at most so long; whether it has come."""
        end = time.monotonic() + seconds
        for reader in self._readers:
            reader.join(max(0.0, end - time.monotonic()))
        return not any(reader.is_alive() for reader in self._readers)

    @property
    def output(self) -> bytes:
        """What came on standard output."""
        return bytes(self._output)

    @property
    def complaint(self) -> bytes:
        """The beginning of what came on standard error."""
        return bytes(self._complaint)

    def _read_output(self, pipe: IO[bytes]) -> None:
        with pipe:
            while piece := pipe.read(_PIECE):
                self._output += piece
                if len(self._output) > self._limit:
                    self.is_too_long = True
                    self._process.kill()
                    return

    def _read_complaint(self, pipe: IO[bytes]) -> None:
        with pipe:
            while piece := pipe.read(_PIECE):
                self._complaint += piece[: max(0, _LARGEST_COMPLAINT - len(self._complaint))]
