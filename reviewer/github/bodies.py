"""What is written on a pull request, within GitHub's limits.

The words are in `templates/github/`. What a template is given is harmless already: everything a model or a repository wrote has gone
through `inert`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reviewer.findings import Finding, QuoteMatch
from reviewer.github.budget import BODY_BYTES, SUMMARY_BYTES, fit
from reviewer.github.comparison import Told
from reviewer.github.markers import fingerprint_marker, review_marker
from reviewer.reply.placing import fills_anchor
from reviewer.report import inert
from reviewer.templating import Templates

_PLAIN: Final = re.compile(r"https?://[A-Za-z0-9.:/_#-]{1,300}")
_PLACES: Final = 30
"""Further places that are linked of one finding; the report has all."""
_CUT: Final = "github/cut.md.j2"


def address(url: str) -> str:
    """An address that may stand in a link as it is; nothing for any other."""
    return url if _PLAIN.fullmatch(url) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Addresses on GitHub, all ours to build."""

    web: str
    """The repository: `https://github.com/OWNER/REPO`."""
    commit: str
    """The reviewed commit."""
    base: str = ""
    """The commit it is compared with, which has the lines that the change removes; empty where there is none."""
    report: str = ""
    """Where the full report is: the run's page; empty where nobody else can look at it."""

    def is_ours(self, url: str) -> bool:
        """Whether an address that GitHub gave is one of this repository, and fit for a link."""
        return url.startswith(f"{self.web}/pull/") and address(url) == url

    def code(self, path: str, first: int = 0, last: int = 0, *, removed: bool = False) -> str:
        """A link to lines as they are at the reviewed commit, or (`removed`) at the base."""
        top = f"{self.web}/blob/{self.base}" if removed and self.base else self.top
        return inert.link(path, first, last, top=top)

    @property
    def top(self) -> str:
        """The top folder of the repository at the reviewed commit."""
        return f"{self.web}/blob/{self.commit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as the templates of comments show it."""

    title: str
    link: str
    lines: str
    """`line 7` or `lines 7-9`."""
    copies: tuple[str, ...]
    """Links to the same mistake in the same words elsewhere in the file."""
    severity: str
    confidence: str
    category: str
    origin: str
    """Empty where nothing is said of it."""
    code: str
    """The quoted lines in a fence of their own."""
    explanation: str
    suggestion: str
    """How to mend it, in words; may be empty."""
    replacement: str
    """A block that GitHub offers to apply, or the same as mere code; may be empty."""
    applies: bool
    """Whether GitHub offers to apply it."""
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


