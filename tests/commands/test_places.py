"""Links and folders that a repository brings, where a call writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.cli import main
from reviewer.commands.places import is_inside, planted_link
from reviewer.errors import SourceError


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that brings links to a folder of somebody's, and a state folder."""
    root = make_repository({"a.py": "x = 1\n", "state/version": "2\n", "real/x": ""})
    (tmp_path / "precious").mkdir()
    (root / "out").symlink_to(tmp_path / "precious")
    (root / "real" / "deep").symlink_to("../out")
    (tmp_path / "entry").symlink_to(root / "real")
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize(
    "args",
    [
        ("review", "--engine", "static", "-o", "out/report.md"),
        ("review", "--engine", "static", "-o", "real/deep/report.md"),
        ("review", "--engine", "static", "-o", "../entry/deep/report.md"),
        ("review", "--engine", "static", "--trace", "out/trace.jsonl", "-o", "../r.md"),
        ("review", "--print-prompt", "out/prompt.json"),
        ("plan", "--trace", "real/deep/trace.jsonl"),
        ("plan", "--state-dir", "state"),
        ("plan", "--state-dir", "out/../state"),
        ("runs", "--state-dir", "state"),
        ("render", "--state-dir", "state"),
        ("render", "-o", "out/report.md"),
        ("resume", "--state-dir", "state"),
        ("ask", "What?", "--state-dir", "state"),
    ],
)
def test_nothing_is_written_through_what_the_repository_brings_and_nothing_taken_for_our_own_runs(
    repository: Path, tmp_path: Path, args: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 2
    said = capfd.readouterr().err
    assert "a link in the repository" in said or "could bring runs of its own" in said
    assert list((tmp_path / "precious").iterdir()) == []
    assert [path.name for path in (repository / "state").iterdir()] == ["version"]


def test_a_link_outside_the_repository_is_the_operators_own(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "reports").symlink_to(tmp_path / "precious")

    assert main(["review", "--engine", "static", "-o", str(tmp_path / "reports" / "report.md")]) == 0
    assert (tmp_path / "precious" / "report.md").exists()


def test_links_are_found_however_one_gets_to_them(repository: Path, tmp_path: Path) -> None:
    (repository / "loop").symlink_to("loop")
    (tmp_path / "around").symlink_to("around")

    assert planted_link(repository / "real" / "x", repository) is None
    assert planted_link(Path("loop") / "x", repository) == repository / "loop"
    assert planted_link(tmp_path / "entry" / ".." / "out" / "x", repository) == repository / "out"
    assert planted_link(repository / "out" / "x", tmp_path / "elsewhere") is None
    with pytest.raises(SourceError, match="loop"):
        planted_link(tmp_path / "around" / "x", repository)
    assert is_inside(tmp_path / "entry" / "x", repository)
    assert not is_inside(tmp_path / "precious", repository)


def test_the_built_in_checks_say_that_they_look_once(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--engine", "static", "--depth", "deep", "--repeat", "2"]) == 0

    assert "--depth and --repeat: only a model is asked more than once" in capfd.readouterr().err
