"""A Plan as text for a terminal: what goes in, what stays out and why, what eats the tokens, what it costs. No colours."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reviewer.collect.subject import Subject
from reviewer.engine.interface import Lifetime
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.cost import prefix_price
from reviewer.plan.decision import CostRange, FileTokens, Plan, Shown, TokenRange
from reviewer.plan.passes import Pass, PassKind
from reviewer.report.amounts import bytes_text, counted
from reviewer.report.inert import visible, visible_path
from reviewer.report.token_tree import Row, biggest

_LABEL = 9
"""Columns of the labels at the left."""
_NARROWEST = 50
_WIDEST = 120
_EXAMPLES = 3
"""Skipped files named for each reason; the JSON plan lists all."""


def render(plan: Plan, subject: Subject, *, width: int) -> str:
    """The plan in lines of at most `width` columns (never under 50), ending with a line feed."""
    columns = min(max(width, _NARROWEST), _WIDEST)
    sections = [
        _facts(plan, subject, columns),
        [] if subject.nothing else _eaters(plan, columns),
        _skipped(subject.skipped, columns),
        _notes((*subject.snapshot.notes, *(subject.change.notes if subject.change else ()), *plan.notes), columns),
    ]
    return "\n".join("\n".join(section) + "\n" for section in sections if section)


def _facts(plan: Plan, subject: Subject, columns: int) -> list[str]:
    size = sum(file.size for file in subject.files)
    lines = sum(file.lines for file in subject.files)
    outlined = f", {len(subject.outlines):,} by their signatures" if subject.outlines else ""
    facts = {
        "Change": _change(plan, subject),
        "Files": f"{len(subject.files):,} read ({bytes_text(size)}, {counted(lines, 'line')}){outlined}, {len(subject.skipped):,} skipped",
        "Around it": _around(plan, subject),
        "Tokens": _tokens(plan.tokens),
        "Model": plan.model.id + (f", effort {plan.effort}" if plan.effort else ""),
        "Window": _window(plan),
        "Requests": _requests(plan),
        "Cache": _cache(plan),
        "Cost": _cost(plan.cost),
    }
    if subject.nothing:
        facts = {"Change": facts["Change"]}
    elif plan.overflow is not None:
        del facts["Requests"], facts["Cache"], facts["Cost"]
        # The biggest eaters follow as a tree.
        facts["Hint"] = visible(plan.overflow.helps)
    return [line for label, fact in facts.items() if fact for line in _wrapped(fact, columns, label)]


def _change(plan: Plan, subject: Subject) -> str:
    """What is changed, and how much of it goes in; empty when the repository is reviewed as it is."""
    change = subject.change
    if change is None or subject.head is None:
        return ""
    added, removed = sum(file.added for file in change.files), sum(file.removed for file in change.files)
    whole = f"{counted(len(subject.head.files), 'file')} whole, {_taken(plan, Shown.CHANGED)}" if subject.head.files else ""
    parts = [
        f"{visible(change.label)}: {counted(len(change.files), 'file')}, {counted(added, 'line')} added, {removed:,} removed"
    ]
    if not subject.nothing:
        parts.append(f"the diff, {plan.basis.change_tokens:,} tokens")
    parts.append(whole)
    return "; ".join(part for part in parts if part)


def _around(plan: Plan, subject: Subject) -> str:
    """What goes in of the base, and in what form; empty when the repository is reviewed as it is."""
    if subject.change is None:
        return ""
    no_room = sum(file.reason is SkipReason.NO_ROOM for file in subject.snapshot.skipped)
    forms = {
        "whole": (len(subject.snapshot.files), _taken(plan, Shown.WHOLE)),
        "as signatures": (len(subject.outlines), _taken(plan, Shown.SIGNATURES)),
        "by name only": (no_room, ""),
    }
    return "; ".join(
        ", ".join(part for part in (f"{counted(number, 'file')} {form}", tokens) if part)
        for form, (number, tokens) in forms.items()
        if number
    )


def _taken(plan: Plan, shown: Shown) -> str:
    return f"{sum(file.tokens for file in plan.per_file if file.shown is shown):,} tokens"


def _tokens(tokens: TokenRange) -> str:
    if tokens.exact is not None:
        return f"{tokens.exact:,} (counted by the endpoint)"
    return f"about {tokens.estimate:,} (between {tokens.low:,} and {tokens.high:,})"


def _window(plan: Plan) -> str:
    if plan.overflow is not None:
        return f"none. {visible(plan.overflow.reason)}"
    share = (plan.tokens.estimate + plan.max_output) / plan.window_tokens
    unsure = (
        "; the estimate could overflow it, so the provider is asked to count before anything is sent" if plan.needs_exact else ""
    )
    return f"{plan.window} ({plan.window_tokens:,} tokens, {share:.0%} taken, the answer's share included{unsure})"


def _requests(plan: Plan) -> str:
    looks = [each for each in plan.passes if each.kind is PassKind.LOOK]
    size = f"with up to {plan.max_output:,} tokens of answer{' each' if plan.requests > 1 else ''}"
    if plan.requests == 1:
        return f"1, {size}"
    named = f"{len(looks):,} looks ({_lenses(looks)})" if looks[1:] else "one look"
    verified = ", then what they found is verified" if len(looks) > 1 else ", then what it found is verified"
    return f"{plan.requests:,}, {size}: {visible(named)}{verified if len(looks) < plan.requests else ''}"


def _lenses(looks: Sequence[Pass]) -> str:
    """The looks by their lenses; how often each of them looks is one number."""
    lenses = tuple(dict.fromkeys(each.lens.name if each.lens else each.name for each in looks))
    times = len(looks) // len(lenses)
    if times == 1:
        return ", ".join(lenses)
    return f"{lenses[0]}, {times:,} times" if len(lenses) == 1 else f"{', '.join(lenses)}; {times:,} times each"


def _cache(plan: Plan) -> str:
    """What the shared prefix costs; empty for a single request, and where nothing is cached or no price is known."""
    tokens = plan.tokens.estimate
    price = prefix_price(plan.model, tokens, plan.lifetime)
    if price is None or plan.requests < 2 or price.read == price.plain:  # noqa: PLR2004 - one request reads nothing again
        return ""
    kept = "an hour" if plan.lifetime is Lifetime.ONE_HOUR else "5 minutes"
    again = plan.requests - 1
    return (
        f"the prompt is written once for ${tokens * price.write:,.2f} (kept for {kept}) and read {again:,} more "
        f"time{'s' if again > 1 else ''} for ${tokens * price.read:,.2f} instead of ${tokens * price.plain:,.2f}"
        f"{' each' if again > 1 else ''}"
    )


def _cost(cost: CostRange | None) -> str:
    if cost is None:
        return "unknown: the catalogue has no price for this model"
    return f"${cost.low:,.2f} to ${cost.high:,.2f}"


def _eaters(plan: Plan, columns: int) -> list[str]:
    by_path: Counter[str] = Counter()
    for file in plan.per_file:
        by_path[file.path] += file.tokens  # a changed file may be there twice
    rows = biggest(FileTokens(path, tokens) for path, tokens in by_path.items())
    if not rows:
        return []
    total = by_path.total()
    return ["What takes the most tokens", *(_row(row, total, columns) for row in rows)]


def _row(row: Row, total: int, columns: int) -> str:
    share = row.tokens / total if total else 0.0
    more = f"  ({row.files:,} files)" if row.files > 1 else ""
    figures = f"  {row.tokens:>11,}  {share:>4.0%}  "
    name = "  " * row.depth + visible_path(row.name)
    room = columns - len(figures) - len(more)
    return figures + _cut(name, room) + more


def _skipped(skipped: Iterable[SkippedFile], columns: int) -> list[str]:
    by_reason: dict[SkipReason, list[str]] = {}
    for file in skipped:
        by_reason.setdefault(file.reason, []).append(file.path)
    ordered = sorted(by_reason.items(), key=lambda entry: -len(entry[1]))
    return ["Skipped", *(_reason(reason, paths, columns) for reason, paths in ordered)] if ordered else []


def _reason(reason: SkipReason, paths: list[str], columns: int) -> str:
    examples = ", ".join([*map(visible_path, paths[:_EXAMPLES]), *(["…"] if len(paths) > _EXAMPLES else [])])
    return _cut(f"  {len(paths):>11,}  {reason}: {examples}", columns)


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else text[: columns - 1] + "…"


def _notes(notes: Iterable[str], columns: int) -> Iterator[str]:
    for note in notes:
        yield from _wrapped(visible(note), columns, "Note")


def _wrapped(text: str, columns: int, label: str) -> list[str]:
    indent = " " * (_LABEL + 1)
    return textwrap.wrap(
        text,
        columns,
        initial_indent=f"{label:<{_LABEL}} ",
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
