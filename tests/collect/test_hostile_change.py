"""A repository whose own configuration names programs: none of them may run while changes to it are found."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from reviewer.collect import comparison
from reviewer.collect.changes import Change
from reviewer.collect.collector import Selection, collect_tree
from reviewer.collect.repository import Repository
from reviewer.errors import SourceError

Git = Callable[..., str]
Open = Callable[[Path], Repository]
Ask = Callable[[Repository], Change]

PATCH = b"--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n"


def restored(root: Path) -> None:
    """Give git the object back that the fixture took away, so that the questions get further."""
    blob = "5626abf0f72e58d7a153368ba57db4c673c0e171"  # of "one\n"
    (root / ".git/objects" / blob[:2]).mkdir(exist_ok=True)
    (root / ".git/objects" / blob[:2] / blob[2:]).write_bytes(zlib.compress(b"blob 4\0one\n"))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    "ask",
    [
        lambda repository: comparison.since_base(repository, "main"),
        lambda repository: comparison.of_range(repository, "main...HEAD"),
        lambda repository: comparison.of_commit(repository, "HEAD"),
        comparison.staged,
        comparison.uncommitted,
        lambda repository: comparison.of_patch(repository, PATCH, "p"),
    ],
    ids=["base", "range", "commit", "staged", "uncommitted", "patch"],
)
def test_nothing_it_names_is_run_while_a_change_is_found(whole: bool, ask: Ask, hostile: tuple[Path, Path], opened: Open) -> None:
    root, canaries = hostile
    if whole:
        restored(root)
    repository = opened(root)
    with suppress(SourceError):
        change = ask(repository)
        assert change.files or change.label in {"main...HEAD", "staged changes"}
        collect_tree(repository, change.head, Selection(), None, rules=change.base)
    assert [] == sorted(canaries.iterdir())


def test_with_all_its_objects_there_everything_is_answered(hostile: tuple[Path, Path], opened: Open) -> None:
    root, canaries = hostile
    restored(root)
    repository = opened(root)
    # A filter would have to be run to compare what changed as the user's git does; silence would say that nothing did.
    with pytest.raises(
        SourceError, match=r"not all files could be compared\. .*\(a filter would have to be run\): a\.txt, b\.txt"
    ):
        comparison.uncommitted(repository)
    (root / ".gitattributes").write_text("")
    assert [".gitattributes", "a.txt", "b.txt"] == [file.path for file in comparison.uncommitted(repository).files]
    assert (".gitattributes", "a.txt", "b.txt", "img.bin") == tuple(
        file.path for file in comparison.of_commit(repository, "HEAD").files
    )
    assert [] == sorted(canaries.iterdir())


def test_a_submodule_is_not_asked_for_its_state(hostile: tuple[Path, Path], git: Git, opened: Open, tmp_path: Path) -> None:
    root, canaries = hostile
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet")
    restored(root)
    root.rename(outer / "sub")
    git(outer, "-c", "advice.addEmbeddedRepo=false", "add", "sub")
    git(outer, "commit", "--quiet", "--message", "1")
    for path in canaries.iterdir():  # what git itself ran while that was made
        path.unlink()
    repository = opened(outer)
    assert [(), ()] == [comparison.uncommitted(repository).files, comparison.staged(repository).files]
    assert [] == sorted(canaries.iterdir())


def test_a_pipe_in_the_place_of_a_reference_is_named_at_once(hostile: tuple[Path, Path], opened: Open) -> None:
    root, _ = hostile
    os.mkfifo(root / ".git/refs/heads/pipe")
    with pytest.raises(SourceError, match="not a regular file"):
        comparison.of_commit(opened(root), "main")
