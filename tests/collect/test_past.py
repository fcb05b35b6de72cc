from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.collect import past as past_room
from reviewer.collect.past import LARGEST, NO_PAST, STEPS, Past, Step, read_past, since_a_fixed_date
from reviewer.collect.repository import Repository, open_repository

DAY = 86_400
NOW = 1_780_000_000


def run(root: Path, *args: str, **environment: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *args], cwd=root, env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(root: Path, day: int, **files: str | None) -> str:
    """A commit `day` days after a fixed date that sets (None: removes) the named files; its id."""
    for name, content in files.items():
        if content is None:
            (root / name).unlink()
        else:
            (root / name).write_text(content)
    when = f"@{NOW + day * DAY} +0000"
    run(root, "add", "--all")
    run(root, "commit", "--quiet", "--allow-empty", "--message", f"day {day}", GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE=when)
    return run(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    run(folder, "init", "--quiet")
    return folder


@contextmanager
def opened(root: Path) -> Iterator[Repository]:
    repository = open_repository(root)
    assert repository is not None
    with repository:
        yield repository


def past_of(root: Path, commit: str | None = None, *, index: bool = False) -> Past:
    with opened(root) as repository:
        return read_past(repository, commit or repository.head, index=index)


def step(day: int, *paths: str) -> Step:
    return Step(NOW + day * DAY, paths)


def test_each_commit_is_a_step_with_what_it_added_changed_and_removed(root: Path) -> None:
    commit(root, 0, a="1", b="1")
    commit(root, 1, a="2", b=None, c="1")
    commit(root, 2)
    commit(root, 3, c="2")

    assert past_of(root) == Past(steps=(step(3, "c"), step(2), step(1, "a", "b", "c")))


def test_a_first_commit_is_no_step_since_everything_appears_in_it(root: Path) -> None:
    commit(root, 0, a="1")

    assert past_of(root) == NO_PAST


def test_a_renamed_file_counts_under_both_names(root: Path) -> None:
    commit(root, 0, a="the same text\n" * 20)
    run(root, "mv", "a", "b")
    commit(root, 1)

    assert past_of(root).steps == (step(1, "a", "b"),)


def test_a_merge_is_one_step_at_the_time_it_came_in(root: Path) -> None:
    commit(root, 0, a="1")
    run(root, "checkout", "--quiet", "-b", "side")
    commit(root, 1, b="1")
    commit(root, 2, c="1")
    run(root, "checkout", "--quiet", "main")
    commit(root, 3, a="2")
    when = f"@{NOW + 4 * DAY} +0000"
    run(root, "merge", "--quiet", "--no-ff", "-m", "merge", "side", GIT_COMMITTER_DATE=when)

    assert past_of(root).steps == (step(4, "b", "c"), step(3, "a"))


def test_the_past_of_an_earlier_commit_ends_with_it(root: Path) -> None:
    commit(root, 0, a="1")
    base = commit(root, 1, a="2")
    commit(root, 2, a="3")

    assert past_of(root, base).steps == (step(1, "a"),)


def test_what_is_staged_is_pending_when_the_index_is_asked_for(root: Path) -> None:
    commit(root, 0, a="1", b="1", c="1")
    (root / "a").write_text("2")
    (root / "new").write_text("1")
    run(root, "add", "--all")
    (root / "b").write_text("not staged")

    assert past_of(root, index=True).pending == {"a", "new"}
    assert past_of(root).pending == frozenset()


def test_a_commit_that_changes_very_many_files_says_nothing_about_any(root: Path) -> None:
    commit(root, 0, a="1")
    commit(root, 1, **{f"f{number}": "1" for number in range(LARGEST)})
    commit(root, 2, **{f"g{number}": "1" for number in range(LARGEST + 1)})

    assert [len(each.paths) for each in past_of(root).steps] == [0, LARGEST]


def test_odd_names_are_the_repositorys_own(root: Path) -> None:
    odd = [os.fsdecode(name) for name in (b"\nnew\nline ", b"\xff", b'"', b"\x01", b"a\x01")]
    commit(root, 0, a="1")
    commit(root, 1, **dict.fromkeys(odd, "1"))

    assert sorted(past_of(root).steps[0].paths) == sorted(odd)


def test_a_name_that_looks_like_a_commit_costs_no_more_than_a_step(root: Path) -> None:
    commit(root, 0, a="1")
    commit(root, 1, **{"\x011700000000": "1", "\x01" + "9" * 200: "1", "z": "1"})

    assert "z" in {path for each in past_of(root).steps for path in each.paths}


def test_the_past_is_the_same_however_the_clone_is_checked_out(root: Path, tmp_path: Path) -> None:
    for day in range(4):
        commit(root, day, a=str(day))
    run(tmp_path, "clone", "--quiet", root.as_uri(), "clone")
    run(tmp_path / "clone", "checkout", "--quiet", "--detach")

    assert past_of(tmp_path / "clone") == past_of(root)


def test_a_shallow_clone_has_as_much_past_as_it_holds(root: Path, tmp_path: Path) -> None:
    for day in range(8):
        commit(root, day, a=str(day))
    run(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), "one")
    run(tmp_path, "clone", "--quiet", "--depth=4", root.as_uri(), "four")

    assert past_of(tmp_path / "one") == NO_PAST
    assert past_of(tmp_path / "four").steps == since_a_fixed_date((step(7, "a"), step(6, "a"), step(5, "a")))


