"""One engine, several requests at once; and an end to all of them when somebody has had enough."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest

from messages_server import Behaviour, MessagesServer
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.interface import Prompt, Reply, Stop
from reviewer.errors import ConnectionFailedError, OverloadedError
from reviewer.outcome import Usage

Connect = Callable[..., ClaudeEngine]
MANY = 8
SOON = 20.0
"""Seconds: far more than it takes, far less than any silence that would be waited for."""


class Ear:
    """A listener that says when the answer has begun."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.answer = ""

    def sent(self) -> None: ...

    def started(self, usage: Usage, request_id: str, model: str) -> None: ...

    def text(self, delta: str) -> None:
        self.answer += delta
        self.begun.set()


def questions(prompt: Prompt) -> list[Prompt]:
    return [replace(prompt, question=f"Question {number}?") for number in range(MANY)]


def send_all(engine: ClaudeEngine, prompts: Sequence[Prompt]) -> list[Reply]:
    """All of them together: none goes before every thread is ready."""
    ready = threading.Barrier(len(prompts))

    def send(prompt: Prompt) -> Reply:
        ear = Ear()
        ready.wait(SOON)
        reply = engine.send(prompt, ear)
        assert ear.answer == reply.text
        return reply

    with ThreadPoolExecutor(len(prompts)) as pool:
        return list(pool.map(send, prompts))


def echo(body: dict[str, Any]) -> object:
    return {"findings": [body["messages"][0]["content"][-1]["text"]] * 20, "summary": "said again"}


