"""Tokens → US dollars: a range before sending, the exact sum after."""

from __future__ import annotations

from reviewer.outcome import Usage
from reviewer.plan.decision import CostRange, TokenRange
from reviewer.plan.model import Model

_SHORT_ANSWER = 2_000
"""Tokens. What a review of a sound repository takes."""
_MILLION = 1_000_000


def range_for(model: Model, tokens: TokenRange, max_output: int, requests: int) -> CostRange | None:
    """What `requests` requests over one prompt may cost; None when the model's price is unknown.

    Low: the prompt is as short as it may be, billed plainly the first time and read from the cache afterwards, and the answers are short.
    High: it is as long as it may be, every request writes all of it to the cache (1.25 times the input price), and each answer is as
    long as it may be, thinking included. A step of the price counts where either end falls.
    """
    cheap, dear = model.step(tokens.low), model.step(tokens.high)
    if cheap is None or dear is None or requests == 0:
        return None if not model.price else CostRange(0.0, 0.0)
    prompt = tokens.low * (cheap.input + (requests - 1) * cheap.cache_read)
    low = prompt + requests * min(max_output, _SHORT_ANSWER) * cheap.output
    high = requests * (tokens.high * max(dear.input, dear.cache_write_5m) + max_output * dear.output)
    return CostRange(low / _MILLION, high / _MILLION)


def usd(usage: Usage, model: Model) -> float | None:
    """Dollars for what the provider billed, None when the model's price is unknown.

    The step is that of the whole prompt, cached parts included. What was written to the cache is taken as written for five minutes,
    which is all this tool asks for.
    """
    step = model.step(usage.prompt_tokens)
    if step is None:
        return None
    paid = (
        usage.input_tokens * step.input
        + usage.output_tokens * step.output
        + usage.cache_read_input_tokens * step.cache_read
        + usage.cache_creation_input_tokens * step.cache_write_5m
    )
    return paid / _MILLION