def test_a_repository_without_commits_has_no_past(root: Path) -> None:
    assert past_of(root, index=True) == NO_PAST


def test_a_past_that_git_cannot_read_is_none(root: Path) -> None:
    commit(root, 0, a="1")
    head = commit(root, 1, a="2")
    for thing in (root / ".git" / "objects").glob("??/*"):
        thing.unlink()

    assert past_of(root, head) == NO_PAST


def test_a_commit_that_stands_for_a_billion_files_is_given_up_soon(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = commit(root, 0, a="1")
    blob, entry = run(root, "rev-parse", f"{first}:a"), "100644 blob"
    for _ in range(9):
        listed = "".join(f"{entry} {blob}\t{name}\n" for name in "0123456789")
        made = subprocess.run(["git", "mktree"], cwd=root, input=listed, check=True, capture_output=True, text=True)
        blob, entry = made.stdout.strip(), "040000 tree"
    bomb = run(root, "commit-tree", "-p", first, "-m", "bomb", blob)
    head = run(root, "commit-tree", "-p", bomb, "-m", "back", f"{first}^{{tree}}")
    monkeypatch.setattr(past_room, "PATIENCE", 0.0)

    assert past_of(root, head) == NO_PAST


def test_absurd_dates_are_taken_as_they_are(root: Path) -> None:
    commit(root, 0, a="1")
    for name, when in (("b", "@0 +0000"), ("c", "@9999999999999 +0000")):
        (root / name).write_text("1")
        run(root, "add", "--all")
        run(root, "commit", "--quiet", "--message", name, GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE=when)

    assert [each.paths for each in past_of(root).steps] == [("c",), ("b",)]
    assert all(0 <= each.time <= 1 << 40 for each in past_of(root).steps)


def test_no_more_steps_are_read_than_are_allowed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_room, "STEPS", 3)
    for day in range(5):
        commit(root, day, a=str(day))

    assert past_of(root).steps == since_a_fixed_date((step(4, "a"), step(3, "a"), step(2, "a")))
    assert STEPS <= 2000


spans = st.lists(st.integers(0, 400 * DAY), min_size=1, max_size=60)


@given(spans)
def test_a_fixed_date_leaves_the_newest_quarter_of_the_steps_at_least(gaps: list[int]) -> None:
    steps = tuple(Step(NOW - sum(gaps[:at]), ()) for at in range(len(gaps)))
    kept = since_a_fixed_date(steps)

    assert kept == steps[: len(kept)]
    assert len(kept) >= len(steps) / 4


@pytest.mark.parametrize("absurd", [0, 1 << 40])
@pytest.mark.parametrize("at", [0, 50, 99])
def test_one_absurd_date_leaves_the_others(absurd: int, at: int) -> None:
    steps = [step(-day) for day in range(100)]
    steps[at] = Step(absurd, ())

    assert len(since_a_fixed_date(tuple(steps))) >= 70


def test_the_fixed_date_stays_while_commits_come_and_go() -> None:
    line = tuple(Step(NOW + number * DAY // 3, (str(number),)) for number in reversed(range(3000)))
    oldest = [since_a_fixed_date(line[start : start + 1000])[-1].time for start in range(2000, -1, -1)]

    assert oldest == sorted(oldest)
    assert len(set(oldest)) < 20
