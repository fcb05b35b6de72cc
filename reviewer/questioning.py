"""The story of one question about a run: room is made for it, its price agreed on, it is sent, and the answer kept.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reviewer.collect.secrets import mask
from reviewer.conversation import (
    LEAST_ANSWER,
    Conversation,
    Exchange,
    Price,
    Saying,
    answer_room,
    own_tokens,
    price,
    turned,
)
from reviewer.conversation_texts import Told, said
from reviewer.engine.interface import Engine, Lifetime, Listener, Prompt, Reply
from reviewer.errors import DoesNotFitError, IncompleteError
from reviewer.plan.correction import Correction
from reviewer.plan.cost import Prices
from reviewer.plan.decision import Plan, TokenRange
from reviewer.plan.lifetime import Use, is_warm
from reviewer.plan.window import believed, settle

MOST_SUMMARY = 8_000
"""Tokens of a summary, thinking included."""
_LEAST_SUMMARY = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A request that fits, and what it may cost."""

    saying: Saying
    prompt: Prompt
    tokens: TokenRange
    price: Price | None
    """None when the model's price is unknown."""
    is_warm: bool
    """Whether the provider should still have the prefix in its cache."""


class Keeper(Protocol):
    """Keeps what is paid for."""

    def begin(self, conversation: Conversation) -> Listener:
        """Make room for the answer to the last exchange. The listener has each piece of it on disk before it is looked at.

        Raises StorageError when it could not be kept.
        """

    def ended(self, conversation: Conversation) -> None:
        """Note how the answer to the last exchange ended. Raises StorageError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioning:
    """What a question about a run needs."""

    prompt: Prompt
    """The run's own, made again; only its question is replaced."""
    plan: Plan
    correction: Correction | None
    prefix: str
    """SHA-256 of the prompt's prefix."""
    uses: tuple[Use, ...]
    """When the run itself used the provider's cache."""
    told: Told
    engine: Engine
    keeper: Keeper
    approve: Callable[[Ready], None]
    """Told what is about to be sent before anything that costs is; raises to stop."""
    clock: Callable[[], datetime]
    redacts: bool = True
    """Whether questions are sent, and kept, without the secrets in them."""

    def ask(self, question: str, conversation: Conversation) -> Conversation:
        """The conversation with `question` answered, as far as the answer arrived.

        Raises DoesNotFitError when the window does not even hold the question alone, IncompleteError when the conversation had to be
        summarised and was not, and ProviderError when no answer arrived at all.
        """
        question = mask(question) if self.redacts else question
        ready = self._ready(question, conversation)
        if ready is None and conversation.live:
            conversation = self._summarised(conversation)
            ready = self._ready(question, conversation)
        if ready is None:
            raise self._too_long(conversation)
        return self._sent(ready, question, conversation)

    def _ready(self, question: str, conversation: Conversation) -> Ready | None:
        """The request for a question; None when the window does not hold it."""
        live = conversation.live
        sent = question if live else self.told.opening(question, conversation.summary)
        wanted = self.plan.max_output
        request = turned(self.prompt, live, sent, wanted)
        return self._fitted(Saying.QUESTION, request, conversation, least=wanted if live else LEAST_ANSWER)

    def _summarised(self, conversation: Conversation) -> Conversation:
        """The conversation after a summary of it. Raises DoesNotFitError without room for one, and IncompleteError when none came."""
        wanted = min(MOST_SUMMARY, self.plan.max_output)
        request = turned(self.prompt, conversation.live, self.told.summary_request(), wanted)
        ready = self._fitted(Saying.SUMMARY, request, conversation, least=_LEAST_SUMMARY)
        if ready is None:
            raise self._too_long(conversation)
        conversation = self._sent(ready, "", conversation)
        made = conversation.exchanges[-1]
        if not made.is_whole or not said(made):
            raise IncompleteError(
                f"the conversation is too long for the window, and its summary did not arrive. {made.problem}".strip(),
                hint="Ask again, or start over with --new.",
            )
        return conversation

    def _fitted(self, saying: Saying, prompt: Prompt, conversation: Conversation, *, least: int) -> Ready | None:
        """The request with as much room for its answer as there is, at least `least` tokens; None without it."""
        own = own_tokens(prompt, self.plan.model.tokenizer, self.correction)
        tokens = self._count(prompt, own)
        plan = settle(self.plan, tokens.exact, is_providers_own=True) if tokens.exact is not None else self.plan
        room = answer_room(plan.window_tokens, tokens, prompt.max_output, least)
        if room == 0:
            return None
        cost = price(plan.model, tokens, own, room, prompt.lifetime or Lifetime.FIVE_MINUTES)
        warm = is_warm((*self.uses, *conversation.uses), self.prefix, self.clock())
        fitted = dataclasses.replace(prompt, max_output=room, betas=plan.betas)
        return Ready(saying=saying, prompt=fitted, tokens=tokens, price=cost, is_warm=warm)

    def _count(self, prompt: Prompt, own: TokenRange) -> TokenRange:
        """The endpoint's count; without one that can be believed, the plan's estimate, which holds the review's question besides."""
        plan = self.plan.tokens
        estimated = TokenRange(estimate=plan.estimate + own.estimate, low=plan.low + own.low, high=plan.high + own.high)
        count = self.engine.count(prompt)
        return believed(estimated, count, is_providers_own=self.engine.is_providers_own) or estimated

    def _sent(self, ready: Ready, question: str, conversation: Conversation) -> Conversation:
        self.approve(ready)
        turns = ready.prompt.turns
        exchange = Exchange(
            saying=ready.saying,
            question=question,
            sent=turns[-1].text if turns else ready.prompt.question,
            began=self.clock().isoformat(),
            model=ready.prompt.model,
            prefix=self.prefix,
            lifetime=(ready.prompt.lifetime or Lifetime.FIVE_MINUTES).seconds,
        )
        conversation = conversation.plus(exchange)
        reply = self.engine.send(ready.prompt, self.keeper.begin(conversation))
        prices = Prices(self.plan.model, self.plan.basis.catalogue)
        conversation = conversation.ending(_answered(exchange, reply, prices.usd(reply.usage, reply.model)))
        self.keeper.ended(conversation)
        return conversation

    def _too_long(self, conversation: Conversation) -> DoesNotFitError:
        window = f"{self.plan.window_tokens:,} tokens"
        if conversation.live:
            return DoesNotFitError(
                f"the window of {window} holds neither the conversation nor a request for its summary",
                hint="Start over with --new.",
            )
        return DoesNotFitError(
            f"the prefix and the question leave less than {min(LEAST_ANSWER, self.plan.max_output):,} of the window's {window} for an answer",
            hint="Ask a shorter question, or make a review of less with --exclude and ask about that.",
        )


def _answered(exchange: Exchange, reply: Reply, cost_usd: float | None) -> Exchange:
    return dataclasses.replace(
        exchange,
        model=reply.model or exchange.model,
        answer=reply.text,
        stop=reply.stop,
        problem=reply.problem,
        usage=reply.usage,
        cost_usd=cost_usd,
        seconds=reply.seconds,
        request_id=reply.request_id,
        message_id=reply.message_id,
        cache_miss=reply.cache_miss,
    )
