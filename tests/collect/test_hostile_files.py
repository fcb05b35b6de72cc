"""Files as a stranger can lay them out: none outside the root is opened, nothing that is no file, and nothing before its size is known."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hostile_git import forge_entry
from reviewer.collect import walk
from reviewer.collect.collector import Selection, collect
from reviewer.collect.comparison import uncommitted
from reviewer.collect.repository import Repository
from reviewer.collect.texts import read_texts
from reviewer.errors import SourceError
from reviewer.outcome import SkipReason

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Open = Callable[[Path], Repository]
SECRET = "a word of nobody in the repository\n"
TERABYTE = 1 << 40


@pytest.fixture(params=["a repository", "a plain folder"])
def stranger(
    request: pytest.FixtureRequest, write_files: Make, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder in which whatever can lead out, keep waiting or overflow lies beside two files."""
    root = write_files({"a.py": "x = 1\n", "deep/b.py": "y = 1\n", "tracked/c.py": "z = 1\n"})
    if request.param == "a repository":
        git(root, "init", "--quiet")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "first")
    outside = tmp_path / "outside"
    (root / "tracked").rename(outside)  # a tracked folder becomes a link out
    (outside / "c.py").write_text(SECRET)
    (root / "tracked").symlink_to(outside)
    (root / "link.py").symlink_to(outside / "c.py")
    (root / "up.py").symlink_to("../outside/c.py")
    (root / "deep/folder").symlink_to("../../outside")
    (root / "through.py").symlink_to("deep/folder/c.py")
    (root / "loop").symlink_to("loop")
    (root / "environment.py").symlink_to("/proc/self/environ")
    (root / "zero.py").symlink_to("/dev/zero")
    (root / ".gitignore").symlink_to(outside / "c.py")
    (root / ".reviewerignore").symlink_to(outside / "c.py")
    (root / "deep/CLAUDE.md").symlink_to(outside / "c.py")
    os.mkfifo(root / "pipe.py")
    monkeypatch.chdir(root)  # the name of a socket is short, the way to it may not be
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.py")
    with (root / "huge.py").open("wb") as huge:
        huge.truncate(TERABYTE)
    os.utime(outside / "c.py", (1, 2))
    return root


def test_nothing_that_leads_out_is_opened(stranger: Path, tmp_path: Path) -> None:
    snapshot = collect(stranger, Selection(), None)
    texts, lost = read_texts(snapshot)

    assert (texts, lost) == ({"a.py": "x = 1\n", "deep/b.py": "y = 1\n"}, ())
    reasons = {skipped.path: skipped.reason for skipped in snapshot.skipped}
    assert {reasons[name] for name in ("link.py", "up.py", "through.py", "loop", "environment.py", "zero.py", ".gitignore")} == {
        SkipReason.SYMBOLIC_LINK
    }
    assert reasons["huge.py"] is SkipReason.TOO_LARGE
    assert {reasons.get(name, SkipReason.NOT_A_FILE) for name in ("pipe.py", "socket.py")} == {SkipReason.NOT_A_FILE}
    assert (tmp_path / "outside/c.py").stat().st_atime == 1


def test_what_is_not_committed_is_found_without_opening_it(stranger: Path, tmp_path: Path, opened: Open) -> None:
    if not (stranger / ".git").exists():
        return
    change = uncommitted(opened(stranger))

    assert "nobody" not in repr(change)
    assert "Not compared as they stand on disk (too large): huge.py." in change.notes
    assert (tmp_path / "outside/c.py").stat().st_atime == 1


@pytest.mark.parametrize("name", ["../outside/c.py", ".git/config", "/etc/passwd", "a/.git/config", "a/../../outside/c.py"])
def test_an_index_that_names_what_no_repository_can_hold_reads_none_of_it(
    name: str, make_repository: Make, tmp_path: Path, git: Git
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/c.py").write_text(SECRET)
    os.utime(tmp_path / "outside/c.py", (1, 2))
    plain = "n" * len(name)
    root = make_repository({plain: "x\n", "z.py": "z = 1\n"})
    forge_entry(root, plain, name)
    (root / plain).unlink()

    try:
        texts, _ = read_texts(collect(root, Selection(), None))
    except SourceError:
        texts = {}  # git itself may refuse such an index

    assert set(texts) <= {"z.py"}
    assert (tmp_path / "outside/c.py").stat().st_atime == 1


def test_names_that_mean_something_elsewhere_are_names_here(make_repository: Make) -> None:
    names = ("C:evil.py", "a.py:stream", "aux.py", "git~1.py", "-rf.py", "%2e%2e.py", "~root.py", "$HOME.py", ".. .py")
    texts, _ = read_texts(collect(make_repository(dict.fromkeys(names, "x = 1\n")), Selection(), None))

    assert sorted(texts) == sorted(names)


def test_a_folder_with_more_files_than_anybody_reviews_is_given_up(write_files: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_files({f"{number}/{inner}.py": "x\n" for number in range(5) for inner in range(5)})
    monkeypatch.setattr(walk, "MOST_FILES", 20)
    with pytest.raises(SourceError, match="more than 20 files"):
        collect(root, Selection(), None)


def test_a_file_of_one_line_and_a_tree_of_a_hundred_folders_are_no_trouble(make_repository: Make) -> None:
    deep = "/".join(["d"] * 100)
    root = make_repository({"line.py": "x" * 900_000, f"{deep}/a.py": "x = 1\n", f"{deep}/e/f/g/a.py": "x = 1\n"})

    snapshot = collect(root, Selection(), None)

    assert f"{deep}/a.py" in {file.path for file in snapshot.files}
    found = {skipped.path: (skipped.reason, skipped.detail) for skipped in snapshot.skipped}
    assert found[f"{deep}/e/f/g/a.py"] == (SkipReason.UNREADABLE, "more than 100 folders deep")
