"""What else a quote may mean that is not in the file as it is.

Models add line numbers and fences, copy our own diffs and signatures with their numbers and signs, and leave parts out.

Only forms that models are known to use, and that can be told from code, are undone; each is tried after the quote as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from reviewer.reply.fingerprint import squeeze

_NUMBERED = re.compile(r"[ \t]{0,8}[Ll]?(\d{1,7})[ \t]?(?:[|:│→]|\t)[ \t]?(.*)", re.DOTALL)
_FENCE = re.compile(r"[ \t]{0,8}(?:```|~~~)[^\n]{0,40}\n(.*)\n[ \t]{0,8}(?:```|~~~)", re.DOTALL)
_GAP = re.compile(
    r"^[ \t]{0,200}(?:#|//|/\*|--|<!--|;)?[ \t]{0,8}(?:\.{3}|…)[ \t]{0,8}(?:\*/|-->)?[ \t]{0,200}$|\.{3}|…", re.MULTILINE
)
_DIFF = re.compile(r"[ \t]{0,8}(\d{1,7})(?: ([+ -]?)(.*))?", re.DOTALL)
"""A line of our diffs (`documents.file_diff`): its number, one space, the side's character, the text."""
_OUTLINED = re.compile(r"[ \t]{0,8}(\d{1,7})(?: (.*))?", re.DOTALL)
"""A line of our signatures (`outline`): its number, one space, the text."""
_BETWEEN = re.compile(r"@@ -\d[^@\n]{0,400}@@.*|[ \t]{0,8}\\ no newline at the end of the file", re.IGNORECASE)
"""Lines of a diff that are no lines of a file."""
_ELISION = " …"
"""Ends a line of our signatures after which others were left out."""


class Form(StrEnum):
    """In what form a text shows lines of a file."""

    PLAIN = "plain"
    NUMBERED = "line numbers"
    DIFF = "our diff"
    OUTLINE = "our signatures"
    SIGNED = "unified diff"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a quote may mean. `text` has its first line's indentation where the quote has it."""

    text: str
    form: Form = Form.PLAIN
    removed: bool = False
    """It holds lines that its form shows as removed: they are to be found at the base."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a diff: which side it is on (`+`, `-`, or a space for both), its number there (0 where none is shown), its text."""

    side: str
    number: int
    text: str


def readings(quote: str) -> list[Reading]:
    """The quote as it is, then without a fence or backticks around it, then without what numbers or signs each of its lines."""
    whole = quote.replace("\r\n", "\n").strip("\n")
    forms = [Reading(whole)]
    bare = _without_fence(whole)
    if bare != whole:
        forms.append(Reading(bare))
    for form in (Form.NUMBERED, Form.DIFF, Form.OUTLINE, Form.SIGNED):
        forms += _read_as(bare, form)
    return [each for each in forms if each.text.strip()]


def undone(replacement: str, reading: Reading) -> str:
    """A replacement without the form that its quote was read in, where it has the same; and of a diff of the quote the new lines.

    What is put into a file must not hold numbers and signs that only our way of showing it has.
    """
    text = replacement.replace("\r\n", "\n")
    if not text.strip():
        return replacement
    lines = _signed(text)
    shown = _diff_lines(text)
    if shown and reading.form is not Form.DIFF and any(line.side != " " for line in shown):
        return _side(shown, "+")
    if lines and squeeze(reading.text) == squeeze("".join(line.text for line in lines if line.side == "-")):
        return _side(lines, "+")
    if reading.form in {Form.DIFF, Form.SIGNED}:
        lines = _FORMS[reading.form](text)
        return replacement if lines is None else _side(lines, "+")
    again = _read_as(text, reading.form)
    return again[0].text if again else replacement


def parts(quote: str) -> list[str]:
    """What is left of a quote between its ellipses, in order; one part when there is no ellipsis."""
    return [part.strip() for part in _GAP.split(quote) if part.strip()]


def _read_as(quote: str, form: Form) -> list[Reading]:
    """The readings of a quote in a form; none when it does not have that form."""
    if form in _TEXTS:
        text = _TEXTS[form](quote)
        return [] if text is None else [Reading(text, form)]
    lines = _FORMS[form](quote) if form in _FORMS else None
    if lines is None:
        return []
    sides = {line.side for line in lines}
    right = [Reading(_side(lines, "+"), form)] if sides != {"-"} else []
    left = [Reading(_side(lines, "-"), form, removed=True)] if "-" in sides else []
    return right + left


def _without_fence(quote: str) -> str:
    fenced = _FENCE.fullmatch(quote.strip())
    if fenced:
        return fenced[1].strip("\n")
    stripped = quote.strip()
    if len(stripped) > 2 and stripped[0] == stripped[-1] == "`" and "`" not in stripped[1:-1]:  # noqa: PLR2004 - two backticks and something
        return stripped[1:-1].strip()
    return quote


def _without_numbers(quote: str) -> str | None:
    """The quote without its line numbers; None unless every line that is not blank has one and they count up."""
    return _numbered(quote, _NUMBERED)


def _without_outline(quote: str) -> str | None:
    """Lines of our signatures without their numbers. A mark for left out lines stays, but for the last line's: nothing follows it."""
    text = _numbered(quote, _OUTLINED)
    return None if text is None else text.removesuffix(_ELISION)


def _numbered(quote: str, form: re.Pattern[str]) -> str | None:
    matches = [form.fullmatch(line) for line in quote.splitlines() if line.strip()]
    if not matches or None in matches:
        return None
    found = [match for match in matches if match is not None]
    counts_up = all(int(before[1]) < int(after[1]) for before, after in pairwise(found))
    return "\n".join(match[2] or "" for match in found) if counts_up else None


def _diff_lines(quote: str) -> list[_Line] | None:
    """The lines of our own diffs; None unless every line is one, and the numbers of each side count up."""
    lines: list[_Line] = []
    for line in quote.split("\n"):
        match = _DIFF.fullmatch(line)
        if match:
            lines.append(_Line(match[2] or " ", int(match[1]), match[3] or ""))
        elif line.strip() and not _BETWEEN.fullmatch(line):
            return None
    sides = ([line.number for line in lines if line.side in shown] for shown in ("+ ", "-"))
    return lines if lines and all(before < after for side in sides for before, after in pairwise(side)) else None


def _signed(quote: str) -> list[_Line] | None:
    """The lines of a unified diff without numbers; None unless every line has a sign or a space, and one has a sign."""
    shown = [line for line in quote.strip("\n").split("\n") if not _BETWEEN.fullmatch(line)]
    if any(line.strip() and line[0] not in "+- " for line in shown) or not any(line[:1] in {"+", "-"} for line in shown):
        return None
    return [_Line(line[:1] or " ", 0, line[1:]) for line in shown]


def _side(lines: Sequence[_Line], side: str) -> str:
    """The text of one side: its own lines and those of both."""
    return "\n".join(line.text for line in lines if line.side in {side, " "})


_FORMS: Mapping[Form, Callable[[str], list[_Line] | None]] = {Form.DIFF: _diff_lines, Form.SIGNED: _signed}
"""Forms that show two sides."""
_TEXTS: Mapping[Form, Callable[[str], str | None]] = {Form.NUMBERED: _without_numbers, Form.OUTLINE: _without_outline}
"""Forms that show one."""
