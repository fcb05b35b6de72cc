"""What this process does to the machine while it is watched: processes, connections, files written and files read.

It stands on Python's audit events, which no module of ours can get around by calling something else of the standard library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset(
    {
        *("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate"),
        *("os.utime", "os.setxattr", "os.removexattr", "os.mkfifo", "os.mknod"),
    }
)
_STARTS = frozenset({"os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn", "os.startfile"})


@dataclass
class Watch:
    """What was done while it watched."""

    programs: list[str] = field(default_factory=list)
    """Names of the programs that were started, without their folder."""
    connections: set[str] = field(default_factory=set)
    """`host:port`, or the address as it was given."""
    written: set[Path] = field(default_factory=set)
    """Every path that was opened for writing, made, moved, changed or removed."""
    read: set[Path] = field(default_factory=set)

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """One audit event."""
        if event == "open":
            self._opened(*args)
        elif event == "subprocess.Popen":
            self.programs.append(_program([_text(it) for it in args[1]]))
        elif event in _STARTS:
            self.programs.append(event)
        elif event == "socket.connect":
            self.connections.add(":".join(map(str, args[1][:2])) if isinstance(args[1], tuple) else _text(args[1]))
        elif event in _CHANGES:
            self.written.update(Path(_text(it)) for it in args[:2] if isinstance(it, str | bytes | os.PathLike))

    def _opened(self, path: object, mode: object, flags: int) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            writes = bool(flags & _WRITING) or (isinstance(mode, str) and bool(set(mode) & set("wax+")))
            (self.written if writes else self.read).add(Path(_text(path)))


def _program(argv: list[str]) -> str:
    """The program that an argument list starts, also where `env` sets or takes away variables before it."""
    words = list(argv)
    while len(words) > 1 and (words[0] == "env" or words[0].startswith("-") or "=" in words[0]):
        words = words[2:] if words[0] == "-u" else words[1:]
    return words[0].rsplit("/", 1)[-1]


def _text(value: object) -> str:
    return os.fsdecode(value) if isinstance(value, str | bytes | os.PathLike) else str(value)


_watching: list[Watch] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    for watch in _watching:
        watch.note(event, args)


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch this process, all its threads, for as long as the `with` lasts. Byte code is not written meanwhile."""
    watch, bytecode = Watch(), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
        sys.dont_write_bytecode = bytecode
