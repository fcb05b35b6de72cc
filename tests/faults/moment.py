"""Something that happens at one exact moment: when a file is opened for the n-th time, or between two steps of reading it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_WAITING: list[tuple[str, list[int], Callable[[], object]]] = []
"""Name of a file, how many openings of it are still passed over, and what is then done."""
_HOOKED: list[bool] = []


def when_opened(name: str, act: Callable[[], object], *, time: int = 1) -> None:
    """Do this just before a file of this name is opened for the `time`th time (from 1) by this process, and once."""
    if not _HOOKED:
        sys.addaudithook(_heard)  # it cannot be taken away again
        _HOOKED.append(True)
    _WAITING.append((name, [time - 1], act))


def forget() -> None:
    """Nothing happens any more."""
    _WAITING.clear()


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _WAITING:
        return
    path = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes) else ""
    for waiting in [each for each in _WAITING if path.rpartition("/")[2] == each[0]]:
        name, left, act = waiting
        if left[0]:
            left[0] -= 1
        else:
            _WAITING.remove((name, left, act))
            act()


def when_read(patch: pytest.MonkeyPatch, path: Path, act: Callable[[], object]) -> None:
    """Do this when the file is open and its size is known, just before its first byte is read."""
    read, number, done = os.read, path.stat().st_ino, list[bool]()

    def reading(descriptor: int, length: int) -> bytes:
        if not done and os.fstat(descriptor).st_ino == number:
            done.append(True)
            act()
        return read(descriptor, length)

    patch.setattr(os, "read", reading)
