"""One finding as a result of SARIF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes

from reviewer.findings import Category, Confidence, Finding, Origin, Severity
from reviewer.reply.fingerprint import fingerprint
from reviewer.report.inert import visible, visible_path
from reviewer.report.printable import printable
from reviewer.report.sarif_rules import SECURITY_SEVERITY, rule_id, rule_index

FINGERPRINT = "reviewerFingerprint/v1"
LONGEST_TEXT = 1_024
"""Characters GitHub shows of a text."""
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_RANKS = {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}
_STATES = {Origin.INTRODUCED: "new", Origin.UNSTATED: "new", Origin.WORSENED: "updated", Origin.PRE_EXISTING: "unchanged"}


def results(finding: Finding, *, compared: bool) -> Iterator[dict[str, Any]]:
    """The finding, then one result for each of its further places: GitHub shows no second location of a result."""
    first = result(finding, compared=compared)
    yield first
    at = f"{visible_path(finding.path)}:{finding.start_line}"
    message = {"text": as_text(f"Also here: {finding.title}\n\nA further place of the finding at {at}. {finding.explanation}")}
    seen: Counter[str] = Counter()
    for place in finding.also:
        seen[place.path] += 1
        region = {"startLine": place.start_line, "startColumn": 1, "endLine": place.end_line}
        name = fingerprint(finding.category, place.path, f"{finding.fingerprint} {seen[place.path]}")
        yield {
            **{key: value for key, value in first.items() if key != "fixes"},
            "message": message,
            "locations": [{"physicalLocation": {**location(place.path), "region": region}}],
            "partialFingerprints": {FINGERPRINT: name},
        }


def result(finding: Finding, *, compared: bool) -> dict[str, Any]:
    """The finding; `compared` says that every finding of the run has a state against the base."""
    lines = finding.head if finding.removed else finding
    place = location(lines.path if lines else finding.path)
    region = {"region": _region(finding) if lines is finding else _line(lines.start_line)} if lines else {}
    return {
        "ruleId": rule_id(finding.category),
        "ruleIndex": rule_index(finding.category),
        "level": _LEVELS[finding.severity],
        "rank": _RANKS[finding.confidence],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": {**place, **region}}],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        **({"baselineState": _STATES[finding.origin]} if compared and finding.origin else {}),
        **_fixes(finding),
        "properties": _properties(finding),
    }


def location(path: str) -> dict[str, Any]:
    """A file of the repository. As a URI: every byte that one cannot hold as `%XX`, and no segment that reads as a scheme."""
    uri = quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/")
    return {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}


def as_text(text: str) -> str:
    """A text of others: shown as it is, but for what hides, reorders or commands, and without links; never empty, which SARIF forbids.

    In a message `[words](target)` is a link (3.11.6); parted by a space it is not.
    """
    shown = printable(visible(text)).replace("](", "] (").strip() or "-"
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


def _message(finding: Finding) -> str:
    gone = f"About lines that the change removes:\n{finding.quote}" if finding.removed else ""
    unstated = "Origin not stated: it may be older than the change." if finding.origin is Origin.UNSTATED else ""
    parts = [
        finding.title,
        gone,
        unstated,
        finding.explanation,
        f"Fix: {finding.suggestion}" if finding.suggestion.strip() else "",
    ]
    return as_text("\n\n".join(part.strip() for part in parts if part.strip()))


def _line(line: int) -> dict[str, Any]:
    """Where removed lines were: the next one. The file has no others to show."""
    return {"startLine": line, "startColumn": 1, "endLine": line}


def _region(finding: Finding) -> dict[str, Any]:
    """Whole lines. The last column is known where the quote was not cut."""
    lines = finding.quote.split("\n")
    whole = len(lines) == finding.end_line - finding.start_line + 1
    return {
        "startLine": finding.start_line,
        "startColumn": 1,
        "endLine": finding.end_line,
        **({"endColumn": len(lines[-1]) + 1} if whole and lines[-1] else {}),
        **({"snippet": {"text": printable(visible(finding.quote))}} if finding.quote else {}),
    }


def _fixes(finding: Finding) -> dict[str, Any]:
    """The lines to stand in the place of the quoted ones. Nobody should apply what cannot be seen, so nothing hidden is offered."""
    text = finding.replacement
    if not text or visible(text) != text:
        return {}
    replacement = {
        "deletedRegion": {"startLine": finding.start_line, "startColumn": 1, "endLine": finding.end_line},
        "insertedContent": {"text": text.removesuffix("\n")},
    }
    change = {**location(finding.path), "replacements": [replacement]}
    return {"fixes": [{"description": {"text": "Replace the quoted lines."}, "artifactChanges": [change]}]}


def _properties(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        **({"security-severity": SECURITY_SEVERITY[finding.severity]} if finding.category is Category.SECURITY else {}),
        **({"origin": finding.origin.value} if finding.origin else {}),
    }
