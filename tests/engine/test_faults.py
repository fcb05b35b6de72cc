"""Every way the wire can fail, and what comes of it. No row may look like a review that found nothing.

The real SDK against the loopback server, with a run's folder as the listener, as in a real run.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine.conftest import KEY

from messages_server import Behaviour, MessagesServer
from reviewer.config import Config
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.interface import Prompt, Stop
from reviewer.errors import (
    ConnectionFailedError,
    CredentialsError,
    MalformedReplyError,
    OverloadedError,
    ProviderError,
    RateLimitedError,
    RequestRefusedError,
    SpendLimitError,
)
from reviewer.outcome import Usage
from reviewer.plan.passes import Pass, PassKind
from reviewer.run_answers import AnswerFile
from reviewer.run_passes import PassLog
from reviewer.run_prefix import prefix_of
from reviewer.run_record import Asked, AttemptState
from reviewer.runs import RunStore

ANSWER = json.dumps({"findings": [f"finding number {number}" for number in range(12)], "summary": "twelve findings"})
PIECE = 40
NOTHING, PART, ALL = "nothing", "part", "all"

HEAD = 5
"""Events before the first text: message_start, ping and a thinking block's three."""
TEXT_BEGUN = HEAD + 1 + 3
"""The same, the start of the text block and three pieces of text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    name: str
    fault: Behaviour
    outcome: type[ProviderError] | Stop
    """The error raised, or how the Reply ended."""
    says: str
    """In the error's message or the Reply's problem."""
    kept: str = NOTHING
    """How much of the answer is on disk afterwards."""


def refusing(status: int, error: str = "", message: str = "", code: str = "", **headers: str) -> Behaviour:
    return Behaviour(
        status=status,
        error=error,
        message=message or f"the key {KEY}\n\x1b[31mis repeated here by a careless gateway",
        code=code,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def answering(body: bytes, content_type: str = "text/event-stream", **headers: str) -> Behaviour:
    return Behaviour(
        body=body, content_type=content_type, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def error_event(kind: str) -> tuple[str, object]:
    return ("error", {"type": "error", "error": {"type": kind, "message": f"something with {KEY} in it"}})


def cut(events: int, *, ending: str = "whole", last: tuple[tuple[str, object], ...] = ()) -> Behaviour:
    return Behaviour(text=ANSWER, piece=PIECE, keep_events=events, ending=ending, last=last)


def stopping(reason: str | None, *, text: str = ANSWER, **details: str) -> Behaviour:
    return Behaviour(text=text, piece=PIECE, stop_reason=reason, stop_details=details or None)


BAD_REQUEST = "invalid_request_error"

REFUSED = [
    Row("400 of any kind", refusing(400, BAD_REQUEST), RequestRefusedError, "refused the request (HTTP 400"),
    Row(
        "400 too long",
        refusing(400, BAD_REQUEST, "prompt is too long: 9 > 8"),
        RequestRefusedError,
        "longer than the window of claude-opus-5-5",
    ),
    Row(
        "400 own spend limit",
        refusing(400, BAD_REQUEST, "You have reached your specified API usage limits."),
        SpendLimitError,
        "spend limit",
    ),
    Row("400 no credit", refusing(400, BAD_REQUEST, "Your credit balance is too low"), SpendLimitError, "no credit left"),
    Row("401", refusing(401, "authentication_error"), CredentialsError, "refused the credentials (HTTP 401"),
    Row("402", refusing(402, "billing_error"), SpendLimitError, "HTTP 402"),
    Row("403", refusing(403, "permission_error"), CredentialsError, "refused the credentials (HTTP 403"),
    Row(
        "404 unknown model",
        refusing(404, "not_found_error", "model: claude-opus-5-5"),
        RequestRefusedError,
        "does not know the model claude-opus-5-5",
    ),
    Row(
        "404 of a web server",
        Behaviour(status=404, body=b"<h1>Not Found</h1>"),
        MalformedReplyError,
        "no Messages API at this address (HTTP 404",
    ),
    Row("405", refusing(405), MalformedReplyError, "no Messages API at this address (HTTP 405"),
    Row("407", refusing(407), ConnectionFailedError, "proxy wants a user and password"),
    Row("408", refusing(408), OverloadedError, "in time (HTTP 408"),
    Row("409", refusing(409, "conflict_error"), OverloadedError, "in time (HTTP 409"),
    Row("413", refusing(413, "request_too_large"), RequestRefusedError, "larger than the endpoint 127.0.0.1 accepts"),
    Row("422", refusing(422), RequestRefusedError, "refused the request (HTTP 422"),
    Row(
        "429 without retry-after",
        refusing(429, "rate_limit_error"),
        RateLimitedError,
        "rate limit of the endpoint 127.0.0.1 is reached (HTTP 429, rate_limit_error",
    ),
    Row("429 for an hour", refusing(429, "rate_limit_error", retry_after="3600"), RateLimitedError, "tried again in 1 hour."),
    Row("429 for ever", refusing(429, "rate_limit_error", retry_after="inf"), RateLimitedError, "is reached"),
    Row(
        "429 until a date",
        refusing(429, "rate_limit_error", retry_after="Sun, 06 Nov 2094 08:49:37 GMT"),
        RateLimitedError,
        "tried again in",
    ),
    Row("429 ramp", refusing(429, "rate_limit_error", code="ramp_limit_exceeded"), RateLimitedError, "ramp_limit_exceeded"),
    Row(
        "429 spend limit",
        refusing(429, "rate_limit_error", code="enforced_spend_limit_reached"),
        SpendLimitError,
        "enforced_spend_limit_reached",
    ),
    Row("500", refusing(500, "api_error"), OverloadedError, "failure of its own (HTTP 500"),
    Row("501", refusing(501), OverloadedError, "failure of its own (HTTP 501"),
    Row("503 of a proxy", Behaviour(status=503, body=b"upstream connect error"), OverloadedError, "failure of its own (HTTP 503"),
    Row("504", refusing(504, "timeout_error"), OverloadedError, "failure of its own (HTTP 504"),
    Row("529", refusing(529, "overloaded_error"), OverloadedError, "is overloaded (HTTP 529"),
    Row(
        "a redirect",
        refusing(307, location="https://elsewhere.invalid/v1/messages"),
        MalformedReplyError,
        "on to another address, and nothing was sent there",
    ),
    Row(
        "an error type that shouts",
        refusing(400, "\x1b[31mhostile"),
        RequestRefusedError,
        "refused the request (HTTP 400, request id",
    ),
]

NO_ANSWER = [
    Row("an empty body", answering(b""), MalformedReplyError, "not a stream of the Messages API"),
    Row("a web page", answering(b"<html><body>Welcome to the hotel</body></html>", "text/html"), MalformedReplyError, "not a stream"),
    Row("JSON of another API", answering(b'{"choices": []}', "application/json"), MalformedReplyError, "not a message"),
    Row("a JSON list", answering(b"[1, 2]", "application/json"), MalformedReplyError, "cannot be read"),
    Row("JSON that is none", answering(b'{"type": "mess', "application/json"), MalformedReplyError, "not JSON"),
    Row("an error with status 200", answering(b'{"type": "error", "error": {"type": "overloaded_error"}}', "application/json"), OverloadedError, "is overloaded (overloaded_error"),
    Row("events that are not JSON", answering(b"event: message_start\ndata: {oops\n\n"), MalformedReplyError, "not JSON"),
    Row("events that are numbers", answering(b"event: message_start\ndata: 5\n\n"), MalformedReplyError, "cannot be read"),
    Row("events nested too deep", answering(b"event: message_start\ndata: " + b"[" * 200_000 + b"\n\n"), MalformedReplyError, "not JSON"),
    Row("events of another shape", answering(b'event: message_start\ndata: {"type": "message_start", "message": {"content": 3}}\n\n'), MalformedReplyError, "cannot be read"),
    Row("bytes that are not UTF-8", answering(b"event: message_start\ndata: \xff\xfe\n\n"), MalformedReplyError, "not JSON"),
    Row("data without event names", answering(b'data: {"type": "message_stop"}\n\n'), MalformedReplyError, "not a stream"),
    Row("pings alone", answering(b'event: ping\ndata: {"type": "ping"}\n\n' * 3), MalformedReplyError, "not a stream"),
    Row("damaged compression", answering(gzip.compress(b"x" * 999)[:-20] + b"oops", content_encoding="gzip"), MalformedReplyError, "decompressed"),
    Row("silence before the head", Behaviour(silent=0.6), ConnectionFailedError, "fell silent"),
    Row("cut before any event", cut(0, ending="closed"), ConnectionFailedError, "closed before the answer was complete"),
    Row("cut before any text", cut(HEAD, ending="reset"), ConnectionFailedError, "connection was cut"),
    Row("ended before any text", cut(HEAD), ConnectionFailedError, "ended before any text"),
    Row("overloaded before any text", cut(HEAD, last=(error_event("overloaded_error"),)), OverloadedError, "is overloaded (overloaded_error"),
    Row("a broken event before any text", cut(HEAD, last=(("content_block_delta", "{"),)), MalformedReplyError, "not JSON"),
]  # fmt: skip

PART_OF_AN_ANSWER = [
    Row("reset in the middle", cut(TEXT_BEGUN, ending="reset"), Stop.CUT, "broke off: The connection was cut; whole findings", PART),
    Row("closed in the middle", cut(TEXT_BEGUN, ending="closed"), Stop.CUT, "broke off: The connection was closed before", PART),
    Row("ended in the middle", cut(TEXT_BEGUN), Stop.CUT, "without the provider saying that it was complete", PART),
    Row("silence in the middle", Behaviour(text=ANSWER, piece=PIECE, delay=0.0, keep_events=TEXT_BEGUN, ending="silent"), Stop.CUT, "fell silent", PART),
    Row("half an event", cut(TEXT_BEGUN, last=(("content_block_delta", '{"type": "content_bl'),)), Stop.CUT, "is not JSON", PART),
    Row("an event of another shape", cut(TEXT_BEGUN, last=(("content_block_stop", {"delta": 7}),)), Stop.CUT, "cannot be read", PART),
    Row("overloaded in the middle", cut(TEXT_BEGUN, last=(error_event("overloaded_error"),)), Stop.CUT, "is overloaded (overloaded_error", PART),
    Row("api_error in the middle", cut(TEXT_BEGUN, last=(error_event("api_error"),)), Stop.CUT, "failure of its own (api_error", PART),
    Row("rate limit in the middle", cut(TEXT_BEGUN, last=(error_event("rate_limit_error"),)), Stop.CUT, "is reached", PART),
    Row("an unknown error in the middle", cut(TEXT_BEGUN, last=(error_event("tired_error"),)), Stop.CUT, 'answered with an error (tired_error, request id req_000001). It says: "something with SECRET-REMOVED in it"', PART),
    Row("an error that is text", cut(TEXT_BEGUN, last=(("error", "boom"),)), Stop.CUT, 'answered with an error (request id req_000001). It says: "boom"; whole', PART),
    Row("an error without words", cut(TEXT_BEGUN, last=(("error", {"type": "error"}),)), Stop.CUT, "with an error it does not explain (request id req_000001); whole", PART),
    Row("all text but no end", cut(-2), Stop.CUT, "without the provider saying that it was complete", ALL),
    Row("no stop reason", stopping(None), Stop.CUT, "without the provider saying that it was complete", ALL),
    Row("pause_turn", stopping("pause_turn"), Stop.CUT, "not expected here (pause_turn)", ALL),
    Row("tool_use", stopping("tool_use"), Stop.CUT, "not expected here (tool_use)", ALL),
    Row("stop_sequence", stopping("stop_sequence"), Stop.CUT, "not expected here (stop_sequence)", ALL),
    Row("an unknown stop reason", stopping("bored"), Stop.CUT, "not expected here (bored)", ALL),
    Row("a stop reason that shouts", stopping("\x1b[31mhostile"), Stop.CUT, "not expected here (not readable)", ALL),
    Row("end_turn without text", stopping("end_turn", text=""), Stop.CUT, "without an answer, and no text had arrived"),
    Row("max_tokens", stopping("max_tokens"), Stop.OUTPUT_LIMIT, "cut at the output limit; whole findings", ALL),
    Row("max_tokens without text", stopping("max_tokens", text=""), Stop.OUTPUT_LIMIT, "cut at the output limit, and no text"),
    Row("the window is full", stopping("model_context_window_exceeded"), Stop.WINDOW_FULL, "end of the model's window", ALL),
    Row("a refusal", stopping("refusal", category="cyber", explanation="It may\nhelp \x1b[31mattackers."), Stop.REFUSED, "(category cyber): It may help [31mattackers.", ALL),
    Row("a refusal without reasons", stopping("refusal"), Stop.REFUSED, "so nothing was reviewed.", ALL),
    Row("a refusal without text", stopping("refusal", text=""), Stop.REFUSED, "so nothing was reviewed."),
]  # fmt: skip

TABLE = [*REFUSED, *NO_ANSWER, *PART_OF_AN_ANSWER]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a fault left behind."""

    outcome: type[ProviderError] | Stop
    said: str
    hint: str
    text: str
    on_disk: str
    state: AttemptState
    everything: str
    """All that a person could see, for the search for secrets."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """A listener that keeps what it hears with the run, as the program's does."""

    log: PassLog
    answer: AnswerFile

    def sent(self) -> None: ...

    def started(self, usage: Usage, request_id: str, model: str) -> None:  # noqa: ARG002 - the listener's form
        self.log.started(usage, request_id, 0.0)

    def text(self, delta: str) -> None:
        self.answer.write(delta)


