"""What is sent of a subject: the one way from what is wished to a request.

`review`, `resume`, `ask`, `plan --exact` and `--print-prompt` all come through here, so that what one of them prints or counts is what
another one sends. First `choose` decides by estimate, and nothing is sent. Then `prepare` makes the prompt: where not everything fits, it
has an `Engine` count and fills the window better; over an earlier run's documents where the provider should still have those. Last,
`settle_count` has the whole of it counted, for the price.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reviewer.asking import longest, look_requests
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Earlier, Subject, Texts, read_subject
from reviewer.collect.texts import read_texts
from reviewer.engine.interface import Engine, Prompt
from reviewer.errors import DoesNotFitError, NothingToReviewError
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.decision import Plan
from reviewer.plan.sample import blocks, sample_ratio
from reviewer.plan.tokens import file_tokens
from reviewer.plan.window import believed, settle, settle_by_sample
from reviewer.planning import Rank, Wishes, plan_change, plan_over, plan_review, repack
from reviewer.prompt import compose
from reviewer.report.amounts import counted
from reviewer.run_prefix import prefix_of
from reviewer.run_record import Prefix, RunRecord
from reviewer.templating import Templates

_MOST_NEW = 0.25
"""Share of the documents that may be sent a second time: beyond it there is more of what is gone in the prompt than is worth a cheaper one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a subject goes in, and its plan."""

    whole: Subject
    """All of it."""
    subject: Subject
    """What goes in."""
    plan: Plan
    rank: Rank | None = None
    """None where nothing can be ranked: a repository as it is, or a patch alone."""

    @property
    def is_packed(self) -> bool:
        """Whether not all of it fitted: then a count shows that more of it does than the estimate's wide band allowed."""
        no_room = any(file.reason is SkipReason.NO_ROOM for file in self.subject.skipped)
        return self.rank is not None and (no_room or bool(self.subject.outlines))


@dataclass(frozen=True, slots=True)
class EarlierRuns:
    """Runs whose documents a prompt may begin with, the best first."""

    records: Iterable[RunRecord]
    read: Callable[[str], Earlier | None]
    """The files of a commit; None when they cannot be had any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A prompt, and what it was made from."""

    subject: Subject
    plan: Plan
    prompt: Prompt
    texts: Texts
    unread: tuple[SkippedFile, ...]
    """Files that could not be read a second time."""
    begins_as: str = ""
    """The id of the run whose documents it begins with, where today's are other ones."""

    @property
    def prefix(self) -> Prefix:
        """The digests of what all requests of a run share."""
        return prefix_of(self.prompt)

    @property
    def documents(self) -> str | None:
        """The commit whose files the prompt begins with; None outside git."""
        return self.subject.earlier.commit if self.subject.earlier is not None else self.subject.snapshot.commit


def choose(whole: Subject, wishes: Wishes, templates: Templates, rank: Rank | None) -> Choice:
    """What goes in by estimate alone: nothing is sent. Raises ConfigError, SourceError and TemplateError."""
    if whole.change is None or rank is None:
        return Choice(whole=whole, subject=whole, plan=plan_review(whole, wishes, templates))
    subject, plan = plan_change(whole, wishes, templates, rank)
    return Choice(whole=whole, subject=subject, plan=plan, rank=rank)


def prepare(choice: Choice, wishes: Wishes, templates: Templates, engine: Engine | None, earlier: EarlierRuns) -> Prepared:
    """The request that is sent for `choice`; `engine` counts where not everything fits, and nothing is counted without one.

    Raises NothingToReviewError when there is no file, DoesNotFitError when no window holds the estimate, and TemplateError.
    """
    require_sendable(choice.subject, choice.plan)
    if choice.is_packed and engine is not None:
        choice = _filled(choice, wishes, templates, engine)
    return _over_earlier(_composed(choice.subject, choice.plan, wishes, templates), wishes, templates, earlier)


def settle_count(prepared: Prepared, wishes: Wishes, templates: Templates, engine: Engine) -> Prepared:
    """The same after a count of its longest question: so what holds that holds the others. Free of charge, but the code is sent."""
    looks = look_requests(prepared.plan, prepared.prompt, prepared.subject, wishes, templates)
    plan = settle(prepared.plan, engine.count(longest(looks)), is_providers_own=engine.is_providers_own)
    prompt = dataclasses.replace(prepared.prompt, max_output=plan.max_output, betas=plan.betas)
    return dataclasses.replace(prepared, plan=plan, prompt=prompt)


def settle_sample(plan: Plan, snapshot: Snapshot, engine: Engine) -> Plan:
    """The plan of what no window holds, after a count of a sample of its text. Free of charge, but that part of the code is sent."""
    chosen = list(blocks([(file.path, file.size) for file in snapshot.files]))
    texts, _ = read_texts(snapshot, {block.path for block in chosen})
    chosen = [block for block in chosen if block.path in texts]
    if not chosen:
        return plan
    rates = {file.path: file_tokens(file.measure, plan.model.tokenizer) / file.size for file in snapshot.files if file.size}
    encoded = {path: text.encode() for path, text in texts.items()}
    cut = (encoded[block.path][block.start : block.start + block.length].decode(errors="ignore") for block in chosen)
    number = engine.count(_bare("\n".join(cut), plan.model.id))
    return plan if number is None else settle_by_sample(plan, sample_ratio(chosen, rates, number))


