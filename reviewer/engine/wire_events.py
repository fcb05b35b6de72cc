"""Events of a streamed answer → what has arrived so far. No SDK here: events come as parsed JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

from reviewer.engine.wire_errors import printable_id
from reviewer.errors import MalformedReplyError
from reviewer.live_secrets import Stream
from reviewer.outcome import NO_USAGE, Reported, Usage

_FREE_REFUSALS: Final = frozenset({"", "cyber", "general_harms"})
"""Categories of a refusal that is not billed when it comes before any output; the provider's list, where no category counts too."""


LARGEST_ANSWER: Final = 8_000_000
"""Characters; no model's longest answer (300,000 tokens) comes near. What goes on beyond this does not mean to end."""


class _Wire(BaseModel):
    """Read leniently: fields of later API versions are left alone, fields a gateway lacks are None."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _or_none(value: object) -> object:
    return value if isinstance(value, dict) else None


def _count_or_none(value: object) -> int | None:
    """A gateway's odd figure (`null`, `"n/a"`, `-1`, `12.5`) says nothing of what was billed, and must not cost the answer."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


_Count = Annotated[int | None, BeforeValidator(_count_or_none)]


class WireCacheCreation(_Wire):
    """How long what was written to the cache is kept."""

    ephemeral_1h_input_tokens: _Count = None


class WireUsage(_Wire):
    """Token counts. In `message_delta` they are totals, and those that are missing have not changed."""

    input_tokens: _Count = None
    output_tokens: _Count = None
    cache_read_input_tokens: _Count = None
    cache_creation_input_tokens: _Count = None
    cache_creation: Annotated[WireCacheCreation | None, BeforeValidator(_or_none)] = None

    @property
    def for_an_hour(self) -> int | None:
        """Of `cache_creation_input_tokens`; None when the endpoint does not say."""
        return self.cache_creation.ephemeral_1h_input_tokens if self.cache_creation is not None else None

    @property
    def tells_of_input(self) -> bool:
        """Whether any input token is reported: no request has none."""
        return any((self.input_tokens, self.cache_read_input_tokens, self.cache_creation_input_tokens))


class WireMissReason(_Wire):
    """Where this request is made otherwise than the one that it follows."""

    type: object = None
    cache_missed_input_tokens: object = None
    """Tokens from there on, an estimate."""


class WireDiagnostics(_Wire):
    """What was asked for with `diagnostics`. Without a reason the comparison was not done in time."""

    cache_miss_reason: Annotated[WireMissReason | None, BeforeValidator(_or_none)] = None


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
    id: object = None
    model: str = ""
    content: list[WireBlock] = []
    stop_reason: str | None = None
    stop_details: WireStopDetails | None = None
    usage: Annotated[WireUsage | None, BeforeValidator(_or_none)] = None
    diagnostics: Annotated[WireDiagnostics | None, BeforeValidator(_or_none)] = None


class WireEvent(_Wire):
    """Any event of the stream. Types that are not known are left alone, as the API's versioning rules ask."""

    type: str = ""
    message: WireMessage | None = None
    content_block: WireBlock | None = None
    delta: WireBlock | None = None
    usage: Annotated[WireUsage | None, BeforeValidator(_or_none)] = None


