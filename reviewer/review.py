"""The story: what was prepared in, a review out.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

from collections.abc import Callable

from reviewer import __version__
from reviewer.accounting import making_of
from reviewer.answers import Answer, Keeper
from reviewer.asking import look_requests, recall_rulings, require_answer, verify
from reviewer.collect.history import History
from reviewer.collect.search import Search
from reviewer.collect.subject import Subject, Texts, read_subject
from reviewer.conclusion import Limits, conclude, unexamined
from reviewer.engine.entries import changed_entries
from reviewer.engine.interface import Engine, Reply
from reviewer.engine.static import examine, search_hidden_text
from reviewer.gathering import gather
from reviewer.outcome import Making, Review
from reviewer.plan.passes import BUILT_IN
from reviewer.planning import Wishes
from reviewer.preparation import Prepared, require_files
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
    found = gather(subject, texts, looks, search, _hidden_text(subject, texts), pre_existing=limits.pre_existing)
    checks = verify(session, plan, prompt, found.findings, ruled, templates)
    making = making_of(plan, session, (*looks, *checks), found, keeper.end())
    return conclude(subject, texts, prepared.unread, found, looks, checks, limits, making, search)


def review_built_in(subject: Subject, history: History, limits: Limits) -> Review:
    """Run the built-in checks: no account, no network, and no model. Of a change, only the changed files are checked.

    Nothing they say is missing is looked for: a linter knows scopes, which a search does not.

    Raises NothingToReviewError when there is no file.
    """
    require_files(subject)
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
