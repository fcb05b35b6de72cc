"""Files are written whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reviewer.errors import StorageError
from reviewer.storage import read_kept, write_atomically


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: what a full disk does, without one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.md", "Grüße\n")
    assert (tmp_path / "report.md").read_bytes() == "Grüße\n".encode()
    assert names(tmp_path) == ["report.md"]


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old, and longer than the new one")
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_the_mode_is_narrowed_by_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "report.md", "")
        write_atomically(tmp_path / "run.json", "", mode=0o600)
    finally:
        os.umask(before)
    assert (tmp_path / "report.md").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_byte_that_is_not_utf_8_comes_out_as_an_escape(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.md", b"caf\xe9.py".decode(errors="surrogateescape"))
    assert (tmp_path / "report.md").read_text() == "caf\\udce9.py"


def test_a_full_disk_leaves_the_old_file_and_no_half_of_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    with room_for(1000), pytest.raises(StorageError) as caught:
        write_atomically(path, "x" * 5000)
    assert caught.value.message == f"Cannot write {path}: File too large."
    assert path.read_text() == "old"
    assert names(tmp_path) == ["report.md"]


@pytest.mark.parametrize("target", ["elsewhere.md", "missing.md", "/dev/null"])
def test_a_symbolic_link_is_not_written_through(tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere.md").write_text("mine")
    (tmp_path / "report.md").symlink_to(target)
    with pytest.raises(StorageError, match="it is a symbolic link"):
        write_atomically(tmp_path / "report.md", "new")
    assert (tmp_path / "elsewhere.md").read_text() == "mine"
    assert (tmp_path / "report.md").is_symlink()
    assert not (tmp_path / "missing.md").exists()


def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    leader, follower = os.openpty()  # a device in a folder where none can be replaced: root's /dev/null could be, by a defect
    for path in (tmp_path / "pipe", tmp_path / "folder", Path(os.ttyname(follower))):
        with pytest.raises(StorageError, match="it is not a regular file"):
            write_atomically(path, "new")
    os.close(leader)
    os.close(follower)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing/report.md", "No such file or directory"),
        ("file/report.md", "Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_named_with_the_reason(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        write_atomically(tmp_path / name, "new")
    assert caught.value.message == f"Cannot write {tmp_path / name}: {why}."
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        write_atomically(tmp_path / "report.md", "new")


def test_a_file_that_was_private_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    path.chmod(0o600)
    write_atomically(path, "new")
    assert 0o600 == path.stat().st_mode & 0o777
    assert "new" == path.read_text()


def test_a_file_that_grew_beyond_what_a_run_leaves_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("0123456789")

    assert read_kept(path, 10) == b"0123456789"
    with pytest.raises(OSError, match="larger than 9 bytes"):
        read_kept(path, 9)
