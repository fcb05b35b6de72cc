"""What every test stands on: no network beyond this machine, a clean environment, and real git repositories."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reviewer.live_secrets import protecting

SCRUBBED = ("ANTHROPIC_", "REVIEWER_", "GIT_", "GITHUB_", "XDG_", "OTEL_")
SCRUBBED_NAMES = (
    "CI",
    "GH_TOKEN",
    "GH_HOST",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    *(name for kind in ("HTTPS", "HTTP", "ALL", "NO") for name in (f"{kind}_PROXY", f"{kind}_proxy".lower())),
)


def pytest_xdist_auto_num_workers() -> int:
    """Half as many processes again as there are cores: a third of the time tests wait for programs that they started."""
    return (os.cpu_count() or 1) * 3 // 2 or 1


@pytest.fixture(autouse=True)
def _no_foreign_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves this machine fails the test that made it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket types it
        if self.family in {socket.AF_INET, socket.AF_INET6} and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _no_secret_of_another_test() -> Iterator[None]:
    """What a test's requests taught this process is forgotten after it."""
    with protecting({}):
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home of its own, and nothing of the machine's settings."""
    for name in list(os.environ):
        if name.startswith(SCRUBBED) or name in SCRUBBED_NAMES:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("REVIEWER_STATE_DIR", str(home / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


Files = Mapping[str, str | bytes]


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[[Files], Path]:
    """Write files (path → text or bytes) into a new plain folder and give that folder."""

    def write(files: Files, folder: str = "project") -> Path:
        root = tmp_path / folder
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        root.mkdir(exist_ok=True)
        return root

    return write


def git(root: Path, *args: str) -> str:
    """Run git as a person would in `root`; its standard output."""
    identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.invalid", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, *args], cwd=root, check=True, capture_output=True, text=True, errors="surrogateescape"
    )
    return done.stdout


@pytest.fixture
def make_repository(write_files: Callable[[Files], Path]) -> Callable[[Files], Path]:
    """A real git repository with these files in one commit."""

    def make(files: Files) -> Path:
        root = write_files(files)
        git(root, "init", "--quiet")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--allow-empty", "--message", "first")
        return root

    return make
