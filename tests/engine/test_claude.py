"""Asking a model: whole answers, counting, endpoints that can do less, and when to try again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import anthropic
import httpx2
import pytest
from anthropic.lib.credentials import WorkloadIdentityError

from messages_rules import model_row
from messages_server import Behaviour, MessagesServer
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.connection_errors import translated
from reviewer.engine.credentials import Credentials, find_credentials
from reviewer.engine.interface import Prompt, Stop
from reviewer.engine.request import count_body, request_body
from reviewer.engine.wire_events import LARGEST_ANSWER
from reviewer.errors import (
    ConfigError,
    ConnectionFailedError,
    CredentialsError,
    MalformedReplyError,
    OverloadedError,
    RateLimitedError,
    RequestRefusedError,
    SpendLimitError,
)
from reviewer.outcome import Usage

Connect = Callable[..., ClaudeEngine]


@dataclass(slots=True)
class Journal:
    """A listener that remembers."""

    heard: list[str] = field(default_factory=list)
    answer: str = ""
    usage: Usage = field(default_factory=Usage)

    def sent(self) -> None:
        self.heard.append("sent")

    def started(self, usage: Usage, request_id: str, model: str) -> None:  # noqa: ARG002 - the listener's form
        self.heard.append(f"started {request_id}")
        self.usage = usage

    def text(self, delta: str) -> None:
        self.heard.append("text")
        self.answer += delta


def test_a_whole_answer(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    journal = Journal()
    reply = connect().send(prompt, journal)
    assert reply.stop is Stop.END
    assert reply.problem == ""
    assert reply.notes == ()
    assert reply.model == "claude-opus-5-5"
    assert reply.request_id == "req_000001"
    assert json.loads(reply.text)["findings"][0]["quote"] == "eval(x)"
    assert reply.text == journal.answer
    assert journal.heard[:3] == ["sent", "started req_000001", "text"]
    assert request_body(prompt) == server.requests[0].body


def test_the_key_is_in_one_header_and_nowhere_else(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    connect().send(prompt, Journal())
    received = server.requests[0]
    assert received.headers["authorization"] == "right"
    assert server.key not in f"{received.headers}{received.body}{received.path}"


def test_usage_is_what_the_provider_says(connect: Connect, prompt: Prompt) -> None:
    engine, journal = connect(), Journal()
    counted = engine.count(prompt)
    first, second = engine.send(prompt, journal).usage, engine.send(prompt, Journal()).usage
    assert counted == first.prompt_tokens == second.prompt_tokens == journal.usage.prompt_tokens
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens > 0
    assert first.output_tokens > journal.usage.output_tokens


def test_a_changed_question_still_finds_the_documents_in_the_cache(connect: Connect, prompt: Prompt) -> None:
    engine = connect()
    engine.send(prompt, Journal())
    assert engine.send(replace(prompt, question="Another one?"), Journal()).usage.cache_read_input_tokens > 0
    assert engine.send(replace(prompt, effort="low"), Journal()).usage.cache_read_input_tokens == 0


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(compressed=True),
        Behaviour(one_piece=True),
        Behaviour(piece=1),
        Behaviour(piece=100_000),
        Behaviour(extra=(("ping", {"type": "ping"}), ("weather", {"type": "weather", "delta": {"text": "rain"}}))),
        Behaviour(
            extra=(("content_block_delta", {"type": "content_block_delta", "index": 1, "delta": {"type": "hum", "text": "la"}}),)
        ),
        Behaviour(keep_events=-1),
        Behaviour(keep_events=-1, ending="reset"),
        Behaviour(keep_events=-1, last=(("error", {"type": "error", "error": {"type": "overloaded_error"}}),)),
    ],
    ids=[
        "compressed",
        "one piece",
        "small pieces",
        "large pieces",
        "new events",
        "new deltas",
        "no message_stop",
        "cut after",
        "error after",
    ],
)
def test_an_answer_is_whole_however_it_arrives(
    server: MessagesServer, connect: Connect, prompt: Prompt, behaviour: Behaviour
) -> None:
    server.queue(behaviour)
    journal = Journal()
    reply = connect().send(prompt, journal)
    assert reply.stop is Stop.END
    assert len(json.loads(reply.text)["findings"]) == 1
    assert journal.answer == reply.text
    assert reply.usage.output_tokens > 1


def test_an_answer_longer_than_was_asked_for_is_cut_at_the_limit(connect: Connect, prompt: Prompt) -> None:
    reply = connect().send(replace(prompt, max_output=10), Journal())
    assert reply.stop is Stop.OUTPUT_LIMIT
    assert reply.text.startswith('{"findings"')


def test_an_answer_without_end_is_left(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    much = {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "x" * (LARGEST_ANSWER // 4)}}
    server.queue(Behaviour(extra=(("content_block_delta", much),) * 5))
    reply = connect().send(prompt, Journal())
    assert reply.stop is Stop.CUT
    assert "sends more than any model answers" in reply.problem
    assert LARGEST_ANSWER // 2 < len(reply.text) <= LARGEST_ANSWER


def test_a_beta_header_is_sent_where_the_plan_asks_for_one(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    engine = connect()
    engine.send(replace(prompt, betas=("context-1m-2025-08-07", "other")), Journal())
    engine.count(replace(prompt, betas=("context-1m-2025-08-07",)))
    engine.send(prompt, Journal())
    sent = [request.headers.get("anthropic-beta") for request in server.requests]
    assert sent == ["context-1m-2025-08-07,other", "context-1m-2025-08-07", None]


def refusing(message: str, path: str = "/v1/messages") -> Behaviour:
    return Behaviour(path=path, status=400, error="invalid_request_error", message=message)


@pytest.mark.parametrize(
    ("message", "gone", "note"),
    [
        ("output_config.format: Extra inputs are not permitted", "json_schema", "structured output"),
        ("json_schema is not supported", "json_schema", "structured output"),
        ("output_config.effort: unknown", '"effort"', "effort"),
        ("output_config: Extra inputs are not permitted", "json_schema", "structured output"),
        ("thinking: Extra inputs are not permitted", "thinking", "thinking"),
        ("messages.0.content.0.cache_control: Extra inputs", "cache_control", "prompt caching"),
    ],
)
def test_what_the_endpoint_refuses_is_left_out_once_and_noted(
    server: MessagesServer, connect: Connect, prompt: Prompt, message: str, gone: str, note: str
) -> None:
    server.queue(refusing(message))
    engine, journal = connect(), Journal()
    reply = engine.send(prompt, journal)
    assert reply.stop is Stop.END
    assert reply.notes == (f"The endpoint does not take {note}; the request was made without it.",)
    assert journal.heard.count("sent") == 1
    first, second = (json.dumps(request.body) for request in server.requests)
    assert gone in first
    assert gone not in second
    engine.count(prompt)
    engine.send(prompt, Journal())
    assert all(gone not in json.dumps(request.body) for request in server.requests[2:])
    assert len(server.requests) == 4


def as_json(status: int, body: object, **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Behaviour(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=named)


BEDROCK = "Malformed input request: #: extraneous key [{}] is not permitted, please reformat your input and try again."
LOCATED = {"type": "extra_forbidden", "msg": "Extra inputs are not permitted", "input": "…"}


@pytest.mark.parametrize(
    ("refusal", "gone"),
    [
        (as_json(400, {"message": BEDROCK.format("diagnostics")}, x_amzn_errortype="ValidationException"), "diagnostics"),
        (as_json(400, {"message": "output_config.format: Extra inputs are not permitted"}), "json_schema"),
        (as_json(422, {"detail": [{**LOCATED, "loc": ["body", "output_config"]}]}), "json_schema"),
        (as_json(422, {"detail": [{**LOCATED, "loc": ["body", "output_config", "format"]}]}), "json_schema"),
        (as_json(422, {"detail": [{**LOCATED, "loc": ["body", "thinking"]}]}), "thinking"),
        (as_json(422, {"detail": [{**LOCATED, "loc": ["body", "messages", 0, "content", 0, "text", "cache_control"]}]}), "cache_control"),
        (as_json(422, {"detail": "unknown field: diagnostics"}), "diagnostics"),
        (as_json(400, {"object": "error", "message": "unknown field `effort`", "type": "BadRequestError"}), '"effort"'),
        (as_json(400, {"error": {"message": "Unrecognized request argument supplied: diagnostics", "param": None}}), "diagnostics"),
        (as_json(400, {"error": {"message": "Unknown parameter.", "param": "thinking"}}), "thinking"),
        (as_json(400, {"error": {"message": "hosted_vllm does not support parameters: ['response_format']"}}), "json_schema"),
        (as_json(400, {"statusCode": 400, "message": ["property diagnostics should not exist"], "error": "Bad Request"}), "diagnostics"),
        (as_json(500, {"error": {"message": "Error from provider (400): output_config.format: Extra inputs are not permitted"}}), "json_schema"),
        (Behaviour(status=400, body=b'json: unknown field "diagnostics"\n', content_type="text/plain"), "diagnostics"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_permitted_is_left_out_whatever_the_shape_of_the_refusal(
    server: MessagesServer, connect: Connect, prompt: Prompt, refusal: Behaviour, gone: str
) -> None:
    server.queue(refusal)
    assert connect().send(prompt, Journal()).stop is Stop.END
    first, second = (json.dumps(request.body) for request in server.requests)
    assert gone in first
    assert gone not in second


def test_too_long_a_prompt_is_not_sent_again_without_something(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(refusing("prompt is too long: 9 > 8; disable thinking to fit"))
    with pytest.raises(RequestRefusedError, match="longer than the window"):
        connect().send(prompt, Journal())
    assert len(server.requests) == 1


def events_in(shape: Callable[[str, str], str], *, stop: str = "end_turn", before: str = "", after: str = "") -> Behaviour:
    """A whole answer as a stream in which each event is written by `shape` from its name and data."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [],
        "usage": {"input_tokens": 7},
    }
    texts = ('{"findings": [], ', '"summary": "fine"}')
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": message},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    written = "".join(shape(str(event["type"]), json.dumps(event)) for event in events)
    return Behaviour(body=f"{before}{written}{after}".encode(), content_type="text/event-stream")


