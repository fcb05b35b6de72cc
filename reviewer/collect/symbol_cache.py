"""The names in a blob, kept between runs, so that a repository is searched without being read.

As in `cache.py`, whatever goes wrong with the file itself ends in doing without, and in a note.
"""

from __future__ import annotations

import sqlite3
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

_LAYOUT = 5
"""Raised with every change of a table, of what a word is, of what looks like a definition (`declared.py`), or of a grammar's query."""
_VERSION = _LAYOUT * 2 + (sys.byteorder == "big")
_LARGEST = 1024 * 1024 * 1024
"""Bytes the file may have; a row takes about 2,500, so it holds 400,000 blobs. A fuller one is begun anew."""
_PATIENCE = 0.2
"""Seconds to wait for another run that is writing."""
_CREATE = """
CREATE TABLE IF NOT EXISTS names (
    blob BLOB NOT NULL, suffix TEXT NOT NULL, words BLOB NOT NULL, declared BLOB NOT NULL, PRIMARY KEY (blob, suffix))
"""
_CREATE_PARSED = "CREATE TABLE IF NOT EXISTS parsed (question BLOB PRIMARY KEY, answer TEXT NOT NULL)"
_ASK = """
SELECT lower(hex(names.blob)), names.suffix, words, declared
FROM asked JOIN names ON names.blob = asked.blob AND names.suffix = asked.suffix
"""
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

Key = tuple[str, str]
"""A blob's id and the suffix of its path, which says how it is read."""


class Names(NamedTuple):
    """The names in one text, as arrays of 32-bit checksums in the machine's byte order, each once."""

    words: bytes
    """Of every word."""
    declared: bytes
    """Of those in lines that look like definitions."""


class SymbolCache:
    """Names by blob, in one SQLite file of a folder. Never raises; `note` says when it could not be used."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "names.sqlite3"
        self._usable = True
        self.note = ""
        """Why the cache was not used, a sentence; empty when it was."""

    def load(self, keys: Iterable[Key]) -> dict[Key, Names]:
        """What is known of these."""
        wanted = [(bytes.fromhex(blob), suffix) for blob, suffix in keys]
        found: dict[Key, Names] = {}

        def ask(database: sqlite3.Connection) -> None:
            database.execute("CREATE TEMP TABLE asked (blob BLOB, suffix TEXT, PRIMARY KEY (blob, suffix)) WITHOUT ROWID")
            database.executemany("INSERT OR IGNORE INTO asked VALUES (?, ?)", wanted)
            for blob, suffix, words, declared in database.execute(_ASK):
                if not isinstance(words, bytes) or not isinstance(declared, bytes) or len(words) % 4 or len(declared) % 4:
                    raise sqlite3.DatabaseError("a row that is no list of names")
                found[blob, suffix] = Names(words, declared)

        if wanted:
            self._do(ask)
        return found

    def store(self, names: Iterable[tuple[Key, Names]]) -> None:
        """Keep what was learnt."""
        rows = [(bytes.fromhex(blob), suffix, *found) for (blob, suffix), found in names]
        if rows:
            self._do(lambda database: database.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?)", rows))

    def load_parsed(self, questions: Collection[bytes]) -> dict[bytes, str]:
        """What syntax trees said, by a digest of what was asked of which text."""
        found: dict[bytes, str] = {}

        def ask(database: sqlite3.Connection) -> None:
            for question in questions:
                for (answer,) in database.execute("SELECT answer FROM parsed WHERE question = ?", (question,)):
                    if not isinstance(answer, str):
                        raise sqlite3.DatabaseError("a row that is no text")
                    found[question] = answer

        if questions:
            self._do(ask)
        return found

    def store_parsed(self, answers: Mapping[bytes, str]) -> None:
        """Keep what syntax trees said."""
        if answers:
            self._do(lambda database: database.executemany("INSERT OR REPLACE INTO parsed VALUES (?, ?)", answers.items()))

    def _do(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """One transaction; whatever SQLite or the system complains of ends it and becomes the note."""
        if not self._usable:
            return
        try:
            self._make_room()
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as database, database:
                # A cache that a power cut spoils is thrown away, so nothing waits for the disk.
                database.execute("PRAGMA synchronous = OFF")
                _prepare(database)
                work(database)
        except sqlite3.Error as error:
            self.note = f"The cache of names was not used ({error}); only time was lost."
            # Anything else than these means that the file is spoilt: then it is begun anew.
            self._usable = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _NOT_ITS_FAULT
            if self._usable:
                self._remove()
        except OSError as error:
            self.note = f"The cache of names was not used ({error.strerror or error}); only time was lost."
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
            if status.st_size > _LARGEST:
                self._path.unlink()


def _prepare(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != _VERSION:
        database.execute("DROP TABLE IF EXISTS names")
        database.execute("DROP TABLE IF EXISTS parsed")
        database.execute(_CREATE)
        database.execute(_CREATE_PARSED)
        database.execute(f"PRAGMA user_version = {_VERSION}")
