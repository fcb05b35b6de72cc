"""Which window a prompt goes into, decided on an estimate and decided again on the exact count."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import date
from operator import attrgetter

from reviewer.collect.measure import measure
from reviewer.collect.snapshot import Snapshot, SourceFile
from reviewer.errors import ConfigError
from reviewer.plan.catalog import Catalogue
from reviewer.plan.correction import Correction
from reviewer.plan.cost import range_for
from reviewer.plan.decision import Basis, Context, FileTokens, Plan, Shown, TokenRange, WindowName
from reviewer.plan.lifetime import AUTO, lifetime
from reviewer.plan.model import STANDARD_WINDOW, LongContext, Model
from reviewer.plan.overflow import REQUEST_BYTES, overflow
from reviewer.plan.passes import Depth, Pass, planned
from reviewer.plan.price_steps import step_note
from reviewer.plan.sample import HALF_WIDTH
from reviewer.plan.tokens import FRAME, all_tokens, band, basis_note, file_tokens, total_measure

_ANSWER = 32_000
"""Tokens reserved for an answer, thinking included: some eighty findings after a good deal of thought."""
_LONG_ANSWER = 64_000
_LONG_EFFORTS = frozenset({"xhigh", "max"})
"""The efforts at which the provider advises to leave room for at least 64,000 tokens."""
_LEEWAY = 0.10
"""How far outside the estimate's range, as a share of its end, the count of an endpoint that is not the provider's own may lie."""
_ESCAPED = 1.2
"""How much larger a text gets in JSON: line ends, quotes and backslashes take two bytes."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Window:
    name: WindowName
    tokens: int
    betas: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What of a change goes in beside the documents of its base."""

    changed: Sequence[SourceFile] = ()
    """The changed files, whole, at the head."""
    outlined: Sequence[SourceFile] = ()
    """Files of the base, each measured as what goes in of it: its signatures."""
    tokens: int = 0
    """Of the diff and the author's words, uncorrected."""
    bytes: int = 0
    """Of the same."""


def make_plan(
    snapshot: Snapshot,
    model: Model,
    *,
    catalogue: Catalogue,
    context: str,
    effort: str | None,
    max_output: int | None,
    fixed_tokens: int,
    correction: Correction | None,
    today: date,
    change: Parts | None = None,
    passes: tuple[Pass, ...] = planned(Depth.QUICK),
    cache: str = AUTO,
) -> Plan:
    """Decide everything on the local estimate; nothing is sent.

    `fixed_tokens` is what is sent besides the documents and the change, in the model's tokens, uncorrected. Raises ConfigError for an
    effort, an answer length or a context the model does not have. A prompt that fits nowhere is no error here: `window` is None and `overflow` says why.
    """
    wanted = Context(context)
    model.check_effort(effort)
    model.check_max_output(max_output)
    _check_context(model, wanted, catalogue)
    parts = change or Parts()
    basis = _basis(snapshot, model, parts, catalogue, wanted, fixed_tokens, correction, today, passes)
    return _decided(
        Plan(
            model=model,
            window=None,
            window_tokens=0,
            betas=(),
            max_output=max_output or default_max_output(model, effort),
            effort=effort,
            passes=(),
            lifetime=lifetime(cache, model, effort, passes),
            tokens=band(basis.uncorrected, model.tokenizer, correction),
            cost=None,
            per_file=_per_file(
                {Shown.WHOLE: snapshot.files, Shown.CHANGED: parts.changed, Shown.SIGNATURES: parts.outlined}, model, correction
            ),
            notes=(),
            basis=basis,
        )
    )


def _basis(
    snapshot: Snapshot,
    model: Model,
    parts: Parts,
    catalogue: Catalogue,
    wanted: Context,
    fixed_tokens: int,
    correction: Correction | None,
    today: date,
    passes: tuple[Pass, ...],
) -> Basis:
    files = (*snapshot.files, *parts.changed, *parts.outlined)
    documents = total_measure(files, measure(_names(files)))
    fixed = fixed_tokens + parts.tokens
    return Basis(
        catalogue=catalogue,
        context=wanted,
        today=today,
        measure=documents,
        fixed_tokens=fixed,
        request_bytes=round((sum(file.size for file in files) + parts.bytes) * _ESCAPED),
        uncorrected=round(file_tokens(documents, model.tokenizer) + fixed),
        note=basis_note(model.tokenizer, correction),
        passes=passes,
        change_tokens=parts.tokens,
    )


