"""Keeps the answer to a question with its run, and shows it while it arrives: the status on standard error, the text on standard output."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.commands.keeping import Both
from reviewer.commands.outputs import print_out
from reviewer.conversation import Conversation, Saying
from reviewer.conversation_file import ConversationFile
from reviewer.engine.interface import Listener
from reviewer.errors import StorageError
from reviewer.outcome import Usage
from reviewer.plan.cost import Prices
from reviewer.reply.masking_lines import MaskedLines
from reviewer.reply.stream import ReplyStream
from reviewer.report.flow import Flow
from reviewer.run_answers import AnswerFile, Reserve
from reviewer.storage import storage_error
from reviewer.terminal import Terminal

_NARROWEST = 20


@dataclass(slots=True)
class Answering:
    """A `Keeper` over the run's folder, the terminal and standard output. Use it as a context manager."""

    file: ConversationFile
    folder: Path
    terminal: Terminal
    prices: Prices
    """What usage costs."""
    starts_over: bool = False
    """Whether the conversation that is there is set aside before the first answer is kept."""
    storage_problem: str = field(default="", init=False)
    """What could not be kept, or shown, although it was paid for; empty when all was."""
    _status: ExitStack = field(default_factory=ExitStack, init=False)
    _part: AnswerFile | None = field(default=None, init=False)
    _reserve: Reserve | None = field(default=None, init=False)
    _is_under_way: bool = field(default=False, init=False)
    shown: Shown | None = field(default=None, init=False)
    """What was shown of the last answer; None before the first."""

    def begin(self, conversation: Conversation) -> Listener:
        """See `Keeper`: room is made on the disk first."""
        exchange = conversation.exchanges[-1]
        try:
            self._reserve = Reserve(self.folder)
        except OSError as error:
            raise storage_error(self.folder, error) from error
        if self.starts_over:
            old = self.file.set_aside()
            self.terminal.say(f"the conversation so far is kept as {old}" if old else "")
            self.starts_over = False
        self._part = self.file.begin(conversation, self._reserve, self.complain)
        self._is_under_way = True
        is_summary = exchange.saying is Saying.SUMMARY
        what = f"{exchange.model} is summarising the conversation" if is_summary else f"{exchange.model} is reading"
        update = self._status.enter_context(self.terminal.working(what))
        self.shown = Shown(self.terminal, update, self._status.close, exchange.model, self.complain, is_silent=is_summary)
        return Both(_Kept(self._part, self._noted(conversation)), self.shown)

    def ended(self, conversation: Conversation) -> None:
        """See `Keeper`. That it could not be kept is no reason not to show an answer: `storage_problem` says it."""
        self.close()
        self._is_under_way = False
        try:
            self.file.save(conversation)
        except StorageError as error:
            self.complain(error)

    def broke_off(self, problem: str) -> bool:
        """Note why an answer that was begun did not end; whether there was one."""
        self.close()
        if not self._is_under_way:
            return False
        try:
            conversation = self.file.load()
            if conversation.exchanges:
                last = dataclasses.replace(conversation.exchanges[-1], problem=problem)
                self.file.save(conversation.ending(last))
        except StorageError as error:
            self.complain(error)
        return True

    def close(self) -> None:
        """Take the status line away and end the text's last line; what arrived is brought to the disk."""
        self._status.close()
        if self.shown is not None:
            self.shown.end()
        if self._part is not None:
            self._part.close()
        if self._reserve is not None:
            self._reserve.let_go()

    def complain(self, error: StorageError) -> None:
        """Remember the first thing that could not be written."""
        self.storage_problem = self.storage_problem or error.message

    def _noted(self, conversation: Conversation) -> Callable[[Usage, str, str], None]:
        """What notes that the input is paid for."""

        def note(usage: Usage, request_id: str, model: str) -> None:
            paid = self.prices.usd(usage, model)
            begun = dataclasses.replace(conversation.exchanges[-1], usage=usage, request_id=request_id, cost_usd=paid)
            try:
                self.file.save(conversation.ending(begun))
            except StorageError as error:
                self.complain(error)

        return note


@dataclass(frozen=True, slots=True)
class _Kept:
    """A `Listener` that has each piece on disk before it is looked at."""

    part: AnswerFile
    note: Callable[[Usage, str, str], None]

    def sent(self) -> None:
        """`conversation.json` says so already."""

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """So much is paid for by now."""
        self.note(usage, request_id, model)

    def text(self, delta: str) -> None:
        """Append a piece."""
        self.part.write(delta)


class Shown:
    """A `Listener` that shows the text of a reply as it arrives."""

    def __init__(
        self,
        terminal: Terminal,
        update: Callable[[str], None],
        stop: Callable[[], None],
        model: str,
        complain: Callable[[StorageError], None],
        *,
        is_silent: bool,
    ) -> None:
        """`update` changes the status line, `stop` takes it away; `is_silent` where nobody asked for the text."""
        self.anything = False
        """Whether any of the text was shown."""
        self._terminal = terminal
        self._update = update
        self._stop = stop
        self._model = model
        self._complain = complain
        self._is_silent = is_silent
        self._is_broken = False
        self._stream = ReplyStream()
        self._flow = Flow(self._write, text_columns())
        self._lines = MaskedLines()

    def sent(self) -> None:
        """The request has left: the status line says so."""

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """The input was read."""
        read = f"{usage.prompt_tokens:,} tokens in, {cached_share(usage)}" if usage.known else "answering"
        self._terminal.detail(f"request {request_id} to {model or self._model}: {read}")
        self._update(f"{self._model} · {read}")

    def text(self, delta: str) -> None:
        """A piece of the answer, of which the reply's text is a part."""
        text = self._stream.feed(delta)
        if text and not self._is_silent:
            self._show(text)

    def end(self) -> None:
        """Nothing more comes."""
        self._stop()
        self._flow.feed(self._lines.rest())
        self._flow.end()

    def whole(self, text: str) -> None:
        """Show a text of which nothing was recognised while it arrived."""
        self._show(text)
        self.end()

    def _show(self, text: str) -> None:
        self._stop()
        self.anything = True
        self._flow.feed(self._lines.feed(text))

    def _write(self, text: str) -> None:
        if self._is_broken:
            return
        try:
            print_out(text)
        except StorageError as error:  # what is paid for goes on, and is kept
            self._is_broken = True
            self._complain(error)


def text_columns() -> int | None:
    """The width of standard output; None where it is no terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return max(shutil.get_terminal_size().columns, _NARROWEST)


def cached_share(usage: Usage) -> str:
    """How much of the prompt came from the provider's cache, rounded down: 100 % means all of it."""
    if not usage.cache_read_input_tokens:
        return "none of them from the cache"
    return f"{100 * usage.cache_read_input_tokens // usage.prompt_tokens} % of them from the cache"
