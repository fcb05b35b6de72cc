"""The steps of a run as spans: each has a beginning, a length, a parent and an outcome."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from reviewer.tracing.vocabulary import Value, admitted

UNFINISHED = "Unfinished"
"""The error of a step that nobody waited for: of an interrupted run, its requests were paid for all the same."""


@dataclass(slots=True, kw_only=True)
class Span:
    """One step. Complete once it has ended."""

    name: str
    id: str
    """16 hex digits, unique within the trace."""
    parent: str | None
    """The id of the step it is a part of; None for a step that is part of no other."""
    start: float
    """Seconds since 1970 (UTC)."""
    attributes: dict[str, Value] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    """The class name of what ended the step before its time, `UNFINISHED` for one that was under way when the trace was closed; empty
    when nothing did. Never a message: that could quote the repository."""

    def set(self, **attributes: Value | None) -> None:
        """Add what became known; see `vocabulary.py`. What is None is left out. Raises KeyError for a name outside the vocabulary."""
        self.attributes = {**self.attributes, **admitted(attributes)}  # a new one: another thread may be writing the old one


class Sink(Protocol):
    """Somewhere spans go. Called from several threads, one at a time; never raises."""

    def began(self, span: Span) -> None:
        """A step begins; its parent has begun before."""

    def ended(self, span: Span) -> None:
        """A step has ended. Its parent mostly ends later, but not where it did not wait."""

    def close(self) -> Sequence[str]:
        """Let go of files and connections; returns a sentence for each thing that could not be written."""


class Trace:
    """All steps of one run, in the order in which they ended. Close it, or use it in a `with`, once nothing more is to come."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(16)
        """32 hex digits: tells runs apart that are written to one file."""
        self.notes: tuple[str, ...] = ()
        """What the operator should know, a sentence each; complete once the trace is closed."""
        self._sinks: tuple[Sink, ...] = ()
        self._spans: list[Span] = []
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[Span, float]] = {}
        """By id: a step that has not ended, and when it began by the monotonic clock. Oldest first."""
        self._open = threading.local()
        self._first: list[Span] = self._stack()

    def add(self, sink: Sink) -> None:
        """Send the steps there, too; before the first of them begins."""
        self._sinks += (sink,)

    def note(self, text: str) -> None:
        """Add to the notes, unless it is empty."""
        self.notes += (text,) if text else ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The steps that have ended."""
        with self._lock:
            return tuple(self._spans)

    @contextmanager
    def span(self, name: str, **attributes: Value | None) -> Iterator[Span]:
        """A step that lasts as long as the `with`; attributes may be set on it meanwhile.

        Its parent is the step that is open in this thread, else the innermost one that is open in the thread that made the trace: passes
        run in threads of their own.
        """
        span = self._begin(name, admitted(attributes))
        try:
            yield span
        except BaseException as error:
            self._end(span, type(error).__name__)
            raise
        else:
            self._end(span, "")
        finally:
            self._stack().remove(span)

    def set(self, **attributes: Value | None) -> None:
        """Add to the innermost step that is open in this thread, as `Span.set`; nothing happens where none is."""
        for span in self._stack()[-1:]:
            span.set(**attributes)

    def close(self) -> None:
        """End what is still under way, and let every sink finish. What ends later is not told any more."""
        with self._lock:
            for span, _ in reversed(list(self._under_way.values())):
                self._tell_end(span, UNFINISHED)
            sinks, self._sinks = self._sinks, ()
        for sink in sinks:
            for note in sink.close():
                self.note(note)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _stack(self) -> list[Span]:
        if not hasattr(self._open, "spans"):
            self._open.spans = []
        spans: list[Span] = self._open.spans
        return spans

    def _begin(self, name: str, attributes: dict[str, Value]) -> Span:
        stack = self._stack()
        with self._lock:
            above = (stack or self._first)[-1:]
            parent = above[0].id if above else None
            span = Span(name=name, id=secrets.token_hex(8), parent=parent, start=time.time(), attributes=attributes)
            stack.append(span)
            self._under_way[span.id] = span, time.monotonic()
            for sink in self._sinks:
                sink.began(span)
        return span

    def _end(self, span: Span, error: str) -> None:
        with self._lock:
            if span.id in self._under_way:
                self._tell_end(span, error)

    def _tell_end(self, span: Span, error: str) -> None:
        """End a step that is under way; the lock is held."""
        _, began = self._under_way.pop(span.id)
        span.seconds, span.error = time.monotonic() - began, error
        self._spans.append(span)
        for sink in self._sinks:
            sink.ended(span)