def believed(estimated: TokenRange, count: int | None, *, is_providers_own: bool) -> TokenRange | None:
    """The tokens by an endpoint's count of what was `estimated`; None where it did not count, or counted with a wrong tokenizer.

    The provider's own count is what it bills. Another endpoint's is evidence: the money is held to the larger of count and estimate, and
    a count well outside the estimate's range is not believed.
    """
    if count is None:
        return None
    if not is_providers_own and not estimated.low * (1 - _LEEWAY) <= count <= estimated.high * (1 + _LEEWAY):
        return None
    return TokenRange(estimate=count, low=count, high=count if is_providers_own else max(count, estimated.estimate), exact=count)


def settle(plan: Plan, count: int | None, *, is_providers_own: bool) -> Plan:
    """The same decision once more, with the endpoint's count of the whole request; None where it did not count.

    Without a count that can be believed, the estimate's range stays. Whether the window holds it, the endpoint then says: its refusal costs
    nothing.
    """
    tokens = believed(plan.tokens, count, is_providers_own=is_providers_own)
    if tokens is None:
        return _uncounted(plan, count)
    factor = tokens.estimate / plan.tokens.estimate if plan.tokens.estimate else 1.0
    return _decided(
        dataclasses.replace(
            plan,
            tokens=tokens,
            per_file=_scaled(plan.per_file, factor),
            basis=dataclasses.replace(plan.basis, note=""),
        )
    )


def _uncounted(plan: Plan, count: int | None) -> Plan:
    """The plan by its estimate, though the window may not hold that. Notes say so, and which count was not believed."""
    tokens, notes = plan.tokens, [note for note in plan.notes if note != _undecided(plan)]
    if count is not None:
        notes.append(
            f"The endpoint counts {count:,} tokens, which the estimate of {tokens.low:,} to {tokens.high:,} rules out: "
            "its count was not used."
        )
    if plan.needs_exact:
        notes.append(
            f"The estimate cannot tell whether the prompt fits into {plan.window_tokens:,} tokens. "
            "If it does not, the endpoint refuses it, which costs nothing."
        )
    return dataclasses.replace(plan, needs_exact=False, notes=tuple(notes))


def settle_by_sample(plan: Plan, ratio: float) -> Plan:
    """The same decision, after the provider counted a sample of the text: `ratio` times what was estimated, before any correction."""
    estimate = plan.basis.uncorrected * ratio
    factor = estimate / plan.tokens.estimate if plan.tokens.estimate else 1.0
    low, high = math.floor(estimate * (1 - HALF_WIDTH)), math.ceil(estimate * (1 + HALF_WIDTH))
    return _decided(
        dataclasses.replace(
            plan,
            tokens=TokenRange(estimate=round(estimate), low=low, high=high),
            per_file=_scaled(plan.per_file, factor),
            basis=dataclasses.replace(
                plan.basis, note="The estimate is corrected by what the provider counted for a sample of the text."
            ),
        )
    )


def with_more(plan: Plan, tokens: float, size: int, correction: Correction | None) -> Plan:
    """The same decision for a prompt of so many tokens (uncorrected) more, in about `size` bytes more; by estimate."""
    basis = plan.basis
    in_json = basis.request_bytes + round(size * _ESCAPED)
    basis = dataclasses.replace(basis, uncorrected=basis.uncorrected + round(tokens), request_bytes=in_json)
    return _decided(dataclasses.replace(plan, tokens=band(basis.uncorrected, plan.model.tokenizer, correction), basis=basis))


