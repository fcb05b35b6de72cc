"""The names in a blob, kept between runs, so that a repository is searched without being read.

How the file is kept, and what happens when it is spoilt: `kept.py`.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from reviewer.collect.kept import KeptFacts

_LAYOUT = 5
"""Raised with every change of a table, of what a word is, of what looks like a definition (`declared.py`), or of a grammar's query."""
_VERSION = _LAYOUT * 2 + (sys.byteorder == "big")
_LARGEST = 1024 * 1024 * 1024
"""Bytes the file may have; a row takes about 1,350, so it holds 800,000 blobs. A fuller one is begun anew."""
_CREATE = """
CREATE TABLE IF NOT EXISTS names (
    blob BLOB NOT NULL, suffix TEXT NOT NULL, words BLOB NOT NULL, declared BLOB NOT NULL, PRIMARY KEY (blob, suffix))
"""
_CREATE_PARSED = "CREATE TABLE IF NOT EXISTS parsed (question BLOB PRIMARY KEY, answer TEXT NOT NULL)"
_ASK = """
SELECT lower(hex(names.blob)), names.suffix, words, declared
FROM asked JOIN names ON names.blob = asked.blob AND names.suffix = asked.suffix
"""
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
        tables = {"names": _CREATE, "parsed": _CREATE_PARSED}
        self._kept = KeptFacts(folder / "names.sqlite3", "names", tables=tables, version=_VERSION, largest=_LARGEST)

    @property
    def note(self) -> str:
        """Why the cache was not used, a sentence; empty when it was."""
        return self._kept.note

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
            self._kept.do(ask)
        return found

    def store(self, names: Iterable[tuple[Key, Names]]) -> None:
        """Keep what was learnt."""
        rows = [(bytes.fromhex(blob), suffix, *found) for (blob, suffix), found in names]
        if rows:
            self._kept.do(lambda database: database.executemany("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?)", rows))

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
            self._kept.do(ask)
        return found

    def store_parsed(self, answers: Mapping[bytes, str]) -> None:
        """Keep what syntax trees said."""
        if answers:
            self._kept.do(lambda database: database.executemany("INSERT OR REPLACE INTO parsed VALUES (?, ?)", answers.items()))
