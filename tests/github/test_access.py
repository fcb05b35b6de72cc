from __future__ import annotations

import pytest

from reviewer.errors import ConfigError
from reviewer.github.access import Access, read_access

TOKEN = "ghs_secret0123456789"


def addresses(access: Access) -> tuple[str, str, str]:
    return access.server_url, access.api_url, access.graphql_url


COM = ("https://github.com", "https://api.github.com", "https://api.github.com/graphql")
GHES = ("https://git.example", "https://git.example/api/v3", "https://git.example/api/graphql")


@pytest.mark.parametrize(
    ("environ", "server", "expected"),
    [
        ({}, None, COM),
        ({}, "https://github.com", COM),
        ({}, "https://octo.ghe.com", ("https://octo.ghe.com", "https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql")),
        ({"GITHUB_SERVER_URL": GHES[0]}, None, GHES),
        ({"GITHUB_SERVER_URL": GHES[0]}, "https://github.com", COM),
        ({"GH_HOST": "git.example"}, GHES[0], GHES),
        ({"GITHUB_SERVER_URL": GHES[0], "GITHUB_API_URL": GHES[1], "GITHUB_GRAPHQL_URL": GHES[2]}, None, GHES),
        ({"GITHUB_SERVER_URL": GHES[0], "GITHUB_API_URL": GHES[1]}, GHES[0], GHES),
        ({"GITHUB_SERVER_URL": COM[0], "GITHUB_API_URL": COM[1], "GITHUB_GRAPHQL_URL": COM[2]}, None, COM),
        ({"GITHUB_SERVER_URL": COM[0], "GITHUB_API_URL": COM[1]}, None, COM),
        ({"GITHUB_SERVER_URL": "https://github.com/"}, None, COM),
    ],
)
def test_the_addresses_of_each_of_githubs_products(
    environ: dict[str, str], server: str | None, expected: tuple[str, str, str]
) -> None:
    assert addresses(read_access(environ, server)) == expected


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_a_token_is_read_from_the_environment_and_never_shown(name: str) -> None:
    access = read_access({name: f" {TOKEN}\n"})
    assert (access.token, TOKEN in repr(access)) == (TOKEN, False)


def test_the_workflows_token_comes_before_a_persons() -> None:
    assert read_access({"GH_TOKEN": "other", "GITHUB_TOKEN": TOKEN}).token == TOKEN


def test_an_empty_token_is_none() -> None:
    assert read_access({"GITHUB_TOKEN": "", "GH_TOKEN": " "}).token is None


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example",
        "https://github.com.evil.example",
        "https://evilgithub.com",
        "https://ghe.com",
        "https://github.com:444",
    ],
)
def test_a_token_is_not_sent_to_a_server_only_because_an_address_names_it(server: str) -> None:
    with pytest.raises(ConfigError, match="nothing was sent there") as caught:
        read_access({"GITHUB_TOKEN": TOKEN}, server)
    assert f"GITHUB_SERVER_URL={server}" in caught.value.hint


@pytest.mark.parametrize(
    "environ",
    [
        {"GITHUB_SERVER_URL": GHES[0], "GITHUB_API_URL": "https://evil.example/api/v3"},
        {"GITHUB_SERVER_URL": GHES[0], "GITHUB_API_URL": GHES[1], "GITHUB_GRAPHQL_URL": "https://evil.example/graphql"},
        {"GITHUB_SERVER_URL": GHES[0], "GITHUB_API_URL": "https://git.example:444/api/v3"},
        {"GITHUB_SERVER_URL": "http://git.example"},
        {"GITHUB_SERVER_URL": "https://me:word@git.example"},
        {"GITHUB_SERVER_URL": GHES[0], "GITHUB_API_URL": "http://git.example/api/v3"},
        {"GH_HOST": "git.example/?x"},
    ],
)
def test_addresses_that_do_not_belong_together_are_an_error(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        read_access(environ | {"GITHUB_TOKEN": TOKEN})
