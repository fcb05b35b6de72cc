"""What a person sees on standard error while a command runs: lines, a status line with the money in it, one question.

Standard output is never touched here: it carries the report and nothing else. The only home of rich, which is imported only where
there is a terminal to draw on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from reviewer.config import Config
from reviewer.findings import NO_USAGE, Claim, Usage
from reviewer.reply.stream import ClaimStream
from reviewer.report.inert import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_CHARACTERS_PER_TOKEN = 2.5
"""Of answer text, for the running figure alone: the provider says the true one when the answer ends."""


class Terminal:
    """Standard error, as far as the settings let us use it."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self._quiet = config.quiet
        self._verbose = config.verbose and not config.quiet
        tty = sys.stderr.isatty()
        self.live = config.progress and not config.quiet and tty and not environ.get("CI") and environ.get("TERM") != "dumb"
        """Whether a status line may be drawn and redrawn."""
        self.color = config.color == "always" or (config.color == "auto" and tty and not environ.get("NO_COLOR"))
        self.can_ask = tty and sys.stdin.isatty() and not environ.get("CI")
        self._bar: Progress | None = None

    def say(self, text: str) -> None:
        """A line for everyone but `--quiet`."""
        if not self._quiet:
            self._line(text)

    def detail(self, text: str) -> None:
        """A line for `--verbose`."""
        if self._verbose:
            self._line(text)

    def ask(self, question: str) -> bool:
        """Ask for a yes; only where `can_ask`."""
        return click.confirm(question, err=True)

    @contextmanager
    def working(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show that `what` is under way; yields a function that changes the text. Without a live terminal: one line in verbose."""
        if not self.live:
            self.detail(what)
            yield lambda _text: None
            return
        bar, task = self._start(what)
        try:
            yield lambda text: bar.update(task, description=text)
        finally:
            self._bar = None
            bar.stop()

    def _start(self, what: str) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = Console(stderr=True, markup=False, highlight=False, emoji=False, no_color=not self.color)
        text = TextColumn("{task.description}", markup=False)
        bar = Progress(SpinnerColumn(), text, TimeElapsedColumn(), console=console, transient=True)
        task = bar.add_task(what, total=None)
        bar.start()
        self._bar = bar
        return bar, task

    def _line(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text, soft_wrap=True)
        else:
            click.echo(text, err=True)


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
        self._terminal.detail(f"request {visible(request_id)}: {usage.prompt_tokens:,} tokens in")
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
        self._update(f"{self._model} · {self._usage.prompt_tokens:,} tokens in · {self._found} findings{price}")


def _line_of(claim: Claim) -> str:
    place = f"{claim.path}:{claim.start_line}" if claim.start_line else claim.path
    return f"{claim.severity.word:>8}  {visible(place)}  {visible(claim.title)}"
