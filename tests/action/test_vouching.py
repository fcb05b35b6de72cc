from __future__ import annotations

import stat
from pathlib import Path

import httpx2
import pytest

from reviewer.errors import ConfigError, CredentialsError
from reviewer.github.vouching import can_vouch, fetch_identity, identity_file, is_federated

RULE = {"ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1", "ANTHROPIC_ORGANIZATION_ID": "org"}
VOUCHED = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://tokens.example.invalid/run/7?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
}


def answering(status: int, **answer: object) -> httpx2.MockTransport:
    return httpx2.MockTransport(lambda _request: httpx2.Response(status, **answer))  # type: ignore[arg-type]


def test_a_rule_without_any_other_credential_asks_for_federation() -> None:
    assert is_federated(RULE)
    assert not is_federated({})
    assert not is_federated({"ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1"})
    assert not is_federated(RULE | {"ANTHROPIC_API_KEY": "key"})
    assert not is_federated(RULE | {"ANTHROPIC_IDENTITY_TOKEN_FILE": "/token"})


def test_github_vouches_only_where_it_gave_the_right() -> None:
    assert can_vouch(VOUCHED)
    assert not can_vouch({})


def test_the_token_is_asked_for_in_the_name_of_the_provider() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"count": 4, "value": "head.body.signature"})

    token = fetch_identity(VOUCHED, transport=httpx2.MockTransport(answer))

    assert token == "head.body.signature"
    assert dict(seen[0].url.params) == {"api-version": "2.0", "audience": "https://api.anthropic.com"}
    assert seen[0].url.path == "/run/7"
    assert seen[0].headers["authorization"] == "Bearer request-token"


def test_a_job_without_the_right_is_told_which_permission_is_missing() -> None:
    with pytest.raises(CredentialsError) as failure:
        fetch_identity({})

    assert "id-token: write" in failure.value.hint


@pytest.mark.parametrize(
    "transport",
    [
        answering(403, text="no"),
        answering(302, headers={"location": "https://elsewhere.example.invalid"}),
        answering(200, text="not json"),
        answering(200, json=["value"]),
        answering(200, json={"value": ""}),
        answering(200, json={"value": "two\nlines"}),
        answering(200, text="[" * 70_000),
    ],
)
def test_an_answer_without_a_token_is_no_credential(transport: httpx2.MockTransport) -> None:
    with pytest.raises(CredentialsError, match="GitHub's token service"):
        fetch_identity(VOUCHED, transport=transport)


def test_the_request_token_stands_in_no_message() -> None:
    def lost(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("request-token")

    with pytest.raises(CredentialsError) as failure:
        fetch_identity(VOUCHED, transport=httpx2.MockTransport(lost))

    assert failure.value.message == "GitHub's token service could not be asked: ConnectError."
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("url", ["http://tokens.example.invalid/", "ftp://127.0.0.1/", "https://user:pass@host/"])
def test_the_request_token_goes_to_no_unencrypted_or_odd_address(url: str) -> None:
    with pytest.raises(ConfigError, match="ACTIONS_ID_TOKEN_REQUEST_URL"):
        fetch_identity(VOUCHED | {"ACTIONS_ID_TOKEN_REQUEST_URL": url})


def test_the_token_lies_in_a_file_of_ours_alone_and_only_for_a_while(tmp_path: Path) -> None:
    with identity_file("head.body.signature", tmp_path) as path:
        assert path.read_text() == "head.body.signature"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    assert list(tmp_path.iterdir()) == []


def test_the_file_is_removed_also_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), identity_file("token", tmp_path):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []
