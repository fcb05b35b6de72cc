"""The kinds of field that an answer has, and their limits.

The limits are checked when the answer is here and do not stand in the schema: structured output refuses a schema that holds any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from reviewer.findings import Absence, Category, Confidence, Origin, Ruling, Severity

MAX_TITLE = 400
"""Characters; a title is one line of a heading."""
MAX_PATH = 4096
"""Characters; PATH_MAX of Linux."""
MAX_TEXT = 20_000
"""Characters of a quote, an explanation or a suggestion: some 400 lines, far above what is asked for."""
MAX_RESPONSE = 400_000
"""Characters of the answer to a question: more than 64,000 output tokens hold."""
MAX_LINE = 10_000_000
"""No file that fits a window of a million tokens has more lines."""
MAX_FINDINGS = 500
"""Findings, verdicts or quotes looked at in one answer: 64,000 output tokens hold about 300 findings."""
MAX_NAME = 200
"""Characters of a name that is said to be missing: far longer than names are, short enough to search for."""
MAX_ABSENT = 20
"""Names that one finding says are missing."""

_SEVERITIES = {severity.word: severity for severity in Severity}
_CONFIDENCES = {confidence.word: confidence for confidence in Confidence}
_CATEGORIES = {category.value: category for category in Category}
_ORIGINS = {origin.value: origin for origin in Origin if origin is not Origin.UNSTATED}
_ABSENCES = {absence.value: absence for absence in Absence}
_RULINGS = {ruling.value: ruling for ruling in Ruling}

_Item = TypeVar("_Item")
_Word = Severity | Confidence | Category | Origin | Absence | Ruling


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


def _within_count(items: list[_Item]) -> list[_Item]:
    if len(items) > MAX_ABSENT:
        raise ValueError(f"more than {MAX_ABSENT} entries")
    return items


def nothing() -> None:
    """The default of a field that may be left out. A function, since a plain default would stand in the schema, where it is refused."""


Title = Annotated[str, _text(MAX_TITLE, blank=False)]
Path = Annotated[str, _text(MAX_PATH, blank=False)]
PathOrNone = Annotated[str, _text(MAX_PATH, blank=True)]
"""Empty where there is nothing to quote."""
Line = Annotated[int, AfterValidator(_line_number)]
ProseOrNone = Annotated[str, _text(MAX_TEXT, blank=True)]
"""May be empty; also a quote, of which grounding says what it is worth."""
Name = Annotated[str, _text(MAX_NAME, blank=False)]
Key = Annotated[str, _text(MAX_NAME, blank=False)]
ResponseText = Annotated[str, _text(MAX_RESPONSE, blank=False)]
SeverityWord = Annotated[Severity, _member(_SEVERITIES), WithJsonSchema({"enum": list(reversed(_SEVERITIES))})]
ConfidenceWord = Annotated[Confidence, _member(_CONFIDENCES), WithJsonSchema({"enum": list(reversed(_CONFIDENCES))})]
CategoryWord = Annotated[Category, _member(_CATEGORIES), WithJsonSchema({"enum": list(_CATEGORIES)})]
AbsenceWord = Annotated[Absence, _member(_ABSENCES), WithJsonSchema({"enum": list(_ABSENCES)})]
RulingWord = Annotated[Ruling, _member(_RULINGS), WithJsonSchema({"enum": list(_RULINGS)})]

# What may be left out may also be null: endpoints without structured output send that for nothing.
_OriginWord = Annotated[Origin, _member(_ORIGINS)]
NULL_IS_EMPTY = BeforeValidator(lambda value: [] if value is None else value)
OptionalOrigin = Annotated[_OriginWord | None, WithJsonSchema({"enum": list(_ORIGINS)})]
OptionalText = Annotated[ProseOrNone | None, WithJsonSchema({"type": "string"})]
WITHIN_COUNT = AfterValidator(_within_count)
