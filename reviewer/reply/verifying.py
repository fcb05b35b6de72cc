"""Findings and what a verification says of them → findings that were judged, and those that were refuted.

A ruling counts for what its evidence is worth. The decisive lines are looked for in the files like a finding's own quote; a refutation
whose lines are not there removes nothing, since a hostile file, or a careless reader, could talk any finding away. Where rulings on one
finding differ, those with evidence go before those without, and then the most cautious counts: `uncertain` before all, also when it is
nothing but one `confirmed` against one `refuted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import ceil

from reviewer.collect.measure import measure
from reviewer.documents import quoted
from reviewer.findings import Confidence, Evidence, Finding, Refuted, Ruling, Verification
from reviewer.plan.model import Tokenizer
from reviewer.plan.tokens import file_tokens
from reviewer.questions import by_place, finding_key, statement_text
from reviewer.reply.ground import find_quotes
from reviewer.reply.statements import Verdict

UNFOUNDED = "A verification called it refuted, but the lines it quoted are not there"
"""Begins the explanation of a refutation that counts as uncertain."""
CONTRADICTED = "Verifications differ"
"""Begins the explanation where one confirms, on evidence, what another refutes on evidence."""
_FRAME = '<finding id="7b60a969ae0ae91f" key="268ed013" path= lines="1000-1000">\n\n</finding id="7b60a969ae0ae91f">\n'
"""What stands around a finding in the question, its path aside."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A verdict, and where the lines stand that it rests on."""

    verdict: Verdict
    evidence: Evidence | None

    @property
    def ruling(self) -> Ruling:
        """What it comes to: without evidence nothing is refuted."""
        unfounded = self.verdict.ruling is Ruling.REFUTED and self.evidence is None
        return Ruling.UNCERTAIN if unfounded else self.verdict.ruling

    @property
    def explanation(self) -> str:
        """The verdict's own, and what was made of it where that is something else."""
        own = self.verdict.explanation.strip()
        return f"{UNFOUNDED}. {own}" if self.ruling is not self.verdict.ruling else own

    @property
    def order(self) -> tuple[int, str, int, str, str]:
        """The most cautious first, then by content alone, whatever order verdicts come in."""
        at = (self.evidence.path, self.evidence.start_line, self.evidence.quote) if self.evidence else ("", 0, "")
        return (_CAUTION.index(self.ruling), *at, self.explanation)


_CAUTION = (Ruling.UNCERTAIN, Ruling.CONFIRMED, Ruling.REFUTED)
"""The least that is claimed first."""


def judge(
    findings: Iterable[Finding], verdicts: Iterable[Verdict], read: Callable[[str], str | None]
) -> tuple[tuple[Finding, ...], tuple[Refuted, ...]]:
    """Divides findings into those that stand and those that are refuted, both in the order of the findings.

    `read` gives the text of a file by its path, None when it is not among the files read. A confirmed finding keeps its confidence; an
    uncertain one loses a level; one without a verdict stays as it is. The result does not depend on the order of the verdicts.
    """
    every = tuple(findings)
    rulings = _rulings(_asked(every, verdicts), read)
    standing: list[Finding] = []
    refuted: list[Refuted] = []
    for finding in every:
        verification = rulings.get(finding_key(finding))
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


def _rulings(verdicts: Sequence[Verdict], read: Callable[[str], str | None]) -> dict[str, Verification]:
    """Key of a finding → what its verdicts come to together."""
    by_key: dict[str, list[_Judged]] = {}
    for verdict, evidence in zip(verdicts, find_quotes(verdicts, read), strict=True):
        by_key.setdefault(verdict.finding, []).append(_Judged(verdict, evidence))
    return {key: _together(several) for key, several in by_key.items()}


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
