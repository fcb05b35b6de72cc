"""The kept runs as a table for a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reviewer.report.inert import visible_line
from reviewer.report.printable import dumps, printable
from reviewer.run_list import Listed, Standing

_HEAD = ("RUN", "AGE", "REPOSITORY", "COMMIT", "STATE", "PASSES", "COST")
_COMMIT = 12
"""Digits of a commit id."""
_LONGEST_NAME = 40
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def runs_text(runs: Sequence[Listed], now: datetime) -> str:
    """A table, a run a line."""
    rows = [_HEAD, *(_row(each, now) for each in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows)


def runs_json(runs: Sequence[Listed]) -> str:
    """One JSON object: `schema_version`, and `runs`, newest first."""
    return dumps({"schema_version": 1, "runs": [_entry(each) for each in runs]})


def _row(run: Listed, now: datetime) -> tuple[str, ...]:
    record = run.record
    name = visible_line(record.subject)
    return (
        visible_line(record.id),
        _age(record.started, now),
        name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
        visible_line((record.commit or "")[:_COMMIT]) or "-",
        run.standing.value,
        f"{run.done} of {run.planned}" if run.planned else "-",
        "unknown" if run.cost_usd is None else f"{'at least ' if run.is_at_least else ''}${run.cost_usd:,.2f}",
    )


def _entry(run: Listed) -> dict[str, object]:
    record = run.record
    asked = record.asked
    return {
        "id": record.id,
        "state": run.standing.value,
        "started": record.started,
        "updated": record.updated,
        "subject": printable(record.subject),
        "path": printable(asked.path) if asked else "",
        "pull_request": asked.pull_request if asked else "",
        "commit": record.commit,
        "model": record.model,
        "passes_done": run.done,
        "passes_planned": run.planned,
        "cost_usd": run.cost_usd,
        "bytes": run.bytes,
        "resumable": run.standing is not Standing.RUNNING and not run.obstacle,
        "obstacle": printable(run.obstacle),
        "problem": printable(record.problem),
        "folder": printable(str(run.folder)),
    }


def _age(started: str, now: datetime) -> str:
    try:
        seconds = (now - datetime.fromisoformat(started)).total_seconds()
    except (ValueError, TypeError):
        return "?"
    for unit, word in _UNITS:
        if seconds >= unit:
            return f"{int(seconds // unit)} {word}"
    return "now"
