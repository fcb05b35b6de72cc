from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.engine.interface import Lifetime
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.lifetime import lifetime
from reviewer.plan.passes import LENSES, Depth, Lens, PassKind, looks, planned, verifications

OPUS = load_catalogue().find("opus")


def test_a_quick_review_is_one_look_and_a_standard_one_has_it_verified() -> None:
    assert [each.name for each in planned(Depth.QUICK)] == ["general"]
    assert [each.name for each in planned(Depth.STANDARD)] == ["general", "verification"]


def test_a_deep_review_looks_through_each_lens_and_through_the_operators_own() -> None:
    names = [each.name for each in planned(Depth.DEEP, (Lens("money", "Look at rounding."),))]
    assert names == [*(lens.name for lens in LENSES), "money", "verification"]


def test_repeated_looks_come_round_by_round_and_each_has_its_own_name() -> None:
    every = looks(Depth.QUICK, (Lens("money", "…"),), repeat=2)
    assert [each.name for each in every] == ["general", "money", "general-2", "money-2"]
    assert [each.number for each in every] == [1, 2, 3, 4]


def test_every_lens_of_a_deep_review_is_a_template() -> None:
    folder = Path(__file__).parents[2] / "templates" / "prompt" / "lenses"
    assert {lens.name for lens in LENSES} | {"general"} == {path.name.removesuffix(".md.j2") for path in folder.iterdir()}


@pytest.mark.parametrize(("depth", "number"), [(Depth.QUICK, 0), (Depth.STANDARD, 1), (Depth.DEEP, 2)])
def test_the_more_looks_the_more_verifications_are_reckoned_with(depth: Depth, number: int) -> None:
    passes = planned(depth)
    assert verifications(passes) == number
    assert any(each.kind is PassKind.VERIFICATION for each in passes) is bool(number)


@pytest.mark.parametrize(
    ("wish", "depth", "effort", "expected"),
    [
        ("auto", Depth.QUICK, "max", Lifetime.FIVE_MINUTES),
        ("auto", Depth.STANDARD, "medium", Lifetime.FIVE_MINUTES),
        ("auto", Depth.STANDARD, "high", Lifetime.ONE_HOUR),
        ("auto", Depth.DEEP, None, Lifetime.FIVE_MINUTES),
        ("1h", Depth.QUICK, None, Lifetime.ONE_HOUR),
        ("5m", Depth.DEEP, "max", Lifetime.FIVE_MINUTES),
    ],
)
def test_an_hour_is_chosen_where_a_verification_waits_too_long_for_five_minutes(
    wish: str, depth: Depth, effort: str | None, expected: Lifetime
) -> None:
    assert lifetime(wish, OPUS, effort, planned(depth)) is expected
