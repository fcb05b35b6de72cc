"""`--trace`, and the summary of time and money at the end of `-v`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reviewer.collect.subject import Subject
from reviewer.commands.target import Target
from reviewer.config import Config
from reviewer.terminal import Terminal
from reviewer.tracing.opening import open_trace
from reviewer.tracing.spans import Trace
from reviewer.tracing.summary import summary


@contextmanager
def traced(config: Config, environ: Mapping[str, str]) -> Iterator[Trace]:
    """A trace of what happens within, as one step that holds all others. However it ends, its summary is told last.

    Raises StorageError and ConfigError, before anything is sent, when the file cannot be written.
    """
    terminal = Terminal(config, environ)
    trace = open_trace(config.trace, environ)
    try:
        with trace, trace.span("run"):
            yield trace
    finally:
        for note in trace.notes:
            terminal.say(note)
        for line in summary(trace):
            terminal.detail(line)


def collected(target: Target, trace: Trace) -> Subject:
    """The target's subject, whose reading is a step of the trace. Raises SourceError."""
    with trace.span("collect") as span:
        subject = target.subject
        span.set(files=len(subject.files), bytes=sum(file.size for file in subject.files), commit=subject.commit)
        return subject
