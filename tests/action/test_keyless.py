"""A review without a stored key: GitHub's token for the job is fetched, traded by the SDK, and gone afterwards."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from action_runner import Runner
from messages_server import MessagesServer

JWT = "head.body.signature-of-github"
PUSH = {"ref": "refs/heads/main", "deleted": False}
RULE = {"ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1", "ANTHROPIC_ORGANIZATION_ID": "0b2c", "ANTHROPIC_SERVICE_ACCOUNT_ID": "svac_1"}
Make = Callable[[Mapping[str, str | bytes]], Path]
MakeRunner = Callable[..., Runner]


class _Tokens(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        good = self.headers["authorization"] == "Bearer request-token" and "audience=https%3A%2F%2Fapi.anthropic.com" in self.path
        content = json.dumps({"value": JWT} if good else {}).encode()
        self.send_response(200 if good else 403)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def vouched() -> Iterator[dict[str, str]]:
    """What a job with `id-token: write` has in its environment."""
    with HTTPServer(("127.0.0.1", 0), _Tokens) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/run?api-version=2.0"
        yield {"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"}
        server.shutdown()


def test_a_job_that_github_vouches_for_needs_no_key(
    make_repository: Make, make_runner: MakeRunner, messages: MessagesServer, vouched: dict[str, str]
) -> None:
    workspace = make_repository({"load.py": "def load(text):\n    return eval(text)\n"})
    runner = make_runner(workspace, {"ANTHROPIC_BASE_URL": messages.url, **RULE, **vouched})

    ran = runner.run("push", PUSH, {})

    assert (ran.code, ran.outputs["verdict"]) == (0, "findings"), ran.log
    traded = [request.body for request in messages.requests if request.path == "/v1/oauth/token"]
    assert [body["assertion"] for body in traded] == [JWT]
    assert traded[0]["federation_rule_id"] == "fdrl_1"
    assert ran.log.count(JWT) == 1, "where it is masked"
    assert JWT in ran.said("add-mask")
    assert not any(JWT.encode() in path.read_bytes() for path in runner.temp.rglob("*") if path.is_file())
    assert "ANTHROPIC_IDENTITY_TOKEN_FILE" not in os.environ


def test_a_key_goes_before_federation(
    make_repository: Make, make_runner: MakeRunner, messages: MessagesServer, vouched: dict[str, str]
) -> None:
    runner = make_runner(make_repository({"a.py": "x = 1\n"}), {"ANTHROPIC_BASE_URL": messages.url, **RULE, **vouched})

    ran = runner.run("push", PUSH, {"anthropic-api-key": messages.key})

    assert ran.code == 0, ran.log
    assert "/v1/oauth/token" not in {request.path for request in messages.requests}


def test_a_job_that_github_does_not_vouch_for_is_told_which_permission_is_missing(
    make_repository: Make, make_runner: MakeRunner
) -> None:
    ran = make_runner(make_repository({"a.py": "x = 1\n"}), RULE).run("push", PUSH, {})

    assert (ran.code, ran.outputs["verdict"]) == (4, "error"), ran.log
    assert "id-token: write" in ran.said("error")[0]
