"""A trace with the sinks that the operator asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reviewer.errors import ConfigError
from reviewer.tracing.lines import TraceFile
from reviewer.tracing.spans import Trace

_STDOUT = "-"


def open_trace(file: str | None, environ: Mapping[str, str]) -> Trace:
    """The trace of a run that begins: to `file` (`--trace`), and where the OpenTelemetry variables of `environ` say.

    Without either it is kept in memory alone, for the summary of `-v`. Raises StorageError when the file cannot be written, and
    ConfigError for `-`: standard output carries the report, and standard error is for people.
    """
    trace = Trace()
    if file is None:
        return trace
    if file == _STDOUT:
        raise ConfigError("--trace needs the name of a file", hint="Standard output carries the report.")
    return Trace((TraceFile(Path(file), trace.id),), id=trace.id)
