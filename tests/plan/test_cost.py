"""Dollars before and after."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.outcome import Usage
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.cost import range_for, usd
from reviewer.plan.decision import TokenRange
from reviewer.plan.model import Model

CATALOGUE = load_catalogue()
OPUS, HAIKU = CATALOGUE.find("opus"), CATALOGUE.find("haiku")
models = st.sampled_from([model for model in CATALOGUE.models if model.price])
lengths = st.integers(0, 1_000_000)
answers = st.integers(1, 128_000)


def tokens(low: int, high: int) -> TokenRange:
    return TokenRange(estimate=(low + high) // 2, low=low, high=high)


def test_a_response_costs_what_its_usage_says() -> None:
    usage = Usage(input_tokens=1_000, output_tokens=10_000, cache_read_input_tokens=200_000, cache_creation_input_tokens=100_000)
    assert usd(usage, OPUS) == pytest.approx(0.004 + 0.2 + 0.04 + 0.5)


def test_the_whole_prompt_decides_the_price_step() -> None:
    below = Usage(input_tokens=1_000, output_tokens=1_000, cache_read_input_tokens=99_000)
    above = Usage(input_tokens=1_001, output_tokens=1_000, cache_read_input_tokens=99_000)
    assert usd(below, HAIKU) == pytest.approx((1_000 * 0.1 + 1_000 * 0.5 + 99_000 * 0.01) / 1e6)
    assert usd(above, HAIKU) == pytest.approx((1_001 * 0.5 + 1_000 * 2.5 + 99_000 * 0.05) / 1e6)


def test_an_unknown_price_is_none_and_not_nothing() -> None:
    unknown = dataclasses.replace(OPUS, price=())
    assert usd(Usage(input_tokens=5), unknown) is None
    assert range_for(unknown, tokens(1_000, 2_000), 32_000, 1) is None


def test_no_request_costs_nothing() -> None:
    found = range_for(OPUS, tokens(1_000, 2_000), 32_000, 0)
    assert found is not None
    assert (found.low, found.high) == (0.0, 0.0)


def test_a_range_goes_from_a_short_answer_to_everything_written_to_the_cache() -> None:
    found = range_for(OPUS, tokens(100_000, 120_000), 32_000, 1)
    assert found is not None
    assert found.low == pytest.approx((100_000 * 4 + 2_000 * 20) / 1e6)
    assert found.high == pytest.approx((120_000 * 5 + 32_000 * 20) / 1e6)


def test_further_requests_read_the_cache_at_best() -> None:
    found = range_for(OPUS, tokens(100_000, 100_000), 1_000, 3)
    assert found is not None
    assert found.low == pytest.approx((100_000 * (4 + 2 * 0.2) + 3 * 1_000 * 20) / 1e6)


@given(models, lengths, lengths, answers, answers)
def test_the_high_end_grows_with_prompt_and_answer(model: Model, one: int, other: int, answer: int, longer: int) -> None:
    small = range_for(model, tokens(min(one, other), min(one, other)), min(answer, longer), 1)
    large = range_for(model, tokens(max(one, other), max(one, other)), max(answer, longer), 1)
    assert small is not None
    assert large is not None
    assert small.low <= small.high <= large.high
    assert small.low <= large.low


@given(models, st.integers(0, 300_000), st.integers(0, 300_000), st.integers(0, 300_000), answers)
def test_no_bill_is_above_the_high_end(model: Model, plain: int, read: int, written: int, answer: int) -> None:
    usage = Usage(input_tokens=plain, cache_read_input_tokens=read, cache_creation_input_tokens=written, output_tokens=answer)
    bill, found = usd(usage, model), range_for(model, tokens(usage.prompt_tokens, usage.prompt_tokens), answer, 1)
    assert bill is not None
    assert found is not None
    assert bill <= found.high * (1 + 1e-9)
