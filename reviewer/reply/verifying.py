"""Findings and what a verification says of them → findings that were judged, and those that were refuted.

A ruling counts for what its evidence is worth. The decisive lines are looked for in the files like a finding's own quote. A refutation
removes a finding, and a hostile file, or a careless reader, could talk any finding away. So it counts only when whole lines are quoted as
they stand but for white space, when they are more than the finding's own, and when they are in its file or in one that calls it or is
called by it; otherwise it comes to `uncertain`, with the reason. Where rulings on one finding differ, those with evidence go before those without, and then the most cautious counts: `uncertain` before all, also when it is
nothing but one `confirmed` against one `refuted`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import PurePosixPath

from reviewer.collect.measure import measure
from reviewer.documents import quoted
from reviewer.findings import Confidence, Evidence, Finding, QuoteMatch, Refuted, Ruling, Verification
from reviewer.plan.model import Tokenizer
from reviewer.plan.tokens import file_tokens
from reviewer.questions import by_place, finding_key, statement_text
from reviewer.reply.fingerprint import squeeze
from reviewer.reply.ground import find_quotes
from reviewer.reply.quote_forms import readings
from reviewer.reply.statements import Verdict

UNFOUNDED = "A verification called it refuted, but the lines it quoted are not there"
"""Begins the explanation of a refutation that counts as uncertain."""
ALTERED = "A verification called it refuted, but the lines it quoted are not whole lines of the file as they are"
"""Begins that of one whose quote differs from the file in more than white space."""
REPEATED = "A verification called it refuted, but it quoted nothing but the finding's own lines"
"""Begins that of one that shows nothing new."""
UNRELATED = "A verification called it refuted, but by lines of a file that neither calls the finding's file nor is called by it"
"""Begins that of one whose lines have nothing to do with the finding."""
CONTRADICTED = "Verifications differ"
"""Begins the explanation where one confirms, on evidence, what another refutes on evidence."""
_FRAME = '<finding id="7b60a969ae0ae91f" key="268ed013" path= lines="1000-1000">\n\n</finding id="7b60a969ae0ae91f">\n'
"""What stands around a finding in the question, its path aside."""


_EDGES = "{}(),; "
"""Signs that a quote may leave out at either end of a line: no meaning turns on them."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_INDENTED = frozenset({".py", ".pyi", ".yaml", ".yml", ".coffee", ".haml", ".pug", ".nim", ".fs", ".hs"})
"""Suffixes of languages in which the depth of a line says what it belongs to."""
_TELLING = 3
"""Letters, digits and underscores of a line that shows something: `}` and `*/` do not."""

Related = Callable[[str, str], bool]
"""Whether one of two files (by path) calls the other."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A verdict, where the lines are that it rests on, and why it does not refute although it says so."""

    verdict: Verdict
    evidence: Evidence | None
    flaw: str = ""

    @property
    def ruling(self) -> Ruling:
        """What it comes to: nothing is refuted by lines that do not show it."""
        return Ruling.UNCERTAIN if self.flaw else self.verdict.ruling

    @property
    def explanation(self) -> str:
        """The verdict's own, and what was made of it where that is something else."""
        own = self.verdict.explanation.strip()
        return f"{self.flaw}. {own}".strip() if self.flaw else own

    @property
    def order(self) -> tuple[int, str, int, str, str]:
        """The most cautious first, then by content alone, whatever order verdicts come in."""
        at = (self.evidence.path, self.evidence.start_line, self.evidence.quote) if self.evidence else ("", 0, "")
        return (_CAUTION.index(self.ruling), *at, self.explanation)


_CAUTION = (Ruling.UNCERTAIN, Ruling.CONFIRMED, Ruling.REFUTED)
"""The least that is claimed first."""


def judge(
    findings: Iterable[Finding], verdicts: Iterable[Verdict], read: Callable[[str], str | None], related: Related
) -> tuple[tuple[Finding, ...], tuple[Refuted, ...]]:
    """Divides findings into those that stand and those that are refuted, both in the order of the findings.

    `read` gives the text of a file by its path, None when it is not among the files read; `related` says which of them call each
    other. A confirmed finding keeps its confidence; an
    uncertain one loses a level; one without a verdict stays as it is. The result does not depend on the order of the verdicts.
    """
    every = tuple(findings)
    rulings = _Rulings(_asked(every, verdicts), read, related)
    standing: list[Finding] = []
    refuted: list[Refuted] = []
    for finding in every:
        verification = rulings.on(finding)
        if verification is None:
            standing.append(finding)
        elif verification.ruling is Ruling.REFUTED:
            refuted.append(Refuted.of(finding, verification.explanation, verification))
        else:
            standing.append(_verified(finding, verification))
    return tuple(standing), tuple(refuted)


