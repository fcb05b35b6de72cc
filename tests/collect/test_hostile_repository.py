"""A repository whose own configuration names programs: none of them may run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from reviewer.collect.repository import open_repository
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.texts import read_texts
from reviewer.errors import SourceError
from reviewer.outcome import SkipReason

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Collected = Callable[..., Snapshot]


def test_nothing_it_names_is_run_while_it_is_collected(hostile: tuple[Path, Path], collected: Collected) -> None:
    root, canaries = hostile
    snapshot = collected(root)
    texts, lost = read_texts(snapshot)
    assert [".gitattributes", "a.txt", "b.txt", "img.bin"] == list(texts)
    assert () == lost
    assert [] == sorted(canaries.iterdir())


@pytest.mark.parametrize(
    "question",
    [
        ("log", "-p", "--stat", "--show-signature"),
        ("status", "--porcelain"),
        ("diff",),
        ("diff", "HEAD"),
        ("ls-tree", "-r", "HEAD"),
        ("grep", "-e", "one"),
        ("check-attr", "-a", "a.txt"),
    ],
)
def test_nothing_it_names_is_run_by_any_question(question: tuple[str, ...], hostile: tuple[Path, Path]) -> None:
    root, canaries = hostile
    repository = open_repository(root)
    assert repository is not None
    with repository, suppress(SourceError):  # some miss the object that is not there, and none fetches it
        repository.run(*question)
    assert [] == sorted(canaries.iterdir())


def test_a_missing_object_is_an_error_and_is_not_fetched(hostile: tuple[Path, Path], git: Git) -> None:
    root, canaries = hostile
    repository = open_repository(root)
    assert repository is not None
    with repository, pytest.raises(SourceError, match="git cat-file failed"):
        repository.run("cat-file", "blob", "HEAD:img.bin")
    assert [] == sorted(canaries.iterdir())


def test_a_work_tree_that_is_said_to_be_elsewhere_is_refused(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n"})
    git(root, "config", "core.worktree", str(tmp_path))
    with pytest.raises(SourceError, match=r"core\.worktree"):
        collected(root)


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes"])
def test_a_pipe_in_the_place_of_a_rule_file_is_named_at_once(name: str, make_repository: Make, collected: Collected) -> None:
    root = make_repository({"sub/a": "x\n", ".gitattributes": "* linguist-vendored=false\n"})
    os.mkfifo(root / "sub" / name)
    with pytest.raises(SourceError, match=f"sub/{name} is a named pipe"):
        collected(root)


@pytest.mark.parametrize("name", ["config", "index", "info/exclude", "shallow", "packed-refs"])
def test_a_pipe_in_gits_own_folder_is_named_at_once(name: str, make_repository: Make, collected: Collected) -> None:
    root = make_repository({"a": "x\n"})
    pipe = root / ".git" / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    for head in (root / ".git/refs/heads").iterdir():
        head.unlink()  # so that packed-refs is looked into
    with pytest.raises(SourceError, match=f"{name} cannot be read: not a regular file"):
        collected(root)


def test_an_excludes_file_that_is_a_device_is_left_alone_with_a_note(
    make_repository: Make, git: Git, collected: Collected
) -> None:
    root = make_repository({"a": "x\n"})
    git(root, "config", "core.excludesFile", "/dev/zero")
    snapshot = collected(root)
    assert ["a"] == [file.path for file in snapshot.files]
    assert ("core.excludesFile is not used: /dev/zero cannot be read: not a regular file (a device).",) == snapshot.notes


def test_an_index_that_names_files_outside_reads_none_of_them(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path
) -> None:
    (tmp_path / "outside.txt").write_text("secret\n")
    root = make_repository({"aaaaaaaaaaaaaaa": "x\n", "bbbb/config": "x\n"})
    index = root / ".git/index"
    forged = index.read_bytes().replace(b"aaaaaaaaaaaaaaa", b"../outside.txt\0"[:15]).replace(b"bbbb/config", b".git/config")
    index.write_bytes(forged)
    git(root, "config", "index.skipHash", "true")
    try:
        snapshot = collected(root)
    except SourceError:
        return  # git itself refuses the index: as good
    assert [] == [file.path for file in snapshot.files if "outside" in file.path or ".git/" in file.path]


def test_a_hostile_git_file_leads_nowhere(write_files: Make, collected: Collected) -> None:
    root = write_files({".git": "gitdir: /nonexistent\n", "a": "x\n"})
    with pytest.raises(SourceError, match="does not lead to a repository"):
        collected(root)


def test_a_parent_folder_that_became_a_link_is_not_followed(make_repository: Make, collected: Collected, tmp_path: Path) -> None:
    root = make_repository({"folder/a": "x\n", "b": "x\n"})
    outside = tmp_path / "outside"
    (root / "folder").rename(outside)
    (root / "folder").symlink_to(outside)
    snapshot = collected(root)
    assert ["b"] == [file.path for file in snapshot.files]
    assert SkipReason.SYMBOLIC_LINK in {file.reason for file in snapshot.skipped}


def test_another_owners_repository_is_read(hostile: tuple[Path, Path], collected: Collected) -> None:
    root, _ = hostile
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    for path in [root, *root.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert "a.txt" in [file.path for file in collected(root).files]


@pytest.mark.parametrize("name", ["sharedindex.abc", "sharedindex.", "sharedindex.zz"])
def test_a_file_that_is_only_named_like_a_part_of_the_index_is_left_alone(
    make_repository: Make, collected: Collected, name: str
) -> None:
    root = make_repository({"a": "x\n"})
    (root / ".git" / name).write_text("x")
    assert ["a"] == [file.path for file in collected(root).files]
