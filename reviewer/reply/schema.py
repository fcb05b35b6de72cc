"""The form an answer must have: what is asked of the model as JSON Schema, and what is checked again when the answer is here.

There is one form for all questions of a run, since the schema is part of the prefix that the provider caches. The grammar at the provider
keeps the form but not the limits of `fields.py`, and an endpoint without structured output keeps neither, so every item is brought into the
form (`agreed_form.py`) and validated.
With `fields.py` the home of pydantic for replies. Docstrings and descriptions of the models are read by the model that answers: they are
part of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from reviewer.findings import Absent, Claim
from reviewer.reply.agreed_form import finding_form, quote_form, verdict_form
from reviewer.reply.fields import (
    NULL_IS_EMPTY,
    WITHIN_COUNT,
    AbsenceWord,
    CategoryWord,
    ConfidenceWord,
    Key,
    Line,
    Name,
    OptionalOrigin,
    OptionalText,
    Path,
    PathOrNone,
    ProseOrNone,
    ResponseText,
    RulingWord,
    SeverityWord,
    Title,
    nothing,
)
from reviewer.reply.statements import Quotation, Verdict
from reviewer.reply.strict_json import NotJsonError, load

_Stated = TypeVar("_Stated")
_NO_OBJECT = "not an object"


class AnswerAbsent(BaseModel):
    """One thing that the finding says does not exist."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    how: AbsenceWord
    name: Name = Field(description="Its bare name, as the code writes it.")


class AnswerFinding(BaseModel):
    """One issue. The quote stands before the explanation, so that the explanation rests on it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    path: Path = Field(description="The file's path exactly as given with the document.")
    quote: ProseOrNone = Field(
        description="The lines at fault, copied verbatim from the file, without line numbers and without leaving anything out; 1 to 8 lines."
    )
    start_line: Line = Field(description="First line of the quote, counted from 1.")
    end_line: Line = Field(description="Last line of the quote, inclusive.")
    category: CategoryWord
    severity: SeverityWord = Field(description="What happens if nobody mends it.")
    confidence: ConfidenceWord = Field(description="How sure you are that the issue is real.")
    title: Title = Field(description="One line that says what is wrong.")
    explanation: ProseOrNone = Field(description="Why it is wrong, and what it leads to.")
    suggestion: ProseOrNone = Field(description="How to mend it; empty when there is nothing to say.")
    origin: OptionalOrigin = Field(
        default_factory=nothing, description="What the reviewed change has to do with it; only where a change is reviewed."
    )
    absent: Annotated[list[AnswerAbsent], NULL_IS_EMPTY, WITHIN_COUNT] = Field(
        default_factory=list, description="What the finding says does not exist, when it rests on that."
    )
    replacement: OptionalText = Field(
        default_factory=nothing,
        description="Lines that, put in the place of the quoted ones, mend it; empty to delete those.",
    )
    inside: OptionalText = Field(
        default_factory=nothing,
        description="What is around the quoted lines, where the file has them more than once.",
    )

    def claim(self) -> Claim:
        """The same as a value of the project."""
        return Claim(
            title=self.title,
            severity=self.severity,
            confidence=self.confidence,
            category=self.category,
            path=self.path,
            start_line=self.start_line,
            end_line=self.end_line,
            quote=self.quote,
            explanation=self.explanation,
            suggestion=self.suggestion,
            origin=self.origin,
            absent=tuple(Absent(absent.how, absent.name) for absent in self.absent),
            replacement=self.replacement,
            inside=self.inside or "",
        )


class AnswerVerdict(BaseModel):
    """What becomes of one finding. The decisive lines stand before the ruling, so that the ruling rests on them."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    finding: Key = Field(description="The finding's key, as given in the question.")
    path: PathOrNone = Field(description="Path of the file that decides, exactly as given with the document.")
    quote: ProseOrNone = Field(
        description="The decisive lines, copied verbatim from that file, without leaving anything out; empty when nothing decides."
    )
    start_line: Line = Field(description="First line of the quote, counted from 1; 0 when there is none.")
    end_line: Line = Field(description="Last line of the quote, inclusive; 0 when there is none.")
    ruling: RulingWord
    explanation: ProseOrNone = Field(description="What these lines show about the finding.")
    same_as: OptionalText = Field(
        default_factory=nothing,
        description="Key of an earlier finding that states the same defect at the same lines, if one does.",
    )

    def verdict(self) -> Verdict:
        """The same as a value of the project."""
        return Verdict(
            finding=self.finding,
            path=self.path,
            quote=self.quote,
            start_line=self.start_line,
            end_line=self.end_line,
            ruling=self.ruling,
            explanation=self.explanation,
            same_as=self.same_as or "",
        )


