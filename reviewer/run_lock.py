"""Whose run it is: a lock in the run's folder, held for the life of the process that is at work there."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_NAME = "lock"
_PRIVATE_FILE = 0o600
_TRIES, _PAUSE = 5, 0.02
"""Somebody who only looks whether a run is at work holds its lock for a moment. Seconds."""


class RunLock:
    """The held lock. However the process ends, SIGKILL included, the system lets go of it. No child inherits it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go. Once."""
        os.close(self._descriptor)


def take(folder: Path) -> RunLock | None:
    """Take the lock of a run; None when another process has it, or has just removed the run. Raises OSError when there is no such folder."""
    path = folder / _NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _PRIVATE_FILE)
    try:
        if _locked(descriptor) and os.fstat(descriptor).st_nlink:
            return RunLock(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _locked(descriptor: int) -> bool:
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE if left else 0)
        else:
            return True
    return False


def is_held(folder: Path) -> bool:
    """Whether a process is at work on this run. Takes nothing, and makes no file."""
    try:
        descriptor = os.open(folder / _NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False  # of an older layout, or not a run
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
