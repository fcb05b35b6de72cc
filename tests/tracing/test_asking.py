from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from messages_server import Behaviour, MessagesServer
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.credentials import CredentialKind, Credentials
from reviewer.engine.interface import Listener, Prompt, Reply, Stop
from reviewer.errors import RequestRefusedError, ReviewerError
from reviewer.outcome import Usage
from reviewer.plan.decision import Plan
from reviewer.plan.passes import GENERAL, Pass, PassKind
from reviewer.tracing.asking import TracedEngine, TracedKeeper
from reviewer.tracing.opening import open_trace
from reviewer.tracing.spans import Trace

KEY = "sk-ant-made-up-Vq31tKz8Jp55"
MARK = "marked_7f3a"
"""Stands in everything that a repository or a person put into the prompt, and in the answer."""
LOOK = Pass(number=1, kind=PassKind.LOOK, name="security", lens=GENERAL)
SCHEMA = {
    "type": "object",
    "properties": {"findings": {"type": "array", "items": {"type": "string"}}, "summary": {"type": "string"}},
    "required": ["findings", "summary"],
    "additionalProperties": False,
}
PROMPT = Prompt(
    model="claude-opus-5-5",
    system=f"You review. {MARK}",
    documents=f'<document path="src/{MARK}.py">\n{MARK} = 1\n</document>\n' + "word " * 800,
    question=f"Review {MARK}.",
    schema=SCHEMA,
    max_output=2000,
    effort=None,
    thinking={"type": "adaptive"},
    structured=True,
)

REPLY = Reply(text="{}", stop=Stop.END)


@dataclass
class Ear:
    """A listener that remembers what it heard."""

    heard: list[str] = field(default_factory=list)

    def sent(self) -> None:
        self.heard.append("sent")

    def started(self, usage: Usage, request_id: str, model: str) -> None:  # noqa: ARG002 - the listener's form
        self.heard.append(f"started {usage.output_tokens >= 0} {bool(request_id)}")

    def text(self, delta: str) -> None:
        self.heard.append(f"text {bool(delta)}")


@dataclass
class Shelf:
    """A keeper that remembers what it was told."""

    told: list[str] = field(default_factory=list)
    ear: Ear = field(default_factory=Ear)

    def begin(self, prompt: Prompt, plan: Plan) -> None:
        self.told.append(f"begin {prompt.model} {plan}")

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        self.told.append(f"kept {asked.name}")
        return ()

    def listen(self, asked: Pass, prompt: Prompt) -> Listener:
        self.told.append(f"listen {asked.name} {prompt.model}")
        return self.ear

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        self.told.append(f"ended {asked.name} {reply.stop.value} {cost_usd}")

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        self.told.append(f"failed {asked.name} {type(error).__name__}")

    def measured(self, tokens: int) -> None:
        self.told.append(f"measured {tokens > 0}")

    def say(self, text: str) -> None:
        self.told.append(f"say {text}")

    def end(self) -> str:
        self.told.append("end")
        return "the-run"


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(lambda _: {"findings": [MARK], "summary": MARK}, key=KEY) as running:
        yield running


@pytest.fixture
def traced(server: MessagesServer) -> Iterator[Callable[[Trace], TracedEngine]]:
    found = Credentials(kind=CredentialKind.API_KEY, source="ANTHROPIC_API_KEY", secret=KEY)
    with ClaudeEngine(found, base_url=server.url) as engine:
        yield lambda trace: TracedEngine(engine, trace, lambda usage, _: usage.output_tokens / 1_000)


def test_a_request_says_its_pass_ids_tokens_dollars_and_retries(
    server: MessagesServer, traced: Callable[[Trace], TracedEngine]
) -> None:
    server.queue(Behaviour(status=529, error="overloaded_error"))
    trace, shelf = Trace(), Shelf()

    reply = traced(trace).send(PROMPT, TracedKeeper(shelf, trace).listen(LOOK, PROMPT))

    (span,) = trace.spans
    usage = reply.usage
    assert (span.name, span.error) == ("request", "")
    assert span.attributes == {
        "model": "claude-opus-5-5",
        "answered_by": "claude-opus-5-5",
        "pass": "security",
        "request_id": reply.request_id,
        "message_id": reply.message_id,
        "stop": "end",
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cost_usd": usage.output_tokens / 1_000,
        "retries": 1,
    }
    assert usage.cache_creation_input_tokens > 0
    assert [word for word, _ in itertools.groupby(shelf.ear.heard)] == ["sent", "started True True", "text True"]


