"""The loopback server's side of HTTP: a request is read, judged, billed and answered."""

from __future__ import annotations

import gzip
import json
import math
import socket
import struct
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from messages_cache import Look
from messages_events import Behaviour, Event, edited, encoded, events_of, message_of, output_tokens
from messages_rules import FREE_REFUSALS, LARGEST_BODY, MODELS, VERSION, Refusal, count, model_info, model_row, refusal_of

if TYPE_CHECKING:
    from messages_server import MessagesServer, Received


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Someone who hangs up in mid-answer is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    loopback: MessagesServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # what was written before a reset is to arrive
    received: Received
    """The request in hand."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing; `requests` has it all."""

    def do_GET(self) -> None:
        self._take(b"")
        url = urlsplit(self.path)
        if not self._is_welcome() or self._is_scripted(url.path):
            return
        if url.path == "/v1/models":
            self._send_models(parse_qs(url.query))
        elif (row := model_row(unquote(url.path.removeprefix("/v1/models/")))) is not None:
            self._send_json(200, model_info(row))
        else:
            self._send_error(404, "not_found_error", f"Not found: {url.path}")

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        body = self._take(content)
        if self.path == "/v1/oauth/token":  # workload identity: whoever shows a token of the job gets one of ours
            self._send_json(200, {"access_token": self.loopback.key, "token_type": "Bearer", "expires_in": 600})
            return
        if not self._is_welcome():
            return
        if len(content) > LARGEST_BODY:
            self._send_error(413, "request_too_large", "Request exceeds the maximum size")
        elif self.path == "/v1/messages/count_tokens":
            if not self._is_scripted(self.path) and not self._is_refused(body, counting=True):
                self._send_json(200, {"input_tokens": count(body)})
        elif self.path == "/v1/messages":
            with self.loopback.answering(self.received):
                self._message(body, self.loopback.next_behaviour(self.path) or Behaviour(delay=self.loopback.delay))
        else:
            self._send_error(404, "not_found_error", f"Not found: {self.path}")

    def _take(self, content: bytes) -> Any:  # noqa: ANN401 - whatever JSON was sent
        try:
            body = json.loads(content) if content else None
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "authorization" in headers:
            headers["authorization"] = "right" if headers["authorization"] == f"Bearer {self.loopback.key}" else "wrong"
        self.received = self.loopback.receive(self.command, self.path, headers, body, len(content))
        return body

    def _is_welcome(self) -> bool:
        headers = self.received.headers
        if headers.get("authorization") != "right" and self.loopback.key:
            self._send_error(401, "authentication_error", "invalid bearer token")
        elif headers.get("anthropic-version") != VERSION and self.loopback.key:  # without a key it takes gateways of any age
            self._send_error(400, "invalid_request_error", "anthropic-version: not a valid version")
        else:
            return True
        return False

    def _is_scripted(self, path: str) -> bool:
        behaviour = self.loopback.next_behaviour(path)
        return behaviour is not None and self._does_something_else(behaviour)

    def _is_refused(self, body: object, *, counting: bool) -> bool:
        refusal = refusal_of(body, counting=counting)
        if refusal is not None:
            self._refuse(refusal)
        return refusal is not None

    def _refuse(self, refusal: Refusal) -> None:
        self._send_error(refusal.status, refusal.type, refusal.message)

    def _does_something_else(self, behaviour: Behaviour) -> bool:
        time.sleep(behaviour.silent)
        if behaviour.body is not None:
            self._send(behaviour.status, behaviour.body, behaviour.content_type, behaviour.headers)
        elif behaviour.status != 200:
            self._send_error(behaviour.status, behaviour.error, behaviour.message, behaviour.code, behaviour.headers)
        return behaviour.body is not None or behaviour.status != 200

    def _message(self, body: Any, behaviour: Behaviour) -> None:  # noqa: ANN401 - whatever JSON was sent
        refusal = refusal_of(body, counting=False)
        look = self.loopback.cache.look(body) if refusal is None else None  # when it arrives, however long the answer takes
        if self._does_something_else(behaviour):
            return
        if refusal is not None:
            self._refuse(refusal)
            return
        assert look is not None
        wait = self.loopback.meter.admit(look.usage)
        if wait:
            message = "This request would exceed your organization's rate limit"
            self._send_error(429, "rate_limit_error", message, headers={"retry-after": str(math.ceil(wait))})
            return
        self._answer(body, behaviour, look)

    def _answer(self, body: dict[str, Any], behaviour: Behaviour, look: Look) -> None:
        made = self.loopback.model(body) if behaviour.text is None else behaviour.text
        text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
        look.usage = behaviour.billed or look.usage
        message_id = self.loopback.message_id()
        message = message_of(body, text, look.usage, message_id, behaviour) | self.loopback.diagnostics.of(body, message_id)
        category = (behaviour.stop_details or {}).get("category")
        self.received.free = (
            message["stop_reason"] == "refusal" and not text and not behaviour.thinks and category in FREE_REFUSALS
        )
        headers = {**behaviour.headers, "content-type": behaviour.content_type}
        events = events_of(message, behaviour)
        if behaviour.one_piece or not body.get("stream"):
            self._begin(message, look)
            self._end_with(message["usage"]["output_tokens"])
            self._send_json(200, edited("message", message, behaviour), behaviour.headers)
        elif behaviour.compressed:
            self._begin(message, look)
            self._end_with(message["usage"]["output_tokens"])
            content = gzip.compress(b"".join(encoded(event) for event in events))
            self._send(200, content, behaviour.content_type, {**headers, "content-encoding": "gzip"})
        else:
            self._send_head(200, {**headers, "transfer-encoding": "chunked"})
            self._stream(events, behaviour, message, look)
            self._end(behaviour.ending)

    def _stream(self, events: list[Event], behaviour: Behaviour, message: dict[str, Any], look: Look) -> None:
        sent = ""
        for number, (name, data) in enumerate(events, 1):
            time.sleep(behaviour.delay)
            content = encoded((name, data))
            if name == "message_start":
                self._begin(message, look)
            if name == "content_block_delta" and not isinstance(data, str):
                sent += data["delta"].get("text", "")
                self._bill(output_tokens(sent))
            if number == len(events):
                self.loopback.end(self.received)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))

    def _begin(self, message: dict[str, Any], look: Look) -> None:
        """The answer begins: its prompt is billed, and what it writes to the cache can be read."""
        self.received.message_id = message["id"]
        self.received.answered = self.loopback.clock.now()
        self.received.usage = look.usage
        self._bill(output_tokens(""))
        look.answered()

    def _end_with(self, tokens: int) -> None:
        self._bill(tokens)
        self.loopback.end(self.received)

    def _bill(self, tokens: int) -> None:
        self.received.usage = {**self.received.usage, "output_tokens": tokens}

    def _end(self, ending: str) -> None:
        if ending == "whole":
            self.wfile.write(b"0\r\n\r\n")
            return
        self.close_connection = True
        if ending == "silent":
            time.sleep(1)
        if ending == "reset":
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _send_models(self, query: dict[str, list[str]]) -> None:
        stages = query.get("lifecycle[]", ["active", "deprecated"])
        every = [info for row in MODELS.values() if (info := model_info(row))["lifecycle"] in stages]
        after, limit = query.get("after_id", [""])[0], int(query.get("limit", ["20"])[0])
        start = next((place + 1 for place, info in enumerate(every) if info["id"] == after), 0)
        page = every[start : start + limit]
        more = start + limit < len(every)
        self._send_json(200, {"data": page, "has_more": more, "first_id": page[0]["id"], "last_id": page[-1]["id"]})

    def _send_error(self, status: int, kind: str, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        error: dict[str, Any] = {"type": kind, "message": message}
        if code:
            error["details"] = {"error_code": code}
        self._send_json(status, {"type": "error", "error": error}, headers)

    def _send_json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", headers or {})

    def _send(self, status: int, content: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        self._send_head(status, {"content-type": content_type, "content-length": str(len(content)), **headers})
        self.wfile.write(content)

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("request-id", f"req_{self.received.number:06}")
        limits = self.loopback.meter.headers() if self.path == "/v1/messages" else {}
        for name, value in (limits | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()


def handler_of(server: MessagesServer) -> type[Handler]:
    """The handler of this server's requests."""

    class _Handler(Handler):
        loopback = server

    return _Handler
