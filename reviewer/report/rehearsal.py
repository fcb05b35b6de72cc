"""A review made up to try a report's template on, before the real one is paid for."""

from __future__ import annotations

from dataclasses import replace

from reviewer.findings import (
    Category,
    Claim,
    Confidence,
    Coverage,
    Finding,
    Making,
    QuoteMatch,
    Review,
    Severity,
    SkippedFile,
    SkipReason,
    Ungrounded,
)
from reviewer.report import markdown
from reviewer.templating import Templates


def rehearse(templates: Templates) -> None:
    """Render a review that has one of everything, and one that has nothing. Raises TemplateError."""
    markdown.render(_FULL, templates)
    markdown.render(
        replace(_FULL, findings=(), withheld=0, ungrounded=(), problems=(), notes=(), summary="", commit=None), templates
    )


_CLAIM = Claim(
    title="title",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    category=Category.CORRECTNESS,
    path="file",
    start_line=1,
    end_line=1,
    quote="quote",
    explanation="explanation",
    suggestion="suggestion",
)
_FIELDS = {name: getattr(_CLAIM, name) for name in Claim.__dataclass_fields__}
_FULL = Review(
    subject="subject",
    commit="0" * 40,
    findings=(Finding(**_FIELDS, match=QuoteMatch.SIMILAR, fingerprint="0" * 16),),
    withheld=1,
    ungrounded=(Ungrounded(**_FIELDS, reason="reason", fingerprint="0" * 16),),
    coverage=Coverage(read=("file",), skipped=(SkippedFile("other", SkipReason.MEDIA, "detail"),), read_bytes=1, read_lines=1),
    summary="summary",
    problems=("problem",),
    notes=("note",),
    making=Making(engine="claude", model="model", window="standard", effort="high", requests=1, version="0", run="run"),
)
