"""A conversation over a run's prefix: what was said, which of it is said again, and what the next question costs.

Every question is asked over the run's own prefix, byte for byte, so that the provider reads it from its cache. What was said before
follows it: the turns exactly as they were sent and received, since some models check that. When the window would overflow, a summary
takes the place of what was said; the history keeps all of it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

from reviewer.engine.interface import Lifetime, Prompt, Stop, Turn
from reviewer.outcome import NO_USAGE, Usage
from reviewer.plan.correction import Correction
from reviewer.plan.cost import prefix_price
from reviewer.plan.decision import TokenRange
from reviewer.plan.lifetime import Use
from reviewer.plan.model import Model, Tokenizer
from reviewer.plan.tokens import text_tokens

LEAST_ANSWER = 8_000
"""Tokens that must be left for an answer, thinking included; with less room nothing is asked."""
SHORT_ANSWER = 2_000
"""Tokens that an answer to a question usually takes, thinking included."""


class Saying(StrEnum):
    """What a request of a conversation was for."""

    QUESTION = "question"
    """A person asked."""
    SUMMARY = "summary"
    """We asked, to have room again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of a conversation, and what came of it."""

    saying: Saying
    question: str
    """The person's own words; empty for a summary."""
    sent: str
    """The user's turn as it was sent. It holds no file of the repository."""
    began: str
    """ISO 8601, UTC."""
    model: str
    answer: str = ""
    """The assistant's turn as it was received, whole or not."""
    stop: Stop | None = None
    """How the answer ended; None while it is under way, and where the process that asked was killed."""
    problem: str = ""
    usage: Usage = NO_USAGE
    cost_usd: float | None = 0.0
    seconds: float = 0.0
    request_id: str = ""
    message_id: str = ""
    cache_miss: str = ""
    """Why the prefix was not read from the cache, in the provider's word; empty when it was, or when nobody knows."""
    prefix: str = ""
    """SHA-256 of the prefix it was asked over, as hex digits."""
    lifetime: int = 0
    """Seconds for which the provider was asked to keep the prefix."""

    @property
    def can_be_said_again(self) -> bool:
        """Whether a later request may carry it: there is an answer, and no classifier stopped it."""
        return bool(self.answer.strip()) and self.stop is not Stop.REFUSED

    @property
    def is_whole(self) -> bool:
        """Whether all of the answer arrived."""
        return self.stop is Stop.END


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that was asked about a run, oldest first."""

    exchanges: tuple[Exchange, ...] = ()

    @property
    def summary(self) -> Exchange | None:
        """The latest whole summary: it stands for everything before it."""
        return next((each for each in reversed(self.exchanges) if each.saying is Saying.SUMMARY and each.is_whole), None)

    @property
    def live(self) -> tuple[Exchange, ...]:
        """What the next request says again: the questions since the latest summary that were answered, at least in part."""
        summary = self.summary
        since = self.exchanges[self.exchanges.index(summary) + 1 :] if summary is not None else self.exchanges
        return tuple(each for each in since if each.saying is Saying.QUESTION and each.can_be_said_again)

    @property
    def is_under_way(self) -> bool:
        """Whether the answer to the last question has not ended."""
        return bool(self.exchanges) and self.exchanges[-1].stop is None

    @property
    def uses(self) -> tuple[Use, ...]:
        """When the provider's cache was used last, prefix by prefix."""
        return tuple(
            Use(each.began, each.prefix, each.lifetime)
            for each in self.exchanges
            if each.usage.cache_read_input_tokens or each.usage.cache_creation_input_tokens
        )

    @property
    def questions(self) -> int:
        """How many questions were asked."""
        return sum(each.saying is Saying.QUESTION for each in self.exchanges)

    def plus(self, exchange: Exchange) -> Conversation:
        """With one more exchange."""
        return Conversation((*self.exchanges, exchange))

    def ending(self, exchange: Exchange) -> Conversation:
        """With `exchange` in the place of the last one, whose answer has ended."""
        return Conversation((*self.exchanges[:-1], exchange))


def turned(prompt: Prompt, said: tuple[Exchange, ...], sent: str, max_output: int) -> Prompt:
    """The run's `prompt`, with what was said and the user's turn `sent` in the place of its question.

    Nothing before the question differs, nor anything else that decides whether the provider finds the prefix in its cache.
    """
    if not said:
        return dataclasses.replace(prompt, question=sent, turns=(), max_output=max_output)
    mine = [*(each.sent for each in said[1:]), sent]
    turns = [turn for each, text in zip(said, mine, strict=True) for turn in (Turn("assistant", each.answer), Turn("user", text))]
    return dataclasses.replace(
        prompt, question=said[0].sent, turns=tuple(turns), max_output=max_output, follows=said[-1].message_id
    )


def own_tokens(prompt: Prompt, tokenizer: Tokenizer, correction: Correction | None) -> TokenRange:
    """About how many tokens the question and the turns take, which no earlier request has put into the cache."""
    text = "\n".join((prompt.question, *(turn.text for turn in prompt.turns)))
    return text_tokens(text, tokenizer, correction)


def answer_room(window: int, tokens: TokenRange, wanted: int, least: int) -> int:
    """Tokens of answer to ask for: as many as are wanted, else what the window leaves after the prompt; 0 when that is below `least`."""
    left = window - tokens.to_fit
    return min(wanted, left) if left >= min(least, wanted) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one question may cost, in US dollars."""

    cached: float
    """With a short answer, when the prefix is read from the cache."""
    fresh: float
    """With a short answer, when the prefix must be written to the cache again."""
    cached_most: float
    """With the longest answer, when the prefix is read from the cache."""
    most: float
    """With the longest answer, and the prefix written again."""


def price(model: Model, tokens: TokenRange, own: TokenRange, max_output: int, lifetime: Lifetime) -> Price | None:
    """The price of a request of `tokens`, of which `own` stand after the prefix; None when the model's price is unknown."""
    usual, dear = prefix_price(model, tokens.estimate, lifetime), prefix_price(model, tokens.high, lifetime)
    if usual is None or dear is None:
        return None
    prefix, rest = max(0, tokens.estimate - own.estimate), own.estimate * usual.plain
    short = min(max_output, SHORT_ANSWER) * usual.answer
    return Price(
        cached=prefix * usual.read + rest + short,
        fresh=prefix * max(usual.write, usual.plain) + rest + short,
        cached_most=max(0, tokens.high - own.low) * dear.read + own.high * dear.plain + max_output * dear.answer,
        most=tokens.high * max(dear.write, dear.plain) + max_output * dear.answer,
    )