LOOK = Pass(number=1, kind=PassKind.LOOK, name="general")


def suffer(engine: ClaudeEngine, prompt: Prompt, state_dir: Path) -> Aftermath:
    """Send through a run, as the program does."""
    outcome: type[ProviderError] | Stop
    run = RunStore(state_dir).start(
        version="0",
        model=prompt.model,
        subject="project",
        commit=None,
        asked=Asked(path="/project", top="/project", config=Config(), origins={}),
        prefix=prefix_of(prompt),
        passes=(LOOK.name,),
    )
    with run:
        log = run.log(LOOK)
        try:
            reply = engine.send(prompt, Keeping(log, log.begin(began=run.now(), request_sha256="")))
            log.ended(reply, 0.5)
            outcome, said, hint, text = reply.stop, reply.problem, "", reply.text
        except ProviderError as error:
            log.failed(error.message)
            outcome, said, hint, text = type(error), error.message, error.hint, ""
    files = {path: path.read_text() for path in run.folder.rglob("*") if path.is_file() and path.name != "reserve"}
    [on_disk] = [content for path, content in files.items() if path.suffix == ".txt"]
    state = log.record.attempts[0].state
    return Aftermath(outcome, said, hint, text, on_disk, state, f"{said}{hint}{files}")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_fault_has_its_own_outcome(
    row: Row, server: MessagesServer, connect: Callable[..., ClaudeEngine], prompt: Prompt, tmp_path: Path
) -> None:
    server.queue(row.fault)
    after = suffer(connect(silence=0.3), prompt, tmp_path)
    assert row.outcome == after.outcome
    assert after.outcome is not Stop.END
    assert isinstance(after.outcome, Stop) or after.outcome.exit_code == 4
    assert row.says in after.said
    assert after.said.endswith((".", "attackers."))
    assert kept(after.on_disk) == row.kept
    assert after.text == ("" if after.outcome is Stop.REFUSED else after.on_disk)
    assert after.state is (AttemptState.ENDED if isinstance(after.outcome, Stop) else AttemptState.FAILED)
    assert server.key not in after.everything
    assert "sk-ant" not in after.everything
    assert f"{row.fault.message}{row.fault.last}".count(KEY) * after.said.count("It says") == after.said.count("SECRET-REMOVED")
    assert "\x1b" not in after.said


def kept(on_disk: str) -> str:
    assert ANSWER.startswith(on_disk)
    if not on_disk:
        return NOTHING
    return ALL if on_disk == ANSWER else PART


def test_every_row_has_its_own_name() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
