"""A patch beside the repository it is for, and alone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from reviewer.collect.changes import Change
from reviewer.collect.comparison import of_patch
from reviewer.collect.diff import parse_patch
from reviewer.collect.patch import partial_texts
from reviewer.collect.repository import Repository
from reviewer.errors import SourceError

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Commit = Callable[..., str]
Open = Callable[[Path], Repository]

TEN = "".join(f"line {number}\n" for number in range(1, 11))


def git_diff(root: Path, *args: str) -> bytes:
    return subprocess.run(["git", "diff", *args], cwd=root, check=True, capture_output=True).stdout


def names(change: Change) -> list[tuple[str, str]]:
    return [(file.kind.value, file.path) for file in change.files]


def test_a_patch_for_head_is_applied_without_touching_a_file(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": TEN, "gone": "x\n"})
    (root / "a").write_text(TEN.replace("line 5", "five"))
    (root / "gone").unlink()
    patch = git_diff(root)
    git(root, "checkout", "--quiet", ".")
    index = (root / ".git/index").read_bytes()
    repository = opened(root)
    change = of_patch(repository, patch, "fix.patch")
    assert [("modified", "a"), ("deleted", "gone")] == names(change)
    assert ("fix.patch", repository.head, None) == (change.label, change.base.commit, change.head.commit)
    assert b"five" in repository.run("cat-file", "blob", f"{change.head.tree}:a")
    assert ((), TEN, index) == (change.notes, (root / "a").read_text(), (root / ".git/index").read_bytes())


@pytest.mark.parametrize("options", [("--no-prefix",), ("--src-prefix=i/", "--dst-prefix=w/"), ("--binary",), ("-U0",)])
def test_patches_are_applied_however_git_was_told_to_write_them(
    options: tuple[str, ...], make_repository: Make, git: Git, opened: Open
) -> None:
    root = make_repository({"sub/a": TEN, "bin": b"\0\1", "crlf": "1\r\n2\r\n", "l1": b"\xe9\n"})
    (root / "sub/a").write_text(TEN + "more\n")
    (root / "crlf").write_bytes(b"1\r\n3\r\n")
    (root / "l1").write_bytes(b"\xe9\n\xe8\n")
    if "--binary" in options:
        (root / "bin").write_bytes(b"\0\2")
    patch = git_diff(root, *options)
    git(root, "add", "--all")
    expected = git(root, "write-tree").strip()
    git(root, "reset", "--quiet", "--hard")
    assert expected == of_patch(opened(root), patch, "p").head.tree


def test_a_patch_that_head_holds_already_is_compared_with_what_was_before(
    make_repository: Make, git: Git, commit: Commit, opened: Open
) -> None:
    root = make_repository({"a": TEN})
    before = git(root, "rev-parse", "HEAD^{tree}").strip()
    commit(root, {"a": TEN + "more\n", "b": "new\n"})
    change = of_patch(opened(root), git_diff(root, "HEAD~1", "HEAD"), "p")
    assert [("modified", "a"), ("added", "b")] == names(change)
    assert (before, None) == (change.base.tree, change.base.commit)
    assert git(root, "rev-parse", "HEAD").strip() == change.head.commit
    assert ("HEAD holds the patch already: it is compared with what was before it.",) == change.notes


def test_a_patch_may_be_for_what_is_staged_or_only_on_disk(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": TEN})
    (root / "a").write_text(TEN.upper())
    git(root, "add", "a")
    (root / "a").write_text(TEN.upper().replace("LINE 5", "FIVE"))
    on_staged = of_patch(opened(root), git_diff(root), "p")
    assert ("The patch fits what is staged, not HEAD.",) == on_staged.notes
    assert (1, 1) == (on_staged.files[0].added, on_staged.files[0].removed)
    (root / "a").write_text(TEN.replace("line", "row"))
    git(root, "stash", "--quiet")
    (root / "a").write_text(TEN.replace("line", "row").replace("row 5", "five"))
    patch = git_diff(root, "stash@{0}")
    (root / "a").write_text(TEN.replace("line", "row"))
    on_disk = of_patch(opened(root), patch, "p")
    assert ("The patch fits the work tree, not HEAD.",) == on_disk.notes
    (root / "a").write_text(TEN.replace("line", "row").replace("row 5", "five"))
    already = of_patch(opened(root), patch, "p")
    assert ("The work tree holds the patch already: it is compared with what was before it.",) == already.notes
    assert on_disk.files == already.files


def test_a_patch_that_fits_nowhere_is_an_error_that_says_where_it_failed(make_repository: Make, opened: Open) -> None:
    root = make_repository({"a": "something else\n"})
    patch = b"--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n"
    with pytest.raises(SourceError, match=r"fits neither HEAD nor the index nor the work tree: .*patch failed: a:1"):
        of_patch(opened(root), patch, "p")


def test_a_series_of_mailed_patches_is_applied_one_after_the_other(
    make_repository: Make, git: Git, commit: Commit, opened: Open
) -> None:
    root = make_repository({"a": TEN})
    commit(root, {"a": TEN + "one\n"})
    commit(root, {"a": TEN + "one\ntwo\n"})
    series = git(root, "format-patch", "-2", "--stdout").encode()
    expected = git(root, "rev-parse", "HEAD^{tree}").strip()
    git(root, "reset", "--quiet", "--hard", "HEAD~2")
    assert expected == of_patch(opened(root), series, "p").head.tree


def test_a_mailed_patch_brings_its_message(make_repository: Make, git: Git, commit: Commit, opened: Open) -> None:
    root = make_repository({"a": TEN})
    commit(
        root,
        {"a": TEN + "one\n"},
        "A t\u00eftle that is so long that the mail folds it into two lines of its header\n\nWhy.\n\n--- not a file",
    )
    change = of_patch(opened(root), git(root, "format-patch", "-1", "--stdout").encode(), "p")
    assert "A t\u00eftle that is so long that the mail folds it into two lines of its header" == change.title
    assert "Why." == change.body.partition("\n")[0]


def test_a_binary_file_whose_content_the_patch_lacks_is_left_out_with_a_note(
    make_repository: Make, git: Git, opened: Open
) -> None:
    root = make_repository({"a": TEN, "bin": b"\0\1"})
    (root / "bin").write_bytes(b"\0\2")
    alone = git_diff(root)
    (root / "a").write_text(TEN + "more\n")
    patch = git_diff(root)
    git(root, "checkout", "--quiet", ".")
    change = of_patch(opened(root), patch, "p")
    assert [("modified", "a")] == names(change)
    assert ("The patch does not hold the content of binary files, which are left out: bin.",) == change.notes
    with pytest.raises(SourceError, match="content of binary files"):
        of_patch(opened(root), alone, "p")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", ".git/config", "a/../../outside", "link/inside"])
def test_a_patch_writes_nowhere(name: str, make_repository: Make, opened: Open, tmp_path: Path) -> None:
    root = make_repository({"a": "x\n"})
    (root / "link").symlink_to(tmp_path)
    config = (root / ".git/config").read_bytes()
    patch = f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+stolen\n".encode()
    before = sorted(tmp_path.rglob("*"))
    with suppress(SourceError):
        of_patch(opened(root), patch, "p")
    assert (before, config) == (sorted(tmp_path.rglob("*")), (root / ".git/config").read_bytes())


def test_a_patch_with_odd_names_is_applied(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"-rf": "1\n", 'qu"ote': "1\n", "new\nline": "1\n", "caf\u00e9": "1\n"})
    for path in root.iterdir():
        if path.is_file():
            path.write_text("2\n")
    patch = git_diff(root)
    git(root, "checkout", "--quiet", ".")
    change = of_patch(opened(root), patch, "p")
    assert ["-rf", "caf\u00e9", "new\nline", 'qu"ote'] == [file.path for file in change.files]


@pytest.mark.parametrize("patch", [b"", b"nothing\n"])
def test_a_patch_without_a_change_is_an_error_here_as_well(patch: bytes, make_repository: Make, opened: Open) -> None:
    repository = opened(make_repository({"a": "x\n"}))
    for where in (repository, None):
        with pytest.raises(SourceError, match="holds no change"):
            of_patch(where, patch, "p")


def test_without_a_repository_there_are_hunks_and_no_trees(make_repository: Make) -> None:
    root = make_repository({"a": TEN})
    (root / "a").write_text(TEN.replace("line 9\n", ""))
    change = of_patch(None, git_diff(root), "-")
    assert (None, None, "-") == (change.base.tree, change.head.tree, change.label)
    assert [("modified", "a")] == names(change)


def test_what_a_patch_shows_of_a_file_stands_at_its_own_lines() -> None:
    patch = (
        b"--- a/a\n+++ b/a\n@@ -3,2 +3,3 @@\n three\n-four\n+4\n+4a\n@@ -9 +10 @@\n-nine\n+9\r\n\\ No newline at end of file\n"
        b"--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
    )
    assert {"a": "\n\nthree\n4\n4a\n\n\n\n\n9\r"} == partial_texts(parse_patch(patch))


def test_a_hunk_at_a_line_no_file_has_costs_no_memory() -> None:
    patch = b"--- a/a\n+++ b/a\n@@ -99999999999999 +99999999999999 @@\n-x\n+y\n"
    with pytest.raises(SourceError, match="line 99,999,999,999,999"):
        partial_texts(parse_patch(patch))