def unnamed(_name: str, data: str) -> str:
    return f"data: {data}\n\n"


@pytest.mark.parametrize(
    "stream",
    [
        events_in(unnamed),
        events_in(lambda _, data: f"data:{data}\n\n"),
        events_in(lambda _, data: f"data: {data}\r\n\r\n"),
        events_in(lambda name, data: f"event: {name}\r\ndata: {data}\r\n\r\n"),
        events_in(lambda _, data: f"event: message\ndata: {data}\n\n"),
        events_in(unnamed, before=": keep-alive\n\n", after="data: [DONE]\n\n"),
        events_in(lambda name, data: f": ping\n\n{unnamed(name, data)}data: keep-alive\n\n"),
        events_in(lambda name, data: f"event: {name}\ndata: {data}\n\n", after="event: done\ndata: [DONE]\n\n"),
        events_in(lambda name, data: "" if name == "message_stop" else unnamed(name, data)),
        events_in(lambda name, data: f"id: 7\nretry: 10\n{unnamed(name, data)}"),
    ],
)
def test_a_stream_is_read_whatever_its_events_are_called(
    server: MessagesServer, connect: Connect, prompt: Prompt, stream: Behaviour
) -> None:
    server.queue(stream)
    reply = connect().send(prompt, Journal())
    assert (reply.stop, reply.text, reply.notes) == (Stop.END, '{"findings": [], "summary": "fine"}', ())
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (7, 9)


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ('data: {"error": {"message": "the backend died", "code": 500}}\n\n', "the backend died"),
        ('data: {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}\n\n', "is overloaded"),
        ('data: {"type": "content_blo\n\n', "is not JSON"),
    ],
)
def test_an_error_in_a_stream_without_names_is_not_passed_over(
    server: MessagesServer, connect: Connect, prompt: Prompt, end: str, says: str
) -> None:
    server.queue(
        events_in(
            lambda name, data: "" if name.startswith("message_") and name != "message_start" else unnamed(name, data), after=end
        )
    )
    reply = connect().send(prompt, Journal())
    assert reply.stop is Stop.CUT
    assert says in reply.problem


