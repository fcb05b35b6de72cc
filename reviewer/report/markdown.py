"""A Review as Markdown, for GitHub and for reading as it stands.

The words are in `templates/report/report.md.j2`. What a template is given is harmless already: everything a model or a repository
wrote has gone through `inert`, so that no template, an operator's own included, can let it act.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice

from reviewer.findings import Finding, QuoteMatch, Refuted, Ungrounded, Verification
from reviewer.outcome import NO_USAGE, Making, PassMade, Redaction, Review, ReviewedChange, SkippedFile, SkipReason, Usage
from reviewer.report import inert
from reviewer.report.amounts import bytes_text, cost_text, seconds_text
from reviewer.report.texts import ChangeText, FindingText, MakingText, PassText, RejectedText, SeverityText, SkippedText
from reviewer.templating import Templates

TEMPLATE = "report/report.md.j2"
REJECTED_SHOWN = 50
"""Claims listed of each kind that is not shown as a finding."""
REDACTED_SHOWN = 100
"""Secrets listed by their places; the rest are only counted."""
PLACES_SHOWN = 100
"""Further places that are linked of one finding; the rest are only counted, and the JSON report lists them."""
SKIPPED_SHOWN = 500
"""Skipped files listed by path, and files read by their signatures; the rest are only counted: GitHub shows no Markdown file above 512 kB."""
_COMMIT_SHOWN = 12


def render(review: Review, templates: Templates, top: str = ".") -> str:
    """The report, ending with a line feed. `top` is the address its links to files start with (see `inert.link`). Raises TemplateError."""
    coverage = review.coverage
    # What is shown, left out or refuted was found to quote what is there.
    grounded = len(review.findings) + review.withheld + review.pre_existing + len(review.refuted)
    named = sum(file.reason is SkipReason.NO_ROOM for file in coverage.skipped)
    return templates.render(
        TEMPLATE,
        subject=inert.code(inert.visible_path(review.subject)),
        commit=_commit(review.commit),
        change=_change(review.change) if review.change else None,
        complete=review.complete,
        nothing=inert.one_line(review.nothing),
        problems=tuple(map(inert.one_line, review.problems)),
        notes=tuple(map(inert.one_line, review.notes)),
        summary=inert.prose(review.summary),
        found=len(review.findings),
        severities=tuple(_by_severity(review, top)),
        withheld=review.withheld,
        pre_existing=review.pre_existing,
        grounded=grounded,
        claims=grounded + len(review.ungrounded),
        ungrounded=tuple(_rejected(claim, top) for claim in review.ungrounded[:REJECTED_SHOWN]),
        ungrounded_more=len(review.ungrounded[REJECTED_SHOWN:]),
        refuted=tuple(_rejected(claim, top) for claim in review.refuted[:REJECTED_SHOWN]),
        refuted_count=len(review.refuted),
        read=len(coverage.read),
        read_size=bytes_text(coverage.read_bytes),
        read_lines=coverage.read_lines,
        outlined=tuple(inert.code(inert.visible_path(path)) for path in coverage.outlined[:SKIPPED_SHOWN]),
        outlined_count=len(coverage.outlined),
        named_count=named,
        skipped_count=len(coverage.skipped) - named,
        skipped=tuple(_by_reason(coverage.skipped)),
        skipped_more=len(coverage.skipped[SKIPPED_SHOWN:]),
        redacted=tuple(_redaction(each, top) for each in review.redacted[:REDACTED_SHOWN]),
        redacted_count=len(review.redacted),
        made=_making(review.making),
    )


def _redaction(redaction: Redaction, top: str) -> str:
    """Where a secret stood, and its kind."""
    kind = inert.one_line(redaction.kind)
    if not redaction.path:
        return f"{kind} in the words of the change's author"
    if redaction.removed:
        return f"{kind} in {inert.code(inert.visible_path(redaction.path))}, line {redaction.line} before the change"
    return f"{kind} in {inert.link(redaction.path, redaction.line, redaction.line, top=top)}"


def _commit(commit: str | None) -> str:
    return inert.code(commit[:_COMMIT_SHOWN]) if commit else ""


def _change(change: ReviewedChange) -> ChangeText:
    return ChangeText(
        label=inert.code(change.label),
        base=_commit(change.base),
        head=_commit(change.head),
        files=change.files,
        added=change.added,
        removed=change.removed,
        steering=tuple(inert.code(inert.visible_path(path)) for path in change.steering),
        unread=change.unread,
        unread_why=inert.one_line(change.unread_why),
    )


def _by_severity(review: Review, top: str) -> Iterator[SeverityText]:
    """The findings in groups; they come worst first."""
    changed = review.change is not None
    numbered = enumerate(review.findings, 1)
    for severity, group in groupby(numbered, key=lambda entry: entry[1].severity):
        yield SeverityText(severity.word, tuple(_finding(number, finding, top, changed=changed) for number, finding in group))


def _finding(number: int, finding: Finding, top: str, *, changed: bool) -> FindingText:
    lines = (finding.path, finding.start_line, finding.end_line)
    return FindingText(
        number=number,
        title=inert.one_line(finding.title),
        link=inert.place(*lines) if finding.removed else inert.link(*lines, top=top),
        severity=finding.severity.word,
        confidence=finding.confidence.word,
        category=finding.category.value,
        code=inert.block(finding.quote, finding.path),
        explanation=inert.prose(finding.explanation),
        suggestion=inert.prose(finding.suggestion),
        origin=finding.origin.words if finding.origin else "",
        outside=changed and finding.anchor is None,
        replacement=inert.block(finding.replacement, finding.path) if finding.replacement else "",
        deletes=finding.replacement == "",
        looks=", ".join(map(inert.one_line, finding.found_by)) if len(finding.found_by) > 1 else "",
        verified=finding.verification.ruling.value if finding.verification else "",
        verification=inert.one_line(finding.verification.explanation) if finding.verification else "",
        evidence=_evidence(finding.verification, top),
        also=tuple(inert.link(place.path, place.start_line, place.end_line, top=top) for place in finding.also[:PLACES_SHOWN]),
        also_more=len(finding.also[PLACES_SHOWN:]),
        similar=finding.match is QuoteMatch.SIMILAR,
        removed=finding.removed,
        as_quoted=inert.block(finding.as_quoted, finding.path) if finding.as_quoted else "",
        notes=tuple(map(inert.one_line, finding.notes)),
        fingerprint=inert.code(finding.fingerprint),
    )


def _evidence(verification: Verification | None, top: str) -> str:
    if verification is None or verification.evidence is None:
        return ""
    evidence = verification.evidence
    return inert.link(evidence.path, evidence.start_line, evidence.end_line, top=top)


def _rejected(claim: Ungrounded | Refuted, top: str) -> RejectedText:
    return RejectedText(
        evidence=_evidence(claim.verification, top) if isinstance(claim, Refuted) else "",
        title=inert.one_line(claim.title),
        path=inert.code(inert.visible_path(claim.path)),
        reason=inert.one_line(claim.reason),
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
    later = sum((each.usage for each in making.passes[1:]), NO_USAGE)
    return MakingText(
        static=making.engine == "static",
        model=inert.code(making.model or ""),
        window=making.window or "",
        effort=inert.code(making.effort or ""),
        requests=making.requests,
        known=usage.known,
        prompt_tokens=usage.prompt_tokens,
        cache_read=usage.cache_read_input_tokens,
        cache_written=usage.cache_creation_input_tokens,
        passes=tuple(map(_pass, making.passes)) if len(making.passes) > 1 else (),
        again=_share(later) if usage.known else "",
        cache_warning=inert.one_line(making.cache_warning),
        output_tokens=usage.output_tokens,
        cost=making.cost_usd,
        price=cost_text(making.cost_usd, usage),
        time=seconds_text(making.seconds),
        version=inert.code(making.version),
        run=inert.code(making.run),
    )


def _pass(made: PassMade) -> PassText:
    return PassText(
        name=inert.cell(inert.one_line(made.name)),
        findings=made.findings,
        known=made.usage.known,
        prompt_tokens=made.usage.prompt_tokens,
        cached=_share(made.usage),
        output_tokens=made.usage.output_tokens,
        cost=made.cost_usd,
        price="unknown" if made.cost_usd is None else cost_text(made.cost_usd, made.usage, ""),
        time=seconds_text(made.seconds),
        asked=made.asked,
        resumed=made.resumed,
    )


def _share(usage: Usage) -> str:
    """How much of a prompt was read from the cache, rounded down: 100 % means all of it."""
    return f"{usage.cache_read_input_tokens * 100 // usage.prompt_tokens} %" if usage.prompt_tokens else ""
