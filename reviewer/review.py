"""The story: a subject in, a review out.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from reviewer import __version__
from reviewer.accounting import making_of
from reviewer.answers import Answer, Keeper
from reviewer.asking import longest, look_requests, recall_rulings, require_answer, verify
from reviewer.collect.history import History
from reviewer.collect.search import Search
from reviewer.collect.subject import Subject, Texts, read_subject
from reviewer.conclusion import Limits, conclude, unexamined
from reviewer.engine.entries import changed_entries
from reviewer.engine.interface import Engine, Prompt, Reply
from reviewer.engine.static import examine, search_hidden_text
from reviewer.errors import DoesNotFitError, NothingToReviewError
from reviewer.gathering import gather
from reviewer.outcome import Making, Review, SkippedFile, SkipReason
from reviewer.plan.decision import Plan
from reviewer.plan.passes import BUILT_IN
from reviewer.plan.window import believed, settle
from reviewer.planning import Rank, Wishes, repack
from reviewer.prompt import compose
from reviewer.report.amounts import counted
from reviewer.session import Session
from reviewer.templating import Templates

SearchIn = Callable[[Texts], Search]
"""Makes what looks for names: in the repository's tree at the head, or in the texts themselves where there is no tree."""


def prepare(subject: Subject, plan: Plan, wishes: Wishes, templates: Templates) -> tuple[Prompt, Texts, tuple[SkippedFile, ...]]:
    """The exact request for `plan`, the texts it was made from, and the files that could not be read a second time.

    Raises NothingToReviewError when there is no file, and DoesNotFitError when no window holds the estimate.
    """
    require_sendable(subject, plan)
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
    return prompt, texts, unread


def review_with_model(
    subject: Subject,
    plan: Plan,
    wishes: Wishes,
    limits: Limits,
    templates: Templates,
    engine: Engine,
    approve: Callable[[Plan], None],
    keeper: Keeper,
    search_in: SearchIn,
) -> Review:
    """Ask a model about the whole subject, in as many passes as `plan` says, and have what they find verified.

    `approve` is told the final plan before anything that costs is sent, and raises to stop. Raises NothingToReviewError when there is
    no file, DoesNotFitError when no window holds the prompt, and ProviderError when no answer arrived at all.
    """
    prompt, texts, unread = prepare(subject, plan, wishes, templates)
    counted_as = engine.count(longest(look_requests(plan, prompt, subject, wishes, templates)))
    plan = settle(plan, counted_as, is_providers_own=engine.is_providers_own)
    _require_window(plan)
    prompt = dataclasses.replace(prompt, max_output=plan.max_output, betas=plan.betas)
    approve(plan)
    keeper.begin(prompt, plan)
    session = Session(engine, keeper, plan, wishes.max_cost)
    ruled = recall_rulings(session, plan)
    looks = session.ask(look_requests(plan, prompt, subject, wishes, templates))
    require_answer(looks, session)
    search = search_in(texts)
    found = gather(subject, texts, looks, search, _hidden_text(subject, texts), pre_existing=limits.pre_existing)
    checks = verify(session, plan, prompt, found.findings, ruled, templates)
    making = making_of(plan, session, (*looks, *checks), found, keeper.end())
    return conclude(subject, texts, unread, found, looks, checks, limits, making, search)


def fill_window(
    whole: Subject,
    chosen: Subject,
    plan: Plan,
    wishes: Wishes,
    templates: Templates,
    engine: Engine,
    rank: Rank,
) -> tuple[Subject, Plan]:
    """What of `whole` is sent where not all of it fits: after a free count, more of it than the estimate's wide band allowed."""
    if not any(file.reason is SkipReason.NO_ROOM for file in chosen.skipped) and not chosen.outlines:
        return chosen, plan
    count = engine.count(prepare(chosen, plan, wishes, templates)[0])
    counted_as = believed(plan.tokens, count, is_providers_own=engine.is_providers_own)
    better = repack(whole, plan, counted_as.estimate, wishes, templates, rank) if counted_as is not None else None
    if better is None:
        return chosen, plan
    again = engine.count(prepare(*better, wishes, templates)[0])
    return better if again is not None and again + better[1].max_output <= better[1].window_tokens else (chosen, plan)


def review_built_in(subject: Subject, history: History, limits: Limits) -> Review:
    """Run the built-in checks: no account, no network, and no model. Of a change, only the changed files are checked.

    Nothing they say is missing is looked for: a linter knows scopes, which a search does not.

    Raises NothingToReviewError when there is no file.
    """
    _require_files(subject)
    texts, unread = read_subject(subject)
    checked, of_these = (subject.head, texts.head) if subject.head is not None else (subject.snapshot, texts.base)
    lines = subject.change.added_lines if subject.change else None
    reply = examine(checked, of_these, texts.secrets, history, lines, changed_entries(subject, texts))
    looks = (Answer(asked=BUILT_IN, replies=(reply,)),)
    found = gather(subject, texts, looks, None, pre_existing=limits.pre_existing)
    making = Making(engine="static", seconds=reply.seconds, version=__version__)
    return conclude(subject, texts, unread, found, looks, (), limits, making, None)


def review_nothing(subject: Subject, engine: str) -> Review | None:
    """The review of a change that leaves nothing to look at, for which nobody need be asked; None when there is something."""
    if not subject.why_nothing(checked=engine == "static"):
        return None
    return unexamined(subject, Making(engine=engine, version=__version__))


def _hidden_text(subject: Subject, texts: Texts) -> Reply:
    """What our own rules find beside the model."""
    if subject.change is None:
        return search_hidden_text(texts.current, None)
    lines = subject.change.added_lines
    changed = {path: texts.current[path] for path in lines if path in texts.current}
    return search_hidden_text(changed, lines, changed_entries(subject, texts))


def _require_files(subject: Subject) -> None:
    if not subject.files and subject.change is None:
        skipped = len(subject.skipped)
        hint = f"{counted(skipped, 'file')} skipped; `reviewer plan` says why." if skipped else ""
        raise NothingToReviewError("there is no file to review", hint=hint)


def require_sendable(subject: Subject, plan: Plan) -> None:
    """Raise NothingToReviewError when there is no file, and DoesNotFitError, with what would help, when no window holds them."""
    _require_files(subject)
    _require_window(plan)


def _require_window(plan: Plan) -> None:
    if plan.overflow is not None:
        raise DoesNotFitError(
            f"the repository does not fit, and nothing was sent. {plan.overflow.reason}",
            hint=f"{plan.overflow.largest} {plan.overflow.helps} `reviewer plan` shows where the tokens are.",
        )
