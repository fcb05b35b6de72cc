"""The texts of a conversation: what a question opens with, and what is asked for when there is no more room.

What the review found and what was said before are data that others wrote, so they stand between markers made from their content, as
documents do. The question itself is the operator's own words.
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.conversation import Exchange
from reviewer.documents import passage, quoted
from reviewer.findings import Finding
from reviewer.outcome import Review
from reviewer.reply.parse import parse
from reviewer.templating import Templates

_FINDINGS_TOLD = 100
"""Findings named to the model, the worst first: as many as a report shows by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a conversation tells the model beside the run's own prefix."""

    templates: Templates
    review: Review | None
    """What the run found; None when its review was not kept."""
    language: str
    context: str = ""
    """What there is beside the documents, and what the people concerned ask for, as the review was told."""

    def opening(self, question: str, summary: Exchange | None) -> str:
        """The block a conversation opens with: what was found, what was said before where there is a summary of it, and the question."""
        findings = self.review.findings if self.review is not None else ()
        lines = [_line(number, finding) for number, finding in enumerate(findings[:_FINDINGS_TOLD], 1)]
        return self.templates.render(
            "prompt/ask.md.j2",
            findings=passage("review", "\n".join(lines)) if lines else None,
            findings_more=len(findings[_FINDINGS_TOLD:]),
            earlier=passage("earlier", said(summary)) if summary is not None else None,
            context=self.context,
            question=question,
            language=self.language,
        )

    def summary_request(self) -> str:
        """What is asked for when the window has no more room."""
        return self.templates.render("prompt/summarise.md.j2", language=self.language)


def said(exchange: Exchange) -> str:
    """What an answer says: its reply, or all of it where it is not of the agreed form."""
    response = parse(exchange.answer).reply
    return response.text.strip() if response is not None else exchange.answer.strip()


def _line(number: int, finding: Finding) -> str:
    """One finding: where, how severe, what. A title is one line, whatever a model wrote."""
    place = f"{quoted(finding.path)}:{finding.start_line}-{finding.end_line}"
    title = " ".join(finding.title.split())
    return f"{number}. {place} ({finding.severity.word}, confidence {finding.confidence.word}) {title}"
