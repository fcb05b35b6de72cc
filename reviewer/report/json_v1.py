"""A Review as JSON, version 1 of the form in `docs/review.schema.json`. Fields may be added; none changes its meaning or goes away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reviewer.findings import Claim, Finding, Refuted, Ungrounded, Verification
from reviewer.outcome import Coverage, Making, PassMade, Redaction, Review, ReviewedChange
from reviewer.report.printable import dumps, printable, printable_path

SCHEMA_VERSION = 1


def render(review: Review) -> str:
    """The review as one JSON object and a line feed. Pure ASCII, so that nothing in it can act on a terminal."""
    return dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "complete": review.complete,
            "problems": [printable(problem) for problem in review.problems],
            "notes": [printable(note) for note in review.notes],
            "nothing_reviewed": printable(review.nothing) or None,
            "subject": printable_path(review.subject),
            "commit": review.commit,
            "change": _change(review.change) if review.change else None,
            "engine": review.making.engine,
            "model": review.making.model,
            "window": review.making.window,
            "summary": printable(review.summary),
            "findings": [_finding(finding) for finding in review.findings],
            "withheld": review.withheld,
            "pre_existing": review.pre_existing,
            "ungrounded": [_rejected(claim) for claim in review.ungrounded],
            "refuted": [{**_rejected(claim), "verification": _verification(claim.verification)} for claim in review.refuted],
            "redacted": [_redaction(each) for each in review.redacted],
            "coverage": _coverage(review.coverage),
            "usage": asdict(review.making.usage),
            "cost_usd": review.making.cost_usd,
            "making": _making(review.making),
        }
    )


def _change(change: ReviewedChange) -> dict[str, Any]:
    return {
        "label": printable(change.label),
        "base": change.base,
        "head": change.head,
        "files": change.files,
        "added": change.added,
        "removed": change.removed,
        "steering": [printable_path(path) for path in change.steering],
        "unread": change.unread,
        "unread_why": printable(change.unread_why),
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "title": printable(claim.title),
        "severity": claim.severity.word,
        "confidence": claim.confidence.word,
        "category": claim.category.value,
        "path": printable_path(claim.path),
        "start_line": claim.start_line,
        "end_line": claim.end_line,
        "quote": printable(claim.quote),
        "explanation": printable(claim.explanation),
        "suggestion": printable(claim.suggestion),
        "origin": claim.origin.value if claim.origin else None,
        "absent": [{"how": absent.how.value, "name": printable(absent.name)} for absent in claim.absent],
        "replacement": None if claim.replacement is None else printable(claim.replacement),
        "notes": [printable(note) for note in claim.notes],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **_claim(finding),
        "fingerprint": finding.fingerprint,
        "match": finding.match.value,
        "anchor": asdict(finding.anchor) if finding.anchor else None,
        "removed": finding.removed,
        "as_quoted": printable(finding.as_quoted) or None,
        "also": [{**asdict(place), "path": printable_path(place.path)} for place in finding.also],
        "found_by": [printable(name) for name in finding.found_by],
        "verification": _verification(finding.verification),
    }


def _verification(verification: Verification | None) -> dict[str, Any] | None:
    if verification is None:
        return None
    evidence = verification.evidence
    return {
        "ruling": verification.ruling.value,
        "explanation": printable(verification.explanation),
        "evidence": evidence
        and {
            "path": printable_path(evidence.path),
            "start_line": evidence.start_line,
            "end_line": evidence.end_line,
            "quote": printable(evidence.quote),
            "match": evidence.match.value,
        },
    }


def _rejected(claim: Ungrounded | Refuted) -> dict[str, Any]:
    return {**_claim(claim), "fingerprint": claim.fingerprint, "reason": printable(claim.reason)}


def _redaction(redaction: Redaction) -> dict[str, Any]:
    return {
        "path": printable_path(redaction.path) if redaction.path else None,
        "line": redaction.line or None,
        "side": "base" if redaction.removed else "head",
        "kind": printable(redaction.kind),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "read": len(coverage.read),
        "read_bytes": coverage.read_bytes,
        "read_lines": coverage.read_lines,
        "read_paths": [printable_path(path) for path in coverage.read],
        "outlined": [printable_path(path) for path in coverage.outlined],
        "skipped": [
            {"path": printable_path(file.path), "reason": file.reason.value, "detail": printable(file.detail)}
            for file in coverage.skipped
        ],
    }


def _making(making: Making) -> dict[str, Any]:
    return {
        "effort": making.effort,
        "requests": making.requests,
        "seconds": round(making.seconds, 3),
        "version": making.version,
        "run": making.run,
        "cache_warning": printable(making.cache_warning),
        "passes": [_pass(each) for each in making.passes],
    }


def _pass(made: PassMade) -> dict[str, Any]:
    return {
        "name": printable(made.name),
        "kind": made.kind,
        "asked": made.asked,
        "problem": printable(made.problem),
        "findings": made.findings,
        "usage": asdict(made.usage),
        "cost_usd": made.cost_usd,
        "seconds": round(made.seconds, 3),
        "resumed": made.resumed,
    }