NOT_ENFORCED = "This endpoint did not enforce the schema: an answer had another form than was asked for."


@pytest.mark.parametrize(
    ("text", "enforced"),
    [
        ('{"findings": [], "summary": ""}', True),
        ('{"findings": [{"any": 1}], "summary": "x"}\n', True),
        ('```json\n{"findings": [], "summary": ""}\n```', False),
        ("I found nothing wrong.", False),
        ('{"findings": [], "summary": "",}', False),
        ('{"findings": []}', False),
        ('{"findings": {}, "summary": ""}', False),
        ('{"findings": [], "summary": null}', False),
        ('{"findings": [], "summary": "", "score": 7}', False),
        ("[" * 100_000, False),
    ],
)
def test_an_endpoint_that_does_not_enforce_the_schema_is_named(
    server: MessagesServer, connect: Connect, prompt: Prompt, text: str, enforced: bool
) -> None:
    server.queue(Behaviour(text=text), Behaviour(text=text))
    engine = connect()
    long = replace(prompt, max_output=100_000)
    replies = [engine.send(long, Journal()), engine.send(long, Journal())]
    assert [reply.notes for reply in replies] == [() if enforced else (NOT_ENFORCED,)] * 2
    free = replace(long, structured=False)
    assert connect().send(free, Journal()).notes == ()


