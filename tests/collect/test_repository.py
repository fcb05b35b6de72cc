"""What git lists is what is collected, in every kind of repository there is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.collect.collector import Selection, collect
from reviewer.collect.repository import open_repository
from reviewer.collect.snapshot import Snapshot
from reviewer.errors import SourceError
from reviewer.outcome import SkipReason

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Listed = Callable[[Path], set[str]]
Collected = Callable[..., Snapshot]


def reasons(snapshot: Snapshot) -> dict[str, SkipReason]:
    return {file.path: file.reason for file in snapshot.skipped}


def read(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


names = st.sampled_from(["a", "b", "ab", "a.c", "b.log", "build", ".hidden", "sp ace", "ü", "#x", "!y", "q\n"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
words = st.sampled_from(["a", "b", "ab", "*", "**", "*.log", "?", "[ab]", "build", "a.c", ".h*", "\\#x", "\\!y", "sp ace", "ü"])
patterns = st.builds(
    lambda bang, start, segments, end: bang + start + "/".join(segments) + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(words, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "  "]),
)
rule_files = st.dictionaries(st.one_of(st.just(""), paths), st.lists(patterns, min_size=1, max_size=5), max_size=3)


def plant(root: Path, files: list[str], rules: dict[str, list[str]]) -> None:
    for path in [*files, *(f"{folder}/.gitignore" if folder else ".gitignore" for folder in rules)]:
        target = root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("text\n")
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue
    for folder, lines in rules.items():
        target = root / folder / ".gitignore"
        if target.is_file():
            target.write_text("\n".join(lines) + "\n")


def everything(snapshot: Snapshot) -> set[str]:
    return set(read(snapshot)) | set(reasons(snapshot))


def ask_git(root: Path) -> set[str]:
    raw = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, check=True, capture_output=True).stdout
    return {os.fsdecode(path) for path in raw.split(b"\0") if path}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=st.lists(paths, max_size=12), rules=rule_files, tracked=st.integers(0, 6))
def test_the_list_is_gits_own_and_a_plain_folder_has_the_same(
    files: list[str], rules: dict[str, list[str]], tracked: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, files, rules)
        plain = everything(collect(root, Selection(), None))
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        assert ask_git(root) == plain
        chosen = [path for path in files if (root / path).is_file()][:tracked]
        if chosen:
            subprocess.run(["git", "--literal-pathspecs", "add", "--force", "--", *chosen], cwd=root, check=True)
        assert ask_git(root) == everything(collect(root, Selection(), None))


def test_a_file_that_is_tracked_and_ignored_is_read(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"kept.log": "x\n"})
    (root / ".gitignore").write_text("*.log\n")
    (root / "other.log").write_text("x\n")
    assert [".gitignore", "kept.log"] == read(collected(root))


def test_info_exclude_counts(make_repository: Make, collected: Collected) -> None:
    root = make_repository({"a": "x\n"})
    (root / ".git/info/exclude").write_text("secret\n")
    (root / "secret").write_text("x\n")
    assert ["a"] == read(collected(root))


@pytest.mark.parametrize("place", ["own", "operator", "default"])
def test_core_excludes_file_counts(
    place: str, make_repository: Make, git: Git, collected: Collected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository({"a": "x\n"})
    (root / "a.tmp").write_text("x\n")
    ignore = tmp_path / "ignore file"
    ignore.write_text("*.tmp\n")
    match place:
        case "own":
            git(root, "config", "core.excludesFile", str(ignore))
        case "operator":
            (tmp_path / "gitconfig").write_text(f"[include]\n\tpath = {tmp_path}/more\n")
            (tmp_path / "more").write_text(f'[core]\n\texcludesFile = "{ignore}"\n')
            monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
        case _:
            monkeypatch.delenv("GIT_CONFIG_GLOBAL")
            default = Path(os.environ["HOME"]) / ".config/git/ignore"
            default.parent.mkdir(parents=True)
            shutil.copy(ignore, default)
    assert ["a"] == read(collected(root))


def test_the_repositorys_excludes_file_wins_over_the_operators(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository({"a": "x\n", ".mine": "a.own\n"})
    (root / "a.own").write_text("x\n")
    (root / "a.tmp").write_text("x\n")
    git(root, "config", "core.excludesFile", ".mine")
    (tmp_path / "ignore").write_text("*.tmp\n")
    (tmp_path / "gitconfig").write_text(f"[core]\n\texcludesFile = {tmp_path}/ignore\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert [".mine", "a", "a.tmp"] == read(collected(root))


def test_ignore_case_is_honoured(make_repository: Make, git: Git, listed: Listed, git_lists: Listed) -> None:
    root = make_repository({".gitignore": "*.LOG\n"})
    (root / "a.log").write_text("x\n")
    git(root, "config", "core.ignoreCase", "true")
    assert {".gitignore"} == git_lists(root) == listed(root)


def test_a_linked_work_tree_is_listed_by_its_own_index(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n", "b": "x\n"})
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    git(tmp_path / "linked", "rm", "-q", "b")
    git(tmp_path / "linked", "commit", "-q", "-m", "without b")
    snapshot = collected(tmp_path / "linked")
    assert ["a"] == read(snapshot)
    assert git(tmp_path / "linked", "rev-parse", "HEAD").strip() == snapshot.commit
    assert git(root, "rev-parse", "HEAD").strip() == collected(root).commit


def test_a_sparse_checkout_names_what_is_not_checked_out(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"in/a": "x\n", "out/b": "x\n", "top": "x\n"})
    git(root, "sparse-checkout", "set", "--cone", "in")
    snapshot = collected(root)
    assert ["in/a", "top"] == read(snapshot)
    assert {"out/b": SkipReason.NOT_CHECKED_OUT} == reasons(snapshot)


def test_a_sparse_index_is_read_through_the_borrowed_objects(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"in/a": "x\n", "out/deep/b": "x\n"})
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert {"out/deep/b": SkipReason.NOT_CHECKED_OUT} == reasons(collected(root))


def test_a_submodule_and_an_embedded_repository_are_named_and_not_entered(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n"})
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "inner").write_text("x\n")
    git(other, "add", "inner")
    git(other, "commit", "-q", "-m", "inner")
    git(root, "submodule", "--quiet", "add", str(other), "sub")
    shutil.copytree(other, root / "embedded")
    snapshot = collected(root)
    assert [".gitmodules", "a"] == read(snapshot)
    assert {"sub": SkipReason.SUBMODULE, "embedded/": SkipReason.EMBEDDED_REPOSITORY} == reasons(snapshot)
    assert ["inner"] == read(collected(root / "sub"))


def test_a_repository_with_sha256_is_read(tmp_path: Path, git: Git, collected: Collected) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    (tmp_path / "a").write_text("x\n")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "first")
    snapshot = collected(tmp_path)
    assert git(tmp_path, "rev-parse", "HEAD").strip() == snapshot.commit
    assert [git(tmp_path, "rev-parse", "HEAD:a").strip()] == [file.blob for file in snapshot.files]


def test_before_the_first_commit_there_is_no_commit(tmp_path: Path, git: Git, collected: Collected) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("x\n")
    snapshot = collected(tmp_path)
    assert (None, ["a"]) == (snapshot.commit, read(snapshot))


def test_an_empty_repository_is_an_empty_snapshot(tmp_path: Path, git: Git, collected: Collected) -> None:
    git(tmp_path, "init", "-q")
    snapshot = collected(tmp_path)
    assert (True, (), ()) == (snapshot.in_git, snapshot.files, snapshot.skipped)


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_is_found_loose_packed_and_detached(
    packed: bool, make_repository: Make, git: Git, collected: Collected
) -> None:
    root = make_repository({"a": "x\n"})
    expected = git(root, "rev-parse", "HEAD").strip()
    if packed:
        git(root, "pack-refs", "--all")
    assert expected == collected(root).commit
    git(root, "checkout", "-q", "--detach")
    assert expected == collected(root).commit


def test_variables_of_git_in_the_environment_change_nothing(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository({"a": "x\n"})
    canary = tmp_path / "canary"
    for name, value in {
        "GIT_DIR": str(tmp_path / "nowhere"),
        "GIT_INDEX_FILE": str(tmp_path / "no-index"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_OBJECT_DIRECTORY": str(tmp_path),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": f"touch {canary}",
        "GIT_TRACE": str(canary),
    }.items():
        monkeypatch.setenv(name, value)
    assert ["a"] == read(collected(root))
    assert not canary.exists()


def test_a_folder_inside_keeps_the_paths_of_the_repository(make_repository: Make, collected: Collected) -> None:
    root = make_repository({"src/a": "x\n", "src*/b": "x\n", "top": "x\n"})
    snapshot = collected(root / "src*")
    assert ("src*", ["src*/b"], root) == (snapshot.scope, read(snapshot), snapshot.root)


def test_an_ignored_folder_asked_for_by_name_says_why_it_is_empty(make_repository: Make, collected: Collected) -> None:
    root = make_repository({".gitignore": "build/\n"})
    (root / "build").mkdir()
    (root / "build/a").write_text("x\n")
    assert ("git lists no file below build: it is empty, or ignored.",) == collected(root / "build").notes


def test_a_conflict_lists_its_file_once(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"a": "one\n"})
    git(root, "checkout", "-q", "-b", "other")
    (root / "a").write_text("two\n")
    git(root, "commit", "-qam", "two")
    git(root, "checkout", "-q", "main")
    (root / "a").write_text("three\n")
    git(root, "commit", "-qam", "three")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "other")
    assert [("a", None)] == [(file.path, file.blob) for file in collected(root).files]


def test_a_file_has_its_blob_only_while_it_is_the_one_in_the_index(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"same": "x\n", "changed": "x\n", "gone": "x\n"})
    (root / "changed").write_text("y\n")
    (root / "gone").unlink()
    (root / "new").write_text("x\n")
    snapshot = collected(root)
    blob = git(root, "rev-parse", "HEAD:same").strip()
    assert {"same": blob, "changed": None, "new": None} == {file.path: file.blob for file in snapshot.files}
    assert {"gone": SkipReason.DELETED} == reasons(snapshot)


def test_a_split_index_is_whole(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"a": "x\n", "b": "x\n"})
    git(root, "update-index", "--split-index")
    (root / "c").write_text("x\n")
    git(root, "add", "c")
    assert ["a", "b", "c"] == read(collected(root))


def test_a_repository_that_cannot_be_written_to_is_read(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({"a": "x\n"})
    before = {path: path.stat().st_mtime_ns for path in (root / ".git").rglob("*")}
    for path in before:
        path.chmod(0o555 if path.is_dir() else 0o444)
    (root / ".git").chmod(0o555)
    try:
        assert ["a"] == read(collected(root))
        assert before == {path: path.stat().st_mtime_ns for path in (root / ".git").rglob("*")}
    finally:
        for path in [root / ".git", *(root / ".git").rglob("*")]:
            path.chmod(0o755)


def test_a_bare_repository_is_refused_with_a_hint(tmp_path: Path, git: Git, collected: Collected) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    with pytest.raises(SourceError, match="bare repository"):
        collected(tmp_path / "bare.git")
    with pytest.raises(SourceError, match="bare repository"):
        collected(tmp_path / "bare.git/objects")


def test_a_shallow_clone_walks_its_history_without_complaint(make_repository: Make, git: Git, tmp_path: Path) -> None:
    root = make_repository({"a": "x\n"})
    (root / "a").write_text("y\n")
    git(root, "commit", "-qam", "second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    repository = open_repository(tmp_path / "shallow")
    assert repository is not None
    with repository:
        assert b"second\n" == repository.run("log", "--format=%s")


def test_a_failed_command_says_what_git_said(make_repository: Make) -> None:
    repository = open_repository(make_repository({"a": "x\n"}))
    assert repository is not None
    with repository, pytest.raises(SourceError, match="git cat-file failed: fatal: Not a valid object name nonsense"):
        repository.run("cat-file", "-p", "nonsense")


def test_a_folder_name_with_a_colon_and_quotes_is_no_obstacle(
    make_repository: Make, git: Git, collected: Collected, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n"})
    odd = tmp_path / 'a:b "c" \\d'
    root.rename(odd)
    repository = open_repository(odd)
    assert repository is not None
    with repository:
        assert b"x\n" == repository.run("cat-file", "-p", "HEAD:a")


def test_without_git_on_the_path_the_error_says_so(
    make_repository: Make, collected: Collected, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n"})
    for tool in ("env",):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="git"):
        collected(root)
