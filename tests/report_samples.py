"""Reviews that the report tests render, made by hand so that every part of a report is seen."""

from __future__ import annotations

from dataclasses import replace

from reviewer.findings import (
    Absence,
    Absent,
    Anchor,
    Category,
    Confidence,
    Evidence,
    Finding,
    Origin,
    QuoteMatch,
    Refuted,
    Ruling,
    Severity,
    Ungrounded,
    Verification,
)
from reviewer.outcome import Coverage, Making, PassMade, Review, ReviewedChange, SkippedFile, SkipReason, Usage
from reviewer.reply.fingerprint import fingerprint


def finding(**change: object) -> Finding:
    plain = Finding(
        title="`load` runs whatever the file holds",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        category=Category.SECURITY,
        path="shop/settings.py",
        start_line=14,
        end_line=16,
        quote="def load(path):\n    with open(path) as file:\n        return eval(file.read())",
        explanation=(
            "`eval` executes any expression, so whoever can write the settings file can run code as the server.\n"
            "`save` writes plain literals only; nothing needs more.\n\n"
            "The file is also reachable through the upload form (see `shop/upload.py`)."
        ),
        suggestion="Use `ast.literal_eval`:\n\n```python\nreturn ast.literal_eval(file.read())\n```",
        match=QuoteMatch.EXACT,
        fingerprint="",
    )
    changed = replace(plain, **change)  # type: ignore[arg-type]  # the names are checked by replace itself
    return replace(changed, fingerprint=fingerprint(changed.category, changed.path, changed.quote))


def ungrounded(**change: object) -> Ungrounded:
    claim = Ungrounded(
        title="The cache is never emptied",
        severity=Severity.MEDIUM,
        confidence=Confidence.LOW,
        category=Category.PERFORMANCE,
        path="shop/cache.py",
        start_line=5,
        end_line=5,
        quote="CACHE = {}",
        explanation="It grows with every visitor.",
        suggestion="",
        reason="no such file among those read",
        fingerprint="",
    )
    changed = replace(claim, **change)  # type: ignore[arg-type]  # as above
    return replace(changed, fingerprint=fingerprint(changed.category, changed.path, changed.quote))


def refuted(**change: object) -> Refuted:
    claim = Refuted(
        title="`restock` is never defined",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.CORRECTNESS,
        path="shop/settings.py",
        start_line=20,
        end_line=20,
        quote="restock(item)",
        explanation="Every order would fail.",
        suggestion="",
        absent=(Absent(Absence.UNDEFINED, "restock"),),
        reason="`restock` is defined at shop/stock.go:88",
        fingerprint="",
    )
    changed = replace(claim, **change)  # type: ignore[arg-type]  # as above
    return replace(changed, fingerprint=fingerprint(changed.category, changed.path, changed.quote))


COMPLETE = Review(
    subject="shop",
    commit="0123456789abcdef0123456789abcdef01234567",
    findings=(
        finding(),
        finding(
            title="Two threads may sell the last item twice",
            severity=Severity.HIGH,
            confidence=Confidence.MEDIUM,
            category=Category.CONCURRENCY,
            path="shop/stock.go",
            start_line=41,
            end_line=41,
            quote="\tif s.left[item] > 0 { s.left[item]-- }",
            explanation="The check and the decrement are two steps, and nothing keeps another goroutine from coming between them.",
            suggestion="Hold `s.mu` over both.",
            match=QuoteMatch.SIMILAR,
        ),
        finding(
            title="The total is compared with `==`",
            severity=Severity.HIGH,
            confidence=Confidence.LOW,
            category=Category.CORRECTNESS,
            path="shop/price list.py",
            start_line=7,
            end_line=7,
            quote="if total == 0.3:",
            explanation="0.1 + 0.2 is not 0.3 in binary floating point.",
            suggestion="",
        ),
    ),
    withheld=2,
    ungrounded=(ungrounded(),),
    coverage=Coverage(
        read=("shop/settings.py", "shop/stock.go", "shop/price list.py"),
        skipped=(
            SkippedFile("logo.png", SkipReason.MEDIA),
            SkippedFile("package-lock.json", SkipReason.LOCK_FILE, "412 kB"),
            SkippedFile("photo.jpg", SkipReason.MEDIA),
        ),
        read_bytes=5321,
        read_lines=188,
    ),
    summary="A small shop with sound bones. Mend `load` first: it turns a settings file into a way in.\n\nTests cover prices, not stock.",
    problems=(),
    notes=("Redacted 1 secret before sending.",),
    making=Making(
        engine="claude",
        model="claude-opus-5-5",
        window="standard",
        effort="high",
        requests=1,
        usage=Usage(input_tokens=412, output_tokens=2345, cache_creation_input_tokens=45_678),
        cost_usd=0.3491,
        seconds=74.2,
        version="0.1.0",
        run="20261122T101500Z-4f2a",
    ),
)

