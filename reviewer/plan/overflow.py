"""What to tell someone whose prompt fits no window: the biggest eaters, the models that would hold it, the flags that shrink it."""

from __future__ import annotations

from collections import Counter

from reviewer.plan.decision import Context, Overflow, Plan
from reviewer.plan.model import Model, Status, Tokenizer
from reviewer.plan.tokens import band, file_tokens

REQUEST_BYTES = 32_000_000
"""The longest body of a request. The provider says 32 MB; the decimal reading is the safe one."""

_SHOWN = 5
_LEAST_ANSWER = 8_000
"""Tokens. Less room than this for the answer is no advice."""


def overflow(plan: Plan) -> Overflow:
    """Why nothing of `plan` can be sent, in plain text."""
    if not plan.per_file and not plan.basis.change_tokens:
        return Overflow("There is no file to review.", "", "")
    return Overflow(_size(plan), _eaters(plan), " ".join(part for part in (_models(plan), _flags(plan)) if part))


def _size(plan: Plan) -> str:
    tokens = plan.tokens
    size = f"{tokens.exact:,}" if tokens.exact is not None else f"about {tokens.estimate:,} ({tokens.low:,} to {tokens.high:,})"
    if plan.basis.request_bytes > REQUEST_BYTES:
        return f"The request has about {plan.basis.request_bytes:,} bytes, and the provider takes {REQUEST_BYTES:,}."
    allowed = " allowed by --context standard" if _held_back(plan) else ""
    excess = tokens.estimate + plan.max_output - plan.window_tokens
    return (
        f"The prompt has {size} tokens, with {plan.max_output:,} more for the answer; {plan.model.id} has {plan.window_tokens:,}{allowed}: "
        f"{excess:,} too many."
    )


def _held_back(plan: Plan) -> bool:
    return plan.basis.context is Context.STANDARD and plan.window_tokens < plan.model.largest_window


def _eaters(plan: Plan) -> str:
    files = ", ".join(f"{file.path} ({file.tokens:,})" for file in plan.per_file[:_SHOWN])
    folders: Counter[str] = Counter()
    for file in plan.per_file:
        folder, slash, _ = file.path.partition("/")
        folders[folder + slash if slash else "./"] += file.tokens
    largest = ", ".join(f"{folder} ({tokens:,})" for folder, tokens in folders.most_common(_SHOWN))
    return f"Largest folders: {largest}. Largest files: {files}."


def _models(plan: Plan) -> str:
    holding = [model for model in plan.basis.catalogue.models if model.id != plan.model.id and _would_hold(plan, model)]
    if not holding:
        return "No other model of the catalogue would hold it." if not _held_back(plan) else ""
    holding.sort(key=lambda model: (model.status is not Status.ACTIVE, model.price[0].input if model.price else 0.0))
    return f"Models that would hold it: {', '.join(model.id for model in holding[:_SHOWN])}."


def _would_hold(plan: Plan, model: Model) -> bool:
    """Whether the window of another model, with its own tokenizer, surely holds the prompt; never one on its way out."""
    if model.status not in {Status.ACTIVE, Status.LEGACY} or model.retired_on(plan.basis.today) or model.restricted:
        return False
    high = plan.tokens.to_fit if model.tokenizer is plan.model.tokenizer else _high(plan, model.tokenizer)
    answer = min(plan.max_output, model.max_output_tokens)
    return high + answer <= model.largest_window and plan.basis.request_bytes <= REQUEST_BYTES


def _high(plan: Plan, tokenizer: Tokenizer) -> int:
    return band(file_tokens(plan.basis.measure, tokenizer) + plan.basis.fixed_tokens, tokenizer).high


def _flags(plan: Plan) -> str:
    flags = []
    if _held_back(plan) and plan.tokens.to_fit + plan.max_output <= plan.model.largest_window:
        flags.append("--context 1m allows the model's whole window")
    room = plan.window_tokens - plan.tokens.to_fit
    if _LEAST_ANSWER <= room < plan.max_output:
        flags.append(f"--max-output {room} leaves room for a shorter answer")
    flags.append("--exclude, --include, --max-file-bytes and a .reviewerignore leave files out")
    return f"What helps: {'; '.join(flags)}."
