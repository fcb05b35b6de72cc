"""Text that a person who reads the file does not see, or sees as something else: where it stands and of what kind it is.

Found by fixed rules, never by a model, which the same text may be written to steer. Characters as in Unicode Technical Report 36 and
Unicode Technical Standard 39; reordering as in "Trojan Source" (CVE-2021-42574), look-alikes as in CVE-2021-42694.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from reviewer.collect.changes import Change


class HiddenKind(StrEnum):
    """What is hidden, and how. The value is the word a reader sees."""

    REORDERING = "bidirectional control characters"
    TAGS = "tag characters"
    SELECTORS = "variation selectors that select nothing"
    ZERO_WIDTH = "zero-width characters"
    LOOK_ALIKE = "a word of look-alike letters"
    COMMENT = "an HTML comment"


@dataclass(frozen=True, slots=True)
class Hidden:
    """One run of hidden text."""

    kind: HiddenKind
    line: int
    """From 1."""
    start: int
    """Offset of its first character in the text."""
    end: int
    """One past its last."""
    inside_word: bool = False
    """Whether letters, digits or underscores stand on both sides, so that one word looks like another."""
    reads: str = ""
    """What it says once it is made plain: the letters that tags stand for, the word that a word looks like; may be empty."""


_REORDERING = "\u202a-\u202e\u2066-\u2069"
_TAGS = "\U000e0001\U000e0020-\U000e007f"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ZERO_WIDTH = "\u200b-\u200f\u061c\u2060-\u2064\u206a-\u206f\ufeff\u180e\u034f\u115f\u1160\u3164\uffa0"

_RUNS = re.compile(
    f"(?P<REORDERING>[{_REORDERING}])|(?P<TAGS>[{_TAGS}]+)|(?P<SELECTORS>[{_SELECTORS}]+)|(?P<ZERO_WIDTH>[{_ZERO_WIDTH}]+)"
)
_LOOK_ALIKES = {
    **{
        letter: plain
        for plain, letters in tomllib.loads(files(__package__).joinpath("look_alikes.toml").read_text("utf-8")).items()
        for letter in letters
    },
    # Full width: Python takes an identifier for its plain form (language reference 2.3).
    **{chr(0xFF00 + code - 0x20): chr(code) for code in (*range(0x41, 0x5B), *range(0x61, 0x7B))},
}
_JOINERS_USELESS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "BOX")
"""How the names of characters begin beside which a joiner has no use."""
_ALIKE = re.compile("[" + "".join(_LOOK_ALIKES) + "]")
_LETTERS = re.compile(r"\w")
_COMMENT = re.compile("<!--")
_FLAG = "\U0001f3f4"
"""The black flag, which tags may follow: they spell the region of England's, Scotland's and Wales's."""
_END_OF_TAGS = "\U000e007f"
_LONGEST_FLAG = 8
"""Tags: a region of two and three letters, with its end, has six or seven."""
_JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Joiners and marks of direction, which scripts such as Persian, Hindi and Hebrew are written with, and emoji are made with."""
_FEWEST_IN_PROSE = 4
"""Zero-width characters in a row that say something in prose and data, where one or two are left by a translation or a copied page."""
_SHOWN = 200
"""Characters of what is hidden in a title or a description that are told."""
_LONGEST_WORD = 64
"""Characters of a word that is looked at; longer ones are no identifiers."""


def hidden_in(text: str, *, code: bool) -> Iterator[Hidden]:
    """Every run of hidden characters in `text`, in order; where it is `code`, then also its words of look-alike letters.

    Elsewhere zero-width characters count only in runs.
    """
    if text.isascii():
        return
    lines = _Lines(text)
    for match in _RUNS.finditer(text):
        kind = HiddenKind[match.lastgroup or ""]
        start, end = match.span()
        few = kind is HiddenKind.ZERO_WIDTH and not code and end - start < _FEWEST_IN_PROSE
        if not few and not _is_ordinary(kind, text, start, end):
            reads = "".join(chr(ord(tag) - 0xE0000) for tag in match[0] if tag < _END_OF_TAGS) if kind is HiddenKind.TAGS else ""
            yield Hidden(kind, lines.of(start), start, end, _inside_word(text, start, end), reads.replace("\x01", ""))
    if code:
        yield from _look_alikes(text)


def hidden_in_words(text: str) -> tuple[Hidden, ...]:
    """The same of what an author wrote about a change, where a comment in HTML is hidden too: a page does not show it."""
    found = [*hidden_in(text, code=True), *_comments(text)]
    return tuple(sorted(found, key=lambda each: each.start))


def told_of(change: Change) -> tuple[str, ...]:
    """A sentence for each of a change's title, body and names of files in which something is hidden."""
    names = "\n".join(file.path for file in change.files)
    every = {"The title": hidden_in_words(change.title), "The description": hidden_in_words(change.body)}
    every["Among the names of the changed files there is one that"] = hidden_in_words(names)
    return tuple(f"{where} holds hidden text: {_listed(found)}." for where, found in every.items() if found)


