"""A streamed answer, cut at each of its bytes: what had arrived is on disk, and no part passes for the whole."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from faults.wire import raw_server, request_of
from messages_events import Behaviour, encoded, events_of
from reviewer.config import Config
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.credentials import CredentialKind, Credentials
from reviewer.engine.interface import Prompt, Stop
from reviewer.errors import ConnectionFailedError, MalformedReplyError
from reviewer.outcome import Usage
from reviewer.plan.passes import Pass, PassKind
from reviewer.run_answers import AnswerFile, read_answer
from reviewer.run_prefix import prefix_of
from reviewer.run_record import Asked
from reviewer.runs import RunStore

ANSWER = json.dumps({"findings": ["naïve ✓"], "summary": "one"}, ensure_ascii=False)
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-opus-5-5",
    "content": [{"type": "text", "text": ANSWER}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "usage": {"input_tokens": 9, "output_tokens": 9},
}
EVENTS = events_of(MESSAGE, Behaviour(piece=7))
WIRE = [encoded(event) for event in EVENTS]
BODY = b"".join(WIRE)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(BODY)
ENDS = list(accumulate(map(len, WIRE)))
"""Where each event ends in the body."""
PROMPT = Prompt(
    model="claude-opus-5-5",
    system="s",
    documents="d",
    question="q",
    schema={"type": "object"},
    max_output=100,
    effort=None,
    thinking=None,
    structured=False,
)
LOOK = Pass(number=1, kind=PassKind.LOOK, name="general")


class Kept:
    """A listener that keeps what it hears, as the program's does."""

    def __init__(self, answer: AnswerFile) -> None:
        self._answer = answer

    def sent(self) -> None: ...

    def started(self, usage: Usage, request_id: str, model: str) -> None: ...

    def text(self, delta: str) -> None:
        self._answer.write(delta)


def arrived(length: int) -> str:
    """The text of the events that are whole after so many bytes of the body."""
    whole = [data for (_, data), end in zip(EVENTS, ENDS, strict=True) if end <= length]
    return "".join(data["delta"].get("text", "") for data in whole if "delta" in data)


def suffer(lengths: range, folder: Path) -> Iterator[tuple[int, Stop | None, str]]:
    """How the answer ended, None for an error, and what of it is on disk, for each number of bytes after which the connection closes."""
    left = iter(lengths)

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall((HEAD + BODY)[: next(left)])

    who = Credentials(kind=CredentialKind.API_KEY, source="ANTHROPIC_API_KEY", secret="made-up-key-0123456789")
    asked = Asked(path="/p", top="/p", config=Config(), origins={})
    with raw_server(serve) as port, ClaudeEngine(who, base_url=f"http://127.0.0.1:{port}", max_retries=0) as engine:
        run = RunStore(folder).start(
            version="0", model=PROMPT.model, subject="p", commit=None, asked=asked, prefix=prefix_of(PROMPT), passes=("general",)
        )
        with run:
            for number, length in enumerate(lengths, 1):
                log = run.log(LOOK)
                try:
                    reply = engine.send(PROMPT, Kept(log.begin(began=run.now(), request_sha256="")))
                    log.ended(reply, None)
                    stop: Stop | None = reply.stop
                except (ConnectionFailedError, MalformedReplyError) as error:
                    log.failed(error.message)
                    stop = None
                yield length, stop, read_answer(run.folder / "passes" / f"01-general.{number}.txt")


def hold(lengths: range, folder: Path) -> None:
    for length, stop, on_disk in suffer(lengths, folder):
        body = length - len(HEAD)
        assert on_disk == arrived(body), length
        if body >= len(BODY):
            assert stop is Stop.END
        elif body >= ENDS[-3] and stop is not None:
            assert stop in {Stop.CUT, Stop.END}  # the provider said how it ends; the last event says nothing more
            assert on_disk == ANSWER
        else:
            assert stop is (Stop.CUT if on_disk else None), length


def test_an_answer_cut_at_a_byte_leaves_what_had_arrived(tmp_path: Path) -> None:
    hold(range(0, len(HEAD + BODY) + 1, 127), tmp_path)


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_an_answer_cut_at_each_byte_leaves_what_had_arrived(tmp_path: Path) -> None:
    whole = len(HEAD + BODY) + 1
    for start in range(0, whole, 100):
        hold(range(start, min(whole, start + 100)), tmp_path)