def require_sendable(subject: Subject, plan: Plan) -> None:
    """Raise NothingToReviewError when there is no file, and DoesNotFitError, with what would help, when no window holds them."""
    require_files(subject)
    if plan.overflow is not None:
        raise DoesNotFitError(
            f"the repository does not fit, and nothing was sent. {plan.overflow.reason}",
            hint=f"{plan.overflow.largest} {plan.overflow.helps} `reviewer plan` shows where the tokens are.",
        )


def require_files(subject: Subject) -> None:
    """Raise NothingToReviewError when there is no file."""
    if not subject.files and subject.change is None:
        skipped = len(subject.skipped)
        hint = f"{counted(skipped, 'file')} skipped; `reviewer plan` says why." if skipped else ""
        raise NothingToReviewError("there is no file to review", hint=hint)


def _filled(choice: Choice, wishes: Wishes, templates: Templates, engine: Engine) -> Choice:
    """A choice that fills the window better, by the count of a first one; it is counted too, and dropped when it overflows after all."""
    assert choice.rank is not None, "what is packed was ranked"  # noqa: S101 - see `Choice.is_packed`
    count = engine.count(_composed(choice.subject, choice.plan, wishes, templates).prompt)
    tokens = believed(choice.plan.tokens, count, is_providers_own=engine.is_providers_own)
    better = repack(choice.whole, choice.plan, tokens.estimate, wishes, templates, choice.rank) if tokens is not None else None
    if better is None:
        return choice
    subject, plan = better
    again = engine.count(_composed(subject, plan, wishes, templates).prompt)
    fits = again is not None and again + plan.max_output <= plan.window_tokens
    return dataclasses.replace(choice, subject=subject, plan=plan) if fits else choice


def _composed(subject: Subject, plan: Plan, wishes: Wishes, templates: Templates) -> Prepared:
    texts, unread = read_subject(subject)
    prompt = compose(
        plan,
        subject,
        texts,
        templates,
        language=wishes.language,
        instructions=wishes.instructions,
        instructions_from_repository=wishes.instructions_from_repository,
    )
    return Prepared(subject=subject, plan=plan, prompt=prompt, texts=texts, unread=unread)


def _over_earlier(plain: Prepared, wishes: Wishes, templates: Templates, earlier: EarlierRuns) -> Prepared:
    """The same over the documents of an earlier run, where that is the cheaper prompt."""
    if plain.subject.change is not None or plain.subject.commit is None:
        return plain
    # Compared by digest, not by commit: where the work tree differs from it, a run may begin with the files of that very commit.
    prefix = plain.prefix
    for record in earlier.records:
        if record.prefix is None or record.prefix.documents == prefix.documents:
            return plain
        over = _over(plain, record, wishes, templates, earlier.read)
        if over is not None:
            return over
    return plain


def _over(
    plain: Prepared, record: RunRecord, wishes: Wishes, templates: Templates, read: Callable[[str], Earlier | None]
) -> Prepared | None:
    """The same over the documents of a run.

    None when they cannot be had as they were, when one of them may not be sent by now, and when too much has changed since.
    """
    old = record.prefix
    files = read(record.documents) if record.documents is not None else None
    if old is None or files is None or _leaves_out(plain.subject, files):
        return None
    over = _composed(dataclasses.replace(plain.subject, earlier=files), plain.plan, wishes, templates)
    prefix, prompt = over.prefix, over.prompt
    same = (prefix.frame, prefix.system, prefix.documents) == (old.frame, old.system, old.documents)
    if not same or over.unread or len(prompt.change) > len(prompt.documents) * _MOST_NEW:
        return None
    plan = plan_over(plain.plan, files, prompt.texts, prompt.change, wishes)
    fits = plan.window is plain.plan.window and plan.needs_exact == plain.plan.needs_exact
    return dataclasses.replace(over, plan=plan, begins_as=record.id) if fits else None


def _leaves_out(subject: Subject, earlier: Earlier) -> bool:
    """Whether a file of the earlier documents exists and is not read today: a rule leaves it out by now, or nobody can say what it is."""
    return any(file.path in earlier.texts for file in subject.skipped if file.reason is not SkipReason.DELETED)


def _bare(text: str, model: str) -> Prompt:
    """A prompt of nothing but this text: the few words around it do not matter beside hundreds of kilobytes."""
    return Prompt(
        model=model,
        system="Count.",
        documents=text,
        question="Count.",
        schema={},
        max_output=1,
        effort=None,
        thinking=None,
        structured=False,
    )
