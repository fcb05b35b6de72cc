"""The secrets of this process, and every text without them.

Whatever leaves the process asks here: both streams, every file, the trace, what goes to GitHub, and the model's own answer as it arrives.
The state is the process's, as its environment is: what prints a bug's traceback cannot be handed a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from reviewer.live_escapes import Span
from reviewer.live_pieces import SHORTEST, Pieces, pieces_of
from reviewer.live_values import secret_values

PLACEHOLDER = "SECRET-REMOVED"
"""Nothing in Markdown, JSON, HTML, a URL or a log's commands."""


@dataclass(slots=True)
class _Known:
    """What is protected now; replaced as a whole, so that other threads see one or the other."""

    pieces: Pieces = field(default_factory=Pieces)


_known = _Known()
_learning = Lock()


@contextmanager
def protecting(environ: Mapping[str, str]) -> Iterator[None]:
    """Within it, the secrets of this environment, and those learnt on the way, are taken out of everything."""
    before = _known.pieces
    learn_from(environ)
    try:
        yield
    finally:
        _known.pieces = before


def learn_from(environ: Mapping[str, str]) -> None:
    """Protect the secrets of this environment from now on."""
    learn(*secret_values(environ))


def learn(*values: str) -> None:
    """Protect these, too, from now on: what was read from a file, or given in exchange for a token."""
    with _learning:
        new = {value.strip() for value in values} - set(_known.pieces.whole)
        if any(len(value) >= SHORTEST for value in new):
            _known.pieces = pieces_of((*_known.pieces.whole, *new))


def known() -> tuple[str, ...]:
    """The secrets themselves: for whoever has to blot them out elsewhere, as the runner of a job does."""
    return _known.pieces.whole


def spans(text: str) -> list[Span]:
    """Where a secret, or twelve characters of one, stands in the text: start, and end exclusive; in order."""
    return _known.pieces.spans(text)


def clean(text: str) -> str:
    """The text with `PLACEHOLDER` for each secret.

    For any twelve characters of one, also as Base64 or hexadecimal digits, backwards, and with characters escaped as Markdown, HTML, JSON
    and URLs do.
    """
    return _without(text, spans(text))


def clean_bytes(data: bytes) -> bytes:
    """The same for UTF-8; bytes that are none stay as they are."""
    if not _known.pieces.whole:
        return data
    text = data.decode("utf-8", "surrogateescape")
    found = spans(text)
    return _without(text, found).encode("utf-8", "surrogateescape") if found else data


class Stream:
    """A text that arrives in pieces, of which no two can bring a secret in two halves: what may become one is held back."""

    def __init__(self) -> None:
        self._held = ""
        self._told = 0
        """How many of these belong to a secret that a placeholder was passed on for: it may go on."""

    def feed(self, text: str) -> str:
        """The next piece; returns what can be passed on, without secrets."""
        pieces = _known.pieces
        if not pieces.whole and not self._held:
            return text
        text = self._held + text
        return self._passed(text, pieces.spans(text), len(text) - pieces.undecided(text))

    def end(self) -> str:
        """Nothing more comes: what was held back, without secrets."""
        return self._passed(self._held, spans(self._held), len(self._held))

    def _passed(self, text: str, found: list[Span], end: int) -> str:
        """The text up to `end`, but for what is told already; the rest is held."""
        parts: list[str] = []
        at = self._told
        for start, stop in found:
            if start >= end:
                break
            parts.append(text[at:start])
            if start > self._told or not self._told:
                parts.append(PLACEHOLDER)
            at = max(at, stop)
        parts.append(text[at:end])
        self._held, self._told = text[end:], max(at - end, 0)
        return "".join(parts)


def _without(text: str, found: list[Span]) -> str:
    if not found:
        return text
    parts: list[str] = []
    at = 0
    for start, end in found:
        parts += (text[at:start], PLACEHOLDER)
        at = end
    return "".join((*parts, text[at:]))
