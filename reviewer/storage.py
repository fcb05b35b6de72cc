"""Writing files so that a reader never finds half of one."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.live_secrets import clean

LARGEST_KEPT = 100_000_000
"""Bytes of a record, a review or a conversation that are read back; that of the largest repository takes some ten millions."""


def write_atomically(path: Path, text: str, *, mode: int = 0o666) -> None:
    r"""Put `text` at `path` as UTF-8: whole or not at all, also after a crash or on a full disk.

    It is written beside `path` and renamed over it. A new file has `mode`, narrowed by the umask; an old one keeps what it has of
    `mode`. Bytes of a file name that are not UTF-8 come out as `\udcXX`, so that the file is UTF-8 in any case. No secret of the process is in
    it. Links, devices and folders are never replaced or written through.

    Raises StorageError with the path and the system's own words.
    """
    old = _mode_of_regular(path)
    draft = path.with_name(f".reviewer-{secrets.token_hex(6)}.tmp")
    try:
        _write_draft(draft, clean(text).encode("utf-8", "backslashreplace"), mode, old)
        draft.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    with suppress(OSError):  # some network file systems cannot; the file is in place all the same
        _sync_folder(path.parent)


def read_kept(path: Path, limit: int = LARGEST_KEPT) -> bytes:
    """What an earlier run left at `path`. Raises OSError, also for a link, for what is no regular file, and above `limit` bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit:,} bytes")
    return data


def storage_error(path: Path, error: OSError) -> StorageError:
    """The StorageError for `error` while writing `path`."""
    return StorageError(
        f"Cannot write {path}: {error.strerror or type(error).__name__}.",
        hint="Check that the folder exists, belongs to you and has room; -o and --state-dir choose another place.",
    )


def _mode_of_regular(path: Path) -> int | None:
    """The permissions of the file that is to be replaced; None when there is none."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error(path, error) from error
    if stat.S_ISLNK(kind):
        raise StorageError(f"Cannot write {path}: it is a symbolic link.", hint="Name the file itself, or - for standard output.")
    if not stat.S_ISREG(kind):
        raise StorageError(f"Cannot write {path}: it is not a regular file.", hint="Name a file, or - for standard output.")
    return stat.S_IMODE(kind)


def _write_draft(draft: Path, content: bytes, mode: int, old: int | None) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        if old is not None:
            os.fchmod(descriptor, old & mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
