"""Names of commits: git in the repository itself is the oracle; git never runs there when we resolve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect.repository import Repository
from reviewer.collect.revisions import ShallowError, is_shallow, merge_base, parents, resolve, tree_of
from reviewer.errors import SourceError

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Commit = Callable[..., str]
Open = Callable[[Path], Repository]


@pytest.fixture
def history(make_repository: Make, git: Git, commit: Commit) -> Path:
    """Five commits, branches, tags of both kinds, a remote with its HEAD; some references packed, some packed and then changed."""
    root = make_repository({"a": "1\n"})
    git(root, "tag", "v1")
    commit(root, {"a": "2\n"})
    git(root, "tag", "--annotate", "--message", "two", "v2")
    git(root, "branch", "topic/one")
    git(root, "branch", "moved")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD~1")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git(root, "pack-refs", "--all")
    commit(root, {"a": "3\n"})
    git(root, "branch", "--force", "moved")
    git(root, "tag", "--annotate", "--message", "of a tag", "nested", "v2")
    git(root, "branch", "caf\u00e9")
    commit(root, {"a": "4\n"})
    return root


NAMES = (
    "HEAD",
    "@",
    "HEAD~2",
    "HEAD^",
    "main",
    "refs/heads/main",
    "heads/main",
    "v1",
    "v2",
    "v2^{commit}",
    "nested",
    "tags/v1",
    "topic/one",
    "moved",
    "caf\u00e9",
    "origin",
    "origin/main",
    "origin/HEAD^0",
    "main~1^0",
    "ORIG_HEAD",
    "FETCH_HEAD",
)


def test_names_stand_for_what_git_says(history: Path, git: Git, opened: Open) -> None:
    git(history, "reset", "--quiet", "--hard", "HEAD~1")
    git(history, "fetch", "--quiet", ".", "v1")
    repository = opened(history)
    asked = [f"{name}^{{{kind}}}" for name in NAMES for kind in ("commit", "tree")]
    told = iter(git(history, "rev-parse", *asked).split())
    expected = {name: (next(told), next(told)) for name in NAMES}
    found = {name: resolve(repository, name) for name in NAMES}
    assert expected == {name: (revision.commit, revision.tree) for name, revision in found.items()}


def test_ids_may_be_abbreviated_and_described(history: Path, git: Git, opened: Open) -> None:
    full = git(history, "rev-parse", "HEAD").strip()
    described = git(history, "describe", "--long").strip()
    repository = opened(history)
    assert [full] * 4 == [resolve(repository, name).commit for name in (full, full[:7], full.upper(), described)]


def test_a_linked_work_tree_has_a_head_of_its_own(history: Path, git: Git, opened: Open, tmp_path: Path) -> None:
    git(history, "worktree", "add", "--quiet", str(tmp_path / "linked"), "topic/one")
    repository = opened(tmp_path / "linked")
    assert resolve(repository, "topic/one") == resolve(repository, "HEAD")
    assert git(history, "rev-parse", "main").strip() == resolve(repository, "main").commit


REFUSED = (
    "",
    "-rf",
    "--output=stolen",
    "--all",
    "^main",
    "main..v1",
    "HEAD@{1}",
    "@{-1}",
    "@{upstream}",
    ":/2",
    "HEAD^{/2}",
    "HEAD:a",
    ":a",
    "main\0",
    "main^@",
    "main^!",
    "HEAD^{tree}",
    "main^{blob}",
    "no such",
    "a\nb",
    "refs/heads/",
    "~",
    "..",
    "*",
)


def test_what_is_no_name_of_one_commit_is_refused(history: Path, opened: Open) -> None:
    repository = opened(history)
    for name in REFUSED:
        with pytest.raises(SourceError):
            resolve(repository, name)
    assert not (history / "stolen").exists()


def test_a_blob_is_no_commit(history: Path, git: Git, opened: Open) -> None:
    with pytest.raises(SourceError, match="is not a commit"):
        resolve(opened(history), git(history, "rev-parse", "HEAD:a").strip())


def test_a_name_that_is_nearly_right_is_helped(history: Path, opened: Open) -> None:
    with pytest.raises(SourceError, match="topic/on is not a commit") as caught:
        resolve(opened(history), "topic/on")
    assert caught.value.hint.startswith("Did you mean topic/one? ")
    with pytest.raises(SourceError) as caught:
        resolve(opened(history), "origin/feature")
    assert "git fetch origin feature" in caught.value.hint


def test_before_the_first_commit_there_is_no_head(git: Git, opened: Open, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    for name in ("HEAD", "HEAD~1", "@", "@~2"):
        with pytest.raises(SourceError, match="no commit yet"):
            resolve(opened(tmp_path), name)


def test_on_an_orphan_branch_other_branches_are_known(history: Path, git: Git, opened: Open) -> None:
    git(history, "branch", "none")  # the name the shadow's own HEAD would have
    git(history, "checkout", "--quiet", "--orphan", "fresh")
    repository = opened(history)
    assert git(history, "rev-parse", "main").strip() == resolve(repository, "main").commit
    with pytest.raises(SourceError, match="no commit yet"):
        resolve(repository, "HEAD")


def test_references_in_a_form_that_is_not_read_are_an_error_and_ids_are_not(history: Path, git: Git, opened: Open) -> None:
    full = git(history, "rev-parse", "HEAD").strip()
    git(history, "config", "core.repositoryFormatVersion", "1")
    with (history / ".git/config").open("a") as config:
        config.write("[extensions]\n\trefStorage = reftable\n")
    repository = opened(history)
    with pytest.raises(SourceError, match="reftable"):
        resolve(repository, "main")
    assert full == resolve(repository, full[:8]).commit


def test_hostile_references_are_left_out(history: Path, git: Git, opened: Open) -> None:
    full = git(history, "rev-parse", "HEAD").strip()
    heads = history / ".git/refs/heads"
    (heads / "outside").symlink_to("/etc/passwd")
    (heads / "loop").write_text("ref: refs/heads/loop\n")
    (heads / "up").write_text("ref: ../../../HEAD\n")
    (heads / "long").write_text("x" * 1000)
    (heads / "bad name").write_text(full + "\n")
    with (history / ".git/packed-refs").open("a") as packed:
        packed.write(f"{full} refs/heads/../../config\n{full} --upload-pack=x\nnonsense\n{full} refs/heads/fine\n")
    repository = opened(history)
    for name in ("outside", "loop", "up", "long", "bad name"):
        with pytest.raises(SourceError):
            resolve(repository, name)
    assert full == resolve(repository, "fine").commit


def test_the_merge_base_is_gits(history: Path, git: Git, commit: Commit, opened: Open) -> None:
    git(history, "checkout", "--quiet", "-b", "side", "v1")
    side = commit(history, {"b": "1\n"})
    main = git(history, "rev-parse", "main").strip()
    assert git(history, "rev-parse", "v1").strip() == merge_base(opened(history), side, main)


def test_of_several_merge_bases_it_is_the_one_git_names(history: Path, git: Git, commit: Commit, opened: Open) -> None:
    git(history, "checkout", "--quiet", "-b", "side", "main~1")
    commit(history, {"b": "1\n"})
    git(history, "branch", "before")
    git(history, "merge", "--quiet", "--no-edit", "main")
    git(history, "checkout", "--quiet", "main")
    git(history, "merge", "--quiet", "--no-edit", "before")
    one, other = (git(history, "rev-parse", name).strip() for name in ("main", "side"))
    assert 2 == len(git(history, "merge-base", "--all", one, other).split())
    assert git(history, "merge-base", one, other).strip() == merge_base(opened(history), one, other)


def test_unrelated_histories_are_told_from_a_shallow_clone(
    history: Path, git: Git, commit: Commit, opened: Open, tmp_path: Path
) -> None:
    git(history, "checkout", "--quiet", "--orphan", "other")
    other = commit(history, {"z": "z\n"})
    main = git(history, "rev-parse", "main").strip()
    with pytest.raises(SourceError, match="no common history") as caught:
        merge_base(opened(history), main, other)
    assert not isinstance(caught.value, ShallowError)
    git(history, "checkout", "--quiet", "-b", "side", "v1")
    side = commit(history, {"b": "1\n"})
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{history}", "shallow")
    shallow = opened(tmp_path / "shallow")
    assert is_shallow(shallow)
    with pytest.raises(ShallowError, match="shallow") as caught:
        merge_base(shallow, main, side)
    assert "fetch-depth: 0" in caught.value.hint
    assert "git fetch --unshallow" in caught.value.hint


def test_beyond_the_end_of_a_shallow_clone_is_said_to_be_there(history: Path, git: Git, opened: Open, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{history}", "shallow")
    old = git(history, "rev-parse", "HEAD~2").strip()
    repository = opened(tmp_path / "shallow")
    for name in ("HEAD~1", "main^", old):
        with pytest.raises(ShallowError):
            resolve(repository, name)
    with pytest.raises(SourceError) as caught:
        resolve(repository, "nosuch~1")
    assert not isinstance(caught.value, ShallowError)
    with pytest.raises(ShallowError):
        tree_of(repository, old)
    head = git(history, "rev-parse", "HEAD").strip()
    assert (git(history, "rev-parse", "HEAD~1").strip(),) == parents(repository, head)


def test_a_commit_that_is_not_there_is_an_error(history: Path, opened: Open) -> None:
    with pytest.raises(SourceError, match="does not have the commit") as caught:
        tree_of(opened(history), "1" * 40)
    assert not isinstance(caught.value, ShallowError)
