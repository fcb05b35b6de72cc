"""Cuts the items out of a `findings` array whose text arrives in pieces, or breaks off in the middle.

Only brackets and strings are looked at, each character once, so that the time is linear in the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.findings import Claim
from reviewer.reply.fields import MAX_FINDINGS
from reviewer.reply.schema import validate_text

_ARRAY = re.compile(r'"findings"\s{0,40}:\s{0,40}\[')
_TAIL = 128
"""Characters kept while the array's start is sought: longer than any match of `_ARRAY`."""
_BRACKET = re.compile(r'["{}\[\]]')
_IN_STRING = re.compile(r'["\\]')


class Items:
    """The items of one JSON array, fed from just after its `[`. Items that are neither objects nor arrays are passed over."""

    def __init__(self) -> None:
        self.closed = False
        """True once the array's own `]` has been seen."""
        self._pieces: list[str] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def inside_item(self) -> bool:
        """True while an item has begun and not ended."""
        return self._depth > 0 or self._in_string

    def feed(self, text: str, start: int = 0) -> Iterator[tuple[str, int]]:
        """The items that end in `text`, each as its own JSON text with the place just after it. Stops after the array's `]`."""
        at = begun = start
        while at < len(text) and not self.closed:
            if self._in_string:
                at = self._string(text, at)
                continue
            bracket = _BRACKET.search(text, at)
            if bracket is None:
                break
            at = bracket.end()
            match bracket.group():
                case '"':
                    self._in_string = True
                case "{" | "[":
                    if self._depth == 0:
                        begun = at - 1
                    self._depth += 1
                case _ if self._depth == 0:
                    self.closed = True
                case _:
                    self._depth -= 1
                    if self._depth == 0:
                        yield "".join([*self._pieces, text[begun:at]]), at
                        self._pieces.clear()
        if self._depth:
            self._pieces.append(text[begun:])

    def _string(self, text: str, at: int) -> int:
        """Past the end of the string, or of what there is of it."""
        if self._escaped:
            self._escaped = False
            return at + 1
        stop = _IN_STRING.search(text, at)
        if stop is None:
            return len(text)
        if stop.group() == '"':
            self._in_string = False
        else:
            self._escaped = True
        return stop.end()


class ClaimStream:
    """Claims as they complete, for showing progress. What counts in the end is `parse`: items that are no claims are passed over here."""

    def __init__(self) -> None:
        self._tail = ""
        self._items: Items | None = None
        self._left = MAX_FINDINGS

    def feed(self, delta: str) -> tuple[Claim, ...]:
        """The claims that end in `delta`, the next piece of the answer's text."""
        if self._items is None:
            text = self._tail + delta
            found = _ARRAY.search(text)
            if found is None:
                self._tail = text[-_TAIL:]
                return ()
            self._items, delta = Items(), text[found.end() :]
        texts = [text for text, _ in self._items.feed(delta)][: self._left]
        self._left -= len(texts)
        return tuple(claim for claim in map(validate_text, texts) if isinstance(claim, Claim))
