"""Where a quote stands in a file's text: exactly, or but for white space.

Every step takes time linear in the text, whatever text and quote hold; a quote that stands in very many places is not followed to
all of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice

from reviewer.reply.fingerprint import squeeze

_PLACES = 200
"""Places of one quote that are compared; past them, only those after the claimed line."""
_NEAR = 200
"""Lines before the claimed one from which those are sought."""
_SPAN = 60
"""Lines that a quote with parts left out may cover."""
_SPAN_CHARACTERS = 10_000
"""And characters, white space aside, where lines are very long."""
_WORD = re.compile(r"\w")
_DEEPEST = 40
"""Blocks around a line that are looked at."""
_CONTINUES = re.compile(r"[)\]}]|\{\s*$|(?:then|do|begin|else|end)\b")
"""Begins a line that belongs to the head of its block, or ends it: `) -> int:`, `} else {`, a brace on a line of its own."""
_OUTSIDE = re.compile(r"\s*$|\s*(?:#|//|/?\*)")
"""Lines that say nothing by their indentation: blank ones, comments, and what a preprocessor reads."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a text, from character `start` up to but not including `end`, with its lines (1-based, inclusive)."""

    start: int
    end: int
    first: int
    last: int


class SourceText:
    """A file's text with what is needed to look things up in it, made when first asked for. Lines end at a line feed, as in git."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """The place of each line's first character."""
        return [0, *accumulate(len(line) + 1 for line in self.lines[:-1])]

    @cached_property
    def squeezed_lines(self) -> list[str]:
        """The lines without white space."""
        return [squeeze(line) for line in self.lines]

    @cached_property
    def squeezed(self) -> str:
        """The whole text without white space."""
        return "".join(self.squeezed_lines)

    @cached_property
    def squeezed_starts(self) -> list[int]:
        """As `starts`, in `squeezed`."""
        return [0, *accumulate(map(len, self.squeezed_lines[:-1]))]

    @cached_property
    def around(self) -> list[int]:
        """For each line, by its place in `lines`, that of the line which opens the block around it, by their indentation; -1 at the top."""
        found: list[int] = []
        open_blocks: list[tuple[int, int]] = []
        for place, line in enumerate(self.lines):
            text = line.lstrip()
            indent = len(line) - len(text)
            if _OUTSIDE.match(line):
                found.append(next((at for depth, at in reversed(open_blocks) if depth < indent or not text), -1))
                continue
            continues = _CONTINUES.match(text) is not None
            while open_blocks and open_blocks[-1][0] > indent - (not continues):
                open_blocks.pop()
            found.append(open_blocks[-1][1] if open_blocks else -1)
            open_blocks.append((indent, place))
        return found

    def heads(self, line: int) -> list[str]:
        """The lines that open the blocks around a line (1-based), the innermost first."""
        found: list[str] = []
        place = self.around[line - 1]
        while place >= 0 and len(found) < _DEEPEST:
            found.append(self.lines[place])
            place = self.around[place]
        return found

    def above(self, line: int) -> str:
        """The nearest line above one (1-based) that has a word; empty at the top."""
        return next((each for each in reversed(self.lines[max(0, line - 1 - _NEAR) : line - 1]) if _WORD.search(each)), "")

    def place(self, start: int, end: int) -> Place:
        """The place between two characters of the text."""
        return Place(start, end, bisect_right(self.starts, start), bisect_right(self.starts, max(start, end - 1)))

    def whole_lines(self, first: int, last: int) -> Place:
        """The place of whole lines."""
        return Place(self.starts[first - 1], self.starts[last - 1] + len(self.lines[last - 1]), first, last)

    def exact(self, quote: str, near: int) -> list[Place]:
        """Where `quote` stands letter by letter; where it stands as whole words, only there."""
        found = [
            self.place(at, at + len(quote)) for at in _occurrences(self.text, quote, self._offset(self.starts, near - _NEAR))
        ]
        return [place for place in found if self._bounded(place)] or found

    def but_for_space(self, quote: str, near: int) -> list[Place]:
        """Where `quote` stands when no white space is looked at, neither in it nor in the text."""
        wanted = squeeze(quote)
        found = _occurrences(self.squeezed, wanted, self._offset(self.squeezed_starts, near - _NEAR))
        return [self._spread(at, at + len(wanted)) for at in found]

    def with_gaps(self, parts: Sequence[str], near: int) -> list[Place]:
        """Where the parts of a quote follow each other within 60 lines, white space aside."""
        wanted = [squeeze(part) for part in parts]
        places: list[Place] = []
        for start in _occurrences(self.squeezed, wanted[0], self._offset(self.squeezed_starts, near - _NEAR)):
            end = start + len(wanted[0])
            limit = min(
                start + _SPAN_CHARACTERS, self._offset(self.squeezed_starts, bisect_right(self.squeezed_starts, start) + _SPAN)
            )
            for part in wanted[1:]:
                at = self.squeezed.find(part, end, limit)
                end = at + len(part) if at >= 0 else limit + 1
            if end <= limit:
                places.append(self._spread(start, end))
        return places

    def _offset(self, starts: list[int], line: int) -> int:
        """Where a line starts; the text's end for lines past the last."""
        total = len(self.text) if starts is self.starts else len(self.squeezed)
        return starts[max(line, 1) - 1] if line <= len(starts) else total

    def _bounded(self, place: Place) -> bool:
        text, start, end = self.text, place.start, place.end
        cuts_head = start > 0 and _WORD.match(text, start - 1) and _WORD.match(text, start)
        cuts_tail = end < len(text) and _WORD.match(text, end - 1) and _WORD.match(text, end)
        return not (cuts_head or cuts_tail)

    def _spread(self, start: int, end: int) -> Place:
        """The place in the text of a part of `squeezed`, by whole lines: columns are not worth their price in very long lines."""
        return self.whole_lines(
            bisect_right(self.squeezed_starts, start), bisect_right(self.squeezed_starts, max(start, end - 1))
        )


def _occurrences(text: str, wanted: str, near: int) -> list[int]:
    """Where `wanted` stands in `text`: the first 200 places, and when there are more, as many from the place `near` on."""
    first = list(islice(_forward(text, wanted, 0), _PLACES))
    if len(first) < _PLACES:
        return first
    return sorted({*first, *islice(_forward(text, wanted, near), _PLACES)})


def _forward(text: str, wanted: str, at: int) -> Iterator[int]:
    while wanted and (at := text.find(wanted, at)) >= 0:
        yield at
        at += 1
