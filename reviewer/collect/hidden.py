"""Text that a person who reads the file does not see, or sees as something else: where it stands and of what kind it is.

Found by fixed rules, never by a model, which the same text may be written to steer. Characters as in Unicode Technical Report 36 and
Unicode Technical Standard 39; reordering as in "Trojan Source" (CVE-2021-42574), look-alikes as in CVE-2021-42694.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from reviewer.collect.changes import Change, ChangedFile, Side


class HiddenKind(StrEnum):
    """What is hidden, and how. The value is the word a reader sees."""

    REORDERING = "bidirectional control characters"
    TAGS = "tag characters"
    SELECTORS = "variation selectors that select nothing"
    ZERO_WIDTH = "zero-width characters"
    PRIVATE = "a row of private-use characters"
    BREAKS = "line breaks that few editors show"
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
_ZERO_WIDTH = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000\U000e0002-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
"""What Unicode calls default ignorable, without the above, and the marks of interlinear annotation."""
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_FEWEST_PRIVATE = 8
"""Private-use characters in a row that are no signs of a font of icons, where one or two stand together."""
_BREAKS = "\u0085\u2028\u2029"

_RUNS = re.compile(
    f"(?P<REORDERING>[{_REORDERING}])|(?P<TAGS>[{_TAGS}]+)|(?P<SELECTORS>[{_SELECTORS}]+)|(?P<ZERO_WIDTH>[{_ZERO_WIDTH}]+)"
    f"|(?P<PRIVATE>[{_PRIVATE}]{{{_FEWEST_PRIVATE},}})|(?P<BREAKS>[{_BREAKS}])"
)
_BARE_RETURN = re.compile(r"\r(?=[^\r\n])")
"""Python, JavaScript and shells on a terminal begin a new line there; many editors and web pages do not."""
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
"""The black flag, which tags may follow: they spell a region."""
_END_OF_TAGS = "\U000e007f"
_REGIONS = frozenset({"gbeng", "gbsct", "gbwls"})
"""England, Scotland and Wales: the flags that Unicode recommends, and all that fonts have. Any others would carry five letters each."""
_JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Joiners and marks of direction, which scripts such as Persian, Hindi and Hebrew are written with, and emoji are made with."""
_OFTEN_IN_PROSE = frozenset({HiddenKind.ZERO_WIDTH, HiddenKind.BREAKS})
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
    if code:
        yield from _returns(text)
    if text.isascii():
        return
    lines = _Lines(text)
    for match in _RUNS.finditer(text):
        kind = HiddenKind[match.lastgroup or ""]
        start, end = match.span()
        few = kind in _OFTEN_IN_PROSE and not code and end - start < _FEWEST_IN_PROSE
        if not few and not _is_ordinary(kind, text, start, end):
            reads = _spelled(match[0]) if kind is HiddenKind.TAGS else ""
            yield Hidden(kind, lines.of(start), start, end, _inside_word(text, start, end), reads)
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


def told_of_lines(files: Iterable[ChangedFile]) -> tuple[str, ...]:
    """The same for the added lines of each of `files`: for those of which only the diff is seen, as when they are too large."""
    added = {file.path: [line.text for hunk in file.hunks for line in hunk.lines if line.side is Side.ADDED] for file in files}
    every = {path: tuple(hidden_in("\n".join(lines), code=True)) for path, lines in added.items()}
    return tuple(f"`{path}` holds hidden text on its added lines: {_listed(found)}." for path, found in every.items() if found)


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


def _returns(text: str) -> Iterator[Hidden]:
    """Carriage returns within a line; in a text that has no other line breaks they are its own."""
    if "\n" in text:
        lines = _Lines(text)
        for match in _BARE_RETURN.finditer(text):
            yield Hidden(HiddenKind.BREAKS, lines.of(match.start()), match.start(), match.end())


def _spelled(tags: str) -> str:
    """The letters that tags stand for."""
    return "".join(chr(ord(tag) - 0xE0000) for tag in tags if "\U000e0020" <= tag < _END_OF_TAGS)


def _is_ordinary(kind: HiddenKind, text: str, start: int, end: int) -> bool:
    """Whether the run does what such characters are for."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if kind is HiddenKind.TAGS:
        return before == _FLAG and text[end - 1] == _END_OF_TAGS and _spelled(text[start:end]) in _REGIONS
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
    return (
        character > "\u0590"
        and unicodedata.category(character)[0] in "LMS"
        and not unicodedata.name(character, "").startswith(_JOINERS_USELESS)
    )


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
