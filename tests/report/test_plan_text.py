from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from plan_samples import CHANGE, CHANGE_PLAN, EXACT, OVERFLOW, PLAN, SNAPSHOT, SUBJECT

from reviewer.collect.subject import Subject
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.decision import FileTokens, Overflow
from reviewer.plan.passes import LENSES, Depth, planned
from reviewer.report import plan_text

EXPECTED = Path(__file__).parents[1] / "data" / "report"
PLANS = {
    "plan": (PLAN, SUBJECT, 100),
    "plan_overflow": (OVERFLOW, SUBJECT, 80),
    "plan_exact": (EXACT, SUBJECT, 60),
    "plan_change": (CHANGE_PLAN, CHANGE, 100),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_the_expected_text_byte_for_byte(name: str) -> None:
    plan, subject, width = PLANS[name]

    assert plan_text.render(plan, subject, width=width) == (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")


def test_no_text_is_expected_that_no_plan_makes() -> None:
    assert {path.stem for path in EXPECTED.glob("*.txt")} == set(PLANS)


@pytest.mark.parametrize("width", [0, 20, 50, 79, 80, 200, 10_000])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    long = SkippedFile("deep/" * 60 + "x.png", SkipReason.MEDIA)
    plan = replace(PLAN, per_file=(*PLAN.per_file, FileTokens("a" * 300, 5)))
    lines = plan_text.render(
        plan, Subject(snapshot=replace(SNAPSHOT, skipped=(long, *SNAPSHOT.skipped))), width=width
    ).splitlines()

    assert max(map(len, lines)) <= min(max(width, 50), 120)


def test_a_plan_for_nothing_can_be_shown() -> None:
    snapshot = replace(SNAPSHOT, files=(), skipped=(), guidance=(), notes=())
    text = plan_text.render(
        replace(OVERFLOW, per_file=(), notes=(), overflow=Overflow("There is no file to review.", "", "")),
        Subject(snapshot=snapshot),
        width=80,
    )

    assert "There is no file to review." in text
    assert "0 read (0 bytes, 0 lines), 0 skipped" in text


@pytest.mark.parametrize(
    ("depth", "repeat", "named"),
    [
        (Depth.QUICK, 1_000, "1,000 looks (general, 1,000 times)"),
        (Depth.DEEP, 2, f"16 looks ({', '.join(lens.name for lens in LENSES)}; 2 times each), then what they found is verified"),
    ],
)
def test_looks_that_are_made_again_are_named_once(depth: Depth, repeat: int, named: str) -> None:
    text = plan_text.render(replace(PLAN, passes=planned(depth, repeat=repeat)), SUBJECT, width=120)

    assert named in " ".join(text.split())


def test_names_cannot_act_on_the_terminal() -> None:
    snapshot = replace(SNAPSHOT, skipped=(SkippedFile("\x1b[2J\n\u202e.png", SkipReason.MEDIA, "\x1b"),), notes=("\x9b2J",))
    plan = replace(PLAN, per_file=(FileTokens("\x1b]0;x\x07/\udcff.py", 5),), notes=("\x1b",))
    text = plan_text.render(plan, Subject(snapshot=snapshot), width=80)

    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e", "\udcff"}


def test_an_unknown_price_and_an_unsure_estimate_are_said() -> None:
    text = " ".join(plan_text.render(replace(PLAN, cost=None, needs_exact=True), SUBJECT, width=100).split())

    assert "unknown: the catalogue has no price for this model" in text
    assert "the provider is asked to count before anything is sent" in text
