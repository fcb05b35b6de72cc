"""A trace with the sinks that the operator asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reviewer.errors import ConfigError
from reviewer.tracing.lines import TraceFile
from reviewer.tracing.spans import Sink, Trace

_STDOUT = "-"
_PROTOCOL = "http/protobuf"


def open_trace(file: str | None, environ: Mapping[str, str]) -> Trace:
    """The trace of a run that begins: to `file` (`--trace`), and where OpenTelemetry's standard variables say.

    Without either it is kept in memory alone, for the summary of `-v`. Raises StorageError when the file cannot be written, and
    ConfigError for `-`: standard output carries the report, and standard error is for people. That spans cannot be exported is no
    error but a note.
    """
    if file == _STDOUT:
        raise ConfigError("--trace needs the name of a file", hint="Standard output carries the report.")
    trace = Trace()
    if file is not None:
        trace.add(TraceFile(Path(file), trace.id))
    if _is_exported(environ):
        exporter, note = _exporter(environ, trace.id)
        if exporter is not None:
            trace.add(exporter)
        trace.note(note)
    return trace


def _is_exported(environ: Mapping[str, str]) -> bool:
    """Whether the standard variables ask for an exporter of traces: by its name, or by an address to send to."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    return bool(exporter or environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def _exporter(environ: Mapping[str, str], trace_id: str) -> tuple[Sink | None, str]:
    """What exports the spans, or a note that says why nothing does."""
    names = environ.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or _PROTOCOL
    if "otlp" not in [name.strip() for name in names.split(",")]:
        return None, "No spans are exported: OTEL_TRACES_EXPORTER names another exporter than otlp."
    if protocol.strip() != _PROTOCOL:
        return None, f"No spans are exported: OTEL_EXPORTER_OTLP_PROTOCOL names another protocol than {_PROTOCOL}."
    try:
        from reviewer.tracing.telemetry import Telemetry

        return Telemetry(trace_id), ""
    except ImportError:
        return None, "No spans are exported: OpenTelemetry is not installed. Install reviewer[telemetry]."
    except ValueError:
        return None, "No spans are exported: an OTEL_ variable holds a value that OpenTelemetry cannot use."
