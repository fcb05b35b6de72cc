"""A machine for the drills, and the repository that holds every attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from drill_effects import tree_state
from drill_machine import CORPUS, Drill
from drill_planting import Planted, plant


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The repository with every attack in its place."""
    return plant(tmp_path_factory.mktemp("drills") / "origin", CORPUS)


@pytest.fixture
def drill(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Drill]:
    """A machine for some runs, which leave nothing behind but their outputs and their state, and change nothing of the repository."""
    before = tree_state(planted.root)
    drill = Drill(planted, tmp_path, monkeypatch, capfdbinary)
    drill.temp.mkdir()
    yield drill
    assert tree_state(planted.root) == before
    assert [path.name for path in drill.temp.iterdir()] == []
    assert not [path for path in tmp_path.rglob("*") if "pwned" in path.name]
