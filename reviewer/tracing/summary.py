"""A trace in a few lines: time and money per phase, for the end of `-v`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewer.tracing.spans import Span, Trace


def summary(trace: Trace) -> tuple[str, ...]:
    """A line for each kind of step, in the order in which the first of each began, indented below the step it is part of."""
    spans = sorted(trace.spans, key=lambda span: span.start)
    below: dict[str | None, list[Span]] = {}
    ids = {span.id for span in spans}
    for span in spans:
        below.setdefault(span.parent if span.parent in ids else None, []).append(span)
    return tuple(_lines(below.get(None, []), below, 0))


def _lines(spans: Sequence[Span], below: Mapping[str | None, list[Span]], depth: int) -> list[str]:
    lines: list[str] = []
    by_label: dict[str, list[Span]] = {}
    for span in spans:
        by_label.setdefault(_label(span), []).append(span)
    for label, same in by_label.items():
        seconds = sum(span.seconds for span in same)
        dollars = sum(_dollars(span, below) for span in same)
        times = f" ({len(same)} times)" if len(same) > 1 else ""
        money = f"  ${dollars:,.4f}" if dollars else ""
        failed = sum(1 for span in same if span.error)
        lines.append(f"{'  ' * depth}{label}{times}: {seconds:,.2f} s{money}" + (f", {failed} failed" if failed else ""))
        lines += _lines([child for span in same for child in below.get(span.id, [])], below, depth + 1)
    return lines


def _label(span: Span) -> str:
    name = span.attributes.get("pass")
    return f"{span.name} ({name})" if name else span.name


def _dollars(span: Span, below: Mapping[str | None, list[Span]]) -> float:
    own = float(span.attributes.get("cost_usd", 0.0))
    return own + sum(_dollars(child, below) for child in below.get(span.id, []))
