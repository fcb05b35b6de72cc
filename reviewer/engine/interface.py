"""What stands between a prompt and an answer, whoever gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from reviewer.outcome import NO_USAGE, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request to a model: its texts in a fixed order, and how it is to be answered.

    `system` and `documents` are the same bytes for the same tree, history, model and templates, and `change` for the same change to it;
    only `question` and what follows may differ between requests that are to share a cached prefix. A cache breakpoint stands after
    `documents`, another after `change`, and up to two within `documents`: a later commit changes the end of them, and the next push to
    a pull request nothing of them at all.
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
    cuts: tuple[int, ...] = ()
    """Offsets in `documents` (characters) at which a new content block begins; at most 16."""
    breakpoints: tuple[int, ...] = ()
    """Those of `cuts` before which a cache breakpoint stands; at most three, and two
    with a change. One more stands at the end of `documents` in any case."""
    lifetime: Lifetime | None = None
    """How long the provider is to keep the prefix; None leaves it the provider's own, which is five minutes."""
    turns: tuple[Turn, ...] = ()
    """What was said after `question`, oldest first; the last turn is the user's."""
    follows: str = ""
    """The id of an earlier message over the same prefix: the provider is asked why the cache missed, if it did. May be empty."""


class Lifetime(StrEnum):
    """How long an entry of the provider's prompt cache lives after it was last used. The value is the `ttl` of the request."""

    FIVE_MINUTES = "5m"
    ONE_HOUR = "1h"

    @property
    def seconds(self) -> int:
        """The same in seconds."""
        return 300 if self is Lifetime.FIVE_MINUTES else 3600


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said in a conversation over the prefix."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """What may still be asked in the running minute, as the endpoint last said; None where it said nothing, or too long ago.

    Tokens read from the cache do not count among `input_tokens`.
    """

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


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
    message_id: str = ""
    """The provider's id of the answer: what a later request `follows`."""
    cache_miss: str = ""
    """Why the prefix was not read from the cache, as the provider says: `messages_changed`, `model_changed`, …; empty when it was read, and
    when the two requests are made alike, so that the entry must have been gone or not yet there."""
    retries: int = 0
    """Attempts before the one that was answered, those with an ability that the endpoint refused among them."""


class Listener(Protocol):
    """Told what happens while a request is under way. Never raises; never blocks for long."""

    def sent(self) -> None:
        """The request has left."""

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """The first event arrived: the input is paid for, and known where the endpoint reports it; `model` is the one that answers."""

    def text(self, delta: str) -> None:
        """A piece of the answer, in order. It is on disk before this returns."""


class Engine(Protocol):
    """Something that answers prompts, also several at once from several threads."""

    @property
    def limits(self) -> RateLimits:
        """What the last response said may still be asked."""

    @property
    def newest(self) -> str:
        """The id of the message that began last: what a request over the same prefix may follow. Empty before the first."""

    @property
    def is_providers_own(self) -> bool:
        """Whether the provider itself answers, so that its counts are what it bills. Anybody else's count is no more than evidence."""

    def count(self, prompt: Prompt) -> int | None:
        """Input tokens of the whole request as the endpoint counts them; None where it does not. Never raises."""

    def send(self, prompt: Prompt, listener: Listener) -> Reply:
        """Ask once. Returns whatever part of an answer arrived; raises ProviderError when none did."""
