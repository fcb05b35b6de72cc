"""Claims → findings whose quotes stand in the files, and claims that name what is not there.

A quote is looked for as it stands, then without a fence or line numbers that a model may have added (both may differ in white
space), then in parts where it has an ellipsis, then by likeness. The lines come from where it was found; the claimed line only
chooses between several places.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from reviewer.findings import Claim, Evidence, Finding, QuoteMatch, Ungrounded
from reviewer.reply.fingerprint import fingerprint
from reviewer.reply.locate import Place, SourceText
from reviewer.reply.quote_forms import parts, readings
from reviewer.reply.similar import Wanted, find_similar
from reviewer.reply.statements import Quoting

MAX_QUOTED_LINES = 40
MAX_QUOTED_CHARACTERS = 4_000
"""What a report shows of the found lines at most."""
_TELLING = 8
"""Letters, digits and underscores a quote needs before it says by itself which place is meant: `return x` does, `else:` does not."""
_NAMING = 3
"""Fewer than this say nothing even where they stand only once."""
_MAX_PARTS = 6
"""A quote with more ellipses than five is a sketch."""
_SLACK = 2
"""Lines by which a claimed line may be off and still agree: files are sent without line numbers, so claims are counted by eye."""

_LETTER = re.compile(r"\w")

NO_FILE = "no such file among those read"
NO_QUOTE = "no quote"
NOWHERE = "the quote is nowhere in the file"
TOO_SHORT = "the quote is too short to tell which place is meant, and is not at the claimed line"


@dataclass(frozen=True, slots=True)
class _Found:
    place: Place
    match: QuoteMatch


def ground(claims: Iterable[Claim], read: Callable[[str], str | None]) -> tuple[tuple[Finding, ...], tuple[Ungrounded, ...]]:
    """Divides claims into findings and ungrounded ones, both in the order of the claims.

    `read` gives the text of a file by its path, None when it is not among the files read. What is found twice stays there twice: `merge`
    joins what is one.
    """
    claims = tuple(claims)
    by_path: dict[str, list[int]] = {}
    for number, claim in enumerate(claims):
        by_path.setdefault(claim.path, []).append(number)
    outcomes: dict[int, Finding | Ungrounded] = {}
    for named, numbers in by_path.items():
        path, text = _file(named, read)
        here = [claims[number] for number in numbers]
        results = [_ungrounded(claim, NO_FILE) for claim in here] if text is None else _in_file(path, SourceText(text), here)
        outcomes.update(zip(numbers, results, strict=True))
    ordered = [outcomes[number] for number in range(len(claims))]
    findings = [outcome for outcome in ordered if isinstance(outcome, Finding)]
    return tuple(findings), tuple(outcome for outcome in ordered if isinstance(outcome, Ungrounded))


def find_quotes(quoting: Iterable[Quoting], read: Callable[[str], str | None]) -> tuple[Evidence | None, ...]:
    """Where the lines stand that verdicts or texts rest on, each found like a claim's; None for a quote that is not there."""
    every = tuple(quoting)
    by_path: dict[str, list[int]] = {}
    for number, each in enumerate(every):
        by_path.setdefault(each.path, []).append(number)
    found: dict[int, Evidence] = {}
    for named, numbers in by_path.items():
        path, text = _file(named, read)
        if text is None:
            continue
        source = SourceText(text)
        for number, result in zip(numbers, _places(source, [every[number] for number in numbers]), strict=True):
            if isinstance(result, _Found):
                place = result.place
                quote = _quoted(source, place)
                found[number] = Evidence(path=path, start_line=place.first, end_line=place.last, quote=quote, match=result.match)
    return tuple(map(found.get, range(len(every))))


def _file(named: str, read: Callable[[str], str | None]) -> tuple[str, str | None]:
    r"""The path as the project writes it and the file's text: as named, else with `./`, `//`, `\` and a leading `/` taken away."""
    text = read(named)
    if text is not None:
        return named, text
    plain = posixpath.normpath(named.strip().replace("\\", "/")).lstrip("/")
    return plain, read(plain)


def _in_file(path: str, source: SourceText, claims: Sequence[Claim]) -> Iterator[Finding | Ungrounded]:
    for claim, result in zip(claims, _places(source, claims), strict=True):
        yield _ungrounded(claim, result) if isinstance(result, str) else _finding(claim, path, source, result)


def _places(source: SourceText, quoting: Sequence[Quoting]) -> list[_Found | str]:
    """Where each quote stands in a file, or why it is not taken to stand anywhere."""
    results = [_look(source, each) for each in quoting]
    missing = [
        number for number, result in enumerate(results) if result == NOWHERE and _letters(quoting[number].quote) >= _TELLING
    ]
    wanted = [Wanted(readings(quoting[number].quote)[-1], quoting[number].start_line) for number in missing]
    for number, place in zip(missing, find_similar(source, wanted) if wanted else [], strict=True):
        results[number] = _Found(place, QuoteMatch.SIMILAR) if place else NOWHERE
    return results


