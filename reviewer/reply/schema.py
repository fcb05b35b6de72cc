"""The form an answer must have: what is asked of the model as JSON Schema, and what is checked again when the answer is here.

The grammar at the provider keeps the form but not the limits below, and an endpoint without structured output keeps neither, so
every item is validated. The home of pydantic for replies. Docstrings and descriptions of the models are read by the model that
answers: they are part of the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from reviewer.findings import Absence, Absent, Category, Claim, Confidence, Origin, Severity
from reviewer.reply.strict_json import NotJsonError, load

MAX_TITLE = 400
"""Characters; a title is one line of a heading."""
MAX_PATH = 4096
"""Characters; PATH_MAX of Linux."""
MAX_TEXT = 20_000
"""Characters of a quote, an explanation or a suggestion: some 400 lines, far above what is asked for."""
MAX_LINE = 10_000_000
"""No file that fits a window of a million tokens has more lines."""
MAX_FINDINGS = 500
"""Findings looked at in one answer: 64,000 output tokens hold about 300."""
MAX_NAME = 200
"""Characters of a name that is said to be missing: far longer than names are, short enough to search for."""
MAX_ABSENT = 20
"""Names that one finding says are missing."""

_SEVERITIES = {severity.word: severity for severity in Severity}
_CONFIDENCES = {confidence.word: confidence for confidence in Confidence}
_CATEGORIES = {category.value: category for category in Category}
_ORIGINS = {origin.value: origin for origin in Origin}
_ABSENCES = {absence.value: absence for absence in Absence}

_Item = TypeVar("_Item")
_Word = Severity | Confidence | Category | Origin | Absence


def _member(words: Mapping[str, _Word]) -> BeforeValidator:
    """A validator from a word to a member of an enumeration; letter case is not part of the promise of structured output."""

    def by_word(value: object) -> _Word:
        if not isinstance(value, str) or value.lower() not in words:
            raise ValueError("not one of the allowed words")
        return words[value.lower()]

    return BeforeValidator(by_word)


def _text(limit: int, *, blank: bool) -> AfterValidator:
    """A validator for length in characters. Not pydantic's own limits, since those would go into the schema, where they are refused."""

    def within(value: str) -> str:
        if len(value) > limit:
            raise ValueError(f"longer than {limit} characters")
        if not blank and not value.strip():
            raise ValueError("blank")
        return value

    return AfterValidator(within)


def _line_number(value: int) -> int:
    if not 0 <= value <= MAX_LINE:
        raise ValueError("not a line number")
    return value


_Line = Annotated[int, AfterValidator(_line_number)]
_SeverityWord = Annotated[Severity, _member(_SEVERITIES), WithJsonSchema({"enum": list(reversed(_SEVERITIES))})]
_ConfidenceWord = Annotated[Confidence, _member(_CONFIDENCES), WithJsonSchema({"enum": list(reversed(_CONFIDENCES))})]
_CategoryWord = Annotated[Category, _member(_CATEGORIES), WithJsonSchema({"enum": list(_CATEGORIES)})]
_OriginWord = Annotated[Origin, _member(_ORIGINS), WithJsonSchema({"enum": list(_ORIGINS)})]
_AbsenceWord = Annotated[Absence, _member(_ABSENCES), WithJsonSchema({"enum": list(_ABSENCES)})]


def _nothing() -> None:
    """The default of a field that may be left out. A function, since a plain default would stand in the schema, where it is refused."""


def _within_count(items: list[_Item]) -> list[_Item]:
    if len(items) > MAX_ABSENT:
        raise ValueError(f"more than {MAX_ABSENT} entries")
    return items


class AnswerAbsent(BaseModel):
    """One thing that the finding says does not exist."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    how: _AbsenceWord
    name: Annotated[str, _text(MAX_NAME, blank=False)] = Field(description="Its bare name, as the code writes it.")


# What may be left out may also be null: endpoints without structured output send that for nothing.
_OptionalOrigin = Annotated[_OriginWord | None, WithJsonSchema({"enum": list(_ORIGINS)})]
_OptionalNames = Annotated[
    list[AnswerAbsent], BeforeValidator(lambda value: [] if value is None else value), AfterValidator(_within_count)
]
_OptionalText = Annotated[Annotated[str, _text(MAX_TEXT, blank=True)] | None, WithJsonSchema({"type": "string"})]


class AnswerFinding(BaseModel):
    """One issue. The quote stands before the explanation, so that the explanation rests on it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    path: Annotated[str, _text(MAX_PATH, blank=False)] = Field(description="The file's path exactly as given with the document.")
    quote: Annotated[str, _text(MAX_TEXT, blank=True)] = Field(
        description="The lines at fault, copied verbatim from the file, without line numbers and without leaving anything out; 1 to 8 lines."
    )
    start_line: _Line = Field(description="First line of the quote, counted from 1.")
    end_line: _Line = Field(description="Last line of the quote, inclusive.")
    category: _CategoryWord
    severity: _SeverityWord = Field(description="What happens if nobody mends it.")
    confidence: _ConfidenceWord = Field(description="How sure you are that the issue is real.")
    title: Annotated[str, _text(MAX_TITLE, blank=False)] = Field(description="One line that says what is wrong.")
    explanation: Annotated[str, _text(MAX_TEXT, blank=False)] = Field(description="Why it is wrong, and what it leads to.")
    suggestion: Annotated[str, _text(MAX_TEXT, blank=True)] = Field(
        description="How to mend it; empty when there is nothing to say."
    )
    origin: _OptionalOrigin = Field(
        default_factory=_nothing, description="What the reviewed change has to do with it; only where a change is reviewed."
    )
    absent: _OptionalNames = Field(
        default_factory=list, description="What the finding says does not exist, when it rests on that."
    )
    replacement: _OptionalText = Field(
        default_factory=_nothing,
        description="Lines that, put in the place of the quoted ones, mend it; empty to delete those.",
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
        )


class Answer(BaseModel):
    """A whole review. The findings come first, so that they can be shown while the answer is still on its way."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    findings: list[AnswerFinding] = Field(description="Every issue, worst first; empty when there is none.")
    summary: Annotated[str, _text(MAX_TEXT, blank=True)] = Field(
        description="The state of the code base in two to four sentences."
    )


@cache
def answer_schema() -> dict[str, Any]:
    """JSON Schema of the answer, in the part of the language that structured output takes. Built once; not to be changed."""
    return Answer.model_json_schema()


def validate(item: object) -> Claim | str:
    """The claim an item of `findings` makes, or in a few words why it is none. The words never repeat the item's own text."""
    try:
        return AnswerFinding.model_validate(item).claim()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if first["type"] == "extra_forbidden":
            return "a field that was not asked for"
        field = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        return f"{field}: {what}" if field else "not an object"


def validate_text(text: str) -> Claim | str:
    """`validate` for an item that is still JSON text."""
    try:
        return validate(load(text))
    except NotJsonError:
        return "not JSON"
