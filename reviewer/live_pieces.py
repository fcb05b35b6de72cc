"""Finding any piece of a few known secrets in a text, however it is written: one pass, in time linear in the text.

Any stretch of `SHORTEST` characters lies over one whole block of `_BLOCK`, wherever the text is cut into such blocks. So a text is cut
once, and the blocks are looked up, a thousand at a time, among those that occur in a secret; only around a hit the stretches themselves
are compared. A text without hits, as almost all are, is gone through in C.
"""

from __future__ import annotations

import base64
import re
import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviewer.live_escapes import BEGUN_ESCAPE, Span, layered, unescaped

SHORTEST = 12
"""Characters of a secret that are not shown: fewer say little, and would hit by chance."""
_BLOCK = SHORTEST // 2
_AT_ONCE = 1000
_MANY = struct.Struct(f"{_BLOCK}s" * _AT_ONCE)
_PUBLIC_START = re.compile(r"sk-ant-[a-z]{2,8}[0-9]{2}-|github_pat_11|eyJ[A-Za-z0-9_-]*\.")
"""How all of a vendor's keys begin, where that is longer than `SHORTEST`, and the head of a signed token: documentation, not a secret."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """All stretches of `SHORTEST` characters of some secrets, in every form that is looked for."""

    whole: tuple[str, ...] = ()
    """The secrets themselves, the longest first."""
    stretches: frozenset[bytes] = frozenset()
    public: frozenset[bytes] = frozenset()
    """Stretches that are no secret by themselves, but belong to one that they stand beside."""
    blocks: frozenset[bytes] = frozenset()
    """Every block of every stretch."""
    beginnings: tuple[bytes, ...] = ()
    """In order: all but the last character of every stretch, and a secret's public start with as much of what follows it. What one of these
    begins with may become a stretch."""
    longest: int = 0
    """Characters of the longest of these."""

    def spans(self, text: str) -> list[Span]:
        """Where a secret or a piece of one stands in the text, in order, apart from each other."""
        if not self.whole:
            return []
        found = [*self._foreign(text), *self._runs(text)]
        plain = unescaped(text)
        if plain != text and (runs := list(self._runs(plain))):
            layer = layered(text)
            found += [layer.original(*run) for run in runs]
        return _joined(found)

    def undecided(self, text: str) -> int:
        """How many characters at the end of the text may yet turn out to be of a secret, when more text follows it.

        As it stands, or with its escapes resolved: a secret after a per cent sign begins with what looks like one.
        """
        return max(self._begun(text), self._begun_escaped(text))

    def _begun(self, text: str) -> int:
        data = text[max(len(text) - self.longest, 0) :].encode("ascii", "replace")
        return next((len(data) - at for at in range(len(data)) if self._may_become_one(data[at:])), 0)

    def _begun_escaped(self, text: str) -> int:
        begun = BEGUN_ESCAPE.search(text)
        whole = text[: begun.start()] if begun else text
        plain = unescaped(whole)
        begun = BEGUN_ESCAPE.search(plain)
        end = begun.start() if begun else len(plain)
        start = end - self._begun(plain[:end])
        if start == len(plain):
            return len(text) - len(whole)
        return len(text) - (layered(whole).original(start, len(plain))[0] if plain != whole else start)

    def _may_become_one(self, piece: bytes) -> bool:
        at = bisect_left(self.beginnings, piece)
        return at < len(self.beginnings) and self.beginnings[at].startswith(piece)

    def _foreign(self, text: str) -> Iterator[Span]:
        """Whole secrets that are not all ASCII: as stretches, these are only found where they are."""
        for secret in self.whole:
            start = -1 if secret.isascii() else text.find(secret)
            while start >= 0:
                yield start, start + len(secret)
                start = text.find(secret, start + len(secret))

    def _runs(self, text: str) -> Iterator[Span]:
        """Where stretch follows stretch."""
        # One byte a character: those beyond ASCII become question marks, and no stretch has one in their place.
        data = text.encode("ascii", "replace")
        done = 0
        for at in self._hits(data):
            for start in range(max(at - _BLOCK, done), at + 1):
                if start >= done and data[start : start + SHORTEST] in self.stretches:
                    first = start
                    while first > done and data[first - 1 : first - 1 + SHORTEST] in self.public:
                        first -= 1
                    end = start + SHORTEST
                    while end < len(data) and self._goes_on(data[end - SHORTEST + 1 : end + 1]):
                        end += 1
                    yield first, end
                    done = end - SHORTEST + 1
                    break

    def _goes_on(self, stretch: bytes) -> bool:
        return stretch in self.stretches or stretch in self.public

    def _hits(self, data: bytes) -> Iterator[int]:
        """Where a block stands that occurs in a secret."""
        at = 0
        for many in _MANY.iter_unpack(memoryview(data)[: len(data) - len(data) % _MANY.size]):
            if not self.blocks.isdisjoint(many):
                yield from (at + number * _BLOCK for number, block in enumerate(many) if block in self.blocks)
            at += _MANY.size
        yield from (place for place in range(at, len(data) - _BLOCK + 1, _BLOCK) if data[place : place + _BLOCK] in self.blocks)


def pieces_of(secrets: Iterable[str]) -> Pieces:
    """The pieces of these secrets; those shorter than `SHORTEST` are left out."""
    whole = tuple(sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=lambda secret: (-len(secret), secret)))
    stretches: set[bytes] = set()
    public: set[bytes] = set()
    for secret in whole:
        stretches |= _stretches(secret)
        if start := _PUBLIC_START.match(secret):
            public |= _stretches(start[0]) - {start[0][::-1][at : at + SHORTEST].encode() for at in range(len(start[0]))}
    stretches -= public
    blocks = {stretch[at : at + _BLOCK] for stretch in stretches for at in range(_BLOCK + 1)}
    beginnings = {stretch[:-1] for stretch in stretches | public}
    for secret in whole:
        if secret.isascii() and (start := _PUBLIC_START.match(secret)):
            for form, head in zip(_forms(secret), _forms(start[0]), strict=True):
                beginnings.add(form[: len(head) + SHORTEST - 1])
    longest = max(map(len, beginnings), default=0)
    return Pieces(whole, frozenset(stretches), frozenset(public), frozenset(blocks), tuple(sorted(beginnings)), longest)


def _stretches(secret: str) -> set[bytes]:
    return {form[at : at + SHORTEST] for form in _forms(secret) for at in range(len(form) - SHORTEST + 1)}


def _forms(secret: str) -> Iterator[bytes]:
    """The ways to write a secret that are no escapes: as it is, backwards, as hexadecimal digits, and as Base64.

    A piece of Base64 looks one of three ways, by where it stands among the groups of three bytes.
    """
    data = secret.encode("utf-8", "surrogateescape")
    for run in re.findall(rb"[ -~]+", data):
        # As a text without its backslashes.
        yield from (run, run[::-1], run.replace(b"\\", b""))
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for skipped in range(3):
        group = base64.b64encode(data[skipped:]).rstrip(b"=")
        yield group
        yield group.translate(bytes.maketrans(b"+/", b"-_"))


def _joined(spans: list[Span]) -> list[Span]:
    """In order; those that touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
