"""What has arrived of an answer → a Reply that says how it ended.

Only the provider saying so makes an answer whole. Everything else (a cut connection, a stream that just ends, an error event, a stop
reason that a review cannot have) is a Reply with its own stop and sentence, or an error when no text had arrived.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from reviewer.engine.interface import Reply, Stop
from reviewer.engine.wire_errors import printable_id
from reviewer.engine.wire_events import Arrival, WireStopDetails

_STOPS: Final = {
    "end_turn": Stop.END,
    "max_tokens": Stop.OUTPUT_LIMIT,
    "model_context_window_exceeded": Stop.WINDOW_FULL,
    "refusal": Stop.REFUSED,
    # Servers that speak other interfaces as well keep the words of those.
    "stop": Stop.END,
    "eos": Stop.END,
    "eos_token": Stop.END,
    "length": Stop.OUTPUT_LIMIT,
}

_EXPLANATION_SHOWN = 300
"""Characters of a provider's explanation that are passed on to the reader."""


def stop_of(arrival: Arrival) -> Stop:
    """How the answer ended, by the provider's own word alone."""
    stop = _STOPS.get(arrival.stop_reason or "", Stop.CUT)
    return Stop.CUT if stop is Stop.END and not arrival.text.strip() else stop


def problem_of(arrival: Arrival, broken: str = "") -> str:
    """One sentence on why the answer is not whole; empty when it is. `broken` says what happened to the stream, if anything did."""
    match stop_of(arrival):
        case Stop.END:
            return ""
        case Stop.OUTPUT_LIMIT:
            return f"The answer was cut at the output limit{_kept(arrival)}; raise --max-output or review a smaller part."
        case Stop.WINDOW_FULL:
            return f"The answer ran into the end of the model's window{_kept(arrival)}; review a smaller part."
        case Stop.REFUSED:
            return _refused(arrival.details)
        case Stop.CUT:
            return f"{broken or _unexpected(arrival.stop_reason)}{_kept(arrival)}."


def _kept(arrival: Arrival) -> str:
    return "; whole findings that had arrived were kept" if arrival.text.strip() else ", and no text had arrived"


def _unexpected(reason: str | None) -> str:
    if reason is None:
        return "The answer's stream ended without the provider saying that it was complete"
    if reason == "end_turn":
        return "The model ended its turn without an answer"
    return f"The answer stopped for a reason that is not expected here ({printable_id(reason) or 'not readable'})"


def _refused(details: WireStopDetails | None) -> str:
    category = printable_id(details.category) if details is not None else ""
    said = " ".join((details.explanation or "").split()) if details is not None else ""
    said = "".join(character for character in said if character.isprintable())[:_EXPLANATION_SHOWN]
    words = "The provider's safety classifier stopped the answer, so nothing was reviewed"
    words += f" (category {category})" if category else ""
    return f"{words}: {said}" if said else f"{words}."


def ignores_form(arrival: Arrival, schema: Mapping[str, Any]) -> bool:
    """Whether a whole answer is not JSON of the form that was asked for: then whoever answered does not enforce it."""
    if stop_of(arrival) is not Stop.END:
        return False
    try:
        return not _has_form(json.loads(arrival.text), schema, schema.get("$defs", {}))
    except (ValueError, RecursionError):
        return True


def _has_form(value: object, schema: Mapping[str, Any], named: Mapping[str, Any]) -> bool:
    """By the part of JSON Schema that our forms use."""
    if "$ref" in schema:
        return _has_form(value, named[schema["$ref"].rpartition("/")[2]], named)
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, bool) or not isinstance(value, _KINDS.get(schema.get("type", ""), object)):
        return False
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        if not set(schema.get("required", ())) <= set(value) or (closed and not set(value) <= set(parts)):
            return False
        return all(_has_form(part, parts.get(name, {}), named) for name, part in value.items())
    return not isinstance(value, list) or all(_has_form(each, schema.get("items", {}), named) for each in value)


_KINDS: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str, "integer": int}


def cache_miss_of(arrival: Arrival) -> str:
    """Why the prefix was not read from the cache, in the provider's word; empty when it was, or when nobody knows.

    The provider compares how two requests are made, whether the cache was hit or not. Ours always differ in the question, and that is no
    reason: it counts only what changed before most of what had to be written. Without such a change the entry was gone, or not yet there.
    """
    written = arrival.usage.cache_creation_input_tokens
    behind = arrival.diverged_tokens is not None and 2 * arrival.diverged_tokens < written
    return "" if written == 0 or behind else arrival.diverged


def reply_of(
    arrival: Arrival,
    *,
    broken: str = "",
    request_id: str = "",
    seconds: float = 0.0,
    notes: tuple[str, ...] = (),
    retries: int = 0,
) -> Reply:
    """The Reply. The text of a refused answer is dropped, as the provider asks; that of every other answer is kept."""
    stop = stop_of(arrival)
    return Reply(
        text="" if stop is Stop.REFUSED else arrival.text,
        stop=stop,
        problem=problem_of(arrival, broken),
        usage=arrival.usage,
        model=arrival.model,
        request_id=request_id,
        seconds=seconds,
        notes=notes,
        message_id=arrival.message_id,
        cache_miss=cache_miss_of(arrival),
        retries=retries,
    )
