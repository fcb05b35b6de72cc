"""What planning yields: which model and window, how many tokens, how many dollars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reviewer.collect.snapshot import TextMeasure
from reviewer.engine.interface import Lifetime
from reviewer.plan.catalog import Catalogue
from reviewer.plan.model import Model
from reviewer.plan.passes import Pass


class Scope(StrEnum):
    """How wide to look around a change: `--scope`."""

    DIFF = "diff"
    """Its lines only."""
    FILES = "files"
    """Its files, whole."""
    REPO = "repo"
    """The repository, as far as it fits."""


class Shown(StrEnum):
    """In what form a file stands in the prompt. The value is the word of the JSON plan."""

    WHOLE = "whole"
    """A file of the repository, or of the base of a change."""
    SIGNATURES = "signatures"
    """Only the head lines of what it defines."""
    CHANGED = "changed"
    """A changed file, whole, as it is after the change."""


class WindowName(StrEnum):
    """The two sizes of context window a person chooses between; the numbers are in the catalogue."""

    STANDARD = "standard"
    """200,000 tokens: cheaper to fill, and recall is best there."""
    LONG = "1m"
    """1,000,000 tokens."""


class Context(StrEnum):
    """What the operator allows: `--context`."""

    AUTO = "auto"
    """The smallest window that surely holds the prompt."""
    STANDARD = "standard"
    LONG = "1m"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRange:
    """Input tokens of the whole request. `low <= estimate <= high`."""

    estimate: int
    low: int
    high: int
    exact: int | None = None
    """From `count_tokens`; then low = estimate = exact, and high as well where the provider itself has counted."""

    @property
    def to_fit(self) -> int:
        """What a window must hold: the count, or without one the most that it may be. A prompt that is too long after all costs nothing."""
        return self.high if self.exact is None else self.exact


@dataclass(frozen=True, slots=True)
class CostRange:
    """US dollars for all requests of the plan."""

    low: float
    high: float
    needed: float
    """What `--max-cost` must allow for a run to begin: the first two requests at their worst, and the others as they usually are. None of
    those begins that could break the cap, so a run may end early between `needed` and `high`."""


@dataclass(frozen=True, slots=True)
class FileTokens:
    """One file's estimated share of the prompt."""

    path: str
    tokens: int
    shown: Shown = Shown.WHOLE
    """A changed file may stand in the prompt twice: as it was and as it is."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """What to tell the reader when nothing can be sent: whole sentences; `largest` and `helps` may be empty."""

    reason: str
    """How much too much it is, or that there is nothing to send."""
    largest: str
    """The biggest eaters."""
    helps: str
    """The models that would hold it, and the flags that shrink it."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.reason, self.largest, self.helps) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the decision was made from, so that it can be made again when the exact count is known."""

    catalogue: Catalogue
    context: Context
    today: date
    measure: TextMeasure
    """All documents as they stand in the prompt."""
    fixed_tokens: int
    """What is sent besides: rules, question, schema; in the model's tokens, uncorrected."""
    request_bytes: int
    """The documents' share of the request's body, about."""
    uncorrected: int
    """The estimate before any correction: what the next correction is learned against."""
    note: str
    """What the estimate rests on; empty where it rests on measured ground."""
    passes: tuple[Pass, ...]
    """What would be asked if it fits."""
    change_tokens: int = 0
    """Of `fixed_tokens`, what the change itself takes: the diff and the author's words. 0 when no change is reviewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything decided before sending."""

    model: Model
    window: WindowName | None
    """None when no window the model has holds the prompt: then `overflow` says why and what would help."""
    window_tokens: int
    """The size of the chosen window (of the largest one allowed, when none holds the prompt)."""
    betas: tuple[str, ...]
    """Beta headers the window needs; empty for every model of today's catalogue."""
    max_output: int
    """`max_tokens` of each request, reserved in the window."""
    effort: str | None
    """As sent; None leaves the model's default."""
    passes: tuple[Pass, ...]
    """The requests that are planned, in their order; empty when nothing can be sent. A verification is one here, and becomes several where
    there are many findings."""
    lifetime: Lifetime
    """How long the provider is asked to keep the prefix."""
    tokens: TokenRange
    cost: CostRange | None
    """None when the model's price is unknown."""
    per_file: tuple[FileTokens, ...]
    """Every file that goes in, largest first."""
    notes: tuple[str, ...]
    """Price steps just above the prompt, deprecation, an estimate that rests on third-party figures."""
    basis: Basis
    needs_exact: bool = False
    """The prompt may be larger than the window: it is to be counted by the endpoint before anything is sent."""
    overflow: Overflow | None = None
    """Why nothing can be sent; None when it can."""

    @property
    def requests(self) -> int:
        """0 when nothing can be sent."""
        return len(self.passes)
