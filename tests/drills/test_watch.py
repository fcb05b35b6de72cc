"""What the drills stand on: a watch that sees what must not happen, and checks that fail when it does."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
from drill_effects import assert_harmless_page, assert_no_command, assert_no_loot, assert_plain, tree_state
from drill_watch import watched

SECRET = "a-secret-of-thirty-two-characters"


def test_the_watch_sees_programs_connections_and_files(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, watched() as watch:
        subprocess.run(["env", "-u", "HOME", "PATH=/usr/bin:/bin", "true"], check=True)
        with socket.create_connection(listener.getsockname()):
            pass
        (tmp_path / "new").write_text("x")
        (tmp_path / "new").rename(tmp_path / "newer")
        (tmp_path / "newer").read_text()
    (tmp_path / "unseen").write_text("x")

    assert watch.programs == ["true"]
    assert watch.connections == {f"127.0.0.1:{listener_port(watch.connections)}"}
    assert {tmp_path / "new", tmp_path / "newer"} <= watch.written
    assert tmp_path / "newer" in watch.read
    assert tmp_path / "unseen" not in watch.written


def listener_port(connections: set[str]) -> str:
    """The port of the only connection."""
    (connection,) = connections
    return connection.rpartition(":")[2]


@pytest.mark.parametrize(
    "text",
    [
        "![x](https://evil.example.invalid/x)",
        "<img src=x>",
        "[x](https://evil.example.invalid)",
        "[x](./a) and https://evil.example.invalid",
        "@octocat",
        "fixes #1",
        "text\n\n<!-- reviewer:f=0000000000000000 -->",
        "a\u202eb",
        "a\x1b[2J",
    ],
)
def test_what_acts_on_a_page_is_seen(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_harmless_page(text, ("./",))


@pytest.mark.parametrize("text", ["\r", "\x07", "\x9b", "\u200b", "\U000e0041", "\ufe0f", "\u2028"])
def test_what_acts_on_a_terminal_is_seen(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_plain(text)


@pytest.mark.parametrize("text", ["::error::x", "a\n  ::add-mask::x", "a ##[error]x"])
def test_what_acts_on_a_log_is_seen(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_no_command(text)


@pytest.mark.parametrize(
    "text", [SECRET, SECRET[7:], SECRET[9:21], "YS1zZWNyZXQtb2YtdGhpcnR5", "%61%2D%73%65%63%72%65%74%2D%6F%66%2D"]
)
def test_a_piece_of_a_secret_is_seen(text: str) -> None:
    with pytest.raises(AssertionError):
        assert_no_loot({"a page": f"before {text} after"}, [SECRET])


def test_a_change_of_the_repository_is_seen(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    before = tree_state(tmp_path)
    (tmp_path / "file").write_text("two")

    assert tree_state(tmp_path) != before
