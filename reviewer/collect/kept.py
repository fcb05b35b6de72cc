"""A SQLite file of a folder in which facts about contents are kept, under the content's own id, between runs.

Such a file may be wrong in no way that matters: whatever goes wrong with it ends in doing without, and in a note.
"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

_PATIENCE = 0.2
"""Seconds to wait for another run that is writing."""
_NOT_ITS_FAULT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
    }
)


class KeptFacts:
    """One such file. Never raises; `note` says when it could not be used.

    `what` names it in that note, `tables` are its tables' names and how each is made, `version` changes with every change of what they
    mean, and a file of more than `largest` bytes is begun anew.
    """

    def __init__(self, path: Path, what: str, *, tables: Mapping[str, str], version: int, largest: int) -> None:
        self._path = path
        self._what = what
        self._tables = tables
        self._version = version
        self._largest = largest
        self._usable = True
        self.note = ""
        """Why the file was not used, a sentence; empty when it was."""

    def do(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """One transaction; whatever SQLite or the system complains of ends it and becomes the note."""
        if not self._usable:
            return
        try:
            self._make_room()
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as database, database:
                # A cache that a power cut spoils is thrown away, so nothing waits for the disk.
                database.execute("PRAGMA synchronous = OFF")
                self._prepare(database)
                work(database)
        except sqlite3.Error as error:
            self.note = f"The cache of {self._what} was not used ({error}); only time was lost."
            # Anything else than these means that the file is spoilt: then it is begun anew.
            self._usable = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _NOT_ITS_FAULT
            if self._usable:
                self._remove()
        except OSError as error:
            self.note = f"The cache of {self._what} was not used ({error.strerror or error}); only time was lost."
            self._usable = False

    def _remove(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            self._usable = False  # the note says already what is wrong

    def _make_room(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():
            status = self._path.lstat()
            if not stat.S_ISREG(status.st_mode):
                raise OSError(f"{self._path} is no regular file")
            if status.st_size > self._largest:
                self._path.unlink()

    def _prepare(self, database: sqlite3.Connection) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version != self._version:
            for name, made in self._tables.items():
                database.execute(f"DROP TABLE IF EXISTS {name}")
                database.execute(made)
            database.execute(f"PRAGMA user_version = {self._version}")
