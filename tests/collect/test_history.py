from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from reviewer.collect.history import COMMITS, DAYS, History, churn
from reviewer.collect.repository import open_repository

Make = Callable[..., Path]
DAY = 86_400
NOW = 1_780_000_000


def commit(root: Path, day: int, **files: str) -> None:
    """A commit `day` days after a fixed date that sets the named files (without suffix: `a` is `a.py`)."""
    for name, content in files.items():
        (root / f"{name}.py").write_text(content)
    when = f"@{NOW + day * DAY} +0000"
    run(root, "add", "--all")
    run(root, "commit", "--quiet", "--allow-empty", "--message", f"day {day}", GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE=when)


def run(root: Path, *args: str, **environment: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *args], cwd=root, env={**os.environ, **environment}, check=True, capture_output=True)


def history(root: Path) -> History:
    repository = open_repository(root)
    assert repository is not None
    with repository:
        return churn(repository)


def repository(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    run(root, "init", "--quiet")
    return root


def test_each_commit_counts_once_for_each_file_it_changed(tmp_path: Path) -> None:
    root = repository(tmp_path)
    commit(root, 1, a="1", b="1")
    commit(root, 2, a="2")
    commit(root, 3)
    assert History(commits={"a.py": 2, "b.py": 1}, examined=3) == history(root)


def test_merges_are_not_counted(tmp_path: Path) -> None:
    root = repository(tmp_path)
    commit(root, 1, a="1")
    run(root, "checkout", "--quiet", "-b", "side")
    commit(root, 2, b="1")
    run(root, "checkout", "--quiet", "main")
    commit(root, 3, c="1")
    run(root, "merge", "--quiet", "--no-ff", "-m", "merge", "side")
    found = history(root)
    assert (found.commits, found.examined) == ({"a.py": 1, "b.py": 1, "c.py": 1}, 3)


def test_the_window_is_counted_back_from_the_newest_commit(tmp_path: Path) -> None:
    root = repository(tmp_path)
    commit(root, -DAYS - 1, a="old")
    commit(root, 0, a="new", b="new")
    assert history(root).commits == {"a.py": 1, "b.py": 1}


def test_odd_names_are_the_repositorys_own(tmp_path: Path) -> None:
    root = repository(tmp_path)
    odd = os.fsdecode(b"new\nline \xff.py")
    (root / odd).write_text("1")
    commit(root, 1)
    assert {odd: 1} == history(root).commits


def test_a_shallow_clone_says_so(tmp_path: Path) -> None:
    root = repository(tmp_path)
    for day in range(3):
        commit(root, day, a=str(day))
    run(tmp_path, "clone", "--quiet", "--depth=2", root.as_uri(), "clone")
    found = history(tmp_path / "clone")
    assert (found.shallow, found.examined) == (True, 2)


def test_a_repository_without_commits_has_no_history(tmp_path: Path) -> None:
    assert History() == history(repository(tmp_path))


def test_a_history_that_git_cannot_read_is_a_value_with_a_reason(tmp_path: Path) -> None:
    root = repository(tmp_path)
    commit(root, 1, a="1")
    for thing in (root / ".git" / "objects").glob("??/*"):
        thing.unlink()
    found = history(root)
    assert found.commits == {}
    assert "git" in found.problem


def test_the_number_of_commits_is_bounded() -> None:
    assert COMMITS <= 2000


def test_a_commit_without_a_date_is_a_reason_not_a_crash(tmp_path: Path) -> None:
    root = repository(tmp_path)
    commit(root, 1, a="1")
    body = (root / "commit").absolute()
    tree = subprocess.run(["git", "write-tree"], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
    body.write_text(f"tree {tree}\nauthor a\ncommitter a\n\nm\n")
    bad = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--literally", "commit"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (root / ".git/HEAD").write_text(bad + "\n")
    assert History(problem="The newest commit has no date.") == history(root)


def test_commits_of_the_seventies_count(tmp_path: Path) -> None:
    root = repository(tmp_path)
    commit(root, -(NOW // DAY) + 150, a="1")
    assert History(commits={"a.py": 1}, examined=1) == history(root)
