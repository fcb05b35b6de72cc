"""Text that arrives in pieces, made harmless and broken between words as it goes by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from reviewer.report.inert import visible

_PIECE = re.compile(r"\n|[ \t]+|[^ \t\n]+")
_BULLET = re.compile(r"[-+*]|\d{1,3}[.)]")
_FENCES = ("```", "~~~")
_LONGEST = 4
"""Characters of a word for each column of the terminal: an accent is a character of its own, and the word is measured with each piece."""


class Flow:
    """Writes text on as it arrives: what commands or hides is shown instead, and lines are broken to fit a terminal.

    Lines of a code block are left as they are, and those of a list go on below their text. A word is written when it has ended.
    """

    def __init__(self, write: Callable[[str], None], columns: int | None) -> None:
        """`columns` is None where nobody looks at lines: then nothing is broken."""
        self._write = write
        self._columns = columns
        self._held = ""
        """A carriage return whose line feed may be in the next piece."""
        self._word = ""
        self._space = ""
        self._at = 0
        """Columns that are taken in the line."""
        self._hang = 0
        """Columns at which a line goes on after it was broken."""
        self._is_first = True
        """Whether the next word is the line's first."""
        self._is_code = False
        self.is_open = False
        """Whether a line has begun and not ended."""

    def feed(self, text: str) -> None:
        """The next piece."""
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""
        text = visible(text.removesuffix("\r"))
        if self._columns is None:
            self._put(text)
            return
        for piece in _PIECE.findall(text):
            if piece == "\n":
                self._end_word()
                self._end_line()
            elif piece[0] in " \t":
                self._end_word()
                self._space += piece.expandtabs(4)
            else:
                self._word += piece
                if len(self._word) >= _LONGEST * self._columns or _width(self._word) >= self._columns:
                    self._end_word()  # text without spaces is not held back for ever, be it of accents that take no columns

    def end(self) -> None:
        """Nothing more comes: what was held back is written, and the line ended."""
        if self._held:
            held, self._held = self._held, ""
            self._word += visible(held)
        self._end_word()
        if self.is_open:
            self._end_line()

    def _end_line(self) -> None:
        self._put("\n")
        self._at = self._hang = 0
        self._space, self._is_first = "", True

    def _end_word(self) -> None:
        word, self._word = self._word, ""
        if not word:
            return
        columns, width = self._columns or 0, _width(word)
        if self._is_first:
            self._begin_line(word)
        elif not self._is_code and columns and self._at + len(self._space) + width > columns:
            self._put("\n")
            self._at, self._space = 0, " " * self._hang
        self._is_first = False
        self._put(self._space + word)
        self._at += len(self._space) + width
        if columns and self._at > columns:
            self._at %= columns  # the terminal itself has broken it
        self._space = ""

    def _begin_line(self, word: str) -> None:
        if word.startswith(_FENCES):
            self._is_code = not self._is_code
        self._hang = len(self._space) + (len(word) + 1 if _BULLET.fullmatch(word) else 0)
        if self._hang * 2 > (self._columns or 0):
            self._hang = 0

    def _put(self, text: str) -> None:
        if text:
            self.is_open = not text.endswith("\n")
            self._write(text)


def _width(word: str) -> int:
    """Columns of a word on a terminal."""
    if word.isascii():
        return len(word)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in word
    )