CLEAN = replace(COMPLETE, findings=(), withheld=0, ungrounded=(), notes=(), summary="Nothing to mend.")

INCOMPLETE = replace(
    COMPLETE,
    findings=(),
    withheld=0,
    ungrounded=(),
    summary="",
    problems=(
        "The answer was cut at the output limit of 64,000 tokens; whole findings were kept.",
        "1 files that were meant to be read were not.",
    ),
    coverage=replace(COMPLETE.coverage, skipped=(SkippedFile("shop/new.py", SkipReason.UNREADABLE, "Permission denied"),)),
)

STATIC = replace(
    COMPLETE,
    findings=(
        finding(
            title="B006: Do not use mutable data structures for argument defaults",
            severity=Severity.LOW,
            category=Category.CORRECTNESS,
            quote="def load(path, seen=[]):",
            start_line=14,
            end_line=14,
            explanation="The list is shared by all calls.",
            suggestion="",
        ),
    ),
    withheld=0,
    ungrounded=(),
    summary="Built-in checks only; no model has read this code.",
    notes=(),
    commit=None,
    making=Making(engine="static", seconds=0.84, version="0.1.0"),
)

CHANGED = ReviewedChange(
    label="main...topic",
    base="1" * 40,
    head="2" * 40,
    files=3,
    added=120,
    removed=4,
    steering=(".reviewerignore", "docs/AGENTS.md"),
)

CHANGE = replace(
    COMPLETE,
    findings=(
        finding(
            origin=Origin.INTRODUCED,
            anchor=Anchor(14, 16),
            replacement="def load(path):\n    with open(path) as file:\n        return ast.literal_eval(file.read())\n",
            suggestion="Use `ast.literal_eval`.",
        ),
        finding(
            title="The lock is taken twice",
            severity=Severity.HIGH,
            category=Category.CONCURRENCY,
            path="shop/stock.go",
            start_line=41,
            end_line=41,
            quote="\ts.mu.Lock()",
            explanation="`reserve` holds it already since this change, and a mutex of Go does not count.",
            suggestion="",
            origin=Origin.WORSENED,
            replacement="",
        ),
        finding(
            title="The total is compared with `==`",
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            category=Category.CORRECTNESS,
            path="shop/price list.py",
            start_line=7,
            end_line=7,
            quote="if total == 0.3:",
            explanation="0.1 + 0.2 is not 0.3 in binary floating point.",
            suggestion="",
        ),
    ),
    withheld=0,
    pre_existing=3,
    ungrounded=(),
    refuted=(refuted(),),
    change=CHANGED,
    coverage=replace(
        COMPLETE.coverage,
        outlined=("shop/orders.py",),
        skipped=(
            SkippedFile("logo.png", SkipReason.MEDIA),
            SkippedFile("shop/old.py", SkipReason.NO_ROOM),
            SkippedFile("shop/older.py", SkipReason.NO_ROOM),
        ),
    ),
    commit="2" * 40,
)

