from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1 import trace_pb2

from otlp_collector import OtlpCollector, plain
from reviewer import __version__
from reviewer.errors import OverBudgetError
from reviewer.tracing.opening import open_trace

USED = {"input_tokens": 100, "cache_read_input_tokens": 20_000, "cache_creation_input_tokens": 3_000, "output_tokens": 400}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpCollector]:
    """A running collector that the standard variable points to."""
    with OtlpCollector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        yield running


def test_the_collector_gets_the_spans_of_the_file_with_their_ids(collector: OtlpCollector, tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    with open_trace(str(file), os.environ) as trace, trace.span("run"):
        with trace.span("collect", files=3):
            pass
        with trace.span("request", model="claude-opus-5-5", pass_name="security"):
            pass

    there = {(span.span_id.hex(), span.parent_span_id.hex() or None, span.trace_id.hex()) for span in collector.spans}
    here = [json.loads(line) for line in file.read_text().splitlines()]
    assert there == {(line["id"], line["parent"], line["trace"]) for line in here}
    assert len(there) == 3
    assert trace.notes == ()


def test_a_request_is_named_by_the_conventions_for_generative_ai(collector: OtlpCollector) -> None:
    with open_trace(None, os.environ) as trace, trace.span("request", model="claude-opus-5-5", pass_name="security") as span:
        span.set(
            answered_by="claude-opus-5-5-20261001",
            message_id="msg_1",
            request_id="req_1",
            cost_usd=0.5,
            retries=2,
            stop="end",
            **USED,
        )

    (sent,) = collector.spans
    assert (sent.name, sent.kind) == ("chat claude-opus-5-5", trace_pb2.Span.SPAN_KIND_CLIENT)
    assert plain(sent.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-opus-5-5",
        "gen_ai.response.model": "claude-opus-5-5-20261001",
        "gen_ai.response.id": "msg_1",
        "gen_ai.usage.input_tokens": 23_100,
        "gen_ai.usage.cache_read.input_tokens": 20_000,
        "gen_ai.usage.cache_creation.input_tokens": 3_000,
        "gen_ai.usage.output_tokens": 400,
        "reviewer.pass": "security",
        "reviewer.request_id": "req_1",
        "reviewer.cost_usd": 0.5,
        "reviewer.retries": 2,
        "reviewer.stop": "end",
    }


def test_a_span_lasts_as_long_as_the_step(collector: OtlpCollector) -> None:
    with open_trace(None, os.environ) as trace, trace.span("plan") as span:
        pass

    (sent,) = collector.spans
    assert sent.start_time_unix_nano == int(span.start * 1e9)
    assert sent.end_time_unix_nano == int((span.start + span.seconds) * 1e9)


def test_of_an_error_only_the_class_goes_out(collector: OtlpCollector) -> None:
    with open_trace(None, os.environ) as trace, pytest.raises(OverBudgetError), trace.span("plan"):
        raise OverBudgetError("marked_7f3a", hint="marked_7f3a")

    (sent,) = collector.spans
    assert (sent.status.code, sent.status.message, len(sent.events)) == (trace_pb2.Status.STATUS_CODE_ERROR, "", 0)
    assert plain(sent.attributes) == {"error.type": "OverBudgetError"}
    assert b"marked" not in collector.requests[0].SerializeToString()


def test_the_service_is_reviewer_and_nothing_says_where_it_runs(collector: OtlpCollector) -> None:
    with open_trace(None, os.environ) as trace, trace.span("run"):
        pass

    assert (collector.resource["service.name"], collector.resource["service.version"]) == ("reviewer", __version__)
    assert [name for name in collector.resource if not name.startswith(("service.", "telemetry."))] == []


def test_the_operator_names_the_service_and_gives_headers(collector: OtlpCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "review-bot")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=octo")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")

    with open_trace(None, os.environ) as trace, trace.span("run"):
        pass

    assert (collector.resource["service.name"], collector.resource["deployment.environment.name"]) == ("review-bot", "ci")
    assert (collector.headers[0]["x-tenant"], collector.headers[0]["Content-Encoding"]) == ("octo", "gzip")


@pytest.mark.parametrize(
    "more",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_nothing_is_sent_unless_the_operator_asks_for_it(collector: OtlpCollector, more: dict[str, str]) -> None:
    with open_trace(None, {**os.environ, **more}) as trace, trace.span("run"):
        pass

    assert (collector.spans, trace.notes) == ([], ())


def test_an_address_for_traces_alone_is_taken_as_it_is(collector: OtlpCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/v1/traces")

    with open_trace(None, os.environ) as trace, trace.span("run"):
        pass

    assert [span.name for span in collector.spans] == ["run"]


@pytest.mark.parametrize(
    ("variable", "value", "note"),
    [
        ("OTEL_TRACES_EXPORTER", "console", "No spans are exported: OTEL_TRACES_EXPORTER names another exporter than otlp."),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "No spans are exported: OTEL_EXPORTER_OTLP_PROTOCOL names another protocol than http/protobuf.",
        ),
        (
            "OTEL_BSP_MAX_QUEUE_SIZE",
            "0",
            "No spans are exported: an OTEL_ variable holds a value that OpenTelemetry cannot use.",
        ),
    ],
)
def test_what_cannot_be_exported_is_a_note(
    collector: OtlpCollector, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, note: str
) -> None:
    monkeypatch.setenv(variable, value)

    with open_trace(None, os.environ) as trace, trace.span("run"):
        pass

    assert (trace.notes, collector.spans) == ((note,), [])


def test_without_the_extra_a_note_says_what_to_install(collector: OtlpCollector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "reviewer.tracing.telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with open_trace(None, os.environ) as trace, trace.span("run"):
        pass

    assert trace.notes == ("No spans are exported: OpenTelemetry is not installed. Install reviewer[telemetry].",)


def test_a_collector_that_refuses_costs_a_note_and_no_word_on_the_terminal(
    collector: OtlpCollector, capfd: pytest.CaptureFixture[str]
) -> None:
    collector.status = 400

    with open_trace(None, os.environ) as trace, trace.span("run"), trace.span("plan"):
        pass

    assert trace.notes == ("2 spans could not be sent to the OpenTelemetry collector; see OTEL_EXPORTER_OTLP_ENDPOINT.",)
    assert capfd.readouterr() == ("", "")


def test_a_collector_that_is_not_there_is_not_waited_for_longer_than_the_operator_allows(
    collector: OtlpCollector, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")

    with open_trace(None, os.environ) as trace, trace.span("run"):
        pass

    assert trace.notes == ("1 span could not be sent to the OpenTelemetry collector; see OTEL_EXPORTER_OTLP_ENDPOINT.",)
    assert capfd.readouterr() == ("", "")


def test_no_library_finds_the_exporter(collector: OtlpCollector) -> None:
    from opentelemetry import trace as global_trace

    with (
        open_trace(None, os.environ) as trace,
        trace.span("run"),
        global_trace.get_tracer("a library").start_as_current_span("alien"),
    ):
        pass

    assert [span.name for span in collector.spans] == ["run"]
