"""Hot spots: files that are both large and changed all the time, whatever their language.

Churn times size is the cheapest predictor of where defects are found (A. Tornhill, Your Code as a Crime Scene; N. Nagappan and
T. Ball, ICSE 2005, for relative churn). It says where to look, not what is wrong; so such claims are never more than low.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import quantiles

from reviewer.collect.history import History
from reviewer.collect.snapshot import SourceFile
from reviewer.engine.places import is_code, is_rehearsal
from reviewer.engine.points import Point
from reviewer.findings import Category, Claim, Confidence, Severity

MOST = 5
"""Hot spots named in one review."""
_FEWEST_FILES = 20  # with fewer, quartiles say nothing
_FEWEST_COMMITS = 12  # to one file; below, a file is merely in use
_FEWEST_LINES = 400
_FENCE = 3  # times the distance between the quartiles, above the upper one: what J. Tukey calls far out
_LARGE = 1500  # lines
_QUOTABLE, _LONGEST = 6, 300  # characters


@dataclass(frozen=True, slots=True)
class _Spot:
    file: SourceFile
    commits: int

    @property
    def heat(self) -> int:
        """Commits times lines."""
        return self.commits * self.file.lines


def hotspots(files: tuple[SourceFile, ...], texts: Mapping[str, str], history: History) -> Iterator[Point]:
    """The few files that stand out from all others changed in the same time, hottest first."""
    changed = [_Spot(file, history.commits[file.path]) for file in files if _counts(file, history)]
    if len(changed) < _FEWEST_FILES:
        return
    lower, middle, upper = quantiles((spot.heat for spot in changed), n=4)
    fence = upper + _FENCE * (upper - lower)
    hot = [spot for spot in changed if spot.heat > fence and spot.commits >= _FEWEST_COMMITS and spot.file.lines >= _FEWEST_LINES]
    for spot in sorted(hot, key=lambda spot: (-spot.heat, spot.file.path))[:MOST]:
        line, quote = _opening(texts.get(spot.file.path, ""))
        if quote:
            claim = _claim(spot, round(spot.heat / middle), history.examined, line, quote)
            yield Point(check=f"hot spot {spot.file.path}", claim=claim)


def _counts(file: SourceFile, history: History) -> bool:
    return file.path in history.commits and file.lines > 0 and is_code(file.path) and not is_rehearsal(file.path)


def _claim(spot: _Spot, times: int, examined: int, line: int, quote: str) -> Claim:
    lines = spot.file.lines
    return Claim(
        title=f"Hot spot: changed in {spot.commits} of the last {examined:,} commits, {lines:,} lines",
        severity=Severity.LOW if lines >= _LARGE else Severity.INFO,
        confidence=Confidence.MEDIUM,
        category=Category.MAINTAINABILITY,
        path=spot.file.path,
        start_line=line,
        end_line=line,
        quote=quote,
        explanation=(
            f"Its changes times its lines are {times:,} times those of the middle file changed in the same time. Files that are large and "
            "always under change are where defects gather and where changes collide. This is a count, not a defect that was seen."
        ),
        suggestion="Look here first; find the part that keeps changing and give it a file of its own.",
    )


def _opening(text: str) -> tuple[int, str]:
    """The first line that can be told from others, and its number."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line.strip()) >= _QUOTABLE:
            return number, line.strip()[:_LONGEST]
    return 0, ""
