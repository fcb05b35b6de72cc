"""What a session is given, what it gives back, and who keeps what comes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reviewer.engine.interface import Listener, Prompt, Reply
from reviewer.errors import ReviewerError
from reviewer.outcome import NO_USAGE, Usage
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass


@dataclass(frozen=True, slots=True)
class Request:
    """A pass and what is to be sent for it."""

    asked: Pass
    prompt: Prompt
    rest: Callable[[Sequence[Reply]], Prompt | None] = lambda _: None
    """What is still to be asked after parts of an answer that broke off; None when nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a pass."""

    asked: Pass
    replies: tuple[Reply, ...] = ()
    """The parts of the answer, oldest first: more than one where an earlier process was interrupted. Empty when nothing came."""
    error: ReviewerError | None = None
    """Why nothing came, or nothing more."""
    unasked: str = ""
    """Why it was not asked, or not to the end; empty when it was."""
    resumed: bool = False
    """Whether an earlier process has asked and paid for it, at least in part."""
    superseded: bool = False
    """Whether what may be missing of it was asked in another pass."""

    @property
    def usage(self) -> Usage:
        """Of all parts."""
        return sum((reply.usage for reply in self.replies), NO_USAGE)


class Keeper(Protocol):
    """Keeps what is paid for, pass by pass; used from several threads."""

    def begin(self, prompt: Prompt, plan: Plan) -> None:
        """Make room for the run, before anything is sent.

        Raises StorageError when answers could not be kept, and, when a run is resumed, IncompleteError when `prompt` has another prefix
        than the run began with.
        """

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        """The parts of its answer that earlier processes left, oldest first; empty for a run that begins."""

    def listen(self, asked: Pass, prompt: Prompt) -> Listener:
        """Begin a pass. The listener has each piece of the answer on disk before it is looked at."""

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        """Note how the answer to a pass ended, whole or not."""

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        """Note that nothing came."""

    def measured(self, tokens: int) -> None:
        """Learn from the first usage that was reported how many tokens the prompt of a look really has."""

    def say(self, text: str) -> None:
        """Tell the operator something at once."""

    def end(self) -> str:
        """Every pass was asked that could be; returns the run's id."""
