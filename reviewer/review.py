"""The story: a snapshot of a repository in, a review out.

Nothing here parses arguments, prints, sleeps or catches. What is needed comes in as a value or a Protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from reviewer import __version__
from reviewer.collect.files import read_texts
from reviewer.collect.history import History
from reviewer.collect.secrets import mask
from reviewer.collect.snapshot import Snapshot
from reviewer.engine.interface import Engine, Listener, Prompt, Reply, Stop
from reviewer.engine.static import examine
from reviewer.errors import DoesNotFitError, NothingToReviewError
from reviewer.findings import Confidence, Coverage, Finding, Making, Review, Severity, SkippedFile, Ungrounded
from reviewer.plan.cost import usd
from reviewer.plan.decision import Plan
from reviewer.plan.window import settle
from reviewer.planning import Wishes
from reviewer.prompt import compose
from reviewer.reply.ground import MAX_QUOTED_CHARACTERS, ground
from reviewer.reply.parse import Parsed, parse
from reviewer.reply.select import select
from reviewer.report.amounts import counted
from reviewer.templating import Templates

_AnyClaim = TypeVar("_AnyClaim", Finding, Ungrounded)


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


def prepare(snapshot: Snapshot, plan: Plan, wishes: Wishes, templates: Templates) -> tuple[Prompt, tuple[SkippedFile, ...]]:
    """The exact request for `plan`, and the files that could not be read a second time.

    Raises NothingToReviewError when there is no file, and DoesNotFitError when no window holds the estimate.
    """
    require_sendable(snapshot, plan)
    texts, unread = read_texts(snapshot)
    prompt = compose(
        plan,
        snapshot,
        texts,
        templates,
        language=wishes.language,
        instructions=wishes.instructions,
        instructions_from_repository=wishes.instructions_from_repository,
    )
    return prompt, unread


def review_with_model(
    snapshot: Snapshot,
    plan: Plan,
    wishes: Wishes,
    limits: Limits,
    templates: Templates,
    engine: Engine,
    approve: Callable[[Plan], None],
    keeper: Keeper,
) -> Review:
    """Ask a model once about the whole snapshot, as `plan` says.

    `approve` is told the final plan before anything that costs is sent, and raises to stop. Raises NothingToReviewError when there is
    no file, DoesNotFitError when no window holds the prompt, and ProviderError when no answer arrived at all.
    """
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
    """Run the built-in checks over the whole snapshot: no account, no network, and no model.

    Raises NothingToReviewError when there is no file.
    """
    _require_files(snapshot)
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
    shown, withheld = select(_without_secrets(findings, texts), limits.min_severity, limits.min_confidence, limits.max_findings)
    coverage = _coverage(snapshot, unread)
    return Review(
        subject=snapshot.root.name,
        commit=snapshot.commit,
        findings=shown,
        withheld=withheld,
        ungrounded=tuple(_masked(claim) for claim in ungrounded),
        coverage=coverage,
        summary=mask(parsed.summary),
        problems=_problems(reply, parsed, coverage),
        notes=(*snapshot.notes, *reply.notes),
        making=making,
    )


def _without_secrets(findings: Iterable[Finding], texts: Mapping[str, str]) -> Iterator[Finding]:
    """The findings with every secret replaced by its kind: a report is shown, mailed and stored where the secret should not be.

    Quotes are cut from the masked file: a line alone may lack what shows that a secret stands in it.
    """
    both: dict[str, tuple[list[str], list[str]]] = {}
    for finding in findings:
        if finding.path not in both:
            text = texts[finding.path]
            both[finding.path] = text.split("\n"), mask(text).split("\n")
        first, number = finding.start_line - 1, finding.quote.count("\n") + 1
        own, safe = (lines[first : first + number] for lines in both[finding.path])
        yield dataclasses.replace(_masked(finding), quote=finding.quote if own == safe else _safe_quote(finding.quote, safe))


def _safe_quote(quote: str, safe: Iterable[str]) -> str:
    """What to show of lines that were masked: the quote where it stands in them still, else their beginning, for lines may be very long."""
    whole = "\n".join(line.rstrip("\r") for line in safe)
    return quote if quote in whole else whole[:MAX_QUOTED_CHARACTERS]


def _masked(claim: _AnyClaim) -> _AnyClaim:
    return dataclasses.replace(
        claim,
        title=mask(claim.title),
        quote=mask(claim.quote),
        explanation=mask(claim.explanation),
        suggestion=mask(claim.suggestion),
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


def _require_files(snapshot: Snapshot) -> None:
    if not snapshot.files:
        skipped = len(snapshot.skipped)
        hint = f"{counted(skipped, 'file')} skipped; `reviewer plan` says why." if skipped else ""
        raise NothingToReviewError("there is no file to review", hint=hint)


def require_sendable(snapshot: Snapshot, plan: Plan) -> None:
    """Raise NothingToReviewError when there is no file, and DoesNotFitError, with what would help, when no window holds them."""
    _require_files(snapshot)
    _require_window(plan)


def _require_window(plan: Plan) -> None:
    if plan.overflow is not None:
        raise DoesNotFitError(
            f"the repository does not fit, and nothing was sent. {plan.overflow.reason}",
            hint=f"{plan.overflow.largest} {plan.overflow.helps} `reviewer plan` shows where the tokens are.",
        )


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
            f"{counted(len(parsed.rejected), 'part')} of the answer left out, not being of the agreed form: {parsed.rejected[0]}."
        )
    lost = [file for file in coverage.skipped if file.reason.is_failure]
    if lost:
        problems.append(f"{counted(len(lost), 'file')} that should have been read could not be.")
    return tuple(problems)
