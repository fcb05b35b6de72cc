"""The findings of several looks, those that are one defect made one.

Two findings are one when the code they quote overlaps and they speak of the same defect (`same_defect.py`). That relation is not
transitive: A may be like B and B like C, and A not like C. So a finding joins others only when it is one with every one of them
(complete linkage), and findings are taken in an order that their own content decides: in whatever order looks end, the result is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from reviewer.findings import Confidence, Finding, Origin, Ruling
from reviewer.reply.fingerprint import numbered
from reviewer.reply.same_defect import THRESHOLD, likeness
from reviewer.reply.speech import Speech, code_names

_MOST_COMPARED = 40
"""Defects at the same lines, or in the same code elsewhere, that a finding is compared with; past them it stands alone. No line of code
has forty."""
_MOST_TOGETHER = 1_000
"""Findings, the worst first, that are looked at together; what comes after them is ten times past what is shown, and stays as it is."""
_MOST_COMPARISONS = 5_000
"""Comparisons of the words of two findings in one merge, about two seconds' worth; past them findings stand alone. Six looks that found 300 things
together make some hundreds; a hostile answer could ask for a hundred thousand."""
_MOST_BESIDES = 2
"""Findings whose words are added to those of the one that is kept."""
_BESIDES = 400
"""Characters of each explanation that is added."""
_ORIGINS = (Origin.INTRODUCED, Origin.WORSENED, Origin.UNSTATED, Origin.PRE_EXISTING, None)
"""The weightier first: what one look calls the change's own is not left out because another calls it old."""


