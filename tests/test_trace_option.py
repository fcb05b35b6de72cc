"""`--trace` and the summary of `-v`, from the arguments to the lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from messages_server import Behaviour, MessagesServer
from otlp_collector import OtlpCollector
from reviewer.cli import main

KEY = "loopback-key-0123456789"
MARK = "marked_7f3a"
FILES = {
    f"{MARK}/load.py": f"import yaml\n\n\ndef {MARK}(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
}


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(key=KEY) as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    return make_repository(FILES)


@dataclass(frozen=True)
class Outcome:
    code: int
    err: str


Reviewer = Callable[..., Outcome]


@pytest.fixture
def reviewer(repository: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Reviewer:
    """Run the command in the repository."""
    monkeypatch.chdir(repository)

    def run(*args: str | Path, env: Mapping[str, str]) -> Outcome:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        code = main([str(arg) for arg in args])
        return Outcome(code, capfd.readouterr().err)

    return run


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_review_is_traced_step_by_step_without_a_word_of_what_was_reviewed(
    server: MessagesServer, reviewer: Reviewer, repository: Path, tmp_path: Path
) -> None:
    file, report = tmp_path / "trace.jsonl", tmp_path / "report.md"

    done = reviewer("review", "-v", "--trace", file, "-o", report, env=server.environment)

    steps = lines(file)
    by_id = {step["id"]: step for step in steps}
    requests = [step for step in steps if step["name"] == "request"]
    assert done.code == 0, done.err
    assert {step["name"] for step in steps} == {
        "run",
        "collect",
        "plan",
        "connect",
        "fill",
        "review",
        "count",
        "request",
        "report",
    }
    assert [step["name"] for step in steps if step["parent"] is None] == ["run"]
    assert [step["attributes"]["pass"] for step in requests] == ["general", "verification"]
    assert {by_id[step["parent"]]["name"] for step in requests} == {"review"}
    assert [step["attributes"]["message_id"] for step in requests] == [message.message_id for message in server.messages]
    assert sum(step["attributes"]["cost_usd"] for step in requests) == pytest.approx(sum(it.dollars for it in server.messages))
    assert MARK in report.read_text()
    for secret in (MARK, KEY, server.url, "save.py", str(repository), repository.name):
        assert secret not in file.read_text()


def test_the_summary_stands_at_the_end_of_verbose(
    server: MessagesServer, reviewer: Reviewer, repository: Path, tmp_path: Path
) -> None:
    quiet = reviewer("review", "-o", tmp_path / "a.md", env=server.environment)
    wordy = reviewer("review", "-v", "-o", tmp_path / "b.md", env=server.environment)

    words = [line.split()[:2] for line in wordy.err.splitlines()]
    at = next(number for number, line in enumerate(words) if line[:1] == ["run"] and line[1].replace(".", "").isdigit())
    assert [line[0] for line in words[at:]] == [
        "run",
        "collect",
        "plan",
        "connect",
        "fill",
        "count",
        "review",
        "request",
        "request",
        "report",
    ]
    assert "collect" not in quiet.err


@pytest.mark.parametrize("name", ["trace.jsonl", "app/a [1]*.py"])
def test_a_trace_among_the_files_is_not_read_while_it_grows(
    server: MessagesServer, reviewer: Reviewer, tmp_path: Path, name: str
) -> None:
    report = tmp_path / "report.json"

    done = reviewer("review", "--depth", "quick", "--trace", name, "-o", report, env=server.environment)

    skipped = json.loads(report.read_text())["coverage"]["skipped"]
    assert (done.code, [file["path"] for file in skipped]) == (0, [name])


def test_a_trace_that_cannot_be_written_stops_the_review_before_anything_is_sent(
    server: MessagesServer, reviewer: Reviewer, repository: Path, tmp_path: Path
) -> None:
    done = reviewer("review", "--trace", tmp_path / "no" / "trace.jsonl", env=server.environment)

    assert (done.code, server.requests) == (4, [])
    assert "Cannot write the trace to" in done.err


def test_a_failed_review_is_traced_up_to_its_failure(
    server: MessagesServer, reviewer: Reviewer, repository: Path, tmp_path: Path
) -> None:
    server.queue(Behaviour(status=400, error="invalid_request_error", message=MARK))
    file = tmp_path / "trace.jsonl"

    done = reviewer("review", "--depth", "quick", "--trace", file, env=server.environment)

    errors = {step["name"]: step.get("error") for step in lines(file)}
    assert done.code == 4
    assert (errors["collect"], errors["request"], errors["run"]) == (None, "RequestRefusedError", "RequestRefusedError")
    assert MARK not in file.read_text()


def test_the_built_in_checks_and_a_plan_are_traced_too(reviewer: Reviewer, tmp_path: Path) -> None:
    reviewer("review", "--engine", "static", "--trace", tmp_path / "static.jsonl", env={})
    reviewer("plan", "--trace", tmp_path / "plan.jsonl", env={})

    assert [step["name"] for step in lines(tmp_path / "static.jsonl")] == ["collect", "check", "run"]
    assert [step["name"] for step in lines(tmp_path / "plan.jsonl")] == ["collect", "plan", "run"]


def test_the_collector_of_the_standard_variables_gets_the_same_spans(
    server: MessagesServer, reviewer: Reviewer, repository: Path, tmp_path: Path
) -> None:
    file = tmp_path / "trace.jsonl"
    with OtlpCollector() as collector:
        done = reviewer(
            "review",
            "--trace",
            file,
            "-o",
            tmp_path / "report.md",
            env={**server.environment, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
        )
    sent = b"".join(request.SerializeToString() for request in collector.requests)

    assert done.code == 0, done.err
    assert {span.span_id.hex() for span in collector.spans} == {step["id"] for step in lines(file)}
    for secret in (MARK, KEY, "save.py", repository.name):
        assert secret.encode() not in sent
