"""What a text defines and uses: held against small programs of each language, and against text that means harm."""

from __future__ import annotations

import pytest

from reviewer.collect import grammar
from reviewer.collect.symbols import Definition, definitions, references

PROGRAMS = {
    "a.py": (
        'LIMIT = 3\n\nclass Box(object):\n    size: int = 1\n\n    def open(\n        self,\n    ) -> None:\n        """Doc."""\n        local = 2\n',
        {"LIMIT", "Box", "size", "open"},
    ),
    "a.js": (
        "const limit = 3\nexport class Box { open() { let local = 2 } }\nfunction free() {}\nconst arrow = () => 1\n",
        {"limit", "Box", "open", "free", "arrow"},
    ),
    "a.ts": (
        "interface Shape { area: number; grow(): void }\ntype Name = string\nenum Kind { First, Second = 2 }\nexport abstract class Box<T> {}\n",
        {"Shape", "area", "grow", "Name", "Kind", "First", "Second", "Box"},
    ),
    "a.tsx": ("export function View() { return <div/> }\n", {"View"}),
    "a.go": (
        "package p\n\nconst (\n\tFirst = iota\n\tSecond\n)\n\ntype Box struct {\n\tSize int\n}\n\nfunc (b *Box) Open() {}\nfunc free() {}\nvar v = 1\n",
        {"First", "Second", "Box", "Size", "Open", "free", "v"},
    ),
    "A.java": (
        "class Box<T> {\n  private int size = 1;\n  Box() {}\n  <R> R open(int a) { int local = 2; return null; }\n  enum Kind { FIRST, SECOND }\n}\n",
        {"Box", "size", "open", "Kind", "FIRST", "SECOND"},
    ),
    "a.c": (
        "#define LIMIT 3\nstruct box {\n\tint size;\n};\nenum kind { FIRST, SECOND };\ntypedef int number;\n"
        "static char *open_box(struct box *b)\n{\n\tint local = 2;\n}\nint counter = 0;\n",
        {"LIMIT", "box", "size", "kind", "FIRST", "SECOND", "number", "open_box", "counter"},
    ),
    "a.cpp": (
        "namespace n {\nclass Box { public: int size; void open(); };\nvoid Box::close() {}\n}\ntemplate <class T> T best(T a) { return a; }\n",
        {"n", "Box", "size", "open", "close", "best"},
    ),
    "a.rs": (
        "pub struct Box { size: u8 }\nenum Kind { First }\ntrait Shape { fn area(&self); }\nimpl Shape for Box { fn area(&self) {} }\n"
        "const LIMIT: u8 = 3;\nmacro_rules! mac { () => {} }\nfn free() { let local = 2; }\n",
        {"Box", "size", "Kind", "First", "Shape", "area", "LIMIT", "mac", "free"},
    ),
    "a.rb": (
        "module M\n  class Box\n    LIMIT = 3\n    attr_reader :size\n    def self.open; end\n    def full?; end\n  end\nend\n",
        {"M", "Box", "LIMIT", "size", "open", "full?"},
    ),
    "a.php": (
        "<?php\nclass Box {\n  const LIMIT = 3;\n  private $size;\n  function open() { $local = 2; }\n}\nfunction free() {}\n",
        {"Box", "LIMIT", "size", "open", "free"},
    ),
    "a.cs": (
        "namespace N { class Box { int size; public int Full { get; set; } void Open() { var local = 2; } } enum Kind { First } }\n",
        {"N", "Box", "size", "Full", "Open", "Kind", "First"},
    ),
}


@pytest.mark.parametrize("path", PROGRAMS)
def test_what_a_program_defines_for_others_is_found_and_its_locals_are_not(path: str) -> None:
    text, names = PROGRAMS[path]
    assert {definition.name for definition in definitions(path, text)} == names


def test_a_definition_says_where_it_stands_and_where_its_head_ends() -> None:
    text, _ = PROGRAMS["a.py"]
    assert definitions("a.py", text) == (
        Definition("LIMIT", "variable", 1, 1, 1),
        Definition("Box", "class", 3, 10, 3),
        Definition("size", "variable", 4, 4, 4),
        Definition("open", "function", 6, 10, 8),
    )


def test_names_in_comments_and_strings_are_no_references() -> None:
    assert references("a.py", "# ghost\nx = call('phantom', y.z)\n") == {"x", "call", "y", "z"}


def test_a_language_without_a_grammar_is_read_by_the_form_of_its_lines() -> None:
    text = "class Box {\n  fun open() = 1\n}\n"
    assert [(one.name, one.first) for one in definitions("a.kt", text)] == [("Box", 1), ("open", 2)]
    assert references("a.kt", "open(Box) // word") == {"open", "Box", "word"}


def test_what_is_no_program_defines_nothing() -> None:
    assert definitions("a.txt", "def f(): pass") == ()


def test_without_the_grammars_the_form_of_the_lines_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "_language", lambda _: None)
    assert [one.name for one in definitions("a.py", "class A:\n    def f(self): pass\n")] == ["A", "f"]


def test_the_note_names_each_language_among_the_files_whose_grammar_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ["b.tsx", "a.ts", "src/a.cs", "a.py", "a.kt", "README.md"]
    monkeypatch.setattr(grammar, "_language", lambda language: None if language != "python" else object())
    assert grammar.note(paths) == (
        "No grammar for C#, TypeScript: identifiers only. The extra reviewer[languages] brings the grammars."
    )


def test_there_is_no_note_when_the_grammars_are_installed_or_there_are_none_for_the_files() -> None:
    assert grammar.note(["a.py", "b.tsx", "a.kt", "README.md"]) == ""


def test_a_text_too_large_to_parse_is_read_by_the_form_of_its_lines() -> None:
    text = "def f():\n    pass\n" + "# filler\n" * (grammar.LARGEST // 8)
    assert definitions("a.py", text) == (Definition("f", "name", 1, 1, 1),)


@pytest.mark.parametrize("path", ["a.py", "a.c", "a.js", "a.rb", "a.php", "a.rs", "a.cs"])
@pytest.mark.parametrize("piece", ["(", "{", "[", "a.", "-", "a(", '"#{', "<<A\n", "\0", "\ud800"])
def test_endless_nesting_neither_crashes_nor_hangs(path: str, piece: str) -> None:
    text = piece * 5_000
    assert isinstance(definitions(path, text), tuple)
    assert isinstance(references(path, text), frozenset)
