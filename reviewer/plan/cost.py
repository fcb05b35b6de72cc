"""Tokens → US dollars: a range before sending, the exact sum after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewer.engine.interface import Lifetime
from reviewer.outcome import Usage
from reviewer.plan.catalog import Catalogue
from reviewer.plan.decision import CostRange, TokenRange
from reviewer.plan.model import Model
from reviewer.plan.passes import Pass, PassKind, verifications

VERIFICATION_TOKENS = 16_000
"""What a verification asks about, at most: `FINDINGS_VERIFIED_AT_ONCE` findings of some 400 tokens."""
_SHORT_ANSWER = 2_000
"""Tokens. What a review of a sound repository takes."""
_USUAL_ANSWER = 8_000
"""Tokens. Twenty findings after some thought."""
_WRITTEN = 2
"""Requests that may have to write the prefix to the cache: the first, and the second, which shows whether the cache is hit."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class PrefixPrice:
    """US dollars per token of a prompt of some length, by how the cache takes it. All the same where a prompt is too short to be cached."""

    plain: float
    write: float
    """The first time, for the lifetime that is asked for."""
    read: float
    """Every further time, within the lifetime."""
    answer: float
    """Of the answer, thinking included."""


def prefix_price(model: Model, tokens: int, lifetime: Lifetime, *, besides: int = 0) -> PrefixPrice | None:
    """The prices of a prompt of `tokens`, and so many `besides` that are not cached; None when the model's price is unknown."""
    step = model.step(tokens + besides)
    if step is None:
        return None
    plain, answer = step.input / _MILLION, step.output / _MILLION
    if tokens < model.min_cache_tokens:
        return PrefixPrice(plain, plain, plain, answer)
    write = step.cache_write_1h if lifetime is Lifetime.ONE_HOUR else step.cache_write_5m
    return PrefixPrice(plain, write / _MILLION, step.cache_read / _MILLION, answer)


def range_for(
    model: Model, tokens: TokenRange, max_output: int, passes: Sequence[Pass], lifetime: Lifetime, *, question: int = 0
) -> CostRange | None:
    """What `passes` over one prompt may cost; None when the model's price is unknown.

    Low: the prompt is as short as it may be, billed plainly the first time and read from the cache by the other looks, which find nothing,
    so that there is nothing to verify. High: it is as long as it may be, the first request writes it to the cache, the second misses and
    writes it again (it is the one that shows whether the cache is hit; after a miss no request begins that could break --max-cost),
    the others read it but the `question` (tokens at most) at its end, and each answer is as long as it may be, thinking included. A step of
    the price counts where either end falls, a verification's with what it asks about.
    """
    cheap, dear = prefix_price(model, tokens.low, lifetime), prefix_price(model, tokens.high, lifetime)
    checked = prefix_price(model, tokens.high, lifetime, besides=VERIFICATION_TOKENS)
    if cheap is None or dear is None or checked is None or not passes:
        return None if not model.price else CostRange(0.0, 0.0, 0.0)
    looks = sum(each.kind is PassKind.LOOK for each in passes)
    checks = verifications(passes)
    low = tokens.low * (min(cheap.plain, cheap.write) + (looks - 1) * cheap.read)
    low += looks * min(max_output, _SHORT_ANSWER) * cheap.answer
    each = [dear] * looks + [checked] * checks
    written, further = each[:_WRITTEN], each[_WRITTEN:]
    most = sum(tokens.high * max(price.plain, price.write) + max_output * price.answer for price in written)
    most += sum(tokens.high * price.read + question * (price.plain - price.read) for price in further)
    most += checks * VERIFICATION_TOKENS * checked.plain
    answer = sum(price.answer for price in further)
    return CostRange(low, most + answer * max_output, most + answer * min(max_output, _USUAL_ANSWER))


def total(costs: Iterable[float | None]) -> float | None:
    """Dollars of several requests; None when the price of one is unknown."""
    known: list[float] = []
    for cost in costs:
        if cost is None:
            return None
        known.append(cost)
    return sum(known)


def usd(usage: Usage, model: Model) -> float | None:
    """Dollars for what the provider billed, None when the model's price is unknown, or no usage was reported.

    At least so many where only a part of the usage is known.
    The step is that of the whole prompt, cached parts included. What was written to the cache costs more the longer it is kept.
    """
    step = model.step(usage.prompt_tokens)
    if step is None or not usage.known:
        return None
    written = usage.cache_creation_input_tokens
    for_an_hour = min(usage.cache_creation_1h_input_tokens, written)
    paid = (
        usage.input_tokens * step.input
        + usage.output_tokens * step.output
        + usage.cache_read_input_tokens * step.cache_read
        + for_an_hour * step.cache_write_1h
        + (written - for_an_hour) * step.cache_write_5m
    )
    return paid / _MILLION


_WHERE = re.compile(r"(?:[a-z]{2,6}\.)?(?:anthropic\.)?")
_EDITION = re.compile(r"-v\d{1,3}(?::\d{1,3})?\Z")
_DATE = re.compile(r"(?:[-@]\d{8}|-latest)\Z")
"""How clouds and gateways write a model's name: `us.anthropic.claude-opus-4-5-20251101-v1:0`, `openrouter/claude-opus-5-5`."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one run: of the model that was asked, and of another one that answers in its place."""

    asked: Model
    catalogue: Catalogue

    def usd(self, usage: Usage, answered: str = "") -> float | None:
        """Dollars for what was billed for an answer of `answered` (as it names itself; empty: as asked); None when that is unknown."""
        model = self.model(answered)
        return None if model is None else usd(usage, model)

    def model(self, answered: str) -> Model | None:
        """The model that answered; None when the catalogue does not know it."""
        name = _bare(answered)
        models = (self.asked, *self.catalogue.models)
        return next((model for model in models if not name or name in map(_bare, (model.id, *model.aliases))), None)

    def swapped(self, answered: str) -> str:
        """That another model answered than the one that was asked, or its twin, and what that means for the price; empty when none did."""
        model = self.model(answered)
        if model is self.asked or (model is not None and model.id == self.asked.same_as):
            return ""
        price = "its price is unknown" if model is None or not model.price else "the cost is by its price"
        return f"The endpoint answered with {answered}, not {self.asked.id}; {price}."


def _bare(name: str) -> str:
    """A model's name without what says where it runs and when it was made."""
    own = name.strip().lower().rpartition("/")[2]
    return _DATE.sub("", _EDITION.sub("", _WHERE.sub("", own, count=1)))
