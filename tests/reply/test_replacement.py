from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import finding

from reviewer.findings import Claim, QuoteMatch
from reviewer.reply.ground import ground
from reviewer.reply.replacement import MAX_LINES, checked
from reviewer.report import inert

PYTHON = "def f(x):\n    if x:\n        return g(\n            x,\n        )\n    return None\n"


def claim(path: str, quote: str, replacement: str | None) -> Claim:
    sample = finding()
    return Claim(
        title="x",
        severity=sample.severity,
        confidence=sample.confidence,
        category=sample.category,
        path=path,
        start_line=1,
        end_line=1,
        quote=quote,
        explanation="x",
        suggestion="",
        replacement=replacement,
    )


def offered(text: str, quote: str, replacement: str | None, path: str = "a.py") -> str | None:
    """What of a claim's replacement is offered, through grounding as in a review."""
    (found,), _ = ground([claim(path, quote, replacement)], {path: text}.get)
    return checked(found, text)


@pytest.mark.parametrize(
    ("quote", "replacement", "expected"),
    [
        ("    if x:", "    if x is not None:", "    if x is not None:"),
        ("    if x:\n", "    if x is not None:\n", "    if x is not None:"),
        ("    return None", "", ""),
        ("    return None", "\n", ""),
        ("    return None", "    y = 1\n    return y", "    y = 1\n    return y"),
        ("        return g(\n            x,\n        )", "        return g(x)", "        return g(x)"),
        ("    if x:", "    if x is not None:\r\n", "    if x is not None:"),
    ],
)
def test_whole_lines_are_replaced(quote: str, replacement: str, expected: str) -> None:
    assert offered(PYTHON, quote, replacement) == expected


@pytest.mark.parametrize(
    ("quote", "replacement"),
    [
        pytest.param("    if x:", None, id="there is none"),
        pytest.param("    if x:", "    if x:", id="nothing differs"),
        pytest.param("    if x:", "    if x:\n", id="nothing but the last line end differs"),
        pytest.param("    if x:", "    if x is not None", id="it does not parse"),
        pytest.param("    if x:", "if x is not None:", id="the indentation is gone"),
        pytest.param("        return g(", "        return h(g(", id="a bracket stays open"),
        pytest.param("return g", "return h", id="part of a line"),
        pytest.param("x:\n        return g(", "y:\n        return g(", id="the first line is cut"),
        pytest.param("    if x:\n        return", "    if y:\n        return", id="the last line is cut"),
        pytest.param("    if x :", "    if y:", id="found but for white space"),
        pytest.param("    return None\n    ...\n", "    return 1", id="with parts left out"),
        pytest.param("    if x:", "    if x:  # \u202e", id="bidirectional override"),
        pytest.param("    if x:", "    if x:\x1b[2J", id="escape sequence"),
        pytest.param("    if x:", "    if x:\r    y", id="a carriage return alone"),
        pytest.param("    if x:", "    if x:  # \u2028", id="line separator"),
        pytest.param("    if x:", "    if x:  #\U000e0041", id="tag"),
        pytest.param("    if x:", "    y = 1\n" * MAX_LINES + "    if x:", id="too many lines"),
        pytest.param("    if x:", "    if x:  # " + "`" * 61, id="more backticks than a fence can hold"),
    ],
)
def test_what_is_not_exactly_that_is_not_offered(quote: str, replacement: str | None) -> None:
    assert offered(PYTHON, quote, replacement) is None


def test_a_quote_without_its_first_indentation_has_a_replacement_without_it() -> None:
    assert offered(PYTHON, "return g(\n            x,\n        )", "return g(x)") == "        return g(x)"
    assert offered(PYTHON, "return None", "    return 0") == "    return 0"
    assert offered(PYTHON, "return None", "") == ""


def test_line_ends_of_the_file_stay() -> None:
    text = PYTHON.replace("\n", "\r\n")

    assert offered(text, "    if x:", "    if x is not None:") == "    if x is not None:"
    assert offered(text, "    if x:", "    if x:\r\n") is None
    assert (
        offered(text, "        return g(\n            x,\n        )", "        return g(\n            x\n        )") is not None
    )
    assert (
        offered(text, "        return g(\r\n            x,\r\n        )", "        return g(\r\n            x\r\n        )")
        is not None
    )


def test_the_last_line_of_a_file_may_have_no_end() -> None:
    assert offered("a = 1\nb = 2", "b = 2", "b = 3") == "b = 3"
    assert offered("a = 1\nb = 2", "b = 2", "") == ""
    assert offered("a = 1\nb = (", "b = (", "b = 3") == "b = 3"


def test_of_a_quote_that_is_shown_cut_no_replacement_is_offered() -> None:
    text = "".join(f"call_number({number})\n" for number in range(60))

    assert offered(text, text, "call_all()") is None


