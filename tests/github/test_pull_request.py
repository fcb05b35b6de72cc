from __future__ import annotations

import pytest

from github_server import GitHubServer, Pull, Trouble
from reviewer.errors import ConfigError, ForgeError
from reviewer.github.api import GitHub
from reviewer.github.pull_request import PullRequestAddress, from_api, parse_url

SERVER = "https://github.com"


@pytest.mark.parametrize(
    ("url", "server", "name", "number"),
    [
        ("https://github.com/octo-org/hello/pull/12", SERVER, "octo-org/hello", 12),
        ("https://github.com/octo-org/hello/pull/12/", SERVER, "octo-org/hello", 12),
        ("https://github.com/octo-org/hello/pull/12/files?w=1#diff-1", SERVER, "octo-org/hello", 12),
        ("https://github.com/octo-org/hello/pull/12/commits/" + "a" * 40, SERVER, "octo-org/hello", 12),
        ("https://git.example/a/b.c/pull/1", "https://git.example", "a/b.c", 1),
        ("https://git.example:8443/a_b/.github/pull/1", "https://git.example:8443", "a_b/.github", 1),
        ("http://127.0.0.1:8080/a/b/pull/1", "http://127.0.0.1:8080", "a/b", 1),
    ],
)
def test_the_url_of_a_pull_request_is_read(url: str, server: str, name: str, number: int) -> None:
    owner, _, repo = name.partition("/")
    assert parse_url(url) == PullRequestAddress(server_url=server, owner=owner, repo=repo, number=number)


@pytest.mark.parametrize(
    "text", ["", ".", "src/https", "github.com/o/r/pull/1", "git@github.com:o/r", "ftp://github.com/o/r/pull/1"]
)
def test_what_is_no_url_is_none(text: str) -> None:
    assert parse_url(text) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/o/r",
        "https://github.com/o/r/issues/1",
        "https://github.com/o/r/pull/",
        "https://github.com/o/r/pull/0",
        "https://github.com/o/r/pull/01",
        "https://github.com/o/r/pull/1x",
        "https://github.com/o/r/pull/99999999999",
        "https://github.com/o/r/pull/4294967297",
        "https://github.com/o/../pull/1",
        "https://github.com/../r/pull/1",
        "https://github.com/-o/r/pull/1",
        "https://github.com/o/r%2Fx/pull/1",
        "https://github.com/o/r/pulls/1",
        "https://github.com//o/r/pull/1",
        "https://github.com/prefix/o/r/pull/1",
        "https:///o/r/pull/1",
        "https://[/o/r/pull/1",
        "http://github.com/o/r/pull/1",
        "https://me:word@github.com/o/r/pull/1",
        "https://github.com:port/o/r/pull/1",
    ],
)
def test_another_url_is_an_error(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(url)
    assert "word@" not in caught.value.message


def test_a_pull_request_is_asked_for(github: GitHubServer, client: GitHub) -> None:
    github.state.add_pull(Pull(number=5, title="A title", body=None, head_repo="somebody/hello", draft=True, author="ghost"))
    found = from_api(client, "octo-org", "hello", 5, server_url=SERVER)
    assert (found.full_name, found.number, found.title, found.body) == ("octo-org/hello", 5, "A title", "")
    assert (found.is_fork, found.head_repo, found.is_draft, found.is_open) == (True, "somebody/hello", True, True)
    assert (found.base_sha, found.head_sha, found.base_ref, found.head_ref) == ("b" * 40, "a" * 40, "main", "topic")
    assert found.html_url == "https://github.com/octo-org/hello/pull/5"


def test_a_renamed_repository_is_called_by_its_present_name(github: GitHubServer, client: GitHub) -> None:
    github.state.add_pull(Pull(number=5))
    github.trouble(
        Trouble(path="/repos/old/name", status=301, headers={"location": f"{github.url}/repos/octo-org/hello/pulls/5"})
    )
    assert from_api(client, "old", "name", 5, server_url=SERVER).full_name == "octo-org/hello"


def test_a_pull_request_that_is_not_there_is_an_error_that_says_what_may_be_wrong(client: GitHub) -> None:
    with pytest.raises(ForgeError, match="404") as caught:
        from_api(client, "octo-org", "hello", 6, server_url=SERVER)
    assert "or the token may not see it" in caught.value.hint
