"""Which findings get a comment beside their lines, which stand in a review's text, and which are left to the summary comment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from reviewer.findings import Finding, Location
from reviewer.github.comparison import Told
from reviewer.github.memory import Place
from reviewer.github.mode import Mode
from reviewer.github.posting import MOST_COMMENTS, Desk, Draft, post
from reviewer.reply.fingerprint import fingerprint, numbered
from reviewer.report.amounts import counted


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
    reviews: tuple[str, ...] = ()
    """URLs; an empty one where GitHub did not say."""
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
    anchored = [entry for entry in fresh if entry.finding is not None and entry.finding.anchor is not None]
    outside = tuple(entry for entry in fresh if entry.finding is not None and entry.finding.anchor is None)
    return Plan(told=told, inline=tuple(anchored[:max_comments]), outside=outside, over=tuple(anchored[max_comments:]))


def submit(desk: Desk, plan: Plan, stands: list[str]) -> Drafted:
    """Post what is new, if anything is: as one review, or several where there are more comments than one takes.

    What was posted is added to `stands`, so that it is known also when the rest fails. Raises ForgeError and TemplateError.
    """
    places = dict.fromkeys(_names(plan.over), Place.OVER)
    reviews: list[str] = []
    notes: list[str] = []
    rejected = 0
    for number, part in enumerate(_parts(plan.inline) or ([()] if plan.outside else [])):
        outside = plan.outside if number == 0 else ()
        outcome = post(desk, Draft(inline=tuple(part), outside=outside))
        rejected += len(outcome.rejected)
        places |= dict.fromkeys(_names(part), Place.INLINE)
        places |= dict.fromkeys(_names((*outside, *outcome.rejected)), Place.BODY)
        if outcome.posted:
            reviews.append(outcome.url)
            stands.append(f"the review at {outcome.url}" if outcome.url else "a review")
        else:
            places |= dict.fromkeys(_names((*part, *outside)), Place.OVER)
            notes.append("GitHub took no review of this commit; what one would have said stands here.")
    if rejected and reviews:
        notes.append(f"GitHub took no comment at the lines of {counted(rejected, 'finding')}.")
    told = tuple(_placed(entry, places) for entry in plan.told)
    current = [entry for entry in plan.told if entry.finding is not None]
    return Drafted(
        told=told,
        reviews=tuple(reviews),
        inline=list(places.values()).count(Place.INLINE),
        outside=len(plan.outside),
        rejected=rejected,
        suppressed=sum(1 + len(entry.copies) for entry in current if entry.memory.place is not Place.LISTED),
        notes=tuple(notes),
    )


def _parts(inline: Sequence[Told]) -> list[Sequence[Told]]:
    return [inline[start : start + MOST_COMMENTS] for start in range(0, len(inline), MOST_COMMENTS)]


def _names(told: Iterable[Told]) -> list[str]:
    return [entry.memory.fingerprint for entry in told]


def _placed(told: Told, places: dict[str, Place]) -> Told:
    place = places.get(told.memory.fingerprint)
    return told if place is None else replace(told, memory=replace(told.memory, place=place))
