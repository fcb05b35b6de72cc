"""Hidden text in the files, as points: what a person reads there is not what a machine reads."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.collect.hidden import Hidden, HiddenKind, hidden_in
from reviewer.engine.places import is_code, is_rehearsal
from reviewer.engine.points import Point
from reviewer.findings import Category, Claim, Confidence, Severity

_BESIDE = 60
"""Characters of the line that are quoted on either side."""
_LONGEST = 300
"""Characters of a quote."""
_A_MESSAGE = 3
"""Selectors in a row that can only carry bytes: a sign has one form."""

_WHY = {
    HiddenKind.REORDERING: "They change the order in which an editor shows the characters of a line: what a compiler reads is not what a person "
    "sees (CVE-2021-42574).",
    HiddenKind.TAGS: "No editor shows them, and a language model reads them as letters: they can carry instructions that no person sees.",
    HiddenKind.SELECTORS: "Nothing is shown for them, and each can stand for a byte: a text or a program can be hidden in them.",
    HiddenKind.ZERO_WIDTH: "Nothing is shown for them: two words that look the same are not, and a text can be hidden in a row of them.",
    HiddenKind.PRIVATE: "They have no meaning of their own, and most editors show nothing or a box for them: a text or a program can be hidden in them.",
    HiddenKind.BREAKS: "Compilers and interpreters begin a new line there, which many editors and web pages do not show: what looks like the rest "
    "of a comment can be code.",
    HiddenKind.LOOK_ALIKE: "Some of its letters are of another script and only look like Latin ones: it is another name than the one a person reads "
    "(CVE-2021-42694).",
}
_FIX = {
    HiddenKind.LOOK_ALIKE: "Write the word with letters of one script, or say beside it why not.",
}
_DECEIVING = frozenset({HiddenKind.REORDERING, HiddenKind.LOOK_ALIKE, HiddenKind.PRIVATE, HiddenKind.BREAKS})
_REMOVE = "Remove them; where a program needs them, write them as escapes, which everyone can see."


def hidden_text(path: str, text: str) -> Iterator[Point]:
    """One point for each run of hidden text in a file."""
    for found in hidden_in(text, code=is_code(path)):
        claim = Claim(
            title=f"Hidden text: {found.kind}",
            severity=_severity(path, found),
            confidence=Confidence.MEDIUM if found.kind is HiddenKind.LOOK_ALIKE else Confidence.HIGH,
            category=Category.SECURITY,
            path=path,
            start_line=found.line,
            end_line=found.line,
            quote=_quote(text, found),
            explanation=_WHY[found.kind] + _reads(found),
            suggestion=_FIX.get(found.kind, _REMOVE),
        )
        yield Point(check=f"hidden {found.kind}, {is_rehearsal(path)}", claim=claim)


def _severity(path: str, found: Hidden) -> Severity:
    """Tags have no honest use but in flags. The others stand in tests and translations on purpose now and then."""
    if found.kind is HiddenKind.TAGS:
        return Severity.MEDIUM
    if found.kind is HiddenKind.SELECTORS and found.end - found.start >= _A_MESSAGE:
        return Severity.MEDIUM
    deceives = found.kind in _DECEIVING or found.inside_word
    return Severity.MEDIUM if deceives and is_code(path) and not is_rehearsal(path) else Severity.LOW


def _reads(found: Hidden) -> str:
    return f" Here it reads: `{found.reads[:_LONGEST]}`." if found.reads else ""


def _quote(text: str, found: Hidden) -> str:
    """The hidden text and what of its line stands around it."""
    before = text[max(text.rfind("\n", 0, found.start) + 1, found.start - _BESIDE) : found.start]
    after = text[found.end : found.end + _BESIDE].partition("\n")[0]
    return (before + text[found.start : found.end][: _LONGEST - 2 * _BESIDE] + after).strip(" \t\r")
