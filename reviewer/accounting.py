"""What the passes of a run took: tokens, dollars, seconds, each and all together."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer import __version__
from reviewer.answers import Answer
from reviewer.gathering import Found, parsed, shortcomings_of
from reviewer.outcome import NO_USAGE, Making, PassMade
from reviewer.plan.cost import total
from reviewer.plan.decision import Plan
from reviewer.session import Session


def making_of(plan: Plan, session: Session, answers: Sequence[Answer], found: Found, run: str) -> Making:
    """How the review was made: every pass with what it cost, and all together."""
    passes = tuple(_made(answer, session, found) for answer in answers)
    models = [reply.model for answer in answers for reply in answer.replies if reply.model]
    return Making(
        engine="claude",
        model=models[0] if models else plan.model.id,
        window=plan.window,
        effort=plan.effort or plan.model.effort_default,
        requests=sum(len(answer.replies) for answer in answers),
        passes=passes,
        cache_warning=session.cache_warning,
        broken_cap=session.broken_cap,
        usage=sum((each.usage for each in passes), NO_USAGE),
        cost_usd=total(each.cost_usd for each in passes),
        seconds=session.seconds,
        version=__version__,
        run=run,
    )


def _made(answer: Answer, session: Session, found: Found) -> PassMade:
    judged = sum(len(parsed(reply).verdicts) for reply in answer.replies)
    return PassMade(
        name=answer.asked.name,
        kind=answer.asked.kind.value,
        problem=" ".join(shortcomings_of(answer)),
        asked=bool(answer.replies) or answer.error is not None,
        usage=answer.usage,
        cost_usd=total(session.prices.usd(reply.usage, reply.model) for reply in answer.replies),
        seconds=sum(reply.seconds for reply in answer.replies),
        findings=found.claims.get(answer.asked.name, 0) if answer.asked.lens else judged,
        resumed=answer.resumed,
    )
