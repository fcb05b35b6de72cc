"""An answer's text → the claims it makes. Nothing is repaired or guessed: what is whole and valid is taken, the rest is counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reviewer.findings import Claim
from reviewer.reply.fields import MAX_FINDINGS, MAX_TEXT
from reviewer.reply.schema import validate, validate_text
from reviewer.reply.stream import Items
from reviewer.reply.strict_json import NotJsonError, load, load_at

_ANSWER = re.compile(r'\{\s*"(?:findings|summary)"\s*:')
"""How an answer begins inside prose or a Markdown fence. Linear: `{` stands in no other part of the pattern."""
_ARRAY = re.compile(r'"findings"\s*:\s*\[')
_MAX_BROKEN = 10
"""Broken answers looked at in one text. Each may be read to the end of the text before it turns out broken, so the number is small."""
_KEYS = {"findings", "summary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What an answer says."""

    claims: tuple[Claim, ...]
    summary: str
    """The finder's own words on the whole; empty when it gave none, or when the answer was cut before them."""
    whole: bool
    """False when the answer breaks off, is not JSON, or holds no findings array: then no claims does not mean no findings."""
    rejected: tuple[str, ...]
    """A few words for each part that is not of the agreed form and was left out. They never repeat the answer's own text."""


@dataclass(slots=True)
class _Gathered:
    """What has been taken so far."""

    claims: list[Claim] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    summary: str = ""
    items: int = 0
    whole: bool = True
    answers: int = 0

    def item(self, value: object) -> None:
        """Takes one item of a findings array."""
        if self._room():
            self._judged(validate(value))

    def item_text(self, text: str) -> None:
        """Takes one item that is still JSON text."""
        if self._room():
            self._judged(validate_text(text))

    def _room(self) -> bool:
        self.items += 1
        return self.items <= MAX_FINDINGS

    def _judged(self, claim: Claim | str) -> None:
        if isinstance(claim, Claim):
            self.claims.append(claim)
        else:
            self.rejected.append(f"finding {self.items}: {claim}")

    def answer(self, value: dict[str, object]) -> None:
        findings, summary = value.get("findings"), value.get("summary", "")
        if not isinstance(findings, list):
            return
        self.answers += 1
        for item in findings:
            self.item(item)
        if isinstance(summary, str) and len(summary) <= MAX_TEXT:
            self.summary = summary or self.summary
        else:
            self.rejected.append("summary: not a text of the agreed length")
        if not value.keys() <= _KEYS:
            self.rejected.append("a field beside findings and summary")

    def result(self) -> Parsed:
        if self.items > MAX_FINDINGS:
            self.rejected.append(f"{self.items - MAX_FINDINGS} findings past the first {MAX_FINDINGS}")
        return Parsed(
            claims=tuple(self.claims),
            summary=self.summary.strip(),
            whole=self.whole and self.answers > 0,
            rejected=tuple(self.rejected),
        )


def parse(text: str) -> Parsed:
    """The claims in an answer's text. Never raises: the text may be anything.

    The whole text is one JSON object, or such objects stand in prose or Markdown fences; then what they say is added up, so that an
    empty example before the real answer hides nothing. Of an object that breaks off, the whole items of `findings` are taken.
    """
    gathered = _Gathered()
    try:
        value = load(text)
    except NotJsonError:
        _search(text, gathered)
    else:
        if isinstance(value, dict):
            gathered.answer(value)
    return gathered.result()


def _search(text: str, gathered: _Gathered) -> None:
    at = broken = 0
    while broken < _MAX_BROKEN and (begin := _ANSWER.search(text, at)) is not None:
        try:
            value, at = load_at(text, begin.start())
        except NotJsonError:
            broken += 1
            gathered.whole = False
            at = _salvage(text, begin.start(), gathered)
        else:
            if isinstance(value, dict):
                gathered.answer(value)


def _salvage(text: str, start: int, gathered: _Gathered) -> int:
    """Takes the whole items of a broken answer's findings; returns the place up to which the text has been dealt with."""
    array = _ARRAY.search(text, start)
    if array is None:
        return len(text)
    items, at = Items(), array.end()
    for item, after in items.feed(text, array.end()):
        gathered.item_text(item)
        at = after
    if items.inside_item:
        gathered.rejected.append("the last finding breaks off")
        return len(text)
    return at
