"""An answer's text → what it states. What can be read in one way only is taken, the rest is counted; nothing is taken from prose."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewer.engine.interface import Stop
from reviewer.findings import Claim
from reviewer.reply.gathered import Gathered, Kind
from reviewer.reply.statements import Response, Verdict
from reviewer.reply.stream import REPLY, Items, ReplyStream
from reviewer.reply.strict_json import NotJsonError, load, load_at

_ANSWER = re.compile(r"""\{\s*(?:"(?:findings|summary|verdicts|reply)"|'(?:findings|summary|verdicts|reply)')\s*:""")
"""How an answer begins inside prose or a Markdown fence. Linear: `{` stands in no other part of the pattern."""
_ARRAY = re.compile(r'"(findings|verdicts)"\s*:\s*\[')
_FENCE = "```"
_QUOTES = re.compile(r'"quotes"\s*:\s*\[')
_MAX_BROKEN = 10
"""Broken answers looked at in one text. Each may be read to the end of the text before it turns out broken, so the number is small."""
_KINDS = {"findings": Kind.FINDING, "verdicts": Kind.VERDICT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What an answer says."""

    claims: tuple[Claim, ...]
    verdicts: tuple[Verdict, ...] = ()
    reply: Response | None = None
    """What answers a person's question; of one that breaks off, as much of the text as arrived, and the quotes that are whole."""
    summary: str
    """The finder's own words on the whole; empty when it gave none, or when the answer was cut before them."""
    whole: bool
    """False when the answer breaks off, is not JSON, or holds nothing of what is asked for: then no claims does not mean no findings.

    That every finding asked about has a verdict is not looked at here (see `verifying.pending`).
    """
    rejected: tuple[str, ...]
    """A few words for each part that could not be read and was left out: which, by its number, title and path, and why."""
    sole: bool = False
    """Whether the text is one JSON value and nothing else: then it is whole however it is said to have ended."""

    def is_complete(self, stop: Stop) -> bool:
        """Whether nothing of the answer is missing, by what it holds and how it ended.

        Endpoints name the end of an answer in their own ways, and some not at all. One JSON value from the first character to the last has
        no rest; where examples and prose stand beside one, what was cut off may have been the answer.
        """
        return stop is not Stop.REFUSED and self.whole and (self.sole or stop is Stop.END)


def parse(text: str) -> Parsed:
    """What an answer's text states. Never raises: the text may be anything.

    The whole text is one JSON object, or such objects stand in prose or Markdown fences; then what they say is added up, so that an
    empty example before the real answer hides nothing. Of an object that breaks off, the whole items of its lists are taken.
    """
    gathered = Gathered()
    sole = _whole_value(text, gathered)
    if not sole:
        _search(text, gathered)
    return Parsed(
        claims=tuple(gathered.claims),
        verdicts=tuple(gathered.verdicts),
        reply=gathered.reply,
        summary=gathered.summary.strip(),
        whole=gathered.whole and gathered.answers > 0,
        rejected=gathered.all_rejected(),
        sole=sole,
    )


def _whole_value(text: str, gathered: Gathered) -> bool:
    """Takes the answer that a text is from its first bracket to its last, in a Markdown fence or not; says whether it is one."""
    bare = text.strip()
    if bare.startswith(_FENCE) and bare.endswith(_FENCE):
        bare = bare.partition("\n")[2].removesuffix(_FENCE)
    try:
        value = load(bare)
    except NotJsonError:
        return False
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        value = {"findings": value}
    if isinstance(value, dict):
        gathered.answer(value)
    return gathered.answers > 0


def _search(text: str, gathered: Gathered) -> None:
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


def _salvage(text: str, start: int, gathered: Gathered) -> int:
    """Takes what is whole of a broken answer; returns the place up to which the text has been dealt with."""
    at = start
    for _ in _KINDS:
        array = _ARRAY.search(text, at, _next_answer(text, max(at, start + 1)))
        if array is None:
            break
        at, closed = _items(text, array.end(), _KINDS[array[1]], gathered)
        if not closed:
            return at
    reply = REPLY.search(text, at, _next_answer(text, max(at, start + 1)))
    if reply is not None:
        return _salvage_reply(text, reply.start(), gathered)
    return at if at > start else len(text)


def _salvage_reply(text: str, start: int, gathered: Gathered) -> int:
    gathered.reply_text(ReplyStream().feed(text[start:]))
    quotes = _QUOTES.search(text, start, _next_answer(text, start + 1))
    return len(text) if quotes is None else _items(text, quotes.end(), Kind.QUOTE, gathered)[0]


def _items(text: str, start: int, kind: Kind, gathered: Gathered) -> tuple[int, bool]:
    """Takes the whole items of a list that begins at `start`; the place after them, and whether what follows may be looked at."""
    items, at = Items(), start
    for item, after in items.feed(text, start):
        gathered.item_text(kind, item)
        at = after
    if items.inside_item:
        gathered.rejected.append(f"the last {kind} breaks off")
        return len(text), False
    return at, items.closed


def _next_answer(text: str, at: int) -> int:
    """Where the next answer begins: what stands from there on belongs to that one."""
    found = _ANSWER.search(text, at)
    return found.start() if found is not None else len(text)
