"""A Review as SARIF 2.1.0, within what GitHub's code scanning takes.

Rule ids are a fixed list, one a category: a finder that named rules freely would make every run look new. GitHub compares runs by
`primaryLocationLineHash` alone, which its upload action computes from the checked out file: 100 characters from the line's start, and
the how-manieth of its like in the file, which a review does not hold. Our own fingerprint stands there for other readers.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from reviewer.errors import IncompleteError
from reviewer.findings import Finding, Severity
from reviewer.outcome import Review
from reviewer.report.amounts import counted
from reviewer.report.printable import inert
from reviewer.report.sarif_results import as_text, location, results
from reviewer.report.sarif_rules import RULES, SECURITY_SEVERITY

MOST_RESULTS = 25_000
"""Results GitHub takes in one run; it shows the 5,000 most severe."""
MOST_BYTES = 10_000_000
"""Of the file, compressed with gzip, as GitHub takes it."""
_FILES_NAMED = 1_000
"""Files not read whole that are named; the rest are counted. The JSON report names all."""
_SHRINK = 0.9
"""Cut a little below the size wanted: the mildest findings are often the shortest."""
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(review: Review) -> str:
    """The review as one SARIF log and a line feed. Pure ASCII, so that nothing in it can act on a terminal.

    Of more results than GitHub takes the mildest are left out, and a notification says so.
    """
    # "If present on any result, it shall be present on every result" (3.27.24).
    compared = all(finding.origin is not None for finding in review.findings)
    found = [each for finding in review.findings for each in results(finding, compared=compared)]
    keep = min(len(found), MOST_RESULTS)
    while True:
        text = _log(review, found[:keep], len(found) - keep)
        # Compression is slow and most reports are small: what is small enough as it is need not be compressed to know.
        size = len(text) if len(text) <= MOST_BYTES else len(gzip.compress(text.encode(), compresslevel=6, mtime=0))
        if size <= MOST_BYTES or not keep:
            return text
        keep = int(keep * MOST_BYTES / size * _SHRINK)


def _log(review: Review, found: list[dict[str, Any]], cut: int) -> str:
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(review, found, cut)]}
    return inert(json.dumps(log, indent=1)) + "\n"


def _run(review: Review, found: list[dict[str, Any]], cut: int) -> dict[str, Any]:
    security = _security_severity(review.findings)
    return {
        "tool": {
            "driver": {
                "name": "reviewer",
                **({"version": as_text(review.making.version)} if review.making.version.strip() else {}),
                "rules": [rule.as_json(security) for rule in RULES],
            }
        },
        "automationDetails": {"id": _category(review) + _unstarred(review.making.run)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the repository."}}},
        "results": found,
        "invocations": [_invocation(review, cut)],
        "properties": _properties(review),
    }


def _category(review: Review) -> str:
    """GitHub takes an analysis for the successor of the last one of this name, and closes what only that one had found.

    So a review of a change must never follow upon one of the whole repository, nor the built-in checks upon a model's review.
    """
    return f"reviewer/{review.making.engine}/{'change' if review.change else 'repository'}/"


def _unstarred(run: str) -> str:
    """The run's id: what follows the last slash names this one analysis."""
    return "".join(character if character.isascii() and character.isalnum() else "-" for character in run)


def _security_severity(findings: tuple[Finding, ...]) -> str:
    """GitHub shows one number for all results of a rule: that of the worst, so that none looks milder than it is."""
    rated = [finding.severity for finding in findings if finding.category.value == "security"]
    return SECURITY_SEVERITY[max(rated, default=Severity.HIGH)]


def _invocation(review: Review, cut: int) -> dict[str, Any]:
    """How the run went. An incomplete review is no success, so that a reader does not take silence for health."""
    told = [{"level": level, "message": {"text": as_text(text)}} for level, text in _told(review, cut)]
    failed = (
        {} if review.complete else {"exitCode": IncompleteError.exit_code, "exitCodeDescription": "The review is incomplete."}
    )
    return {
        "executionSuccessful": review.complete,
        **failed,
        "toolExecutionNotifications": told,
        "toolConfigurationNotifications": list(_not_read_whole(review)),
    }


def _told(review: Review, cut: int) -> Iterator[tuple[str, str]]:
    """What a reader of the results should know: its level and the words."""
    yield from (("error", problem) for problem in review.problems)
    if cut:
        yield "warning", f"{counted(cut, 'milder result')} left out here: GitHub takes no more results. The JSON report has all."
    if review.making.engine == "static":
        yield "note", "Built-in checks only; no model has read this code."
    if review.withheld:
        yield (
            "note",
            f"{counted(review.withheld, 'more finding')} left out by --min-severity, --min-confidence or --max-findings.",
        )
    if review.pre_existing:
        yield "note", f"{counted(review.pre_existing, 'pre-existing finding')} left out; --pre-existing shows them."
    if review.nothing:
        yield "note", f"Nothing was reviewed: {review.nothing}."
    elif review.change is not None and review.change.unread_why:
        yield "note", f"{counted(review.change.unread, 'changed file')} not read: {review.change.unread_why}."
    yield from (("note", note) for note in dict.fromkeys(review.notes))
    yield from (("note", f"Refuted: {claim.title} ({claim.reason})") for claim in review.refuted)


def _not_read_whole(review: Review) -> Iterator[dict[str, Any]]:
    """What was not looked at, or not whole, a notification a file."""
    coverage = review.coverage
    left = max(0, len(coverage.skipped) + len(coverage.outlined) - _FILES_NAMED)
    for path in islice(coverage.outlined, _FILES_NAMED):
        yield _of_file(path, "note", "Only its signatures were read: no room in the context window.")
    for file in islice(coverage.skipped, max(0, _FILES_NAMED - len(coverage.outlined))):
        detail = f": {file.detail}" if file.detail.strip() else ""
        yield _of_file(file.path, "warning" if file.reason.is_failure else "note", f"Not read: {file.reason}{detail}.")
    if left:
        yield {
            "level": "note",
            "message": {"text": f"{counted(left, 'more file')} not read, or not whole. The JSON report names all."},
        }


def _of_file(path: str, level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": as_text(text)}, "locations": [{"physicalLocation": location(path)}]}


def _properties(review: Review) -> dict[str, Any]:
    """Counts that have no place of their own in SARIF."""
    change = review.change
    commits = {"commit": review.commit, "base": change.base if change else None, "head": change.head if change else None}
    return {
        "complete": review.complete,
        "filesRead": len(review.coverage.read),
        "filesOutlined": len(review.coverage.outlined),
        "filesSkipped": len(review.coverage.skipped),
        **({"nothingReviewed": True} if review.nothing else {}),
        "findingsWithheld": review.withheld,
        "findingsPreExisting": review.pre_existing,
        "findingsUngrounded": len(review.ungrounded),
        "findingsRefuted": len(review.refuted),
        **{name: commit for name, commit in commits.items() if commit},
    }
