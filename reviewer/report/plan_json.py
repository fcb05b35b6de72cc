"""A Plan as JSON, in the form of `docs/plan.schema.json`. Fields may be added; none changes its meaning or goes away."""

from __future__ import annotations

from typing import Any

from reviewer.collect.files import path_bytes
from reviewer.collect.subject import Subject
from reviewer.plan.cost import prefix_price
from reviewer.plan.decision import CostRange, Plan, Shown, TokenRange
from reviewer.report.printable import dumps, printable, printable_path

SCHEMA_VERSION = 1
LARGEST = 100
"""Files named under `largest`; they hold most of the tokens of any repository."""


def render(plan: Plan, subject: Subject) -> str:
    """The plan as one JSON object and a line feed."""
    snapshot = subject.snapshot
    notes = (*snapshot.notes, *(subject.change.notes if subject.change else ()), *plan.notes)
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
            "passes": [{"name": printable(each.name), "kind": each.kind.value} for each in plan.passes],
            "cache": _cache(plan),
            "tokens": _tokens(plan.tokens),
            "needs_exact": plan.needs_exact,
            "cost_usd": _cost(plan.cost),
            "overflow": printable(str(plan.overflow)) if plan.overflow else None,
            "notes": [printable(note) for note in notes],
            "commit": snapshot.commit,
            "scope": printable_path(snapshot.scope),
            "guidance": [printable_path(path) for path in snapshot.guidance],
            "files": _files(subject),
            "largest": [
                {"path": printable_path(file.path), "tokens": file.tokens, "shown": file.shown.value}
                for file in plan.per_file[:LARGEST]
            ],
            "skipped": [
                {"path": printable_path(file.path), "reason": file.reason.value, "detail": printable(file.detail)}
                for file in subject.skipped
            ],
            "change": _change(plan, subject),
            "outlined": [
                {"path": printable_path(file.path), "tokens": file.tokens}
                for file in sorted(plan.per_file, key=lambda file: path_bytes(file.path))
                if file.shown is Shown.SIGNATURES
            ],
        }
    )


def _files(subject: Subject) -> dict[str, int]:
    files = subject.files
    return {
        "read": len(files),
        "skipped": len(subject.skipped),
        "read_bytes": sum(file.size for file in files),
        "read_lines": sum(file.lines for file in files),
        "outlined": len(subject.outlines),
    }


def _change(plan: Plan, subject: Subject) -> dict[str, Any] | None:
    change = subject.change
    if change is None:
        return None
    tokens = {shown: sum(file.tokens for file in plan.per_file if file.shown is shown) for shown in Shown}
    return {
        "label": printable(change.label),
        "base": change.base.commit,
        "head": change.head.commit,
        "files": len(change.files),
        "added": sum(file.added for file in change.files),
        "removed": sum(file.removed for file in change.files),
        "tokens": {"diff": plan.basis.change_tokens, **{shown.value: number for shown, number in tokens.items()}},
    }


def _cache(plan: Plan) -> dict[str, Any] | None:
    """What the shared prefix costs by the estimate; None when the price is unknown."""
    tokens = plan.tokens.estimate
    price = prefix_price(plan.model, tokens, plan.lifetime)
    if price is None:
        return None
    return {
        "lifetime": plan.lifetime.value,
        "write_usd": round(tokens * price.write, 6),
        "read_usd": round(tokens * price.read, 6),
        "plain_usd": round(tokens * price.plain, 6),
    }


def _tokens(tokens: TokenRange) -> dict[str, int | None]:
    return {"estimate": tokens.estimate, "low": tokens.low, "high": tokens.high, "exact": tokens.exact}


def _cost(cost: CostRange | None) -> dict[str, Any] | None:
    return {"low": round(cost.low, 6), "high": round(cost.high, 6), "needed": round(cost.needed, 6)} if cost else None
