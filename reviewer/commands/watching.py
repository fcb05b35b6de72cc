"""Shows an answer on the terminal as it arrives."""

from __future__ import annotations

from collections.abc import Callable

from reviewer.findings import Claim
from reviewer.outcome import NO_USAGE, Usage
from reviewer.reply.stream import ClaimStream
from reviewer.report.amounts import counted
from reviewer.terminal import Terminal

_CHARACTERS_PER_TOKEN = 2.5
"""Of answer text, for the running figure alone: the provider says the true one when the answer ends."""


class Watch:
    """A Listener that shows an answer as it arrives: tokens in, findings so far, dollars."""

    def __init__(
        self, terminal: Terminal, update: Callable[[str], None], model: str, dollars: Callable[[Usage], float | None]
    ) -> None:
        self._terminal = terminal
        self._update = update
        self._model = model
        self._dollars = dollars
        self._claims = ClaimStream()
        self._found = 0
        self._characters = 0
        self._usage = NO_USAGE

    def sent(self) -> None:
        """The request has left."""
        self._update(f"{self._model} is reading")

    def started(self, usage: Usage, request_id: str) -> None:
        """Input tokens are known."""
        self._usage = usage
        self._terminal.detail(f"request {request_id}: {usage.prompt_tokens:,} tokens in")
        self._show()

    def text(self, delta: str) -> None:
        """A piece of the answer."""
        self._characters += len(delta)
        for claim in self._claims.feed(delta):
            self._found += 1
            if self._terminal.live:
                self._terminal.say(_line_of(claim))
        self._show()

    def _show(self) -> None:
        out = int(self._characters / _CHARACTERS_PER_TOKEN)
        so_far = Usage(
            input_tokens=self._usage.input_tokens,
            output_tokens=out,
            cache_read_input_tokens=self._usage.cache_read_input_tokens,
            cache_creation_input_tokens=self._usage.cache_creation_input_tokens,
        )
        dollars = self._dollars(so_far)
        price = "" if dollars is None else f" · about ${dollars:,.2f}"
        self._update(f"{self._model} · {self._usage.prompt_tokens:,} tokens in · {counted(self._found, 'finding')}{price}")


def _line_of(claim: Claim) -> str:
    place = f"{claim.path}:{claim.start_line}" if claim.start_line else claim.path
    return f"{claim.severity.word:>8}  {place}  {claim.title}"
