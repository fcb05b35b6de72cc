"""What a syntax tree said of a text is kept for that text, those lines and that grammar."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.collect import grammar
from reviewer.collect.parsed import Question, parsed
from reviewer.collect.symbol_cache import SymbolCache

TEXT = "import store\n\n\ndef start():\n    return store.keep()\n"
LINES = frozenset({5})
SHORT = Question("x = 1\n", frozenset({1}))


def test_the_second_answer_is_the_first(tmp_path: Path) -> None:
    questions = {"a.py": Question(TEXT, LINES), "notes.txt": Question("keep\n", frozenset({1}))}
    first = parsed(questions, SymbolCache(tmp_path))
    assert first["a.py"].references == {"store", "keep"}
    assert [definition.name for definition in first["a.py"].definitions] == ["start"]
    assert parsed(questions, SymbolCache(tmp_path)) == parsed(questions, None) == first


def test_the_second_time_nothing_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = parsed({"a.py": Question(TEXT, LINES)}, SymbolCache(tmp_path))
    monkeypatch.setattr(grammar, "LARGEST", 0)  # now a tree would say nothing
    assert parsed({"a.py": Question(TEXT, LINES)}, SymbolCache(tmp_path)) == first


def test_other_lines_of_the_same_text_are_another_question(tmp_path: Path) -> None:
    cache = SymbolCache(tmp_path)
    parsed({"a.py": Question(TEXT, LINES)}, cache)
    assert parsed({"a.py": Question(TEXT, frozenset({1}))}, cache)["a.py"].references == {"store"}


@pytest.mark.parametrize("spoilt", ["no JSON", "[1, 2]", "[[], [[1]]]", "7"])
def test_a_spoilt_answer_is_asked_anew(tmp_path: Path, spoilt: str) -> None:
    first = parsed({"a.py": SHORT}, SymbolCache(tmp_path))
    with closing(sqlite3.connect(tmp_path / "names.sqlite3")) as database, database:
        database.execute("UPDATE parsed SET answer = ?", (spoilt,))
    assert parsed({"a.py": SHORT}, SymbolCache(tmp_path)) == first
