"""Points: what a built-in check says of one place. Held against the base of a change, then put together into findings.

The order matters. First every point gets its origin, by what the same check says of the base; then points of one check *and one origin*
become one finding, which names every place. The other way round, a new defect would hide behind an old one of its kind.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from reviewer.collect.changes import Change, ChangedFile, ChangeKind, Side
from reviewer.findings import Claim, Finding, Location, Origin, QuoteMatch, Severity
from reviewer.reply.fingerprint import fingerprint, numbered, squeeze
from reviewer.reply.ground import MAX_QUOTED_CHARACTERS
from reviewer.reply.placing import Placing

_LEADS = 6
"""Findings of one check, severity and origin, from medium severity on; milder ones have one. Further places are named in the last."""
_TITLES = 12  # more help nobody
_ITS_LINE = re.compile(r"\bline \d+")
"""What a check's words say of another line: it changes whenever lines move."""
_WITHOUT_BASE = frozenset({ChangeKind.ADDED, ChangeKind.COPIED, ChangeKind.TYPE_CHANGED})
"""A copy is a new place, whatever its source holds; what changed its type was no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a check says of one place."""

    check: str
    """Claims of one check are the same kind of thing said of several places."""
    claim: Claim
    """Its `origin` is None until it is held against the base; a check that knows the origin by itself sets it."""
    last: int = 0
    """The last line that has a part in it, where that is more than the claim quotes; 0 where it is not."""
    content: str = ""
    """What it is about, where the quote does not tell: that is only its beginning, or a secret was taken out of it."""
    parsed: bool = False
    """Whether the check reads a syntax tree, so that it is silent about a file that does not parse."""

    @property
    def key(self) -> tuple[str, str]:
        """What stays the same while lines move and are indented otherwise."""
        return squeeze(self.content or self.claim.quote), _ITS_LINE.sub("line", self.claim.title)

    @property
    def lines(self) -> range:
        """Every line that has a part in it."""
        return range(self.claim.start_line, max(self.claim.end_line, self.last) + 1)

    def of(self, origin: Origin) -> Point:
        """The same with its origin."""
        return replace(self, claim=replace(self.claim, origin=origin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the checks say of the changed files at the base, and of which of them they can say nothing."""

    points: Sequence[Point]
    unread: Collection[str] = ()
    """Paths at the base whose text is not known."""
    unparsed: Collection[str] = ()
    """Those that do not parse there."""


def base_paths(change: Change) -> Mapping[str, str]:
    """Path at the head → path at the base, of every changed file that is on both sides."""
    kept = (file for file in change.files if file.kind not in _WITHOUT_BASE and file.kind is not ChangeKind.DELETED)
    return {file.path: file.old_path or file.path for file in kept}


def compared(points: Sequence[Point], base: Base, change: Change) -> Iterator[Point]:
    """The points of the head, each with its origin.

    Introduced is what the base has not: of points of one check with the same quote as many as there are more of than at the base, those
    on added lines first. Where a line stands proves nothing: removing an import breaks a line that no hunk shows. A point that moved to
    another file is known by the removed line it was on. What the base cannot tell is introduced on added lines, and else not stated.
    """
    names, added = base_paths(change), change.added_lines
    left = Counter((point.claim.path, point.check, point.key) for point in base.points)
    new: list[Point] = []
    # Those on added lines come last, so that what the base does not account for is one of them.
    for point in sorted(points, key=lambda point: _on_added(point, added)):
        path = names.get(point.claim.path)
        name, is_added = (path or "", point.check, point.key), _on_added(point, added)
        if point.claim.origin is not None:
            yield point
        elif path is not None and not is_added and _is_unknown(point, path, base):
            yield point.of(Origin.UNSTATED)
        elif left[name]:
            left[name] -= 1
            yield point.of(Origin.PRE_EXISTING)
        else:
            new.append(point)
    moved: Counter[tuple[str, tuple[str, str]]] = Counter()
    for name, count in _removed(base.points, change).items():
        moved[name[1:]] += min(count, left[name])
    for point in new:
        what = (point.check, point.key)
        is_moved = bool(moved[what]) and _on_added(point, added)
        moved[what] -= is_moved
        yield point.of(Origin.PRE_EXISTING if is_moved else Origin.INTRODUCED)


def findings(points: Iterable[Point], texts: Mapping[str, str], change: Change | None) -> tuple[Finding, ...]:
    """The points put together: those of one check, severity and origin become a few findings, which name every place.

    `texts` are those of the files, without secrets; of a file that is not among them no more is shown than the point quotes.
    """
    placing = Placing(change) if change else None
    added = change.added_lines if change else {}
    groups: defaultdict[tuple[str, Severity, Origin | None], list[Point]] = defaultdict(list)
    for point in sorted(points, key=lambda point: (not _on_added(point, added), *_order(point.claim))):
        groups[point.check, point.claim.severity, point.claim.origin].append(point)
    return _named(
        (led[0].check, _finding(led[0], led[1:], texts, placing))
        for (_, severity, _), group in groups.items()
        for led in _led(group, severity)
    )


def _named(found: Iterable[tuple[str, Finding]]) -> tuple[Finding, ...]:
    """The findings, each under a name of its own: what several checks say of one line is not one finding."""
    seen: Counter[str] = Counter()
    named: list[Finding] = []
    for _, finding in sorted(found, key=lambda each: (each[0], _order(each[1]))):
        seen[finding.fingerprint] += 1
        named.append(replace(finding, fingerprint=numbered(finding.fingerprint, seen[finding.fingerprint])))
    return tuple(named)


def _led(group: Sequence[Point], severity: Severity) -> Iterable[list[Point]]:
    """The points of one check, severity and origin, each list led by the one whose words speak for all in it."""
    if severity <= Severity.LOW:
        return [list(group)]
    same: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in group:
        same[point.claim.path, point.claim.title].append(point)
    led = list(same.values())
    return [*led[: _LEADS - 1], [point for others in led[_LEADS - 1 :] for point in others]] if len(led) > _LEADS else led


def _finding(lead: Point, others: Sequence[Point], texts: Mapping[str, str], placing: Placing | None) -> Finding:
    claim = lead.claim
    quote = _whole_lines(claim, texts.get(claim.path))
    places = dict.fromkeys((other.claim.path, other.claim.start_line, other.claim.end_line) for other in others)
    places.pop((claim.path, claim.start_line, claim.end_line), None)
    stated = {field.name: getattr(claim, field.name) for field in fields(Claim)}
    return Finding(
        **{**stated, "quote": quote, "explanation": claim.explanation + _other_words(claim.title, others)},
        match=QuoteMatch.EXACT,
        fingerprint=fingerprint(claim.category, claim.path, quote),
        anchor=placing.anchor(claim.path, claim.start_line, claim.end_line) if placing else None,
        also=tuple(
            Location(path=path, start_line=first, end_line=last, anchor=placing.anchor(path, first, last) if placing else None)
            for path, first, last in places
        ),
    )


def _other_words(title: str, others: Iterable[Point]) -> str:
    """What the check says of the further places, where its words differ; empty where they do not."""
    titles = sorted({other.claim.title for other in others} - {title})
    more = f"; and {len(titles) - _TITLES:,} more" if len(titles) > _TITLES else ""
    return f" Of the further places it says: {'; '.join(titles[:_TITLES])}{more}." if titles else ""


def _whole_lines(claim: Claim, text: str | None) -> str:
    """The quoted lines whole, unless they are very long."""
    if text is None:
        return claim.quote
    lines = text.split("\n")[claim.start_line - 1 : claim.end_line]
    whole = "\n".join(line.rstrip("\r") for line in lines)
    return whole if len(whole) <= MAX_QUOTED_CHARACTERS else claim.quote


def _order(claim: Claim) -> tuple[int, int, str, int]:
    """Worst first."""
    return -claim.severity, -claim.confidence, claim.path, claim.start_line


def _on_added(point: Point, added: Mapping[str, frozenset[int]]) -> bool:
    return not added.get(point.claim.path, frozenset()).isdisjoint(point.lines)


def _is_unknown(point: Point, path: str, base: Base) -> bool:
    return path in base.unread or (point.parsed and path in base.unparsed)


def _removed(points: Iterable[Point], change: Change) -> Counter[tuple[str, str, tuple[str, str]]]:
    """The points of the base that stood on lines which the change removes."""
    lines = {file.old_path or file.path: _removed_lines(file) for file in change.files if file.kind is not ChangeKind.COPIED}
    gone = (point for point in points if not lines.get(point.claim.path, frozenset()).isdisjoint(point.lines))
    return Counter((point.claim.path, point.check, point.key) for point in gone)


def _removed_lines(file: ChangedFile) -> frozenset[int]:
    return frozenset(line.old for hunk in file.hunks for line in hunk.lines if line.side is Side.REMOVED)