DEEP = replace(
    COMPLETE,
    findings=(
        finding(
            found_by=("correctness", "security"),
            verification=Verification(
                ruling=Ruling.CONFIRMED,
                explanation="`load` is called with the path of the upload.",
                evidence=Evidence(path="shop/upload.py", start_line=3, end_line=4, quote="path = upload()\nload(path)"),
            ),
        ),
        finding(
            title="The total is compared with `==`",
            severity=Severity.LOW,
            confidence=Confidence.LOW,
            category=Category.CORRECTNESS,
            path="shop/price list.py",
            start_line=7,
            end_line=7,
            quote="if total == 0.3:",
            explanation="0.1 + 0.2 is not 0.3 in binary floating point.",
            suggestion="",
            found_by=("correctness",),
            verification=Verification(ruling=Ruling.UNCERTAIN, explanation="The totals may be whole cents."),
        ),
    ),
    withheld=0,
    ungrounded=(),
    refuted=(
        refuted(
            title="Two threads may sell the last item twice",
            path="shop/stock.go",
            absent=(),
            reason="The caller holds the lock.",
            verification=Verification(
                ruling=Ruling.REFUTED,
                explanation="The caller holds the lock.",
                evidence=Evidence(path="shop/orders.go", start_line=12, end_line=12, quote="\ts.mu.Lock()"),
            ),
        ),
        refuted(),
    ),
    problems=("Security: It was not asked: it could have brought the cost above --max-cost ($0.40).",),
    making=replace(
        COMPLETE.making,
        requests=2,
        passes=(
            PassMade(
                name="correctness",
                kind="look",
                usage=Usage(input_tokens=412, output_tokens=2_345, cache_creation_input_tokens=45_678),
                cost_usd=0.2769,
                seconds=74.2,
                findings=3,
                resumed=True,
            ),
            PassMade(name="security", kind="look", asked=False, problem="It was not asked."),
            PassMade(
                name="verification",
                kind="verification",
                usage=Usage(input_tokens=1_200, output_tokens=600, cache_read_input_tokens=45_678),
                cost_usd=0.0259,
                seconds=12.0,
                findings=3,
            ),
        ),
        usage=Usage(input_tokens=1_612, output_tokens=2_945, cache_read_input_tokens=45_678, cache_creation_input_tokens=45_678),
        cost_usd=0.3028,
        cache_warning="The prompt was not read from the cache, and was paid for again (the provider says: messages_changed).",
    ),
)

NOTHING_CHANGED = replace(
    CLEAN,
    change=ReviewedChange(label="work tree since 111111111111", base="1" * 40, head=None, files=0, added=0, removed=0),
    coverage=Coverage(read=(), skipped=(), read_bytes=0, read_lines=0),
    summary="",
    notes=(),
    nothing="git found no difference",
    making=Making(engine="claude", seconds=0.31, version="0.1.0"),
)

_ATTACK = (
    "<img src=x onerror=alert(1)> ![x](https://evil.example/p.png) [click](javascript:alert(1)) @octocat fixes #1, GH-2, a/b#3 "
    "and deadbeef1; see https://evil.example or www.evil.example\n\n# Heading\n- [x] approved\n| a | b |\n|---|---|\n> [!NOTE]\n"
    "</details>\n```suggestion\nrm -rf /\n```\n$x^2$ :shipit: \x1b[31mred\u202egnp.exe\U000e0041"
)

HOSTILE = replace(
    COMPLETE,
    subject="<b>shop</b>`\n",
    findings=(
        finding(
            title="# `code` @octocat <script>\n## Approved",
            path="a`b](http://evil.example) \n\udcff/<x>.py",
            quote="```\n</details>\n<img src=x>\n````\n# Approved\n",
            explanation=_ATTACK,
            found_by=("a|b", "@octocat"),
            verification=Verification(
                ruling=Ruling.CONFIRMED,
                explanation=_ATTACK,
                evidence=Evidence(path="</details>]( #1", start_line=1, end_line=1, quote="```\n</details>"),
            ),
            suggestion="```mermaid\ngraph\n```",
            origin=Origin.INTRODUCED,
            replacement="```\n</details>@octocat\u202e\n",
        ),
    ),
    withheld=0,
    ungrounded=(ungrounded(title="</details> **x** [y](z)", path="`../..`/@octocat", explanation=_ATTACK),),
    refuted=(refuted(title="</details> @octocat", path="<x>", reason="`<b>` is defined at @octocat/#1.py", explanation=_ATTACK),),
    change=ReviewedChange(
        label="<b>@octocat</b>`...#1",
        base="1" * 40,
        head=None,
        files=1,
        added=1,
        removed=0,
        steering=("`@octocat\n<x>/AGENTS.md",),
    ),
    coverage=replace(
        COMPLETE.coverage,
        skipped=(SkippedFile("@octocat\x1b[2J.png", SkipReason.MEDIA, "<u>#1</u>"),),
        outlined=("</details>@octocat.py",),
    ),
    summary=_ATTACK,
    problems=("<b>Stopped</b> at #1.",),
    notes=("@octocat | x",),
    making=replace(
        COMPLETE.making,
        model="`x` | <y>",
        cost_usd=None,
        passes=(PassMade(name="a|b </details> @octocat", kind="look"), PassMade(name="verification", kind="verification")),
        cache_warning="<b>#1</b> @octocat",
    ),
)

SAMPLES = {
    "complete": COMPLETE,
    "clean": CLEAN,
    "incomplete": INCOMPLETE,
    "static": STATIC,
    "hostile": HOSTILE,
    "change": CHANGE,
    "deep": DEEP,
    "nothing_changed": NOTHING_CHANGED,
}
