"""The story: what was prepared in, a review out.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from reviewer import __version__
from reviewer.accounting import making_of
from reviewer.answers import Keeper
from reviewer.asking import look_requests, recall_rulings, require_answer, verify
from reviewer.collect.history import History
from reviewer.collect.search import Search
from reviewer.collect.subject import Subject, Texts, read_subject
from reviewer.conclusion import Limits, conclude, unexamined
from reviewer.engine.interface import Engine
from reviewer.engine.static import check_all, check_beside
from reviewer.gathering import gather, of_checks
from reviewer.outcome import Making, Review
from reviewer.planning import Wishes
from reviewer.preparation import Prepared, require_files
from reviewer.reply.select import select
from reviewer.session import Session
from reviewer.templating import Templates

SearchIn = Callable[[Texts], Search]
"""Makes what looks for names: in the repository's tree at the head, or in the texts themselves where there is no tree."""


def review_with_model(
    prepared: Prepared,
    wishes: Wishes,
    limits: Limits,
    templates: Templates,
    engine: Engine,
    keeper: Keeper,
    search_in: SearchIn,
) -> Review:
    """Ask a model about what was prepared, in as many passes as its plan says, and have what they find verified.

    Raises ProviderError when no answer arrived at all.
    """
    subject, plan, prompt, texts = prepared.subject, prepared.plan, prepared.prompt, prepared.texts
    keeper.begin(prompt, plan)
    session = Session(engine, keeper, plan, wishes.max_cost)
    ruled = recall_rulings(session, plan)
    looks = session.ask(look_requests(plan, prompt, subject, wishes, templates))
    require_answer(looks, session)
    search = search_in(texts)
    found = gather(subject, texts, looks, search, check_beside(subject, texts), pre_existing=limits.pre_existing)
    checks = verify(session, plan, prompt, found.findings, ruled, templates)
    making = making_of(plan, session, (*looks, *checks), found, keeper.end())
    return conclude(subject, texts, prepared.unread, found, looks, checks, limits, making, search)


def review_built_in(subject: Subject, history: History, limits: Limits) -> Review:
    """Run the built-in checks: no account, no network, and no model. Of a change, only the changed files are checked, on both sides.

    Nothing they say is missing is looked for: a linter knows scopes, which a search does not.

    Raises NothingToReviewError when there is no file.
    """
    require_files(subject)
    texts, unread = read_subject(subject)
    checked = check_all(subject, texts, history)
    found = of_checks(checked, pre_existing=limits.pre_existing)
    making = Making(engine="static", seconds=checked.seconds, version=__version__)
    return conclude(subject, texts, unread, found, (), (), limits, making, None)


def review_nothing(subject: Subject, engine: str, limits: Limits) -> Review | None:
    """The review of a change that leaves nothing to look at, for which nobody need be asked; None when there is something."""
    return _searched(subject, engine, limits) if subject.why_nothing(checked=engine == "static") else None


def _searched(subject: Subject, engine: str, limits: Limits) -> Review:
    """The review of a change of which nothing is read: files that usually hold secrets, and large ones, are searched all the same."""
    review = unexamined(subject, Making(engine=engine, version=__version__))
    found = of_checks(check_beside(subject, Texts(base={}, current={})), pre_existing=limits.pre_existing)
    shown, mild = select(found.findings, limits.min_severity, limits.min_confidence, None)
    return dataclasses.replace(review, findings=shown, withheld=mild, pre_existing=found.pre_existing)
