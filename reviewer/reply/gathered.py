"""What has been taken from an answer so far, and a few words for each part that could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reviewer.findings import Claim
from reviewer.reply.fields import MAX_FINDINGS, MAX_RESPONSE, MAX_TEXT
from reviewer.reply.schema import validate, validate_quote, validate_verdict
from reviewer.reply.statements import Quotation, Response, Verdict
from reviewer.reply.strict_json import NotJsonError, load

_MOST_REJECTED = 2 * MAX_FINDINGS
"""Parts of an answer that are named as left out; a text may hold a hundred thousand answers."""
_KEYS = {"findings", "summary", "verdicts", "reply"}


class Kind(StrEnum):
    """What a list of an answer holds. The value is the word for one of them."""

    FINDING = "finding"
    VERDICT = "verdict"
    QUOTE = "quote"


_VALIDATORS: Mapping[Kind, Callable[[object], Claim | Verdict | Quotation | str]] = {
    Kind.FINDING: validate,
    Kind.VERDICT: validate_verdict,
    Kind.QUOTE: validate_quote,
}


@dataclass(slots=True)
class Gathered:
    """What an answer states, item by item."""

    claims: list[Claim] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    reply: Response | None = None
    summary: str = ""
    rejected: list[str] = field(default_factory=list)
    whole: bool = True
    answers: int = 0
    _items: Counter[Kind] = field(default_factory=Counter)

    def answer(self, value: dict[str, object]) -> None:
        """Takes a whole answer; nothing, when it holds neither findings nor verdicts nor a reply."""
        findings, verdicts = value.get("findings"), value.get("verdicts")
        if not isinstance(findings, list | type(None)) or not isinstance(verdicts, list | type(None)):
            return
        replied = self._reply(value.get("reply"))
        if findings is None and verdicts is None and not replied:
            return
        self.answers += 1
        for kind, items in ((Kind.FINDING, findings), (Kind.VERDICT, verdicts)):
            for item in items or ():
                self.item(kind, item)
        self._summary(value.get("summary", ""), needed=findings is not None)
        if not value.keys() <= _KEYS:
            self.rejected.append("a field that was not asked for")

    def item(self, kind: Kind, value: object) -> None:
        """Takes one item of a list."""
        if self._room(kind):
            self._judged(kind, _VALIDATORS[kind](value))

    def item_text(self, kind: Kind, text: str) -> None:
        """Takes one item that is still JSON text."""
        if self._room(kind):
            try:
                value = load(text)
            except NotJsonError:
                self._judged(kind, "not JSON")
            else:
                self._judged(kind, _VALIDATORS[kind](value))

    def reply_text(self, text: str) -> bool:
        """Takes the text of a reply, of which the quotes follow as items; says whether there is one."""
        if text.strip() and len(text) <= MAX_RESPONSE:
            self.reply = Response(text)
            return True
        if text:
            self.rejected.append("reply: not a text of the agreed length")
        return False

    def all_rejected(self) -> tuple[str, ...]:
        """What was left out, also what was not looked at; of very many parts the first, and how many more."""
        more = len(self.rejected) - _MOST_REJECTED
        past = [
            f"{count - MAX_FINDINGS} {kind}s past the first {MAX_FINDINGS}"
            for kind, count in self._items.items()
            if count > MAX_FINDINGS
        ]
        return (*self.rejected[:_MOST_REJECTED], *([f"{more} more parts"] if more > 0 else []), *past)

    def _room(self, kind: Kind) -> bool:
        self._items[kind] += 1
        return self._items[kind] <= MAX_FINDINGS

    def _judged(self, kind: Kind, stated: Claim | Verdict | Quotation | str) -> None:
        match stated:
            case Claim():
                self.claims.append(stated)
            case Verdict():
                self.verdicts.append(stated)
            case Quotation() if self.reply is not None:
                self.reply = replace(self.reply, quotes=(*self.reply.quotes, stated))
            case Quotation():
                self.rejected.append("a quote without a text")
            case _:
                self.rejected.append(f"{kind} {self._items[kind]}: {stated}")

    def _reply(self, value: object) -> bool:
        if value is None:
            return False
        text, quotes = (value.get("text"), value.get("quotes")) if isinstance(value, dict) else (None, None)
        if not isinstance(text, str) or not isinstance(quotes, list | type(None)):
            self.rejected.append("reply: not of the agreed form")
            return False
        replied = self.reply_text(text)
        for quote in quotes or ():
            self.item(Kind.QUOTE, quote)
        if isinstance(value, dict) and not value.keys() <= {"text", "quotes"}:
            self.rejected.append("reply: a field that was not asked for")
        return replied

    def _summary(self, value: object, *, needed: bool) -> None:
        if isinstance(value, str) and len(value) <= MAX_TEXT:
            self.summary = value or self.summary
        elif value is not None or needed:
            self.rejected.append("summary: not a text of the agreed length")