def _look(source: SourceText, claim: Quoting) -> _Found | str:
    """Where the quote stands, or why it is not taken to stand anywhere."""
    forms = readings(claim.quote)
    if not forms:
        return NO_QUOTE
    somewhere = False
    for form in forms:
        for match, look in ((QuoteMatch.EXACT, source.exact), (QuoteMatch.WHITESPACE, source.but_for_space)):
            places = look(form, claim.start_line)
            place = _choose(places, form, claim)
            if place:
                return _Found(place, match)
            somewhere = somewhere or bool(places)
    place = _with_gaps(source, forms[-1], claim)
    if place:
        return _Found(place, QuoteMatch.SIMILAR)
    return TOO_SHORT if somewhere else NOWHERE


def _with_gaps(source: SourceText, quote: str, claim: Quoting) -> Place | None:
    pieces = parts(quote)
    if not 0 < len(pieces) <= _MAX_PARTS or pieces == [quote] or max(map(_letters, pieces)) < _TELLING:
        return None
    return _choose(source.with_gaps(pieces, claim.start_line), quote, claim)


def _choose(places: Sequence[Place], quote: str, claim: Quoting) -> Place | None:
    """The place that is meant: the nearest to the claimed line, where the quote is long enough to mean a place at all."""
    letters = _letters(quote)
    if letters < _TELLING and not (letters >= _NAMING and len(places) == 1):
        first, last = claim.start_line - _SLACK, max(claim.start_line, claim.end_line) + _SLACK
        places = [place for place in places if place.first <= last and first <= place.last]
    return min(
        places,
        key=lambda place: (
            max(place.first - claim.start_line, claim.start_line - place.last, 0),
            abs(place.first - claim.start_line),
            place.start,
        ),
        default=None,
    )


def _letters(quote: str) -> int:
    """Letters, digits and underscores of a quote, counted up to `_TELLING`: more makes no difference."""
    return sum(1 for _ in islice(_LETTER.finditer(quote), _TELLING))


def _finding(claim: Claim, path: str, source: SourceText, found: _Found) -> Finding:
    quote = _quoted(source, found.place)
    return Finding(
        title=claim.title,
        severity=claim.severity,
        confidence=claim.confidence,
        category=claim.category,
        path=path,
        start_line=found.place.first,
        end_line=found.place.last,
        quote=quote,
        explanation=claim.explanation,
        suggestion=claim.suggestion,
        origin=claim.origin,
        absent=claim.absent,
        replacement=_whole_lines(claim, source, found.place),
        notes=claim.notes,
        match=found.match,
        fingerprint=fingerprint(claim.category, path, quote),
    )


def _whole_lines(claim: Claim, source: SourceText, place: Place) -> str | None:
    """The claim's replacement, when its quote is whole lines of the file and nothing else; None otherwise.

    A finding shows the whole lines in which a quote was found, so this cannot be told later. A quote may leave out the first line's
    indentation, as many do; then the replacement is taken to leave it out too, unless it has it.
    """
    quoted = claim.quote.replace("\r\n", "\n").strip("\n").split("\n")
    lines = [line.rstrip() for line in source.lines[place.first - 1 : place.last]]
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    bare = quoted[0].rstrip() == lines[0].lstrip()
    if (
        claim.replacement is None
        or [line.rstrip() for line in quoted[1:]] != lines[1:]
        or not (bare or quoted[0].rstrip() == lines[0])
    ):
        return None
    return (
        indent + claim.replacement
        if bare and claim.replacement.strip() and not claim.replacement.startswith(indent)
        else claim.replacement
    )


def _quoted(source: SourceText, place: Place) -> str:
    """The file's own text of the found lines; only the found part of them where lines are very long."""
    lines = source.lines[place.first - 1 : place.last][:MAX_QUOTED_LINES]
    whole = "\n".join(line.rstrip("\r") for line in lines)
    if len(whole) <= MAX_QUOTED_CHARACTERS:
        return whole
    return source.text[place.start : place.end].replace("\r\n", "\n")[:MAX_QUOTED_CHARACTERS]


def _ungrounded(claim: Claim, reason: str) -> Ungrounded:
    return Ungrounded(
        title=claim.title,
        severity=claim.severity,
        confidence=claim.confidence,
        category=claim.category,
        path=claim.path,
        start_line=claim.start_line,
        end_line=claim.end_line,
        quote=claim.quote,
        explanation=claim.explanation,
        suggestion=claim.suggestion,
        origin=claim.origin,
        absent=claim.absent,
        replacement=claim.replacement,
        notes=claim.notes,
        reason=reason,
        fingerprint=fingerprint(claim.category, claim.path, claim.quote),
    )
