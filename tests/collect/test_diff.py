"""Two trees → what differs: compared with what git itself says, on real repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect.changes import ChangedFile, ChangeKind, DiffLine, Side
from reviewer.collect.comparison import of_commit
from reviewer.collect.diff import compare, parse_patch
from reviewer.collect.repository import Repository
from reviewer.errors import SourceError

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Commit = Callable[..., str]
Open = Callable[[Path], Repository]
Changed = Callable[[Path], tuple[ChangedFile, ...]]

TEN = "".join(f"line {number}\n" for number in range(1, 11))


@pytest.fixture
def changed(opened: Open) -> Changed:
    """What the commit at HEAD changed."""
    return lambda root: of_commit(opened(root), "HEAD").files


def shown(file: ChangedFile) -> list[str]:
    """The lines of all hunks as `side old new text`."""
    return [f"{line.side}{line.old},{line.new}:{line.text}" for hunk in file.hunks for line in hunk.lines]


def test_lines_have_the_numbers_of_their_own_side(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": TEN})
    commit(root, {"a": TEN.replace("line 2\n", "").replace("line 9\n", "nine\nand more\n")})
    (file,) = changed(root)
    assert [
        " 1,1:line 1",
        "-2,0:line 2",
        " 3,2:line 3",
        " 4,3:line 4",
        " 5,4:line 5",
        " 6,5:line 6",
        " 7,6:line 7",
        " 8,7:line 8",
        "-9,0:line 9",
        "+0,8:nine",
        "+0,9:and more",
        " 10,10:line 10",
    ] == shown(file)
    (hunk,) = file.hunks
    assert (1, 10, 1, 10) == (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count)
    assert frozenset({8, 9}) == hunk.added
    assert (2, 2) == (file.added, file.removed)


def test_ids_and_modes_are_those_of_the_trees(make_repository: Make, git: Git, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "1\n", "gone": "x\n"})
    commit(root, {"a": "2\n", "gone": None, "new/b": "3\n"})
    a, gone, new = changed(root)
    before, after = (git(root, "rev-parse", name).strip() for name in ("HEAD~1:a", "HEAD:a"))
    assert ("a", ChangeKind.MODIFIED, "100644", "100644") == (a.path, a.kind, a.old_mode, a.new_mode)
    assert (before, after) == (a.old_blob, a.new_blob)
    assert ("gone", ChangeKind.DELETED, "100644", "", None) == (gone.path, gone.kind, gone.old_mode, gone.new_mode, gone.new_blob)
    assert ("new/b", ChangeKind.ADDED, "", "100644", None) == (new.path, new.kind, new.old_mode, new.new_mode, new.old_blob)


def test_a_renamed_and_a_copied_file_know_where_they_came_from(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"old": TEN, "kept": TEN.upper()})
    commit(root, {"old": None, "new": TEN + "more\n", "kept": TEN.upper() + "x\n", "twin": TEN.upper()})
    kept, new, twin = changed(root)
    assert (ChangeKind.MODIFIED, None) == (kept.kind, kept.old_path)
    assert (ChangeKind.RENAMED, "old", ["+0,11:more"]) == (new.kind, new.old_path, shown(new)[-1:])
    assert (ChangeKind.COPIED, "kept", ()) == (twin.kind, twin.old_path, twin.hunks)


def test_a_change_of_mode_alone_is_named(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"run": "x\n"})
    (root / "run").chmod(0o755)
    commit(root, {})
    (file,) = changed(root)
    assert (ChangeKind.MODE_CHANGED, "100644", "100755", ()) == (file.kind, file.old_mode, file.new_mode, file.hunks)


def test_a_binary_file_has_no_lines(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a.bin": b"\0one", "b": "text\n"})
    commit(root, {"a.bin": b"\0two", "b": b"\0now binary\n"})
    assert [(True, ()), (True, ())] == [(file.binary, file.hunks) for file in changed(root)]


def test_a_submodule_changes_without_text(
    make_repository: Make, git: Git, commit: Commit, changed: Changed, tmp_path: Path
) -> None:
    root = make_repository({"a": "x\n"})
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    git(other, "commit", "--quiet", "--allow-empty", "--message", "1")
    git(root, "submodule", "--quiet", "add", str(other), "sub")
    commit(root, {})
    git(root / "sub", "commit", "--quiet", "--allow-empty", "--message", "2")
    commit(root, {})
    (file,) = changed(root)
    assert (ChangeKind.MODIFIED, True, ()) == (file.kind, file.is_submodule, file.hunks)
    assert git(root / "sub", "rev-parse", "HEAD").strip() == file.new_blob


def test_a_file_that_becomes_a_submodule_shows_what_was_in_it(
    make_repository: Make, git: Git, commit: Commit, changed: Changed
) -> None:
    root = make_repository({"a": "x\n"})
    (root / "a").unlink()
    (root / "a").mkdir()
    git(root / "a", "init", "--quiet")
    git(root / "a", "commit", "--quiet", "--allow-empty", "--message", "1")
    git(root, "-c", "advice.addEmbeddedRepo=false", "add", "a")
    git(root, "commit", "--quiet", "--message", "2")
    (file,) = changed(root)
    assert (ChangeKind.TYPE_CHANGED, ["-1,0:x"]) == (file.kind, shown(file))


def test_a_link_shows_where_it_points(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "x\n"})
    (root / "link").symlink_to("a")
    commit(root, {})
    (root / "link").unlink()
    (root / "link").symlink_to("b")
    commit(root, {})
    (file,) = changed(root)
    assert ["-1,0:a", "+0,1:b"] == shown(file)
    assert [False, False] == [line.has_newline for line in file.hunks[0].lines]


def test_a_file_that_becomes_a_link_and_then_a_folder(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "x\n", "b": "y\n"})
    (root / "a").unlink()
    (root / "a").symlink_to("b")
    commit(root, {})
    (file,) = changed(root)
    assert (ChangeKind.TYPE_CHANGED, "100644", "120000") == (file.kind, file.old_mode, file.new_mode)
    assert ["-1,0:x", "+0,1:b"] == shown(file)
    (root / "a").unlink()
    commit(root, {"a/inside": "z\n"})
    assert [("a", ChangeKind.DELETED), ("a/inside", ChangeKind.ADDED)] == [(file.path, file.kind) for file in changed(root)]


def test_files_of_no_bytes_come_and_go(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"gone": "", "a": "x\n"})
    commit(root, {"gone": None, "filled": "x\ny\nz\n", "a": ""})
    a, filled, gone = changed(root)
    assert ["-1,0:x"] == shown(a)
    assert (0, 0) == (a.hunks[0].new_start, a.hunks[0].new_count)
    assert ["+0,1:x", "+0,2:y", "+0,3:z"] == shown(filled)
    assert (ChangeKind.DELETED, (), False) == (gone.kind, gone.hunks, gone.binary)


def test_a_last_line_without_a_line_feed_says_so(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "1\n2", "b": "1\n2", "c": "1\n2\n"})
    commit(root, {"a": "1\n2\n", "b": "0\n2", "c": "1\n2"})
    a, b, c = (file.hunks[0].lines for file in changed(root))
    assert [True, False, True] == [line.has_newline for line in a]
    assert [True, True, False] == [line.has_newline for line in b]
    assert [True, True, False] == [line.has_newline for line in c]


def test_carriage_returns_are_part_of_the_text(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "1\r\n2\r\n"})
    commit(root, {"a": "1\r\n2\n"})
    assert [" 1,1:1\r", "-2,0:2\r", "+0,2:2"] == shown(changed(root)[0])


@pytest.mark.parametrize("break_", ["\f", "\v", "\u2028", "\u2029", "\x85", "\r", "\x1c", "\x1e"])
def test_only_a_line_feed_ends_a_line(break_: str, make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "1\n"})
    commit(root, {"a": f"1\n2{break_}two\n3\n"})
    assert [" 1,1:1", f"+0,2:2{break_}two", "+0,3:3"] == shown(changed(root)[0])


def test_content_that_looks_like_a_diff_stays_content(make_repository: Make, commit: Commit, changed: Changed) -> None:
    before = "-- a/x\n++ b/x\ndiff --git a/x b/x\n@@ -1 +1 @@\n\\ No newline at end of file\n\nGIT binary patch\n"
    root = make_repository({"a": before, "z": "z\n"})
    commit(root, {"a": before.replace("x", "y") + "--- a/x\n+++ b/x\n", "z": "zz\n"})
    a, _ = changed(root)
    assert (before.replace("x", "y") + "--- a/x\n+++ b/x\n").splitlines() == [
        line.text for line in a.hunks[0].lines if line.side is not Side.REMOVED
    ]


def test_each_side_is_decoded_as_its_file_is(make_repository: Make, commit: Commit, changed: Changed) -> None:
    # "Ã©" in Windows-1252 has the bytes of "é" in UTF-8: only the whole file tells which it is.
    root = make_repository({"a": "Ã©\nÿ\nx\n".encode("cp1252"), "b": "é\n", "c": "é\n".encode("latin-1")})
    commit(root, {"a": "Ã©\nÿ\ny\n".encode("cp1252"), "b": "é\nè\n", "c": "é\n"})
    a, b, c = changed(root)
    assert [" 1,1:Ã©", " 2,2:ÿ", "-3,0:x", "+0,3:y"] == shown(a)
    assert [" 1,1:é", "+0,2:è"] == shown(b)
    assert ["-1,0:é", "+0,1:é"] == shown(c)


def test_a_byte_order_mark_shows_only_when_it_changed(make_repository: Make, commit: Commit, changed: Changed) -> None:
    mark = "\ufeff"
    root = make_repository({"a": f"{mark}1\n2\n", "b": f"{mark}1\n", "c": "1\n", "d": f"{mark}1\n"})
    commit(root, {"a": f"{mark}1\n3\n", "b": f"{mark}2\n", "c": f"{mark}1\n", "d": "1\n", "e": f"{mark}5\n"})
    a, b, c, d, e = changed(root)
    assert " 1,1:1" == shown(a)[0]
    assert ["-1,0:1", "+0,1:2"] == shown(b)
    assert ["-1,0:1", f"+0,1:{mark}1"] == shown(c)
    assert [f"-1,0:{mark}1", "+0,1:1"] == shown(d)
    assert ["+0,1:5"] == shown(e)


LE, BE = "utf-16-le", "utf-16-be"
MARK = "\ufeff"


@pytest.mark.parametrize("mark", [MARK, ""], ids=["marked", "unmarked"])
@pytest.mark.parametrize("encoding", [LE, BE])
def test_utf_16_is_compared_as_the_text_it_holds(
    encoding: str, mark: str, make_repository: Make, commit: Commit, changed: Changed
) -> None:
    root = make_repository({"pay.sql": (mark + TEN).encode(encoding)})
    commit(root, {"pay.sql": (mark + TEN.replace("line 2\n", "line zwölf €\nEXEC(@u)\n")).encode(encoding)})

    (file,) = changed(root)
    assert (file.binary, file.decoded, file.kind) == (False, True, ChangeKind.MODIFIED)
    assert shown(file)[:5] == [" 1,1:line 1", "-2,0:line 2", "+0,2:line zwölf €", "+0,3:EXEC(@u)", " 3,4:line 3"]


@pytest.mark.parametrize(("before", "after"), [("utf-8", LE), (LE, "utf-8"), ("utf-8-sig", BE), (LE, BE), ("cp1252", LE)])
def test_another_encoding_changes_no_line_by_itself(
    before: str, after: str, make_repository: Make, commit: Commit, changed: Changed
) -> None:
    def encoded(text: str, encoding: str) -> bytes:
        return (MARK + text if encoding in {LE, BE} else text).encode(encoding)

    root = make_repository({"a": encoded(TEN + "é\n", before), "b": encoded(TEN + "é\n", before)})
    commit(root, {"a": encoded(TEN + "é\n", after), "b": encoded(TEN + "è\n", after)})

    same, other = changed(root)
    assert (same.binary, same.decoded, same.hunks) == (False, True, ())
    assert shown(other)[-2:] == ["-11,0:é", "+0,11:è"]


def test_utf_16_files_come_go_move_and_change_type(make_repository: Make, git: Git, commit: Commit, changed: Changed) -> None:
    wide = (MARK + "a\nb").encode(LE)
    long = (MARK + TEN * 5).encode(LE)
    root = make_repository({"gone": wide, "old name": long, "link": wide, "plain": b"text\n", "image": b"\0\1\2"})
    git(root, "mv", "old name", "new name")
    (root / "link").unlink()
    (root / "link").symlink_to("plain")
    commit(
        root,
        {
            "gone": None,
            "come": (MARK + "c\n").encode(BE),
            "new name": long + "more\n".encode(LE),
            "plain": b"texts\n",
            "image": long,
        },
    )

    by_path = {file.path: file for file in changed(root)}
    assert shown(by_path["come"]) == ["+0,1:c"]
    assert shown(by_path["gone"]) == ["-1,0:a", "-2,0:b"]
    assert [line.has_newline for line in by_path["gone"].hunks[0].lines] == [True, False]
    assert shown(by_path["link"]) == ["-1,0:a", "-2,0:b", "+0,1:plain"]
    assert (by_path["new name"].old_path, shown(by_path["new name"])[-1]) == ("old name", "+0,51:more")
    assert shown(by_path["plain"]) == ["-1,0:text", "+0,1:texts"]
    assert (by_path["image"].binary, by_path["image"].hunks) == (True, ()), "one side is no text, so there is nothing to compare"


def test_secrets_leave_utf_16_lines_as_they_leave_others(make_repository: Make, commit: Commit, changed: Changed) -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
    root = make_repository({"a.ps1": (MARK + "$a = 1\n").encode(LE)})
    commit(root, {"a.ps1": (MARK + f"$a = 1\n$t = '{token}'\n").encode(LE)})

    (file,) = changed(root)
    assert token not in str(file)
    assert [(redaction.path, redaction.line) for redaction in file.redacted] == [("a.ps1", 2)]


@pytest.mark.parametrize(
    "data", [b"\1\0\2\0\n\0", b"\0\1" * 50, b"RIFF\n\0\0\0" * 9, "a\nb".encode("utf-32"), b"a\0b\0\n\0\0", b"a\0b\0"]
)
def test_bytes_that_only_look_like_utf_16_stay_binary(
    data: bytes, make_repository: Make, commit: Commit, changed: Changed
) -> None:
    root = make_repository({"a": data})
    commit(root, {"a": data + data})
    (file,) = changed(root)
    assert (file.binary, file.decoded, file.hunks) == (True, False, ())


def test_no_attributes_of_the_change_hide_its_lines(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": "1\n", ".gitattributes": "* -diff\n"})
    commit(root, {"a": "2\n", ".gitattributes": "* binary -diff\n"})
    assert [False, False] == [file.binary for file in changed(root)]
    assert ["-1,0:1", "+0,1:2"] == shown(changed(root)[1])


ODD = (
    b'quo"te',
    b"new\nline",
    b"tab\there",
    b"back\\slash",
    b"-leading",
    b"--- a",
    b"caf\xe9",
    "caf\xc3".encode(),
    b" b/a b",
    b"\x01\x7f",
    b"a => b",
)


@pytest.mark.parametrize("name", ODD)
def test_odd_names_survive(name: bytes, make_repository: Make, git: Git, commit: Commit, changed: Changed) -> None:
    root = make_repository({"plain": TEN})
    (root / os.fsdecode(name)).parent.mkdir(exist_ok=True)
    (root / "plain").rename(root / os.fsdecode(name))
    commit(root, {"other": "x\n"})
    renamed = next(file for file in changed(root) if file.path != "other")
    assert (os.fsdecode(name), "plain", ChangeKind.RENAMED) == (renamed.path, renamed.old_path, renamed.kind)


def test_files_are_sorted_by_path_as_bytes(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"z": TEN})
    commit(root, {"z": None, "b": TEN, "a/b": "1", "a-b": "2", "ä": "3", "B": "4"})
    assert ["B", "a-b", "a/b", "b", "ä"] == [file.path for file in changed(root)]


def test_the_same_tree_differs_in_nothing(make_repository: Make, git: Git, opened: Open) -> None:
    root = make_repository({"a": "x\n"})
    tree = git(root, "rev-parse", "HEAD^{tree}").strip()
    assert () == compare(opened(root), tree, tree)


def test_a_missing_object_is_told_with_what_to_do(make_repository: Make, git: Git, commit: Commit, opened: Open) -> None:
    root = make_repository({"a": "x\n"})
    commit(root, {"a": "y\n"})
    blob = git(root, "rev-parse", "HEAD:a").strip()
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SourceError, match="cannot be shown") as caught:
        of_commit(opened(root), "HEAD")
    assert "--refetch" in caught.value.hint


def test_sha256_repositories_are_compared(git: Git, commit: Commit, changed: Changed, tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "--quiet", "--object-format=sha256")
    commit(root, {"a": "1\n"})
    commit(root, {"a": "2\n"})
    (file,) = changed(root)
    assert 64 == len(file.new_blob or "")
    assert ["-1,0:1", "+0,1:2"] == shown(file)


def facts(file: ChangedFile) -> tuple[object, ...]:
    """All a patch can say of a file."""
    return file.path, file.old_path, file.kind, file.old_mode, file.new_mode, file.binary, file.hunks


@pytest.mark.parametrize(
    "options", [(), ("--no-prefix",), ("--src-prefix=i/", "--dst-prefix=w/"), ("--binary",), ("--full-index",)]
)
def test_a_patch_of_git_says_what_the_trees_say(
    options: tuple[str, ...], make_repository: Make, git: Git, commit: Commit, changed: Changed
) -> None:
    root = make_repository(
        {
            "mod": TEN,
            "old name": TEN.upper(),
            "gone": "x\n",
            "run": "r\n",
            "bin": b"\0",
            "becomes": "x\n",
            "tail": "1",
            "l1": b"\xe9\n",
        }
    )
    for name in ODD:
        (root / os.fsdecode(name)).parent.mkdir(exist_ok=True)
        (root / os.fsdecode(name)).write_text("odd\n")
    (root / "run").chmod(0o755)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "odd")
    for name in ODD:
        (root / os.fsdecode(name)).write_text("odder\n")
    (root / "run").chmod(0o644)
    (root / "old name").rename(root / "new name")
    (root / "new name").write_text(TEN.upper() + "more\n")  # without, a patch does not tell its mode
    (root / "becomes").unlink()
    (root / "becomes").symlink_to("mod")
    commit(
        root,
        {
            "mod": TEN + "--- a\n+++ b\n",
            "gone": None,
            "bin": b"\0\0",
            "empty": "",
            "tail": "2",
            "l1": b"\xe9\n\xe8\n",
            "sp ace": "s\n",
        },
    )
    patch = subprocess.run(["git", "diff", "-M", *options, "HEAD~1", "HEAD"], cwd=root, check=True, capture_output=True).stdout
    by_path = {file.path: file for file in changed(root)}
    assert {path: facts(file) for path, file in by_path.items() if file.kind is not ChangeKind.MODE_CHANGED} == {
        file.path: facts(file) for file in parse_patch(patch) if file.kind is not ChangeKind.MODE_CHANGED
    }
    assert set(by_path) == {file.path for file in parse_patch(patch)}


def test_a_mailed_patch_is_read_past_its_letter(make_repository: Make, git: Git, commit: Commit, changed: Changed) -> None:
    root = make_repository({"a": TEN})
    commit(root, {"a": TEN + "-- \n"}, "A subject\n\n--- a sentence\n+++ not a file")
    patch = git(root, "format-patch", "-1", "--stdout").encode()
    assert [facts(file) for file in changed(root)] == [facts(file) for file in parse_patch(patch)]


def plain_diff(folder: Path, *args: str) -> bytes:
    return subprocess.run(
        ["diff", "-u", *args], cwd=folder, check=False, capture_output=True, env=os.environ | {"LC_ALL": "C"}
    ).stdout


def test_a_patch_of_two_folders_is_read(tmp_path: Path) -> None:
    for folder, last in (("old", "x\n"), ("new", "y")):
        (tmp_path / folder / "in").mkdir(parents=True)
        (tmp_path / folder / "in/a").write_text(TEN + last)
    (tmp_path / "new/added file").write_text("1\n")
    (tmp_path / "old/gone").write_text("1\n")
    added, gone, a = parse_patch(plain_diff(tmp_path, "-rN", "old", "new"))
    assert ("added file", ChangeKind.ADDED) == (added.path, added.kind)
    assert ("gone", ChangeKind.DELETED) == (gone.path, gone.kind)
    assert ("in/a", ChangeKind.MODIFIED, ["-11,0:x", "+0,11:y"]) == (a.path, a.kind, shown(a)[-2:])
    assert DiffLine(Side.ADDED, 0, 11, "y", has_newline=False) == a.hunks[0].lines[-1]


def test_a_patch_of_two_files_has_the_name_of_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "a.py.orig").write_text("1\n")
    (tmp_path / "a.py").write_text("2\n")
    (file,) = parse_patch(plain_diff(tmp_path, "a.py.orig", "a.py"))
    assert ("a.py", None, ChangeKind.MODIFIED) == (file.path, file.old_path, file.kind)


def test_the_mark_of_a_missing_line_feed_is_known_in_any_language() -> None:
    (file,) = parse_patch(b"--- a\n+++ a\n@@ -1 +1 @@\n-x\n\\ Kein Zeilenumbruch am Dateiende.\n+y\n\\ Kein Zeilenumbruch\n")
    assert [False, False] == [line.has_newline for line in file.hunks[0].lines]


@pytest.mark.parametrize(
    "patch",
    [
        b"--- a\n+++ a\n@@ -1,2 +1 @@\n-x\n",
        b"--- a\n+++ a\n@@ -1 +1 @@\nxyz\n",
        b"--- a\n+++ a\n@@ -1 +1 @@\n x\n@@ -99999999999999999999999999999999 +1 @@\n",
        b"--- a\n+++ a\n@@ -1 +1 @@\n-x\n+++ b\n@@ -1 +1 @@\n x\n@@ -5,3 +5,4 @@\n",
    ],
)
def test_a_broken_hunk_is_an_error_and_no_crash(patch: bytes) -> None:
    try:
        files = parse_patch(patch)
    except SourceError as error:
        assert "patch cannot be read" in error.message  # noqa: PT017 - some of them may be read
    else:
        assert files


@pytest.mark.parametrize("ranges", [b"-0,0 +0", b"-1 +0,1", b"-0 +1", b"-0,2 +0,2"])
def test_a_patch_that_speaks_of_a_line_before_the_first_is_refused(ranges: bytes) -> None:
    lines = {b"-0,0 +0": b"+x\n", b"-1 +0,1": b"-a\n+x\n", b"-0 +1": b"-a\n+x\n", b"-0,2 +0,2": b"-a\n b\n+c\n"}[ranges]

    with pytest.raises(SourceError, match="patch cannot be read"):
        parse_patch(b"--- a/x\n+++ b/x\n@@ " + ranges + b" @@\n" + lines)


@pytest.mark.parametrize("patch", [b"", b"\n", b"Hello\n", b"@@ -1 +1 @@\n-x\n+y\n"])
def test_what_holds_no_change_is_no_clean_patch(patch: bytes) -> None:
    with pytest.raises(SourceError, match="holds no change"):
        parse_patch(patch)


def test_two_patches_of_one_file_cannot_be_read_without_it() -> None:
    patch = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n"
    with pytest.raises(SourceError, match="changes x more than once"):
        parse_patch(patch + patch)


def test_a_text_too_large_to_compare_is_shown_as_binary(make_repository: Make, commit: Commit, changed: Changed) -> None:
    root = make_repository({"big.txt": b"a\n"})
    commit(root, {"big.txt": b"\n" * 9_000_000})

    (file,) = changed(root)
    assert (file.binary, file.hunks) == (True, ())
