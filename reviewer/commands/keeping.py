"""Keeps a run on disk and shows it on the terminal while the answer arrives."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from reviewer import __version__
from reviewer.collect.subject import Subject
from reviewer.commands.watching import Watch
from reviewer.engine.interface import Listener, Prompt, Reply
from reviewer.engine.request import request_text
from reviewer.outcome import Usage
from reviewer.plan.cost import usd
from reviewer.plan.decision import Plan
from reviewer.runs import Run, RunStore
from reviewer.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Both:
    """Two listeners as one: the first has heard before the second does."""

    first: Listener
    second: Listener

    def sent(self) -> None:
        """Pass on."""
        self.first.sent()
        self.second.sent()

    def started(self, usage: Usage, request_id: str) -> None:
        """Pass on."""
        self.first.started(usage, request_id)
        self.second.started(usage, request_id)

    def text(self, delta: str) -> None:
        """Pass on."""
        self.first.text(delta)
        self.second.text(delta)


@dataclass(slots=True)
class Keeping:
    """A `Keeper` over the state folder and the terminal.

    The run stays open until `stack` is left: only then is it known whether the report could be written.
    """

    subject: Subject
    store: RunStore
    stack: ExitStack
    terminal: Terminal
    run: Run | None = field(default=None, init=False)
    _status: ExitStack = field(default_factory=ExitStack, init=False)

    def begin(self, prompt: Prompt, plan: Plan) -> Listener:
        """Open the run's folder and the status line. Raises StorageError when the answer could not be kept."""
        run = self.store.start(
            version=__version__,
            model=prompt.model,
            subject=self.subject.title,
            commit=self.subject.commit,
            request=request_text(prompt),
        )
        self.run = self.stack.enter_context(run)
        self.stack.enter_context(self._status)
        update = self._status.enter_context(self.terminal.working(f"sending to {prompt.model}"))
        return Both(run, Watch(self.terminal, update, prompt.model, lambda usage: usd(usage, plan.model)))

    def end(self, reply: Reply, cost_usd: float | None) -> str:
        """Close the status line, note the answer; returns the run's id."""
        self._status.close()
        assert self.run is not None, "begin comes before end"  # noqa: S101 - the story's order, not an input
        self.run.answered(reply, cost_usd)
        if self.run.storage_problem:
            self.terminal.say(f"Not everything of this run could be kept on disk: {self.run.storage_problem}")
        return self.run.id
