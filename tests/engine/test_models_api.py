"""What the provider says of its models, as far as it says anything."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from messages_server import MODELS, Behaviour, MessagesServer
from reviewer.engine.credentials import Credentials
from reviewer.engine.models_api import fetch_model_facts
from reviewer.errors import CredentialsError, MalformedReplyError, OverloadedError
from reviewer.plan.catalog import ModelFacts


def fetch(server: MessagesServer, credentials: Credentials, *answers: object) -> list[ModelFacts]:
    for answer in answers:
        server.queue(Behaviour(path="/v1/models", body=json.dumps(answer).encode(), content_type="application/json"))
    return fetch_model_facts(credentials, base_url=server.url, max_retries=0)


def test_every_model_is_told_also_retired_ones(server: MessagesServer, credentials: Credentials) -> None:
    facts = {fact.id: fact for fact in fetch(server, credentials)}
    assert set(MODELS) == set(facts)
    assert facts["claude-opus-5-5"] == ModelFacts(
        id="claude-opus-5-5",
        line="opus",
        max_input_tokens=1_000_000,
        max_tokens=128_000,
        lifecycle="active",
        structured_outputs=True,
    )
    assert facts["claude-sonnet-4-5-20250929"].lifecycle == "retired"
    assert facts["claude-opus-4-5-20251101"].lifecycle == "deprecated"
    assert facts["claude-sonnet-4-5-20250929"].retires_at == date(2026, 11, 30)


def test_a_gateway_may_tell_ids_alone(server: MessagesServer, credentials: Credentials) -> None:
    answer = {"object": "list", "data": [{"id": "local/model:7b", "object": "model", "owned_by": "me"}]}
    assert fetch(server, credentials, answer) == [ModelFacts(id="local/model:7b")]


def test_a_long_list_comes_in_pages(server: MessagesServer, credentials: Credentials) -> None:
    pages = [
        {"data": [{"id": "one"}], "has_more": True, "last_id": "one"},
        {"data": [{"id": "two"}], "has_more": False, "last_id": "two"},
    ]
    assert [fact.id for fact in fetch(server, credentials, *pages)] == ["one", "two"]
    assert "after_id=one" in server.requests[1].path


def test_a_list_without_end_is_left(server: MessagesServer, credentials: Credentials) -> None:
    page = {"data": [{"id": "one"}], "has_more": True, "last_id": "one"}
    assert len(fetch(server, credentials, *[page] * 30)) == 20


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"models": []},
        {"data": [{"name": "no id"}]},
        {"data": [{"id": "\x1b[31m"}]},
        {"data": [{"id": "x", "max_tokens": -1}]},
        {"data": [{"id": "x", "retires_at": "soon"}]},
    ],
)
def test_a_list_that_cannot_be_read(server: MessagesServer, credentials: Credentials, answer: Any) -> None:  # noqa: ANN401
    with pytest.raises(MalformedReplyError, match="list of models cannot be read"):
        fetch(server, credentials, answer)


@pytest.mark.parametrize(("status", "error"), [(404, MalformedReplyError), (401, CredentialsError), (529, OverloadedError)])
def test_a_refusal_has_its_own_error(
    server: MessagesServer, credentials: Credentials, status: int, error: type[Exception]
) -> None:
    server.queue(Behaviour(path="/v1/models", status=status))
    with pytest.raises(error):
        fetch(server, credentials)
