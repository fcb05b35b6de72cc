"""A server on this machine that speaks the Messages API: strict, scripted, and without any model.

In tests:

    with MessagesServer() as server:
        server.queue(Behaviour(status=529, error="overloaded_error"))
        run_reviewer(env=server.environment)
        assert server.requests[0].body["stream"] is True

By hand, to try `reviewer` without an account:

    python tests/messages_server.py --port 8787
    ANTHROPIC_BASE_URL=http://127.0.0.1:8787 ANTHROPIC_API_KEY=loopback reviewer review

Unscripted requests are answered by `demo_model` of messages_demo.py, or by the callable given. Every answer's events, counts and cache
figures hold together as the provider's do.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from messages_demo import demo_model
from messages_events import Behaviour, encoded, events_of, message_of
from messages_rules import LARGEST_BODY, MODELS, VERSION, PromptCache, count, model_info, model_row, refusal_of

__all__ = ["MODELS", "Behaviour", "MessagesServer", "Received", "demo_model", "model_row"]

Model = Callable[[dict[str, Any]], Any]
"""From the body of a request to the answer: JSON, or text as it is."""


@dataclass(frozen=True)
class Received:
    """A request that arrived. The Authorization header is replaced by `right`, `wrong` or nothing."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    size: int


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Someone who hangs up in mid-answer is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class MessagesServer:
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(
        self, model: Model = demo_model, *, key: str = "loopback-key-0123456789", port: int = 0, delay: float = 0.0
    ) -> None:
        self.model = model
        self.key = key
        self.delay = delay
        self.requests: list[Received] = []
        self.cache = PromptCache()
        self.counter = itertools.count(1)
        self._script: list[Behaviour] = []
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use this server."""
        return {"ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": self.key}

    def queue(self, *behaviours: Behaviour) -> None:
        """Script the next requests, each behaviour for the next request of its path."""
        with self._lock:
            self._script += behaviours

    def next_behaviour(self, path: str) -> Behaviour | None:
        with self._lock:
            found = next((behaviour for behaviour in self._script if behaviour.path == path), None)
            if found is not None:
                self._script.remove(found)
            return found


def _handler(server: MessagesServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        loopback = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    loopback: MessagesServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # what was written before a reset is to arrive

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
            behaviour = self.loopback.next_behaviour(self.path) or Behaviour(delay=self.loopback.delay)
            if not self._does_something_else(behaviour) and not self._is_refused(body, counting=False):
                self._answer(body, behaviour)
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
        self.loopback.requests.append(Received(self.command, self.path, headers, body, len(content)))
        return body

    def _is_welcome(self) -> bool:
        received = self.loopback.requests[-1].headers
        if received.get("authorization") != "right" and self.loopback.key:
            self._send_error(401, "authentication_error", "invalid bearer token")
        elif received.get("anthropic-version") != VERSION:
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
            self._send_error(refusal.status, refusal.type, refusal.message)
        return refusal is not None

    def _does_something_else(self, behaviour: Behaviour) -> bool:
        time.sleep(behaviour.silent)
        if behaviour.body is not None:
            self._send(behaviour.status, behaviour.body, behaviour.content_type, behaviour.headers)
        elif behaviour.status != 200:
            self._send_error(behaviour.status, behaviour.error, behaviour.message, behaviour.code, behaviour.headers)
        return behaviour.body is not None or behaviour.status != 200

    def _answer(self, body: dict[str, Any], behaviour: Behaviour) -> None:
        made = self.loopback.model(body) if behaviour.text is None else behaviour.text
        text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
        message = message_of(body, text, self.loopback.cache.usage_of(body), next(self.loopback.counter), behaviour)
        if behaviour.one_piece or not body.get("stream"):
            self._send_json(200, message)
            return
        headers = {**behaviour.headers, "content-type": behaviour.content_type}
        events = events_of(message, behaviour)
        if behaviour.compressed:
            content = gzip.compress(b"".join(encoded(event) for event in events))
            self._send(200, content, behaviour.content_type, {**headers, "content-encoding": "gzip"})
            return
        self._send_head(200, {**headers, "transfer-encoding": "chunked"})
        for event in events:
            time.sleep(behaviour.delay)
            content = encoded(event)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))
        self._end(behaviour.ending)

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
        self.send_header("request-id", f"req_{len(self.loopback.requests):06}")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A demonstration server that speaks the Messages API. It holds no model.")
    parser.add_argument("--port", type=int, default=8787)
    parser.add_argument("--delay", type=float, default=0.01, help="seconds before each event of an answer")
    arguments = parser.parse_args()
    with MessagesServer(key="", port=arguments.port, delay=arguments.delay) as server:
        sys.stdout.write(f"export ANTHROPIC_BASE_URL={server.url} ANTHROPIC_API_KEY=loopback\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