def merge(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, those of the same defect joined, worst first; the same whatever their order.

    Of those that are joined the most severe, then the most confident one is kept, with its lines, quote and replacement, and with what
    others say besides. Two looks that agree raise the confidence by one level; two findings of one look do not. Different defects that
    share category and quote get fingerprints of their own; the same defect in copies of the code keeps one for all.
    """
    ordered = sorted(findings, key=_order)
    like = _Comparing()
    defects: list[list[_Spoken]] = []
    by_path: dict[str, list[list[_Spoken]]] = {}
    for spoken in map(_Spoken, ordered[:_MOST_TOGETHER]):
        here = by_path.setdefault(spoken.finding.path, [])
        ranked = [(_linkage(spoken, members, like), members) for members in _comparable(spoken, here)]
        surest, members = max(ranked, key=lambda pair: pair[0], default=(0.0, []))
        if surest < THRESHOLD:
            members = []
            here.append(members)
            defects.append(members)
        members.append(spoken)
    return tuple(sorted((*_told_apart(defects, like), *ordered[_MOST_TOGETHER:]), key=_order))


def unite(findings: Iterable[Finding], is_same: Callable[[Finding, Finding], bool]) -> tuple[Finding, ...]:
    """The findings, those joined of which somebody who read them all says that they state one defect; worst first, whatever their order.

    What words alone do not tell, a verification may: but never of findings whose quotes do not overlap.
    """
    ordered = sorted(findings, key=_order)
    defects: list[list[_Spoken]] = []
    for spoken in map(_Spoken, ordered[:_MOST_TOGETHER]):
        told = (
            members
            for members in defects
            if all(spoken.overlaps(member) for member in members)
            and any(is_same(spoken.finding, member.finding) for member in members)
        )
        members = next(told, None)
        if members is None:
            defects.append(members := [])
        members.append(spoken)
    joined = (_joined([member.finding for member in members]) for members in defects)
    return tuple(sorted((*joined, *ordered[_MOST_TOGETHER:]), key=_order))


class _Spoken:
    """A finding with what its words say: taken from them once, and only when it is asked for."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding

    @cached_property
    def speech(self) -> Speech:
        return Speech.of(self.finding)

    def overlaps(self, other: _Spoken) -> bool:
        one, two = self.finding, other.finding
        same = (one.path, one.removed) == (two.path, two.removed)
        return same and one.start_line <= two.end_line and two.start_line <= one.end_line


class _Comparing:
    """Compares what findings say, so often and no more."""

    def __init__(self) -> None:
        self._left = _MOST_COMPARISONS

    def likeness(self, one: _Spoken, other: _Spoken) -> float:
        """See `same_defect.likeness`; 0 once too much was compared. Findings come in an order of their own, so it is always the same ones."""
        self._left -= one.speech.text != other.speech.text
        return likeness(one.speech, other.speech) if self._left >= 0 else 0.0


def _order(finding: Finding) -> tuple[int, int, str, int, int, str]:
    """The worst first; of equals the one that is kept is decided by all that a finding holds."""
    return (
        -finding.severity,
        -finding.confidence,
        finding.path,
        finding.start_line,
        finding.end_line,
        repr(finding),
    )


def _comparable(spoken: _Spoken, here: Iterable[list[_Spoken]]) -> Iterator[list[_Spoken]]:
    """The defects of which every finding's lines overlap with this one's."""
    found = (members for members in here if all(spoken.overlaps(member) for member in members))
    yield from (members for members, _ in zip(found, range(_MOST_COMPARED), strict=False))


def _linkage(spoken: _Spoken, members: Sequence[_Spoken], like: _Comparing) -> float:
    """How surely a finding speaks of a defect: as surely as with the least like of the defect's findings."""
    surest = 1.0
    for member in members:
        surest = min(surest, like.likeness(spoken, member))
        if surest < THRESHOLD:
            break
    return surest


def _told_apart(defects: Sequence[list[_Spoken]], like: _Comparing) -> Iterator[Finding]:
    """One finding for each defect. Those of one fingerprint share it only as copies: the same defect at other lines."""
    sharing: dict[str, list[list[_Spoken]]] = {}
    numbers: dict[int, int] = {}
    for spoken in sorted((members[0] for members in defects), key=lambda spoken: spoken.speech.signature):
        named = sharing.setdefault(spoken.finding.fingerprint, [])
        copies = next((copies for copies in named[:_MOST_COMPARED] if _is_copy(spoken, copies, like)), None)
        if copies is None:
            named.append(copies := [])
        copies.append(spoken)
        numbers[id(spoken)] = next(at for at, each in enumerate(named, 1) if each is copies)
    for members in defects:
        joined = _joined([member.finding for member in members])
        yield replace(joined, fingerprint=numbered(joined.fingerprint, numbers[id(members[0])]))


def _is_copy(spoken: _Spoken, copies: Sequence[_Spoken], like: _Comparing) -> bool:
    return all(not spoken.overlaps(copy) and like.likeness(spoken, copy) >= THRESHOLD for copy in copies)


def _joined(every: Sequence[Finding]) -> Finding:
    kept, *others = every
    if not others:
        return kept
    names = {name for finding in every for name in finding.found_by}
    doubted = kept.verification is not None and kept.verification.ruling is Ruling.UNCERTAIN
    agreed = not doubted and all(names - set(finding.found_by) for finding in every)
    confidence = max(finding.confidence for finding in every)
    return replace(
        kept,
        confidence=Confidence(min(confidence + agreed, Confidence.HIGH)),
        explanation="\n\n".join((kept.explanation, *_besides(kept, others))),
        suggestion=kept.suggestion or next((other.suggestion for other in others if other.suggestion), ""),
        replacement=_replacement(kept, others),
        origin=min((finding.origin for finding in every), key=_ORIGINS.index),
        anchor=next((finding.anchor for finding in every if finding.anchor), None),
        found_by=tuple(sorted(names)),
    )


def _replacement(kept: Finding, others: Iterable[Finding]) -> str | None:
    """The kept finding's own, else that of another which quotes the same lines: one of other lines would delete what it does not show."""
    if kept.replacement is not None:
        return kept.replacement
    place = (kept.start_line, kept.end_line, kept.quote)
    alike = (other for other in others if (other.start_line, other.end_line, other.quote) == place)
    return next((other.replacement for other in alike if other.replacement is not None), None)


def _besides(kept: Finding, others: Iterable[Finding]) -> Iterator[str]:
    """What others say besides: of those that name code which has not been named yet."""
    said = _named(kept)
    left = _MOST_BESIDES
    for other in others:
        named = _named(other)
        if left and not named <= said:
            said |= named
            left -= 1
            yield f"Also: {other.title.rstrip('.')}. {_cut(other.explanation)}"


def _named(finding: Finding) -> frozenset[str]:
    return frozenset(code_names(f"{finding.title}\n{finding.explanation[:_BESIDES]}"))


def _cut(text: str) -> str:
    """The beginning of a text, whole words of it."""
    if len(text) <= _BESIDES:
        return text
    return text[:_BESIDES].rpartition(" ")[0] + " …"