def view(finding: Finding, copies: Iterable[Finding], links: Links, *, inline: bool, limit: int = BODY_BYTES) -> FindingView:
    """A finding made harmless. `inline` says that it stands beside its lines, where a block to apply can mean only these.

    Of a text that would not fit into `limit` bytes the beginning is told.
    """
    verification = finding.verification
    evidence = verification.evidence if verification else None
    applies = inline and _can_be_applied(finding)
    return FindingView(
        title=inert.one_line(finding.title),
        link=links.code(finding.path, finding.start_line, finding.end_line, removed=finding.removed),
        lines=f"line {finding.start_line}"
        if finding.start_line == finding.end_line
        else f"lines {finding.start_line}-{finding.end_line}",
        copies=tuple(links.code(copy.path, copy.start_line, copy.end_line, removed=copy.removed) for copy in copies),
        severity=finding.severity.word,
        confidence=finding.confidence.word,
        category=finding.category.value,
        origin=finding.origin.words if finding.origin else "",
        code=inert.block(finding.quote, finding.path),
        explanation=inert.prose(_beginning(finding.explanation, limit // _ESCAPED)),
        suggestion=inert.prose(_beginning(finding.suggestion, limit // _ESCAPED)),
        replacement=_replacement(finding, applies=applies),
        applies=applies,
        verified=verification.ruling.value if verification else "",
        verification=inert.one_line(verification.explanation) if verification else "",
        evidence=links.code(evidence.path, evidence.start_line, evidence.end_line) if evidence else "",
        also=tuple(links.code(place.path, place.start_line, place.end_line) for place in finding.also[:_PLACES]),
        also_more=len(finding.also[_PLACES:]),
        similar=finding.match is QuoteMatch.SIMILAR,
        removed=finding.removed,
        as_quoted=inert.block(finding.as_quoted, finding.path) if finding.as_quoted else "",
        notes=tuple(map(inert.one_line, finding.notes)),
    )


_ESCAPED = 8
"""Bytes that a character may take once it is harmless (`@` and a zero-width space by number): a text of so much less always fits."""


def _beginning(text: str, length: int) -> str:
    """The text, or the whole words of it that `length` characters hold."""
    return text if len(text) <= length else f"{text[:length].rpartition(' ')[0] or text[:length]} \u2026"


def inline_body(told: Told, links: Links, templates: Templates, limit: int = BODY_BYTES) -> str:
    """The comment beside a finding's lines. Raises TemplateError."""
    assert told.finding is not None, "only what a review holds is told"  # noqa: S101
    text = templates.render("github/inline.md.j2", finding=view(told.finding, told.copies, links, inline=True, limit=limit))
    return _within(f"{fingerprint_marker(told.memory.posted_as)}\n{text}", limit, links, templates)


@dataclass(frozen=True, slots=True)
class ReviewText:
    """The text of a review, and the findings that it tells: where all are too much, those that fit."""

    markdown: str
    outside: tuple[Told, ...]
    rejected: tuple[Told, ...]


def review_body(
    key: str,
    inline: int,
    outside: Sequence[Told],
    rejected: Sequence[Told],
    links: Links,
    templates: Templates,
    limit: int = BODY_BYTES,
) -> ReviewText:
    """The review's own text: what has no place beside the lines. Raises TemplateError.

    `outside` are findings outside the diff, `rejected` those whose place GitHub did not take. Of these as many are told as fit into `limit`
    bytes, at least one.
    """
    room = limit - _HEAD
    told = [*outside, *rejected]
    fitting = told[: max(how_many_fit((rendered(entry, links, templates, limit) for entry in told), room), 1)]
    shown_outside, shown_rejected = tuple(fitting[: len(outside)]), tuple(fitting[len(outside) :])
    text = templates.render(
        "github/review.md.j2",
        inline=inline,
        outside=views(shown_outside, links, limit),
        rejected=views(shown_rejected, links, limit),
        more=len(told) - len(fitting),
        commit=inert.code(links.commit[:12]),
    )
    markers = [review_marker(key), *(fingerprint_marker(entry.memory.posted_as) for entry in fitting)]
    markdown = _within("\n".join((*markers, text)), limit, links, templates)
    return ReviewText(markdown, shown_outside, shown_rejected)


_HEAD = 1_500
"""Bytes for the words around the findings of a review's text."""
_MARKER = 32
"""Bytes of a finding's marker and the line feed after it."""


def rendered(told: Told, links: Links, templates: Templates, limit: int) -> str:
    """A finding in full, as it stands in a review's text and in the summary comment. Raises TemplateError."""
    (finding,) = views([told], links, limit)
    return templates.render("github/finding.md.j2", finding=finding)


def how_many_fit(texts: Iterable[str], room: int) -> int:
    """How many of these, from the first on, fit together into `room` bytes, each with a marker and a blank line."""
    used = count = 0
    for text in texts:
        used += len(text.encode("utf-8", "replace")) + _MARKER + 2
        if used > room:
            break
        count += 1
    return count


def within_a_comment(markdown: str, links: Links, templates: Templates, limit: int = BODY_BYTES) -> str:
    """The text, or what fits into a comment of it. Raises TemplateError."""
    return _within(markdown, limit, links, templates)


def job_summary(report: str, links: Links | None, templates: Templates) -> str:
    """A report in Markdown within what GitHub takes for a job's summary. Raises TemplateError."""
    return _within(report, SUMMARY_BYTES, links, templates)


def _within(markdown: str, limit: int, links: Links | None, templates: Templates) -> str:
    ending = templates.render(_CUT, report=links.report if links else "").rstrip("\n")
    return fit(markdown, limit, ending)


def views(told: Iterable[Told], links: Links, limit: int) -> tuple[FindingView, ...]:
    """Findings as they are told where there is no place beside their lines."""
    return tuple(
        view(entry.finding, entry.copies, links, inline=False, limit=limit) for entry in told if entry.finding is not None
    )


def _can_be_applied(finding: Finding) -> bool:
    """Whether GitHub's offer to apply the replacement would do exactly what was checked.

    What is shown as ⟨U+202E⟩ would be applied as these letters; and nobody should apply what cannot be seen.
    """
    lines = finding.replacement
    return lines is not None and not finding.removed and fills_anchor(finding) and inert.visible(lines) == lines


def _replacement(finding: Finding, *, applies: bool) -> str:
    """The block that GitHub offers to apply, else the same as mere code."""
    lines = finding.replacement or ""
    if applies:
        return inert.suggestion(lines)
    return inert.block(lines, finding.path) if lines else ""
