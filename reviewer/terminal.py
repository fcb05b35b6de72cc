"""What a person sees on standard error while a command runs: lines, a status line, one question.

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
from reviewer.report.inert import visible_line
from reviewer.streams import tell, wrapped

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


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
        """A line for everyone but `--quiet`; nothing for an empty text."""
        if text and not self._quiet:
            self._line(text)

    def detail(self, text: str) -> None:
        """A line for `--verbose`."""
        if self._verbose:
            self._line(text)

    def ask(self, question: str) -> bool:
        """Ask for a yes; only where `can_ask`."""
        try:
            return click.confirm(question, err=True)
        except click.Abort:
            tell("")  # the answer's line is still open
            raise KeyboardInterrupt from None

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
        # Names and titles in it come from the repository and the model.
        text = visible_line(text)
        if self._bar is not None:
            self._bar.console.print(wrapped(text), soft_wrap=True)
        else:
            tell(text)
