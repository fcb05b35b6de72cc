"""One answer of the loopback server: how it is scripted, and the events it is streamed as."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from messages_rules import BYTES_PER_TOKEN, tokens_of

Event = tuple[str, Any]
"""Name and data. A `str` as data is sent as it is, anything else as JSON."""
Edit = Callable[[str, dict[str, Any]], None]
"""Changes the data of an event, known by its name; `message` is a whole answer in one piece."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """What to do with one request. The default is a whole answer of the server's model."""

    path: str = "/v1/messages"
    """The path whose next request this is for."""
    status: int = 200
    """Anything else is sent as an error made of `error`, `message` and `code`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = "invalid_request_error"
    message: str = "no reason given"
    code: str = ""
    body: bytes | None = None
    """Sent with `status`, instead of an error or an answer, as `content_type`."""
    content_type: str = "text/event-stream; charset=utf-8"
    text: str | None = None
    """The answer's text, instead of the model's JSON."""
    piece: int = 40
    """Characters of text in each event."""
    stop_reason: str | None = "end_turn"
    stop_details: Mapping[str, Any] | None = None
    extra: tuple[Event, ...] = ()
    """Sent after the first piece of text."""
    keep_events: int | None = None
    """Send only so many events, counted from message_start, then `last`, and end."""
    last: tuple[Event, ...] = ()
    ending: str = "whole"
    """`whole`; `closed`: the connection closes though more was promised; `reset`: it is cut; `silent`: nothing more for a second."""
    edit: Edit | None = None
    """What a gateway makes of the provider's events; see messages_gateways.py."""
    billed: Mapping[str, Any] | None = None
    """Billed, and reported, instead of what the prompt has."""
    thinks: bool = True
    """Whether a thought comes before the text. Without one, a refusal without text is one before any output."""
    one_piece: bool = False
    """Answer with one JSON message, as some gateways do."""
    compressed: bool = False
    delay: float = 0.0
    """Seconds before each event."""
    silent: float = 0.0
    """Seconds before the first byte."""


def output_tokens(text: str) -> int:
    """What an answer is billed."""
    return tokens_of(text) + 1


def message_of(
    body: Mapping[str, Any], text: str, usage: Mapping[str, Any], message_id: str, behaviour: Behaviour
) -> dict[str, Any]:
    """The whole answer as the API's message. One that is longer than `max_tokens` is cut there."""
    stop_reason, limit = behaviour.stop_reason, body["max_tokens"] * BYTES_PER_TOKEN
    if len(text.encode()) > limit:
        text, stop_reason = text.encode()[:limit].decode(errors="ignore"), "max_tokens"
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "stop_details": behaviour.stop_details and {"type": "refusal", **behaviour.stop_details},
        "usage": {**usage, "output_tokens": output_tokens(text), "service_tier": "standard"},
    }


def events_of(message: Mapping[str, Any], behaviour: Behaviour) -> list[Event]:
    """The events of a streamed answer, as scripted."""
    events = list(_whole_stream(message, behaviour))
    for name, data in events:
        edited(name, data, behaviour)
    return [*events[: behaviour.keep_events], *behaviour.last]


def edited(name: str, data: Any, behaviour: Behaviour) -> Any:  # noqa: ANN401 - JSON
    """The data of an event as the gateway of the behaviour passes it on."""
    if behaviour.edit is not None and isinstance(data, dict):
        behaviour.edit(name, data)
    return data


def _whole_stream(message: Mapping[str, Any], behaviour: Behaviour) -> Iterator[Event]:
    head = {**message, "content": [], "stop_reason": None, "stop_details": None}
    head["usage"] = {**message["usage"], "output_tokens": 1}
    yield "message_start", {"type": "message_start", "message": head}
    yield "ping", {"type": "ping"}
    if behaviour.thinks:
        yield from _block(
            0, {"type": "thinking", "thinking": "", "signature": ""}, [{"type": "signature_delta", "signature": "c2ln"}]
        )
    for block in message["content"]:
        text, size = block["text"], behaviour.piece
        deltas = [{"type": "text_delta", "text": text[start : start + size]} for start in range(0, len(text), size)]
        pieces = list(_block(1, {"type": "text", "text": ""}, deltas))
        yield from [*pieces[:2], *behaviour.extra, *pieces[2:]]
    end = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    usage = {name: value for name, value in message["usage"].items() if name.endswith("tokens")}
    yield "message_delta", {"type": "message_delta", "delta": end, "usage": usage}
    yield "message_stop", {"type": "message_stop"}


def _block(index: int, block: dict[str, Any], deltas: list[dict[str, Any]]) -> Iterator[Event]:
    yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": block}
    for delta in deltas:
        yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": index}


def encoded(event: Event) -> bytes:
    """An event on the wire."""
    name, data = event
    return f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
