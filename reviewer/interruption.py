"""Ctrl-C and its like: the first one ends what is under way, and those after it do not keep that from ending well."""

from __future__ import annotations

import signal
import time
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TIDYING = 5.0
"""Seconds after the first one in which no other counts: so long what was under way may take to note how it stands. People press twice,
and a container's runtime sends SIGTERM to a process that a terminal has just sent SIGINT."""


class _Interrupter:
    """The handler of all of them."""

    def __init__(self) -> None:
        self._until = 0.0

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now >= self._until:
            self._until = now + _TIDYING
            raise KeyboardInterrupt


def heed_signals() -> None:
    """Let each of them raise KeyboardInterrupt in the main thread, but for one that is ignored, as `nohup` leaves SIGHUP."""
    interrupter = _Interrupter()
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupter)


def ignore_signals() -> None:
    """The exit code is known, and nothing is left to be kept: what comes now could only leave a traceback."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