def _listed(found: tuple[Hidden, ...]) -> str:
    """How often each kind was found, and what the first of it says."""
    kinds = {each.kind: sum(other.kind is each.kind for other in found) for each in reversed(found)}
    first = {each.kind: each.reads[:_SHOWN] for each in reversed(found)}
    return "; ".join(
        f"{kind} (at {number:,} place{'s' if number > 1 else ''})" + (f", which reads `{first[kind]}`" if first[kind] else "")
        for kind, number in sorted(kinds.items())
    )


def _comments(text: str) -> Iterator[Hidden]:
    end = 0
    lines = _Lines(text)
    for match in _COMMENT.finditer(text):
        if match.start() < end:
            continue
        close = text.find("-->", match.end())
        inside = text[match.end() : close] if close >= 0 else text[match.end() :]
        end = max(match.end(), close + len("-->")) if close >= 0 else len(text)
        yield Hidden(HiddenKind.COMMENT, lines.of(match.start()), match.start(), end, reads=inside.strip())


def _is_ordinary(kind: HiddenKind, text: str, start: int, end: int) -> bool:
    """Whether the run does what such characters are for."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if kind is HiddenKind.TAGS:
        return before == _FLAG and end - start <= _LONGEST_FLAG and text[end - 1] == _END_OF_TAGS
    if kind is HiddenKind.SELECTORS:
        # One selector chooses a form of the sign before it: an emoji, a digit in a key cap, a Han character.
        return end - start == 1 and (not before.isascii() or before in "#*0123456789©®") and before != ""
    if kind is HiddenKind.ZERO_WIDTH:
        if text[start:end] == "\ufeff" and start == 0:
            return True
        return _JOINERS.issuperset(text[start:end]) and end - start <= 2 and (_takes_joiners(before) or _takes_joiners(after))  # noqa: PLR2004
    return False


def _takes_joiners(character: str) -> bool:
    """Whether a joiner or a mark of direction has a use beside `character`: a letter of a script that joins, a sign of an emoji."""
    return character > "\u0590" and not unicodedata.name(character, "").startswith(_JOINERS_USELESS)


def _inside_word(text: str, start: int, end: int) -> bool:
    return bool(_LETTERS.match(text[start - 1 : start]) and _LETTERS.match(text[end : end + 1]))


def _look_alikes(text: str) -> Iterator[Hidden]:
    """Words that hold letters of ASCII and others that look like such: whoever reads them takes them for another word."""
    lines = _Lines(text)
    done = 0
    for match in _ALIKE.finditer(text):
        if match.start() < done:
            continue
        start, done = _word_around(text, match.start())
        word = text[start:done]
        plain = "".join(_LOOK_ALIKES.get(letter, letter) for letter in word)
        if plain.isascii() and any(letter.isascii() and letter.isalpha() for letter in word) and len(word) <= _LONGEST_WORD:
            yield Hidden(HiddenKind.LOOK_ALIKE, lines.of(start), start, done, inside_word=True, reads=plain)


def _word_around(text: str, at: int) -> tuple[int, int]:
    """The word that the character at `at` is part of; of a very long one, the part around it."""
    start = end = at
    while start > max(0, at - _LONGEST_WORD) and _LETTERS.match(text[start - 1]):
        start -= 1
    while end < min(len(text), at + _LONGEST_WORD) and _LETTERS.match(text[end]):
        end += 1
    return start, end


class _Lines:
    """The number of the line an offset lies on; offsets come in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def of(self, offset: int) -> int:
        self._line += self._text.count("\n", self._at, offset)
        self._at = offset
        return self._line