def test_what_was_cut_says_nothing_about_the_schema(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(Behaviour(text='{"findings": [', stop_reason="max_tokens"))
    assert connect().send(prompt, Journal()).notes == ()


def test_what_the_sdk_refuses_to_send_is_not_about_credentials() -> None:
    with pytest.raises(RequestRefusedError) as caught, translated():
        raise anthropic.AnthropicError("Token counting is not supported in Bedrock yet")
    assert caught.value.message == "The request could not be made: Token counting is not supported in Bedrock yet."
    assert caught.value.hint == "Nothing was sent."
    with pytest.raises(CredentialsError, match="identity token"), translated():
        raise WorkloadIdentityError("no")


def test_a_limit_in_a_run_that_reads_the_cache_is_explained(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    engine = connect()
    for _ in range(3):
        engine.send(prompt, Journal())
    server.queue(failing(429))
    with pytest.raises(RateLimitedError, match="input_tokens_per_minute counts those tokens too"):
        engine.send(prompt, Journal())


def test_an_endpoint_may_lack_everything(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(*(refusing(f"{name} is unknown") for name in ("output_config", "output_config", "thinking", "cache_control")))
    reply = connect().send(prompt, Journal())
    assert reply.stop is Stop.END
    assert len(reply.notes) == 4
    assert set(server.requests[-1].body) == {"model", "max_tokens", "stream", "system", "messages"}


def test_a_refusal_of_what_was_not_asked_for_is_final(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(refusing("effort is unknown"))
    with pytest.raises(RequestRefusedError):
        connect().send(replace(prompt, effort=None), Journal())
    assert len(server.requests) == 1


def test_a_model_without_effort_is_asked_without_it(connect: Connect, prompt: Prompt) -> None:
    reply = connect().send(replace(prompt, model="claude-haiku-4-5-20251001", thinking=None), Journal())
    assert reply.stop is Stop.END
    assert reply.notes == ("The endpoint does not take effort; the request was made without it.",)


def test_the_provider_refuses_a_prompt_that_is_too_long(connect: Connect, prompt: Prompt) -> None:
    row = model_row("claude-haiku-4-5")
    assert row is not None
    long = replace(prompt, model=row["id"], documents="words " * row["context_tokens"], effort=None, thinking=None)
    with pytest.raises(RequestRefusedError, match="longer than the window of claude-haiku-4-5-20251001"):
        connect().send(long, Journal())


@pytest.mark.parametrize("model", ["claude-opus-9", "claude-sonnet-4-20250514"])
def test_an_unknown_or_retired_model_is_named(connect: Connect, prompt: Prompt, model: str) -> None:
    with pytest.raises(RequestRefusedError, match=f"does not know the model {model}"):
        connect().send(replace(prompt, model=model), Journal())


@pytest.mark.parametrize(
    "answer",
    [
        Behaviour(path="/v1/messages/count_tokens", status=404, error="not_found_error", message="Not found"),
        Behaviour(path="/v1/messages/count_tokens", status=404, body=b"<h1>nginx</h1>"),
        Behaviour(path="/v1/messages/count_tokens", status=405, body=b""),
        Behaviour(path="/v1/messages/count_tokens", status=501, body=b""),
        Behaviour(path="/v1/messages/count_tokens", body=b'{"tokens": 3}', content_type="application/json"),
        Behaviour(path="/v1/messages/count_tokens", body=b'{"input_tokens": 0}', content_type="application/json"),
    ],
    ids=["404", "404 page", "405", "501", "another shape", "zero"],
)
def test_an_endpoint_that_cannot_count(server: MessagesServer, connect: Connect, prompt: Prompt, answer: Behaviour) -> None:
    server.queue(answer)
    engine = connect(max_retries=2)
    assert engine.count(prompt) is None
    assert len(server.requests) == 1
    assert engine.send(prompt, Journal()).notes == ("The endpoint cannot count tokens; the local estimate was used.",)


@pytest.mark.parametrize("status", [400, 401, 403, 422, 429, 500, 529])
def test_a_count_that_fails_is_told_once_and_not_tried_again(
    server: MessagesServer, connect: Connect, prompt: Prompt, status: int
) -> None:
    server.queue(Behaviour(path="/v1/messages/count_tokens", status=status, error="api_error"))
    engine = connect(max_retries=0)
    assert (engine.count(prompt), engine.count(prompt)) == (None, None)
    assert len(server.requests) == 1
    (note,) = engine.send(prompt, Journal()).notes
    assert note.startswith("The endpoint did not count the tokens; the local estimate was used. ")
    assert f"HTTP {status}" in note


def test_a_count_that_never_comes_is_not_waited_for(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(Behaviour(path="/v1/messages/count_tokens", silent=0.8))
    assert connect(max_retries=0, silence=0.3).count(prompt) is None


def test_the_count_of_the_providers_own_address_alone_is_what_is_billed(connect: Connect) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200))
    assert not connect().is_providers_own
    assert connect("https://api.anthropic.com", transport=transport).is_providers_own


def test_counting_asks_about_the_request_that_is_sent(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    connect().count(prompt)
    assert server.requests[0].body == count_body(prompt)


def failing(status: int, code: str = "", **headers: str) -> Behaviour:
    return Behaviour(
        status=status, error="api_error", code=code, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 504, 529])
def test_a_passing_failure_is_tried_again(server: MessagesServer, connect: Connect, prompt: Prompt, status: int) -> None:
    server.queue(failing(status, retry_after_ms="1"), failing(status, retry_after="0.001"))
    assert connect(max_retries=2).send(prompt, Journal()).stop is Stop.END
    assert len(server.requests) == 3


def test_a_lasting_failure_is_given_up(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(*[failing(529, retry_after_ms="1")] * 3)
    with pytest.raises(OverloadedError):
        connect(max_retries=2).send(prompt, Journal())
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (failing(429, retry_after="3600"), RateLimitedError),
        (failing(529, retry_after="301"), OverloadedError),
        (failing(429, retry_after="inf"), RateLimitedError),
        (failing(429, code="enforced_spend_limit_reached", retry_after_ms="1"), SpendLimitError),
        (failing(402), SpendLimitError),
        (failing(501, retry_after_ms="1"), OverloadedError),
    ],
)
def test_what_waiting_does_not_help_is_not_waited_for(
    server: MessagesServer, connect: Connect, prompt: Prompt, fault: Behaviour, error: type[Exception]
) -> None:
    server.queue(fault)
    with pytest.raises(error):
        connect(max_retries=2).send(prompt, Journal())
    assert len(server.requests) == 1


def test_patience_ends_also_when_nothing_answers(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(Behaviour(silent=0.5), Behaviour(silent=0.5))
    with pytest.raises(ConnectionFailedError, match="fell silent"):
        connect(max_retries=2, silence=0.2, patience=0.1).send(prompt, Journal())
    assert len(server.requests) == 1


def test_nothing_is_tried_again_once_an_answer_has_begun(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    server.queue(Behaviour(keep_events=8, ending="reset"))
    assert connect(max_retries=2).send(prompt, Journal()).stop is Stop.CUT
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(server: MessagesServer, connect: Connect, prompt: Prompt) -> None:
    with MessagesServer(key=server.key) as elsewhere:
        server.queue(failing(308, location=f"{elsewhere.url}/v1/messages"))
        with pytest.raises(MalformedReplyError, match="nothing was sent there"):
            connect().send(prompt, Journal())
        assert elsewhere.requests == []


def test_nobody_listens(connect: Connect, prompt: Prompt) -> None:
    with pytest.raises(ConnectionFailedError, match="refused the connection"):
        connect("http://127.0.0.1:1").send(prompt, Journal())


def test_an_endpoint_without_encryption_is_not_spoken_to_over_https(
    server: MessagesServer, connect: Connect, prompt: Prompt
) -> None:
    with pytest.raises(ConnectionFailedError, match="No encrypted connection"):
        connect(server.url.replace("http:", "https:")).send(prompt, Journal())


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (httpx2.ConnectTimeout("secret"), "could not be reached in time"),
        (httpx2.ProxyError("secret"), "proxy refused"),
        (httpx2.WriteError("secret"), "connection to the provider failed"),
        (httpx2.LocalProtocolError("Illegal header value b'Bearer secret'"), "could not be put on the wire"),
        (httpx2.RemoteProtocolError("secret"), "closed before the answer was complete"),
    ],
)
def test_other_troubles_of_the_network(connect: Connect, prompt: Prompt, failure: Exception, says: str) -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise failure

    with pytest.raises(ConnectionFailedError, match=says) as caught:
        connect(transport=httpx2.MockTransport(fail)).send(prompt, Journal())
    assert "secret" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "foo://user:secret@host"),
        ("HTTPS_PROXY", "http://secret:nowhere"),
        ("HTTPS_PROXY", "socks5://secret"),
        ("SSL_CERT_FILE", "/nowhere/secret"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_proxy_or_certificate_variable_that_cannot_be_used_is_a_settings_error(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match="proxy" if "PROXY" in name else "SSL_CERT_FILE") as caught:
        connect("https://api.example.invalid")
    assert "secret" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "socks5h://127.0.0.1:1"),
        ("HTTPS_PROXY", "foo://nowhere"),
        ("NO_PROXY", "10.0.0.0/99,[::1,http://,*.,%"),
    ],
)
def test_an_endpoint_on_this_machine_is_asked_without_a_proxy_whatever_the_variables_hold(
    connect: Connect, prompt: Prompt, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Such a request is not encrypted: the proxy's network would see the key and the code."""
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, value)
    assert connect().count(prompt) is not None


