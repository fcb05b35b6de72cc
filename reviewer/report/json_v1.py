"""A Review as JSON, version 1 of the form in `docs/review.schema.json`. Fields may be added; none changes its meaning or goes away."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reviewer.findings import Claim, Coverage, Finding, Making, Review, Ungrounded
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
            "subject": printable_path(review.subject),
            "commit": review.commit,
            "engine": review.making.engine,
            "model": review.making.model,
            "window": review.making.window,
            "summary": printable(review.summary),
            "findings": [_finding(finding) for finding in review.findings],
            "withheld": review.withheld,
            "ungrounded": [_ungrounded(claim) for claim in review.ungrounded],
            "coverage": _coverage(review.coverage),
            "usage": asdict(review.making.usage),
            "cost_usd": review.making.cost_usd,
            "making": _making(review.making),
        }
    )


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
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**_claim(finding), "fingerprint": finding.fingerprint, "match": finding.match.value}


def _ungrounded(claim: Ungrounded) -> dict[str, Any]:
    return {**_claim(claim), "fingerprint": claim.fingerprint, "reason": claim.reason}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "read": len(coverage.read),
        "read_bytes": coverage.read_bytes,
        "read_lines": coverage.read_lines,
        "read_paths": [printable_path(path) for path in coverage.read],
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
    }
