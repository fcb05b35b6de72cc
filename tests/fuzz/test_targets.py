from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from targets.every import TARGETS
from targets.target import Target

every_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def run(target: Target, examples: int) -> None:
    """Hypothesis over a target."""
    chosen = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    chosen(given(target.strategy())(target.check))()


@every_target
def test_what_a_fuzzer_starts_from_holds(target: Target) -> None:
    for seed in (b"", *target.seeds):
        target.check(seed)


@every_target
def test_a_few_inputs_of_each_fuzzer_hold(target: Target) -> None:
    run(target, 20)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@every_target
def test_many_inputs_of_each_fuzzer_hold(target: Target) -> None:
    run(target, 5_000)


@pytest.mark.nightly
def test_the_script_replays_an_input(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "fuzz" / "run.py"
    (tmp_path / "input").write_bytes(TARGETS["reply"].seeds[0])

    replayed = subprocess.run(
        [sys.executable, script, "reply", "--replay", tmp_path / "input"], capture_output=True, text=True, check=False
    )

    assert (replayed.returncode, replayed.stdout, replayed.stderr) == (0, "", "")
