"""Findings that say something does not exist, held against the repository: when it is there, the finding is not shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reviewer.collect.search import Search
from reviewer.findings import Finding, Refuted


@dataclass(frozen=True, slots=True)
class Refutation:
    """What is left of findings after looking for what they say is missing."""

    kept: tuple[Finding, ...]
    refuted: tuple[Refuted, ...]
    problem: str = ""
    """Why the search was not whole, a sentence; empty when it was."""


def refute(findings: Iterable[Finding], search: Search) -> Refutation:
    """Divides findings into those that stand and those whose missing names were found, each in their order."""
    findings = tuple(findings)
    found = search.find({absent.name for finding in findings for absent in finding.absent})
    return Refutation(findings, (), found.problem)
