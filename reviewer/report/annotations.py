"""A Review as workflow commands: what GitHub shows beside the lines when a step prints it.

How commands are read is the runner's business (`ActionCommand.cs`): a line is one when it starts with `::`, white space aside; an
older form starts at `##[` anywhere in a line. Of what one step says, GitHub shows ten errors, ten warnings and ten notices, and
drops the rest without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from reviewer.findings import Finding, Severity
from reviewer.outcome import Review
from reviewer.report.amounts import counted
from reviewer.report.inert import visible, visible_line, visible_path
from reviewer.workflow_log import without_old_commands

SHOWN = 10
"""Commands of one level that GitHub shows for a step."""
_OURS = SHOWN - 1
"""One of each level is left to the job that prints them: it has a word to say on the outcome."""
_MESSAGE = 4000
"""Characters of a message; the runner cuts at 4,096."""
_TITLE = 255
"""Characters of a title that GitHub's checks take."""
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}


def render(review: Review) -> str:
    """The findings as commands, worst first, then their further places, as many as GitHub shows; then why the review is incomplete, and what is not shown.

    Nothing at all for a whole review that found nothing.
    """
    room = Counter({"error": _OURS, "warning": _OURS - (not review.complete), "notice": _OURS - 1})
    places = [place for finding in review.findings for place in _places(finding)]
    shown = list(_shown(review.findings, room))
    shown_places = list(_shown(places, room))
    lines = [_finding(finding) for finding in (*shown, *shown_places)]
    if not review.complete:
        lines.append(_command("warning", "This review is incomplete", " ".join(map(visible_line, review.problems))))
    if besides := " ".join(_besides(review, len(review.findings) - len(shown), len(places) - len(shown_places))):
        lines.append(_command("notice", "Review", besides))
    return "".join(f"{line}\n" for line in lines)


def _shown(findings: Iterable[Finding], room: Counter[str]) -> Iterator[Finding]:
    """Those for which there is room, which they take."""
    for finding in findings:
        level = _LEVELS[finding.severity]
        if room[level] > 0:
            room[level] -= 1
            yield finding


def _places(finding: Finding) -> Iterator[Finding]:
    """What is said at the further places of a finding."""
    for place in finding.also:
        yield replace(
            finding,
            path=place.path,
            start_line=place.start_line,
            end_line=place.end_line,
            title=f"Also here: {finding.title}",
        )


def _finding(finding: Finding) -> str:
    words = finding.severity.word.capitalize() + (f", {finding.origin.words}" if finding.origin else "")
    message = visible(finding.explanation).strip() or visible_line(finding.title)
    if finding.suggestion.strip():
        message += f"\n\nFix: {visible(finding.suggestion).strip()}"
    lines = finding.head if finding.removed and finding.head else finding
    path = visible_path(lines.path)
    place = {"line": str(lines.start_line), "endLine": str(lines.end_line)}
    if finding.removed:
        message = f"Removed: {visible_line(finding.quote.strip())}\n\n{message}"
        place = place if finding.head else {}
    if path == lines.path == without_old_commands(path.strip()):
        return _command(_LEVELS[finding.severity], f"{words}: {finding.title}", message, {"file": path, **place})
    # No property can hold such a name; a wrong one would mark lines of another file.
    return _command(_LEVELS[finding.severity], f"{words}: {finding.title}", f"{path}:{lines.start_line}: {message}")


def _besides(review: Review, cut: int, places: int) -> Iterator[str]:
    """Sentences on what the findings shown do not tell."""
    if review.nothing:
        yield f"Nothing was reviewed: {visible_line(review.nothing)}."
    elif review.making.engine == "static":
        yield "Built-in checks only; no model has read this code."
    if not review.nothing and review.change is not None and review.change.unread_why:
        yield f"{counted(review.change.unread, 'changed file')} not read: {visible_line(review.change.unread_why)}."
    left = " and ".join([*([counted(cut, "more finding")] if cut else ()), *([counted(places, "more place")] if places else ())])
    if left:
        yield f"{left} in the report; GitHub shows {SHOWN} of a kind."
    if review.withheld:
        yield f"{counted(review.withheld, 'more finding')} left out by --min-severity, --min-confidence or --max-findings."


def _command(level: str, title: str, message: str, place: dict[str, str] | None = None) -> str:
    title = _cut(" ".join(visible_line(title).split()), _TITLE)
    properties = {**(place or {}), "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {written}::{_data(_cut(message, _MESSAGE))}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _data(text: str) -> str:
    return without_old_commands(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
