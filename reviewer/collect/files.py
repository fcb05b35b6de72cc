"""Reading files of a tree that nobody has vouched for: never through a link, never from a device, never out of the root.

Every folder on the way is opened with `O_NOFOLLOW | O_DIRECTORY`, relative to the one above it, and kept open while its files are read
(paths come sorted), so a folder that is replaced by a link in the middle of a run changes nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from reviewer.errors import SourceError
from reviewer.outcome import SkipReason

DEEPEST = 100
"""Folders below the root that are entered. Each costs an open file; macOS allows a process 256 of them by default."""

_NO_NAMES = frozenset({b"", b".", b".."})
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


def path_bytes(path: str) -> bytes:
    """The bytes git and the file system know a path by; the reverse of `path_text`, whatever the locale says."""
    return path.encode("utf-8", "surrogateescape")


def path_text(path: bytes) -> str:
    """A path as text that keeps every byte, also those that are not UTF-8."""
    return path.decode("utf-8", "surrogateescape")


class NotReadError(Exception):
    """A file that cannot be read, with the reason a reader of the report will see."""

    def __init__(self, reason: SkipReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Reader:
    """Reads files below `root`. A context manager: it holds open folders."""

    def __init__(self, root: Path) -> None:
        self._folder = b""
        self._names: list[bytes] = []
        try:
            self._open = [os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
        except OSError as error:
            raise SourceError(f"{root} cannot be read: {error.strerror}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        while self._open:
            os.close(self._open.pop())

    def read(self, path: str, limit: int) -> bytes:
        """The whole content of a regular file of at most `limit` bytes; raises NotReadError for everything else."""
        handle = self._open_file(path)
        try:
            return _read_exactly(handle, _regular_size(handle, limit))
        finally:
            os.close(handle)

    def head(self, path: str, length: int) -> bytes:
        """The first `length` bytes of a regular file of any size; raises NotReadError for everything else."""
        handle = self._open_file(path)
        try:
            _regular_size(handle, None)
            return os.read(handle, length)
        finally:
            os.close(handle)

    def size(self, path: str) -> int:
        """Bytes of a regular file, without opening it; raises NotReadError for everything else."""
        folder, name = self._enter(path_bytes(path))
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            raise _translated(error) from error
        if not stat.S_ISREG(status.st_mode):
            raise NotReadError(*_kind(status.st_mode))
        return status.st_size

    def link_target(self, path: str) -> str:
        """Where a symbolic link points, as text; it is not followed. Empty when it is none."""
        try:
            folder, name = self._enter(path_bytes(path))
            return path_text(os.readlink(name, dir_fd=folder))
        except (OSError, NotReadError):
            return ""

    def scan(self, folder: str) -> list[tuple[bytes, bool]]:
        """What a folder holds: names, and whether each is a folder (a link never is), sorted by name; raises NotReadError."""
        try:
            self._move_to(path_bytes(folder))
            with os.scandir(self._open[-1]) as entries:
                return sorted((os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries)
        except OSError as error:
            raise _translated(error) from error

    def _open_file(self, path: str) -> int:
        folder, name = self._enter(path_bytes(path))
        try:
            return os.open(name, _FILE, dir_fd=folder)
        except OSError as error:
            raise _translated(error) from error

    def _enter(self, path: bytes) -> tuple[int, bytes]:
        """The open folder of a path, and its last name."""
        folder, _, name = path.rpartition(b"/")
        _check_name(name)
        if folder != self._folder or path.startswith(b"/"):
            try:
                self._move_to(folder)
            except OSError as error:
                raise _translated(error) from error
        return self._open[-1], name

    def _move_to(self, folder: bytes) -> None:
        names = folder.split(b"/") if folder else []
        if len(names) > DEEPEST:
            raise NotReadError(SkipReason.UNREADABLE, f"more than {DEEPEST} folders deep")
        shared = 0
        while shared < min(len(names), len(self._names)) and names[shared] == self._names[shared]:
            shared += 1
        while len(self._names) > shared:
            self._names.pop()
            os.close(self._open.pop())
            self._folder = b"/".join(self._names)  # also when what follows fails: it says where we are
        for name in names[shared:]:
            _check_name(name)
            self._open.append(_open_folder(name, self._open[-1]))
            self._names.append(name)
            self._folder = b"/".join(self._names)
        self._folder = folder


def _open_folder(name: bytes, above: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=above)
    except NotADirectoryError as error:
        # Linux says so for a link too; a file in the place of a folder means that what git lists below it is gone.
        if stat.S_ISLNK(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
            raise NotReadError(SkipReason.SYMBOLIC_LINK, f"below the link {path_text(name)}") from error
        raise NotReadError(SkipReason.DELETED, f"{path_text(name)} is no folder") from error


def _check_name(name: bytes) -> None:
    """A hostile index can hold any string; `.git` is refused in any case because some file systems fold it."""
    if name in _NO_NAMES or (len(name) == len(b".git") and name.lower() == b".git") or b"\0" in name:
        raise NotReadError(SkipReason.NOT_A_FILE, "a name no file of a repository can have")


def _regular_size(handle: int, limit: int | None) -> int:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise NotReadError(*_kind(status.st_mode))
    if limit is not None and status.st_size > limit:
        raise NotReadError(SkipReason.TOO_LARGE, f"{status.st_size:,} bytes")
    return status.st_size


def _read_exactly(handle: int, size: int) -> bytes:
    try:
        data = os.read(handle, size + 1)
        while 0 < len(data) < size and (more := os.read(handle, size + 1 - len(data))):
            data += more
    except OSError as error:
        raise NotReadError(SkipReason.UNREADABLE, error.strerror or "") from error
    if len(data) != size:
        raise NotReadError(SkipReason.CHANGED, "its size changed")
    return data


def _kind(mode: int) -> tuple[SkipReason, str]:
    if stat.S_ISLNK(mode):
        return SkipReason.SYMBOLIC_LINK, ""
    words = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return SkipReason.NOT_A_FILE, words.get(stat.S_IFMT(mode), "a device")


def _translated(error: OSError) -> NotReadError:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return NotReadError(SkipReason.DELETED)
        case errno.ELOOP | errno.EMLINK:
            return NotReadError(SkipReason.SYMBOLIC_LINK)
        case errno.ENXIO:
            return NotReadError(SkipReason.NOT_A_FILE, "a socket or device")
        case _:
            return NotReadError(SkipReason.UNREADABLE, error.strerror or "")


def read_special(path: Path, limit: int) -> bytes | None:
    """A file of git's own folder or of the operator's settings: links are followed, but only a regular file is read.

    None when it is not there. Raises SourceError when it is a pipe or device, larger than `limit` bytes, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return _read_exactly(handle, _regular_size(handle, limit))
    except NotReadError as error:
        raise SourceError(f"{path} cannot be read: {error.reason} ({error.detail}).") from error
    finally:
        os.close(handle)