class AnswerQuote(BaseModel):
    """Lines that the text rests on."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    path: Path = Field(description="The file's path exactly as given with the document.")
    quote: ProseOrNone = Field(description="The lines, copied verbatim from the file, without leaving anything out.")
    start_line: Line = Field(description="First line of the quote, counted from 1.")
    end_line: Line = Field(description="Last line of the quote, inclusive.")

    def quotation(self) -> Quotation:
        """The same as a value of the project."""
        return Quotation(path=self.path, quote=self.quote, start_line=self.start_line, end_line=self.end_line)


class AnswerReply(BaseModel):
    """Only when a person asks a question: what answers it. The text comes first, so that it can be shown while it is still on its way."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    text: ResponseText = Field(description="The answer itself, in Markdown.")
    quotes: Annotated[list[AnswerQuote], NULL_IS_EMPTY] = Field(description="The lines it rests on; empty when it rests on none.")


def _untitled(schema: dict[str, Any]) -> None:
    """Nothing may stand beside a reference in the schemas that structured output takes."""
    schema["properties"]["reply"].pop("title")


class Answer(BaseModel):
    """The answer to one question, in a form that fits them all. The findings come first, so that they can be shown as they arrive."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, json_schema_extra=_untitled)

    findings: list[AnswerFinding] = Field(
        description="When a review is asked for: every issue, worst first; empty when there is none. Empty otherwise."
    )
    summary: ProseOrNone = Field(
        description="When a review is asked for: the state of the code in two to four sentences. Empty otherwise."
    )
    verdicts: Annotated[list[AnswerVerdict], NULL_IS_EMPTY] = Field(
        default_factory=list, description="Only when findings are to be verified: one for each of them."
    )
    reply: AnswerReply | SkipJsonSchema[None] = Field(default_factory=nothing)


@cache
def answer_schema() -> dict[str, Any]:
    """JSON Schema of the answer, in the part of the language that structured output takes. Built once; not to be changed."""
    return Answer.model_json_schema()


def validate(item: object) -> Claim | str:
    """The claim an item of `findings` makes, or in a few words why it is none. The words never repeat the item's own text.

    Only an item without path, quote or title is none; what else is odd is read by `agreed_form.py`, and noted.
    """
    if not isinstance(item, dict):
        return _NO_OBJECT
    form, notes = finding_form(item, AnswerFinding.model_fields)
    claim = _validated(lambda: AnswerFinding.model_validate(form).claim())
    return claim if isinstance(claim, str) else replace(claim, notes=notes)


def validate_verdict(item: object) -> Verdict | str:
    """The same for an item of `verdicts`, which only needs the key of a finding."""
    if not isinstance(item, dict):
        return _NO_OBJECT
    form = verdict_form(item, AnswerVerdict.model_fields)
    return _validated(lambda: AnswerVerdict.model_validate(form).verdict())


def validate_quote(item: object) -> Quotation | str:
    """The same for an item of a reply's `quotes`, which needs a path and a quote."""
    if not isinstance(item, dict):
        return _NO_OBJECT
    form = quote_form(item, AnswerQuote.model_fields)
    return _validated(lambda: AnswerQuote.model_validate(form).quotation())


def validate_text(text: str) -> Claim | str:
    """`validate` for an item that is still JSON text."""
    try:
        return validate(load(text))
    except NotJsonError:
        return "not JSON"


def _validated(make: Callable[[], _Stated]) -> _Stated | str:
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        what = "missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        return f"{field}: {what}"
