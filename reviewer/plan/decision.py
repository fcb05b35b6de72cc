"""What planning yields: which model and window, how many tokens, how many dollars."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewer.plan.model import Model


class WindowName(StrEnum):
    """The two sizes of context window a person chooses between; the numbers are in the catalogue."""

    STANDARD = "standard"
    """200,000 tokens: cheaper to fill, and recall is best there."""
    LONG = "1m"
    """1,000,000 tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRange:
    """Input tokens of the whole request. `low <= estimate <= high`."""

    estimate: int
    low: int
    high: int
    exact: int | None = None
    """From `count_tokens`; then low = estimate = high = exact."""


@dataclass(frozen=True, slots=True)
class CostRange:
    """US dollars for all requests of the plan."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FileTokens:
    """One file's estimated share of the prompt."""

    path: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything decided before sending."""

    model: Model
    window: WindowName | None
    """None when no window the model has holds the prompt: then `overflow` says why and what would help."""
    window_tokens: int
    """The size of the chosen window (of the largest one, when none holds the prompt)."""
    betas: tuple[str, ...]
    """Beta headers the window needs; empty for every model of today's catalogue."""
    max_output: int
    """`max_tokens` of each request, reserved in the window."""
    effort: str | None
    """As sent; None leaves the model's default."""
    requests: int
    tokens: TokenRange
    cost: CostRange
    per_file: tuple[FileTokens, ...]
    """Every file that goes in, largest first."""
    notes: tuple[str, ...]
    """Price steps just above the prompt, deprecation, an estimate that rests on third-party figures."""
    overflow: str | None = None
    """What to tell the reader when nothing can be sent: the biggest eaters, models that would hold it, flags that shrink it."""
