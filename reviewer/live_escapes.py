"""Text with its escapes resolved: those of JSON, URLs, HTML and Markdown, also one within another, and the way back to where each stood."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

_JSON = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})")
_URL = re.compile(r"%[0-9A-Fa-f]{2}")
_HTML = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,7}|[a-z]{2,6});")
_BACKSLASHES = re.compile(r"\\+")
"""Of Markdown and JSON, and of Markdown in JSON. What they stand before means itself."""
BEGUN_ESCAPE = re.compile(r"(?:\\(?:u[0-9A-Fa-f]{0,3}|x[0-9A-Fa-f]?)?|%[0-9A-Fa-f]?|&(?:#[xX]?[0-9A-Fa-f]{0,8}|[a-z]{0,6}))\Z")
_ZERO_WIDTH = "\u200b"
"""What our own Markdown puts into mentions and references, as an entity."""

Span = tuple[int, int]
"""Where something stands: start, and end exclusive."""


def unescaped(text: str) -> str:
    """The text with every escape resolved, the outer ones first."""
    for sign, escape, meaning in _ESCAPES:
        if sign in text:
            text = escape.sub(meaning, text) if escape is not _BACKSLASHES else text.replace(sign, "")
    return text


@dataclass(frozen=True, slots=True)
class Layer:
    """A text with one kind of escape resolved, and where each of its characters came from."""

    text: str
    cuts: tuple[int, ...] = (0,)
    """Where in `text` an escape was (even places), and where the plain text after it begins (odd ones), in order."""
    sources: tuple[int, ...] = (0,)
    """Where these begin in the text before."""
    outer: Layer | None = None

    def original(self, start: int, end: int) -> Span:
        """Where a span of `text` stands in the very first text: escapes are in it as a whole."""
        if self.outer is None:
            return start, end
        return self.outer.original(self._first(start), self._end(end))

    def _first(self, at: int) -> int:
        number = bisect_right(self.cuts, at) - 1
        return self.sources[number] + at - self.cuts[number]

    def _end(self, end: int) -> int:
        number = bisect_right(self.cuts, end - 1) - 1
        if number % 2:  # an escape: it ends where what is behind it begins
            return self.sources[number + 1]
        return self.sources[number] + end - self.cuts[number]


def layered(text: str) -> Layer:
    """What `unescaped` gives, with the way back."""
    layer = Layer(text)
    for _, escape, meaning in _ESCAPES:
        layer = _resolved(layer, escape, meaning)
    return layer


def _resolved(outer: Layer, escape: re.Pattern[str], meaning: Callable[[re.Match[str]], str]) -> Layer:
    text = outer.text
    parts: list[str] = []
    cuts, sources = [0], [0]
    at = length = 0
    for match in escape.finditer(text):
        start, end = match.span()
        meant = meaning(match)
        parts += (text[at:start], meant)
        length += start - at
        cuts += (length, length + len(meant))
        sources += (start, end)
        length += len(meant)
        at = end
    return Layer("".join((*parts, text[at:])), tuple(cuts), tuple(sources), outer)


def _by_digits(match: re.Match[str]) -> str:
    return chr(int(match[0].lstrip("\\ux%"), 16))


def _by_entity(match: re.Match[str]) -> str:
    from html import unescape  # its table of names is for the few texts that need it

    character = unescape(match[0])
    return "" if character == _ZERO_WIDTH else character


def _by_nothing(_match: re.Match[str]) -> str:
    return ""


_ESCAPES = (("\\", _JSON, _by_digits), ("%", _URL, _by_digits), ("&", _HTML, _by_entity), ("\\", _BACKSLASHES, _by_nothing))
