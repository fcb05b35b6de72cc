"""Events of a streamed answer → what has arrived so far, and at the end a Reply. No SDK here: events come as parsed JSON.

Only the provider saying so makes an answer whole. Everything else (a cut connection, a stream that just ends, an error event, a stop
reason that a review cannot have) is a Reply with its own stop and sentence, or an error when no text had arrived.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from reviewer.engine.interface import Reply, Stop
from reviewer.engine.wire_errors import printable_id
from reviewer.errors import MalformedReplyError
from reviewer.outcome import Usage

_Count = Annotated[int, Field(ge=0)]


LARGEST_ANSWER: Final = 8_000_000
"""Characters; no model's longest answer (300,000 tokens) comes near. What goes on beyond this does not mean to end."""


class _Wire(BaseModel):
    """Read leniently: fields of later API versions are left alone, fields a gateway lacks are None."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WireUsage(_Wire):
    """Token counts. In `message_delta` they are totals, and those that are missing have not changed."""

    input_tokens: _Count | None = None
    output_tokens: _Count | None = None
    cache_read_input_tokens: _Count | None = None
    cache_creation_input_tokens: _Count | None = None


class WireStopDetails(_Wire):
    """Why a classifier stopped the answer."""

    category: str | None = None
    explanation: str | None = None


class WireBlock(_Wire):
    """A content block, or the delta of one. Of thinking blocks only the type is looked at."""

    type: str = ""
    text: str | None = None
    stop_reason: str | None = None
    stop_details: WireStopDetails | None = None


class WireMessage(_Wire):
    """The message of `message_start`; or the whole answer, from an endpoint that does not stream."""

    type: str = ""
    model: str = ""
    content: list[WireBlock] = []
    stop_reason: str | None = None
    stop_details: WireStopDetails | None = None
    usage: WireUsage | None = None


class WireEvent(_Wire):
    """Any event of the stream. Types that are not known are left alone, as the API's versioning rules ask."""

    type: str = ""
    message: WireMessage | None = None
    content_block: WireBlock | None = None
    delta: WireBlock | None = None
    usage: WireUsage | None = None


@dataclass(slots=True)
class Arrival:
    """What has arrived of one answer. Pieces are kept as they come; nothing is parsed."""

    model: str = ""
    usage: Usage = field(default_factory=Usage)
    begun: bool = False
    """True once the provider has taken the prompt in: from then on its input tokens may be billed."""
    stop_reason: str | None = None
    details: WireStopDetails | None = None
    announced: bool = False
    """True once the listener has been told."""
    pieces: list[str] = field(default_factory=list)
    size: int = 0
    """Characters of all pieces."""

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    def take(self, event: WireEvent) -> str:
        """Note one event; returns the text it brought, which may be empty. Raises MalformedReplyError beyond LARGEST_ANSWER."""
        match event.type:
            case "message_start" if event.message is not None:
                self._begin(event.message)
            case "content_block_start":
                return self._add(event.content_block)
            case "content_block_delta":
                return self._add(event.delta)
            case "message_delta":
                self._count(event.usage)
                if event.delta is not None:
                    self._end(event.delta.stop_reason, event.delta.stop_details)
            case _:
                pass
        return ""

    def take_whole(self, message: WireMessage) -> str:
        """Note an answer that came in one piece; returns its text."""
        self._begin(message)
        text = "".join([self._add(block) for block in message.content])
        self._end(message.stop_reason, message.stop_details)
        return text

    def _begin(self, message: WireMessage) -> None:
        self.begun = True
        self.model = printable_id(message.model)
        self._count(message.usage)

    def _add(self, block: WireBlock | None) -> str:
        if block is None or block.type not in {"text", "text_delta"} or not block.text:
            return ""
        self.size += len(block.text)
        if self.size > LARGEST_ANSWER:
            raise MalformedReplyError("The endpoint sends more than any model answers.", hint="Check ANTHROPIC_BASE_URL.")
        self.pieces.append(block.text)
        return block.text

    def _end(self, reason: str | None, details: WireStopDetails | None) -> None:
        self.stop_reason = reason or self.stop_reason
        self.details = details or self.details

    def _count(self, usage: WireUsage | None) -> None:
        if usage is not None:
            self.usage = Usage(
                **{name: getattr(self.usage, name) if value is None else value for name, value in usage},
            )


_STOPS: Final = {
    "end_turn": Stop.END,
    "max_tokens": Stop.OUTPUT_LIMIT,
    "model_context_window_exceeded": Stop.WINDOW_FULL,
    "refusal": Stop.REFUSED,
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


def reply_of(
    arrival: Arrival, *, broken: str = "", request_id: str = "", seconds: float = 0.0, notes: tuple[str, ...] = ()
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
    )
