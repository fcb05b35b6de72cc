"""How a run of the Action ended, in the words of its outputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reviewer.commands.job import Level
from reviewer.errors import EXIT_OK, IncompleteError, ReviewerError
from reviewer.outcome import Review


class Verdict(StrEnum):
    """The value is the word in the output `verdict`."""

    CLEAN = "clean"
    """Something was reviewed, all of it that was meant to be, and nothing found."""
    FINDINGS = "findings"
    FAILED = "failed-threshold"
    """A finding is at least as severe as `fail-on` says."""
    INCOMPLETE = "incomplete"
    """Nothing, or not everything, was reviewed."""
    NOTHING = "nothing-reviewed"
    """Nothing in the change can be read, such as a lock file or a submodule that moved: that is not clean."""
    SKIPPED = "skipped"
    """There was nothing to do, such as for a draft, or no secret to do it with."""
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """Something to show at the head of the run."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended."""

    verdict: Verdict
    code: int
    """The exit code, see `errors.py`."""
    review: Review | None = None
    """None when there is none."""
    reports: Reports | None = None
    """None exactly when `review` is."""
    messages: tuple[Message, ...] = ()
    annotations: str = ""
    """Workflow commands of `report/annotations.py`; empty when none are wanted."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the three reports of a run lie."""

    folder: Path

    @property
    def markdown(self) -> Path:
        """For people."""
        return self.folder / "report.md"

    @property
    def json(self) -> Path:
        """For programs."""
        return self.folder / "review.json"

    @property
    def sarif(self) -> Path:
        """For code scanning."""
        return self.folder / "review.sarif"

    @property
    def paths(self) -> tuple[Path, ...]:
        """All three."""
        return (self.markdown, self.json, self.sarif)


def skipped(reason: str) -> Ended:
    """Nothing was reviewed, and that is as it should be."""
    return Ended(verdict=Verdict.SKIPPED, code=EXIT_OK, messages=(Message(Level.NOTICE, reason),))


def failed(error: ReviewerError) -> Ended:
    """Nothing was reviewed."""
    verdict = Verdict.INCOMPLETE if isinstance(error, IncompleteError) else Verdict.ERROR
    return Ended(verdict=verdict, code=error.exit_code, messages=(failure(error),))


def failure(error: ReviewerError) -> Message:
    """What an error says, in one line."""
    said = error.message if error.message.endswith(".") or not error.hint else f"{error.message}."
    return Message(Level.ERROR, f"{said} {error.hint}".strip())


def verdict_of(review: Review, *, reached: bool) -> Verdict:
    """The word for a review; `reached` is whether a finding is at or above the threshold."""
    if not review.complete:
        return Verdict.INCOMPLETE
    if reached:
        return Verdict.FAILED
    if review.findings:
        return Verdict.FINDINGS
    return Verdict.NOTHING if review.nothing else Verdict.CLEAN


def outputs_of(ended: Ended) -> dict[str, str]:
    """The outputs of `action.yml`, by name. What is not known is empty: no number stands for "nothing was looked at"."""
    review, reports = ended.review, ended.reports
    usage = review.making.usage if review else None
    cost = review.making.cost_usd if review else None
    return {
        "complete": "true" if review and review.complete else "false",
        "verdict": ended.verdict,
        "findings-count": str(len(review.findings)) if review else "",
        "highest-severity": (review.worst.word if review.worst is not None else "none") if review else "",
        "report-path": str(reports.markdown) if reports else "",
        "json-path": str(reports.json) if reports else "",
        "sarif-path": str(reports.sarif) if reports else "",
        "cost-usd": "" if cost is None else f"{cost:.4f}",
        "input-tokens": str(usage.prompt_tokens) if usage and usage.known else "",
        "cache-read-tokens": str(usage.cache_read_input_tokens) if usage and usage.known else "",
    }
