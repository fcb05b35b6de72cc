"""What is known of one model: windows, limits, prices, abilities, retirement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from reviewer.errors import ConfigError

STANDARD_WINDOW = 200_000
"""Tokens. What every model holds; where a model holds more, this is still the size that is cheaper to fill and better recalled."""

_ADAPTIVE: Mapping[str, str] = MappingProxyType({"type": "adaptive"})


class Tokenizer(StrEnum):
    """Which vocabulary a model counts in. `plan/tokens.py` says how each is estimated, and how surely."""

    NEW = "new"
    """Opus 4.7 and later, and every Claude 5 model. Not public."""
    OLD = "old"
    """Claude 3 to Opus and Sonnet 4.6. Not public."""
    CLAUDE2 = "claude2"
    """Claude 2's, the last one that was published."""
    O200K = "o200k"
    """A public one, used by models of another provider."""
    UNKNOWN = "unknown"
    """A model behind an endpoint of your own, of which nothing is known."""


class Status(StrEnum):
    """Where a model is in its life."""

    ACTIVE = "active"
    LEGACY = "legacy"
    """Works and stays, but a newer one of its line is meant to be used."""
    DEPRECATED = "deprecated"
    """Works for those who used it before; will be retired."""
    RETIRED = "retired"
    """Calls fail."""


class LongContext(StrEnum):
    """How more than 200,000 tokens are had."""

    NATIVE = "native"
    BETA = "beta"
    """By asking for it with a beta header. True of no Claude model today; an endpoint of your own may want it."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """US dollars per million tokens, for prompts of up to so many tokens. The whole request pays its step, the answer included."""

    up_to_prompt_tokens: int | None
    """None for the last step, which has no end."""
    input: float
    output: float
    cache_write_5m: float
    """What goes into the cache is billed at this price instead of `input`."""
    cache_write_1h: float
    cache_read: float

    def holds(self, prompt_tokens: float) -> bool:
        """Whether a prompt of so many tokens pays this step (if no shorter one holds it)."""
        return self.up_to_prompt_tokens is None or prompt_tokens <= self.up_to_prompt_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model of the catalogue. Tokens are counted by the model's own tokenizer."""

    id: str
    context_tokens: int
    """The window that is had without asking."""
    max_output_tokens: int
    same_as: str | None = None
    """The id of the model that this is another name of, such as a gateway's; None for a model in its own right."""
    aliases: tuple[str, ...] = ()
    line: str | None = None
    """`opus`, `sonnet`, `haiku`, `fable`, `mythos`; None for a model of your own."""
    status: Status = Status.ACTIVE
    released: date | None = None
    deprecated_on: date | None = None
    retires_not_before: date | None = None
    """A promise, not a date: the model lives at least so long."""
    retires_on: date | None = None
    replacement: str | None = None
    """The id to use instead of a deprecated or retired model."""
    long_context: LongContext = LongContext.NONE
    long_context_tokens: int | None = None
    """The window that `long_context_beta` opens; None unless `long_context` is `beta`."""
    long_context_beta: str | None = None
    min_cache_tokens: int = 1024
    """A shorter prefix is not cached, without any error."""
    tokenizer: Tokenizer = Tokenizer.UNKNOWN
    thinking: tuple[str, ...] = ()
    """What `thinking.type` may be; empty when the parameter must not be sent."""
    thinking_default: str = "off"
    """What happens when it is left out: `adaptive`, `adaptive_always` (cannot be turned off), `off`."""
    effort: tuple[str, ...] = ()
    """Accepted levels, lowest first; empty when the parameter is refused."""
    effort_default: str | None = None
    structured_outputs: bool = False
    price: tuple[PriceStep, ...] = ()
    """Shortest prompts first; empty when the price is unknown."""
    batch_multiplier: float = 0.5
    """Of every price, when the request is part of a batch."""
    restricted: bool = False
    """Only for organisations the provider has verified."""
    retains_data: bool = False
    """The provider keeps what is sent for 30 days, whatever the account's own terms."""
    notes: str = ""

    @property
    def largest_window(self) -> int:
        """Tokens of the largest window that can be had, asked for or not."""
        return max(self.context_tokens, self.long_context_tokens or 0)

    @property
    def thinking_parameter(self) -> Mapping[str, str] | None:
        """The `thinking` parameter to send, or None to leave it out.

        A review is better for thinking, so it is asked for where it is adaptive but off by default (4.6 to 4.8) and left alone where it
        is on anyway. Models that only know thinking with a fixed budget (4.5 and before) are asked without: the budget would have
        to be taken from the tokens of the answer, and a cut answer is worse than a shallow one.
        """
        return _ADAPTIVE if "adaptive" in self.thinking and self.thinking_default == "off" else None

    def check_effort(self, effort: str | None) -> None:
        """Raise ConfigError, naming the levels there are, unless the model takes this effort (None: leave it to the model)."""
        if effort is None or effort in self.effort:
            return
        if not self.effort:
            raise ConfigError(f"{self.id} has no effort setting.", hint="Leave --effort out, or take another --model.")
        raise ConfigError(f"{self.id} does not know effort {effort!r}.", hint=f"It knows: {', '.join(self.effort)}.")

    def check_max_output(self, max_output: int | None) -> None:
        """Raise ConfigError when the model cannot write an answer of so many tokens."""
        if max_output is not None and not 1 <= max_output <= self.max_output_tokens:
            raise ConfigError(
                f"{self.id} cannot write an answer of up to {max_output:,} tokens.",
                hint=f"--max-output may be 1 to {self.max_output_tokens} for it.",
            )

    def step(self, prompt_tokens: float) -> PriceStep | None:
        """The prices a prompt of so many tokens pays; None when the model's price is unknown."""
        return next((step for step in self.price if step.holds(prompt_tokens)), None)

    def retired_on(self, today: date) -> bool:
        """Whether calls fail by now."""
        return self.status is Status.RETIRED or (self.retires_on is not None and self.retires_on <= today)

    def require_alive(self, today: date) -> None:
        """Raise ConfigError, naming what to use instead, when the provider answers no call to this model any more."""
        if self.retired_on(today):
            instead = f"Use --model {self.replacement}." if self.replacement else "`reviewer models` lists the others."
            hint = f"{instead} Where an endpoint of your own still has it, name that with --base-url."
            raise ConfigError(f"{self._retired}.", hint=hint)

    @property
    def _retired(self) -> str:
        when = f" on {self.retires_on.isoformat()}" if self.retires_on else ""
        return f"{self.id} was retired{when}: calls to it fail"

    def warnings(self, today: date) -> tuple[str, ...]:
        """What someone who chose this model should know today: a sentence each, empty for a model in good standing."""
        instead = f" Use {self.replacement} instead." if self.replacement else ""
        if self.retired_on(today):
            return (f"{self._retired}.{instead}",)
        if self.status is not Status.DEPRECATED and self.retires_on is None:
            return ()
        if self.retires_on is None:
            return (f"{self.id} is deprecated; no date of retirement is known.{instead}",)
        days = (self.retires_on - today).days
        left = "tomorrow" if days == 1 else f"in {days:,} days"
        return (f"{self.id} is deprecated and will be retired on {self.retires_on.isoformat()}, {left}.{instead}",)


def step_ends(model: Model) -> tuple[int, ...]:
    """The prompt lengths at which the model's price changes, shortest first; empty for nearly every model."""
    return tuple(step.up_to_prompt_tokens for step in model.price if step.up_to_prompt_tokens is not None)
