"""The lines of a hunk as text, decoded as the files they are from: a line alone does not tell its file's encoding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.collect.changes import Side
from reviewer.collect.decoding import decode
from reviewer.collect.files import NotReadError
from reviewer.collect.listing import Entry
from reviewer.collect.snapshot import Encoding
from reviewer.collect.tree import TreeReader

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read to learn its encoding."""
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class LineText:
    """How the lines of one file become text. The default suits lines whose file is not known."""

    old: Encoding | None = None
    """Of the file at the base; None when it is not there, or not known."""
    new: Encoding | None = None

    def of(self, latin: str, side: Side, number: int) -> str:
        """The text of a line that is given as Latin-1, one character a byte. `number` is its number on its own side.

        A byte order mark before line 1 is no part of the text, unless the change adds or removes it: then that is what changed.
        """
        if latin.isascii():
            return latin
        encoding = self.old if side is Side.REMOVED else self.new
        text = _decoded(latin.encode("latin-1"), encoding)
        if number == 1 and encoding is Encoding.UTF_8_BOM and (side is Side.CONTEXT or not self._mark_changed):
            return text.removeprefix(_MARK)
        return text

    @property
    def _mark_changed(self) -> bool:
        both = {self.old, self.new} - {None}
        return len(both) > 1 and Encoding.UTF_8_BOM in both


def open_blobs(repository: Repository, blobs: Iterable[str | None]) -> TreeReader:
    """A reader of blobs by their ids."""
    return TreeReader(repository, (Entry(blob, "100644", blob, missing=False, sparse=False) for blob in blobs if blob))


def blob_text(blobs: TreeReader, blob: str) -> str | None:
    """The whole text of a blob; None when it is none, or cannot be read."""
    utf8 = blob_utf8(blobs, blob, _LARGEST)
    return None if utf8 is None else utf8.decode()


def blob_utf8(blobs: TreeReader, blob: str, limit: int) -> bytes | None:
    """The whole text of a blob as UTF-8; None when it is none, cannot be read, or has more than `limit` bytes."""
    try:
        decoded = decode(blobs.read(blob, limit))
    except NotReadError:
        return None
    return decoded.utf8 if decoded else None


def line_text(blobs: TreeReader, old: str | None, new: str | None) -> LineText:
    """How the lines of a file become text, by its blobs at the base and at the head."""
    return LineText(_encoding(blobs, old), _encoding(blobs, new))


def guess(data: bytes) -> LineText:
    """How lines become text of which the file is not there: by all that is known of it."""
    decoded = decode(data)
    encoding = decoded.encoding if decoded else None
    return LineText(encoding, encoding)


def _encoding(blobs: TreeReader, blob: str | None) -> Encoding | None:
    if blob is None:
        return None
    try:
        decoded = decode(blobs.read(blob, _LARGEST))
    except NotReadError:
        return None
    return decoded.encoding if decoded else None


def _decoded(data: bytes, encoding: Encoding | None) -> str:
    if encoding is not Encoding.CP1252:
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass  # a file that is binary by its later parts, or that is not known
    return data.decode("cp1252", "replace")
