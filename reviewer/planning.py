"""The first half of the story: a subject and what is wished of a model → the plan. Nothing is sent, and nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from math import inf

from reviewer.collect.measure import SAMPLED_ABOVE, measure
from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.collect.subject import Earlier, Subject
from reviewer.collect.texts import read_texts
from reviewer.outcome import SkipReason
from reviewer.plan.catalog import Catalogue, Model
from reviewer.plan.correction import Correction
from reviewer.plan.decision import Context, Plan, Scope
from reviewer.plan.lifetime import AUTO
from reviewer.plan.model import Tokenizer
from reviewer.plan.pack import Forms, Ranked, only, pack
from reviewer.plan.passes import Depth, Lens, planned
from reviewer.plan.tokens import FRAME, capacity, file_tokens
from reviewer.plan.window import Parts, make_plan, with_more
from reviewer.prompt import change_text, frame_tokens
from reviewer.templating import Templates

_STEPS = 40
"""The room for files is rounded down to so many parts of the window: a push that makes the diff a little longer then leaves the same room,
and so the same choice of files, which the provider's cache still holds."""
_TRIES = 4
"""How often the choice is narrowed when the names of what is left out, which are only known afterwards, take more than was thought."""
_COUNTED = 0.02
"""Half the width of the band once the provider has counted nearly the same prompt."""
_GAIN = 1.05
"""A second choice is worth a second count when it fills the window by so much more."""

Rank = Callable[[], Sequence[Ranked]]
"""Ranks the files of the base by what they have to do with the change; called only when not all of them fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator asked of a model's review."""

    model: Model
    catalogue: Catalogue
    context: Context
    scope: Scope = Scope.REPO
    """How wide to look around a change."""
    depth: Depth = Depth.STANDARD
    lenses: tuple[Lens, ...] = ()
    """The operator's own, besides those of the depth."""
    repeat: int = 1
    """How often each look is made."""
    cache: str = AUTO
    """How long the provider is to keep the prefix: `auto`, `5m` or `1h`."""
    max_cost: float = inf
    """Dollars that all passes together may cost at most."""
    effort: str | None
    max_output: int | None
    language: str
    instructions: str
    """The text itself; empty when there is none."""
    instructions_from_repository: bool = False
    """Whether the repository under review chose them: then they must not pass for the operator's."""
    correction: Correction | None
    """What earlier true counts said of the estimate for this model."""
    today: date


def plan_review(subject: Subject, wishes: Wishes, templates: Templates) -> Plan:
    """Model, window, tokens and dollars for reviewing `subject` as it is, by estimate alone: nothing is sent."""
    return make_plan(
        subject.snapshot,
        wishes.model,
        catalogue=wishes.catalogue,
        context=wishes.context,
        effort=wishes.effort,
        max_output=wishes.max_output,
        fixed_tokens=frame_tokens(subject, templates, wishes.instructions, wishes.model.tokenizer, wishes.lenses),
        correction=wishes.correction,
        today=wishes.today,
        change=_parts(subject, templates, wishes.model.tokenizer),
        passes=planned(wishes.depth, wishes.lenses, wishes.repeat),
        cache=wishes.cache,
    )


def plan_change(subject: Subject, wishes: Wishes, templates: Templates, rank: Rank) -> tuple[Subject, Plan]:
    """What of a change's `subject` goes in, and its plan.

    All that `--scope` allows goes in when a window that `--context` allows surely holds it; else what `rank` puts first, whole or as the
    signatures, as much as the largest window surely holds. Raises ConfigError, SourceError and TemplateError.
    """
    subject = _scoped(subject, wishes.scope)
    plan = plan_review(subject, wishes, templates)
    if plan.window is not None and not plan.needs_exact:
        return subject, plan
    forms = _forms(subject.snapshot, wishes.model.tokenizer)
    limit = plan.window_tokens - plan.max_output
    nothing = plan_review(_scoped(subject, Scope.DIFF), wishes, templates)
    step = plan.window_tokens / _STEPS
    room = capacity(limit, wishes.model.tokenizer, wishes.correction) - nothing.basis.uncorrected
    room -= room % step
    related = rank() if wishes.scope is Scope.REPO else ()
    packed = subject
    for _ in range(_TRIES):
        packed = pack(subject, related, max(0.0, room), forms)
        plan = plan_review(packed, wishes, templates)
        if plan.tokens.high <= limit or room <= 0:
            break
        room -= step
    return packed, plan


