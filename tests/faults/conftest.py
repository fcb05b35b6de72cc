"""The place where faults happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from faults.row import FILES
from faults.scene import Scene, Zygote, started_once
from messages_server import MessagesServer


@pytest.fixture(scope="session")
def zygote() -> Iterator[Callable[[], Zygote]]:
    """Starts processes; itself started by whoever needs one first."""
    with started_once() as start:
        yield start


@pytest.fixture
def scene(
    tmp_path: Path,
    make_repository: Callable[[Mapping[str, str]], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    zygote: Callable[[], Zygote],
) -> Iterator[Scene]:
    """A repository, a server, and no fault yet."""
    for name in ("scratch", "out"):
        (tmp_path / name).mkdir()
    with MessagesServer() as server:
        yield Scene(tmp_path, make_repository(FILES), server, monkeypatch, capfd, zygote)
