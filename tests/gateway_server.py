"""A gateway on this machine, in front of the loopback server: whatever other endpoints do otherwise than the provider, as data.

It passes each request on to a `MessagesServer`, which stays as strict as the provider and knows what was really billed, and changes what
comes back. In tests:

    with GatewayServer(replace(LITELLM, usage="zero")) as gateway:
        run_reviewer(env=gateway.environment)
        assert gateway.upstream.messages[0].dollars > 0
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Literal, Self

from messages_server import MessagesServer
from messages_wire import Listener

COUNT: Final = "/v1/messages/count_tokens"
KEY: Final = "gateway-key-0123456789abcdef"
"""What the gateway knows its user by. It repeats it in its refusals."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A refusal on the wire."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Shape = Callable[[int, str, str, str], Refusal]
"""From status, kind, sentence and the field that it is about (dotted, or nothing) to a refusal."""


def _json(status: int, value: object, **headers: str) -> Refusal:
    return Refusal(
        status=status, body=json.dumps(value).encode(), headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def _placed(sentence: str, place: str) -> str:
    return f"{place}: {sentence}" if place else sentence


def provider_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """The Messages API's own."""
    return _json(status, {"type": "error", "error": {"type": kind, "message": _placed(sentence, place)}})


def openai_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """OpenAI's as LiteLLM writes it: no kind, no field, and what stood behind it as text."""
    words = f'litellm.APIError: AnthropicException - {{"error":{{"type":"{kind}","message":"{_placed(sentence, place)}"}}}}'
    return _json(
        status, {"error": {"message": words, "type": "None", "param": "None", "code": str(status)}}, x_litellm_call_id="c-1"
    )


def llama_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """llama.cpp's."""
    if "too long" in sentence:
        kind, sentence = "exceed_context_size_error", "the request exceeds the available context size, try increasing it"
    return _json(status, {"error": {"code": status, "message": _placed(sentence, place), "type": kind}})


def bedrock_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """Amazon's: what kind it is stands in a header."""
    words = f"Malformed input request: #: extraneous key [{place}] is not permitted" if place else sentence
    kinds = {403: "AccessDeniedException", 404: "ResourceNotFoundException", 429: "ThrottlingException"}
    return _json(
        status, {"message": words}, x_amzn_errortype=kinds.get(status, "ValidationException"), x_amzn_requestid="b7c1-42"
    )


def vllm_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """vLLM's."""
    words = _placed(sentence, place)
    return _json(status, {"object": "error", "message": words, "type": "BadRequestError", "param": None, "code": status})


def fastapi_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """FastAPI's: a list where a body is not valid, a sentence otherwise."""
    if not place:
        return _json(status, {"detail": sentence})
    return _json(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", *place.split(".")], "msg": sentence, "input": {}}]})


def text_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """Plain text."""
    return Refusal(status=status, body=f"{_placed(sentence, place)}\n".encode(), content_type="text/plain")


def page_shape(status: int, kind: str, sentence: str, place: str) -> Refusal:
    """A web page, as proxies show it."""
    page = f"<html>\r\n<head><title>{status} {sentence}</title></head>\r\n<body><hr><center>nginx</center></body></html>"
    return Refusal(status=status, body=page.encode(), content_type="text/html")


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What an endpoint does otherwise than the provider. The default is nothing."""

    name: str = "the provider's own"
    shape: Shape = provider_shape
    """Of its refusals."""
    refuses: tuple[str, ...] = ()
    """Fields of a message, dotted, that it does not permit; it names one at a time."""
    count_refuses: tuple[str, ...] = ()
    """The same of a count."""
    drops: tuple[str, ...] = ()
    """Fields that it takes and does not pass on."""
    counts: float | int = 1.0
    """Its count as a part of the true one; an `int` is the status with which it refuses to count."""
    usage: Literal["whole", "zero", "null", "late"] = "whole"
    """`late`: zeros at the beginning, the truth at the end."""
    answers_as: str = ""
    """The model that it says has answered; the one asked for where that is empty."""
    wire: Literal["named", "unnamed", "crlf", "commented", "one piece"] = "named"
    """How it writes a stream: `one piece` is no stream at all."""
    rewrite: Callable[[str], str] | None = None
    """What becomes of the answer's text where no schema is enforced."""
    busy: int = 0
    """So many messages are refused with 429 first."""
    at_once: int = 0
    """The most messages under way together before it says 429; 0 for any number."""
    first: Refusal | None = None
    """What the first message gets, whatever it is."""
    largest: int = 0
    """Bytes of the largest request that a proxy in front of it lets through; 0 for any."""


OWN: Final = Gateway()
LITELLM: Final = Gateway(name="LiteLLM-like", shape=openai_shape, counts=0.57, usage="late")
ROUTER: Final = Gateway(name="router-like", shape=text_shape, counts=404, usage="zero", drops=("output_config", "diagnostics"))
LLAMA: Final = Gateway(name="llama.cpp-like", shape=llama_shape, drops=("output_config", "diagnostics", "thinking"))
BEDROCK: Final = Gateway(name="Bedrock-like", shape=bedrock_shape, counts=404, refuses=("diagnostics", "output_config"))
VLLM: Final = Gateway(name="vLLM-like", shape=vllm_shape, count_refuses=("output_config",), wire="commented")
FASTAPI: Final = Gateway(
    name="FastAPI-like", shape=fastapi_shape, counts=404, refuses=("diagnostics", "output_config.format", "cache_control")
)


class GatewayServer:
    """The server and the provider behind it; a context manager on free ports of 127.0.0.1."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.upstream = MessagesServer()
        self.bodies: list[dict[str, Any]] = []
        """Of the messages that arrived here."""
        self.under_way = 0
        self.lock = threading.Lock()
        self._http = Listener(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self.upstream.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self.upstream.__exit__()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use this gateway."""
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": KEY}

    @property
    def dollars(self) -> float:
        """What was really billed."""
        return sum(message.dollars for message in self.upstream.messages)


class _Handler(BaseHTTPRequestHandler):
    server_: GatewayServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def do_POST(self) -> None:
        gateway = self.server_.gateway
        size = int(self.headers["content-length"])
        if gateway.largest and size > gateway.largest:  # nginx reads none of it
            self.close_connection = True
            self._send(page_shape(413, "", "Request Entity Too Large", ""))
            self.connection.settimeout(0.2)
            return
        body = json.loads(self.rfile.read(size))
        if self.path == COUNT:
            self._count(body)
            return
        with self.server_.lock:
            self.server_.bodies.append(body)
            number = len(self.server_.bodies)
            self.server_.under_way += 1
            crowded = 0 < gateway.at_once < self.server_.under_way
        try:
            if gateway.first is not None and number == 1:
                self._send(gateway.first)
            elif crowded or number <= gateway.busy:
                self._refuse(429, "rate_limit_error", f"slow down, {KEY}")
            else:
                self._message(body)
        finally:
            with self.server_.lock:
                self.server_.under_way -= 1

    def _count(self, body: dict[str, Any]) -> None:
        gateway = self.server_.gateway
        refused = next(_found(body, gateway.count_refuses), None)
        if isinstance(gateway.counts, int):
            self._refuse(gateway.counts, "not_found_error", "Not found")
        elif refused is not None:
            self._refuse(400, "invalid_request_error", "Extra inputs are not permitted", refused)
        else:
            status, _, content = self._ask(COUNT, body)
            counted = json.loads(content)
            if status == 200:
                self._send(_json(200, {"input_tokens": max(1, round(counted["input_tokens"] * gateway.counts))}))
            else:
                self._relay(status, counted)

    def _message(self, body: dict[str, Any]) -> None:
        gateway = self.server_.gateway
        refused = next(_found(body, gateway.refuses), None)
        if refused is not None:
            self._refuse(400, "invalid_request_error", "Extra inputs are not permitted", refused)
            return
        if gateway.at_once:
            time.sleep(0.3)  # long enough for the next to come
        passed = {name: value for name, value in body.items() if name not in gateway.drops}
        status, headers, content = self._ask("/v1/messages", passed)
        if status != 200:
            self._relay(status, json.loads(content))
        elif gateway.wire == "one piece":
            self._send(_json(200, _whole(_changed(gateway, _events(content)))))
        else:
            written = b"".join(_written(gateway, event) for event in _changed(gateway, _events(content)))
            self._send(Refusal(status=200, body=written, content_type=headers["content-type"]))

    def _ask(self, path: str, body: object) -> tuple[int, Mapping[str, str], bytes]:
        upstream = self.server_.upstream
        connection = http.client.HTTPConnection(*upstream.url.removeprefix("http://").split(":"))  # type: ignore[arg-type]
        headers = {"authorization": f"Bearer {upstream.key}", "content-type": "application/json"}
        headers |= {name: value for name, value in self.headers.items() if name.lower().startswith("anthropic-")}
        connection.request("POST", path, json.dumps(body).encode(), headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, dict(response.headers), content

    def _relay(self, status: int, body: Mapping[str, Any]) -> None:
        self._refuse(status, body["error"]["type"], body["error"]["message"])

    def _refuse(self, status: int, kind: str, sentence: str, place: str = "") -> None:
        self._send(self.server_.gateway.shape(status, kind, sentence, place))

    def _send(self, answer: Refusal) -> None:
        self.send_response(answer.status)
        named = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


def _handler_of(server: GatewayServer) -> type[_Handler]:
    class _Bound(_Handler):
        server_ = server

    return _Bound


def _found(body: Any, fields: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Those of the fields that a body has, as a gateway names them: at the top, or in any block."""
    for name in fields:
        first, _, rest = name.partition(".")
        if first in body and (not rest or rest in body[first]):
            yield name
        elif any(first in block for message in body["messages"] for block in message["content"]):
            yield f"messages.0.content.0.{name}"


def _events(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in content.decode().split("\n") if line.startswith("data: ")]


def _changed(gateway: Gateway, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same answer as the gateway tells it."""
    if gateway.rewrite is not None:
        events = _rewritten(events, gateway.rewrite)
    truth: dict[str, Any] = {}
    for event in events:
        owner = event["message"] if event["type"] == "message_start" else event
        if event["type"] == "message_start" and gateway.answers_as:
            owner["model"] = gateway.answers_as
        if "usage" in owner:
            truth |= owner["usage"]
            is_end = event["type"] == "message_delta"
            owner["usage"] = _usage(gateway, truth, is_end=is_end)
    return events


def _usage(gateway: Gateway, truth: dict[str, Any], *, is_end: bool) -> dict[str, Any] | None:
    if gateway.usage == "null":
        return None
    if gateway.usage == "zero" or (gateway.usage == "late" and not is_end):
        return {"input_tokens": 0, "output_tokens": 0}
    return dict(truth)


def _rewritten(events: list[dict[str, Any]], rewrite: Callable[[str], str]) -> list[dict[str, Any]]:
    deltas = [event for event in events if event.get("delta", {}).get("type") == "text_delta"]
    deltas[0]["delta"]["text"] = rewrite("".join(event["delta"]["text"] for event in deltas))
    return [event for event in events if event not in deltas[1:]]


def _whole(events: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = events[0]["message"]
    text = "".join(event["delta"]["text"] for event in events if event.get("delta", {}).get("type") == "text_delta")
    end = next(event for event in events if event["type"] == "message_delta")
    return {
        **message,
        "content": [{"type": "text", "text": text}],
        "stop_reason": end["delta"]["stop_reason"],
        "usage": end["usage"],
    }


def _written(gateway: Gateway, event: dict[str, Any]) -> bytes:
    data = json.dumps(event)
    done = "data: [DONE]\n\n" if event["type"] == "message_stop" else ""
    match gateway.wire:
        case "unnamed":
            text = f"data: {data}\n\n{done}"
        case "crlf":
            text = f"data: {data}\n\n{done}".replace("\n", "\r\n")
        case "commented":
            text = f": keep-alive\n\nevent: {event['type']}\ndata: {data}\n\n{done}"
        case _:
            text = f"event: {event['type']}\ndata: {data}\n\n"
    return text.encode()
