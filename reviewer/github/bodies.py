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
    report: str = ""
    """Where the full report is: the run's page; empty where nobody else can look at it."""

    def is_ours(self, url: str) -> bool:
        """Whether an address that GitHub gave is one of this repository, and fit for a link."""
        return url.startswith(f"{self.web}/pull/") and address(url) == url

    def code(self, path: str, first: int = 0, last: int = 0) -> str:
        """A link to lines as they are at the reviewed commit."""
        return inert.link(path, first, last, top=self.top)

    @property
    def top(self) -> str:
        """The top folder of the repository at the reviewed commit."""
        return f"{self.web}/blob/{self.commit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as the templates of comments show it."""

    title: str
    link: str
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


def view(finding: Finding, copies: Iterable[Finding], links: Links, *, inline: bool) -> FindingView:
    """A finding made harmless. `inline` says that it stands beside its lines, where a block to apply can mean only these."""
    verification = finding.verification
    evidence = verification.evidence if verification else None
    return FindingView(
        title=inert.one_line(finding.title),
        link=_where(finding, links),
        copies=tuple(_where(copy, links) for copy in copies),
        severity=finding.severity.word,
        confidence=finding.confidence.word,
        category=finding.category.value,
        origin=finding.origin.words if finding.origin else "",
        code=inert.block(finding.quote, finding.path),
        explanation=inert.prose(finding.explanation),
        suggestion=inert.prose(finding.suggestion),
        replacement=_replacement(finding, inline=inline),
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


def _where(finding: Finding, links: Links) -> str:
    """A link to a finding's lines; none to removed ones, which the reviewed commit does not have."""
    lines = (finding.path, finding.start_line, finding.end_line)
    return inert.place(*lines) if finding.removed else links.code(*lines)


def inline_body(told: Told, links: Links, templates: Templates) -> str:
    """The comment beside a finding's lines. Raises TemplateError."""
    assert told.finding is not None, "only what a review holds is told"  # noqa: S101
    text = templates.render("github/inline.md.j2", finding=view(told.finding, told.copies, links, inline=True))
    return _within(f"{fingerprint_marker(told.memory.posted_as)}\n{text}", BODY_BYTES, links, templates)


def review_body(
    key: str, inline: int, outside: Sequence[Told], rejected: Sequence[Told], links: Links, templates: Templates
) -> str:
    """The review's own text: what has no place beside the lines. Raises TemplateError.

    `outside` are findings outside the diff, `rejected` those whose place GitHub did not take.
    """
    text = templates.render(
        "github/review.md.j2",
        inline=inline,
        outside=_views(outside, links),
        rejected=_views(rejected, links),
        commit=inert.code(links.commit[:12]),
    )
    markers = [review_marker(key), *(fingerprint_marker(told.memory.posted_as) for told in (*outside, *rejected))]
    return _within("\n".join((*markers, text)), BODY_BYTES, links, templates)


def within_a_comment(markdown: str, links: Links, templates: Templates) -> str:
    """The text, or what fits into a comment of it. Raises TemplateError."""
    return _within(markdown, BODY_BYTES, links, templates)


def job_summary(report: str, links: Links | None, templates: Templates) -> str:
    """A report in Markdown within what GitHub takes for a job's summary. Raises TemplateError."""
    return _within(report, SUMMARY_BYTES, links, templates)


def _within(markdown: str, limit: int, links: Links | None, templates: Templates) -> str:
    ending = templates.render(_CUT, report=links.report if links else "").rstrip("\n")
    return fit(markdown, limit, ending)


def _views(told: Iterable[Told], links: Links) -> tuple[FindingView, ...]:
    return tuple(view(entry.finding, entry.copies, links, inline=False) for entry in told if entry.finding is not None)


def _replacement(finding: Finding, *, inline: bool) -> str:
    """The block that GitHub offers to apply, when it would do exactly what was checked; else the same as mere code."""
    lines = finding.replacement
    if lines is None:
        return ""
    # What is shown as ⟨U+202E⟩ would be applied as these letters; and nobody should apply what cannot be seen.
    if inline and fills_anchor(finding) and inert.visible(lines) == lines:
        return inert.suggestion(lines)
    return inert.block(lines, finding.path) if lines else ""
