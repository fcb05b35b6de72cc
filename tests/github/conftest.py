"""What the tests about GitHub stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from github_server import GitHubServer
from reviewer.github.api import GitHub


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """A strict GitHub. A test that sends what GitHub would not read fails, unless it takes the note out of `violations`."""
    with GitHubServer() as server:
        yield server
        assert server.violations == []


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(github: GitHubServer, clock: Clock) -> Iterator[GitHub]:
    """Our client, speaking to `github`; it never really waits."""
    with GitHub(github.token, github.url, graphql_url=f"{github.url}/graphql", now=clock, sleep=clock.sleep) as client:
        yield client
