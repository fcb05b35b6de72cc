"""Which findings get a comment beside their lines, which stand in a review's text, and which are left to the summary comment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from reviewer.findings import Finding, Location
from reviewer.github.comparison import Told
from reviewer.github.memory import Place
from reviewer.github.mode import Mode
from reviewer.github.posting import MOST_COMMENTS, Desk, Draft, Outcome, post
from reviewer.reply.fingerprint import fingerprint, numbered
from reviewer.report.amounts import counted
from reviewer.report.printable import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be posted of the findings in `told`."""

    told: tuple[Told, ...]
    inline: tuple[Told, ...]
    outside: tuple[Told, ...]
    over: tuple[Told, ...]
    """New ones for which there is no room among the inline comments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What was posted. In `told` each finding's place is where it now stands."""

    told: tuple[Told, ...]
    posted: tuple[Outcome, ...] = ()
    """The reviews that GitHub took."""
    inline: int = 0
    outside: int = 0
    rejected: int = 0
    suppressed: int = 0
    notes: tuple[str, ...] = ()


def each_place(findings: Iterable[Finding], texts: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings, and behind them one for each of their further places in the diff: a short comment stands at each.

    A place is named by its own code, so that it is known again on the next push, whichever place leads then.
    """
    every = tuple(findings)
    names = {finding.fingerprint for finding in every}
    places: list[Finding] = []
    for finding in every:
        for place in finding.also:
            quote = "\n".join(texts.get(place.path, "").split("\n")[place.start_line - 1 : place.end_line])
            if place.anchor is not None:
                name = next(name for name in _names_of(finding, place, quote) if name not in names)
                names.add(name)
                places.append(_at(place, finding, quote, name))
    return (*every, *places)


def _names_of(finding: Finding, place: Location, quote: str) -> Iterator[str]:
    name = fingerprint(finding.category, place.path, quote)
    return (numbered(name, number) for number in count(1))


def _at(place: Location, finding: Finding, quote: str, name: str) -> Finding:
    """What is said at a further place of a finding."""
    return replace(
        finding,
        title=f"Also here: {finding.title}",
        path=place.path,
        start_line=place.start_line,
        end_line=place.end_line,
        quote=quote,
        explanation=f"A further place of the finding at `{finding.path}`:{finding.start_line}, which says more.",
        suggestion="",
        replacement=None,
        anchor=place.anchor,
        also=(),
        verification=None,
        fingerprint=name,
    )


def draft(told: tuple[Told, ...], mode: Mode, max_comments: int) -> Plan:
    """Divide the findings that no review has told yet; they come worst first."""
    fresh = [entry for entry in told if entry.finding is not None and entry.memory.place is Place.LISTED]
    if mode is not Mode.REVIEW:
        return Plan(told=told, inline=(), outside=(), over=())
    anchored = [entry for entry in fresh if _has_place(entry)]
    outside = tuple(entry for entry in fresh if not _has_place(entry))
    return Plan(told=told, inline=tuple(anchored[:max_comments]), outside=outside, over=tuple(anchored[max_comments:]))


def _has_place(told: Told) -> bool:
    """Whether a comment can be placed beside its lines: they lie in the diff, and the file has a name that JSON can hold."""
    return told.finding is not None and told.finding.anchor is not None and printable(told.finding.path) == told.finding.path


def submit(desk: Desk, plan: Plan, stands: list[str]) -> Drafted:
    """Post what is new, if anything is: as one review, or several where there are more comments than one takes.

    What was posted is added to `stands`, so that it is known also when the rest fails. Raises ForgeError and TemplateError.
    """
    outcomes: list[Outcome] = []
    for number, part in enumerate(_parts(plan.inline) or ([()] if plan.outside else [])):
        outcome = post(desk, Draft(inline=tuple(part), outside=plan.outside if number == 0 else ()))
        if outcome.review is not None:
            stands.append(f"the review at {outcome.review.url}" if outcome.review.url else "a review")
        outcomes.append(outcome)
    return drafted(plan, outcomes)


def drafted(plan: Plan, outcomes: Sequence[Outcome], notes: Sequence[str] | None = None) -> Drafted:
    """What came of the plan; `notes` where it is known already what to say of it."""
    inline = [told for outcome in outcomes for told in outcome.inline]
    outside = [told for outcome in outcomes for told in outcome.outside]
    rejected = [told for outcome in outcomes for told in outcome.rejected]
    over = [told for outcome in outcomes for told in outcome.over]
    places = dict.fromkeys(_names((*plan.over, *over)), Place.OVER) | dict.fromkeys(_names(inline), Place.INLINE)
    places |= dict.fromkeys(_names((*outside, *rejected)), Place.BODY)
    current = [entry for entry in plan.told if entry.finding is not None]
    return Drafted(
        told=tuple(_placed(entry, places) for entry in plan.told),
        posted=tuple(outcome for outcome in outcomes if outcome.review is not None),
        inline=len(inline),
        outside=len(outside),
        rejected=len(rejected),
        suppressed=sum(1 + len(entry.copies) for entry in current if entry.memory.place is not Place.LISTED),
        notes=tuple(_notes(outcomes) if notes is None else notes),
    )


def placed(told: Iterable[Told], sent: Drafted) -> tuple[Told, ...]:
    """The findings, those that no review tells at the place that was meant for them."""
    over = {entry.memory.fingerprint: Place.OVER for entry in sent.told if entry.memory.place is Place.OVER}
    return tuple(_placed(entry, over) if entry.memory.place is Place.LISTED else entry for entry in told)


def _notes(outcomes: Iterable[Outcome]) -> Iterator[str]:
    if any(outcome.review is None for outcome in outcomes):
        yield "GitHub took no review of this commit; what one would have said is in this comment."
    if rejected := sum(len(outcome.rejected) for outcome in outcomes):
        yield f"GitHub took no comment at the lines of {counted(rejected, 'finding')}."


def _parts(inline: Sequence[Told]) -> list[Sequence[Told]]:
    return [inline[start : start + MOST_COMMENTS] for start in range(0, len(inline), MOST_COMMENTS)]


def _names(told: Iterable[Told]) -> list[str]:
    return [entry.memory.fingerprint for entry in told]


def _placed(told: Told, places: dict[str, Place]) -> Told:
    place = places.get(told.memory.fingerprint)
    return told if place is None else replace(told, memory=replace(told.memory, place=place))
