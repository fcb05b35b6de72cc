"""The words everything else speaks of a single finding: severity, confidence, category, claim, anchor.

Paths are repository-relative with `/`, decoded with `surrogateescape` so that any name git can hold survives; lines are 1-based and
inclusive; sizes are bytes, lengths tokens, money US dollars, times seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
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


class Origin(StrEnum):
    """What a reviewed change has to do with a finding. The value is the word in settings, answers and JSON."""

    INTRODUCED = "introduced"
    """Was not there before the change."""
    WORSENED = "made worse"
    """Was there, and does more harm since the change."""
    PRE_EXISTING = "pre-existing"
    """Was there, and the change has nothing to do with it."""
    UNSTATED = "not stated"
    """The finder did not say, and nothing proves it either way: shown, and counted for `--fail-on`."""

    @property
    def words(self) -> str:
        """What a reader sees beside a finding."""
        return "origin not stated" if self is Origin.UNSTATED else self.value

    @property
    def is_of_the_change(self) -> bool:
        """Whether the change may have to answer for it: only these findings are shown by default."""
        return self is not Origin.PRE_EXISTING


class Absence(StrEnum):
    """In what way a claim says that something does not exist. Such claims can be refuted by looking."""

    UNDEFINED = "undefined"
    """Nothing of that name is defined or declared anywhere."""
    UNUSED = "unused"
    """Nothing calls or mentions it."""
    UNIMPORTED = "unimported"
    """The file uses it without importing or including it."""
    UNTESTED = "untested"
    """No test mentions it."""


@dataclass(frozen=True, slots=True)
class Absent:
    """One name that a claim says is missing."""

    how: Absence
    name: str


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
    origin: Origin | None = None
    """What the reviewed change has to do with it, as claimed; None where the finder did not say, or no change is reviewed."""
    absent: tuple[Absent, ...] = ()
    """What the claim says does not exist."""
    replacement: str | None = None
    """Text to stand in the place of the quoted lines; empty to delete them, None when there is none."""
    inside: str = ""
    """Name of the function, class or section around the quote, as claimed: of lines that stand in several places it tells which is meant."""
    notes: tuple[str, ...] = ()
    """What was read differently from how it was written (`severity "major" read as high`), a sentence each. Shown with the finding."""


class QuoteMatch(StrEnum):
    """How the quote was found in the file's text."""

    EXACT = "exact"
    WHITESPACE = "whitespace"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Anchor:
    """Lines of a changed file that lie in one hunk: where a comment on the change can be placed."""

    start_line: int
    end_line: int
    left: bool = False
    """Whether the line numbers are those of the base: the lines are removed by the change (`side: LEFT` in GitHub's API)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One more place at which a finding's check applies."""

    path: str
    start_line: int
    end_line: int
    anchor: Anchor | None = None
    """None outside the diff, and where no change is reviewed."""


class Ruling(StrEnum):
    """What a verification says of a finding. The value is the word of the answer's form."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Lines that decide whether a finding is true; found in the file like a finding's own quote."""

    path: str
    start_line: int
    end_line: int
    quote: str
    match: QuoteMatch = QuoteMatch.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came of verifying a finding."""

    ruling: Ruling
    explanation: str
    evidence: Evidence | None = None
    """None when the verification quoted nothing that is there: then it refutes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Claim):
    """A claim whose quote was found: `path`, the lines and `quote` are the file's own, not the claimed ones."""

    match: QuoteMatch
    fingerprint: str
    """16 hex digits from category, path and normalised quoted code; the same however lines move or prose changes."""
    anchor: Anchor | None = None
    """None outside the diff, and where no change is reviewed."""
    removed: bool = False
    """Whether the quoted lines are removed by the change: `path` and the lines are then those of the base."""
    head: Location | None = None
    """Where removed lines were, at the head: the line that now follows them. None for other findings, and where the whole file is gone."""
    as_quoted: str = ""
    """The finder's own quote where it differs from the file in an operator, number, keyword or name; empty otherwise."""
    also: tuple[Location, ...] = ()
    """Further places of the same check and the same origin, which the finding speaks for."""
    found_by: tuple[str, ...] = ()
    """Names of the looks that found it, sorted. A verification is never told."""
    verification: Verification | None = None
    """None when it was not verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ungrounded(Claim):
    """A claim that is not shown as a finding, since what it names is not there."""

    reason: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted(Claim):
    """A claim that is not true: what it calls missing was found, or a verification refuted it. `reason` says where, or why."""

    reason: str
    fingerprint: str
    verification: Verification | None = None
    """What refuted it; None when it was refuted by a search of the tree."""

    @classmethod
    def of(cls, finding: Finding, reason: str, verification: Verification | None = None) -> Refuted:
        """`finding`, no longer one."""
        claim = {field.name: getattr(finding, field.name) for field in fields(Claim)}
        return cls(**claim, reason=reason, fingerprint=finding.fingerprint, verification=verification)
