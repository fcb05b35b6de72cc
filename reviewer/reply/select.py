"""Which findings are shown, and in what order. The only place where grounded findings are left out; they stay counted."""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.findings import Confidence, Finding, Severity


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By severity, then confidence, then path and line."""
    return tuple(sorted(findings, key=lambda f: (-f.severity, -f.confidence, f.path, f.start_line, f.end_line, f.fingerprint)))


def of_the_change(findings: Iterable[Finding], *, pre_existing: bool) -> tuple[tuple[Finding, ...], int]:
    """The findings that whoever made the change is to answer for, and how many others there were.

    With `pre_existing`, all of them. So are all when no change is reviewed: then a finding has no origin. To be called before `select`,
    so that the number counts every such finding, however mild.
    """
    every = tuple(findings)
    kept = tuple(finding for finding in every if pre_existing or finding.origin is None or finding.origin.is_of_the_change)
    return kept, len(every) - len(kept)


def select(
    findings: Iterable[Finding], min_severity: Severity, min_confidence: Confidence, max_findings: int | None
) -> tuple[tuple[Finding, ...], int]:
    """The findings to show, worst first, and how many grounded ones were left out. `max_findings` None means all."""
    every = worst_first(findings)
    enough = [finding for finding in every if finding.severity >= min_severity and finding.confidence >= min_confidence]
    shown = tuple(enough if max_findings is None else enough[:max_findings])
    return shown, len(every) - len(shown)