def default_max_output(model: Model, effort: str | None) -> int:
    """Tokens to reserve for an answer when the operator did not say: never more than a quarter of the window or than the model can write."""
    wanted = _LONG_ANSWER if effort in _LONG_EFFORTS else _ANSWER
    return max(1, min(wanted, model.max_output_tokens, model.largest_window // 4))


def _check_context(model: Model, wanted: Context, catalogue: Catalogue) -> None:
    if wanted is Context.LONG and model.largest_window <= STANDARD_WINDOW:
        names = [name for name in catalogue.short_names if catalogue.find(name).largest_window > STANDARD_WINDOW]
        raise ConfigError(
            f"{model.id} holds {model.largest_window:,} tokens and has no larger window.",
            hint=f"Leave --context out, or take another --model: {', '.join(names)}.",
        )


def _windows(model: Model, wanted: Context) -> list[_Window]:
    """The windows the operator allows, smallest first; never none."""
    standard = _Window(WindowName.STANDARD, min(STANDARD_WINDOW, model.context_tokens))
    windows = [] if wanted is Context.LONG else [standard]
    if wanted is not Context.STANDARD and model.largest_window > STANDARD_WINDOW:
        asked = model.long_context is LongContext.BETA and model.long_context_beta is not None
        betas = (model.long_context_beta,) if asked and model.long_context_beta else ()
        windows.append(_Window(WindowName.LONG, model.largest_window, betas))
    return windows


def _decided(plan: Plan) -> Plan:
    """Fill in everything that follows from the tokens."""
    basis, tokens = plan.basis, plan.tokens
    windows = _windows(plan.model, basis.context)
    fitting = [window for window in windows if tokens.to_fit + plan.max_output <= window.tokens]
    perhaps = tokens.low + plan.max_output <= windows[-1].tokens
    sendable = bool(plan.per_file or basis.change_tokens) and basis.request_bytes <= REQUEST_BYTES and (bool(fitting) or perhaps)
    window = fitting[0] if fitting else windows[-1]
    passes = basis.passes if sendable else ()
    room = _sendable_part(tokens, window.tokens - plan.max_output)
    asked = band(basis.fixed_tokens - basis.change_tokens, plan.model.tokenizer).high
    decided = dataclasses.replace(
        plan,
        window=window.name if sendable else None,
        window_tokens=window.tokens,
        betas=window.betas if sendable else (),
        passes=passes,
        cost=range_for(plan.model, room, plan.max_output, passes, plan.lifetime, question=asked),
        needs_exact=sendable and not fitting,
    )
    return dataclasses.replace(decided, overflow=None if sendable else overflow(decided), notes=_notes(decided))


def _sendable_part(tokens: TokenRange, room: int) -> TokenRange:
    """A prompt longer than the room there is will never be paid for."""
    return dataclasses.replace(tokens, high=max(tokens.low, min(tokens.high, room)))


def _notes(plan: Plan) -> tuple[str, ...]:
    notes = [*plan.model.warnings(plan.basis.today), plan.basis.note]
    if plan.needs_exact:
        notes.append(_undecided(plan))
    if plan.model.retains_data:
        notes.append(f"The provider keeps what is sent to {plan.model.id} for 30 days, whatever your account's terms are.")
    notes.append(step_note(plan))
    return tuple(note for note in notes if note)


def _undecided(plan: Plan) -> str:
    return f"The estimate cannot tell whether the prompt fits into {plan.window_tokens:,} tokens: it is counted before anything is sent."


def _names(files: Sequence[SourceFile]) -> bytes:
    return "\n".join([file.path for file in files]).encode("utf-8", "replace")


def _per_file(files: Mapping[Shown, Sequence[SourceFile]], model: Model, correction: Correction | None) -> tuple[FileTokens, ...]:
    ratio = correction.ratio if correction is not None else 1.0
    frame = file_tokens(FRAME, model.tokenizer)
    rows: list[FileTokens] = []
    for shown, group in files.items():
        tokens = all_tokens([file.measure for file in group], model.tokenizer)
        rows += [FileTokens(file.path, round((each + frame) * ratio), shown) for file, each in zip(group, tokens, strict=True)]
    rows.sort(key=attrgetter("tokens"), reverse=True)
    return tuple(rows)


def _scaled(files: Sequence[FileTokens], factor: float) -> tuple[FileTokens, ...]:
    return tuple(FileTokens(file.path, round(file.tokens * factor), file.shown) for file in files)