def test_counting_is_a_step_of_its_own(traced: Callable[[Trace], TracedEngine]) -> None:
    trace = Trace()

    tokens = traced(trace).count(PROMPT)

    assert [(span.name, span.attributes) for span in trace.spans] == [("count", {"model": "claude-opus-5-5", "tokens": tokens})]


def test_a_refused_request_is_a_step_with_the_name_of_the_error(
    server: MessagesServer, traced: Callable[[Trace], TracedEngine]
) -> None:
    server.queue(Behaviour(status=400, error="invalid_request_error", message=f"{MARK} is no good"))
    trace = Trace()

    with pytest.raises(RequestRefusedError):
        traced(trace).send(PROMPT, Ear())

    assert [(span.error, span.attributes) for span in trace.spans] == [("RequestRefusedError", {"model": "claude-opus-5-5"})]


def test_of_a_request_that_nobody_waits_for_is_told_what_it_has_cost_so_far(
    traced: Callable[[Trace], TracedEngine], tmp_path: Path
) -> None:
    file, begun, closed = tmp_path / "trace.jsonl", Event(), Event()
    trace = open_trace(str(file), {})

    class Waiting(Ear):
        def started(self, usage: Usage, request_id: str, model: str) -> None:
            super().started(usage, request_id, model)
            begun.set()
            assert closed.wait(10)

    with trace, trace.span("run"):
        thread = Thread(target=traced(trace).send, args=(PROMPT, Waiting()))
        thread.start()
        assert begun.wait(10)
    closed.set()
    thread.join(10)

    run, request = (json.loads(line) for line in file.read_text().splitlines())
    assert (request["name"], request["error"], request["parent"]) == ("request", "Unfinished", run["id"])
    assert request["attributes"]["request_id"].startswith("req_")
    assert request["attributes"]["cache_creation_input_tokens"] > 0


def test_the_engine_still_says_what_the_endpoint_leaves(traced: Callable[[Trace], TracedEngine]) -> None:
    engine = traced(Trace())
    engine.send(PROMPT, Ear())

    assert engine.limits == engine.engine.limits
    assert engine.limits.requests is not None


def test_a_trace_holds_nothing_of_the_prompt_the_answer_or_the_key(
    server: MessagesServer, traced: Callable[[Trace], TracedEngine], tmp_path: Path
) -> None:
    file = tmp_path / "trace.jsonl"
    server.queue(Behaviour(status=429, error="rate_limit_error", message=MARK, headers={"retry-after": "0"}))
    with open_trace(str(file), {}) as trace, trace.span("run", run="20261123-081500-ab12", commit="0f" * 20, files=1):
        engine = traced(trace)
        engine.count(PROMPT)
        replies = [engine.send(replace(PROMPT, question=f"{MARK} {number}"), Ear()) for number in range(2)]
        server.queue(Behaviour(status=400, error="invalid_request_error", message=MARK))
        with pytest.raises(RequestRefusedError):
            engine.send(PROMPT, Ear())

    text = file.read_text()
    assert MARK in replies[0].text
    assert [json.loads(line)["name"] for line in text.splitlines()] == ["count", "request", "request", "request", "run"]
    for secret in (MARK, KEY, KEY[-8:], server.url, "127.0.0.1", "word"):
        assert secret not in text


def test_a_hostile_endpoint_cannot_write_into_the_trace() -> None:
    @dataclass
    class Hostile:
        limits = None

        def send(self, _prompt: Prompt, _listener: Listener) -> Reply:
            return replace(REPLY, request_id='"},\n{"name":"forged', message_id="x" * 4_000, model="<b>model</b>")

    trace = Trace()

    TracedEngine(Hostile(), trace, lambda _, __: None).send(PROMPT, Ear())  # type: ignore[arg-type]  # as much of an engine as is asked

    assert not {"request_id", "message_id", "answered_by", "cost_usd"} & trace.spans[0].attributes.keys()


def test_a_traced_keeper_passes_everything_on() -> None:
    shelf = Shelf()
    keeper = TracedKeeper(shelf, Trace())

    assert keeper.kept(LOOK) == ()
    keeper.listen(LOOK, PROMPT)
    keeper.ended(LOOK, REPLY, 0.5)
    keeper.failed(LOOK, RequestRefusedError("no"))

    assert keeper.end() == "the-run"
    assert shelf.told == [
        "kept security",
        "listen security claude-opus-5-5",
        "ended security end 0.5",
        "failed security RequestRefusedError",
        "end",
    ]
