"""The answers of all looks → findings that can be trusted: parsed, grounded, held against the change and the repository, merged."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewer.answers import Answer
from reviewer.collect.search import Search
from reviewer.collect.subject import Subject, Texts
from reviewer.engine.interface import Reply, Stop
from reviewer.engine.static import Checked
from reviewer.findings import Finding, Refuted, Ungrounded
from reviewer.reply.ground import ground
from reviewer.reply.merge import merge
from reviewer.reply.parse import Parsed, parse
from reviewer.reply.placing import place
from reviewer.reply.refuting import refute
from reviewer.reply.replacement import checked
from reviewer.reply.select import of_the_change
from reviewer.report.amounts import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the looks found, before anyone has verified it."""

    findings: tuple[Finding, ...]
    """Of the change only, where one is reviewed; each defect once, whoever found it."""
    pre_existing: int
    """Grounded findings left out because they are older than the change."""
    ungrounded: tuple[Ungrounded, ...]
    refuted: tuple[Refuted, ...]
    """What they call missing is there."""
    summary: str
    own: tuple[Finding, ...]
    """Found by fixed rules beside a model's looks: neither merged with what it says nor put before a verification, so that a model that was
    talked over can take nothing from them."""
    notes: tuple[str, ...] = ()
    """What the reader should know of those rules."""
    claims: Mapping[str, int]
    """Name of a look → claims of it that were found in the files, before those of several looks were merged."""


def gather(
    subject: Subject,
    texts: Texts,
    looks: Sequence[Answer],
    search: Search | None,
    own: Checked | None = None,
    *,
    pre_existing: bool,
) -> Found:
    """Read the looks' answers about `texts`. What they say does not exist is looked for with `search`, where there is one.

    `own` is what fixed rules found beside them. With `pre_existing`, also findings are kept that are older than the change.
    """
    grounded: list[Finding] = []
    ungrounded: list[Ungrounded] = []
    claims: dict[str, int] = {}
    for look in looks:
        for part in map(parsed, look.replies):
            found, lost = ground(part.claims, texts.current.get, subject.change, texts.current)
            grounded += _credited(found, look)
            ungrounded += lost
            claims[look.asked.name] = claims.get(look.asked.name, 0) + len(found)
    findings, refuted = refute(place(grounded, subject.change), search)
    findings, others = of_the_change(findings, pre_existing=pre_existing)
    ours, older = of_the_change(own.findings if own else (), pre_existing=pre_existing)
    return Found(
        findings=merge(_with_checked_replacement(finding, texts.current) for finding in findings),
        pre_existing=others + older,
        ungrounded=tuple({(claim.fingerprint, claim.reason): claim for claim in ungrounded}.values()),
        refuted=tuple({(claim.fingerprint, claim.reason): claim for claim in refuted}.values()),
        summary=_summary(looks),
        own=ours,
        notes=own.notes if own else (),
        claims=claims,
    )


def of_checks(checked: Checked, *, pre_existing: bool) -> Found:
    """What the built-in checks found where no model was asked."""
    findings, others = of_the_change(checked.findings, pre_existing=pre_existing)
    return Found(
        findings=findings,
        pre_existing=others,
        ungrounded=(),
        refuted=(),
        summary=checked.summary,
        own=(),
        notes=checked.notes,
        claims={},
    )


def parsed(reply: Reply) -> Parsed:
    """What a reply says; nothing, when a classifier stopped it."""
    return parse("" if reply.stop is Stop.REFUSED else reply.text)


def unusual_end(reply: Reply) -> str:
    """What the reader should know of a complete answer that the endpoint did not end as complete ones end; empty for any other."""
    if reply.stop is Stop.END or not parsed(reply).is_complete(reply.stop):
        return ""
    return f"The endpoint did not end an answer as usual ({reply.stop}), but the answer is complete."


def shortcomings(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Why the review is incomplete as far as its answers go, a sentence each. The pass is named where there are several."""
    every = tuple(answers)
    problems: list[str] = []
    for answer in every:
        name = f"{answer.asked.name.capitalize()}: " if len(every) > 1 else ""
        problems += [f"{name}{problem}" for problem in shortcomings_of(answer)]
    return tuple(problems)


def shortcomings_of(answer: Answer) -> list[str]:
    """Why one pass is not whole; nothing when another one made up for it."""
    problems: list[str] = []
    if answer.superseded:
        return problems
    if answer.error is not None:
        problems.append(f"Nothing came: {answer.error.message.rstrip('.')}.")
    if answer.unasked:
        problems.append(f"It was not asked: {answer.unasked}.")
    if not answer.replies:
        return problems
    last, content = answer.replies[-1], [parsed(reply) for reply in answer.replies]
    if last.stop is not Stop.END and not problems and not content[-1].is_complete(last.stop):
        problems.append(last.problem or f"The answer ended early: {last.stop}.")
    if last.stop is Stop.END and not content[-1].whole:
        problems.append("The answer is not of the agreed form; what could not be read of it is missing.")
    # Where a part broke off, the rest was asked for again with what was being said.
    ended = [part for reply, part in zip(answer.replies, content, strict=True) if reply is last or reply.stop is Stop.END]
    rejected = [words for part in ended for words in part.rejected]
    if rejected:
        was = "was" if len(rejected) == 1 else "were"
        problems.append(f"{counted(len(rejected), 'part')} of the answer could not be read and {was} left out: {rejected[0]}.")
    return problems


def _credited(findings: Iterable[Finding], look: Answer) -> Iterable[Finding]:
    """Findings with the name of the look that made them."""
    return (dataclasses.replace(finding, found_by=(look.asked.name,)) for finding in findings)


def _with_checked_replacement(finding: Finding, texts: Mapping[str, str]) -> Finding:
    if finding.replacement is None:
        return finding
    return dataclasses.replace(finding, replacement=checked(finding, texts[finding.path]))


def _summary(looks: Sequence[Answer]) -> str:
    """The finders' own words on the whole: one look's as they are, several looks' each in a paragraph with its name."""
    said = [(look.asked.name, summary) for look in looks for reply in look.replies if (summary := parsed(reply).summary.strip())]
    if len(looks) == 1:
        return "\n\n".join(summary for _, summary in said)
    return "\n\n".join(f"{name.capitalize()}: {summary}" for name, summary in said)
