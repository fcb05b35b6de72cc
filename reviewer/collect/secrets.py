"""Secrets in a text: where they stand, of what kind they are, and the text without them.

Found by the vendors' own formats (`secret_formats.toml`) and, beside a name that says so, by randomness; and those of our own
environment, by their value. No value is kept.

A secret that is taken out leaves `[secret: KIND]` behind: the same for every secret of a kind, so that nothing of the value can be told
from it, and as many lines as it had, so that every line keeps its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import pairwise
from secrets import token_bytes

from reviewer import live_secrets
from reviewer.collect.key_material import key_material
from reviewer.collect.secret_formats import Format, possible
from reviewer.collect.secret_values import is_stand_in
from reviewer.findings import Confidence, Severity

_LONGEST_KEY = 16_384  # bytes of a key whose footer is not there; an RSA key of 16,384 bits takes 12,500
_CONTEXT = 120  # bytes before a value that a check may see
_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_ESCAPES = (b"\\n", b"\\t", b"\\r")
_OPENING = "[secret: "
_OWN = "value from the environment"
_MARKING = token_bytes(32)
"""Key of `Secret.mark`, of this process alone: without it nobody can try values against a mark."""
_MOST_PASSES = 100
"""A text is searched again until nothing is found, since a value that is taken out may have hidden the edge of another. Two or three passes
are enough for anything but a text made to need more."""


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
    mark: str = field(default="", compare=False, repr=False)
    """Equal for equal values within this process, and of no use outside it: tells an old secret that moved from a new one."""


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    kind: str
    severity: Severity
    confidence: Confidence


def scan(text: str) -> Iterator[Secret]:
    """Every secret in `text`, in order, none overlapping another."""
    data = text.encode("utf-8", "surrogatepass")
    claimed = list(_own(text))
    covered = bytearray(len(data)) if claimed else bytearray()
    for hit in claimed:
        covered[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    for kind in possible(data):
        covered = covered or bytearray(len(data))
        for hit in _hits(kind, data):
            if covered.find(1, hit.start, hit.end) < 0:
                covered[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
                claimed.append(hit)
    yield from _located(data, sorted(claimed, key=lambda hit: hit.start))


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets."""

    text: str
    secrets: tuple[Secret, ...]
    """What was taken out, in order. A `span` is that of what stands in its place: the placeholder, and the line feeds it kept."""


def redact(text: str) -> Redacted:
    """`text` with each secret replaced by `[secret: kind]`; the number of lines stays the same, and doing it again changes nothing."""
    taken: tuple[Secret, ...] = ()
    for _ in range(_MOST_PASSES):
        found = tuple(scan(text))
        if not found:
            break
        text, taken = _without(text, found, taken)
    return Redacted(text, taken)


def mask(text: str) -> str:
    """The text of `redact`."""
    return redact(text).text


def placeholder(secret: Secret) -> str:
    """What stands in a text in the place of a secret: its kind, and a line feed for each that it held."""
    return f"{_OPENING}{secret.kind}]" + "\n" * (secret.end_line - secret.start_line)


def holds_placeholder(text: str) -> bool:
    """Whether something was taken out of `text`, or it is made to look so: put back into a file, it would destroy a value."""
    return _OPENING in text


def _without(text: str, found: tuple[Secret, ...], taken: tuple[Secret, ...]) -> tuple[str, tuple[Secret, ...]]:
    """`text` without what was `found` in it, and all that was taken out of it so far; `taken` before has its placeholders in `text`."""
    pieces: list[str] = []
    every: list[Secret] = []
    done = length = 0
    new = set(found)
    for secret in sorted((*found, *taken), key=lambda each: each.span):
        start, end = secret.span
        if start < done:  # an earlier placeholder within what was found now
            continue
        kept = placeholder(secret) if secret in new else text[start:end]
        at = length + start - done
        pieces += [text[done:start], kept]
        every.append(replace(secret, span=(at, at + len(kept))))
        done, length = end, at + len(kept)
    return "".join([*pieces, text[done:]]), tuple(every)


def _own(text: str) -> Iterator[_Hit]:
    """What stands in our own environment, whole or in part: it may have no form that anybody knows."""
    at_byte = at_character = 0
    for start, end in live_secrets.spans(text):
        first = at_byte + len(text[at_character:start].encode("utf-8", "surrogatepass"))
        at_byte, at_character = first + len(text[start:end].encode("utf-8", "surrogatepass")), end
        yield _Hit(first, at_byte, _OWN, Severity.HIGH, Confidence.HIGH)


def _hits(kind: Format, data: bytes) -> Iterator[_Hit]:
    for start, cut in _values(kind, data):
        end = _whole(data, cut)
        value = data[start:end].decode("utf-8", "replace")
        if not kind.until and is_stand_in(value):
            continue
        line = data.rfind(b"\n", max(0, start - _CONTEXT), start) + 1
        before = data[line or max(0, start - _CONTEXT) : start].decode("utf-8", "replace")
        confidence = kind.check(value, before)
        if confidence is not None:
            yield _Hit(start, end, kind.kind, kind.severity, min(confidence, kind.confidence))


def _whole(data: bytes, end: int) -> int:
    """`end`, or the end of the character that it cuts: patterns count bytes, and a bounded one may stop within a letter."""
    while end < len(data) and 0x80 <= data[end] < 0xC0:  # noqa: PLR2004 - continuation bytes of UTF-8
        end += 1
    return end


def _values(kind: Format, data: bytes) -> Iterator[tuple[int, int]]:
    if kind.until:
        yield from _bodies(kind, data)
        return
    for start, end in kind.spans(data):
        if not kind.whole_word or _stands_alone(data, start, end):
            yield start, end


def _bodies(kind: Format, data: bytes) -> Iterator[tuple[int, int]]:
    """What is the key itself from each header to its footer; in a text that was cut before the footer, to its end."""
    for (_, start), (following, _) in pairwise([*kind.spans(data), (len(data), 0)]):
        footer = data.find(kind.until, start, following)
        yield from key_material(data, start, min(following, start + _LONGEST_KEY) if footer < 0 else footer)


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
            kind=hit.kind,
            start_line=first,
            end_line=line,
            span=(start, at_character),
            severity=hit.severity,
            confidence=hit.confidence,
            mark=blake2b(value, key=_MARKING, digest_size=16).hexdigest(),
        )


def _length(data: bytes) -> int:
    """Characters in a piece of UTF-8: every byte but continuation bytes."""
    return len(data) if data.isascii() else len(data.decode("utf-8", "surrogatepass"))
