"""The question at the end of each request of a run: a look, the rest of one that broke off, or the verification of what was found.

All of them come after the same cached prefix. What other requests brought back is text that a model wrote after reading a stranger's
code: it stands between markers made from its content, as documents do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reviewer.collect.files import path_bytes
from reviewer.collect.subject import Subject
from reviewer.documents import passage, quoted
from reviewer.errors import TemplateError
from reviewer.findings import Category, Claim, Finding
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.passes import GENERAL, Lens
from reviewer.templating import Templates

_QUESTION, _CHANGE_QUESTION = "prompt/question.md.j2", "prompt/change_question.md.j2"
_PARTS = ("prompt/lens.md.j2", "prompt/context.md.j2", "prompt/answer.md.j2")
"""What both include."""
_VERIFICATION, _CONTINUED = "prompt/verification.md.j2", "prompt/continued.md.j2"

LEFT_OUT_SHOWN = 200
"""Files named to the model as left out; beyond it only their number is, since a tree may hold a hundred thousand of them."""
_KEY_DIGITS = 8
"""Hex digits: of 500 findings two share a key with a chance of 3 in 100,000; then one ruling counts for both."""


class Wording(Protocol):
    """What the operator wishes of how a question is put."""

    @property
    def language(self) -> str:
        """Of the findings."""

    @property
    def instructions(self) -> str:
        """More to heed; empty when there is nothing."""

    @property
    def instructions_from_repository(self) -> bool:
        """Whether the repository under review chose them: then they must not pass for the operator's."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A finding as the verification's template sees it."""

    key: str
    path: str
    """A JSON string, quotes included."""
    lines: str
    text: str
    marker: str


def look_question(subject: Subject, wishes: Wording, templates: Templates, lens: Lens = GENERAL) -> str:
    """Asks for a review of `subject`, with attention to what `lens` names.

    Raises TemplateError, also when an operator's template of the question does not show the lens: all looks would be the same one.
    """
    question = _look(subject, wishes, templates, lens)
    if lens != GENERAL and question == _look(subject, wishes, templates, GENERAL):
        name = question_templates(subject, lens)[0]
        raise TemplateError(
            f"the template {templates.path(name)} says nothing of the lens, so every look would be the same",
            hint='Put {% include "prompt/lens.md.j2" %} into it, as the one that comes with reviewer has it, or use --depth standard.',
        )
    return question


def _look(subject: Subject, wishes: Wording, templates: Templates, lens: Lens) -> str:
    snapshot = subject.snapshot
    return templates.render(
        _CHANGE_QUESTION if subject.change else _QUESTION,
        change=subject.change is not None,
        outlined=bool(subject.outlines),
        scope=quoted(snapshot.scope) if snapshot.scope else "",
        lens_template=lens_template(lens),
        lens_text=lens.text.strip(),
        general=lens == GENERAL,
        **_context(subject, wishes),
        categories=[category.value for category in Category],
        language=wishes.language,
    )


def context_text(subject: Subject, wishes: Wording, templates: Templates) -> str:
    """What the model is told beside the documents, also where no review is asked for; may be empty. Raises TemplateError."""
    return templates.render("prompt/context.md.j2", **_context(subject, wishes)).strip()


def _context(subject: Subject, wishes: Wording) -> dict[str, object]:
    """The values of `context.md.j2`."""
    return {
        "left_out": left_out(subject),
        "left_out_more": len(_skipped(subject)[LEFT_OUT_SHOWN:]),
        "guidance": [quoted(path) for path in subject.snapshot.guidance],
        "instructions": wishes.instructions,
        "instructions_from_repository": wishes.instructions_from_repository,
    }


def question_templates(subject: Subject, lens: Lens) -> tuple[str, ...]:
    """The names of the templates that `look_question` is made from; an operator's lens is none."""
    return (_CHANGE_QUESTION if subject.change else _QUESTION, *_PARTS, *(() if lens.text else (lens_template(lens),)))


def lens_template(lens: Lens) -> str:
    """The name of the template that tells what a lens of ours pays attention to."""
    return f"prompt/lenses/{lens.name}.md.j2"


def continued_question(question: str, kept: Sequence[Claim], templates: Templates) -> str:
    """Asks `question` again where an answer to it broke off: for what is not among the `kept` claims. Raises TemplateError."""
    named = dict.fromkeys(
        f"- {quoted(claim.path)}, line {claim.start_line}: {_one_line(claim.title)}" for claim in sorted(kept, key=by_place)
    )
    return templates.render(_CONTINUED, question=question, kept=passage("kept", "\n".join(named)))


def verification_question(findings: Iterable[Finding], templates: Templates) -> str:
    """Asks for a ruling on each finding. The same findings give the same question, in whatever order they come.

    It does not say who found them, how often, how sure they were or how severe they thought it. Raises TemplateError.
    """
    every = {finding_key(finding): finding for finding in sorted(findings, key=by_place, reverse=True)}
    return templates.render(_VERIFICATION, findings=[_statement(finding) for finding in sorted(every.values(), key=by_place)])


def finding_key(finding: Claim) -> str:
    """What a finding is called in a verification: hex digits from path, quote and title alone.

    So what was ruled before an interruption still applies when the list of findings has changed.
    """
    content = f"{finding.path}\0{finding.quote}\0{finding.title}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:_KEY_DIGITS]


def statement_text(finding: Claim) -> str:
    """A finding as it stands in a verification's question, without the markers around it."""
    return f"Title: {_one_line(finding.title)}\n\nQuote:\n{finding.quote}\n\nExplanation:\n{finding.explanation.strip()}"


def by_place(claim: Claim) -> tuple[bytes, int, int, str, str, str]:
    """What findings are sorted by: path and line, then their own words, so that their order depends on nothing else."""
    return path_bytes(claim.path), claim.start_line, claim.end_line, claim.title, claim.quote, claim.explanation


def left_out(subject: Subject) -> list[str]:
    """A line for each file that the model cannot see, with the reason: the first `LEFT_OUT_SHOWN`, those of the change before the others."""
    changed = frozenset(file.path for file in subject.head.skipped) if subject.head else frozenset()
    return [f"{quoted(file.path)}: {_reason(file, file.path in changed)}" for file in _skipped(subject)[:LEFT_OUT_SHOWN]]


def _statement(finding: Finding) -> _Statement:
    key = finding_key(finding)
    told = passage(f"finding {key}", statement_text(finding))
    lines = str(finding.start_line) if finding.start_line == finding.end_line else f"{finding.start_line}-{finding.end_line}"
    lines += " before the change" if finding.removed else ""
    return _Statement(key, quoted(finding.path), lines, told.text, told.marker)


def _one_line(title: str) -> str:
    """A title as one line, whatever a model wrote."""
    return " ".join(title.split())


def _reason(file: SkippedFile, changed: bool) -> str:  # noqa: FBT001 - one of two words
    """Why a file is not seen; of a changed one the diff may be."""
    seen = changed and file.reason in {SkipReason.NO_ROOM, SkipReason.OUT_OF_SCOPE}
    return f"{file.reason}; only its diff is shown" if seen else file.reason.value


def _skipped(subject: Subject) -> tuple[SkippedFile, ...]:
    """What the model cannot see: of the change first, then of the rest."""
    if subject.head is None:
        return subject.skipped
    changed = frozenset(file.path for file in subject.head.skipped)
    return (*subject.head.skipped, *(file for file in subject.skipped if file.path not in changed))
