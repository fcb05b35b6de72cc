"""A Review as SARIF 2.1.0, within what GitHub's code scanning takes.

Rule ids are a fixed list, one a category: a finder that named rules freely would make every run look new. GitHub compares runs by
`primaryLocationLineHash`, which its upload action computes from the file; our own fingerprint stands beside it for other readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes

from reviewer.findings import Confidence, Finding, Origin, Review, Severity
from reviewer.report.inert import visible
from reviewer.report.printable import printable
from reviewer.report.sarif_rules import RULES, rule_id

MOST_RESULTS = 25_000
"""Results GitHub takes in one run; it shows the 5,000 most severe."""
_LONGEST_MESSAGE = 20_000
_NOTIFICATIONS = 1_000
"""Files left out that are named; the rest are counted."""
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_RANKS = {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
}
"""GitHub's bands: above 9 critical, 7 to 8.9 high, 4 to 6.9 medium, below low."""
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(review: Review) -> str:
    """The review as one SARIF log and a line feed. Pure ASCII, so that nothing in it can act on a terminal."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(review)]}
    return json.dumps(log, indent=1).replace("\x7f", "\\u007f") + "\n"


def _run(review: Review) -> dict[str, Any]:
    shown = review.findings[:MOST_RESULTS]
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": "reviewer", "version": review.making.version or "0", "rules": [rule.as_json() for rule in RULES]}
        },
        "automationDetails": {"id": f"reviewer/{review.making.engine}/{'change' if review.change else 'repository'}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The top of the repository."}}},
        "results": [_result(finding) for finding in shown],
        "invocations": [_invocation(review, len(review.findings) - len(shown))],
        "properties": _properties(review),
    }
    return run


def _result(finding: Finding) -> dict[str, Any]:
    last = finding.quote.split("\n")[-1]
    result: dict[str, Any] = {
        "ruleId": rule_id(finding.category),
        "ruleIndex": next(index for index, rule in enumerate(RULES) if rule.category is finding.category),
        "level": _LEVELS[finding.severity],
        "rank": _RANKS[finding.confidence],
        "message": {"text": _message(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.path), "uriBaseId": "SRCROOT"},
                    "region": {
                        "startLine": finding.start_line,
                        "startColumn": 1,
                        "endLine": finding.end_line,
                        "endColumn": len(last) + 1,
                        "snippet": {"text": _text(finding.quote)},
                    },
                }
            }
        ],
        "partialFingerprints": {"reviewerFingerprint/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity.word,
            "confidence": finding.confidence.word,
            "security-severity": _SECURITY_SEVERITY[finding.severity],
        },
    }
    if finding.origin is not None:
        result["properties"]["origin"] = finding.origin.value
        result["baselineState"] = {Origin.INTRODUCED: "new", Origin.WORSENED: "updated"}.get(finding.origin, "unchanged")
    return result


def _message(finding: Finding) -> str:
    parts = [finding.title, finding.explanation, f"Fix: {finding.suggestion}" if finding.suggestion.strip() else ""]
    return _text("\n\n".join(part for part in parts if part.strip()))[:_LONGEST_MESSAGE]


def _uri(path: str) -> str:
    """The path as a relative URI: every byte that a URI cannot hold as `%XX`, and no first segment that reads as a scheme."""
    return quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/")


def _invocation(review: Review, cut: int) -> dict[str, Any]:
    """How the run went. An incomplete review is no success, so that a reader does not take silence for health."""
    told = [("error", problem) for problem in review.problems]
    if cut:
        told.append(("warning", f"{cut:,} more findings are left out: GitHub takes {MOST_RESULTS:,}."))
    told += [("note", note) for note in review.notes]
    told += [("note", f"Refuted: {claim.title} ({claim.reason})") for claim in review.refuted]
    invocation: dict[str, Any] = {
        "executionSuccessful": review.complete,
        "toolExecutionNotifications": [
            {"level": level, "message": {"text": _text(text)}} for level, text in told if text.strip()
        ],
        "toolConfigurationNotifications": list(_not_read(review)),
    }
    return invocation


def _not_read(review: Review) -> Iterator[dict[str, Any]]:
    """What was not looked at, a notification a file."""
    coverage = review.coverage
    told = [(file.path, f"Not read: {file.reason}{': ' + file.detail if file.detail else ''}.") for file in coverage.skipped]
    told += [(path, "Only its signatures were read: no room in the context window.") for path in coverage.outlined]
    for path, text in told[:_NOTIFICATIONS]:
        location = {"physicalLocation": {"artifactLocation": {"uri": _uri(path), "uriBaseId": "SRCROOT"}}}
        yield {"level": "note", "message": {"text": _text(text)}, "locations": [location]}
    if len(told) > _NOTIFICATIONS:
        yield {"level": "note", "message": {"text": f"{len(told) - _NOTIFICATIONS:,} more files were not read whole."}}


def _properties(review: Review) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "complete": review.complete,
        "filesRead": len(review.coverage.read),
        "filesOutlined": len(review.coverage.outlined),
        "filesSkipped": len(review.coverage.skipped),
        "findingsWithheld": review.withheld,
        "findingsPreExisting": review.pre_existing,
        "findingsUngrounded": len(review.ungrounded),
        "findingsRefuted": len(review.refuted),
    }
    if review.commit:
        properties["commit"] = review.commit
    if review.change is not None and review.change.base:
        properties["base"] = review.change.base
    return properties


def _text(text: str) -> str:
    """A message of others: shown as it is, but for what hides, reorders or commands; never empty, which SARIF forbids."""
    return printable(visible(text)).strip("\0") or "(empty)"
