"""What stands between a prompt and an answer, whoever gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from reviewer.outcome import NO_USAGE, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request to a model: its texts in a fixed order, and how it is to be answered.

    `system` and `documents` are the same bytes for the same tree, model and templates, and `change` for the same change to it; only
    `question` may differ between requests that are to share a cached prefix. A cache breakpoint stands after `documents`, and another
    after `change`: the next push to a pull request reads the first from the cache, a second question about this push both.
    """

    model: str
    system: str
    documents: str
    question: str
    schema: Mapping[str, Any]
    """JSON Schema of the answer."""
    max_output: int
    """Tokens."""
    effort: str | None
    """Sent only when the operator asked for one and the model knows it."""
    thinking: Mapping[str, Any] | None
    """The `thinking` parameter to send, or None to leave it out (the catalogue knows which)."""
    structured: bool
    """Whether the model takes `output_config.format`."""
    betas: tuple[str, ...] = ()
    change: str = ""
    """The changed files at the head, the diff and the author's words; stands between documents and question. Empty without a change."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Path → the text that went into `documents`: what a quote is looked for in."""


class Stop(StrEnum):
    """How an answer ended. Only END is a whole answer."""

    END = "end"
    OUTPUT_LIMIT = "output limit"
    """`max_tokens`: cut at our limit."""
    WINDOW_FULL = "window full"
    """`model_context_window_exceeded`: cut at the end of the window."""
    REFUSED = "refused"
    """A classifier stopped it; whatever text there is must not be used."""
    CUT = "cut"
    """The stream broke, ended early or carried an error event; what had arrived is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, whole or not."""

    text: str
    stop: Stop
    problem: str = ""
    """One sentence for the report when `stop` is not END: what happened and what was kept."""
    usage: Usage = NO_USAGE
    model: str = ""
    """The model that answered, as it names itself."""
    request_id: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    """Abilities the endpoint lacked and what was done instead."""


class Listener(Protocol):
    """Told what happens while a request is under way. Never raises; never blocks for long."""

    def sent(self) -> None:
        """The request has left."""

    def started(self, usage: Usage, request_id: str) -> None:
        """The first event arrived: input tokens are known and paid for."""

    def text(self, delta: str) -> None:
        """A piece of the answer, in order. It is on disk before this returns."""


class Engine(Protocol):
    """Something that answers prompts."""

    def count(self, prompt: Prompt) -> int | None:
        """Input tokens of the whole request by the provider's own count; None where the endpoint cannot count."""

    def send(self, prompt: Prompt, listener: Listener) -> Reply:
        """Ask once. Returns whatever part of an answer arrived; raises ProviderError when none did."""
