"""What the system may refuse at any moment, just where nobody expects it: no bug of ours, and told in a sentence."""

from __future__ import annotations

import errno
import os

from reviewer.errors import ReviewerError, SourceError, StorageError

_FULL = frozenset({errno.ENOSPC, errno.EIO})
_TOO_MANY_OPEN = frozenset({errno.EMFILE, errno.ENFILE})


def expected(error: OSError) -> ReviewerError | None:
    """The failure that an error of the system stands for wherever it comes from; None where it would be a bug of ours."""
    if error.errno in _FULL:  # help is printed by click
        return StorageError(f"standard output could not be written: {error.strerror}")
    if error.errno in _TOO_MANY_OPEN:
        return StorageError("no more files can be opened", hint="`ulimit -n` tells how many; allow 256 or more.")
    if error.errno == errno.ENOENT and _stands_nowhere():
        return SourceError("the folder you are in was removed", hint="Change to one that is there.")
    return None


def _stands_nowhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - a path would ask the same
    except OSError:
        return True
    return False
