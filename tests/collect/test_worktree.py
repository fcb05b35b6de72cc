"""Index and work tree as trees. The oracle is what git itself would commit: `git add --all` and `write-tree` in a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect import worktree
from reviewer.collect.repository import Repository
from reviewer.collect.worktree import index_tree, work_tree
from reviewer.errors import SourceError

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Commit = Callable[..., str]
Open = Callable[[Path], Repository]
Files = Mapping[str, str | bytes | None]


@pytest.fixture
def git_would_commit(git: Git) -> Callable[[Path], str]:
    """The tree of everything that is there and not ignored, by git in a copy of the repository."""

    def ask(root: Path) -> str:
        copy = root.parent / "copy"
        shutil.copytree(root, copy, symlinks=True)
        git(copy, "-c", "advice.addEmbeddedRepo=false", "add", "--all")
        tree = git(copy, "write-tree").strip()
        shutil.rmtree(copy)
        return tree

    return ask


Would = Callable[[Path], str]


def put(root: Path, files: Files) -> None:
    for name, content in files.items():
        path = root / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def test_nothing_changed_is_the_tree_of_head(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": "x\n", "sub/b": "y\n"})
    head = git(root, "rev-parse", "HEAD^{tree}").strip()
    repository = opened(root)
    assert (head, ()) == (index_tree(repository).tree, index_tree(repository).notes)
    assert (head, ()) == (work_tree(repository).tree, work_tree(repository).notes)


def test_the_work_tree_is_what_git_would_commit(make_repository: Make, git: Git, opened: Open, git_would_commit: Would) -> None:
    root = make_repository(
        {"a": "x\n", "gone": "y\n", "link": "z\n", "file": "f\n", "dir/x": "d\n", "run": "r\n", ".gitignore": "*.log\n"}
    )
    put(root, {"a": "changed\n", "gone": None, "new/deep": "n\n", "x.log": "ignored\n", "-rf": "odd\n", "nl\nname": "odd\n"})
    put(root, {os.fsdecode(b"caf\xe9"): "odd\n", "staged": "s\n"})
    git(root, "add", "staged")
    (root / "link").unlink()
    (root / "link").symlink_to("nowhere")
    (root / "file").unlink()
    put(root, {"file/now": "a folder\n"})
    (root / "dir/x").unlink()
    (root / "dir").rmdir()
    put(root, {"dir": "a file\n"})
    (root / "run").chmod(0o755)
    before = sorted(
        (path, path.stat().st_mtime_ns) for path in (root / ".git").rglob("*") if path.is_file() and "objects" not in str(path)
    )
    found = work_tree(opened(root))
    assert (git_would_commit(root), ()) == (found.tree, found.notes)
    assert before == sorted(
        (path, path.stat().st_mtime_ns) for path in (root / ".git").rglob("*") if path.is_file() and "objects" not in str(path)
    )


def test_the_index_is_what_git_would_commit(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": "1\n", "b": "1\n"})
    put(root, {"a": "2\n", "b": "2\n", "c": "new\n", "later": "l\n"})
    git(root, "add", "a", "c")
    git(root, "add", "--intent-to-add", "later")
    assert git(root, "write-tree").strip() == index_tree(opened(root)).tree


def test_a_file_that_is_only_meant_to_be_added_is_in_the_work_tree(
    make_repository: Make, git: Git, opened: Open, git_would_commit: Would
) -> None:
    root = make_repository({"a": "1\n"})
    put(root, {"later": "l\n"})
    git(root, "add", "--intent-to-add", "later")
    assert git_would_commit(root) == work_tree(opened(root)).tree


def test_before_anything_is_added_the_index_is_empty(git: Git, opened: Open, tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "a").write_text("x\n")
    empty = git(root, "write-tree").strip()
    repository = opened(root)
    assert empty == index_tree(repository).tree
    assert "100644 blob" in repository.run("ls-tree", work_tree(repository).tree).decode()


def test_conflicts_are_refused_in_the_index_and_shown_as_they_stand_on_disk(
    make_repository: Make, git: Git, commit: Commit, opened: Open, git_would_commit: Would
) -> None:
    root = make_repository({"a": "1\n", "b": "1\n"})
    git(root, "checkout", "--quiet", "-b", "other")
    commit(root, {"a": "2\n", "b": None})
    git(root, "checkout", "--quiet", "main")
    commit(root, {"a": "3\n", "b": "2\n"})
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "--quiet", "other")
    repository = opened(root)
    with pytest.raises(SourceError, match="unresolved conflicts: a, b") as caught:
        index_tree(repository)
    assert "--uncommitted" in caught.value.hint
    found = work_tree(repository)
    assert ("Unresolved conflicts are shown as they stand on disk: a, b.",) == found.notes
    assert git_would_commit(root) == found.tree


def test_files_git_is_told_not_to_look_at_stay_as_they_are_in_the_index(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": "1\n", "b": "1\n"})
    git(root, "update-index", "--assume-unchanged", "a")
    git(root, "update-index", "--skip-worktree", "b")
    put(root, {"a": "2\n", "b": None})
    assert git(root, "rev-parse", "HEAD^{tree}").strip() == work_tree(opened(root)).tree


@pytest.mark.parametrize("sparse_index", [False, True])
def test_a_sparse_checkout_has_deleted_nothing(sparse_index: bool, make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"in/a": "1\n", "out/b": "1\n", "out/deep/c": "1\n"})
    git(root, "sparse-checkout", "set", "--cone", *(["--sparse-index"] if sparse_index else []), "in")
    assert not (root / "out").exists()
    repository = opened(root)
    head = git(root, "rev-parse", "HEAD^{tree}").strip()
    assert [head, head] == [index_tree(repository).tree, work_tree(repository).tree]
    put(root, {"in/a": "2\n"})
    assert ["in/a"] == repository.run("diff-tree", "-r", "--name-only", head, work_tree(repository).tree).decode().split()


def test_a_split_index_is_read(make_repository: Make, git: Git, opened: Open, git_would_commit: Would) -> None:
    root = make_repository({f"f{number}": "1\n" for number in range(20)})
    git(root, "update-index", "--split-index")
    put(root, {"f1": "2\n", "new": "x\n"})
    git(root, "add", "f1")
    repository = opened(root)
    assert git(root, "write-tree").strip() == index_tree(repository).tree
    assert git_would_commit(root) == work_tree(repository).tree


def test_a_submodule_is_the_commit_it_stands_at(
    make_repository: Make, git: Git, commit: Commit, opened: Open, git_would_commit: Would, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n"})
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    commit(other, {"s": "1\n"})
    git(root, "submodule", "--quiet", "add", str(other), "sub")
    git(root, "submodule", "--quiet", "add", str(other), "gone")
    commit(root, {})
    commit(root / "sub", {"s": "2\n"})
    (root / "sub/untracked").write_text("not looked at\n")
    shutil.rmtree(root / "gone")
    found = work_tree(opened(root))
    assert (git_would_commit(root), ()) == (found.tree, found.notes)


def test_an_embedded_repository_is_left_out_with_a_note(make_repository: Make, git: Git, commit: Commit, opened: Open) -> None:
    root = make_repository({"a": "x\n"})
    (root / "inner").mkdir()
    git(root / "inner", "init", "--quiet")
    commit(root / "inner", {"b": "1\n"})
    found = work_tree(opened(root))
    assert git(root, "rev-parse", "HEAD^{tree}").strip() == found.tree
    assert ("Not compared as they stand on disk (a repository of its own): inner/.",) == found.notes


def test_pipes_and_folders_behind_links_are_gone_not_read(make_repository: Make, git: Git, opened: Open, tmp_path: Path) -> None:
    root = make_repository({"a": "x\n", "pipe": "y\n", "folder/b": "z\n", "keep": "k\n"})
    (root / "pipe").unlink()
    os.mkfifo(root / "pipe")
    os.mkfifo(root / "untracked")
    (root / "folder").rename(tmp_path / "outside")
    (root / "folder").symlink_to(tmp_path / "outside")
    repository = opened(root)
    listed = repository.run("ls-tree", "-r", "--name-only", work_tree(repository).tree).decode().split()
    assert ["a", "folder", "keep"] == listed
    assert b"120000" in repository.run("ls-tree", work_tree(repository).tree, "folder")


def test_a_file_that_may_not_be_read_stays_as_git_has_it(make_repository: Make, git: Git, opened: Open) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    root = make_repository({"a": "x\n"})
    put(root, {"a": "y\n", "b": "new\n"})
    (root / "a").chmod(0)
    (root / "b").chmod(0)
    found = work_tree(opened(root))
    assert git(root, "rev-parse", "HEAD^{tree}").strip() == found.tree
    assert ("Not compared as they stand on disk (Permission denied): a, b.",) == found.notes


def test_huge_files_are_left_out_with_a_note(
    make_repository: Make, git: Git, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worktree, "LARGEST_FILE", 100)
    monkeypatch.setattr(worktree, "LARGEST_SUM", 150)
    root = make_repository({"a": "x\n"})
    put(root, {"a": "x" * 101, "b": "y" * 100, "c": "z" * 60, "d": "w" * 50})
    repository = opened(root)
    found = work_tree(repository)
    assert ["a", "b", "d"] == repository.run("ls-tree", "--name-only", found.tree).decode().split()
    assert b"x\n" == repository.run("cat-file", "blob", f"{found.tree}:a")
    assert ("Not compared as they stand on disk (too large): a, c.",) == found.notes


@pytest.mark.parametrize(
    ("settings", "attributes"),
    [
        ({"core.autocrlf": "true"}, ""),
        ({"core.autocrlf": "input"}, ""),
        ({"core.autocrlf": "TRUE", "core.safecrlf": "true"}, ""),
        ({"core.autocrlf": "false"}, ""),
        ({"core.eol": "crlf"}, "* text=auto\n"),
        ({}, "*.txt text eol=crlf\n"),
        ({}, "* -text\n"),
        ({}, ""),
    ],
)
def test_line_ends_are_compared_as_the_users_git_does(
    settings: Mapping[str, str], attributes: str, make_repository: Make, git: Git, opened: Open, git_would_commit: Would
) -> None:
    root = make_repository({"a.txt": "1\n2\n", "b.txt": "1\r\n2\r\n", ".gitattributes": attributes})
    for key, value in settings.items():
        git(root, "config", key, value)
    put(root, {"a.txt": "1\r\n2\r\n", "new.txt": "1\r\n", "mixed.txt": "1\r\n2\n"})
    if "core.safecrlf" in settings:
        (root / "mixed.txt").unlink()  # the user's git refuses it
    assert git_would_commit(root) == work_tree(opened(root)).tree


def test_the_operators_own_line_ends_count_where_the_repository_says_nothing(
    make_repository: Make, opened: Open, git_would_commit: Would, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gitconfig").write_text("[core]\n\tautocrlf = input\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    root = make_repository({"a.txt": "1\n"})
    put(root, {"a.txt": "1\r\n"})
    assert git_would_commit(root) == work_tree(opened(root)).tree


def test_a_setting_holds_nothing_but_a_setting(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": "x\n"})
    git(root, "config", "core.autocrlf", "input\n[core]\n\tfsmonitor = touch stolen")
    git(root, "config", "core.eol", "lf\n[alias]\n\tx = y")
    repository = opened(root)
    with pytest.raises(SourceError):
        repository.run("config", "core.fsmonitor")
    with pytest.raises(SourceError):
        repository.run("config", "core.eol")


def test_the_executable_bit_counts_as_in_the_users_git(
    make_repository: Make, git: Git, opened: Open, git_would_commit: Would
) -> None:
    root = make_repository({"a": "x\n"})
    git(root, "config", "core.fileMode", "false")
    (root / "a").chmod(0o755)
    put(root, {"a": "y\n"})
    assert git_would_commit(root) == work_tree(opened(root)).tree


@pytest.mark.parametrize("where", ["repository", "operator"])
def test_a_file_that_only_a_filter_could_compare_stays_as_git_has_it(
    where: str, make_repository: Make, git: Git, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = make_repository({"a.dat": "pointer\n", "b": "1\n", ".gitattributes": "*.dat filter=lfs\n*.raw filter=nothing\n"})
    if where == "operator":
        (tmp_path / "gitconfig").write_text('[filter "lfs"]\n\tclean = git-lfs clean -- %f\n')
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    else:
        git(root, "config", "filter.lfs.process", f"touch {tmp_path}/stolen")
    put(root, {"a.dat": "the large file itself\n", "b": "2\n", "c.raw": "x\n"})
    repository = opened(root)
    found = work_tree(repository)
    assert b"pointer\n" == repository.run("cat-file", "blob", f"{found.tree}:a.dat")
    assert b"x\n" == repository.run("cat-file", "blob", f"{found.tree}:c.raw")
    assert ("Not compared as they stand on disk (a filter would have to be run): a.dat.",) == found.notes
    assert not (tmp_path / "stolen").exists()


def test_a_linked_work_tree_has_an_index_of_its_own(make_repository: Make, git: Git, opened: Open, tmp_path: Path) -> None:
    root = make_repository({"a": "x\n"})
    git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    put(root, {"a": "elsewhere\n"})
    put(tmp_path / "linked", {"b": "here\n"})
    repository = opened(tmp_path / "linked")
    assert ["a", "b"] == repository.run("ls-tree", "--name-only", work_tree(repository).tree).decode().split()
    assert b"x\n" == repository.run("cat-file", "blob", f"{work_tree(repository).tree}:a")
