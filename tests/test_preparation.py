"""What `--print-prompt` writes is what is sent, byte for byte, whatever had to be chosen before; and what counts are asked for on the way."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from messages_server import Behaviour, MessagesServer
from reviewer.cli import main

PARTS = {
    f"lib/part{number:02}.py": f'"""Part {number}."""\n\n' + f"def used{number}(one, two):\n    return one + two\n" * 40
    for number in range(40)
}
SMALL = """
[[model]]
id = "claude-opus-5-5"
context_tokens = 30_000
long_context = "none"
max_output_tokens = 2_000
"""
"""A window that holds some of the parts."""
COUNT, MESSAGE = "/v1/messages/count_tokens", "/v1/messages"


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    root = make_repository(PARTS)
    commit(root, "lib/part07.py", "from lib.part08 import used8\n\n\ndef used7(one):\n    return used8(one, eval(one))\n")
    return root


@pytest.fixture
def reviewer(server: MessagesServer, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(repository)
    return lambda *words: main([str(word) for word in words])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    return file


def commit(root: Path, path: str, text: str) -> None:
    (root / path).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "more")


def asked(server: MessagesServer) -> list[str]:
    return [request.path for request in server.requests]


def bodies(server: MessagesServer) -> list[Any]:
    return [request.body for request in server.requests if request.path == MESSAGE]


def digests() -> set[str]:
    """Of the requests of all kept runs."""
    records = Path(os.environ["REVIEWER_STATE_DIR"]).glob("runs/*/passes/*.json")
    return {attempt["request_sha256"] for record in records for attempt in json.loads(record.read_text())["attempts"]}


def require_printed(written: Path, server: MessagesServer, number: int) -> None:
    """The bytes written are those of the `number`th request for a message, by what arrived and by what the run noted of it."""
    assert json.loads(written.read_text()) == bodies(server)[number]
    assert hashlib.sha256(written.read_bytes()).hexdigest() in digests()


@pytest.mark.parametrize("words", [[], ["--commit", "HEAD"], ["--commit", "HEAD", "--depth", "deep"]], ids=" ".join)
def test_what_fits_is_printed_as_it_is_sent_and_printing_sends_nothing(
    reviewer: Callable[..., int], server: MessagesServer, tmp_path: Path, words: list[str]
) -> None:
    assert reviewer("review", *words, "--print-prompt", tmp_path / "request.json") == 0
    assert server.requests == []
    assert reviewer("review", "--yes", *words) == 0

    require_printed(tmp_path / "request.json", server, 0)


def test_a_packed_change_is_printed_as_it_is_sent_counted_as_the_review_counts_it(
    reviewer: Callable[..., int], server: MessagesServer, small: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("review", "--commit", "HEAD", "--catalog", small)
    assert reviewer(*words, "--print-prompt", tmp_path / "request.json") == 0
    assert asked(server) == [COUNT, COUNT]
    assert f"lets {server.url} count tokens to choose the files, and so does this" in capfd.readouterr().err
    assert reviewer(*words, "--yes") == 0
    assert asked(server)[2:5] == [COUNT, COUNT, COUNT]

    require_printed(tmp_path / "request.json", server, 0)


def test_without_credentials_a_packed_change_is_printed_by_estimate_and_says_so(
    reviewer: Callable[..., int],
    server: MessagesServer,
    small: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = ("review", "--commit", "HEAD", "--catalog", small)
    assert reviewer(*words, "--print-prompt", tmp_path / "counted.json") == 0
    asked_so_far = len(server.requests)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    capfd.readouterr()
    assert reviewer(*words, "--print-prompt", tmp_path / "estimated.json") == 0

    assert len(server.requests) == asked_so_far
    assert "nothing was counted: the files are chosen by estimate" in capfd.readouterr().err
    assert (tmp_path / "estimated.json").stat().st_size < (tmp_path / "counted.json").stat().st_size


def test_a_warm_prefix_is_printed_as_it_is_sent(
    reviewer: Callable[..., int], server: MessagesServer, repository: Path, tmp_path: Path
) -> None:
    assert reviewer("review", "--yes", "--depth", "quick") == 0
    commit(repository, "lib/part03.py", "pass\n")
    assert reviewer("review", "--depth", "quick", "--print-prompt", tmp_path / "request.json") == 0
    assert reviewer("review", "--yes", "--depth", "quick") == 0

    require_printed(tmp_path / "request.json", server, 1)
    assert "<updated_documents>" in (tmp_path / "request.json").read_text()


@pytest.mark.parametrize("packed", [False, True], ids=["whole", "packed"])
@pytest.mark.parametrize("done", [0, 1, 2], ids=["nothing came", "the look broke off", "the verification broke off"])
def test_the_next_request_of_a_run_that_goes_on_is_printed_as_it_is_sent_and_the_run_stays_as_it_is(
    reviewer: Callable[..., int], server: MessagesServer, small: Path, tmp_path: Path, done: int, packed: bool
) -> None:
    refused = Behaviour(path="/v1/messages", status=529, error="overloaded_error", headers={"x-should-retry": "false"})
    broken = Behaviour(keep_events=6, ending="closed") if done else refused
    server.queue(*[Behaviour(), broken][2 - max(1, done) :])
    assert reviewer("review", "--yes", *(("--commit", "HEAD", "--catalog", small) if packed else ())) in {3, 4}
    sent, before = len(bodies(server)), digests()
    assert reviewer("resume", "--print-prompt", tmp_path / "request.json") == 0
    assert (len(bodies(server)), digests()) == (sent, before)
    assert reviewer("resume", "--yes") == 0

    require_printed(tmp_path / "request.json", server, sent)


def test_a_run_of_which_every_answer_is_kept_cannot_be_printed_on(
    reviewer: Callable[..., int], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert reviewer("review", "--yes") == 0

    assert reviewer("resume", "--print-prompt", tmp_path / "request.json") == 2
    assert not (tmp_path / "request.json").exists()


def test_an_exact_plan_counts_what_a_review_sends(
    reviewer: Callable[..., int], server: MessagesServer, small: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("--commit", "HEAD", "--catalog", small)
    assert reviewer("plan", "--exact", "--format", "json", *words) == 0
    plan = json.loads(capfd.readouterr().out)
    counts = [request.body for request in server.requests]
    server.requests.clear()
    Path(os.environ["REVIEWER_STATE_DIR"], "corrections.json").unlink()
    assert reviewer("review", "--yes", *words) == 0

    assert [request.body for request in server.requests if request.path == COUNT] == counts
    assert bodies(server)[0]["messages"] == counts[-1]["messages"]
    assert plan["tokens"]["exact"] == plan["tokens"]["estimate"]


def test_the_built_in_checks_have_no_request(
    reviewer: Callable[..., int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert reviewer("review", "--engine", "static", "--print-prompt", tmp_path / "request.json") == 0

    assert "There is no request: --engine static sends nothing." in capfd.readouterr().err
    assert not (tmp_path / "request.json").exists()
