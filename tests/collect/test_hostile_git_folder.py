"""Git's own folder as an archive can bring it: it leads to no other repository of this machine, and keeps nobody waiting."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect.gitdir import read_references
from reviewer.collect.repository import Repository
from reviewer.collect.revisions import resolve
from reviewer.collect.snapshot import Snapshot
from reviewer.errors import SourceError

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Collected = Callable[..., Snapshot]
Open = Callable[[Path], Repository]
Commit = Callable[..., str]


@pytest.fixture
def private(make_repository: Make, git: Git, tmp_path: Path) -> Path:
    """Somebody's own repository on the same machine."""
    root = make_repository({"plans.txt": "nobody else's business\n"})
    git(root, "branch", "plans")
    return root.rename(tmp_path / "private")


@pytest.fixture
def stranger(make_repository: Make, private: Path) -> Path:
    """What was unpacked; `private` is at a place its author could guess."""
    return make_repository({"a.txt": "x\n"})


@pytest.mark.parametrize("kind", ["a file", "a link", "a relative file"])
def test_a_git_entry_that_leads_to_another_repository_is_refused(kind: str, stranger: Path, private: Path, opened: Open) -> None:
    (stranger / ".git").rename(stranger.parent / "unused")
    match kind:
        case "a link":
            (stranger / ".git").symlink_to(private / ".git")
        case "a file":
            (stranger / ".git").write_text(f"gitdir: {private}/.git\n")
        case _:
            (stranger / ".git").write_text("gitdir: ../private/.git\n")
    with pytest.raises(SourceError, match="does not say that it belongs to"):
        opened(stranger)


def test_a_git_entry_that_leads_to_a_linked_work_tree_of_another_repository_is_refused(
    stranger: Path, private: Path, git: Git, opened: Open, tmp_path: Path
) -> None:
    git(private, "worktree", "add", "--quiet", str(tmp_path / "linked"), "plans")
    (stranger / ".git").rename(stranger.parent / "unused")
    (stranger / ".git").write_text(f"gitdir: {private}/.git/worktrees/linked\n")
    with pytest.raises(SourceError, match="does not say that it belongs to") as caught:
        opened(stranger)
    assert caught.value.hint == "If it was moved: git worktree repair"
    assert "plans.txt" in opened(tmp_path / "linked").run("ls-files").decode()


def test_a_common_folder_that_is_another_repositorys_is_refused(stranger: Path, private: Path, opened: Open) -> None:
    (stranger / ".git/commondir").write_text(f"{private}/.git\n")
    with pytest.raises(SourceError, match="part of another repository"):
        opened(stranger)


@pytest.mark.parametrize("name", ["HEAD", "index", "packed-refs"])
def test_a_part_that_is_a_link_to_another_repositorys_is_refused(name: str, stranger: Path, private: Path, opened: Open) -> None:
    (stranger / ".git" / name).unlink(missing_ok=True)
    (stranger / ".git" / name).symlink_to(private / ".git" / name)
    (private / ".git/packed-refs").touch()
    with pytest.raises(SourceError, match=f"{name} is a link out of the repository"):
        resolve(opened(stranger), "main")


@pytest.mark.parametrize("name", ["refs", "refs/heads", "refs/heads/plans"])
def test_references_of_another_repository_are_not_taken_for_its_own(
    name: str, stranger: Path, private: Path, opened: Open, git: Git
) -> None:
    git(stranger, "checkout", "--quiet", "--detach")
    place = stranger / ".git" / name
    if place.is_dir():
        place.rename(stranger.parent / "unused")
    place.symlink_to(private / ".git" / name)
    (stranger / ".git/objects/info/alternates").write_text(f"{private}/.git/objects\n")
    repository = opened(stranger)
    assert b"refs/heads/plans" not in read_references(repository.git_dir)
    with pytest.raises(SourceError, match="plans is not a commit"):
        resolve(repository, "plans")


def test_a_folder_that_was_separated_belongs_to_its_files_once_it_says_so(git: Git, opened: Open, tmp_path: Path) -> None:
    root = tmp_path / "my files; $(touch x)"
    git(tmp_path, "init", "--quiet", "--separate-git-dir", str(tmp_path / "apart.git"), str(root))
    with pytest.raises(SourceError, match="does not say that it belongs to") as caught:
        opened(root)
    said = shlex.split(caught.value.hint.removeprefix("If it does: git "))
    git(tmp_path, *said)
    (root / "a").write_text("x\n")
    assert ["a"] == [entry.path for entry in opened(root).entries()]


def test_git_s_folder_may_lie_under_another_name_among_the_files(stranger: Path, opened: Open) -> None:
    (stranger / ".git").rename(stranger / "sub.git")
    (stranger / ".git").write_text("gitdir: sub.git\n")
    assert "a.txt" in [entry.path for entry in opened(stranger).entries()]


def test_head_may_be_a_link_within_git_s_folder(stranger: Path, git: Git, opened: Open) -> None:
    head = git(stranger, "rev-parse", "HEAD").strip()
    (stranger / ".git/HEAD").unlink()
    (stranger / ".git/HEAD").symlink_to("refs/heads/main")
    assert head == opened(stranger).head


def test_a_submodule_and_a_linked_work_tree_belong_to_their_files(
    stranger: Path, private: Path, git: Git, opened: Open, tmp_path: Path
) -> None:
    git(stranger, "submodule", "--quiet", "add", str(private), "sub")
    git(stranger, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    assert ["plans.txt"] == [entry.path for entry in opened(stranger / "sub").entries()]
    assert ["a.txt"] == [entry.path for entry in opened(tmp_path / "linked").entries()]


@pytest.mark.parametrize("kind", ["an object", "a list of alternates", "a pack", "a link to one", "lent"])
def test_a_pipe_among_the_objects_is_named_at_once(kind: str, stranger: Path, git: Git, opened: Open) -> None:
    blob = git(stranger, "rev-parse", "HEAD:a.txt").strip()
    name = {"a list of alternates": "info/alternates", "a pack": "pack/pack-1.idx"}.get(kind, f"{blob[:2]}/{blob[2:]}")
    place = stranger / ".git/objects" / name
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    if kind == "lent":
        (stranger / ".git/objects/info/alternates").write_text("../../lent\n")
        place = stranger / "lent" / blob[:2] / blob[2:]
        place.parent.mkdir(parents=True)
    os.mkfifo(stranger / "p" if kind == "a link to one" else place)
    if kind == "a link to one":
        place.symlink_to(stranger / "p")
    with pytest.raises(SourceError, match=r"is a named pipe|not a regular file"):
        opened(stranger)


def test_a_loop_of_lenders_and_links_among_the_objects_is_no_trouble(stranger: Path, opened: Open) -> None:
    objects = stranger / ".git/objects"
    (objects / "info/alternates").write_text(f"{objects}\n../objects\n/nonexistent\n# nothing\n")
    (objects / "ab").mkdir(exist_ok=True)
    for number in range(2000):
        (objects / "ab" / str(number)).symlink_to("..")
    (objects / "ab" / "nowhere").symlink_to("/nonexistent/at/all")
    assert "a.txt" in [entry.path for entry in opened(stranger).entries()]
