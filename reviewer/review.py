"""The story: a subject in, a review out.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from reviewer import __version__
from reviewer.accounting import making_of
from reviewer.answers import Keeper
from reviewer.asking import longest, look_requests, recall_rulings, require_answer, verify
from reviewer.collect.history import History
from reviewer.collect.search import Search
from reviewer.collect.subject import Subject, Texts, read_subject
from reviewer.conclusion import Limits, conclude, unexamined
from reviewer.engine.interface import Engine, Prompt
from reviewer.engine.static import check_all, check_beside
from reviewer.errors import DoesNotFitError, NothingToReviewError
from reviewer.gathering import gather, of_checks
from reviewer.outcome import Making, Review, SkippedFile, SkipReason
from reviewer.plan.decision import Plan
from reviewer.plan.window import settle
from reviewer.planning import Rank, Wishes, repack
from reviewer.prompt import compose
from reviewer.reply.select import select
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
    plan = _settled(plan, engine.count(longest(look_requests(plan, prompt, subject, wishes, templates))))
    prompt = dataclasses.replace(prompt, max_output=plan.max_output, betas=plan.betas)
    approve(plan)
    keeper.begin(prompt, plan)
    session = Session(engine, keeper, plan, wishes.max_cost)
    ruled = recall_rulings(session, plan)
    looks = session.ask(look_requests(plan, prompt, subject, wishes, templates))
    require_answer(looks)
    search = search_in(texts)
    found = gather(subject, texts, looks, search, check_beside(subject, texts), pre_existing=limits.pre_existing)
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
    exact = engine.count(prepare(chosen, plan, wishes, templates)[0])
    better = repack(whole, plan, exact, wishes, templates, rank) if exact is not None else None
    if better is None:
        return chosen, plan
    again = engine.count(prepare(*better, wishes, templates)[0])
    return better if again is not None and again + better[1].max_output <= better[1].window_tokens else (chosen, plan)


def review_built_in(subject: Subject, history: History, limits: Limits) -> Review:
    """Run the built-in checks: no account, no network, and no model. Of a change, only the changed files are checked, on both sides.

    Nothing they say is missing is looked for: a linter knows scopes, which a search does not.

    Raises NothingToReviewError when there is no file.
    """
    _require_files(subject)
    if subject.head is not None and not subject.head.files:
        return _searched(subject, "static", "no changed file can be read as text", limits)
    texts, unread = read_subject(subject)
    checked = check_all(subject, texts, history)
    found = of_checks(checked, pre_existing=limits.pre_existing)
    making = Making(engine="static", seconds=checked.seconds, version=__version__)
    return conclude(subject, texts, unread, found, (), (), limits, making, None)


def review_nothing(subject: Subject, engine: str, limits: Limits) -> Review | None:
    """The review of a change that leaves nothing to look at, for which nobody need be asked; None when there is something."""
    why = subject.nothing
    return _searched(subject, engine, why, limits) if why else None


def _searched(subject: Subject, engine: str, why: str, limits: Limits) -> Review:
    """The review of a change of which nothing is read: files that usually hold secrets, and large ones, are searched all the same."""
    review = unexamined(subject, Making(engine=engine, version=__version__), why)
    found = of_checks(check_beside(subject, Texts(base={}, current={})), pre_existing=limits.pre_existing)
    shown, mild = select(found.findings, limits.min_severity, limits.min_confidence, None)
    return dataclasses.replace(review, findings=shown, withheld=mild, pre_existing=found.pre_existing)


def _settled(plan: Plan, exact: int | None) -> Plan:
    """The plan after the provider's count; without one, only an estimate that cannot overflow may be sent."""
    if exact is not None:
        plan = settle(plan, exact)
    elif plan.needs_exact:
        raise DoesNotFitError(
            "the estimate could overflow the context window, and the endpoint cannot count tokens",
            hint="Use --context 1m, or shrink the prompt with --exclude.",
        )
    _require_window(plan)
    return plan


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
