"""The cache of names saves time, and never raises."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from reviewer.collect.symbol_cache import Names, SymbolCache

KEY = ("ab" * 20, "py")
NAMES = Names(b"\1\0\0\0", b"")


def test_what_was_stored_is_loaded_again(tmp_path: Path) -> None:
    SymbolCache(tmp_path).store([(KEY, NAMES)])
    cache = SymbolCache(tmp_path)
    assert (cache.load([KEY, ("cd" * 20, "py"), (KEY[0], "c")]), cache.note) == ({KEY: NAMES}, "")


def test_another_version_begins_anew(tmp_path: Path) -> None:
    SymbolCache(tmp_path).store([(KEY, NAMES)])
    with closing(sqlite3.connect(tmp_path / "names.sqlite3")) as database, database:
        database.execute("PRAGMA user_version = 77")
    cache = SymbolCache(tmp_path)
    assert (cache.load([KEY]), cache.note) == ({}, "")


def test_a_spoilt_file_is_thrown_away_and_told(tmp_path: Path) -> None:
    (tmp_path / "names.sqlite3").write_bytes(b"no database" * 1000)
    cache = SymbolCache(tmp_path)
    assert cache.load([KEY]) == {}
    assert cache.note.startswith("The cache of names was not used (")
    cache.store([(KEY, NAMES)])
    assert SymbolCache(tmp_path).load([KEY]) == {KEY: NAMES}


def test_a_row_that_is_no_list_of_names_is_not_believed(tmp_path: Path) -> None:
    SymbolCache(tmp_path).store([(KEY, Names(b"abc", b""))])
    cache = SymbolCache(tmp_path)
    assert cache.load([KEY]) == {}
    assert "a row that is no list of names" in cache.note


def test_a_folder_that_cannot_be_made_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = SymbolCache(tmp_path / "file")
    cache.store([(KEY, NAMES)])
    assert (cache.load([KEY]), bool(cache.note)) == ({}, True)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "names.sqlite3").symlink_to(target)
    SymbolCache(tmp_path).store([(KEY, NAMES)])
    assert target.read_text() == "mine"