@pytest.mark.parametrize(
    ("path", "text", "quote", "good", "bad"),
    [
        ("a.json", '{\n  "a": 1,\n  "b": [2]\n}\n', '  "a": 1,', '  "a": 3,', '  "a": 3'),
        ("a.toml", "[a]\nname = 1\nother = 2\n", "name = 1", "name = 3", "name = "),
        ("a.toml", "[a]\nname = 1\nother = 2\n", "name = 1", "name = 3", "other = 3"),
        ("a.yaml", "a:\n  - b: 1\n    c: 2\n", "    c: 2", "    c: 3", "   c: 3"),
        ("a.yml", "x: &one 1\ny: *one\n---\nz: here\n", "z: here", "z: &two here", "z: *one"),
        ("a.yml", "run: |\n  echo\nend: !!python/object/apply:os.system [echo]\n", "  echo", "  exit", "echo"),
        ("a.js", "function f() {\n  g(1);\n}\n", "  g(1);", "  g(2);", "  g(2;"),
        ("a.c", "int f(void) {\n  return 1;\n}\n", "int f(void) {", "int g(void) {", "int g(void)"),
        ("README.md", "one two (see\nthree) four\n", "three) four", "three four", "\x07"),
    ],
)
def test_each_format_is_held_to_its_own_rules(path: str, text: str, quote: str, good: str, bad: str) -> None:
    assert offered(text, quote, good, path) == good
    assert offered(text, quote, bad, path) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tsconfig.json", '{\n  // a comment\n  "a": 1\n}\n'),
        ("chart.yaml", "{{- if .a }}\na: [\n{{ end }}\n"),
        ("old.py", "print 'a'\n'a'\n"),
        ("a.toml", "a = \n'a'\n"),
    ],
)
def test_what_did_not_parse_before_is_not_asked_to_parse_after(path: str, text: str) -> None:
    last = text.rstrip("\n").rsplit("\n", maxsplit=1)[-1]

    assert offered(text, text.rstrip("\n"), last + last, path) == last + last


DEEP = 50_000
HOSTILE = [
    ("a.py", "(" * DEEP + ")" * DEEP),
    ("a.py", "-" * DEEP + "1"),
    ("a.py", "a" + ".b" * DEEP),
    ("a.py", "a" + "(b)" * DEEP),
    ("a.py", "x = " + " + ".join(["1"] * DEEP)),
    ("a.py", "x = '" + "\\d" * 50 + "'"),
    ("a.py", "x = " + "9" * 10_000),
    ("a.py", "x = f'" + "{" * 2_000 + "}" * 2_000 + "'"),
    ("a.py", "\0"),
    ("a.json", "[" * DEEP + "]" * DEEP),
    ("a.json", '{"a":' * 50_000 + "1" + "}" * 50_000),
    ("a.json", "9" * 100_000),
    ("a.toml", "a = " + "[" * DEEP + "]" * DEEP),
    ("a.toml", "a." * 50_000 + "b = 1"),
    ("a.toml", "x = {" + "a." * 50_000 + "b = 1}"),
    ("a.yaml", "[" * 50_000 + "]" * 50_000),
    ("a.yaml", "a: " + "[*a," * 3_000),
    ("a.yaml", "- " * 50_000 + "a"),
    ("a.yaml", "? " * 50_000),
    ("a.yaml", "a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c]"),
    ("a.yaml", "!!python/object/apply:os.system ['touch ran']"),
    ("a.yaml", "%YAML 99999999999999999999.1\n---\na"),
    ("a.yaml", "\ud800"),
]


@pytest.mark.parametrize(("path", "line"), HOSTILE, ids=[f"{path}-{line[:8]!r}" for path, line in HOSTILE])
def test_hostile_text_breaks_nothing(path: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"{line}\nname_of_it\n"
    given = finding(path=path, start_line=2, end_line=2, quote="name_of_it", match=QuoteMatch.EXACT)

    assert checked(finding(path=path, start_line=2, end_line=2, quote="name_of_it", replacement="other_name"), text) in {
        "other_name",
        None,
    }
    assert checked(
        finding(path=path, start_line=2, end_line=2, quote="name_of_it", replacement=line[:20_000]), "a = 1\nname_of_it\n"
    ) in {line, line[:20_000], None}
    assert given.replacement is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("fields", "expected"), [(500, "other_name"), (3_001, None)])
def test_what_a_parser_would_need_long_for_is_not_parsed(fields: int, expected: str | None) -> None:
    text = f"x = f'{'{a}' * fields}'\nname_of_it\n"
    assert offered(text, "name_of_it", "other_name") == expected


def test_every_character_that_a_report_would_show_otherwise_is_refused() -> None:
    text = "name_of_it\n"
    shown_otherwise = [
        chr(code) for code in range(sys.maxunicode + 1) if chr(code) not in "\n\r" and inert.visible(chr(code)) != chr(code)
    ]

    assert len(shown_otherwise) > 4_000
    for char in shown_otherwise:
        given = finding(path="a.txt", start_line=1, end_line=1, quote="name_of_it", replacement=f"a{char}b")
        assert checked(given, text) is None, f"U+{ord(char):04X}"


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.text("ab: {}[]\"'\t#\r", max_size=8), min_size=1, max_size=6),
    st.integers(1, 6),
    st.integers(0, 3),
    st.text("ab :{}\n\r", max_size=12),
    st.sampled_from(["a.py", "a.json", "a.yaml", "a.toml", "a.js", "a"]),
)
def test_what_is_offered_changes_the_quoted_lines_and_no_other(
    lines: list[str], first: int, more: int, replacement: str, path: str
) -> None:
    last = min(first + more, len(lines))
    first = min(first, last)
    quote = "\n".join(line.rstrip("\r") for line in lines[first - 1 : last])
    given = finding(path=path, start_line=first, end_line=last, quote=quote, replacement=replacement)

    result = checked(given, "\n".join(lines))

    assert result is None or (result != quote and "\r" not in result)


def test_json_that_is_valid_for_others_too_stays_so() -> None:
    text = '{\n  "a": 1,\n  "b": 2\n}\n'
    result = offered(text, '  "b": 2', '  "b": [2, 3]', "a.json")

    assert result is not None
    assert json.loads(text.replace('  "b": 2', result)) == {"a": 1, "b": [2, 3]}
