"""Every fault between a user and the report: its exit code, its sentence, and what is on disk."""

from __future__ import annotations

import sys

import pytest

from faults.page import PAGE, ROWS, page
from faults.row import Row, hold
from faults.scene import Scene


@pytest.mark.skipif(sys.platform != "linux", reason="the faults are made with what Linux has for it")
@pytest.mark.parametrize(
    "row", [pytest.param(row, marks=pytest.mark.nightly if row.nightly else (), id=row.fault) for row in ROWS]
)
def test_a_fault_leaves_one_sentence_and_nothing_half_done(row: Row, scene: Scene) -> None:
    hold(row, scene)


def test_every_fault_has_its_own_name() -> None:
    assert len({row.fault for row in ROWS}) == len(ROWS)


def test_the_page_is_made_of_the_rows() -> None:
    assert PAGE.read_text() == page(), "run `python -m faults.page` in the folder `tests`"
