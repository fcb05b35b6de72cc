"""The story: a snapshot of a repository in, a review out.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from reviewer import __version__
from reviewer.collect.files import read_texts
from reviewer.collect.history import History
from reviewer.collect.secrets import mask
from reviewer.collect.snapshot import Snapshot
from reviewer.engine.interface import Engine, Listener, Prompt, Reply, Stop
from reviewer.engine.static import examine
from reviewer.errors import DoesNotFitError
from reviewer.findings import Confidence, Coverage, Finding, Making, Review, Severity, SkippedFile
from reviewer.plan.catalog import Catalogue, Model
from reviewer.plan.correction import Correction
from reviewer.plan.cost import usd
from reviewer.plan.decision import Context, Plan
from reviewer.plan.window import make_plan, settle
from reviewer.prompt import compose, frame_tokens
from reviewer.reply.ground import ground
from reviewer.reply.parse import Parsed, parse
from reviewer.reply.schema import answer_schema
from reviewer.reply.select import select
from reviewer.templating import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator asked of a model's review."""

    model: Model
    catalogue: Catalogue
    context: Context
    effort: str | None
    max_output: int | None
    language: str
    instructions: str
    """The text itself; empty when there is none."""
    correction: Correction | None
    """What earlier true counts said of the estimate for this model."""
    today: date


@dataclass(frozen=True, slots=True)
class Limits:
    """Which findings are shown."""

    min_severity: Severity
    min_confidence: Confidence
    max_findings: int


class Keeper(Protocol):
    """Keeps what is paid for."""

    def begin(self, prompt: Prompt, plan: Plan) -> Listener:
        """Make room for the answer before anything is sent. The listener has each piece on disk before it is looked at."""

    def end(self, reply: Reply, cost_usd: float | None) -> str:
        """Note how the answer ended; returns the run's id."""


def plan_review(snapshot: Snapshot, wishes: Wishes, templates: Templates) -> Plan:
    """Model, window, tokens and dollars for reviewing `snapshot`, by estimate alone: nothing is sent."""
    return make_plan(
        snapshot,
        wishes.model,
        catalogue=wishes.catalogue,
        context=wishes.context,
        effort=wishes.effort,
        max_output=wishes.max_output,
        fixed_tokens=frame_tokens(templates, answer_schema(), wishes.instructions, wishes.model.tokenizer),
        correction=wishes.correction,
        today=wishes.today,
    )


def prepare(snapshot: Snapshot, plan: Plan, wishes: Wishes, templates: Templates) -> tuple[Prompt, tuple[SkippedFile, ...]]:
    """The exact request for `plan`, and the files that could not be read a second time.

    Raises DoesNotFitError when no window holds the estimate.
    """
    _require_window(plan)
    texts, unread = read_texts(snapshot)
    prompt = compose(
        plan,
        snapshot,
        texts,
        templates,
        answer_schema(),
        language=wishes.language,
        instructions=wishes.instructions,
    )
    return prompt, unread


def review_with_model(
    snapshot: Snapshot,
    wishes: Wishes,
    limits: Limits,
    templates: Templates,
    engine: Engine,
    approve: Callable[[Plan], None],
    keeper: Keeper,
) -> Review:
    """Ask a model once about the whole snapshot.

    `approve` is told the final plan before anything that costs is sent, and raises to stop. Raises DoesNotFitError when no window
    holds the prompt, and ProviderError when no answer arrived at all.
    """
    plan = plan_review(snapshot, wishes, templates)
    prompt, unread = prepare(snapshot, plan, wishes, templates)
    plan = _settled(plan, engine.count(prompt))
    prompt = dataclasses.replace(prompt, max_output=plan.max_output, betas=plan.betas)
    approve(plan)
    reply = engine.send(prompt, keeper.begin(prompt, plan))
    cost = usd(reply.usage, plan.model)
    making = Making(
        engine="claude",
        model=reply.model or plan.model.id,
        window=plan.window,
        effort=plan.effort or plan.model.effort_default,
        requests=1,
        usage=reply.usage,
        cost_usd=cost,
        seconds=reply.seconds,
        version=__version__,
        run=keeper.end(reply, cost),
    )
    return conclude(snapshot, prompt.texts, unread, reply, limits, making)


def review_built_in(snapshot: Snapshot, history: History, limits: Limits) -> Review:
    """Run the built-in checks over the whole snapshot: no account, no network, and no model."""
    texts, unread = read_texts(snapshot)
    reply = examine(snapshot, texts, history)
    making = Making(engine="static", seconds=reply.seconds, version=__version__)
    return conclude(snapshot, texts, unread, reply, limits, making)


def conclude(
    snapshot: Snapshot,
    texts: Mapping[str, str],
    unread: tuple[SkippedFile, ...],
    reply: Reply,
    limits: Limits,
    making: Making,
) -> Review:
    """Turn an answer about `texts` into a review: parse, ground, select, and say what is missing."""
    parsed = parse("" if reply.stop is Stop.REFUSED else reply.text)
    findings, ungrounded = ground(parsed.claims, texts.get)
    findings = tuple(_without_secrets(finding) for finding in findings)
    shown, withheld = select(findings, limits.min_severity, limits.min_confidence, limits.max_findings)
    coverage = _coverage(snapshot, unread)
    return Review(
        subject=snapshot.root.name,
        commit=snapshot.commit,
        findings=shown,
        withheld=withheld,
        ungrounded=ungrounded,
        coverage=coverage,
        summary=parsed.summary,
        problems=_problems(reply, parsed, coverage),
        notes=(*snapshot.notes, *reply.notes),
        making=making,
    )


def _without_secrets(finding: Finding) -> Finding:
    """A report is shown, mailed and stored where the secret should not be: its place is enough to act on."""
    return dataclasses.replace(
        finding,
        title=mask(finding.title),
        quote=mask(finding.quote),
        explanation=mask(finding.explanation),
        suggestion=mask(finding.suggestion),
    )


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


def _require_window(plan: Plan) -> None:
    if plan.window is None:
        raise DoesNotFitError("the repository does not fit the context window", hint=plan.overflow or "")


def _coverage(snapshot: Snapshot, unread: tuple[SkippedFile, ...]) -> Coverage:
    lost = {file.path for file in unread}
    read = [file for file in snapshot.files if file.path not in lost]
    return Coverage(
        read=tuple(file.path for file in read),
        skipped=tuple(sorted((*snapshot.skipped, *unread), key=lambda file: file.path.encode("utf-8", "surrogateescape"))),
        read_bytes=sum(file.size for file in read),
        read_lines=sum(file.lines for file in read),
    )


def _problems(reply: Reply, parsed: Parsed, coverage: Coverage) -> tuple[str, ...]:
    """Why the review is incomplete, a sentence each."""
    problems = [reply.problem or f"The answer ended early: {reply.stop}."] if reply.stop is not Stop.END else []
    if reply.stop is Stop.END and not parsed.whole:
        problems.append("The answer is not of the agreed form; findings that could not be read are missing.")
    if parsed.rejected:
        problems.append(
            f"{len(parsed.rejected)} parts of the answer are not of the agreed form and were left out: {parsed.rejected[0]}."
        )
    lost = [file for file in coverage.skipped if file.reason.is_failure]
    if lost:
        problems.append(f"{len(lost)} files that were meant to be read were not.")
    return tuple(problems)
