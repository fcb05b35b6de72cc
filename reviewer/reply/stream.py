"""Takes the items of a list, and the text of a reply, out of an answer that arrives in pieces, or breaks off in the middle.

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
REPLY = re.compile(r'"reply"\s{0,40}:\s{0,40}([{"])')
"""How a reply begins, or its text where it is nothing else. Inside a JSON string a quotation mark stands after a backslash, so no text can
hold this."""
_TEXT = re.compile(r'"text"\s{0,40}:\s{0,40}"')
_BRACKET = re.compile(r'["{}\[\]]')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([^u]))", re.DOTALL)
_PARTIAL = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
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


class JsonString:
    """The content of one JSON string, fed from just after its quotation mark, decoded as it arrives."""

    def __init__(self) -> None:
        self.closed = False
        """True once the string has ended: at its quotation mark, or where it is not JSON."""
        self._rest = ""
        """An escape of which the end has not arrived; a first half of a surrogate pair is kept until the second is seen."""

    def feed(self, text: str) -> str:
        """The characters that `text` brings. What stands after the end of the string is passed over."""
        text, at, pieces = self._rest + text, 0, []
        self._rest = ""
        while at < len(text) and not self.closed:
            stop = _IN_STRING.search(text, at)
            pieces.append(text[at : stop.start() if stop else len(text)])
            if stop is None:
                break
            if stop.group() == '"':
                self.closed = True
                break
            character, at = self._escape(text, stop.start())
            pieces.append(character)
        return "".join(pieces)

    def _escape(self, text: str, at: int) -> tuple[str, int]:
        """The character that an escape stands for, and the place after it; nothing, and the end, where it has not all arrived."""
        found = _ESCAPE.match(text, at)
        if found is None:
            if _PARTIAL.fullmatch(text, at):
                self._rest = text[at:]
            else:
                self.closed = True
            return "", len(text)
        if found[2]:
            self.closed = found[2] not in _ESCAPED
            return _ESCAPED.get(found[2], ""), found.end()
        first = int(found[1], 16)
        if not _HIGH <= first < _LOW:
            return chr(first), found.end()
        return self._pair(text, found, first)

    def _pair(self, text: str, found: re.Match[str], first: int) -> tuple[str, int]:
        """The character of two surrogates; the first alone where none follows, as Python's own decoder has it."""
        second = _ESCAPE.match(text, found.end())
        if second is None and (found.end() == len(text) or _PARTIAL.fullmatch(text, found.end())):
            self._rest = text[found.start() :]
            return "", len(text)
        low = int(second[1], 16) if second is not None and second[1] else 0
        if second is None or not _LOW <= low < _AFTER:
            return chr(first), found.end()
        return chr(0x10000 + ((first - _HIGH) << 10) + (low - _LOW)), second.end()


_HIGH, _LOW, _AFTER = 0xD800, 0xDC00, 0xE000
"""First of the first halves of surrogate pairs, first of the second halves, and one past the last."""


class ReplyStream:
    """The text of a reply as it arrives, for showing it. What counts in the end is `parse`."""

    def __init__(self) -> None:
        self._tail = ""
        self._inside = False
        self._string: JsonString | None = None

    def feed(self, delta: str) -> str:
        """The characters of the text that `delta`, the next piece of the answer, brings; empty before the text and after it."""
        if self._string is not None:
            return self._string.feed(delta)
        text = self._tail + delta
        if not self._inside:
            begin = REPLY.search(text)
            if begin is None:
                self._tail = text[-_TAIL:]
                return ""
            self._inside, text = True, text[begin.end() :]
            if begin[1] == '"':
                return self._begin(text)
        found = _TEXT.search(text)
        if found is None:
            self._tail = text[-_TAIL:]
            return ""
        return self._begin(text[found.end() :])

    def _begin(self, text: str) -> str:
        self._string, self._tail = JsonString(), ""
        return self._string.feed(text)
