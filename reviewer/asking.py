"""What is asked in the passes of a run: the looks, and the verification of what they found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import count

from reviewer.answers import Answer, Request
from reviewer.collect.subject import Subject
from reviewer.engine.interface import Prompt, Reply, Stop
from reviewer.findings import Finding
from reviewer.gathering import parsed
from reviewer.outcome import NO_USAGE
from reviewer.plan.cost import total
from reviewer.plan.decision import Plan
from reviewer.plan.passes import FINDINGS_VERIFIED_AT_ONCE, Pass, PassKind, verification
from reviewer.planning import Wishes
from reviewer.questions import continued_question, look_question, verification_question
from reviewer.reply.verifying import batches, pending
from reviewer.report.amounts import cost_text
from reviewer.session import Session
from reviewer.templating import Templates

_RULINGS = 16_000
"""Tokens of output for a verification: a ruling takes some 150, after some thought."""
_MOST_ABSENT = 16
"""Verifications in a row of which nothing came, after which no further one is looked for: of those that ran side by side some may have failed."""


def look_requests(plan: Plan, prompt: Prompt, subject: Subject, wishes: Wishes, templates: Templates) -> Iterator[Request]:
    """A request for each look of the plan. Of an answer that broke off, only what is not among its findings is asked again."""
    for look in plan.passes:
        if look.lens is not None:
            asked = dataclasses.replace(prompt, question=look_question(subject, wishes, templates, look.lens))
            yield Request(look, asked, partial(_rest, asked, templates))


def longest(requests: Iterable[Request]) -> Prompt:
    """The prompt of the longest question: the one to count, so that what holds it holds the others."""
    return max((request.prompt for request in requests), key=lambda prompt: len(prompt.question))


def _rest(prompt: Prompt, templates: Templates, replies: Sequence[Reply]) -> Prompt | None:
    """What is still to be asked of a look that left these parts of an answer; None when it is whole, or was refused."""
    parts = [parsed(reply) for reply in replies]
    if replies[-1].stop is Stop.REFUSED or parts[-1].is_complete(replies[-1].stop):
        return None
    kept = [claim for part in parts for claim in part.claims]
    return dataclasses.replace(prompt, question=continued_question(prompt.question, kept, templates)) if kept else prompt


def recall_rulings(session: Session, plan: Plan) -> tuple[Answer, ...]:
    """The verifications that earlier processes asked for; empty when the plan has none.

    To be called before anything is asked: what they took counts for the cap.
    """
    if all(each.kind is not PassKind.VERIFICATION for each in plan.passes):
        return ()
    found: list[Answer] = []
    number = absent = 0
    while absent < _MOST_ABSENT:
        number += 1
        answer = session.recall(_nth(plan, number))
        absent = 0 if answer.replies else absent + 1
        if answer.replies:
            found.append(dataclasses.replace(answer, superseded=True))
    return tuple(found)


def verify(
    session: Session, plan: Plan, prompt: Prompt, findings: Sequence[Finding], ruled: tuple[Answer, ...], templates: Templates
) -> tuple[Answer, ...]:
    """Have findings confirmed or refuted, as many at once as an answer and the window hold; those that an earlier process had judged, not again.

    `ruled` is what `recall_rulings` gave, and comes first in the outcome. Nothing is asked when the plan has no verification, or there
    is nothing to verify.
    """
    if all(each.kind is not PassKind.VERIFICATION for each in plan.passes) or not findings:
        return ruled
    verdicts = [verdict for answer in ruled for reply in answer.replies for verdict in parsed(reply).verdicts]
    # What was reserved for an answer is more than rulings take; where input and longest answer together pass the window, the answer ends there.
    room = plan.window_tokens - plan.tokens.to_fit - min(plan.max_output, _RULINGS)
    parts = batches(pending(findings, verdicts), most=FINDINGS_VERIFIED_AT_ONCE, room_tokens=max(0, room))
    taken = {answer.asked for answer in ruled}
    free = (each for each in map(partial(_nth, plan), count(1)) if each not in taken)
    requests = [
        Request(each, dataclasses.replace(prompt, question=verification_question(part, templates)))
        for part, each in zip(parts, free, strict=False)
    ]
    return (*ruled, *session.ask(requests))


def require_answer(looks: Sequence[Answer], session: Session) -> None:
    """Raise what went wrong, and what it cost, when no look brought anything at all: then there is nothing to conclude."""
    errors = [look.error for look in looks if look.error is not None]
    # A part without a text is what a request took that failed after all.
    if errors and not any(reply.text or reply.stop is not Stop.CUT for look in looks for reply in look.replies):
        paid = [reply for look in looks for reply in look.replies]
        if paid:
            cost = total(session.prices.usd(reply.usage, reply.model) for reply in paid)
            usage = sum((reply.usage for reply in paid), NO_USAGE)
            errors[0].hint = f"{errors[0].hint} Cost: {cost_text(cost, usage)}.".strip()
        raise errors[0]


def _nth(plan: Plan, number: int) -> Pass:
    return verification(len(plan.passes) - 1 + number, number)
