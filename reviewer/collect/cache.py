"""What is known of a blob's text, kept between runs, so that an unchanged file is neither read nor measured again.

Every text is read again before it is sent. How the file is kept, and what happens when it is spoilt: `kept.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from reviewer.collect.kept import KeptFacts
from reviewer.collect.measure import ESTIMATOR_VERSION
from reviewer.collect.snapshot import Encoding, TextMeasure

_LAYOUT = 2
"""Raised with every change of the table, of decoding, or of what says that a file is generated."""
_VERSION = ESTIMATOR_VERSION * 1_000 + _LAYOUT
_LARGEST = 256 * 1024 * 1024
"""Bytes the file may have; a row takes about 80, so it holds three million blobs. A fuller one is begun anew."""
_CREATE = """
CREATE TABLE IF NOT EXISTS text (
    blob BLOB NOT NULL, size INTEGER NOT NULL, encoding TEXT, lines INTEGER NOT NULL, generated INTEGER NOT NULL,
    characters INTEGER NOT NULL, non_ascii INTEGER NOT NULL, claude2 REAL NOT NULL, o200k REAL NOT NULL,
    PRIMARY KEY (blob, size)) WITHOUT ROWID
"""
_ASK = """
SELECT lower(hex(text.blob)), size, encoding, lines, generated, characters, non_ascii, claude2, o200k
FROM asked JOIN text ON text.blob = asked.blob
"""


class Facts(NamedTuple):
    """What collecting needs to know of a file's content. A named tuple for speed: there is one for every file."""

    size: int
    """Bytes of the file, which may differ from the blob's where git converts line ends."""
    encoding: Encoding | None
    """None when it is binary; then the rest says nothing."""
    lines: int
    generated: bool
    """Its first lines say so."""
    measure: TextMeasure


_ENCODINGS: dict[str | None, Encoding | None] = {None: None, **{encoding.value: encoding for encoding in Encoding}}
_NOTHING = TextMeasure(0, 0, 0.0, 0.0)


def binary_facts(size: int) -> Facts:
    """The facts of a binary file."""
    return Facts(size, None, 0, False, _NOTHING)  # noqa: FBT003 - as in the class


class MeasureCache:
    """Facts by blob id and size, in one SQLite file of a folder. Never raises; `note` says when it could not be used."""

    def __init__(self, folder: Path) -> None:
        self._kept = KeptFacts(
            folder / "texts.sqlite3", "token counts", tables={"text": _CREATE}, version=_VERSION, largest=_LARGEST
        )

    @property
    def note(self) -> str:
        """Why the cache was not used, a sentence; empty when it was."""
        return self._kept.note

    def load(self, blobs: Iterable[str]) -> dict[str, Facts]:
        """What is known of these blobs. A blob that is kept under two sizes gives one of them."""
        wanted = [(bytes.fromhex(blob),) for blob in blobs]
        found: dict[str, Facts] = {}

        def ask(database: sqlite3.Connection) -> None:
            database.execute("CREATE TEMP TABLE asked (blob BLOB PRIMARY KEY) WITHOUT ROWID")
            database.executemany("INSERT OR IGNORE INTO asked VALUES (?)", wanted)
            for blob, size, encoding, lines, generated, *numbers in database.execute(_ASK):
                if encoding not in _ENCODINGS:
                    raise sqlite3.DatabaseError(f"an unknown encoding, {encoding}")
                found[blob] = Facts(size, _ENCODINGS[encoding], lines, bool(generated), TextMeasure(*numbers))

        if wanted:
            self._kept.do(ask)
        return found

    def store(self, facts: Iterable[tuple[str, Facts]]) -> None:
        """Keep what was learnt of blobs."""
        rows = sorted({(blob, fact.size): _row(blob, fact) for blob, fact in facts}.values(), key=lambda row: row[:2])
        if rows:
            self._kept.do(
                lambda database: database.executemany("INSERT OR REPLACE INTO text VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            )


def _row(blob: str, facts: Facts) -> tuple[bytes, int, str | None, int, bool, int, int, float, float]:
    size, encoding, lines, generated, measure = facts
    name = None if encoding is None else encoding.value
    return (
        bytes.fromhex(blob),
        size,
        name,
        lines,
        generated,
        measure.characters,
        measure.non_ascii,
        measure.claude2,
        measure.o200k,
    )
