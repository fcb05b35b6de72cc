"""An engine and a keeper that trace what they are asked, and pass it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reviewer.engine.interface import Engine, Listener, Prompt, RateLimits, Reply
from reviewer.errors import ReviewerError
from reviewer.outcome import Usage
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass
from reviewer.session import Keeper
from reviewer.tracing.spans import Trace
from reviewer.tracing.vocabulary import REQUEST


@dataclass(frozen=True, slots=True)
class OfPass:
    """A listener that also says which pass it listens to."""

    name: str
    listener: Listener

    def sent(self) -> None:
        """Pass on."""
        self.listener.sent()

    def started(self, usage: Usage, request_id: str) -> None:
        """Pass on."""
        self.listener.started(usage, request_id)

    def text(self, delta: str) -> None:
        """Pass on."""
        self.listener.text(delta)


@dataclass(frozen=True, slots=True)
class TracedEngine:
    """An `Engine` whose counts and requests are spans of a trace."""

    engine: Engine
    trace: Trace
    dollars: Callable[[Usage], float | None]
    """What the provider billed → US dollars; None when the price is unknown."""

    @property
    def limits(self) -> RateLimits:
        """As the engine says."""
        return self.engine.limits

    def count(self, prompt: Prompt) -> int | None:
        """Count, and trace it."""
        with self.trace.span("count", model=prompt.model) as span:
            tokens = self.engine.count(prompt)
            span.set(tokens=tokens)
            return tokens

    def send(self, prompt: Prompt, listener: Listener) -> Reply:
        """Ask, and trace what the reply says."""
        name = listener.name if isinstance(listener, OfPass) else None
        with self.trace.span(REQUEST, model=prompt.model, pass_name=name) as span:
            reply = self.engine.send(prompt, listener)
            usage = reply.usage
            span.set(
                request_id=reply.request_id,
                message_id=reply.message_id,
                answered_by=reply.model,
                stop=reply.stop.value,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_input_tokens=usage.cache_read_input_tokens,
                cache_creation_input_tokens=usage.cache_creation_input_tokens,
                cost_usd=self.dollars(usage),
                retries=reply.retries,
            )
            return reply


@dataclass(frozen=True, slots=True)
class TracedKeeper:
    """A `Keeper` that tells a `TracedEngine` which pass a request belongs to. It stands outside all others."""

    keeper: Keeper

    def begin(self, prompt: Prompt, plan: Plan) -> None:
        """Pass on."""
        self.keeper.begin(prompt, plan)

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        """Pass on."""
        return self.keeper.kept(asked)

    def listen(self, asked: Pass, prompt: Prompt) -> Listener:
        """Pass on, and remember the pass."""
        return OfPass(asked.name, self.keeper.listen(asked, prompt))

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        """Pass on."""
        self.keeper.ended(asked, reply, cost_usd)

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        """Pass on."""
        self.keeper.failed(asked, error)

    def end(self) -> str:
        """Pass on."""
        return self.keeper.end()