def pending(findings: Iterable[Finding], verdicts: Iterable[Verdict]) -> tuple[Finding, ...]:
    """The findings that no verdict speaks of, in their order."""
    judged = {verdict.finding for verdict in verdicts}
    return tuple(finding for finding in findings if finding_key(finding) not in judged)


def one_defect(verdicts: Iterable[Verdict]) -> Callable[[Finding, Finding], bool]:
    """Whether a verdict says of two findings that they state the same defect; in whichever of the two it says so."""
    pairs = {frozenset((verdict.finding, verdict.same_as)) for verdict in verdicts if verdict.same_as}
    key = cache(finding_key)  # each is compared with many, and its quote may be long
    return lambda one, other: frozenset((key(one), key(other))) in pairs


def strays(findings: Iterable[Finding], verdicts: Iterable[Verdict]) -> int:
    """How many verdicts speak of a finding that is not among these; `judge` ignores them."""
    every = tuple(verdicts)
    return len(every) - len(_asked(findings, every))


def batches(findings: Iterable[Finding], *, most: int = 40, room_tokens: int | None = None) -> tuple[tuple[Finding, ...], ...]:
    """Findings in as many parts as their questions take, in the order of path and line.

    No part holds more than `most`, nor more than fit into `room_tokens` of the window besides the question's own words. Findings of which
    not even one fits come last, not divided by room: the provider refuses such a part at no cost, or the estimate was too high.
    """
    ordered = sorted(findings, key=by_place)
    sizes = [0 if room_tokens is None else _tokens(finding) for finding in ordered]
    room = max(room_tokens or 0, 0)
    small = [(finding, size) for finding, size in zip(ordered, sizes, strict=True) if size <= room]
    large = [(finding, 0) for finding, size in zip(ordered, sizes, strict=True) if size > room]
    return (*_divided(small, most, room), *_divided(large, most, room))


def _divided(sized: Iterable[tuple[Finding, int]], most: int, room: int) -> Iterator[tuple[Finding, ...]]:
    part: list[Finding] = []
    left = room
    for finding, size in sized:
        if part and (len(part) >= most or size > left):
            yield tuple(part)
            part, left = [], room
        part.append(finding)
        left -= size
    if part:
        yield tuple(part)


def _asked(findings: Iterable[Finding], verdicts: Iterable[Verdict]) -> list[Verdict]:
    keys = {finding_key(finding) for finding in findings}
    return [verdict for verdict in verdicts if verdict.finding in keys]


class _Rulings:
    """What verdicts come to. Two findings of one key may be in different places, and are ruled on one by one."""

    def __init__(self, verdicts: Sequence[Verdict], read: Callable[[str], str | None], related: Related) -> None:
        self._read, self._related = read, related
        self._by_key: dict[str, list[tuple[Verdict, Evidence | None]]] = {}
        for verdict, evidence in zip(verdicts, find_quotes(verdicts, read), strict=True):
            self._by_key.setdefault(verdict.finding, []).append((verdict, evidence))

    def on(self, finding: Finding) -> Verification | None:
        """The outcome for a finding; None when no verdict is about it."""
        several = [self._judged(finding, *each) for each in self._by_key.get(finding_key(finding), ())]
        return _together(several) if several else None

    def _judged(self, finding: Finding, verdict: Verdict, evidence: Evidence | None) -> _Judged:
        flaw = self._flaw(finding, verdict, evidence) if verdict.ruling is Ruling.REFUTED else ""
        return _Judged(verdict, None if flaw else evidence, flaw)

    def _flaw(self, finding: Finding, verdict: Verdict, evidence: Evidence | None) -> str:
        """Why a refutation does not count; empty when it does."""
        if evidence is None:
            return UNFOUNDED
        lines = (self._read(evidence.path) or "").split("\n")[evidence.start_line - 1 : evidence.end_line]
        if evidence.match is QuoteMatch.SIMILAR or not _is_verbatim(verdict.quote, lines, evidence.path):
            return ALTERED
        if _adds_nothing(finding, evidence, lines):
            return REPEATED
        if evidence.path != finding.path and not self._related(finding.path, evidence.path):
            return UNRELATED
        return ""


