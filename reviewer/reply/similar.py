"""The run of lines of a file that is most like a quote which stands nowhere in it, and whether a quote says something else than the lines found.

Likeness is the Sørensen-Dice coefficient over pairs of neighbouring characters, white space aside: linear to compute, 1 for the same
text, and each wrong character costs about two pairs. Where to compare is voted for by the quote's rarer words, so that a file is read
once for all its quotes, and each quote is compared with a few places only.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.reply.fingerprint import squeeze
from reviewer.reply.locate import Place, SourceText

THRESHOLD = 0.85
"""Measured on 77 Python files (1.3 MB): of quotes of 1 to 8 lines of another file, 2 in 1,500 were taken to stand in the wrong one;
of quotes with one wrong character 82 % were found for one line and 99 % for more, with a line left out 84 %. At 0.75 false ones rise
no further but lines with another word in them pass, which may be another statement; at 0.9 half of the one-line slips are lost."""
MAX_CHARACTERS = 4_000
"""Longer quotes (white space aside), some 100 lines, are not looked for by likeness: eight lines are asked for at most."""
_WORD = re.compile(r"\w{2,}")
_COMMON = 200
"""A word on more lines than this votes for none: it would vote for everything."""
_VOTERS = 12
_CANDIDATES = 6
_WORTH_RESIZING = 0.6
"""Windows a line shorter or longer are tried where the plain one is at least this like the quote."""
_TOKEN = re.compile(r"\d\w*+(?:\.\d\w*+)*+|\w++|[^\w\s]")
_QUOTE_MARKS = frozenset("'\"`\u2018\u2019\u201c\u201d")
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:(?P<slashes>//|/\*)|#|<!--)\s.*")
_MOST_COMPARED = 100_000
"""Characters of found lines that are compared token by token. Only a quote found but for white space in a minified file has more, and that
has every character of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quote to look for, and the line it was claimed to begin at."""

    quote: str
    line: int


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """How alike two texts are, by their `pairs`: from 0 (no pair in common) to 1 (the same pairs)."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def pairs(text: str) -> Counter[str]:
    """How often each pair of neighbouring characters stands in a text."""
    return Counter(map(str.__add__, text, text[1:]))


def find_similar(source: SourceText, wanted: Sequence[Wanted]) -> list[Place | None]:
    """For each quote the lines that are most like it, or None where nothing reaches `THRESHOLD`. Of equals the nearest wins."""
    filled = [number for number, line in enumerate(source.squeezed_lines) if line]
    quotes = [_Quote([line for line in item.quote.splitlines() if line.strip()], item.line) for item in wanted]
    postings = _postings(source, filled, {word for quote in quotes for words in quote.words for word in words})
    return [_closest(source, filled, quote, postings) for quote in quotes]


def is_altered(quote: str, lines: Sequence[str], pieces: Sequence[str] = ()) -> bool:
    """Whether a quote has another operator, number, keyword or name than the lines it was found in, or cuts one of them in two.

    White space and quotation marks do not count, nor that comments of the lines are left out. A quote with parts left out is given as its
    `pieces`, of which each has to be in the lines, in their order.
    """
    if sum(map(len, lines)) > _MOST_COMPARED:
        return False
    wanted = [_tokens(piece) for piece in pieces or (quote,)]
    slashes = "//" in quote  # an operator in some languages: then it is none of a comment that was left out
    bare = [
        line if (found := _COMMENT.search(line)) and found["slashes"] and slashes else _COMMENT.sub("", line) for line in lines
    ]
    return not any(_holds(_tokens("\n".join(each)), wanted) for each in (lines, bare))


def _tokens(code: str) -> str:
    """The tokens of code, each between two NULs."""
    return "\0" + "".join(f"{token}\0" for token in _TOKEN.findall(code) if token not in _QUOTE_MARKS)


def _holds(tokens: str, wanted: Sequence[str]) -> bool:
    at = 0
    for piece in wanted:
        at = tokens.find(piece, at) + 1
        if at == 0:
            return False
        at += len(piece) - 2
    return True


class _Quote:
    """A quote's lines that are not blank, their words and pairs; of a quote that is too long nothing."""

    def __init__(self, lines: list[str], line: int) -> None:
        self.line = line
        self.text = squeeze("".join(lines))
        if len(self.text) > MAX_CHARACTERS:
            lines, self.text = [], ""
        self.size = len(lines)
        self.words = [set(_WORD.findall(text)) for text in lines]
        self.pairs = pairs(self.text)


def _postings(source: SourceText, filled: list[int], words: set[str]) -> dict[str, list[int]]:
    """For each word the places in `filled` of the lines that hold it; none for common words."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, number in enumerate(filled):
        for word in words.intersection(_WORD.findall(source.lines[number])):
            if len(found[word]) <= _COMMON:
                found[word].append(place)
    return {word: places for word, places in found.items() if len(places) <= _COMMON}


def _candidates(filled: list[int], quote: _Quote, postings: dict[str, list[int]]) -> list[int]:
    """Places in `filled` where the quote may begin, the likeliest first."""
    voters = sorted(
        {(len(postings[word]), word, offset) for offset, words in enumerate(quote.words) for word in words if word in postings}
    )
    votes = Counter(place - offset for _, word, offset in voters[:_VOTERS] for place in postings[word])
    claimed = bisect_left(filled, quote.line - 1)
    votes[claimed] += 1
    return sorted(votes, key=lambda start: (-votes[start], abs(start - claimed), start))[:_CANDIDATES]


def _closest(source: SourceText, filled: list[int], quote: _Quote, postings: dict[str, list[int]]) -> Place | None:
    best, found = 0.0, (0, 0)
    for start in _candidates(filled, quote, postings):
        windows = [(start, quote.size)]
        if _likeness_at(source, filled, quote, start, quote.size) >= _WORTH_RESIZING:
            windows += [
                (begin, quote.size + more)
                for begin, more in ((start, -1), (start + 1, -1), (start, 1), (start - 1, 1), (start, 2))
            ]
        for begin, size in windows:
            like = _likeness_at(source, filled, quote, begin, size)
            if like > best:
                best, found = like, (filled[begin] + 1, filled[begin + size - 1] + 1)
    return source.whole_lines(*found) if best >= THRESHOLD else None


def _likeness_at(source: SourceText, filled: list[int], quote: _Quote, start: int, size: int) -> float:
    if size < 1 or not 0 <= start <= len(filled) - size:
        return 0.0
    text = "".join(source.squeezed_lines[number] for number in filled[start : start + size])
    shorter, longer = sorted((len(text), len(quote.text)))
    return likeness(quote.pairs, pairs(text)) if shorter > longer * _WORTH_RESIZING / 2 else 0.0
