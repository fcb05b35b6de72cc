from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="module")
def merging() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_merging", BENCH / "merging.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_no_different_defects_are_joined_and_most_of_the_same_ones(merging: ModuleType) -> None:
    pairs = json.loads((BENCH / "merging_pairs.json").read_text("utf-8"))
    outcomes = list(merging.outcomes(pairs))
    same = [outcome.joined for outcome in outcomes if outcome.kind == "same"]

    assert [outcome.titles for outcome in outcomes if outcome.problem] == []
    assert [outcome.titles for outcome in outcomes if outcome.kind == "different" and outcome.joined] == []
    assert sum(same) / len(same) >= 0.65  # two findings are better than one wrong join
    assert all(outcome.joined for outcome in outcomes if outcome.kind == "moved: known again")


def test_of_pairs_that_nobody_had_looked_at_no_different_ones_are_joined(merging: ModuleType) -> None:
    pairs = json.loads((BENCH / "merging_fresh.json").read_text("utf-8"))

    assert [outcome.titles for outcome in merging.outcomes(pairs) if outcome.kind == "different" and outcome.joined] == []
