"""Secrets in a text: where they stand, of what kind they are, and the text without them.

Found by the vendors' own formats (`secret_formats.toml`) and, beside a name that says so, by randomness. No value is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from reviewer.collect.secret_formats import Format, possible
from reviewer.collect.secret_values import is_stand_in
from reviewer.findings import Confidence, Severity

_LONGEST_KEY = 16_384  # bytes between a key's header and footer; an RSA key of 16,384 bits takes 12,500
_CONTEXT = 120  # bytes before a value that a check may see
_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_ESCAPES = (b"\\n", b"\\t", b"\\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret stands, without its value."""

    kind: str
    """For the reader: `GitHub token`."""
    start_line: int
    end_line: int
    span: tuple[int, int]
    """Offsets in characters of the text: first, and one past the last."""
    severity: Severity
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    format: Format
    confidence: Confidence


def scan(text: str) -> Iterator[Secret]:
    """Every secret in `text`, in order, none overlapping another."""
    data = text.encode("utf-8", "surrogatepass")
    claimed: list[_Hit] = []
    covered = bytearray()
    for kind in possible(data):
        covered = covered or bytearray(len(data))
        for hit in _hits(kind, data):
            if covered.find(1, hit.start, hit.end) < 0:
                covered[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
                claimed.append(hit)
    yield from _located(data, sorted(claimed, key=lambda hit: hit.start))


def mask(text: str) -> str:
    """`text` with each secret replaced by `[secret: kind]`; the number of lines stays the same."""
    pieces, done = [], 0
    for secret in scan(text):
        start, end = secret.span
        pieces += [text[done:start], f"[secret: {secret.kind}]", "\n" * (secret.end_line - secret.start_line)]
        done = end
    return "".join([*pieces, text[done:]])


def _hits(kind: Format, data: bytes) -> Iterator[_Hit]:
    for start, end in _values(kind, data):
        value = data[start:end].decode("utf-8", "replace")
        if not kind.until and is_stand_in(value):
            continue
        line = data.rfind(b"\n", max(0, start - _CONTEXT), start) + 1
        before = data[line or max(0, start - _CONTEXT) : start].decode("utf-8", "replace")
        confidence = kind.check(value, before)
        if confidence is not None:
            yield _Hit(start, end, kind, min(confidence, kind.confidence))


def _values(kind: Format, data: bytes) -> Iterator[tuple[int, int]]:
    if kind.until:
        yield from _bodies(kind, data)
        return
    for start, end in kind.spans(data):
        if not kind.whole_word or _stands_alone(data, start, end):
            yield start, end


def _bodies(kind: Format, data: bytes) -> Iterator[tuple[int, int]]:
    """From each header to its footer; in a text that was cut before the footer, to its end."""
    for (_, start), (following, _) in pairwise([*kind.spans(data), (len(data), 0)]):
        limit = min(following, start + _LONGEST_KEY)
        footer = data.find(kind.until, start, limit)
        yield start, limit if footer < 0 else footer


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    """Whether no word goes on at either edge; the letter of an escape such as backslash-n is no word."""
    if end < len(data) and data[end] in _WORD and data[end - 1] in _WORD:
        return False
    return start == 0 or data[start - 1] not in _WORD or data[start - 2 : start] in _ESCAPES


def _located(data: bytes, hits: list[_Hit]) -> Iterator[Secret]:
    """Byte offsets to characters and lines, in one pass."""
    at_byte = at_character = 0
    line = 1
    for hit in hits:
        gap = data[at_byte : hit.start]
        start, first = at_character + _length(gap), line + gap.count(b"\n")
        value = data[hit.start : hit.end]
        at_character, line, at_byte = start + _length(value), first + value.count(b"\n"), hit.end
        yield Secret(
            kind=hit.format.kind,
            start_line=first,
            end_line=line,
            span=(start, at_character),
            severity=hit.format.severity,
            confidence=hit.confidence,
        )


def _length(data: bytes) -> int:
    """Characters in a piece of UTF-8: every byte but continuation bytes."""
    return len(data) if data.isascii() else len(data.decode("utf-8", "surrogatepass"))
