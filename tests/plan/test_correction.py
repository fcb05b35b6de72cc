"""What true counts teach is kept per endpoint and model, robustly, and without a word on whose code it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.collect.measure import ESTIMATOR_VERSION
from reviewer.errors import StorageError
from reviewer.plan.correction import Corrections, learn, load_corrections

HOME = "https://api.anthropic.com"


def test_nothing_is_known_at_first(tmp_path: Path) -> None:
    assert load_corrections(tmp_path) == Corrections()
    assert load_corrections(tmp_path).get(HOME, "claude-opus-5-5") is None


def test_one_count_corrects_the_next_estimate(tmp_path: Path) -> None:
    learn(tmp_path, HOME, "claude-opus-5-5", estimate=100_000, actual=112_000)
    found = load_corrections(tmp_path).get(HOME, "claude-opus-5-5")
    assert found is not None
    assert (found.ratio, found.half_width, found.observations) == (1.12, 0.15, 1)
    assert load_corrections(tmp_path).get(HOME, "claude-sonnet-5-5") is None


def test_the_band_narrows_with_counts_that_agree_and_widens_with_one_that_does_not(tmp_path: Path) -> None:
    widths = []
    for estimate, actual in [(100_000, 110_000), (200_000, 220_000), (300_000, 333_000), (400_000, 520_000)]:
        learn(tmp_path, HOME, "m", estimate=estimate, actual=actual)
        found = load_corrections(tmp_path).get(HOME, "m")
        assert found is not None
        widths.append(round(found.half_width, 3))
    assert widths == [0.15, 0.12, 0.10, 0.176]


def test_one_odd_repository_does_not_move_the_ratio(tmp_path: Path) -> None:
    for estimate, actual in [(100_000, 110_000), (200_000, 222_000), (300_000, 327_000), (50_000, 200_000)]:
        learn(tmp_path, HOME, "m", estimate=estimate, actual=actual)
    found = load_corrections(tmp_path).get(HOME, "m")
    assert found is not None
    assert found.ratio == pytest.approx(1.105, abs=0.01)
    assert found.half_width == 0.25


def test_the_same_repository_counted_again_replaces_its_earlier_count(tmp_path: Path) -> None:
    learn(tmp_path, HOME, "m", estimate=100_000, actual=110_000)
    learn(tmp_path, HOME, "m", estimate=100_900, actual=112_000)
    assert load_corrections(tmp_path).pairs[HOME, "m"] == ((100_900, 112_000),)


def test_only_the_last_twenty_are_kept(tmp_path: Path) -> None:
    for number in range(1, 26):
        learn(tmp_path, HOME, "m", estimate=number * 10_000, actual=number * 11_000)
    pairs = load_corrections(tmp_path).pairs[HOME, "m"]
    assert (len(pairs), pairs[0], pairs[-1]) == (20, (60_000, 66_000), (250_000, 275_000))


@pytest.mark.parametrize(("estimate", "actual"), [(4_999, 5_000), (0, 10), (100_000, 0), (100_000, 600_000)])
def test_what_teaches_nothing_is_not_kept(tmp_path: Path, estimate: int, actual: int) -> None:
    learn(tmp_path, HOME, "m", estimate=estimate, actual=actual)
    assert list(tmp_path.iterdir()) == []


def test_the_file_holds_numbers_endpoints_and_model_ids_only(tmp_path: Path) -> None:
    learn(tmp_path, HOME, "m", estimate=100_000, actual=110_000)
    (path,) = tmp_path.iterdir()
    assert json.loads(path.read_text()) == {
        "schema": 2,
        "estimator": ESTIMATOR_VERSION,
        "endpoints": {HOME: {"m": [[100_000, 110_000]]}},
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_endpoint_teaches_nothing_about_another(tmp_path: Path) -> None:
    learn(tmp_path, "https://gateway.example", "m", estimate=100_000, actual=57_000)
    learn(tmp_path, HOME, "m", estimate=100_000, actual=110_000)
    found = load_corrections(tmp_path)
    ratios = [correction and correction.ratio for correction in (found.get(HOME, "m"), found.get("https://other.example", "m"))]
    assert ratios == [1.1, None]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_damaged_file_counts_as_none_but_is_noted_and_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "corrections.json").write_bytes(content)
    found = load_corrections(tmp_path)
    assert found.get(HOME, "m") is None
    assert "damaged" in found.note
    learn(tmp_path, HOME, "m", estimate=100_000, actual=110_000)
    assert load_corrections(tmp_path).pairs == {(HOME, "m"): ((100_000, 110_000),)}


def test_a_file_that_cannot_be_read_is_noted(tmp_path: Path) -> None:
    (tmp_path / "corrections.json").mkdir()
    assert "cannot be read" in load_corrections(tmp_path).note


@pytest.mark.parametrize(
    "content",
    [
        "5",
        "null",
        '{"schema": 1}',
        '{"schema": 9, "estimator": 0, "endpoints": {"H": {"m": [[100000, 110000]]}}}',
        f'{{"schema": 1, "estimator": {ESTIMATOR_VERSION}, "models": {{"m": [[100000, 110000]]}}}}',
        f'{{"schema": 2, "estimator": {ESTIMATOR_VERSION - 1}, "endpoints": {{"H": {{"m": [[100000, 110000]]}}}}}}',
        f'{{"schema": 2, "estimator": {ESTIMATOR_VERSION}, "endpoints": {{"H": {{"m": [[100000, "x"], [true, 6000], [1], {{}}, 7, [100000, NaN]]}}}}}}',
        f'{{"schema": 2, "estimator": {ESTIMATOR_VERSION}, "endpoints": {{"H": {{"m": 5}}}}}}',
        f'{{"schema": 2, "estimator": {ESTIMATOR_VERSION}, "endpoints": {{"H": 5}}}}',
        f'{{"schema": 2, "estimator": {ESTIMATOR_VERSION}, "endpoints": []}}',
    ],
)
def test_what_another_version_or_hand_wrote_is_not_used(tmp_path: Path, content: str) -> None:
    (tmp_path / "corrections.json").write_text(content.replace('"H"', json.dumps(HOME)))
    assert load_corrections(tmp_path).get(HOME, "m") is None


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        learn(tmp_path / "none", HOME, "m", estimate=100_000, actual=110_000)


@given(st.lists(st.tuples(st.integers(5_000, 10**7), st.floats(0.2, 5)), min_size=1, max_size=20))
def test_a_correction_stays_within_what_was_seen(seen: list[tuple[int, float]]) -> None:
    pairs = tuple((estimate, round(estimate * ratio)) for estimate, ratio in seen)
    found = Corrections({(HOME, "m"): pairs}).get(HOME, "m")
    assert found is not None
    ratios = [actual / estimate for estimate, actual in pairs]
    assert min(ratios) <= found.ratio <= max(ratios)
    assert 0.10 <= found.half_width <= 0.25
