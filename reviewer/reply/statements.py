"""What an answer states beside claims: rulings on findings, and a text for whoever asked a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reviewer.findings import Ruling


class Quoting(Protocol):
    """Whatever rests on quoted lines: a claim, a verdict, a quotation."""

    @property
    def path(self) -> str:
        """The file, as named by whoever quotes it."""

    @property
    def quote(self) -> str:
        """Said to be verbatim text of the file."""

    @property
    def start_line(self) -> int:
        """As stated; 0 when none was given."""

    @property
    def end_line(self) -> int:
        """Inclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Lines that a text rests on, as its writer quotes them, before anyone has looked whether they are there."""

    path: str
    quote: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification says of one finding, with the lines that it says decide; `quote` is blank where it names none."""

    finding: str
    """The finding's key, as it stood in the question."""
    path: str
    quote: str
    start_line: int
    end_line: int
    ruling: Ruling
    explanation: str
    same_as: str = ""
    """The key of another finding that is said to state the same defect; empty where none does."""


@dataclass(frozen=True, slots=True)
class Response:
    """What answers a person's question."""

    text: str
    """Markdown, not yet fit to be shown."""
    quotes: tuple[Quotation, ...] = ()
