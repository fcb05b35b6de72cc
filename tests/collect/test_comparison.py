"""From what was asked to a Change, on repositories in every state that people leave them in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect import comparison
from reviewer.collect.changes import Change, ChangeKind
from reviewer.collect.repository import Repository
from reviewer.collect.revisions import ShallowError
from reviewer.errors import SourceError

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Commit = Callable[..., str]
Open = Callable[[Path], Repository]


def names(change: Change) -> list[tuple[str, str]]:
    return [(file.kind.value, file.path) for file in change.files]


@pytest.fixture
def forked(make_repository: Make, git: Git, commit: Commit) -> Path:
    """`main` and `topic` parted after the first commit; `topic` is checked out."""
    root = make_repository({"a": "1\n", "shared": "s\n"})
    git(root, "checkout", "--quiet", "-b", "topic")
    commit(root, {"topic": "t\n"}, "On topic\n\nWhy it was done.\n\nSigned-off-by: x")
    git(root, "checkout", "--quiet", "main")
    commit(root, {"a": "2\n"})
    git(root, "checkout", "--quiet", "topic")
    return root


def test_since_base_leaves_out_what_the_base_did_since(forked: Path, git: Git, opened: Open) -> None:
    (forked / "shared").write_text("not committed\n")
    (forked / "new").write_text("untracked\n")
    change = comparison.since_base(opened(forked), "main")
    base = git(forked, "merge-base", "main", "topic").strip()
    assert [("added", "new"), ("modified", "shared"), ("added", "topic")] == names(change)
    assert (base, None) == (change.base.commit, change.head.commit)
    assert f"work tree since {base[:12]} (main)" == change.label


def test_a_range_of_two_dots_compares_as_it_is_and_of_three_since_they_parted(forked: Path, opened: Open) -> None:
    repository = opened(forked)
    two = comparison.of_range(repository, "main..topic")
    three = comparison.of_range(repository, "main...topic")
    assert [("modified", "a"), ("added", "topic")] == names(two)
    assert [("added", "topic")] == names(three)
    assert ("main..topic", "main...topic") == (two.label, three.label)


def test_an_empty_side_of_a_range_is_head(forked: Path, opened: Open) -> None:
    repository = opened(forked)
    assert names(comparison.of_range(repository, "main...")) == names(comparison.of_range(repository, "main...HEAD"))
    assert [("modified", "a")] == names(comparison.of_range(repository, "...main"))
    assert () == comparison.of_range(repository, "..").files


@pytest.mark.parametrize("given", ["main", "", "main....topic", "main..topic..main", "main..--output=x", "-x..main"])
def test_what_is_no_range_is_refused(given: str, forked: Path, opened: Open) -> None:
    with pytest.raises(SourceError):
        comparison.of_range(opened(forked), given)


def test_a_commit_brings_its_message(forked: Path, git: Git, opened: Open) -> None:
    change = comparison.of_commit(opened(forked), "HEAD")
    assert [("added", "topic")] == names(change)
    assert ("On topic", "Why it was done.\n\nSigned-off-by: x") == (change.title, change.body)
    assert git(forked, "rev-parse", "HEAD").strip() == change.head.commit
    assert f"commit {change.head.commit[:12]}" == change.label


def test_a_message_in_another_encoding_is_read(make_repository: Make, git: Git, opened: Open, tmp_path: Path) -> None:
    root = make_repository({"a": "1\n"})
    (tmp_path / "message").write_bytes(b"caf\xe9\n")
    git(root, "-c", "i18n.commitEncoding=latin1", "commit", "--quiet", "--allow-empty", "--file", str(tmp_path / "message"))
    assert "caf\u00e9" == comparison.of_commit(opened(root), "HEAD").title


def test_the_first_commit_is_compared_with_nothing(make_repository: Make, opened: Open) -> None:
    change = comparison.of_commit(opened(make_repository({"a": "1\n", "b": "2\n"})), "HEAD")
    assert [("added", "a"), ("added", "b")] == names(change)
    assert None is change.base.commit


def test_an_empty_commit_changes_nothing(make_repository: Make, commit: Commit, opened: Open) -> None:
    root = make_repository({"a": "1\n"})
    commit(root, {}, "nothing")
    change = comparison.of_commit(opened(root), "HEAD")
    assert ((), "nothing") == (change.files, change.title)


def test_a_merge_shows_what_it_brought(forked: Path, git: Git, opened: Open) -> None:
    git(forked, "checkout", "--quiet", "main")
    first = git(forked, "rev-parse", "HEAD").strip()
    git(forked, "merge", "--quiet", "--no-edit", "topic")
    change = comparison.of_commit(opened(forked), "HEAD")
    assert [("added", "topic")] == names(change)
    assert first == change.base.commit
    assert change.notes[0].endswith(f"is a merge: what it brought to its first parent {first[:12]} is shown.")


def test_staged_and_uncommitted_are_told_apart(forked: Path, git: Git, opened: Open) -> None:
    (forked / "a").write_text("staged\n")
    git(forked, "add", "a")
    (forked / "shared").write_text("only on disk\n")
    (forked / "new").write_text("untracked\n")
    repository = opened(forked)
    staged, uncommitted = comparison.staged(repository), comparison.uncommitted(repository)
    assert [("modified", "a")] == names(staged)
    assert [("modified", "a"), ("added", "new"), ("modified", "shared")] == names(uncommitted)
    assert [repository.head] * 2 == [staged.base.commit, uncommitted.base.commit]
    assert ("staged changes", "uncommitted changes") == (staged.label, uncommitted.label)


def test_nothing_changed_is_said_when_git_says_so(forked: Path, opened: Open) -> None:
    repository = opened(forked)
    assert [(), ()] == [comparison.staged(repository).files, comparison.uncommitted(repository).files]


def test_a_file_that_changed_within_the_second_of_the_index_is_seen(make_repository: Make, opened: Open) -> None:
    root = make_repository({"a": "1\n"})
    (root / "a").write_text("2\n")  # the same size, at once: only its content tells
    assert [("modified", "a")] == names(comparison.uncommitted(opened(root)))


def test_before_the_first_commit_everything_is_new(git: Git, opened: Open, tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "--quiet")
    (root / "a").write_text("1\n")
    (root / "b").write_text("1\n")
    git(root, "add", "a")
    repository = opened(root)
    assert [("added", "a")] == names(comparison.staged(repository))
    assert [("added", "a"), ("added", "b")] == names(comparison.uncommitted(repository))
    with pytest.raises(SourceError, match="no commit"):
        comparison.of_commit(repository, "HEAD")


def test_on_an_orphan_branch_everything_is_new_and_there_is_no_base(forked: Path, git: Git, commit: Commit, opened: Open) -> None:
    git(forked, "checkout", "--quiet", "--orphan", "fresh")
    repository = opened(forked)
    assert [("added", "a"), ("added", "shared"), ("added", "topic")] == names(comparison.staged(repository))
    with pytest.raises(SourceError, match="no commit yet"):
        comparison.since_base(repository, "main")
    commit(forked, {})
    with pytest.raises(SourceError, match="no common history") as caught:
        comparison.since_base(opened(forked), "main")
    assert "--range" in caught.value.hint


def test_a_shallow_clone_says_what_to_fetch(forked: Path, git: Git, commit: Commit, opened: Open, tmp_path: Path) -> None:
    commit(forked, {"topic": "2\n"})
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{forked}", "shallow")
    repository = opened(tmp_path / "shallow")
    for ask, name, depth in ((comparison.since_base, "origin/main", 0), (comparison.of_commit, "HEAD", 2)):
        with pytest.raises(ShallowError) as caught:
            ask(repository, name)
        assert f"fetch-depth: {depth}`" in caught.value.hint
    assert [("modified", "a"), ("deleted", "topic")] == names(comparison.of_range(repository, "HEAD..origin/main"))


def test_the_depth_that_is_asked_for_is_enough_for_an_older_commit(
    forked: Path, git: Git, commit: Commit, opened: Open, tmp_path: Path
) -> None:
    commit(forked, {"topic": "2\n"})
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{forked}", "shallow")
    with pytest.raises(ShallowError) as caught:
        comparison.of_commit(opened(tmp_path / "shallow"), "HEAD~1")
    assert "fetch-depth: 3`" in caught.value.hint
    git(tmp_path, "clone", "--quiet", "--depth=3", f"file://{forked}", "enough")
    assert comparison.of_commit(opened(tmp_path / "enough"), "HEAD~1").files != ()


def test_a_clone_that_reaches_far_enough_is_not_called_shallow(
    forked: Path, git: Git, commit: Commit, opened: Open, tmp_path: Path
) -> None:
    for number in range(5):
        commit(forked, {"topic": f"{number}\n"})
    git(tmp_path, "clone", "--quiet", "--depth=3", f"file://{forked}", "shallow")
    repository = opened(tmp_path / "shallow")
    assert [("modified", "topic")] == names(comparison.of_commit(repository, "HEAD~1"))
    with pytest.raises(ShallowError):
        comparison.of_commit(repository, "HEAD~2")  # it is there, its parent is not


def test_two_commits_of_a_pull_request_are_compared_as_they_are(forked: Path, git: Git, opened: Open) -> None:
    base, head = git(forked, "merge-base", "main", "topic").strip(), git(forked, "rev-parse", "topic").strip()
    change = comparison.between(opened(forked), base, head, "octo/app#12", "Title", "Body")
    assert [("added", "topic")] == names(change)
    assert ("octo/app#12", "Title", "Body") == (change.label, change.title, change.body)
    assert (base, head) == (change.base.commit, change.head.commit)


def test_where_references_are_not_read_head_is_not_taken_for_nothing(forked: Path, git: Git, opened: Open) -> None:
    git(forked, "config", "core.repositoryFormatVersion", "1")
    with (forked / ".git/config").open("a") as config:
        config.write("[extensions]\n\trefStorage = reftable\n")
    (forked / ".git/HEAD").write_text("ref: refs/heads/.invalid\n")  # what such repositories have there
    for ask in (comparison.staged, comparison.uncommitted):
        with pytest.raises(SourceError, match="reftable"):
            ask(opened(forked))


def test_a_change_of_type_from_link_to_folder(make_repository: Make, commit: Commit, opened: Open) -> None:
    root = make_repository({"a": "1\n"})
    (root / "way").symlink_to("a")
    commit(root, {})
    (root / "way").unlink()
    (root / "way").mkdir()
    (root / "way/in").write_text("x\n")
    change = comparison.uncommitted(opened(root))
    assert [("deleted", "way"), ("added", "way/in")] == names(change)
    assert ChangeKind.DELETED is change.files[0].kind


def test_a_hook_of_a_commit_sees_what_will_be_committed(make_repository: Make, git: Git, tmp_path: Path) -> None:
    root = make_repository({"a": "1\n", "b": "1\n"})
    (root / "a").write_text("2\n")
    hook = root / ".git/hooks/pre-commit"
    program = tmp_path / "ask.py"
    program.write_text(
        "from pathlib import Path\n"
        "from reviewer.collect.comparison import staged\n"
        "from reviewer.collect.repository import open_repository\n"
        f"with open_repository(Path({str(root)!r})) as repository:\n"
        f"    Path({str(tmp_path / 'seen')!r}).write_text(' '.join(file.path for file in staged(repository).files))\n"
    )
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} {program}\n")
    hook.chmod(0o755)
    for committing, expected in ((("--all",), "a"), (("b",), "b")):
        (root / "b").write_text(f"{expected}\n")
        git(root, "commit", "--quiet", "--message", "x", *committing)
        assert expected in (tmp_path / "seen").read_text().split()
    assert "b" == (tmp_path / "seen").read_text()


def test_an_index_elsewhere_is_not_read(
    make_repository: Make, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = make_repository({"a": "1\n"})
    for elsewhere in (str(tmp_path / "index"), "/dev/zero", "../index", ""):
        monkeypatch.setenv("GIT_INDEX_FILE", elsewhere)
        assert () == comparison.staged(opened(root)).files
