"""What has been taken from an answer so far, and a few words for each part that could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reviewer.collect.secrets import mask
from reviewer.findings import Claim
from reviewer.reply.agreed_form import as_text, printable
from reviewer.reply.fields import MAX_FINDINGS, MAX_PATH, MAX_RESPONSE, MAX_TEXT
from reviewer.reply.schema import validate, validate_quote, validate_verdict
from reviewer.reply.statements import Quotation, Response, Verdict
from reviewer.reply.strict_json import NotJsonError, load

_MOST_REJECTED = 2 * MAX_FINDINGS
"""Parts of an answer that are named as left out; a text may hold a hundred thousand answers."""
_LABEL = 80
"""Characters of a title or a path that tell which item was left out."""


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
        self.summary = (as_text(value.get("summary")) or "")[:MAX_TEXT] or self.summary

    def item(self, kind: Kind, value: object) -> None:
        """Takes one item of a list."""
        if self._room(kind):
            self._judged(kind, value)

    def item_text(self, kind: Kind, text: str) -> None:
        """Takes one item that is still JSON text."""
        if self._room(kind):
            try:
                value = load(text)
            except NotJsonError:
                self.rejected.append(f"{kind} {self._items[kind]}: not JSON")
            else:
                self._judged(kind, value)

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

    def _judged(self, kind: Kind, value: object) -> None:
        match stated := _VALIDATORS[kind](value):
            case Claim():
                self.claims.append(stated)
            case Verdict():
                self.verdicts.append(stated)
            case Quotation() if self.reply is not None:
                self.reply = replace(self.reply, quotes=(*self.reply.quotes, stated))
            case Quotation():
                self.rejected.append("a quote without a text")
            case _:
                self.rejected.append(f"{kind} {self._items[kind]}{_label(value)}: {stated}")

    def _reply(self, value: object) -> bool:
        """Takes a reply, also one that is nothing but its text; says whether there is one. Some endpoints send an empty one with every answer."""
        fields = value if isinstance(value, dict) else {"text": value}
        text, quotes = fields.get("text"), fields.get("quotes")
        if not quotes and (not text or (isinstance(text, str) and not text.strip())):
            return False
        if not isinstance(text, str | None) or not isinstance(quotes, list | None):
            self.rejected.append("reply: not of the agreed form")
            return False
        replied = self.reply_text(text or "")
        for quote in quotes or ():
            self.item(Kind.QUOTE, quote)
        return replied


def _label(value: object) -> str:
    """What an item that was left out calls itself, in brackets: its title and path. No secret and nothing that a page could take for more."""
    named = [value.get(field) for field in ("title", "path")] if isinstance(value, dict) else []
    whole = [mask(printable(each, MAX_PATH)) for each in named if isinstance(each, str)]
    words = [f'"{printable(each, _LABEL)}"' for each in whole if each]
    return f" ({', '.join(words)})" if words else ""
