"""Text that arrives in pieces, given on line by line without secrets: of a piece alone nobody can tell what it is a part of."""

from __future__ import annotations

from reviewer.collect.secret_formats import formats
from reviewer.collect.secrets import mask, placeholder, scan

_BEFORE = 1_000
"""Characters of what was given on that are looked at again: the name that tells that a value is a secret may stand a line above."""


class MaskedLines:
    """Takes secrets out of text as it goes by. A line is given on when it has ended, and the lines of a key when the key has."""

    def __init__(self) -> None:
        self._before = ""
        self._held = ""

    def feed(self, piece: str) -> str:
        """The lines that end in `piece`, and those before them that waited."""
        self._held += piece
        return self._given(_ended(self._held)) if "\n" in piece else ""

    def rest(self) -> str:
        """What is left when nothing more comes."""
        return self._given(len(self._held))

    def _given(self, length: int) -> str:
        """The first `length` characters of what is held, masked."""
        new, self._held = self._held[:length], self._held[length:]
        first = len(self._before)
        text = self._before + new
        pieces, done = [], first
        for secret in scan(text):
            start, end = max(secret.span[0], first), secret.span[1]
            if end > first:
                pieces += [text[done:start], placeholder(secret)]
                done = end
        self._before = text[-_BEFORE:]
        return mask("".join([*pieces, text[done:]]))


def _ended(text: str) -> int:
    """Characters up to the end of the last whole line; up to the line of a key's header where its footer has not come yet."""
    whole = text[: text.rfind("\n") + 1]
    data = whole.encode("utf-8", "surrogatepass")
    begun = [start for kind in formats() if kind.until for start, end in kind.spans(data) if data.rfind(kind.until) < end]
    if not begun:
        return len(whole)
    return len(data[: data.rfind(b"\n", 0, min(begun)) + 1].decode("utf-8", "surrogatepass"))
