"""What a person at a real terminal sees: the status line, findings as they arrive, and the one question."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from messages_server import MessagesServer

DEAR = ["--model", "fable", "--max-output", "128000", "--depth", "quick"]
"""A review whose high estimate lies above the two dollars that are asked about."""


class Person:
    """A process whose standard input and standard error are a terminal of its own; standard output goes to a file."""

    def __init__(self, argv: list[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._screen, end = pty.openpty()
        self.seen = ""
        command = [sys.executable, "-m", "reviewer", *argv]
        terminal = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **env}
        self._process = subprocess.Popen(command, cwd=cwd, env=terminal, stdin=end, stderr=end, stdout=subprocess.DEVNULL)
        os.close(end)

    def sees(self, text: str) -> bool:
        """Wait until the terminal has shown this."""
        deadline = time.monotonic() + 40
        while text not in self.seen and time.monotonic() < deadline and self._read():
            pass
        return text in self.seen

    def types(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def leaves(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        os.close(self._screen)
        return self._process.wait(timeout=30)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._screen], [], [], 40)
        try:
            data = os.read(self._screen, 65_536) if ready else b""
        except OSError:  # Linux's way to say that the other end is closed
            data = b""
        self.seen += data.decode("utf-8", "replace")
        return bool(data)


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(delay=0.02) as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    return make_repository({"load.py": "def load(text):\n    return eval(text)\n"})


def test_more_than_two_dollars_is_asked_about_and_a_no_sends_nothing(repository: Path, server: MessagesServer) -> None:
    person = Person(["review", *DEAR], cwd=repository, env=server.environment)

    assert person.sees("Spend $")
    person.types("n\n")

    assert person.leaves() == 3
    assert "nothing was sent" in person.seen
    assert [request.path for request in server.requests] == ["/v1/messages/count_tokens"]


def test_after_a_yes_findings_are_shown_as_they_arrive(repository: Path, server: MessagesServer) -> None:
    person = Person(["review", *DEAR], cwd=repository, env=server.environment)

    assert person.sees("Spend $")
    person.types("y\n")

    assert person.leaves() == 0
    assert "tokens in" in person.seen
    assert "high  load.py:2  Text is executed as code" in person.seen
    assert "1 finding" in person.seen


@pytest.mark.nightly
def test_with_yes_or_without_a_live_terminal_nothing_is_asked_and_nothing_redrawn(
    repository: Path, server: MessagesServer
) -> None:
    person = Person(["review", "--yes", "--no-progress", *DEAR], cwd=repository, env=server.environment)

    assert person.leaves() == 0
    assert "Spend $" not in person.seen
    assert "\x1b" not in person.seen


def test_a_long_line_is_broken_between_words_and_stays_indented(repository: Path) -> None:
    person = Person(["plan", "--no-progress", "--model", "nope"], cwd=repository, env={"COLUMNS": "40"})

    assert person.leaves() == 2
    lines = person.seen.replace("\r", "").splitlines()
    assert lines[:3] == [
        "reviewer: There is no model 'nope' in",
        "the catalogue.",
        "  `reviewer models` lists all. A model",
    ]
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("  ") for line in lines[2:])
