"""The words everything else speaks: finding, severity, confidence, coverage, usage, review.

Paths are repository-relative with `/`, decoded with `surrogateescape` so that any name git can hold survives; lines are 1-based and
inclusive; sizes are bytes, lengths tokens, money US dollars, times seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """What happens if nobody mends it. Ordered: `Severity.HIGH > Severity.LOW`."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word used in prompts, settings and JSON."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the finder is that the finding is real. Ordered like `Severity`."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The lower-case word used in prompts, settings and JSON."""
        return self.name.lower()


class Category(StrEnum):
    """What kind of defect; a fixed list, because fingerprints and rule ids are built from it."""

    CORRECTNESS = "correctness"
    SECURITY = "security"
    CONCURRENCY = "concurrency"
    ERROR_HANDLING = "error-handling"
    API_CONTRACT = "api-contract"
    PERFORMANCE = "performance"
    TESTING = "testing"
    ARCHITECTURE = "architecture"
    MAINTAINABILITY = "maintainability"
    DOCUMENTATION = "documentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A finding as its finder states it, before anyone has looked whether the quote is there."""

    title: str
    severity: Severity
    confidence: Confidence
    category: Category
    path: str
    start_line: int
    """As claimed; 0 when the finder gave none."""
    end_line: int
    quote: str
    """Said to be verbatim text of the file."""
    explanation: str
    suggestion: str
    """How to mend it; may be empty."""


class QuoteMatch(StrEnum):
    """How the quote was found in the file's text."""

    EXACT = "exact"
    WHITESPACE = "whitespace"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Claim):
    """A claim whose quote was found: `path`, the lines and `quote` are the file's own, not the claimed ones."""

    match: QuoteMatch
    fingerprint: str
    """16 hex digits from category, path and normalised quoted code; the same however lines move or prose changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ungrounded(Claim):
    """A claim that is not shown as a finding, since what it names is not there."""

    reason: str
    fingerprint: str


class SkipReason(StrEnum):
    """Why a file of the repository was not read. The value is the word a reader sees."""

    BINARY = "binary"
    MEDIA = "media"
    LOCK_FILE = "lock file"
    MINIFIED = "minified"
    GENERATED = "generated"
    VENDORED = "vendored"
    RECORDED = "recorded data"
    SNAPSHOT = "test snapshot"
    LINGUIST_GENERATED = "marked linguist-generated"
    LINGUIST_VENDORED = "marked linguist-vendored"
    REVIEWERIGNORE = "ignored by .reviewerignore"
    EXCLUDED = "excluded by --exclude"
    NOT_INCLUDED = "not in --include"
    TOO_LARGE = "larger than --max-file-bytes"
    SUBMODULE = "submodule"
    EMBEDDED_REPOSITORY = "embedded repository"
    SYMBOLIC_LINK = "symbolic link"
    NOT_A_FILE = "not a regular file"
    NOT_CHECKED_OUT = "not checked out (sparse checkout)"
    DELETED = "deleted in the work tree"
    UNREADABLE = "could not be read"
    CHANGED = "changed while it was read"

    @property
    def is_failure(self) -> bool:
        """True when the file was meant to be read: a review with such a file is incomplete."""
        return self in {SkipReason.UNREADABLE, SkipReason.CHANGED}


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the repository that was not read, and why."""

    path: str
    reason: SkipReason
    detail: str = ""
    """More for the reader: the rule that matched (`.reviewerignore:3 *.snap`), the size, the system's error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was looked at and what was not. `read` + `skipped` is every file git (or the folder) lists."""

    read: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    read_bytes: int
    read_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider billed them, in the provider's own names. The whole prompt is the sum of the three inputs."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        """All input tokens, however they were billed."""
        return self.input_tokens + self.cache_read_input_tokens + self.cache_creation_input_tokens


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a review was made: what stands at the end of the report, so that a reader can weigh it."""

    engine: str
    """`claude` or `static`."""
    model: str | None = None
    window: str | None = None
    """`standard` or `1m`; None where no model was asked."""
    effort: str | None = None
    requests: int = 0
    usage: Usage = NO_USAGE
    cost_usd: float | None = 0.0
    """None when the catalogue has no price for the model."""
    seconds: float = 0.0
    version: str = ""
    run: str = ""
    """The run's id: its folder below the state folder holds the raw answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The outcome: everything a report says."""

    subject: str
    """What was reviewed: the repository's or folder's name."""
    commit: str | None
    """The full commit id of HEAD, or None outside git and before the first commit."""
    findings: tuple[Finding, ...]
    """Worst first: by severity, confidence, then path and line."""
    withheld: int
    """Grounded findings left out by --min-severity, --min-confidence or --max-findings."""
    ungrounded: tuple[Ungrounded, ...]
    coverage: Coverage
    summary: str
    """The finder's own words on the whole; may be empty."""
    problems: tuple[str, ...]
    """Why the review is incomplete, a sentence each; empty when it is complete."""
    notes: tuple[str, ...]
    """What the reader should know, and which takes nothing away from completeness."""
    making: Making

    @property
    def complete(self) -> bool:
        """True when everything that was meant to be read was read, and the whole answer arrived."""
        return not self.problems

    @property
    def worst(self) -> Severity | None:
        """The highest severity among the findings shown."""
        return max((finding.severity for finding in self.findings), default=None)