def _is_verbatim(quote: str, lines: Sequence[str], path: str) -> bool:
    """Whether a quote is these lines of a file, whole and in their order; what a fence or line numbers add to it aside.

    White space may differ where it separates nothing. So may indentation, unless it is what says which lines belong together.
    """
    here = _meaning("\n".join(lines))
    for reading in readings(quote):
        form = reading.text
        # A leading minus that is taken for a sign of a diff is a removed line, and shows nothing of the file as it is.
        if reading.removed or form.count("-") < _without_numbers(quote).count("-"):
            continue
        if _meaning(form) == here:
            return PurePosixPath(path).suffix not in _INDENTED or _has_shape(form, lines)
    return False


def _without_numbers(quote: str) -> str:
    return re.sub(r"^[ \t]*\d{1,7}-(?=[ \t])", "", quote, flags=re.MULTILINE)


def _meaning(text: str) -> str:
    """A text without the white space that separates nothing: `a - b` and `a-b` are one, `a - -b` and `a --b` are not."""
    pieces: list[str] = []
    last, end = "", 0
    for found in _TOKEN.finditer(text.strip().strip(_EDGES)):
        token = found.group()
        apart = found.start() > end and (last[-1:] == token[0] or (_is_word(last) and _is_word(token)))
        pieces.append(f" {token}" if apart else token)
        last, end = token, found.end()
    return "".join(pieces)


def _is_word(token: str) -> bool:
    return token[:1].isalnum() or token[:1] == "_"


def _has_shape(form: str, lines: Sequence[str]) -> bool:
    """Whether lines after the first are as deep as in the file against each other; a quote without any indentation claims nothing."""
    depths = [_depths(form.split("\n")), _depths(lines)]
    if len(depths[0]) != len(depths[1]) or not any(depths[0]):
        return len(depths[0]) == len(depths[1])
    return all(
        (one < two) == (here < there) and (one > two) == (here > there)
        for (one, two), (here, there) in zip(pairwise(depths[0][1:]), pairwise(depths[1][1:]), strict=True)
    )


def _depths(lines: Iterable[str]) -> list[int]:
    return [len(line.expandtabs()) - len(line.expandtabs().lstrip()) for line in lines if line.strip()]


def _adds_nothing(finding: Finding, evidence: Evidence, lines: Sequence[str]) -> bool:
    """Whether all that the evidence shows is what the finding quotes itself, there or in a copy."""
    own = {squeeze(line) for line in finding.quote.split("\n")}
    here = finding.path == evidence.path
    return all(
        (here and finding.start_line <= number <= finding.end_line) or squeeze(line) in own
        for number, line in enumerate(lines, evidence.start_line)
        if sum(1 for sign in line if sign.isalnum() or sign == "_") >= _TELLING
    )


def _together(several: Sequence[_Judged]) -> Verification:
    founded = [each for each in several if each.evidence is not None]
    counting = sorted(founded or several, key=lambda each: each.order)
    first = counting[0]
    if {each.ruling for each in counting} == {Ruling.CONFIRMED, Ruling.REFUTED}:
        against = next(each for each in counting if each.ruling is Ruling.REFUTED)
        explanation = f"{CONTRADICTED}. For it: {first.explanation} Against it: {against.explanation}"
        return Verification(ruling=Ruling.UNCERTAIN, explanation=explanation, evidence=against.evidence)
    return Verification(ruling=first.ruling, explanation=first.explanation, evidence=first.evidence)


def _verified(finding: Finding, verification: Verification) -> Finding:
    if verification.ruling is Ruling.CONFIRMED:
        return replace(finding, verification=verification)
    return replace(finding, verification=verification, confidence=Confidence(max(Confidence.LOW, finding.confidence - 1)))


def _tokens(finding: Finding) -> int:
    """About what a finding takes in a question, by the vocabulary that takes most for it."""
    text = measure((_FRAME + quoted(finding.path) + statement_text(finding)).encode("utf-8", "replace"))
    return ceil(max(file_tokens(text, tokenizer) for tokenizer in Tokenizer))
