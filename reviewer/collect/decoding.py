"""Bytes → text, by content alone: a file's name says nothing about its encoding."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass

from reviewer.collect.snapshot import Encoding

_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\b\t\n\r\f\033" + bytes(range(0x80, 0x100))
_NO_TEXT = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffe\uffff]")
"""Control characters that no text holds, and what is no character."""
_HEAD = 8192
_UTF16 = {BOM_UTF16_LE: Encoding.UTF_16_LE, BOM_UTF16_BE: Encoding.UTF_16_BE}


@dataclass(slots=True)
class Decoded:
    """The text of a file. Not frozen: one is made for every file of a run, and a frozen one takes three times as long."""

    encoding: Encoding
    utf8: bytes
    """The text as UTF-8 without a byte order mark."""
    size: int
    """Bytes of the file it was decoded from."""

    @property
    def text(self) -> str:
        """The text, newlines as they are in the file."""
        return self.utf8.decode()

    @property
    def lines(self) -> int:
        """Lines, counting a last one that has no newline."""
        return self.utf8.count(b"\n") + (not self.utf8.endswith(b"\n") and bool(self.utf8))


def decode(data: bytes) -> Decoded | None:
    """The text in `data`, or None when it is binary.

    NUL anywhere means binary, save in UTF-16; so does more than one unprintable byte in 128, git's own measure (of the
    first 8 KiB of valid UTF-8, and of the whole of anything else: a PDF may have its first NUL after 60 KB, or none).
    """
    if (encoding := _UTF16.get(data[:2])) is not None:
        return _utf16(data, encoding)
    if b"\0" in data:
        return _unmarked_utf16(data)
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            return None if _mostly_unprintable(data) else _cp1252(data)
    if _mostly_unprintable(data[:_HEAD]):
        return None
    if data.startswith(BOM_UTF8):
        return Decoded(Encoding.UTF_8_BOM, data[3:], len(data))
    return Decoded(Encoding.UTF_8, data, len(data))


def _utf16(data: bytes, encoding: Encoding) -> Decoded | None:
    try:
        text = data[2:].decode(encoding)
    except UnicodeDecodeError:
        return None
    # A NUL here is the second half of UTF-32's mark, or no text at all.
    return None if "\0" in text else Decoded(encoding, text.encode(), len(data))


def _unmarked_utf16(data: bytes) -> Decoded | None:
    """The text of UTF-16 without its mark: most of its characters are ASCII, there is a line feed, and nothing that no text holds.

    One that is not is taken for binary: tables of small numbers look much like it.
    """
    units = len(data) // 2
    zeros = {Encoding.UTF_16_LE: data[1::2].count(0), Encoding.UTF_16_BE: data[::2].count(0)}
    encoding = max(zeros, key=lambda each: zeros[each])
    if len(data) % 2 or zeros[encoding] * 4 < units * 3 or sum(zeros.values()) > zeros[encoding]:
        return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return Decoded(encoding, text.encode(), len(data)) if "\n" in text and not _NO_TEXT.search(text) else None


def _cp1252(data: bytes) -> Decoded:
    return Decoded(Encoding.CP1252, data.decode("cp1252", "replace").encode(), len(data))


def _mostly_unprintable(data: bytes) -> bool:
    unprintable = len(data.translate(None, _PRINTABLE))
    return len(data) - unprintable >> 7 < unprintable
