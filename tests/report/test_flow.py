"""Text that arrives in pieces is made harmless, and broken between words on a terminal."""

from __future__ import annotations

import pytest

from reviewer.report.flow import Flow

TEXT = """A sentence that is longer than the terminal is wide.

- an item that goes on below its own text
  1. and one within it that does the same

```python
def a_line_of_code(that_is, never_broken, however_long):
```
The end."""
WRAPPED = """A sentence that is longer
than the terminal is wide.

- an item that goes on
  below its own text
  1. and one within it
     that does the same

```python
def a_line_of_code(that_is, never_broken, however_long):
```
The end.
"""


def flowed(text: str, columns: int | None, piece: int) -> str:
    written: list[str] = []
    flow = Flow(written.append, columns)
    for start in range(0, len(text), piece):
        flow.feed(text[start : start + piece])
    flow.end()
    return "".join(written)


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_lines_are_broken_between_words_whatever_the_pieces(piece: int) -> None:
    assert flowed(TEXT, 26, piece) == WRAPPED


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_nothing_is_broken_where_nobody_looks_at_lines(piece: int) -> None:
    assert flowed(TEXT, None, piece) == TEXT + "\n"


@pytest.mark.parametrize("columns", [None, 40])
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_what_commands_a_terminal_is_shown_instead(piece: int, columns: int | None) -> None:
    assert flowed("a\x1b[2Jb\r\nc\rd\u202ee\r", columns, piece) == "a⟨U+001B⟩[2Jb\nc⟨U+000D⟩d⟨U+202E⟩e⟨U+000D⟩\n"


def test_words_are_written_as_they_end_and_not_held_back_to_the_end_of_the_line() -> None:
    written: list[str] = []
    flow = Flow(written.append, 80)
    flow.feed("one two thr")

    assert "".join(written) == "one two"


def test_text_without_spaces_is_written_when_a_line_is_full() -> None:
    written: list[str] = []
    flow = Flow(written.append, 10)
    flow.feed("長" * 30)

    assert "".join(written).replace("\n", "").startswith("長" * 5)


def test_an_empty_text_ends_no_line() -> None:
    assert flowed("", 80, 1) == ""
    assert flowed("one\n", 80, 1) == "one\n"


def test_accents_without_end_are_written_on_and_not_measured_again_and_again() -> None:
    written: list[str] = []
    flow = Flow(written.append, 20)
    for _ in range(1_000):
        flow.feed("\u0301")

    assert len("".join(written)) > 900
