"""Shows on the terminal what is under way: one line for all passes of a run, however many there are at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from reviewer.engine.interface import Reply
from reviewer.findings import Claim
from reviewer.outcome import NO_USAGE, Usage
from reviewer.plan.passes import Pass, PassKind
from reviewer.reply.stream import ClaimStream
from reviewer.report.amounts import cost_text, counted
from reviewer.terminal import Terminal

_CHARACTERS_PER_TOKEN = 2.5
"""Of answer text, for the running figure alone: the provider says the true one when the answer ends."""
_NAMED = 3
"""Passes under way that are called by their names; more are counted."""


@dataclass(slots=True)
class _Seen:
    """What is known of one request."""

    name: str
    usage: Usage = NO_USAGE
    model: str = ""
    """The one that answers, as it names itself."""
    begun: bool = False
    characters: int = 0
    found: int = 0
    over: bool = False
    claims: ClaimStream = field(default_factory=ClaimStream)


class Watch:
    """The status line of a run: passes done of those planned, tokens in, findings so far, dollars. Told from several threads."""

    def __init__(
        self,
        terminal: Terminal,
        update: Callable[[str], None],
        model: str,
        planned: int,
        dollars: Callable[[Usage, str], float | None],
    ) -> None:
        self._terminal = terminal
        self._update = update
        self._model = model
        self._planned = planned
        self._dollars = dollars
        self._requests: list[_Seen] = []
        self._done: set[str] = set()
        self._lock = Lock()

    def kept(self, asked: Pass, replies: tuple[Reply, ...], *, whole: bool) -> None:
        """Earlier processes have paid for this."""
        with self._lock:
            for reply in replies:
                seen = _Seen(asked.name, reply.usage, reply.model, over=True)
                seen.found = len(seen.claims.feed(reply.text))
                self._requests.append(seen)
            if whole:
                self._done.add(asked.name)
            self._terminal.detail(f"{asked.name}: {'the whole answer' if whole else 'a part of the answer'} is kept from before")

    def begin(self, asked: Pass) -> WatchedRequest:
        """A request is about to be sent."""
        seen = _Seen(asked.name)
        with self._lock:
            self._requests.append(seen)
            self._done.discard(asked.name)  # a busy endpoint had refused it
        return WatchedRequest(self, seen)

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        """The answer to a pass is all here."""
        price = f", {cost_text(cost_usd, reply.usage, '$')}" if cost_usd is not None or not reply.usage.known else ""
        with self._lock:
            found = self._over(asked, reply.usage)
            findings = f"{counted(found, 'finding')}, " if asked.kind is PassKind.LOOK else ""
            self._terminal.detail(
                f"{asked.name}: {findings}{reply.usage.output_tokens:,} tokens out, {reply.seconds:,.1f} s{price}"
            )
            self._show()

    def failed(self, asked: Pass, problem: str) -> None:
        """Nothing came."""
        with self._lock:
            self._over(asked, None)
            self._terminal.detail(f"{asked.name}: {problem}")
            self._show()

    def _over(self, asked: Pass, usage: Usage | None) -> int:
        self._done.add(asked.name)
        found = 0
        for seen in self._requests:
            if seen.name == asked.name and not seen.over:
                seen.over, seen.usage, found = True, usage or seen.usage, seen.found
        return found

    def sent(self, seen: _Seen) -> None:
        """See `Listener`."""
        with self._lock:
            self._terminal.detail(f"{seen.name}: sent")
            self._show()

    def started(self, seen: _Seen, usage: Usage, request_id: str, model: str) -> None:
        """See `Listener`."""
        with self._lock:
            seen.usage, seen.model, seen.begun = usage, model, True
            cached = f", {usage.cache_read_input_tokens:,} of them from the cache" if usage.cache_read_input_tokens else ""
            read = f"{usage.prompt_tokens:,} tokens in{cached}" if usage.known else "answering"
            self._terminal.detail(f"{seen.name}: request {request_id}: {read}")
            self._show()

    def text(self, seen: _Seen, delta: str) -> None:
        """See `Listener`."""
        with self._lock:
            seen.characters += len(delta)
            for claim in seen.claims.feed(delta):
                seen.found += 1
                if self._terminal.live:
                    self._terminal.say(_line_of(claim))
            self._show()

    def _show(self) -> None:
        # The end is what a narrow terminal cuts: the model was named before.
        self._update(" · ".join(part for part in (self._passes(), *self._figures(), self._model) if part))

    def _passes(self) -> str:
        """How many passes are done, or for a single one nothing; and what is under way."""
        waiting = [seen.name for seen in self._requests if not seen.over and not seen.begun]
        doing = [seen.name for seen in self._requests if not seen.over]
        if self._planned == 1:
            return "reading" if waiting else ""
        under_way = f" ({', '.join(doing) if len(doing) <= _NAMED else f'{len(doing)} under way'})" if doing else ""
        return f"{len(self._done)} of {max(self._planned, len(self._done))} passes{under_way}"

    def _figures(self) -> tuple[str, ...]:
        tokens = sum(seen.usage.prompt_tokens for seen in self._requests)
        if not tokens:
            return ()
        costs = [self._dollars(_so_far(seen), seen.model) for seen in self._requests]
        dollars = sum(cost for cost in costs if cost is not None)
        found = sum(seen.found for seen in self._requests)
        return (f"{tokens:,} tokens in", counted(found, "finding"), "" if None in costs else f"about ${dollars:,.2f}")


@dataclass(frozen=True, slots=True)
class WatchedRequest:
    """A `Listener` for one request."""

    watch: Watch
    seen: _Seen

    def sent(self) -> None:
        """Pass on."""
        self.watch.sent(self.seen)

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """Pass on."""
        self.watch.started(self.seen, usage, request_id, model)

    def text(self, delta: str) -> None:
        """Pass on."""
        self.watch.text(self.seen, delta)


def _so_far(seen: _Seen) -> Usage:
    """What a request took: as billed once it is over, with a guess for the answer until then."""
    return seen.usage if seen.over else seen.usage + Usage(output_tokens=int(seen.characters / _CHARACTERS_PER_TOKEN))


def _line_of(claim: Claim) -> str:
    place = f"{claim.path}:{claim.start_line}" if claim.start_line else claim.path
    return f"{claim.severity.word:>8}  {place}  {claim.title}"
