"""The rules of the Messages API as the loopback server keeps them: what it refuses, how it counts, what it says of its models.

Stricter than the provider in one thing: a request that offers a model any tool, file, container or other server is refused.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
from anthropic.types import MessageCountTokensParams
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming

CATALOGUE = Path(__file__).parent.parent / "reviewer" / "plan" / "catalog.toml"
MODELS: Mapping[str, Mapping[str, Any]] = {row["id"]: row for row in tomllib.loads(CATALOGUE.read_text())["model"]}
ALIASES = {alias: row["id"] for row in MODELS.values() for alias in row.get("aliases", [])}

VERSION = "2026-10-21"
LARGEST_BODY = 32_000_000
BYTES_PER_TOKEN = 3
FREE_REFUSALS = (None, "cyber", "general_harms")
"""Categories of a refusal that is not billed when it comes before any output."""

_HEADER_ONLY = {"user_profile_id", "workspace_id"}
_ACTING = {"tools", "tool_choice", "mcp_servers", "container"}
_STREAMING: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(MessageCreateParamsStreaming)
_ASKING: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(MessageCreateParamsNonStreaming)
_COUNTING: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(MessageCountTokensParams)
_BLOCK_KEYS = {"type", "text", "cache_control"}
_MARKS = ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}, {"type": "ephemeral", "ttl": "1h"})


@dataclass(frozen=True)
class Refusal:
    """An error as the API words it."""

    status: int
    type: str
    message: str


def model_row(name: object) -> Mapping[str, Any] | None:
    return MODELS.get(ALIASES.get(str(name), str(name)))


def refusal_of(body: object, *, counting: bool) -> Refusal | None:
    """The first rule that a request breaks."""
    if not isinstance(body, dict):
        return _invalid("body: not an object")
    keys = set((MessageCountTokensParams if counting else MessageCreateParamsStreaming).__annotations__)
    for key in body:
        if key in _ACTING or key not in keys - _HEADER_ONLY:
            return _invalid(f"{key}: Extra inputs are not permitted")
    try:
        (_COUNTING if counting else _STREAMING if body.get("stream") else _ASKING).validate_python(body)
    except pydantic.ValidationError as error:
        return _invalid(".".join(str(part) for part in error.errors()[0]["loc"]) + ": " + error.errors()[0]["msg"])
    row = model_row(body["model"])
    if row is None or row["status"] == "retired":
        return Refusal(404, "not_found_error", f"model: {body['model']}")
    return _bad_blocks(body) or _bad_options(body, row) or _too_long(body, row)


def _bad_blocks(body: dict[str, Any]) -> Refusal | None:
    # pydantic looks into an Iterable only when somebody walks through it, so the TypedDicts leave these unchecked.
    messages: object = body["messages"]
    if not (
        isinstance(messages, list)
        and messages
        and all(isinstance(it, dict) and {"role", "content"} == set(it) for it in messages)
    ):
        return _invalid("messages: not a list of messages")
    every: list[object] = list(blocks_of(body))
    if not all(isinstance(block, dict) and isinstance(block.get("text"), str) for block in every):
        return _invalid("messages.content: not a list of text blocks")
    if any(message["role"] != ("user", "assistant")[at % 2] for at, message in enumerate(messages)):
        return _invalid("messages: roles must alternate between user and assistant, the user first")
    if messages[-1]["role"] != "user":
        return _invalid("This model does not support assistant message prefill.")
    for block in blocks_of(body):
        if block.get("type") != "text" or set(block) - _BLOCK_KEYS or not block["text"]:
            return _invalid("messages.content: only non-empty text blocks are accepted")
    return _bad_breakpoints(body)


def _bad_breakpoints(body: dict[str, Any]) -> Refusal | None:
    marks = [it["cache_control"] for it in (*blocks_of(body), body) if "cache_control" in it]
    if len(marks) > 4:
        return _invalid("A maximum of 4 blocks with cache_control may be provided.")
    for mark in marks:
        if mark not in _MARKS:
            return _invalid(f"cache_control: {mark} is not a known kind of cache")
    hours = [mark.get("ttl") == "1h" for mark in marks]
    if hours != sorted(hours, reverse=True):
        return _invalid("cache_control: a ttl='1h' block must not come after a ttl='5m' block")
    return None


def _bad_options(body: dict[str, Any], row: Mapping[str, Any]) -> Refusal | None:
    for key in body.get("diagnostics") or ():
        if key != "previous_message_id":
            return _invalid(f"diagnostics: {key}: Extra inputs are not permitted")
    output = body.get("output_config", {})
    if "effort" in output and output["effort"] not in row.get("effort", []):
        return _invalid("output_config.effort: This model does not support this effort level.")
    if "format" in output and not row.get("structured_outputs"):
        return _invalid("output_config.format: This model does not support structured output.")
    if "thinking" in body and body["thinking"]["type"] not in row.get("thinking", []):
        return _invalid(f"thinking.type: {body['thinking']['type']} is not supported by this model.")
    if body.get("max_tokens", 1) > row["max_output_tokens"]:
        return _invalid(f"max_tokens: {body['max_tokens']} > {row['max_output_tokens']}, which is the maximum allowed")
    return None


def _too_long(body: dict[str, Any], row: Mapping[str, Any]) -> Refusal | None:
    tokens, window = count(body), row["context_tokens"]
    return _invalid(f"prompt is too long: {tokens} tokens > {window} maximum") if tokens > window else None


def _invalid(message: str) -> Refusal:
    return Refusal(400, "invalid_request_error", message)


def content_blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks of a system prompt or a message; a bare text is one block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def blocks_of(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """System blocks, then the blocks of every message, in the order of the prompt."""
    for content in (body.get("system", []), *(message["content"] for message in body["messages"])):
        yield from content_blocks(content)


def tokens_of(text: str) -> int:
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)


def tokens_of_block(block: Mapping[str, Any]) -> int:
    return tokens_of(block["text"]) + 4


def schema_tokens(body: Mapping[str, Any]) -> int:
    """Tokens of the text that the provider puts at the head of the prompt for an answer format."""
    schema = body.get("output_config", {}).get("format")
    return tokens_of(json.dumps(schema)) if schema else 0


def count(body: Mapping[str, Any]) -> int:
    """Tokens of the prompt: bytes of text and schema by a fixed ratio, and a few for each block."""
    return sum(map(tokens_of_block, blocks_of(body))) + schema_tokens(body)


def dollars(model: str, usage: Mapping[str, Any]) -> float:
    """What a message is billed, from its `usage` and the catalogue's prices. Input alone where `usage` has no `output_tokens`."""
    row = model_row(model)
    if row is None:
        raise ValueError(model)
    written = usage["cache_creation"]
    prompt = usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    price = next(step for step in row["price"] if prompt <= step.get("up_to_prompt_tokens", prompt))
    billed: tuple[tuple[int, str], ...] = (
        (usage["input_tokens"], "input"),
        (usage["cache_read_input_tokens"], "cache_read"),
        (written["ephemeral_5m_input_tokens"], "cache_write_5m"),
        (written["ephemeral_1h_input_tokens"], "cache_write_1h"),
        (usage.get("output_tokens", 0), "output"),
    )
    return sum(tokens * float(price[kind]) for tokens, kind in billed) / 1_000_000


def model_info(row: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of the Models API."""

    def support(value: bool) -> dict[str, bool]:
        return {"supported": value}

    return {
        "type": "model",
        "id": row["id"],
        "display_name": row["id"].replace("-", " ").title(),
        "line": row.get("line"),
        "created_at": f"{row['released']}T00:00:00Z" if "released" in row else "1970-01-01T00:00:00Z",
        "lifecycle": {"deprecated": "deprecated", "retired": "retired"}.get(row["status"], "active"),
        "deprecated_at": None,
        "retires_at": f"{row['retires_on']}T00:00:00Z" if "retires_on" in row else None,
        "max_input_tokens": row["context_tokens"],
        "max_tokens": row["max_output_tokens"],
        "capabilities": {
            "structured_outputs": support(row.get("structured_outputs", False)),
            "effort": {"supported": bool(row.get("effort"))} | {level: support(True) for level in row.get("effort", [])},
        },
    }
