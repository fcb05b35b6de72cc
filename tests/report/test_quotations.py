"""What is shown of the lines that an answer rests on."""

from __future__ import annotations

from reviewer.findings import Evidence
from reviewer.reply.quotations import Checked, check
from reviewer.reply.statements import Quotation
from reviewer.report.quotations import quotations_text

FILES = {"app/a.py": "import os\n\n\ndef one():\n    return os.environ\n", "key.py": 'AWS = "AKIAIOSFODNN7EXAMPLB"\nx = 1\n'}


def quotation(quote: str, path: str = "app/a.py", line: int = 1) -> Quotation:
    return Quotation(path=path, quote=quote, start_line=line, end_line=line)


def test_a_quote_gets_the_lines_where_it_stands_and_not_the_claimed_ones() -> None:
    checked = check([quotation("def one():\n    return os.environ", line=40)], FILES.get)

    assert checked == Checked((Evidence(path="app/a.py", start_line=4, end_line=5, quote="def one():\n    return os.environ"),))
    assert quotations_text(checked) == "app/a.py:4-5\n    def one():\n        return os.environ\n"


def test_one_place_is_shown_once() -> None:
    twice = [quotation("    return os.environ"), quotation("return os.environ", line=5)]

    assert quotations_text(check(twice, FILES.get)) == "app/a.py:5\n        return os.environ\n"


def test_what_is_not_there_is_told_after_what_is() -> None:
    checked = check([quotation("    return sys.environ_of_something_else()"), quotation("    return os.environ")], FILES.get)

    assert quotations_text(checked).splitlines() == [
        "app/a.py:5",
        "        return os.environ",
        "1 of 2 quotes is not in the file it names: do not rely on it.",
        "app/a.py:1 (not there)",
        "        return sys.environ_of_something_else()",
    ]


def test_nothing_quoted_shows_nothing() -> None:
    assert quotations_text(check([], FILES.get)) == ""


def test_a_secret_is_not_shown() -> None:
    found = check([quotation('AWS = "AKIAIOSFODNN7EXAMPLB"', path="key.py")], FILES.get)
    missing = check([quotation('AWS = "AKIAIOSFODNN7EXAMPLB"', path="none.py")], FILES.get)

    assert (len(found.found), len(missing.missing)) == (1, 1)
    assert "AKIAIOSFODNN7EXAMPLB" not in quotations_text(found) + quotations_text(missing)


def test_paths_and_lines_do_not_command_a_terminal_and_long_ones_are_cut() -> None:
    text = "x" * 5_000 + "\n" + "\n".join(f"line {number}\x1b[0m" for number in range(60))
    shown = quotations_text(Checked(missing=(quotation(text, path="a\x1b\nb"),)))

    assert "\x1b" not in shown
    assert "a⟨U+001B⟩\\nb:1 (not there)" in shown
    lines = shown.splitlines()
    assert max(map(len, lines)) < 500
    assert lines[-1] == "    …"
