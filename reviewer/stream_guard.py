"""Standard output and error without the process's secrets, whoever writes there: us, click, rich, a library's warning, Python's own traceback.

The guard stands in `sys.stdout` and `sys.stderr` themselves: what prints the last words of a thread, or of the interpreter, asks nobody else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any, TextIO

from reviewer.live_secrets import Stream, clean_bytes


class GuardedStream:
    """A text stream without secrets. What may become one waits for the next `write`, or for a `flush`."""

    def __init__(self, stream: TextIO) -> None:
        self.bare = stream
        """The stream itself."""
        self._cleaned = Stream()
        self._lock = RLock()

    def write(self, text: str) -> int:
        """Take the text. Raises TypeError for bytes, as every text stream does, and OSError."""
        with self._lock:
            self.bare.write(self._cleaned.feed(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Take each text. Raises as `write` does."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send out what there is. Raises OSError."""
        with self._lock:
            if rest := self._cleaned.end():
                self.bare.write(rest)
            self.bare.flush()

    @property
    def buffer(self) -> GuardedBytes:
        """For whoever writes bytes."""
        self.flush()
        return GuardedBytes(self.bare.buffer)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the stream has
        return getattr(self.bare, name)


class GuardedBytes:
    """A binary stream; each `write` is cleaned by itself."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - what `buffer` gives
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Take the bytes. Raises OSError."""
        self._stream.write(clean_bytes(bytes(data)))
        return len(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Take each of them. Raises OSError."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the stream has
        return getattr(self._stream, name)


def guard() -> None:
    """Put the guard before both streams, for the life of the process; one that is closed, or has it already, is left alone."""
    sys.stdout = _guarded(sys.stdout)
    sys.stderr = _guarded(sys.stderr)
    for name, stream in (("__stdout__", sys.stdout), ("__stderr__", sys.stderr)):
        setattr(sys, name, stream)  # Python goes back to these as it ends, and may have something to complain of


@contextmanager
def guarded() -> Iterator[None]:
    """The guard for as long as the `with` lasts."""
    before = sys.stdout, sys.stderr
    own = sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)
    try:
        yield
    finally:
        for stream, old, name in zip(own, before, ("stdout", "stderr"), strict=True):
            if stream is not old:
                with suppress(OSError):  # whoever wrote there last has been told
                    stream.flush()
                setattr(sys, name, old)


@contextmanager
def bare_output() -> Iterator[None]:
    """Standard output as it is: to tell the runner of a job which secrets it must blot out."""
    guarded_output = sys.stdout
    if isinstance(guarded_output, GuardedStream):
        guarded_output.flush()
        sys.stdout = guarded_output.bare
    try:
        yield
    finally:
        sys.stdout = guarded_output


def _guarded(stream: Any) -> Any:  # noqa: ANN401 - a GuardedStream stands for a TextIO, which is no Protocol
    return stream if stream is None or isinstance(stream, GuardedStream) else GuardedStream(stream)