def plan_over(plan: Plan, earlier: Earlier, texts: Mapping[str, str], told: str, wishes: Wishes) -> Plan:
    """The plan of a prompt that begins with `earlier` documents, when `plan` is that of one with the `texts` of today.

    `told` is what stands after them: in what today's texts (path → text) differ.
    """
    new = [text for path, text in texts.items() if earlier.texts.get(path) != text]
    old = [text for path, text in earlier.texts.items() if texts.get(path) != text]
    more, less = (
        file_tokens(_whole_measure("".join(parts).encode("utf-8", "surrogatepass")), wishes.model.tokenizer)
        for parts in ([told, *old], new)
    )
    return with_more(plan, more - less, len(told) + sum(map(len, old)), wishes.correction)


def repack(
    subject: Subject, plan: Plan, exact: int, wishes: Wishes, templates: Templates, rank: Rank
) -> tuple[Subject, Plan] | None:
    """A choice that fills the window better, now that the provider counted `exact` tokens for the one of `plan`; None without one.

    `subject` is the whole one, as `plan_change` was given it. The new choice must be counted too, and dropped when it overflows after all.
    """
    correction = Correction(exact / plan.basis.uncorrected, _COUNTED, 1) if plan.basis.uncorrected else None
    chosen, better = plan_change(subject, replace(wishes, correction=correction), templates, rank)
    fits = exact + plan.max_output <= plan.window_tokens
    if better.window is None or (fits and better.tokens.estimate < exact * _GAIN):
        return None
    return chosen, better


def _scoped(subject: Subject, scope: Scope) -> Subject:
    """The subject without what lies outside `--scope`."""
    if scope is Scope.REPO or subject.head is None:
        return subject
    head = only(subject.head, (), SkipReason.OUT_OF_SCOPE) if scope is Scope.DIFF else subject.head
    return replace(subject, snapshot=only(subject.snapshot, (), SkipReason.OUT_OF_SCOPE), head=head, outlines={})


def _parts(subject: Subject, templates: Templates, tokenizer: Tokenizer) -> Parts | None:
    """What the change adds to the documents. The changed files are measured already: only what stands around them is rendered."""
    if subject.head is None:
        return None
    text = change_text(subject, {}, templates).encode("utf-8", "surrogateescape")
    return Parts(
        changed=subject.head.files,
        outlined=[_outlined(path, outline) for path, outline in subject.outlines.items()],
        tokens=round(file_tokens(_whole_measure(text), tokenizer)),
        bytes=len(text),
    )


def _outlined(path: str, text: str) -> SourceFile:
    """Signatures as if they were a file."""
    data = text.encode("utf-8", "surrogateescape")
    return SourceFile(path, len(data), text.count("\n"), Encoding.UTF_8, _whole_measure(data), None)


def _forms(snapshot: Snapshot, tokenizer: Tokenizer) -> Forms:
    """The forms of a snapshot's files in the prompt, each made once; a form takes room in uncorrected tokens."""
    frame = file_tokens(FRAME, tokenizer)
    mark = file_tokens(measure(b' part="signatures"'), tokenizer)
    known: dict[tuple[str, frozenset[str] | None], str] = {}

    def whole(source: SourceFile) -> float:
        name = measure(source.path.encode("utf-8", "replace"))
        return file_tokens(source.measure, tokenizer) + file_tokens(name, tokenizer) + frame

    def made(wanted: Mapping[str, frozenset[str] | None]) -> Mapping[str, str]:
        from reviewer.collect.heads import heads  # these two load the grammars
        from reviewer.collect.outline import outline

        texts, _ = read_texts(snapshot, [path for path, names in wanted.items() if (path, names) not in known])
        for path, text in texts.items():
            names = wanted[path]
            known[path, names] = outline(path, text) if names is None else heads(path, text, names)
        return {path: known[path, names] for path, names in wanted.items() if known.get((path, names))}

    return Forms(
        whole=whole,
        part=lambda path, text: whole(_outlined(path, text)) + mark,
        signatures=lambda paths: made(dict.fromkeys(paths)),
        heads=made,
    )


def _whole_measure(data: bytes) -> TextMeasure:
    """The measure of a text, none of it left to a sample: there is one diff, and no cache of measures for it."""
    pieces = (data[start : start + SAMPLED_ABOVE] for start in range(0, len(data), SAMPLED_ABOVE))
    return _total(measure(piece) for piece in pieces)


def _total(measures: Iterable[TextMeasure]) -> TextMeasure:
    return reduce(
        lambda one, other: TextMeasure(
            characters=one.characters + other.characters,
            non_ascii=one.non_ascii + other.non_ascii,
            claude2=one.claude2 + other.claude2,
            o200k=one.o200k + other.o200k,
        ),
        measures,
        TextMeasure(characters=0, non_ascii=0, claude2=0.0, o200k=0.0),
    )
