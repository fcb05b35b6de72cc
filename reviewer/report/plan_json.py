"""A Plan as JSON, in the form of `docs/plan.schema.json`. Fields may be added; none changes its meaning or goes away."""

from __future__ import annotations

from typing import Any

from reviewer.collect.snapshot import Snapshot
from reviewer.plan.decision import CostRange, Plan, TokenRange
from reviewer.report.printable import dumps, printable, printable_path

SCHEMA_VERSION = 1
LARGEST = 100
"""Files named under `largest`; they hold most of the tokens of any repository."""


def render(plan: Plan, snapshot: Snapshot) -> str:
    """The plan as one JSON object and a line feed."""
    return dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "model": plan.model.id,
            "window": plan.window.value if plan.window else None,
            "window_tokens": plan.window_tokens,
            "betas": list(plan.betas),
            "max_output": plan.max_output,
            "effort": plan.effort,
            "requests": plan.requests,
            "tokens": _tokens(plan.tokens),
            "needs_exact": plan.needs_exact,
            "cost_usd": _cost(plan.cost),
            "overflow": printable(str(plan.overflow)) if plan.overflow else None,
            "notes": [printable(note) for note in (*snapshot.notes, *plan.notes)],
            "commit": snapshot.commit,
            "scope": printable_path(snapshot.scope),
            "guidance": [printable_path(path) for path in snapshot.guidance],
            "files": {
                "read": len(snapshot.files),
                "skipped": len(snapshot.skipped),
                "read_bytes": sum(file.size for file in snapshot.files),
                "read_lines": sum(file.lines for file in snapshot.files),
            },
            "largest": [{"path": printable_path(file.path), "tokens": file.tokens} for file in plan.per_file[:LARGEST]],
            "skipped": [
                {"path": printable_path(file.path), "reason": file.reason.value, "detail": printable(file.detail)}
                for file in snapshot.skipped
            ],
        }
    )


def _tokens(tokens: TokenRange) -> dict[str, int | None]:
    return {"estimate": tokens.estimate, "low": tokens.low, "high": tokens.high, "exact": tokens.exact}


def _cost(cost: CostRange | None) -> dict[str, Any] | None:
    return {"low": round(cost.low, 6), "high": round(cost.high, 6)} if cost else None
