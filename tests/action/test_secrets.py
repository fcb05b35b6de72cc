"""The action with a finder that tells our secrets: neither GitHub, nor the log, the summary, the outputs or a file shows one."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from conftest import git

from action_runner import Ran, Runner
from github_server import GitHubServer, Pull, files_of
from messages_server import Behaviour, MessagesServer
from reviewer.github.vouching import fetch_identity
from reviewer.live_secrets import clean, protecting
from secret_oracle import shows

RANDOM = random.Random(7)
KEY = "sk-ant-api03-" + "".join(RANDOM.choice(string.ascii_letters + string.digits + "-_") for _ in range(60))
WEBHOOK = "".join(RANDOM.choice(string.ascii_letters + string.digits) for _ in range(40))
BASE = {"load.py": "def load(text):\n    return int(text)\n"}
HEAD = {"load.py": "def load(text):\n    return eval(text)\n"}


def telling(_body: Mapping[str, Any]) -> dict[str, Any]:
    """A finder that was told the secrets by somebody, and carries them out."""
    half = len(KEY) // 2
    finding = {
        "path": "load.py",
        "quote": "    return eval(text)",
        "start_line": 2,
        "end_line": 2,
        "category": "security",
        "severity": "high",
        "confidence": "high",
        "title": f"{KEY[half:]}@{KEY[:half]} #{WEBHOOK}",
        "explanation": f"{base64.b64encode(KEY.encode()).decode()} {KEY[:20]}\u200b{KEY[20:40]}\u200b{KEY[40:]} *{KEY}*",
        "suggestion": f"    {WEBHOOK}",
        "origin": "introduced",
        "replacement": f"    return {KEY!r}",
    }
    return {"findings": [finding], "summary": "".join(f"&#{ord(character)};" for character in KEY) + f" {WEBHOOK[:15]}"}


@pytest.fixture
def run(tmp_path: Path, github: GitHubServer, messages: MessagesServer, make_runner: Callable[..., Runner]) -> Callable[..., Ran]:
    """The action on a pull request of one line, with a key as its input and another secret in the job's environment."""
    origin = tmp_path / "origin"
    origin.mkdir()
    commits = []
    git(origin, "init", "--quiet")
    for files in (BASE, HEAD):
        for name, text in files.items():
            (origin / name).write_text(text)
        git(origin, "add", "--all")
        git(origin, "commit", "--quiet", "--message", "x")
        commits.append(git(origin, "rev-parse", "HEAD").strip())
        git(origin, "checkout", "--quiet", "-B", "topic")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    workspace = tmp_path / "workspace"
    git(tmp_path, "clone", "--quiet", f"file://{origin}", str(workspace))
    entries = files_of(origin, *commits)
    pull = github.state.add_pull(Pull(number=7, base_sha=commits[0], head_sha=commits[1], files=entries, title="t", body=""))
    github.serve_repository(github.state.full_name, origin)
    messages.key = KEY
    messages.model = telling
    runner = make_runner(workspace, {"ANTHROPIC_BASE_URL": messages.url, "MY_WEBHOOK_SECRET": WEBHOOK})

    def started(environ: Mapping[str, str] | None = None) -> Ran:
        runner.environ = {**runner.environ, **(environ or {})}
        payload = {"action": "synchronize", "number": 7, "pull_request": github.state.pull_object(pull)}
        return runner.run("pull_request", payload, {"anthropic-api-key": KEY})

    return started


def places(ran: Ran, github: GitHubServer, folder: Path) -> dict[str, str]:
    """Every place that anybody but the runner sees."""
    log = "\n".join(line for line in ran.log.splitlines() if not line.startswith("::add-mask::"))
    files = {str(path): path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file()}
    sent = {f"request {number}": json.dumps(each.body, ensure_ascii=False) for number, each in enumerate(github.requests)}
    return {"log": log, "summary": ran.summary, "outputs": str(ran.outputs), **files, **sent}


def test_what_a_finder_tells_of_our_secrets_is_nowhere(run: Callable[..., Ran], github: GitHubServer, tmp_path: Path) -> None:
    ran = run()

    assert ran.code == 0, ran.log
    assert ran.outputs["findings-count"] == "1"
    assert any(each.method == "POST" and "SECRET-REMOVED" in str(each.body) for each in github.requests)
    seen = places(ran, github, tmp_path / "runner-temp")
    assert [name for name, text in seen.items() for secret in (KEY, WEBHOOK, github.token) if shows(text, secret)] == []


def test_the_runner_is_told_every_secret_to_blot_out(run: Callable[..., Ran], github: GitHubServer) -> None:
    masked = [command.data for command in run().commands if command.name == "add-mask"]

    assert {KEY, WEBHOOK, github.token} <= set(masked)


def test_a_failure_that_repeats_the_key_is_told_without_it(
    run: Callable[..., Ran], messages: MessagesServer, github: GitHubServer, tmp_path: Path
) -> None:
    messages.queue(Behaviour(status=400, error=KEY, message=f"invalid {KEY}"))

    ran = run()

    assert ran.outputs["verdict"] == "error"
    assert [name for name, text in places(ran, github, tmp_path / "runner-temp").items() if shows(text, KEY)] == []


@pytest.mark.parametrize("environ", [{"ANTHROPIC_LOG": "debug"}, {"SSLKEYLOGFILE": "keys"}], ids=["prompts", "TLS keys"])
def test_a_job_that_would_record_its_requests_is_refused(
    run: Callable[..., Ran], messages: MessagesServer, github: GitHubServer, environ: Mapping[str, str]
) -> None:
    ran = run(environ)

    assert (ran.code, ran.outputs["verdict"]) == (2, "error")
    assert "is refused in CI" in ran.said("error")[0]
    assert (messages.requests, github.requests) == ([], [])


def test_the_token_that_github_vouches_with_is_a_secret_from_then_on() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm9jdG8vaGVsbG8ifQ.a1B2c3D4e5F6g7H8i9J0"
    answer = httpx2.MockTransport(lambda _request: httpx2.Response(200, json={"value": token}))
    environ = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://tokens.example.invalid/",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
    }
    with protecting(environ):
        assert fetch_identity(environ, transport=answer) == token
        assert clean(f"it is {token}") == "it is SECRET-REMOVED"
