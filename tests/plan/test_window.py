"""Which window, what is said about it, and that nothing could overflow unnoticed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.errors import ConfigError
from reviewer.plan.catalog import Catalogue, load_catalogue
from reviewer.plan.correction import Correction
from reviewer.plan.decision import Plan, Shown, WindowName
from reviewer.plan.model import LongContext, Model, Tokenizer
from reviewer.plan.window import Parts, default_max_output, make_plan, settle

TODAY = date(2026, 11, 23)
CATALOGUE = load_catalogue()
SnapshotOf = Callable[[dict[str, int]], Snapshot]


def plan_for(snapshot: Snapshot, model: str | Model = "opus", catalogue: Catalogue = CATALOGUE, **wishes: Any) -> Plan:  # noqa: ANN401 - passed on as they are
    asked = {
        "context": "auto",
        "effort": None,
        "max_output": None,
        "fixed_tokens": 3_000,
        "correction": None,
        "today": TODAY,
        **wishes,
    }
    return make_plan(snapshot, catalogue.find(model) if isinstance(model, str) else model, catalogue=catalogue, **asked)


def beta_model() -> Model:
    """A model as they were in 2025: 200,000 tokens, and a million for those who ask with a header."""
    return dataclasses.replace(
        CATALOGUE.find("claude-sonnet-4-6"),
        id="old-sonnet",
        context_tokens=200_000,
        long_context=LongContext.BETA,
        long_context_tokens=1_000_000,
        long_context_beta="context-1m-2025-08-07",
    )


def test_a_small_prompt_goes_into_the_standard_window(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 20_000, "b.py": 30_000}))
    assert (plan.window, plan.window_tokens, plan.requests, plan.overflow) == (WindowName.STANDARD, 200_000, 1, None)
    assert plan.betas == ()
    assert not plan.needs_exact
    assert [file.path for file in plan.per_file] == ["b.py", "a.py"]


def test_a_larger_prompt_goes_into_the_long_window_without_any_header(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 200_000}))
    assert (plan.window, plan.window_tokens, plan.betas) == (WindowName.LONG, 1_000_000, ())


def test_the_header_is_sent_only_where_the_catalogue_says_beta(snapshot_of: SnapshotOf) -> None:
    small, large = plan_for(snapshot_of({"a.py": 20_000}), beta_model()), plan_for(snapshot_of({"a.py": 200_000}), beta_model())
    assert (small.window, small.betas) == (WindowName.STANDARD, ())
    assert (large.window, large.betas) == (WindowName.LONG, ("context-1m-2025-08-07",))


def test_the_long_window_can_be_asked_for(snapshot_of: SnapshotOf) -> None:
    assert plan_for(snapshot_of({"a.py": 2_000}), context="1m").window is WindowName.LONG


def test_a_long_window_that_is_not_there_is_refused(snapshot_of: SnapshotOf) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_for(snapshot_of({"a.py": 2_000}), "claude-haiku-4-5", context="1m")
    assert "opus" in caught.value.hint


def test_a_prompt_too_large_for_the_standard_window_alone_says_that_more_is_allowed(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"src/a.py": 200_000, "b.py": 10}), context="standard")
    assert plan.window is None
    assert plan.requests == 0
    assert plan.overflow is not None
    assert "allowed by --context standard" in str(plan.overflow)
    assert "--context 1m allows the model's whole window" in str(plan.overflow)


def test_an_overflow_names_the_eaters_the_models_and_the_flags(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(
        snapshot_of({"src/big.py": 150_000, "src/more.py": 90_000, "docs/x.md": 40_000, "top.c": 9}), "claude-haiku-4-5"
    )
    assert plan.window is None
    assert str(plan.overflow) == (
        f"The prompt has about {plan.tokens.estimate:,} ({plan.tokens.low:,} to {plan.tokens.high:,}) tokens, with 32,000 more for the answer; "
        f"claude-haiku-4-5-20251001 has 200,000: {plan.tokens.estimate - 168_000:,} too many. "
        "Largest folders: src/ (303,680), docs/ (50,640), ./ (52). "
        "Largest files: src/big.py (189,790), src/more.py (113,890), docs/x.md (50,640), top.c (52). "
        "Models that would hold it: claude-haiku-5-5, claude-sonnet-5-5, claude-opus-5-5, claude-fable-5-2, claude-sonnet-5. "
        "What helps: --exclude, --include, --max-file-bytes and a .reviewerignore leave files out."
    )


def test_models_on_their_way_out_or_not_for_everyone_are_not_recommended(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 140_000}), "claude-haiku-4-5", max_output=64_000)
    assert plan.overflow is not None
    assert "mythos" not in str(plan.overflow)
    assert "claude-sonnet-4-5" not in str(plan.overflow)


def test_a_prompt_no_model_holds_says_so(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 2_000_000}))
    assert plan.overflow is not None
    assert "No other model of the catalogue would hold it." in str(plan.overflow)


def test_a_shorter_answer_is_offered_where_it_would_make_the_room(snapshot_of: SnapshotOf) -> None:
    plan = settle(plan_for(snapshot_of({"a.py": 500_000})), 980_000, is_providers_own=True)
    assert plan.window is None
    assert plan.overflow is not None
    assert "--max-output 20000 leaves room for a shorter answer" in str(plan.overflow)
    assert (
        settle(plan_for(snapshot_of({"a.py": 500_000}), max_output=20_000), 980_000, is_providers_own=True).window
        is WindowName.LONG
    )


def test_an_estimate_that_straddles_the_largest_window_must_be_counted_exactly(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 600_000}))
    assert plan.tokens.low + plan.max_output < plan.window_tokens < plan.tokens.high + plan.max_output
    assert plan.window is WindowName.LONG
    assert plan.needs_exact
    assert any("is counted before anything is sent" in note for note in plan.notes)


def test_an_estimate_that_straddles_the_standard_window_takes_the_long_one_and_may_come_back(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 100_000}))
    assert plan.tokens.low + plan.max_output < 200_000 < plan.tokens.high + plan.max_output
    assert (plan.window, plan.needs_exact) == (WindowName.LONG, False)
    assert settle(plan, 150_000, is_providers_own=True).window is WindowName.STANDARD


def test_the_exact_count_settles_tokens_cost_and_shares(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 60_000, "b.py": 20_000}))
    settled = settle(plan, 2 * plan.tokens.estimate, is_providers_own=True)
    tokens = settled.tokens
    assert tokens.exact == tokens.low == tokens.estimate == tokens.high == 2 * plan.tokens.estimate
    assert settled.cost is not None
    assert settled.cost.high == pytest.approx((tokens.high * 5 + 32_000 * 20) / 1e6)
    assert [file.tokens for file in settled.per_file] == pytest.approx([file.tokens * 2 for file in plan.per_file], abs=1)
    assert settled.notes == ()
    assert settled.basis.uncorrected == plan.basis.uncorrected


def test_a_plan_settled_twice_is_the_plan_settled_once(snapshot_of: SnapshotOf) -> None:
    plan = settle(plan_for(snapshot_of({"a.py": 60_000})), 90_000, is_providers_own=True)
    assert settle(plan, 90_000, is_providers_own=True) == plan


def test_a_correction_is_used_and_said(snapshot_of: SnapshotOf) -> None:
    plain, corrected = (plan_for(snapshot_of({"a.py": 60_000}), correction=each) for each in (None, Correction(1.1, 0.1, 3)))
    assert corrected.tokens.estimate == pytest.approx(plain.tokens.estimate * 1.1, abs=2)
    assert corrected.basis.uncorrected == plain.basis.uncorrected
    assert "corrected by what the provider counted 3 times" in corrected.notes[0]


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        ("opus", None, 32_000),
        ("opus", "xhigh", 64_000),
        ("opus", "max", 64_000),
        ("claude-opus-4-1", None, 32_000),
        ("claude-opus-4-6", "max", 64_000),
    ],
)
def test_room_for_the_answer_depends_on_the_effort(model: str, effort: str | None, expected: int) -> None:
    assert default_max_output(CATALOGUE.find(model), effort) == expected


def test_a_small_model_of_ones_own_keeps_most_of_its_window_for_the_prompt() -> None:
    assert default_max_output(Model(id="x", context_tokens=32_000, max_output_tokens=16_000), None) == 8_000


def test_an_effort_or_an_answer_the_model_does_not_have_is_refused(snapshot_of: SnapshotOf) -> None:
    with pytest.raises(ConfigError):
        plan_for(snapshot_of({"a.py": 1}), "claude-haiku-4-5", effort="low")
    with pytest.raises(ConfigError):
        plan_for(snapshot_of({"a.py": 1}), max_output=200_000)


def test_a_model_without_a_price_is_planned_without_a_cost(snapshot_of: SnapshotOf) -> None:
    model = Model(id="own", context_tokens=262_144, max_output_tokens=32_000, long_context=LongContext.NATIVE)
    plan = plan_for(snapshot_of({"a.py": 10_000}), model)
    assert plan.cost is None
    assert plan.window is WindowName.STANDARD
    assert "tokenizer is not known" in plan.notes[0]


def test_deprecation_and_data_retention_are_noted(snapshot_of: SnapshotOf) -> None:
    assert "retired on 2026-11-30" in plan_for(snapshot_of({"a.py": 10}), "claude-sonnet-4-5").notes[0]
    assert any("30 days" in note for note in plan_for(snapshot_of({"a.py": 10}), "fable").notes)


def test_a_price_step_just_below_the_prompt_is_pointed_out_with_the_files_that_would_do(snapshot_of: SnapshotOf) -> None:
    snapshot = snapshot_of({"big.py": 50_000, "mid.py": 9_000, "small.py": 5_000, "tiny.py": 1_000})
    plan = settle(plan_for(snapshot, "haiku"), 107_000, is_providers_own=True)
    assert plan.notes == (
        "7,000 tokens less and the request pays the lower price: above 100,000 tokens everything costs 5 times as much. "
        "This file is 8,023 tokens: small.py.",
    )


def test_several_files_are_named_when_one_is_not_enough(snapshot_of: SnapshotOf) -> None:
    plan = settle(plan_for(snapshot_of({f"{name}.py": 10_000 for name in "abcdefg"}), "haiku"), 120_000, is_providers_own=True)
    assert "20,000 tokens less" in plan.notes[0]
    assert "These files are" in plan.notes[0]
    assert plan.notes[0].endswith("a.py, g.py.")


def test_a_price_step_just_above_the_prompt_is_pointed_out(snapshot_of: SnapshotOf) -> None:
    plan = settle(plan_for(snapshot_of({"a.py": 60_000}), "haiku"), 97_000, is_providers_own=True)
    assert plan.notes == ("The prompt is 3,000 tokens below a price step: above 100,000 everything costs 5 times as much.",)


def test_an_estimate_that_straddles_a_price_step_says_so(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({"a.py": 56_000}), "haiku")
    assert plan.tokens.estimate < 100_000 < plan.tokens.high
    assert "may be above a price step" in plan.notes[-1]


@pytest.mark.parametrize("exact", [50_000, 400_000])
def test_a_price_step_far_away_is_not_worth_a_word(snapshot_of: SnapshotOf, exact: int) -> None:
    assert settle(plan_for(snapshot_of({"a.py": 60_000}), "haiku"), exact, is_providers_own=True).notes == ()


def test_a_request_longer_than_the_provider_takes_is_an_overflow() -> None:
    model = Model(
        id="own", context_tokens=100_000_000, max_output_tokens=32_000, tokenizer=Tokenizer.O200K, long_context=LongContext.NATIVE
    )
    file = SourceFile("a.txt", 30_000_000, 1, Encoding.UTF_8, TextMeasure(30_000_000, 0, 1.0, 1_000_000.0), None)
    snapshot = Snapshot(root=Path("/nowhere"), scope="", commit=None, in_git=False, files=(file,), skipped=(), guidance=())
    plan = plan_for(snapshot, model)
    assert plan.window is None
    assert plan.overflow is not None
    assert plan.overflow.reason.startswith("The request has about 36,000,000 bytes, and the provider takes 32,000,000.")


def test_nothing_to_review_is_nothing_to_send(snapshot_of: SnapshotOf) -> None:
    plan = plan_for(snapshot_of({}))
    assert (plan.window, plan.requests, str(plan.overflow)) == (None, 0, "There is no file to review.")


def test_a_name_that_is_not_utf_8_is_planned_like_any_other(snapshot_of: SnapshotOf) -> None:
    assert plan_for(snapshot_of({"caf\udce9.py": 1_000})).window is WindowName.STANDARD


@given(
    model=st.sampled_from([*CATALOGUE.models, beta_model()]),
    size=st.integers(1, 2_000_000),
    context=st.sampled_from(["auto", "standard", "1m"]),
    correction=st.one_of(st.none(), st.builds(Correction, st.floats(0.5, 2), st.floats(0.1, 0.25), st.just(3))),
    exact=st.one_of(st.none(), st.integers(1, 1_200_000)),
)
def test_what_may_be_sent_without_a_count_can_never_exceed_the_window(
    model: Model, size: int, context: str, correction: Correction | None, exact: int | None
) -> None:
    file = SourceFile("a.py", size * 4, size // 10, Encoding.UTF_8, TextMeasure(size * 4, 0, size * 1.1, float(size)), None)
    snapshot = Snapshot(root=Path("/nowhere"), scope="", commit=None, in_git=False, files=(file,), skipped=(), guidance=())
    if context == "1m" and model.largest_window <= 200_000:
        return
    plan = plan_for(snapshot, model, context=context, correction=correction)
    if exact is not None:
        plan = settle(plan, exact, is_providers_own=True)
        assert not plan.needs_exact
    assert plan.tokens.low <= plan.tokens.estimate <= plan.tokens.high
    assert (plan.window is None) is (plan.overflow is not None) is (plan.requests == 0)
    if plan.window is not None and not plan.needs_exact:
        assert plan.tokens.high + plan.max_output <= plan.window_tokens <= model.largest_window
    if plan.window is WindowName.STANDARD:
        assert plan.window_tokens <= 200_000
        assert plan.betas == ()
    assert bool(plan.betas) is (plan.window is WindowName.LONG and model.long_context is LongContext.BETA)


def test_the_parts_of_a_change_are_planned_beside_the_documents_of_its_base(snapshot_of: SnapshotOf) -> None:
    base = snapshot_of({"a.py": 20_000, "b.py": 30_000})
    parts = Parts(
        changed=snapshot_of({"a.py": 21_000}).files, outlined=snapshot_of({"c.py": 2_000}).files, tokens=1_500, bytes=6_000
    )
    alone, plan = plan_for(base), plan_for(base, change=parts)

    shown = [(file.path, file.shown) for file in plan.per_file]
    assert shown == [("b.py", Shown.WHOLE), ("a.py", Shown.CHANGED), ("a.py", Shown.WHOLE), ("c.py", Shown.SIGNATURES)]
    assert (alone.basis.change_tokens, plan.basis.change_tokens) == (0, 1_500)
    assert plan.basis.fixed_tokens == alone.basis.fixed_tokens + 1_500
    assert plan.basis.request_bytes > alone.basis.request_bytes + 98_000
    assert [file.shown for file in settle(plan, 90_000, is_providers_own=True).per_file] == [file.shown for file in plan.per_file]


def test_a_change_of_which_only_the_diff_goes_in_can_be_sent(snapshot_of: SnapshotOf) -> None:
    assert plan_for(snapshot_of({}), change=Parts(tokens=200, bytes=800)).window is WindowName.STANDARD
    assert plan_for(snapshot_of({})).window is None