def test_a_socks_proxy_without_its_library_is_an_error_that_says_what_to_install(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1")
    with pytest.raises(ConfigError, match="SOCKS proxy") as caught:
        connect("https://api.example.invalid")
    assert "socksio" in caught.value.hint


def test_the_endpoint_of_a_profile_is_asked_without_a_proxy_where_it_is_this_machine(
    server: MessagesServer, prompt: Prompt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_profile(tmp_path, server.url, server.key)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1")
    with ClaudeEngine(profile_credentials()) as engine:
        assert engine.endpoint == server.url
        assert engine.count(prompt) is not None


def test_the_sdk_logs_nothing_whatever_the_environment_says(server: MessagesServer, prompt: Prompt, tmp_path: Path) -> None:
    """At debug level the SDK writes whole prompts to standard error."""
    program = tmp_path / "send.py"
    program.write_text(
        "import os, pathlib\n"
        "from reviewer.engine.claude import ClaudeEngine\n"
        "from reviewer.engine.credentials import base_url, find_credentials\n"
        "from reviewer.engine.interface import Prompt\n"
        "class Listener:\n"
        "    def sent(self): pass\n"
        "    def started(self, usage, request_id, model): pass\n"
        "    def text(self, delta): pass\n"
        "prompt = Prompt(model='claude-opus-5-5', system='s', documents='the source', question='q', schema={}, max_output=99,\n"
        "    effort=None, thinking=None, structured=False)\n"
        "found = find_credentials(os.environ, pathlib.Path('nowhere'))\n"
        "with ClaudeEngine(found, base_url=base_url(os.environ)) as engine:\n"
        "    print(engine.send(prompt, Listener()).stop)\n"
    )
    environ = {**os.environ, **server.environment, "ANTHROPIC_LOG": "debug", "ANTHROPIC_OPEN_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, program], env=environ, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("end\n", "")


def test_a_profile_says_who_asks_and_where(
    server: MessagesServer, prompt: Prompt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(tmp_path, server.url, server.key)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    profile = profile_credentials()
    with ClaudeEngine(profile) as engine:
        assert engine.endpoint == server.url
        assert engine.send(prompt, Journal()).stop is Stop.END


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("http://api.example", CredentialsError, "credentials could not be read"),
        ("https://user:hunter2@api.example", ConfigError, "no user, password"),
    ],
)
def test_a_profile_cannot_name_an_endpoint_that_is_not_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, error: type[Exception], says: str
) -> None:
    write_profile(tmp_path, url, "token")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    with pytest.raises(error, match=says) as caught:
        ClaudeEngine(profile_credentials())
    assert "hunter2" not in str(caught.value)


def test_a_profile_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    with pytest.raises(CredentialsError) as caught:
        ClaudeEngine(profile_credentials())
    assert str(tmp_path / "configs" / "default.json") in caught.value.hint


def profile_credentials() -> Credentials:
    found = find_credentials(os.environ, Path("nowhere"))
    assert found is not None
    return found


def write_profile(folder: Path, url: str, token: str) -> None:
    for name, content in (
        ("configs", {"authentication": {"type": "user_oauth"}, "base_url": url}),
        ("credentials", {"access_token": token}),
    ):
        (folder / name).mkdir()
        (folder / name / "default.json").write_text(json.dumps(content))
        (folder / name / "default.json").chmod(0o600)
