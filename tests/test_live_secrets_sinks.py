"""Each place where something leaves the process, asked to let a secret through."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from reviewer.commands.job import Job
from reviewer.engine.wire_events import Arrival, WireBlock, WireEvent
from reviewer.github.wire import Wire
from reviewer.live_secrets import clean, protecting
from reviewer.storage import write_atomically
from reviewer.stream_guard import GuardedStream, bare_output, guarded
from reviewer.tracing.lines import TraceFile
from reviewer.tracing.spans import Span

KEY = "sk-ant-api03-Qm7xTz2LpW9vBn4KdRs8YhJc5FgUe1Aa3oXiZq6PwMt0"


@pytest.fixture(autouse=True)
def _protected() -> Iterator[None]:
    with protecting({"ANTHROPIC_API_KEY": KEY}):
        yield


def test_a_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.md", f"It is {KEY}.\n")

    assert (tmp_path / "report.md").read_text() == "It is SECRET-REMOVED.\n"


def test_the_summary_and_the_outputs_of_a_job(tmp_path: Path) -> None:
    job = Job({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")})

    job.summarize(f"# {KEY}")
    job.output({"report-path": f"/tmp/{KEY}"})

    assert (tmp_path / "summary").read_text() == "# SECRET-REMOVED\n"
    assert "/tmp/SECRET-REMOVED\n" in (tmp_path / "output").read_text()


def test_a_line_of_a_trace(tmp_path: Path) -> None:
    file = TraceFile(tmp_path / "trace", "0" * 32)
    file.ended(Span(name="request", id="1", parent=None, start=0.0, attributes={"message_id": KEY}))
    file.close()

    assert '"message_id":"SECRET-REMOVED"' in (tmp_path / "trace").read_text()


def test_a_request_to_github() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={})

    address = "https://api.github.com"
    wire = Wire("a-token-of-github", address, f"{address}/graphql", httpx2.MockTransport(answer))
    wire.send(
        "POST", f"{address}/x", {"body": f"It is {KEY}", "comments": [{"path": KEY, "line": 1}], "title": "a-token-of-github"}
    )
    wire.close()

    assert seen[0].headers["authorization"] == "Bearer a-token-of-github"
    sent = b'{"body":"It is SECRET-REMOVED","comments":[{"path":"SECRET-REMOVED","line":1}],"title":"SECRET-REMOVED"}'
    assert seen[0].content == sent


def test_an_answer_that_brings_it_in_halves() -> None:
    arrival = Arrival()
    pieces = [
        arrival.take(WireEvent(type="content_block_delta", delta=WireBlock(type="text_delta", text=text))) for text in halves()
    ]

    assert "".join((*pieces, arrival.rest())) == arrival.text == "It is SECRET-REMOVED."


def halves() -> tuple[str, ...]:
    return f"It is {KEY[:20]}", KEY[20:40], f"{KEY[40:]}."


def test_both_streams_in_halves_and_in_bytes(capfd: pytest.CaptureFixture[str]) -> None:
    with guarded():
        for stream in (sys.stdout, sys.stderr):
            for half in halves():
                stream.write(half)
            stream.write("\n")
            stream.buffer.write(f"bytes {KEY}\n".encode())
            stream.flush()

    assert capfd.readouterr() == ("It is SECRET-REMOVED.\nbytes SECRET-REMOVED\n",) * 2


def test_lines_in_one_call(capfd: pytest.CaptureFixture[str]) -> None:
    with guarded():
        sys.stdout.writelines([KEY[:20], KEY[20:], "\n"])
        sys.stdout.buffer.writelines([f"{KEY}\n".encode()])

    assert capfd.readouterr().out == "SECRET-REMOVED\nSECRET-REMOVED\n"


def test_only_the_runner_is_told_the_secret_itself(capfd: pytest.CaptureFixture[str]) -> None:
    with guarded():
        Job({}).mask(KEY)
        sys.stdout.write(f"{KEY}\n")

    assert capfd.readouterr().out == f"::add-mask::{KEY}\nSECRET-REMOVED\n"


def test_the_guard_shows_a_question_without_a_line_end_and_leaves_no_guard_behind() -> None:
    inner = io.StringIO()
    stream = GuardedStream(inner)
    stream.write("Really? ")
    stream.flush()
    before = sys.stdout
    with guarded(), bare_output():
        assert not isinstance(sys.stdout, GuardedStream)

    assert inner.getvalue() == "Really? "
    assert sys.stdout is before


def test_without_secrets_every_text_is_itself() -> None:
    with protecting({}):
        text = "a text"
        assert clean(text) is text
