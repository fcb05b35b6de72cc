"""What the tests about GitHub stand on."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from github_server import Clock, GitHubServer
from reviewer.github.api import GitHub


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    """A strict GitHub. A test that sends what GitHub would not read fails, unless it takes the note out of `violations`."""
    with GitHubServer() as server:
        yield server
        assert server.violations == []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(github: GitHubServer, clock: Clock) -> Iterator[GitHub]:
    """Our client, speaking to `github`; it never really waits."""
    wire = httpx2.HTTPTransport(verify=False)  # reading the certificates takes longer than any of these tests
    endpoint = f"{github.url}/graphql"
    with GitHub(github.token, github.url, graphql_url=endpoint, now=clock, sleep=clock.sleep, transport=wire) as client:
        yield client
