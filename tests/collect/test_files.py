"""Files are read without following a link, opening a device or leaving the root, and decoded by what is in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect.decoding import decode
from reviewer.collect.files import DEEPEST, NotReadError, Reader
from reviewer.collect.snapshot import Encoding, Snapshot
from reviewer.collect.texts import read_texts
from reviewer.errors import SourceError
from reviewer.outcome import SkippedFile, SkipReason

Make = Callable[[Mapping[str, str | bytes]], Path]
Collected = Callable[..., Snapshot]


def reason(reader: Reader, path: str, limit: int = 100) -> SkipReason:
    with pytest.raises(NotReadError) as caught:
        reader.read(path, limit)
    return caught.value.reason


def test_paths_in_any_order_are_read(write_files: Make) -> None:
    files = {"a/b/c/one": "1", "a/b/two": "2", "three": "3", "x/b/c/four": "4", "a/five": "5"}
    with Reader(write_files(files)) as reader:
        assert list(files.values()) == [reader.read(path, 10).decode() for path in files]
        assert list(files.values()) == [reader.read(path, 10).decode() for path in files]
        assert [1] * 5 == [reader.size(path) for path in files]


def test_links_are_not_followed_wherever_they_stand(write_files: Make, tmp_path: Path) -> None:
    root = write_files({"real/a": "x", "other": "x"})
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret/a")
    (root / "folder").symlink_to(tmp_path / "secret")
    (root / "inside").symlink_to("other")
    with Reader(root) as reader:
        assert [SkipReason.SYMBOLIC_LINK] * 3 == [reason(reader, path) for path in ("link", "folder/a", "inside")]
        assert str(tmp_path / "secret/a") == reader.link_target("link")
        assert "" == reader.link_target("other")
        with pytest.raises(NotReadError):
            reader.size("link")


@pytest.mark.parametrize(
    "path", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "", ".", "a/", ".git/config", "a/.GIT/x", "./a", "a\0b"]
)
def test_a_path_that_no_repository_can_have_is_refused(path: str, write_files: Make, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with Reader(write_files({"a/b": "x", ".git/config": "x"})) as reader:
        assert SkipReason.NOT_A_FILE == reason(reader, path)


def test_pipes_folders_and_missing_files_are_told_apart(write_files: Make) -> None:
    root = write_files({"file": "x", "folder/a": "x"})
    os.mkfifo(root / "pipe")
    with Reader(root) as reader:
        found = [reason(reader, path) for path in ("pipe", "folder", "gone", "gone/a", "file/a")]
    assert [SkipReason.NOT_A_FILE, SkipReason.NOT_A_FILE, SkipReason.DELETED, SkipReason.DELETED, SkipReason.DELETED] == found


def test_a_reader_goes_on_after_a_folder_it_could_not_enter(write_files: Make) -> None:
    with Reader(write_files({"a/b/c": "x", "a/d": "y", "z": "z"})) as reader:
        assert b"x" == reader.read("a/b/c", 10)
        assert SkipReason.DELETED == reason(reader, "a/gone/c")
        assert SkipReason.DELETED == reason(reader, "a/gone/c")
        assert b"y" == reader.read("a/d", 10)
        assert SkipReason.DELETED == reason(reader, "gone/b/c")
        assert (b"z", b"x") == (reader.read("z", 10), reader.read("a/b/c", 10))


def test_the_limit_counts_before_anything_is_read(write_files: Make) -> None:
    with Reader(write_files({"small": "x" * 10, "large": "x" * 11})) as reader:
        assert b"x" * 10 == reader.read("small", 10)
        assert SkipReason.TOO_LARGE == reason(reader, "large", 10)
        assert b"xxx" == reader.head("large", 3)


def test_a_tree_deeper_than_anyone_needs_is_not_entered(write_files: Make) -> None:
    deep = "/".join(["d"] * (DEEPEST + 1))
    with Reader(write_files({f"{deep}/a": "x"})) as reader:
        assert SkipReason.UNREADABLE == reason(reader, f"{deep}/a")


def test_no_folder_stays_open(write_files: Make) -> None:
    root = write_files({"a/b/c/d": "x"})
    next_free = os.open(root, os.O_RDONLY)
    os.close(next_free)
    with Reader(root) as reader:
        reader.read("a/b/c/d", 10)
    again = os.open(root, os.O_RDONLY)
    os.close(again)
    assert next_free == again


def test_a_root_that_is_gone_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        Reader(tmp_path / "gone")


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"", Encoding.UTF_8, ""),
        (b"plain\n", Encoding.UTF_8, "plain\n"),
        ("ünï\r\n".encode(), Encoding.UTF_8, "ünï\r\n"),
        (b"\xef\xbb\xbfmarked", Encoding.UTF_8_BOM, "marked"),
        (b"\xff\xfe" + "x\n€".encode("utf-16-le"), Encoding.UTF_16_LE, "x\n€"),
        (b"\xfe\xff" + "x\n€".encode("utf-16-be"), Encoding.UTF_16_BE, "x\n€"),
        (b"caf\xe9 \x80 \x81", Encoding.CP1252, "café € \ufffd"),
        (b"\x1b[31mred\x1b[0m\n", Encoding.UTF_8, "\x1b[31mred\x1b[0m\n"),
    ],
)
def test_text_is_decoded_by_its_content(data: bytes, encoding: Encoding, text: str) -> None:
    decoded = decode(data)
    assert decoded is not None
    assert (encoding, text, len(data)) == (decoded.encoding, decoded.text, decoded.size)


@pytest.mark.parametrize(
    "data",
    [
        b"a\0b",
        b"a" * 70_000 + b"\0",
        b"\xff\xfe\0\0a\0\0\0",
        b"\xff\xfea",
        b"\xff\xfe\x00\xd8",
        b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)),
        bytes(range(1, 9)) * 100,
    ],
)
def test_what_is_no_text_is_binary(data: bytes) -> None:
    assert decode(data) is None


@pytest.mark.parametrize(("text", "lines"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\r\nb\r\n", 2)])
def test_a_last_line_without_a_newline_is_a_line(text: bytes, lines: int) -> None:
    decoded = decode(text)
    assert decoded is not None
    assert lines == decoded.lines


def test_what_changed_since_it_was_collected_is_named_and_not_given(write_files: Make, collected: Collected) -> None:
    root = write_files({"same": "x\n", "longer": "x\n", "lines": "x\n", "gone": "x\n", "link": "x\n", "binary": "x\n"})
    snapshot = collected(root)
    (root / "longer").write_text("xx\n")
    (root / "lines").write_text("\n\n")
    (root / "gone").unlink()
    (root / "link").unlink()
    (root / "link").symlink_to("/etc/passwd")
    (root / "binary").write_bytes(b"x\0")
    texts, lost = read_texts(snapshot)
    assert {"same": "x\n"} == texts
    assert dict.fromkeys(("binary", "gone", "lines", "link", "longer"), SkipReason.CHANGED) == {
        file.path: file.reason for file in lost
    }
    assert ({"same": "x\n"}, ()) == read_texts(snapshot, ["same"])


def test_a_file_without_permission_could_not_be_read(write_files: Make, collected: Collected) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    root = write_files({"a": "x\n", "b": "x\n"})
    (root / "a").chmod(0)
    assert (SkippedFile("a", SkipReason.UNREADABLE, "Permission denied"),) == collected(root).skipped


def test_a_folder_that_is_gone_does_not_turn_the_next_file_into_another(write_files: Make) -> None:
    with Reader(write_files({"a/b/x": "right", "x": "wrong"})) as reader:
        assert b"right" == reader.read("a/b/x", 10)
        assert SkipReason.DELETED is reason(reader, "gone/y")
        assert b"right" == reader.read("a/b/x", 10)
