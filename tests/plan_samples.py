"""Plans that the report tests render, made by hand so that every part of a plan is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from reviewer.collect.changes import Change, ChangedFile, ChangeKind, DiffLine, Hunk, Revision, Side
from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.collect.subject import Subject
from reviewer.engine.interface import Lifetime
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.decision import Basis, Context, CostRange, FileTokens, Overflow, Plan, Shown, TokenRange, WindowName
from reviewer.plan.passes import Depth, planned

_MEASURE = TextMeasure(characters=4000, non_ascii=0, claude2=1100.0, o200k=1000.0)
_CATALOGUE = load_catalogue()
_TOKENS = {
    "shop/api/handlers.py": 41_200,
    "shop/api/schema.py": 8_300,
    "shop/stock.go": 12_050,
    "web/src/components/Basket.tsx": 9_900,
    "web/src/components/Till.tsx": 7_400,
    "docs/guide/en/start.md": 3_100,
    "README.md": 950,
    "CLAUDE.md": 120,
    "tools/one/only/here.sh": 80,
}

SNAPSHOT = Snapshot(
    root=Path("/somewhere/shop"),
    scope="",
    commit="0123456789abcdef0123456789abcdef01234567",
    in_git=True,
    files=tuple(
        SourceFile(path, tokens * 4, tokens // 10, Encoding.UTF_8, _MEASURE, None) for path, tokens in sorted(_TOKENS.items())
    ),
    skipped=(
        SkippedFile("logo.png", SkipReason.MEDIA),
        SkippedFile("package-lock.json", SkipReason.LOCK_FILE, "package-lock.json"),
        *(SkippedFile(f"photos/{number}.jpg", SkipReason.MEDIA) for number in range(40)),
    ),
    guidance=("CLAUDE.md",),
    notes=("3 files are read as Windows-1252, which they are not marked as.",),
)

PLAN = Plan(
    model=_CATALOGUE.find("claude-opus-5-5"),
    window=WindowName.STANDARD,
    window_tokens=200_000,
    betas=(),
    max_output=32_000,
    effort="high",
    passes=planned(Depth.QUICK),
    lifetime=Lifetime.FIVE_MINUTES,
    tokens=TokenRange(estimate=84_600, low=79_100, high=91_300),
    cost=CostRange(0.62, 1.4149, 1.4149),
    per_file=tuple(FileTokens(path, tokens) for path, tokens in sorted(_TOKENS.items(), key=lambda entry: -entry[1])),
    notes=("12,400 tokens less would halve the price; shop/api/handlers.py has 41,200.",),
    basis=Basis(
        catalogue=_CATALOGUE,
        context=Context.AUTO,
        today=date(2026, 11, 23),
        measure=_MEASURE,
        fixed_tokens=1000,
        request_bytes=400_000,
        uncorrected=84_600,
        note="",
        passes=planned(Depth.QUICK),
    ),
)

OVERFLOW = replace(
    PLAN,
    window=None,
    window_tokens=1_000_000,
    passes=(),
    cost=None,
    tokens=TokenRange(estimate=1_400_000, low=1_300_000, high=1_500_000),
    overflow=Overflow(
        "The prompt has about 1,400,000 tokens; claude-opus-5-5 has 1,000,000: 432,000 too many.",
        "Largest folders: shop/ (61,550).",
        "No other model of the catalogue would hold it. What helps: --exclude leaves files out.",
    ),
)

SUBJECT = Subject(snapshot=SNAPSHOT)

EXACT = replace(PLAN, tokens=TokenRange(estimate=86_411, low=86_411, high=86_411, exact=86_411), effort=None, notes=())

_HUNK = Hunk(
    3, 1, 3, 1, "", (DiffLine(Side.REMOVED, old=3, new=0, text="- old"), DiffLine(Side.ADDED, old=0, new=3, text="- new"))
)
_BY_PATH = {file.path: file for file in SNAPSHOT.files}
CHANGE = Subject(
    snapshot=replace(
        SNAPSHOT,
        files=tuple(
            _BY_PATH[path] for path in ("CLAUDE.md", "README.md", "docs/guide/en/start.md", "shop/api/schema.py", "shop/stock.go")
        ),
        skipped=(
            SkippedFile("logo.png", SkipReason.MEDIA),
            SkippedFile("tools/one/only/here.sh", SkipReason.NO_ROOM),
            SkippedFile("web/src/components/Basket.tsx", SkipReason.NO_ROOM),
            SkippedFile("web/src/components/Till.tsx", SkipReason.NO_ROOM),
        ),
    ),
    change=Change(
        label="main...topic",
        base=Revision("1" * 40, "b" * 40),
        head=Revision("2" * 40, "a" * 40),
        files=(
            ChangedFile(path="shop/api/schema.py", kind=ChangeKind.MODIFIED, hunks=(_HUNK,)),
            ChangedFile(path="shop/new.py", kind=ChangeKind.ADDED),
        ),
        notes=("The base is 3 commits behind main.",),
    ),
    head=replace(
        SNAPSHOT,
        files=(_BY_PATH["shop/api/schema.py"], replace(_BY_PATH["tools/one/only/here.sh"], path="shop/new.py")),
        skipped=(),
        guidance=(),
    ),
    outlines={"shop/api/handlers.py": "    3 def handle(request):\n"},
)
CHANGE_PLAN = replace(
    PLAN,
    per_file=(
        FileTokens("shop/stock.go", 12_050),
        FileTokens("shop/api/schema.py", 8_320, Shown.CHANGED),
        FileTokens("shop/api/schema.py", 8_300),
        FileTokens("docs/guide/en/start.md", 3_100),
        FileTokens("shop/api/handlers.py", 2_150, Shown.SIGNATURES),
        FileTokens("README.md", 1_780),
        FileTokens("CLAUDE.md", 120),
        FileTokens("shop/new.py", 80, Shown.CHANGED),
    ),
    notes=(),
    basis=replace(PLAN.basis, change_tokens=310),
)
