"""Dollars before and after."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reviewer.engine.interface import Lifetime
from reviewer.outcome import Reported, Usage
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.cost import VERIFICATION_TOKENS, Prices, range_for, usd
from reviewer.plan.decision import CostRange, TokenRange
from reviewer.plan.model import Model
from reviewer.plan.passes import Depth, Pass, planned

CATALOGUE = load_catalogue()
OPUS, HAIKU = CATALOGUE.find("opus"), CATALOGUE.find("haiku")
models = st.sampled_from([model for model in CATALOGUE.models if model.price])
lengths = st.integers(0, 1_000_000)
answers = st.integers(1, 128_000)
depths = st.sampled_from([planned(depth) for depth in Depth])
QUICK, FIVE = planned(Depth.QUICK), Lifetime.FIVE_MINUTES


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


def test_an_hour_in_the_cache_is_billed_as_such() -> None:
    usage = Usage(cache_creation_input_tokens=100_000, cache_creation_1h_input_tokens=100_000)
    assert usd(usage, OPUS) == pytest.approx(0.8)


def test_an_unknown_price_is_none_and_not_nothing() -> None:
    unknown = dataclasses.replace(OPUS, price=())
    assert usd(Usage(input_tokens=5), unknown) is None
    assert range_for(unknown, tokens(1_000, 2_000), 32_000, QUICK, FIVE) is None


def test_no_request_costs_nothing() -> None:
    assert range_for(OPUS, tokens(1_000, 2_000), 32_000, (), FIVE) == CostRange(0.0, 0.0, 0.0)


def test_one_look_goes_from_a_short_answer_to_everything_written_to_the_cache() -> None:
    found = range_for(OPUS, tokens(100_000, 120_000), 32_000, QUICK, FIVE)
    assert found is not None
    assert found.low == pytest.approx((100_000 * 4 + 2_000 * 20) / 1e6)
    assert found.high == found.needed == pytest.approx((120_000 * 5 + 32_000 * 20) / 1e6)


def test_an_hour_is_paid_for_when_it_is_asked_for() -> None:
    found = range_for(OPUS, tokens(100_000, 100_000), 32_000, QUICK, Lifetime.ONE_HOUR)
    assert found is not None
    assert found.high == pytest.approx((100_000 * 8 + 32_000 * 20) / 1e6)


def test_a_verification_costs_nothing_where_nothing_is_found_and_at_worst_misses_the_cache() -> None:
    found = range_for(OPUS, tokens(100_000, 100_000), 1_000, planned(Depth.STANDARD), FIVE)
    assert found is not None
    assert found.low == pytest.approx((100_000 * 4 + 1_000 * 20) / 1e6)
    assert found.high == found.needed == pytest.approx((2 * (100_000 * 5 + 1_000 * 20) + VERIFICATION_TOKENS * 4) / 1e6)


def test_further_looks_read_the_cache() -> None:
    found = range_for(OPUS, tokens(100_000, 100_000), 32_000, planned(Depth.DEEP), FIVE)
    assert found is not None
    assert found.low == pytest.approx((100_000 * (4 + 7 * 0.2) + 8 * 2_000 * 20) / 1e6)
    both = 2 * (100_000 * 5 + 32_000 * 20) + 2 * VERIFICATION_TOKENS * 4 + 8 * 100_000 * 0.2
    assert found.high == pytest.approx((both + 8 * 32_000 * 20) / 1e6)
    assert found.needed == pytest.approx((both + 8 * 8_000 * 20) / 1e6)


def test_a_prompt_too_short_for_the_cache_is_paid_for_each_time() -> None:
    short = OPUS.min_cache_tokens - 1
    found = range_for(OPUS, tokens(short, short), 1_000, planned(Depth.DEEP), FIVE)
    assert found is not None
    assert found.low == pytest.approx((8 * short * 4 + 8 * 1_000 * 20) / 1e6)


@given(models, lengths, lengths, answers, answers, depths, st.sampled_from(Lifetime))
def test_the_high_end_grows_with_prompt_and_answer(
    model: Model, one: int, other: int, answer: int, longer: int, passes: tuple[Pass, ...], lifetime: Lifetime
) -> None:
    lower, higher = min(one, other), max(one, other)
    small = range_for(model, tokens(lower, lower), min(answer, longer), passes, lifetime)
    large = range_for(model, tokens(higher, higher), max(answer, longer), passes, lifetime)
    assert small is not None
    assert large is not None
    assert small.low <= small.needed <= small.high
    if lower >= model.min_cache_tokens:  # below it each request pays in full, and a longer prompt may be the cheaper one
        assert small.high <= large.high * (1 + 1e-9)
        assert small.low <= large.low * (1 + 1e-9)


@given(models, st.integers(0, 300_000), st.integers(0, 300_000), st.integers(0, 300_000), answers)
def test_no_bill_is_above_the_high_end(model: Model, plain: int, read: int, written: int, answer: int) -> None:
    usage = Usage(input_tokens=plain, cache_read_input_tokens=read, cache_creation_input_tokens=written, output_tokens=answer)
    assume(usage.prompt_tokens >= model.min_cache_tokens)
    bill, found = usd(usage, model), range_for(model, tokens(usage.prompt_tokens, usage.prompt_tokens), answer, QUICK, FIVE)
    assert bill is not None
    assert found is not None
    assert bill <= found.high * (1 + 1e-9)


def test_a_verification_pays_the_step_that_its_findings_lift_the_prompt_to() -> None:
    found = range_for(HAIKU, tokens(99_000, 99_000), 1_000, planned(Depth.STANDARD), FIVE)
    assert found is not None
    look = 99_000 * 0.125 + 1_000 * 0.5
    check = 99_000 * 0.625 + VERIFICATION_TOKENS * 0.5 + 1_000 * 2.5
    assert found.high == pytest.approx((look + check) / 1e6)


def test_the_question_of_a_further_look_is_not_read_from_the_cache() -> None:
    looks = planned(Depth.DEEP)[:-1]
    plain = range_for(OPUS, tokens(100_000, 100_000), 1_000, looks, FIVE)
    asked = range_for(OPUS, tokens(100_000, 100_000), 1_000, looks, FIVE, question=5_000)
    assert plain is not None
    assert asked is not None
    assert asked.high - plain.high == pytest.approx(6 * 5_000 * (4 - 0.2) / 1e6)


@pytest.mark.parametrize(
    ("answered", "model"),
    [
        ("", "claude-opus-5-5"),
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("Claude-Opus-5-5", "claude-opus-5-5"),
        ("claude-opus-5-5-20260901", "claude-opus-5-5"),
        ("openrouter/anthropic/claude-opus-5-5", "claude-opus-5-5"),
        ("global.anthropic.claude-opus-5-5-v1:0", "claude-opus-5-5"),
        ("claude-opus-5-5@20260901", "claude-opus-5-5"),
        ("claude-opus-5", "claude-opus-5"),
        ("claude-opus-4-5", "claude-opus-4-5-20251101"),
        ("gpt-oss-20b", None),
        ("claude", None),
    ],
)
def test_a_model_is_known_however_a_cloud_or_gateway_writes_its_name(answered: str, model: str | None) -> None:
    catalogue = load_catalogue()
    prices = Prices(catalogue.find("claude-opus-5-5"), catalogue)
    found = prices.model(answered)
    assert (found.id if found else None) == model
    assert bool(prices.swapped(answered)) is (model != "claude-opus-5-5")


def test_the_price_is_that_of_the_model_that_answered() -> None:
    catalogue = load_catalogue()
    prices = Prices(catalogue.find("claude-opus-5-5"), catalogue)
    usage = Usage(input_tokens=1_000)
    assert prices.usd(usage, "claude-haiku-5-5") == usd(usage, catalogue.find("claude-haiku-5-5"))
    assert prices.usd(usage, "gpt-oss-20b") is None


def test_usage_that_nobody_reported_has_no_price_and_makes_every_sum_unknown() -> None:
    catalogue = load_catalogue()
    unknown, cut, known = (
        Usage(reported=Reported.UNKNOWN),
        Usage(reported=Reported.AT_LEAST, input_tokens=5),
        Usage(input_tokens=7),
    )
    assert usd(unknown, catalogue.find("opus")) is None
    assert usd(cut, catalogue.find("opus")) == usd(Usage(input_tokens=5), catalogue.find("opus"))
    assert (known + cut).reported is Reported.AT_LEAST
    assert (cut + unknown + known).reported is Reported.UNKNOWN
    assert (cut + unknown + known).prompt_tokens == 12
