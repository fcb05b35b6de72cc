"""What the summary comment remembers from push to push: which findings were told, where, and the code that each is about.

It stands in a hidden line of a comment that people with write access can edit. So it is read as strictly as a model's answer; what
does not fit is no memory at all, and then the markers of the inline comments alone say what was told before.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reviewer.findings import Category, Finding, Severity
from reviewer.reply.fingerprint import squeeze

MOST_BYTES = 24_000
"""Of the encoded state: more than a third of a comment that nobody sees would take the room of what people read."""
_MOST_PLAIN = 1_000_000
"""Bytes of the unpacked state; far above what `MOST_BYTES` of our own packing unpacks to."""
_QUOTE = 300
"""Characters of the quoted code, white space left out, that are kept: while these are there, the quote is."""
_TITLE = 160
_PATH = 4_096


class Place(StrEnum):
    """Where a finding was told."""

    INLINE = "inline"
    """In a comment beside its lines."""
    BODY = "body"
    """In the body of a review."""
    OVER = "over"
    """In the summary comment, there being more findings than inline comments are wanted."""
    LISTED = "listed"
    """In the summary comment, no reviews being asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A finding that was told on some push."""

    fingerprint: str
    posted_as: str
    """The fingerprint in its inline comment's marker: another one when the file was renamed since."""
    path: str
    category: Category
    severity: Severity
    title: str
    quote: str
    """The quoted lines without white space in them, the first 300 characters of all."""
    first: int
    """Its lines when it was last seen."""
    last: int
    since: str
    """The head commit of the push that told it first."""
    place: Place
    hidden: bool = False
    """Its comment was minimised by us, once: what people do with it after that is theirs."""
    removed: bool = False
    """The quoted lines are removed by the change, and were nowhere else in the file when it was told: it is fixed once they are back."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What was told up to, and with, the review of one commit."""

    head: str
    """The commit that was reviewed last; empty when nothing is remembered."""
    findings: tuple[Remembered, ...]
    names: frozenset[str] = frozenset()
    """Fingerprints of further findings that were told, for which there was no more room: known by name, so that they are not told again."""


NOTHING = Memory("", ())


def remembered(
    finding: Finding, *, since: str, place: Place, posted_as: str = "", quote: str | None = None, removed: bool = False
) -> Remembered:
    """What is kept of a finding; `quote` where that is not its own."""
    return Remembered(
        fingerprint=finding.fingerprint,
        posted_as=posted_as or finding.fingerprint,
        path=finding.path,
        category=finding.category,
        severity=finding.severity,
        title=finding.title[:_TITLE],
        quote=kept_quote(finding.quote) if quote is None else quote,
        first=finding.start_line,
        last=finding.end_line,
        since=since,
        place=place,
        removed=removed,
    )


def kept_quote(quote: str) -> str:
    """What is kept of quoted code: its lines, each without white space."""
    return "\n".join(filter(None, map(squeeze, quote.split("\n"))))[:_QUOTE].rstrip("\n")


def encode(head: str, findings: Iterable[Remembered], most: int = MOST_BYTES) -> str:
    """Base64 of at most `most` bytes.

    Where there is too much, quotes and titles are shortened first, then of the last findings given only the names are kept: a finding that
    is not remembered at all would be told again.
    """
    every = list(findings)
    encoded = ""
    for length in _LENGTHS:
        encoded = _packed(head, [_row(_shortened(finding, length)) for finding in every])
        if len(encoded) <= most:
            return encoded
    names = [finding.fingerprint for finding in every]
    kept = len(every)
    while names and len(encoded) > most:
        kept, names = kept * 3 // 4, names if kept else names[: len(names) * 3 // 4]
        encoded = _packed(head, [_row(_shortened(finding, 0)) for finding in every[:kept]], names[kept:])
    return encoded


_LEAST_TITLE = 24
_LENGTHS = (_QUOTE, 60, 0)
"""Characters of a quote, and at most of a title. A shorter quote is gone from a file no sooner than the whole one, and an empty one never."""


def _shortened(finding: Remembered, length: int) -> Remembered:
    return replace(finding, title=finding.title[: max(length, _LEAST_TITLE)], quote=finding.quote[:length].rstrip("\n"))


def decode(state: str | None) -> Memory:
    """What `encode` wrote. `NOTHING` for anything else: whoever edits the comment only makes us forget."""
    if state is None or len(state) > MOST_BYTES:
        return NOTHING
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(b64decode(state, validate=True), _MOST_PLAIN)
        if not unpacker.eof or unpacker.unused_data:
            return NOTHING
        read = _State.model_validate_json(plain)
        return Memory(read.head, tuple(map(_finding, read.findings)), frozenset(read.names))
    except (ValueError, zlib.error, RecursionError, ValidationError):
        return NOTHING


_Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")]
_Text = Annotated[str, StringConstraints(max_length=4 * _PATH)]
_Line = Annotated[int, Field(ge=1, le=2**31)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Row(_Strict):
    """One finding, in the order of what is most telling to whoever decodes it by hand."""

    fingerprint: _Hex
    posted_as: _Hex
    path: _Text
    category: Category
    severity: Severity
    title: _Text
    quote: _Text
    first: _Line
    last: _Line
    since: _Commit
    place: Place
    hidden: bool
    removed: bool = False


class _State(_Strict):
    head: _Commit
    findings: tuple[_Row, ...]
    names: tuple[_Hex, ...] = ()


def _packed(head: str, rows: Sequence[Mapping[str, object]], names: Sequence[str] = ()) -> str:
    further = {"names": names} if names else {}
    plain = json.dumps({"head": head, "findings": rows, **further}, separators=(",", ":"))
    return b64encode(zlib.compress(plain.encode(), 9)).decode()


def _row(finding: Remembered) -> dict[str, object]:
    texts = {name: _as_bytes(getattr(finding, name)) for name in _TEXTS}
    return {field.name: texts.get(field.name, getattr(finding, field.name)) for field in fields(finding)}


def _finding(row: _Row) -> Remembered:
    return Remembered(**{**row.model_dump(), **{name: _as_text(getattr(row, name)) for name in _TEXTS}})


_TEXTS = ("path", "title", "quote")


def _as_bytes(text: str) -> str:
    """One character a byte: a path may hold bytes that are no UTF-8, which JSON's parsers refuse."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _as_text(text: str) -> str:
    """Raises ValueError when it is not what `_as_bytes` gives."""
    return text.encode("latin-1").decode("utf-8", "surrogatepass")
