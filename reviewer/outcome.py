"""The words everything else speaks of a whole review: what was read and what was not, what it took, and what came of it.

Paths, lines and sizes as in `findings.py`; lengths are tokens, money US dollars, times seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from reviewer.findings import Finding, Refuted, Severity, Ungrounded


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
    HOLDS_SECRETS = "usually holds secrets"
    """By its name; it is read where nothing is sent, and where it is asked for by name."""
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
    NOT_FETCHED = "not fetched (partial clone)"
    DELETED = "deleted in the work tree"
    OUT_OF_SCOPE = "outside --scope"
    NO_ROOM = "no room in the context window"
    """Known to the model by name only."""
    UNREADABLE = "could not be read"
    CHANGED = "changed while it was read"

    @property
    def is_failure(self) -> bool:
        """True when the file was meant to be read: a review with such a file is incomplete."""
        return self in {SkipReason.UNREADABLE, SkipReason.CHANGED}

    @property
    def hides_lines(self) -> bool:
        """True when a rule leaves the file out, so that a change's lines in it are not shown either."""
        return self in _BY_RULE


_BY_RULE = frozenset(
    {
        *(SkipReason.MEDIA, SkipReason.LOCK_FILE, SkipReason.MINIFIED, SkipReason.GENERATED, SkipReason.VENDORED),
        *(
            SkipReason.RECORDED,
            SkipReason.SNAPSHOT,
            SkipReason.HOLDS_SECRETS,
            SkipReason.LINGUIST_GENERATED,
            SkipReason.LINGUIST_VENDORED,
        ),
        *(SkipReason.REVIEWERIGNORE, SkipReason.EXCLUDED, SkipReason.NOT_INCLUDED),
    }
)


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the repository that was not read, and why."""

    path: str
    reason: SkipReason
    detail: str = ""
    """More for the reader: the rule that matched (`.reviewerignore:3 *.snap`), the size, the system's error."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """A secret that was taken out before anything was sent. Its value is not kept anywhere."""

    path: str
    """The file it stood in; empty for the words of a change's author."""
    line: int
    """Where it began; 0 where there is no file."""
    kind: str
    """`GitHub token`."""
    removed: bool = False
    """Whether it stood on a line that the change removes: then file and line are those at the base."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was looked at and what was not. `read` + `outlined` + `skipped` is every file git (or the folder) lists."""

    read: tuple[str, ...]
    """Files that were read whole."""
    skipped: tuple[SkippedFile, ...]
    read_bytes: int
    read_lines: int
    outlined: tuple[str, ...] = ()
    """Files of which only the signatures were read, there being no room for more."""


class Reported(StrEnum):
    """How much an endpoint said of what it billed. The value is the word of the JSON report."""

    WHOLE = "whole"
    AT_LEAST = "at least"
    """The answer broke off, or its length was not reported: more was billed than is known."""
    UNKNOWN = "unknown"
    """Of a request that was answered, no usage was reported: that is unknown, not free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider billed them, in the provider's own names. The whole prompt is the sum of the three inputs."""

    reported: Reported = Reported.WHOLE
    """The least of all parts, where several are added."""
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_creation_1h_input_tokens: int = 0
    """Of `cache_creation_input_tokens`, those written for an hour, which cost more than those for five minutes."""

    def __add__(self, other: Usage) -> Usage:
        """Both together."""
        both = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return Usage(reported=max(self.reported, other.reported, key=list(Reported).index), **both)

    @property
    def prompt_tokens(self) -> int:
        """All input tokens, however they were billed."""
        return self.input_tokens + self.cache_read_input_tokens + self.cache_creation_input_tokens

    @property
    def known(self) -> bool:
        """Whether the endpoint reported anything at all."""
        return self.reported is not Reported.UNKNOWN


_COUNTS = tuple(field.name for field in fields(Usage) if field.name != "reported")
NO_USAGE = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassMade:
    """One request of a review, as it came out."""

    name: str
    """`security`, `verification`; see `plan/passes.py`."""
    kind: str
    """`look` or `verification`."""
    problem: str = ""
    """Why it was not asked, or its answer is not whole; empty when it was and is."""
    asked: bool = True
    usage: Usage = NO_USAGE
    cost_usd: float | None = 0.0
    seconds: float = 0.0
    findings: int = 0
    """Of a look: claims it made that were found in the files, before those of several looks were merged. Of a verification: findings judged."""
    resumed: bool = False
    """An earlier process, which was interrupted, had asked and paid for it."""


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
    passes: tuple[PassMade, ...] = ()
    """Every planned request, in the planned order, also those that were not asked. Empty where no model was asked."""
    cache_warning: str = ""
    """Why the passes after the first did not read their prefix from the cache; empty when they did, when nobody knows, or there was one
    pass only."""
    broken_cap: str = ""
    """That more was spent than --max-cost allows, and how much; empty when it was not."""
    usage: Usage = NO_USAGE
    """Of all passes together."""
    cost_usd: float | None = 0.0
    """None when the catalogue has no price for the model, or the endpoint reported no usage; see `usage.reported`."""
    seconds: float = 0.0
    version: str = ""
    run: str = ""
    """The run's id: its folder below the state folder holds the raw answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedChange:
    """What a report says of the change that was reviewed."""

    label: str
    """How whoever asked would name it: `main...topic`, `work tree since 1a2b3c4d5e6f`, `octo/app#12`."""
    base: str | None
    """The commit that the change is compared with; None for a patch and for the empty tree."""
    head: str | None
    """The commit that was reviewed; None for the work tree, the index and a patch."""
    files: int
    added: int
    """Lines."""
    removed: int
    steering: tuple[str, ...] = ()
    """Changed files that steer reviews (settings, guidance, ignore rules): their version at the base was heeded."""
    unread: int = 0
    """Of `files`, those of which nobody looked at a line."""
    unread_why: str = ""
    """What they are and why, in words: `lock file (yarn.lock), submodule moved (lib)`; those of which `Review.problems` tells are left out."""


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
    """Grounded findings left out by --min-severity, --min-confidence or --max-findings; `pre_existing` ones not among them."""
    ungrounded: tuple[Ungrounded, ...]
    coverage: Coverage
    summary: str
    """The finder's own words on the whole; may be empty."""
    problems: tuple[str, ...]
    """Why the review is incomplete, a sentence each; empty when it is complete."""
    notes: tuple[str, ...]
    """What the reader should know, and which takes nothing away from completeness."""
    making: Making
    change: ReviewedChange | None = None
    """None when the whole repository was reviewed as it is."""
    pre_existing: int = 0
    """Grounded findings left out because they are older than the change."""
    refuted: tuple[Refuted, ...] = ()
    redacted: tuple[Redaction, ...] = ()
    """Secrets that no model was shown; empty where none was asked."""
    nothing: str = ""
    """Why nothing at all was reviewed, words that follow a colon; empty when something was. No report may call such a review clean."""

    @property
    def complete(self) -> bool:
        """True when everything that was meant to be read was read, and the whole answer arrived."""
        return not self.problems

    @property
    def worst(self) -> Severity | None:
        """The highest severity among the findings shown."""
        return max((finding.severity for finding in self.findings), default=None)
