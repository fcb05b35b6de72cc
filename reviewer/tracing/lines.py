"""Spans → JSON lines in a file: one a step, written whole as the step ends, so that a killed run leaves what it did."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.live_secrets import clean
from reviewer.tracing.spans import Span

_PAGE = 4_096
"""Bytes; pages of other sizes are multiples of it."""
_LONGEST = 1_024
"""Bytes of a line: twice as many as a request's has."""


class TraceFile:
    """A file that lines are appended to, also while other runs append to it. Raises StorageError when it cannot be opened to write."""

    def __init__(self, path: Path, trace_id: str) -> None:
        self._path = path
        self._trace = trace_id
        self._problem = ""
        self._descriptor = _opened(path)

    def began(self, span: Span) -> None:
        """Nothing: a step is written when it has ended."""

    def ended(self, span: Span) -> None:
        """Append the step's line. After the first failure nothing more is written."""
        if self._problem:
            return
        record = clean(json.dumps(_record(span, self._trace), separators=(",", ":"))).encode()
        try:
            line = record + b" " * _filling(os.fstat(self._descriptor).st_size + len(record) + 1) + b"\n"
            written = os.write(self._descriptor, line)
        except OSError as error:
            self._problem = error.strerror or type(error).__name__
            return
        if written < len(line):
            self._problem = "there was no room for all of it"
            self._take_back(written)

    def close(self) -> Sequence[str]:
        """Close the file."""
        os.close(self._descriptor)
        return (f"The trace {self._path} is not whole: {self._problem}.",) if self._problem else ()

    def _take_back(self, written: int) -> None:
        """Cut off the part of a line that found no room for the rest, so that every line is whole; not where another run went on."""
        with suppress(OSError):
            end = os.lseek(self._descriptor, 0, os.SEEK_CUR)
            if os.fstat(self._descriptor).st_size == end:
                os.ftruncate(self._descriptor, end - written)


def _filling(end: int) -> int:
    """Bytes to add to a line that would end at `end`, so that the next one need not cross the end of a page.

    Linux finishes a page before it heeds a SIGKILL, but not a whole write: a line across two pages could be cut where they meet.
    """
    left = -end % _PAGE
    return left if left < _LONGEST else 0


def _record(span: Span, trace_id: str) -> dict[str, object]:
    start = datetime.fromtimestamp(span.start, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    outcome = {"status": "error", "error": span.error} if span.error else {"status": "ok"}
    head = {"trace": trace_id, "name": span.name, "id": span.id, "parent": span.parent}
    return {**head, "start": start, "seconds": round(span.seconds, 6), **outcome, "attributes": span.attributes}


def _opened(path: Path) -> int:
    # Not blocking: a named pipe would otherwise wait for a reader, before it is refused.
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from error
    try:
        _begin_line(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise _unwritable(path, error.strerror or type(error).__name__) from error
    return descriptor


def _begin_line(descriptor: int) -> None:
    """End a line that a crash of the machine broke off. Raises OSError for anything but a regular file."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if status.st_size and os.pread(descriptor, 1, status.st_size - 1) != b"\n":
        os.write(descriptor, b"\n")


def _unwritable(path: Path, why: str) -> StorageError:
    hint = "Check that the folder exists, belongs to you and has room; --trace chooses another place."
    return StorageError(f"Cannot write the trace to {path}: {why}.", hint=hint)
