"""Endpoints other than the provider's own, as they were met: wrong counts, usage that is late or missing, another model, no room for two.

In tests:

    with Gateway(answering=Behaviour(edit=late), counting=miscounted(700)) as server:
        run_reviewer(env=server.environment)

What is scripted with `queue` goes first, as with any `MessagesServer`. The ledger (`Received.dollars`) is what is really billed, whatever the
gateway reports.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from messages_events import Behaviour, Edit
from messages_server import MessagesServer

COUNT = "/v1/messages/count_tokens"
MESSAGES = "/v1/messages"
BUSY = Behaviour(status=429, error="rate_limit_error", message="another request is under way")
HTML = b"<html><head><title>403 Forbidden</title></head><body>nginx</body></html>"


class Gateway(MessagesServer):
    """A server that behaves in its own way with every request that nothing else is scripted for."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as MessagesServer has them
        counting: Behaviour | None = None,
        answering: Behaviour | None = None,
        at_once: int | None = None,
        busy: Behaviour = BUSY,
        **more: Any,  # noqa: ANN401 - as MessagesServer has them
    ) -> None:
        """Above `at_once` requests under way, another one gets `busy`."""
        super().__init__(*args, **more)
        self.counting = counting
        self.answering_with = answering
        self.at_once = at_once
        self.busy = busy

    def next_behaviour(self, path: str) -> Behaviour | None:
        """What to do with a request."""
        if path == MESSAGES and self.at_once is not None and self._under_way > self.at_once:
            return self.busy
        usual = {COUNT: self.counting, MESSAGES: self.answering_with}
        return super().next_behaviour(path) or usual.get(path)


def miscounted(tokens: int) -> Behaviour:
    """A count with another tokenizer."""
    return counted_as({"input_tokens": tokens})


def counted_as(answer: object) -> Behaviour:
    """Something in the place of a count."""
    return Behaviour(path=COUNT, body=json.dumps(answer).encode(), content_type="application/json")


def page(status: int, path: str = MESSAGES) -> Behaviour:
    """A page of something in between."""
    return Behaviour(path=path, status=status, body=HTML, content_type="text/html")


def billed(tokens: int) -> Mapping[str, Any]:
    """The usage of a prompt of so many tokens, none of them cached."""
    nothing = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}
    return {
        "input_tokens": tokens,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_creation": nothing,
    }


def reporting(usage: object) -> Edit:
    """The same usage everywhere, whatever was billed: zeros, None, nonsense."""

    def edit(name: str, data: dict[str, Any]) -> None:
        if name == "message_start":
            data["message"]["usage"] = usage
        elif name in {"message_delta", "message"}:
            data["usage"] = usage

    return edit


def late(name: str, data: dict[str, Any]) -> None:
    """Zeros in the beginning, the truth at the end: LiteLLM over a backend of another form."""
    if name == "message_start":
        data["message"]["usage"] = {"input_tokens": 0, "output_tokens": 0}


def late_zeros(name: str, data: dict[str, Any]) -> None:
    """The truth in the beginning, and zeros for the input at the end."""
    if name == "message_delta":
        data["usage"] = {"input_tokens": 0, "output_tokens": data["usage"]["output_tokens"]}


def swapped(model: str) -> Edit:
    """Another model answers than the one that was asked."""

    def edit(name: str, data: dict[str, Any]) -> None:
        if name in {"message_start", "message"}:
            data.get("message", data)["model"] = model

    return edit


ZEROS = {"input_tokens": 0, "output_tokens": 0}
