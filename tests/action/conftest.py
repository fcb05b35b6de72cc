"""A machine with a workspace, and what the action needs there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from action_runner import Launch, Runner, by_bash
from github_server import GitHubServer
from messages_server import MessagesServer
from reviewer.cli import main


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """A strict GitHub; whoever sends what GitHub would not read fails the test."""
    with GitHubServer(token="ghs_0123456789abcdef") as server:
        yield server
        assert server.violations == []


@pytest.fixture
def messages() -> Iterator[MessagesServer]:
    """A strict Messages API."""
    with MessagesServer() as server:
        yield server


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Launch:
    """The step `review` without a new process: the same variables and the same folder, in a twentieth of the time.

    The two streams are not in the order of their lines, so that what depends on it is tested `by_bash`.
    """

    def launch(script: Path, folder: str, variables: Mapping[str, str]) -> tuple[int, bytes]:
        assert script.read_text() == 'exec "$REVIEWER" -I -m reviewer action 2>&1\n'
        with monkeypatch.context() as patch:
            for name in set(os.environ) - set(variables):
                patch.delenv(name)
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.chdir(folder)
            capfdbinary.readouterr()
            code = main(["action"])
            out, err = capfdbinary.readouterr()
        return code, out + err

    return launch


MakeRunner = Callable[..., Runner]


@pytest.fixture
def make_runner(tmp_path: Path, github: GitHubServer, in_process: Launch) -> MakeRunner:
    """A runner for a workspace; the packages of the tests stand for those that the step `install` would install."""

    def make(workspace: Path, environ: Mapping[str, str] | None = None, *, as_written: bool = False) -> Runner:
        temp = tmp_path / "runner-temp"
        temp.mkdir(exist_ok=True)
        server = {name: url for name, url in github.environment.items() if name != "GITHUB_TOKEN"}
        place = {"GITHUB_REPOSITORY": github.state.full_name, "GITHUB_SHA": "c" * 40}
        return Runner(
            workspace, temp, {**server, **place, **(environ or {})}, sys.executable, by_bash if as_written else in_process
        )

    return make
