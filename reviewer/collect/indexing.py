"""The names in many texts, found by several processes at once where there is enough to do."""

from __future__ import annotations

import multiprocessing
import os
import signal
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Self
from zlib import crc32

from reviewer.collect.declared import declared
from reviewer.collect.decoding import decode
from reviewer.collect.symbol_cache import Names

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Text = tuple[str, bytes]
"""A file's path and its bytes."""
_MOST = 3
"""Processes beside this one: more would wait for git and for the pipes."""
_PATIENCE = 5.0
"""Seconds a process may take to end when it is told to."""
_LAST_ASCII = 0x7F
_NO_WORD = bytes(byte if byte > _LAST_ASCII or chr(byte).isalnum() or byte == ord("_") else ord(" ") for byte in range(256))


def checksum(name: str) -> int:
    """What a name is told apart by: in a million names one is taken for another by chance."""
    return crc32(name.encode("utf-8", "surrogateescape"))


def names_of(path: str, data: bytes) -> Names:
    """The names in a file's bytes."""
    text = data
    if (decoded := decode(data) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else None) is not None:
        text = decoded.utf8
    return Names(_checksums(text.translate(_NO_WORD).split()), _checksums(declared(path, text)))


def _checksums(words: Iterable[bytes]) -> bytes:
    return array("I", map(crc32, set(words))).tobytes()


def spare_processors() -> int:
    """How many helpers are worth starting on this machine."""
    return min((os.cpu_count() or 1) - 1, _MOST)


class Indexers:
    """This process and some helpers, each of which does one part at a time. A context manager: at its end they are gone."""

    def __init__(self, helpers: int) -> None:
        # Neither threads nor locks are inherited by a process that is started anew; macOS starts its processes so, too.
        context = multiprocessing.get_context("spawn")
        self.count = 1 + helpers
        """How many parts are done at once."""
        self._free: SimpleQueue[Connection[Sequence[Text], list[Names]] | None] = SimpleQueue()
        self._free.put(None)  # None is this process
        self._channels: list[Connection[Sequence[Text], list[Names]]] = []
        self._processes = []
        for _ in range(helpers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()  # so that the end of the one is the end of the pipe for the other
            self._channels.append(ours)
            self._processes.append(process)
            self._free.put(ours)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for channel in self._channels:
            channel.close()
        for process in self._processes:
            process.join(_PATIENCE)
            process.kill()
            process.join()
            process.close()

    def index(self, part: Sequence[Text]) -> list[Names]:
        """The names of each text, by whoever is free. Threads may call this at the same time."""
        channel = self._free.get()
        if channel is None:
            try:
                return [names_of(path, data) for path, data in part]
            finally:
                self._free.put(None)
        try:
            channel.send(part)
            names = channel.recv()
        except (EOFError, OSError):  # The helper was ended from outside, as for want of memory: its part is for the others.
            return self.index(part)
        self._free.put(channel)
        return names


def _serve(channel: Connection[list[Names], Sequence[Text]]) -> None:
    """A helper's life: it ends with the pipe, hence also when the process that started it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; this one ends with the other
    with suppress(EOFError, OSError):
        while True:
            channel.send([names_of(path, data) for path, data in channel.recv()])