def test_each_of_many_gets_its_own_answer(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.model = echo
    server.delay = 0.01
    asked = questions(prompt)
    replies = send_all(connect(), asked)
    assert [json.loads(reply.text)["findings"][0] for reply in replies] == [it.question for it in asked]
    assert {reply.stop for reply in replies} == {Stop.END}
    assert len({reply.message_id for reply in replies}) == MANY
    assert server.most_at_once > 1


def test_what_the_endpoint_lacks_is_learnt_once_however_many_ask(connect: Connect, prompt: Prompt) -> None:
    """Each of them is refused for the same reason; the reason is not found twice, and not taken for another one."""
    refused = threading.Barrier(MANY)
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        bodies.append(body)
        if "format" in body["output_config"]:
            refused.wait(SOON)
            error = {"type": "invalid_request_error", "message": "output_config: Extra inputs are not permitted"}
            return httpx2.Response(400, json={"type": "error", "error": error})
        content = [{"type": "text", "text": "{}"}]
        return httpx2.Response(200, json={"type": "message", "content": content, "stop_reason": "end_turn"})

    engine = connect(transport=httpx2.MockTransport(answer))
    replies = send_all(engine, questions(prompt))
    assert {reply.stop for reply in replies} == {Stop.END}
    assert {reply.retries for reply in replies} == {1}
    assert engine.notes == ("The endpoint does not take structured output; the request was made without it.",)
    assert {reply.notes for reply in replies} == {engine.notes}
    assert {body["output_config"]["effort"] for body in bodies} == {"high"}


def test_each_request_counts_its_own_retries(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    again = Behaviour(status=529, error="overloaded_error", headers={"retry-after-ms": "1"})
    server.queue(*[again] * 3)
    replies = send_all(connect(max_retries=5), questions(prompt))
    assert sum(reply.retries for reply in replies) == 3
    assert len(server.requests) == MANY + 3


def test_the_patience_of_one_request_is_not_renewed_by_others(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    """The first one is overloaded until its patience ends; others that begin meanwhile, and succeed, do not prolong it."""
    engine = connect(max_retries=1000, patience=0.6)
    stop = threading.Event()

    def others() -> None:
        while not stop.wait(0.02):
            engine.count(prompt)

    other = threading.Thread(target=others, daemon=True)
    other.start()
    server.queue(*[Behaviour(status=529, error="overloaded_error", headers={"retry-after-ms": "100"})] * 40)
    with pytest.raises(OverloadedError):
        engine.send(prompt, Ear())
    stop.set()
    other.join(SOON)
    assert sum(request.path == "/v1/messages" for request in server.requests) < 10


def test_patience_spans_what_is_left_out_on_the_way(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(
        Behaviour(status=400, message="effort is unknown", silent=0.3), Behaviour(status=529, headers={"retry-after": "1"})
    )
    with pytest.raises(OverloadedError):
        connect(max_retries=2, patience=1.2).send(prompt, Ear())
    assert len(server.requests) == 2


@pytest.fixture
def stalling() -> Any:  # noqa: ANN401 - see Stalling
    with Stalling() as server:
        yield server


class Stalling:
    """A server that takes every request and then sends no more than `head`, to each of them."""

    def __init__(self) -> None:
        self.head = b""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._taken: list[socket.socket] = []
        self.asked = threading.Semaphore(0)

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for taken in [self._socket, *self._taken]:
            taken.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._socket.accept()
                self._taken.append(taken)
                threading.Thread(target=self._answer, args=(taken,), daemon=True).start()

    def _answer(self, taken: socket.socket) -> None:
        with suppress(OSError):
            taken.recv(1)
            taken.sendall(self.head)
            self.asked.release()
            while taken.recv(65536):
                pass


BEGINNING = (
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "content": []}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": '{"findings": ['}},
)


def beginning(kind: str) -> bytes:
    """The head of a response, and the first events of an answer."""
    events = b"".join(f"event: {it['type']}\ndata: {json.dumps(it)}\n\n".encode() for it in BEGINNING)
    body = b"%x\r\n%b\r\n" % (len(events), events) if "chunked" in kind else events
    return f"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{kind}\r\n\r\n".encode() + body


def begin_all(engine: ClaudeEngine, prompts: Sequence[Prompt], ears: Sequence[Ear]) -> list[Future[Reply]]:
    """Each in a daemon thread, as a session asks: such threads keep no process alive."""

    def send(prompt: Prompt, ear: Ear, future: Future[Reply]) -> None:
        try:
            future.set_result(engine.send(prompt, ear))
        except ConnectionFailedError as error:
            future.set_exception(error)

    futures: list[Future[Reply]] = [Future() for _ in prompts]
    for prompt, ear, future in zip(prompts, ears, futures, strict=True):
        threading.Thread(target=send, args=(prompt, ear, future), daemon=True).start()
    return futures


@pytest.mark.parametrize("kind", ["transfer-encoding: chunked", "content-length: 100000", "x-none: of both"])
def test_closing_ends_answers_that_are_under_way(stalling: Stalling, connect: Connect, prompt: Prompt, kind: str) -> None:
    stalling.head = beginning(kind)
    engine, ears = connect(stalling.url), [Ear() for _ in range(MANY)]
    futures = begin_all(engine, questions(prompt), ears)
    assert all(ear.begun.wait(SOON) for ear in ears)
    engine.close()
    assert not wait_for(futures, SOON).not_done
    for future in futures:
        reply = future.result()
        assert reply.stop is Stop.CUT
        assert reply.text == '{"findings": ['
        assert reply.problem == "The answer broke off: The request was interrupted; whole findings that had arrived were kept."


def test_closing_ends_requests_that_are_not_answered_yet_and_they_are_not_made_again(
    stalling: Stalling, connect: Connect, prompt: Prompt
) -> None:
    engine = connect(stalling.url, max_retries=5)
    futures = begin_all(engine, questions(prompt), [Ear() for _ in range(MANY)])
    assert all(stalling.asked.acquire(timeout=SOON) for _ in range(MANY))
    engine.close()
    assert not wait_for(futures, SOON).not_done
    assert {str(future.exception()) for future in futures} == {"The request was interrupted."}
    assert not stalling.asked.acquire(timeout=0.1)


def test_a_closed_engine_asks_nothing_more(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    engine = connect(max_retries=5)
    engine.close()
    engine.close()
    with pytest.raises(ConnectionFailedError, match="was interrupted"):
        engine.send(prompt, Ear())
    assert server.requests == []


PROGRAM = """
import os, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests in the background has it ignored
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.credentials import CredentialKind, Credentials
from reviewer.engine.interface import Prompt

class Listener:
    def sent(self): pass
    def started(self, usage, request_id, model): os.write(1, b"begun\\n")
    def text(self, delta): pass

prompt = Prompt(model="m", system="s", documents="d", question="q", schema={}, max_output=9, effort=None, thinking=None,
    structured=False)
engine = ClaudeEngine(Credentials(kind=CredentialKind.API_KEY, source="here", secret="key"), base_url=sys.argv[1])
try:
    for _ in range(3):
        threading.Thread(target=engine.send, args=(prompt, Listener()), daemon=True).start()
    threading.Event().wait(60)
except KeyboardInterrupt:
    engine.close()
    sys.exit(130)
"""


def test_an_interrupted_process_ends_at_once_and_quietly(stalling: Stalling, tmp_path: Path) -> None:
    stalling.head = beginning("transfer-encoding: chunked")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), stalling.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)] == ["begun\n"] * 3
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=SOON)
    assert (process.returncode, said) == (130, "")
