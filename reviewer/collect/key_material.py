"""What of the text after a key's header is the key itself.

A header is easily written, also by somebody who wants to hide code from a reviewer: so what stands between it and its footer is judged
word by word, and whatever is no Base64 stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.collect.secret_values import looks_random

_WORD = re.compile(rb"[A-Za-z0-9+/=%]+")
"""Base64, also as a URL writes it."""
_BETWEEN = frozenset(b" \t\r\n\\\"'`,.;:#*|<>-")
"""What may stand around the lines of a key: white space, marks of comments, and what strings are put together with. No brackets and no `!`: of these
alone programs can be written."""
_OPERATORS = frozenset((b"+", b"/", b"//", b"="))
_ESCAPES = frozenset((b"n", b"r", b"t"))
_LINE = 40
"""Characters from which a word with letters of both cases is a line of a key: they are written 64 or 76 to a line."""
_SHORT_LINE = 16
"""Characters from which one that looks random is."""
_WIDEST = 40
"""Bytes between the parts of a key that go on as one."""
_FARTHEST = 400
"""Bytes after which what follows is no part of the key any more: the words before its first line, a version and a comment, take fewer."""
_KEY_BASE64 = 44
"""Characters: 32 bytes, the shortest private key."""
_MOST_ENDINGS = 2
"""Short words after a line: its rest and, in OpenPGP, a checksum."""
_QUARTET = 4
"""Characters of a group of Base64."""


def key_material(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of a key's own text within `data[start:end]`, which begins behind a header; none where no key is."""
    spans: list[tuple[int, int]] = []
    length = endings = 0
    last = start  # where what was taken so far, and whatever merely stands between, ends
    for match in _WORD.finditer(data, start, end):
        first, word = match.start(), match[0]
        if data[first - 1 : first] == b"\\" and word[:1] in _ESCAPES:
            first, word = first + 1, word[1:]
        if not word or word in _OPERATORS:
            continue
        if first - last > _FARTHEST:
            break
        close = first - last <= _WIDEST and _is_between(data[last:first])
        endings = 0 if (line := _is_line(word)) else endings + 1
        if not line and not (close and spans and endings <= _MOST_ENDINGS and _is_ending(word, cut=match.end() == len(data))):
            endings = _MOST_ENDINGS
            continue
        joined = close and (spans or last == start)
        begin = (spans.pop()[0] if spans else start) if joined else first
        last = match.end()
        spans.append((begin, last))
        length += len(word)
    if length >= _KEY_BASE64:
        yield from spans


def _is_between(gap: bytes) -> bool:
    """Whether nothing in this piece of text between two words says anything; the letter of an escape does not."""
    for escape in (b"\\n", b"\\r", b"\\t", b"+", b"/", b"="):
        gap = gap.replace(escape, b"")
    return _BETWEEN.issuperset(gap)


def _is_line(word: bytes) -> bool:
    if len(word) >= _LINE and (word.endswith(b"=") or not (word.islower() or word.isupper())):
        return True
    return len(word) >= _SHORT_LINE and looks_random(word.decode("ascii"))


def _is_ending(word: bytes, *, cut: bool) -> bool:
    """Whether this can be a key's last few characters."""
    return cut or word.startswith(b"=") or (len(word) % _QUARTET == 0 and not word.isalpha() and not word.islower())
