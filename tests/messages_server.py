"""A server on this machine that speaks the Messages API: strict, scripted, and without any model.

In tests:

    with MessagesServer() as server:
        server.queue(Behaviour(status=529, error="overloaded_error"))
        run_reviewer(env=server.environment)
        assert server.requests[0].body["stream"] is True
        assert server.requests[1].usage["cache_read_input_tokens"] > 0
        server.clock.advance(301)  # and the prefix is no longer in the cache

By hand, to try `reviewer` without an account:

    python tests/messages_server.py --port 8787
    ANTHROPIC_BASE_URL=http://127.0.0.1:8787 ANTHROPIC_API_KEY=loopback reviewer review

Unscripted requests are answered by `demo_model` of messages_demo.py, or by the callable given. Every answer's events, counts, cache figures
(messages_cache.py) and rate limits (messages_limits.py) hold together as the provider's do.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from messages_cache import Clock, Diagnostics, PromptCache
from messages_demo import demo_model
from messages_events import Behaviour
from messages_limits import GENEROUS, Meter, Rate
from messages_rules import MODELS, dollars, model_row
from messages_wire import Listener, handler_of

__all__ = ["MODELS", "Behaviour", "MessagesServer", "Rate", "Received", "demo_model", "dollars", "model_row"]

Model = Callable[[dict[str, Any]], Any]
"""From the body of a request to the answer: JSON, or text as it is."""


@dataclass(eq=False)
class Received:
    """A request that arrived, and what came of it. The Authorization header is replaced by `right`, `wrong` or nothing."""

    number: int
    """From 1, in the order of arrival."""
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    size: int
    began: float
    """By the server's clock, as the other times."""
    answered: float | None = None
    """When the answer began: from then on what this request wrote can be read from the cache. None where nothing but an error came."""
    ended: float | None = None
    """When the last of the answer was about to be sent, or could not be. None while it is under way."""
    under_way: int = 0
    """How many requests for a message were under way when it arrived, itself included."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    """What was billed, in the API's own names: empty until the answer has begun, then with the tokens of the answer that were sent so far."""
    message_id: str = ""
    free: bool = False
    """A refusal that the provider does not bill."""

    @property
    def dollars(self) -> float:
        """What it cost."""
        return dollars(self.body["model"], self.usage) if self.usage and not self.free else 0.0


class MessagesServer:
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(
        self, model: Model = demo_model, *, key: str = "loopback-key-0123456789", port: int = 0, delay: float = 0.0
    ) -> None:
        self.model = model
        self.key = key
        self.delay = delay
        self.requests: list[Received] = []
        self.clock = Clock()
        self.cache = PromptCache(self.clock)
        self.diagnostics = Diagnostics(self.clock)
        self.meter = Meter(GENEROUS, self.clock)
        self._name = uuid.uuid4().hex[:8]  # two servers never give a message the same id
        self._counter = itertools.count(1)
        self._under_way = 0
        self._script: list[Behaviour] = []
        self._lock = threading.Lock()
        self._http = Listener(("127.0.0.1", port), handler_of(self))
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

    @property
    def messages(self) -> list[Received]:
        """The requests for a message that were answered, at least in part, in the order of their arrival."""
        return [it for it in self.requests if it.usage]

    @property
    def most_at_once(self) -> int:
        """The most requests for a message that were ever under way together."""
        return max((it.under_way for it in self.requests), default=0)

    @property
    def rate(self) -> Rate:
        """What may be asked in a minute. Setting it starts with a full one."""
        return self.meter.rate

    @rate.setter
    def rate(self, rate: Rate) -> None:
        self.meter = Meter(rate, self.clock)

    def message_id(self) -> str:
        """The id of the next message."""
        return f"msg_{self._name}{next(self._counter):016}"

    def receive(self, method: str, path: str, headers: Mapping[str, str], body: object, size: int) -> Received:
        """Note a request that arrived."""
        began = self.clock.now()
        with self._lock:
            received = Received(len(self.requests) + 1, method, path, headers, body, size, began)
            self.requests.append(received)
        return received

    @contextmanager
    def answering(self, received: Received) -> Iterator[None]:
        """While a request for a message is under way."""
        with self._lock:
            self._under_way += 1
            received.under_way = self._under_way
        try:
            yield
        finally:
            self.end(received)

    def end(self, received: Received) -> None:
        """A request is over: known before its last piece is sent, since whoever got that may send the next at once."""
        with self._lock:
            if received.ended is None:
                self._under_way -= 1
                received.ended = self.clock.now()
                self.meter.written(received.usage.get("output_tokens", 0))

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
