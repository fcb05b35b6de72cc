"""An engine and a keeper that trace what they are asked, and pass it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reviewer.answers import Keeper
from reviewer.engine.interface import Engine, Listener, Prompt, RateLimits, Reply
from reviewer.errors import ReviewerError
from reviewer.outcome import Usage
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass
from reviewer.tracing.spans import Span, Trace
from reviewer.tracing.vocabulary import REQUEST


@dataclass(frozen=True, slots=True)
class _OfPass:
    """A listener that says which pass it listens to.

    An engine tells its listener first of all that it sends, in the thread in which it was asked, however many stand in between.
    """

    name: str
    inner: Listener
    trace: Trace

    def sent(self) -> None:
        """Name the pass of the request that is under way, and pass on."""
        self.trace.set(pass_name=self.name)
        self.inner.sent()

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """Pass on."""
        self.inner.started(usage, request_id, model)

    def text(self, delta: str) -> None:
        """Pass on."""
        self.inner.text(delta)


@dataclass(frozen=True, slots=True)
class _Noting:
    """A listener that notes on a span what is paid for as soon as that is known: the answer may break off."""

    inner: Listener
    span: Span
    engine: TracedEngine

    def sent(self) -> None:
        """Pass on."""
        self.inner.sent()

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """Note, and pass on."""
        self.span.set(request_id=request_id, **self.engine.paid(usage, model))
        self.inner.started(usage, request_id, model)

    def text(self, delta: str) -> None:
        """Pass on."""
        self.inner.text(delta)


@dataclass(frozen=True, slots=True)
class TracedEngine:
    """An `Engine` whose counts and requests are spans of a trace."""

    engine: Engine
    trace: Trace
    dollars: Callable[[Usage, str], float | None]
    """What was billed, and the model that answered → US dollars; None when that is unknown."""

    @property
    def limits(self) -> RateLimits:
        """As the engine says."""
        return self.engine.limits

    @property
    def newest(self) -> str:
        """As the engine says."""
        return self.engine.newest

    @property
    def is_providers_own(self) -> bool:
        """As the engine says."""
        return self.engine.is_providers_own

    def count(self, prompt: Prompt) -> int | None:
        """Count, and trace it."""
        with self.trace.span("count", model=prompt.model) as span:
            tokens = self.engine.count(prompt)
            span.set(tokens=tokens)
            return tokens

    def send(self, prompt: Prompt, listener: Listener) -> Reply:
        """Ask, and trace what the reply says."""
        with self.trace.span(REQUEST, model=prompt.model) as span:
            reply = self.engine.send(prompt, _Noting(listener, span, self))
            span.set(
                request_id=reply.request_id,
                message_id=reply.message_id,
                answered_by=reply.model,
                stop=reply.stop.value,
                retries=reply.retries,
                **self.paid(reply.usage, reply.model),
            )
            return reply

    def paid(self, usage: Usage, model: str) -> Mapping[str, float | None]:
        """Tokens and dollars as attributes of a span; none where nobody knows them."""
        if not usage.known:
            return {}
        return {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "cache_creation_input_tokens": usage.cache_creation_input_tokens,
            "cost_usd": self.dollars(usage, model),
        }


@dataclass(frozen=True, slots=True)
class TracedKeeper:
    """A `Keeper` by which the requests of a `TracedEngine` say which pass they belong to."""

    keeper: Keeper
    trace: Trace

    def begin(self, prompt: Prompt, plan: Plan) -> None:
        """Pass on."""
        self.keeper.begin(prompt, plan)

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        """Pass on."""
        return self.keeper.kept(asked)

    def listen(self, asked: Pass, prompt: Prompt) -> Listener:
        """Pass on, and name the pass."""
        return _OfPass(asked.name, self.keeper.listen(asked, prompt), self.trace)

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        """Pass on."""
        self.keeper.ended(asked, reply, cost_usd)

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        """Pass on."""
        self.keeper.failed(asked, error)

    def measured(self, tokens: int) -> None:
        """Pass on."""
        self.keeper.measured(tokens)

    def say(self, text: str) -> None:
        """Pass on."""
        self.keeper.say(text)

    def end(self) -> str:
        """Pass on."""
        return self.keeper.end()
