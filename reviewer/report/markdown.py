"""A Review as Markdown, for GitHub and for reading as it stands.

The words are in `templates/report/report.md.j2`. What a template is given is harmless already: everything a model or a repository
wrote has gone through `inert`, so that no template, an operator's own included, can let it act.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from reviewer.findings import Finding, Making, QuoteMatch, Review, SkippedFile, SkipReason, Ungrounded
from reviewer.report import inert
from reviewer.report.amounts import bytes_text, seconds_text
from reviewer.templating import Templates

TEMPLATE = "report/report.md.j2"
UNGROUNDED_SHOWN = 50
SKIPPED_SHOWN = 500
"""Skipped files listed by path; the rest are only counted: GitHub shows no Markdown file above 512 kB."""
_COMMIT_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingText:
    """A finding as a template shows it."""

    number: int
    """Through all severities, from 1."""
    title: str
    link: str
    severity: str
    confidence: str
    category: str
    code: str
    """The quoted lines in a fence of their own."""
    explanation: str
    suggestion: str
    """Empty when there is none."""
    similar: bool
    """The finder's quote is not in the file letter by letter; the lines shown are most like it."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SeverityText:
    """The findings of one severity."""

    severity: str
    findings: tuple[FindingText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UngroundedText:
    """A claim that is not shown as a finding."""

    title: str
    path: str
    reason: str
    severity: str
    explanation: str


@dataclass(frozen=True, slots=True)
class SkippedText:
    """The files skipped for one reason."""

    reason: str
    count: int
    files: tuple[str, ...]
    """Those that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakingText:
    """How the review was made."""

    static: bool
    """Built-in checks only; no model has read the code."""
    model: str
    window: str
    effort: str
    requests: int
    prompt_tokens: int
    cache_read: int
    cache_written: int
    output_tokens: int
    cost: float | None
    time: str
    version: str
    run: str


def render(review: Review, templates: Templates) -> str:
    """The report, ending with a line feed. Raises TemplateError."""
    grounded = len(review.findings) + review.withheld
    return templates.render(
        TEMPLATE,
        subject=inert.code(inert.visible_path(review.subject)),
        commit=inert.code(review.commit[:_COMMIT_SHOWN]) if review.commit else "",
        complete=review.complete,
        problems=tuple(map(inert.one_line, review.problems)),
        notes=tuple(map(inert.one_line, review.notes)),
        summary=inert.prose(review.summary),
        found=len(review.findings),
        severities=tuple(_by_severity(review.findings)),
        withheld=review.withheld,
        grounded=grounded,
        claims=grounded + len(review.ungrounded),
        ungrounded=tuple(map(_ungrounded, review.ungrounded[:UNGROUNDED_SHOWN])),
        ungrounded_more=len(review.ungrounded[UNGROUNDED_SHOWN:]),
        read=len(review.coverage.read),
        read_size=bytes_text(review.coverage.read_bytes),
        read_lines=review.coverage.read_lines,
        skipped_count=len(review.coverage.skipped),
        skipped=tuple(_by_reason(review.coverage.skipped)),
        skipped_more=len(review.coverage.skipped[SKIPPED_SHOWN:]),
        made=_making(review.making),
    )


def _by_severity(findings: Iterable[Finding]) -> Iterator[SeverityText]:
    """The findings in groups; they come worst first."""
    numbered = enumerate(findings, 1)
    for severity, group in groupby(numbered, key=lambda entry: entry[1].severity):
        yield SeverityText(severity.word, tuple(_finding(number, finding) for number, finding in group))


def _finding(number: int, finding: Finding) -> FindingText:
    return FindingText(
        number=number,
        title=inert.one_line(finding.title),
        link=inert.link(finding.path, finding.start_line, finding.end_line),
        severity=finding.severity.word,
        confidence=finding.confidence.word,
        category=finding.category.value,
        code=inert.block(finding.quote, finding.path),
        explanation=inert.prose(finding.explanation),
        suggestion=inert.prose(finding.suggestion),
        similar=finding.match is QuoteMatch.SIMILAR,
        fingerprint=inert.code(finding.fingerprint),
    )


def _ungrounded(claim: Ungrounded) -> UngroundedText:
    return UngroundedText(
        title=inert.one_line(claim.title),
        path=inert.code(inert.visible_path(claim.path)),
        reason=claim.reason,
        severity=claim.severity.word,
        explanation=inert.one_line(claim.explanation),
    )


def _by_reason(skipped: tuple[SkippedFile, ...]) -> Iterator[SkippedText]:
    """The skipped files in groups, the largest first."""
    groups: dict[SkipReason, list[SkippedFile]] = {}
    for file in skipped:
        groups.setdefault(file.reason, []).append(file)
    left = SKIPPED_SHOWN
    for reason, files in sorted(groups.items(), key=lambda entry: -len(entry[1])):
        listed = tuple(map(_skipped, islice(files, left)))
        left -= len(listed)
        yield SkippedText(reason.value, len(files), listed)


def _skipped(file: SkippedFile) -> str:
    detail = f": {inert.one_line(file.detail)}" if file.detail else ""
    return inert.code(inert.visible_path(file.path)) + detail


def _making(making: Making) -> MakingText:
    usage = making.usage
    return MakingText(
        static=making.engine == "static",
        model=inert.code(making.model or ""),
        window=making.window or "",
        effort=inert.code(making.effort or ""),
        requests=making.requests,
        prompt_tokens=usage.prompt_tokens,
        cache_read=usage.cache_read_input_tokens,
        cache_written=usage.cache_creation_input_tokens,
        output_tokens=usage.output_tokens,
        cost=making.cost_usd,
        time=seconds_text(making.seconds),
        version=inert.code(making.version),
        run=inert.code(making.run),
    )
