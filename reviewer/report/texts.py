"""What the template of a report is given: harmless Markdown, made by `markdown.py`. Whoever writes a template of their own finds the names here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingText:
    """A finding as a template shows it."""

    number: int
    """Through all severities, from 1."""
    title: str
    link: str
    severity: str
    confidence: str
    category: str
    code: str
    """The quoted lines in a fence of their own."""
    explanation: str
    suggestion: str
    """Empty when there is none."""
    origin: str
    """What the change has to do with it; empty where nothing is said of it."""
    outside: bool
    """It lies outside the diff of the reviewed change."""
    replacement: str
    """What to put in the place of the quoted lines, as mere code; empty when there is none."""
    deletes: bool
    """The quoted lines are to go, and nothing comes in their place."""
    looks: str
    """Names of the looks that found it, where more than one did; else empty."""
    verified: str
    """What a verification ruled: `confirmed` or `uncertain`; empty when there was none."""
    verification: str
    """What the verification says, in one line."""
    evidence: str
    """Link to the lines that decided it; empty when there are none."""
    also: tuple[str, ...]
    """Links to further places of the same check; empty when there are none."""
    also_more: int
    """Further places that are not linked."""
    similar: bool
    """The finder's quote is not in the file letter by letter; the lines shown are most like it."""
    removed: bool
    """Its lines are removed by the change."""
    as_quoted: str
    """The finder's own quote in a fence, where it says something else than the lines shown; else empty."""
    notes: tuple[str, ...]
    """What was read differently from how it was written."""
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SeverityText:
    """The findings of one severity."""

    severity: str
    findings: tuple[FindingText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedText:
    """A claim that is not shown as a finding: what it quotes is not there, what it misses is, or a verification refuted it."""

    title: str
    path: str
    reason: str
    evidence: str
    """Link to the lines that refuted it; empty when the reason names the place."""
    severity: str
    explanation: str


@dataclass(frozen=True, slots=True)
class SkippedText:
    """The files skipped for one reason."""

    reason: str
    count: int
    files: tuple[str, ...]
    """Those that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeText:
    """The reviewed change."""

    label: str
    base: str
    """Empty where no commit is the base."""
    head: str
    """Empty for what is not committed."""
    files: int
    added: int
    removed: int
    steering: tuple[str, ...]
    unread: int
    """Of `files`, those of which nobody looked at a line."""
    unread_why: str
    """What they are; empty where the problems tell it, or there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassText:
    """One request."""

    name: str
    findings: int
    """Found, or judged."""
    prompt_tokens: int
    known: bool
    """Whether the endpoint reported any usage."""
    cached: str
    """The share of them that was read from the cache: `98 %`."""
    output_tokens: int
    cost: float | None
    price: str
    """The same in words: `0.12`, `at least 0.12`, `unknown`."""
    time: str
    asked: bool
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MakingText:
    """How the review was made."""

    static: bool
    """Built-in checks only; no model has read the code."""
    model: str
    window: str
    effort: str
    requests: int
    known: bool
    """Whether the endpoint reported the usage of every request."""
    prompt_tokens: int
    cache_read: int
    cache_written: int
    passes: tuple[PassText, ...]
    """Empty where there was one request only."""
    again: str
    """The share of the tokens of all requests but the first that was read from the cache; empty where there were none."""
    cache_warning: str
    """Why the cache was missed; empty when it was not."""
    output_tokens: int
    cost: float | None
    price: str
    """The same in words, with the reason where it is unknown."""
    time: str
    version: str
    run: str