@dataclass(slots=True)
class Arrival:
    """What has arrived of one answer. Pieces are kept as they come; nothing is parsed."""

    hourly: bool = False
    """True when the request asked for the cache to be kept for an hour."""
    for_an_hour: int | None = None
    """Tokens that the endpoint says were written for so long; None when it has not said."""
    message_id: str = ""
    diverged: str = ""
    """Where this request is made otherwise than the one it follows: one of DIVERGENCES, or nothing."""
    diverged_tokens: int | None = None
    """How much of the prompt that concerns, by the provider's estimate."""
    model: str = ""
    counted: Usage = NO_USAGE
    """The figures so far, as they were reported."""
    is_total: bool = False
    """Whether the figures are those of the whole answer."""
    wrote: bool = False
    """Whether the model has written anything, be it a thought."""
    begun: bool = False
    """True once the provider has taken the prompt in: from then on its input tokens may be billed."""
    stop_reason: str | None = None
    details: WireStopDetails | None = None
    announced: bool = False
    """True once the listener has been told."""
    cleaned: Stream = field(default_factory=Stream)
    """Takes secrets of ours out of the text as it arrives: from here on it is written to disk, shown and published."""
    pieces: list[str] = field(default_factory=list)
    size: int = 0
    """Characters of all pieces."""

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    @property
    def usage(self) -> Usage:
        """What was billed so far, and how much of that is known. A refusal that the provider does not bill is no usage."""
        if (
            self.stop_reason == "refusal"
            and not self.wrote
            and ((self.details and self.details.category) or "") in _FREE_REFUSALS
        ):
            return NO_USAGE
        if not self.counted.prompt_tokens:
            reported = Reported.UNKNOWN
        elif not self.is_total or (self.wrote and not self.counted.output_tokens):
            reported = Reported.AT_LEAST
        else:
            reported = Reported.WHOLE
        return replace(self.counted, reported=reported)

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
                self.is_total = event.usage is not None
                if event.delta is not None:
                    self._end(event.delta.stop_reason, event.delta.stop_details)
            case _:
                pass
        return ""

    def take_whole(self, message: WireMessage) -> str:
        """Note an answer that came in one piece; returns its text."""
        self._begin(message)
        self.is_total = True
        text = "".join([self._add(block) for block in message.content])
        self._end(message.stop_reason, message.stop_details)
        return text

    def _begin(self, message: WireMessage) -> None:
        self.begun = True
        self.message_id = printable_id(message.id)
        self.model = printable_id(message.model)
        self._diagnose(message.diagnostics)
        self._count(message.usage)

    def _add(self, block: WireBlock | None) -> str:
        self.wrote = True
        if block is None or block.type not in {"text", "text_delta"} or not block.text:
            return ""
        self.size += len(block.text)
        if self.size > LARGEST_ANSWER:
            raise MalformedReplyError("The endpoint sends more than any model answers.", hint="Check ANTHROPIC_BASE_URL.")
        return self._keep(self.cleaned.feed(block.text))

    def rest(self) -> str:
        """The end of the text, of which nothing more comes: what could have become a secret of ours."""
        return self._keep(self.cleaned.end())

    def _keep(self, text: str) -> str:
        if text:
            self.pieces.append(text)
        return text

    def _end(self, reason: str | None, details: WireStopDetails | None) -> None:
        self.stop_reason = reason or self.stop_reason
        self.details = details or self.details

    def _count(self, usage: WireUsage | None) -> None:
        if usage is None:
            return
        before = self.counted
        if not usage.tells_of_input:  # some gateways repeat the names with zeros: the figures of the beginning hold
            self.counted = replace(before, output_tokens=_known(usage.output_tokens, before.output_tokens))
            return
        written = _known(usage.cache_creation_input_tokens, before.cache_creation_input_tokens)
        self.for_an_hour = usage.for_an_hour if usage.for_an_hour is not None else self.for_an_hour
        self.counted = Usage(
            input_tokens=_known(usage.input_tokens, before.input_tokens),
            output_tokens=_known(usage.output_tokens, before.output_tokens),
            cache_read_input_tokens=_known(usage.cache_read_input_tokens, before.cache_read_input_tokens),
            cache_creation_input_tokens=written,
            # An endpoint that does not say for how long it wrote is taken to have done what it was asked for.
            cache_creation_1h_input_tokens=min(_known(self.for_an_hour, written if self.hourly else 0), written),
        )

    def _diagnose(self, diagnostics: WireDiagnostics | None) -> None:
        """Take over a reason that is known. A gateway's own words are not repeated, and nothing of this fails an answer."""
        reason = diagnostics.cache_miss_reason if diagnostics is not None else None
        word = printable_id(reason.type) if reason is not None else ""
        if reason is None or word not in DIVERGENCES:
            return
        self.diverged = word
        tokens = reason.cache_missed_input_tokens
        self.diverged_tokens = tokens if isinstance(tokens, int) and tokens >= 0 else None


def _known(new: int | None, old: int) -> int:
    return old if new is None else new


DIVERGENCES: Final = frozenset(
    {
        *("model_changed", "system_changed", "tools_changed", "messages_changed"),
        *("previous_message_not_found", "unavailable"),
    }
)
"""The provider's words for why a prompt could not be read from the cache."""
