"""Reviews made up to try a report's template on, before a real one is paid for."""

from __future__ import annotations

from dataclasses import replace

from reviewer.findings import (
    Anchor,
    Category,
    Claim,
    Confidence,
    Evidence,
    Finding,
    Location,
    Origin,
    QuoteMatch,
    Refuted,
    Ruling,
    Severity,
    Ungrounded,
    Verification,
)
from reviewer.outcome import (
    Coverage,
    Making,
    PassMade,
    Redaction,
    Reported,
    Review,
    ReviewedChange,
    SkippedFile,
    SkipReason,
    Usage,
)
from reviewer.report import markdown
from reviewer.templating import Templates


def rehearse(templates: Templates) -> None:
    """Render reviews that together have one of everything, and lack one of everything. Raises TemplateError."""
    for review in _REVIEWS:
        markdown.render(review, templates)


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
_REJECTED = {**_FIELDS, "reason": "reason", "fingerprint": "0" * 16}
_FINDING = Finding(**_FIELDS, match=QuoteMatch.SIMILAR, fingerprint="0" * 16)
_VERIFICATION = Verification(
    ruling=Ruling.CONFIRMED,
    explanation="explanation",
    evidence=Evidence(path="file", start_line=1, end_line=1, quote="quote"),
)
_PASSES = (
    PassMade(name="look", kind="look", resumed=True, usage=Usage(cache_creation_input_tokens=1)),
    PassMade(name="verification", kind="verification", cost_usd=None, usage=Usage(cache_read_input_tokens=1)),
    PassMade(name="other", kind="look", asked=False),
)
_REDACTED = (Redaction("", 0, "kind"), Redaction("file", 1, "kind"), Redaction("other", 1, "kind", removed=True))
_FULL = Review(
    subject="subject",
    commit="0" * 40,
    findings=(
        replace(
            _FINDING,
            origin=Origin.INTRODUCED,
            anchor=Anchor(1, 1),
            also=(Location(path="file", start_line=2, end_line=2),) * (markdown.PLACES_SHOWN + 1),
            replacement="replacement",
            found_by=("one", "other"),
            verification=_VERIFICATION,
        ),
        replace(
            _FINDING,
            severity=Severity.LOW,
            removed=True,
            as_quoted="quoted",
            notes=("note", "other"),
            replacement="",
            suggestion="",
            verification=Verification(ruling=Ruling.UNCERTAIN, explanation="explanation"),
        ),
    ),
    withheld=1,
    pre_existing=1,
    ungrounded=(Ungrounded(**_REJECTED),),
    refuted=(Refuted(**_REJECTED), Refuted(**_REJECTED | {"reason": "reason."}, verification=_VERIFICATION)),
    coverage=Coverage(
        read=("file",),
        outlined=("third",),
        skipped=(SkippedFile("other", SkipReason.MEDIA, "detail"), SkippedFile("fourth", SkipReason.NO_ROOM)),
        read_bytes=1,
        read_lines=1,
    ),
    summary="summary",
    problems=("problem",),
    notes=("note",),
    making=Making(
        engine="claude",
        model="model",
        window="standard",
        effort="high",
        requests=1,
        version="0",
        run="run",
        passes=_PASSES,
        cache_warning="warning",
    ),
    change=ReviewedChange(
        label="label",
        base="0" * 40,
        head="1" * 40,
        files=2,
        added=1,
        removed=1,
        steering=("file",),
        unread=1,
        unread_why="reason (other)",
    ),
    redacted=_REDACTED,
)
_EMPTY = replace(
    _FULL,
    findings=(),
    withheld=0,
    pre_existing=0,
    ungrounded=(),
    refuted=(),
    redacted=(),
    coverage=Coverage(read=(), skipped=(), read_bytes=0, read_lines=0),
    problems=(),
    notes=(),
    summary="",
    commit=None,
)
_NOT_COMMITTED = ReviewedChange(label="label", base=None, head=None, files=0, added=0, removed=0)
_MANY = _FULL.coverage.skipped * (markdown.SKIPPED_SHOWN + 1)
_REVIEWS = (
    _FULL,
    replace(
        _FULL, problems=(), making=replace(_FULL.making, cost_usd=None, window=None, effort=None, run="", passes=_PASSES[:2])
    ),
    replace(_FULL, making=replace(_FULL.making, cost_usd=None, usage=Usage(reported=Reported.UNKNOWN))),
    replace(_FULL, problems=(), findings=()),
    replace(_FULL, making=Making(engine="static")),
    replace(
        _FULL,
        ungrounded=_FULL.ungrounded * (markdown.REJECTED_SHOWN + 1),
        refuted=_FULL.refuted * (markdown.REJECTED_SHOWN + 1),
        redacted=_REDACTED * (markdown.REDACTED_SHOWN + 1),
        coverage=replace(_FULL.coverage, skipped=_MANY, outlined=tuple(file.path for file in _MANY)),
    ),
    _EMPTY,
    replace(_EMPTY, making=Making(engine="claude"), nothing="reason"),
    replace(_EMPTY, change=None),
    replace(_EMPTY, change=_NOT_COMMITTED),
    replace(_EMPTY, change=replace(_NOT_COMMITTED, base="0" * 40), making=Making(engine="claude")),
    replace(_EMPTY, change=replace(_NOT_COMMITTED, head="0" * 40), making=Making(engine="static")),
)
"""Every branch of the report's template, taken and not taken."""
