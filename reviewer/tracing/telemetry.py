"""Spans → an OpenTelemetry collector, by OTLP over HTTP. The only home of opentelemetry, an optional dependency (extra `telemetry`).

Where the spans go, with which headers, certificates, time limits, sampling and resource attributes, the SDK reads from the standard
variables itself. Nothing of it becomes the process's global tracer, so that no library finds it and adds spans of its own. Names of
attributes follow OpenTelemetry's semantic conventions for generative AI; what these have no name for is called `reviewer.…`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Span as OpenSpan
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from reviewer import __version__
from reviewer.live_secrets import clean
from reviewer.report.amounts import counted
from reviewer.tracing.spans import Span
from reviewer.tracing.vocabulary import REQUEST, Value

_CONVENTIONS: Mapping[str, str] = {
    "model": "gen_ai.request.model",
    "answered_by": "gen_ai.response.model",
    "message_id": "gen_ai.response.id",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_creation_input_tokens": "gen_ai.usage.cache_creation.input_tokens",
}
_OF_PROMPT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
"""The convention's `input_tokens` are all of them; the provider's are those that the cache had no part in."""
_NANOSECONDS = 1_000_000_000


class Telemetry:
    """A sink that exports spans with the ids they have in the trace. Made before the first span begins."""

    def __init__(self, trace_id: str) -> None:
        """Raises ValueError when one of the standard variables holds what the SDK cannot use."""
        _silence()
        self._ids = _Ids(int(trace_id, 16))
        self._exporter = _Counting(OTLPSpanExporter())
        self._provider = TracerProvider(resource=_resource(), id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("reviewer", __version__)
        self._open: dict[str, OpenSpan] = {}

    def began(self, span: Span) -> None:
        """Begin it there, too, as a part of the same parent."""
        self._ids.next = int(span.id, 16)
        parent = self._open.get(span.parent or "")
        model = span.attributes.get("model")
        self._open[span.id] = self._tracer.start_span(
            f"chat {model}" if span.name == REQUEST and model else span.name,
            context=set_span_in_context(parent) if parent else None,
            kind=SpanKind.CLIENT if span.name == REQUEST else SpanKind.INTERNAL,
            start_time=int(span.start * _NANOSECONDS),
        )

    def ended(self, span: Span) -> None:
        """Hand it to the exporter. Of an error only the name of its class goes out: a message could quote the repository."""
        exported = self._open.pop(span.id)
        exported.set_attributes(_named(span))
        if span.error:
            exported.set_attribute("error.type", span.error)
            exported.set_status(Status(StatusCode.ERROR))
        exported.end(int((span.start + span.seconds) * _NANOSECONDS))

    def close(self) -> Sequence[str]:
        """Send what has not been sent; waits no longer than `OTEL_EXPORTER_OTLP_TIMEOUT` allows."""
        self._provider.shutdown()
        lost = self._exporter.lost
        if not lost:
            return ()
        return (f"{counted(lost, 'span')} could not be sent to the OpenTelemetry collector; see OTEL_EXPORTER_OTLP_ENDPOINT.",)


class _Ids(IdGenerator):
    """Gives the ids that the spans have already: the file of a trace and the collector then speak of the same ones."""

    def __init__(self, trace_id: int) -> None:
        self.next = 0
        self._trace = trace_id

    def generate_span_id(self) -> int:
        return self.next

    def generate_trace_id(self) -> int:
        return self._trace


class _Counting(SpanExporter):
    """Counts the spans that did not arrive; the SDK would only log it."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.lost += len(spans)  # before it is tried, since the exporter may also raise
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.lost -= len(spans)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _named(span: Span) -> dict[str, Value]:
    """The attributes under the names of the conventions."""
    given = span.attributes
    named = {
        _CONVENTIONS.get(name, f"reviewer.{name}"): _cleaned(value) for name, value in given.items() if name != "input_tokens"
    }
    if span.name == REQUEST:
        named |= {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic"}
    if "input_tokens" in given:
        named["gen_ai.usage.input_tokens"] = sum(int(given.get(name, 0)) for name in _OF_PROMPT)
    return named


def _cleaned(value: Value) -> Value:
    """Ids and names that an endpoint made up may repeat a header."""
    return clean(value) if isinstance(value, str) else value


def _resource() -> Resource:
    resource = Resource.create({SERVICE_VERSION: __version__})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return resource.merge(Resource({SERVICE_NAME: "reviewer"}))
    return resource


def _silence() -> None:
    """What the SDK logs (addresses, tracebacks) does not reach the terminal; what was lost is told in a note."""
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
