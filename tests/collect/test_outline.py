"""The signatures of a file, each with its line number."""

from __future__ import annotations

from reviewer.collect.outline import outline


def test_heads_stay_with_their_numbers_and_bodies_go() -> None:
    text = "import os\n\nclass Box:\n    def open(\n        self,\n    ) -> None:\n        os.stat('x')\n\nLIMIT = 3\n"
    assert outline("a.py", text) == "3 class Box:\n4     def open(\n5         self,\n6     ) -> None: …\n9 LIMIT = 3\n"


def test_a_language_without_a_grammar_shows_what_looks_like_a_definition() -> None:
    assert outline("a.kt", "class Box {\n  val x = 1\n  f(x)\n}\n") == "1 class Box {\n2   val x = 1 …\n"


def test_of_other_texts_the_lines_that_are_not_indented_stay() -> None:
    assert outline("a.ini", "[part]\n  a = 1\n  b = 2\n[other]\n") == "1 [part] …\n4 [other]\n"


def test_an_empty_text_and_one_without_definitions_have_no_outline() -> None:
    assert (outline("a.py", ""), outline("a.py", "print(1)\n"), outline("a.ini", "")) == ("", "", "")


def test_a_very_long_line_is_cut() -> None:
    assert len(outline("a.js", f"function f() {{ return [{'1,' * 5000}] }}\n")) < 300
