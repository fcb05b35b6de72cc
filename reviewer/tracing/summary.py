"""A trace in a few lines: time and money per phase, for the end of `-v`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviewer.tracing.spans import Span, Trace

_Below = Mapping[str | None, Sequence[Span]]
"""A step's id → the steps it is made of."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One kind of step within one step."""

    label: str
    seconds: float
    """Of all its steps; more than the time that passed where they ran side by side."""
    dollars: float
    failed: int


def summary(trace: Trace) -> tuple[str, ...]:
    """A line for each kind of step, in the order in which the first of each began, indented below the step it is part of."""
    below: dict[str | None, list[Span]] = {}
    spans = sorted(trace.spans, key=lambda span: span.start)
    ids = {span.id for span in spans}
    for span in spans:
        below.setdefault(span.parent if span.parent in ids else None, []).append(span)
    rows = list(_rows(below.get(None, []), below, ""))
    width = max((len(row.label) for row in rows), default=0)
    return tuple(_line(row, width) for row in rows)


def _rows(spans: Sequence[Span], below: _Below, indent: str) -> Iterator[_Row]:
    alike: dict[str, list[Span]] = {}
    for span in spans:
        alike.setdefault(_label(span), []).append(span)
    for label, same in alike.items():
        yield _Row(
            label=f"{indent}{label}" + (f" ({len(same)} times)" if len(same) > 1 else ""),
            seconds=sum(span.seconds for span in same),
            dollars=sum(_dollars(span, below) for span in same),
            failed=sum(1 for span in same if span.error),
        )
        yield from _rows([part for span in same for part in below.get(span.id, [])], below, indent + "  ")


def _line(row: _Row, width: int) -> str:
    money = f"  ${row.dollars:,.4f}" if row.dollars else ""
    failed = f"  {row.failed} failed" if row.failed else ""
    return f"{row.label:<{width}} {row.seconds:>9,.2f} s{money}{failed}"


def _label(span: Span) -> str:
    name = span.attributes.get("pass")
    return f"{span.name} {name}" if name else span.name


def _dollars(span: Span, below: _Below) -> float:
    return float(span.attributes.get("cost_usd", 0.0)) + sum(_dollars(part, below) for part in below.get(span.id, []))
