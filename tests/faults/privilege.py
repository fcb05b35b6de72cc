"""Makes permission bits bind for root too, so that a test of them means the same for whoever runs it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

_OVERRIDES = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of capabilities(7): what lets root pass permission bits."""
_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def give_up(*, for_good: bool = False) -> bool:
    """Let permission bits bind for this thread, and for those it starts; True where that changed something.

    Not `for_good` it can be taken back, and `access(2)` still answers as if it had been.
    """
    return _set(lambda effective: effective & ~_OVERRIDES, permitted=not for_good)


def take_back() -> None:
    """Undo `give_up` for this thread."""
    _set(lambda effective: effective | _OVERRIDES)


def _set(change: Callable[[int], int], *, permitted: bool = True) -> bool:
    if os.geteuid() != 0 or sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_VERSION, 0), (_Sets * 2)()
    if libc.capget(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capget")
    sets[0].effective = change(sets[0].effective) & sets[0].permitted
    if not permitted:
        sets[0].permitted = sets[0].effective
    if libc.capset(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capset")
    return True
