"""Claims → findings whose quotes are in the files, and claims that name what is not there.

A quote is looked for as it is, then without the forms in which a model may show lines (see `quote_forms`; both may differ in white
space), then among the lines that the change removes, then in another file where only one has it, then in parts where it has an ellipsis,
then by likeness. The lines come from where it was found; what else a claim says only chooses between several places.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from reviewer.collect.changes import Change
from reviewer.findings import Claim, Confidence, Evidence, Finding, QuoteMatch, Ungrounded
from reviewer.reply.candidates import TELLING, choose, letters
from reviewer.reply.fingerprint import fingerprint, squeeze
from reviewer.reply.locate import Place, SourceText
from reviewer.reply.quote_forms import Reading, parts, readings, undone
from reviewer.reply.removed import Before, Removed
from reviewer.reply.similar import Wanted, find_similar, is_altered
from reviewer.reply.statements import Quoting

MAX_QUOTED_LINES = 40
MAX_QUOTED_CHARACTERS = 4_000
"""What a report shows of the found lines at most."""
_MAX_PARTS = 6
"""A quote with more ellipses than five is a sketch."""
_TELLS_A_FILE = 12
"""Characters without white space from which on a line says by itself which file is meant, where only one has it."""

_LONG = 50
"""Characters of one line from which on a quote may end in the middle of a word: the built-in checks quote 60 on either side."""
_MOST_SEARCHES = 200
"""Texts that are looked for in all files, of one answer: each takes some milliseconds, and an answer may hold hundreds of wrong paths."""

NO_FILE = "no such file among those read"
NO_QUOTE = "no quote"
NOWHERE = "the quote is nowhere in the file"
TOO_SHORT = "the quote is too short to tell which place is meant, and is not at the claimed line"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Where a quote is, and what it was taken for."""

    place: Place
    match: QuoteMatch
    reading: Reading
    pieces: tuple[str, ...] = ()
    """Of a quote with parts left out."""
    path: str
    source: SourceText
    before: Before | None = None
    """The file at the base, where the lines are removed ones."""
    note: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether the quote is a long part of one line, letter by letter: its ends may be anywhere, as those of the built-in checks are."""
        return self.match is QuoteMatch.EXACT and "\n" not in self.reading.text.strip() and len(self.reading.text) >= _LONG

    @property
    def is_whole(self) -> bool:
        """Whether the quote is whole lines."""
        lines = self.source.squeezed_lines[self.place.first - 1 : self.place.last]
        return squeeze(self.reading.text) == "".join(lines)


def ground(
    claims: Iterable[Claim], read: Callable[[str], str | None], change: Change | None = None, paths: Collection[str] = ()
) -> tuple[tuple[Finding, ...], tuple[Ungrounded, ...]]:
    """Divides claims into findings and ungrounded ones, both in the order of the claims.

    `read` gives the text of a file by its path, None when it is not among the files read; `paths` are those among which a quote is looked
    for that is not in the file it names. What is found twice stays there twice: `merge` joins what is one.
    """
    claims = tuple(claims)
    by_path: dict[str, list[int]] = {}
    for number, claim in enumerate(claims):
        by_path.setdefault(claim.path, []).append(number)
    library = _Library(read, change, paths)
    outcomes: dict[int, Finding | Ungrounded] = {}
    for named, numbers in by_path.items():
        here = [claims[number] for number in numbers]
        for number, claim, found in zip(numbers, here, library.places(named, here), strict=True):
            outcomes[number] = _ungrounded(claim, found) if isinstance(found, str) else _finding(claim, found, library.removed)
    ordered = [outcomes[number] for number in range(len(claims))]
    findings = [outcome for outcome in ordered if isinstance(outcome, Finding)]
    return tuple(findings), tuple(outcome for outcome in ordered if isinstance(outcome, Ungrounded))


def find_quotes(quoting: Iterable[Quoting], read: Callable[[str], str | None]) -> tuple[Evidence | None, ...]:
    """Where the lines are that verdicts or texts rest on, in the very files they name; None for a quote that is not there."""
    every = tuple(quoting)
    by_path: dict[str, list[int]] = {}
    for number, each in enumerate(every):
        by_path.setdefault(each.path, []).append(number)
    library = _Library(read, None, ())
    found: dict[int, Evidence] = {}
    for named, numbers in by_path.items():
        for number, result in zip(numbers, library.places(named, [every[number] for number in numbers]), strict=True):
            if isinstance(result, _Found):
                first, last, quote = result.place.first, result.place.last, _quoted(result.source, result.place)
                found[number] = Evidence(path=result.path, start_line=first, end_line=last, quote=quote, match=result.match)
    return tuple(map(found.get, range(len(every))))


class _Library:
    """The files in which quotes are looked for, each read once."""

    def __init__(self, read: Callable[[str], str | None], change: Change | None, paths: Collection[str]) -> None:
        self.removed = Removed(change, read)
        self._added = change.added_lines if change else {}
        self._paths = paths
        self._searches = 0
        self._read = read
        self._source = cache(self._open)
        self._only = cache(self._only_file)

    def places(self, named: str, quoting: Sequence[Quoting]) -> list[_Found | str]:
        """Where each of some quotes of one file is, or why it is not taken to be anywhere."""
        path = self._path(named)
        source = self._source(path)
        before = self.removed.before(path) or self.removed.before(named)
        note = "" if path == named or posixpath.normpath(named) == path else f'path "{named}" read as "{path}"'
        results = [self._look(each, path, source, before) for each in quoting]
        if source is not None:
            results = _alike(results, quoting, path, source, None)
        if before is not None:
            results = _alike(results, quoting, before.path, before.source, before)
        return [replace(each, note=each.note or note) if isinstance(each, _Found) else each for each in results]

    def _open(self, path: str) -> SourceText | None:
        text = self._read(path)
        return None if text is None else SourceText(text)

    def _path(self, named: str) -> str:
        r"""The path as the project writes it: as named, else without `./`, `//`, `\\`, a leading `/`, and the `a/` or `b/` of a diff."""
        plain = posixpath.normpath(named.strip().replace("\\", "/")).lstrip("/")
        bare = plain[2:] if plain.startswith(("a/", "b/")) else plain
        renamed = [before.head for path in (named, plain, bare) if (before := self.removed.before(path))]
        candidates = (named, plain, bare, *renamed)
        known = next((path for path in candidates if self._source(path)), next(iter(renamed), ""))
        return known or self._named_like(plain) or plain

    def _named_like(self, path: str) -> str:
        """The one file read that has this name, or of several the one with most of the same folders above it; empty when none does."""
        wanted = path.split("/")
        alike = [other for other in self._paths if posixpath.basename(other) == wanted[-1]]
        shared = {other: len(posixpath.commonprefix([wanted[::-1], other.split("/")[::-1]])) for other in alike}
        best = [other for other in alike if shared[other] == max(shared.values())]
        return best[0] if len(best) == 1 else ""

    def _look(self, quoting: Quoting, path: str, source: SourceText | None, before: Before | None) -> _Found | str:
        """Where a quote is letter by letter or but for white space, at the head, else at the base, else in another file."""
        forms = readings(quoting.quote)
        if not forms:
            return NO_QUOTE if source or before else NO_FILE
        added = self._added.get(path, frozenset())
        now = [form for form in forms if not form.removed]
        found = _in(source, quoting, now, path, added) if source else NO_FILE
        if before is not None:
            gone = _removed(before, quoting, forms)
            if isinstance(gone, _Found) and (isinstance(found, str) or _is_rather(gone, found, quoting.start_line)):
                return gone
            found = NOWHERE if found == NO_FILE else found
        if isinstance(found, str) and source:
            found = _in(source, quoting, [form for form in forms if form.removed], path, added) if now != forms else found
        if found in {NO_FILE, NOWHERE}:
            found = self._elsewhere(quoting, forms) or found
        return found

    def _elsewhere(self, quoting: Quoting, forms: Sequence[Reading]) -> _Found | None:
        """The quote in the one file that has it, or that has its longest line."""
        for form in forms if self._paths else ():
            text = form.text.strip()
            line = max((line.strip() for line in text.split("\n")), key=len)
            if len(squeeze(line)) < _TELLS_A_FILE or letters(line) < TELLING:
                continue
            name = posixpath.basename(quoting.path)
            around = quoting.inside if isinstance(quoting, Claim) else ""
            path = self._only(text, name, around) or self._only(line, name, around)
            source = self._source(path) if path else None
            found = _in(source, quoting, [form], path, self._added.get(path, frozenset())) if source else NOWHERE
            if isinstance(found, _Found):
                return replace(found, note=f'path "{quoting.path}" read as "{path}", which has the quoted lines')
        return None

    def _only_file(self, text: str, name: str, around: str) -> str:
        """The file that alone has a text: among all, else those of its name, else those with the lines said to be around, else those changed.

        Empty when none does.
        """
        self._searches += 1
        if self._searches > _MOST_SEARCHES:
            return ""
        holders = [path for path in self._paths if text in (self._read(path) or "")]
        named = [path for path in holders if posixpath.basename(path) == name]
        lines = around.split("\n") if around.strip() else []
        inside = [path for path in holders if lines and all(line.strip() in (self._read(path) or "") for line in lines)]
        changed = [path for path in inside or named or holders if path in self._added]
        return next((found[0] for found in (holders, named, inside, changed) if len(found) == 1), "")


def _in(source: SourceText, quoting: Quoting, forms: Sequence[Reading], path: str, changed: Collection[int]) -> _Found | str:
    """Where a quote is in one text, or why it is not taken to be there."""
    somewhere = False
    for form in forms:
        text = form.text.strip()
        for match, look in ((QuoteMatch.EXACT, source.exact), (QuoteMatch.WHITESPACE, source.but_for_space)):
            places = look(text, quoting.start_line)
            place = choose(source, places, text, quoting, changed)
            if place:
                return _Found(place=place, match=match, reading=form, path=path, source=source)
            somewhere = somewhere or bool(places)
    return TOO_SHORT if somewhere else NOWHERE


def _removed(before: Before, quoting: Quoting, forms: Sequence[Reading]) -> _Found | str:
    """Where a quote is among the lines that a change removes."""
    ordered = sorted(forms, key=lambda form: not form.removed)
    found = _in(before.source, quoting, ordered, before.path, before.lines)
    if isinstance(found, str) or before.lines.isdisjoint(range(found.place.first, found.place.last + 1)):
        return NOWHERE
    return replace(found, before=before)


def _is_rather(gone: _Found, found: _Found, line: int) -> bool:
    """Whether removed lines are meant, although the head has the quote as well: they alone are whole lines, or at the claimed line.

    The diff shows the number of each removed line, so a finder has not counted it.
    """
    return gone.is_whole > found.is_whole or (gone.is_whole == found.is_whole and gone.place.first == line != found.place.first)


def _alike(
    results: Sequence[_Found | str], quoting: Sequence[Quoting], path: str, source: SourceText, before: Before | None
) -> list[_Found | str]:
    """The results, those that are nowhere looked for in parts and by likeness: in a text at the head, or among the lines `before`."""
    found = list(results)
    missing: list[tuple[int, Reading]] = []
    for number, result in enumerate(results):
        if result != NOWHERE:
            continue
        forms = readings(quoting[number].quote)
        with_gaps = [one for form in forms if (one := _with_gaps(source, form, quoting[number], path))]
        if with_gaps:
            found[number] = with_gaps[0]
        elif letters(quoting[number].quote) >= TELLING:
            missing.append((number, [form for form in forms if before or not form.removed][-1]))
    wanted = [Wanted(form.text, quoting[number].start_line) for number, form in missing]
    for (number, form), place in zip(missing, find_similar(source, wanted) if wanted else [], strict=True):
        if place:
            found[number] = _Found(place=place, match=QuoteMatch.SIMILAR, reading=form, path=path, source=source)
    return [
        _at_base(each, before) if before and each is not result else each for each, result in zip(found, results, strict=True)
    ]


def _at_base(found: _Found | str, before: Before) -> _Found | str:
    """What was found in a text of the base, where it is of removed lines."""
    if isinstance(found, str) or before.lines.isdisjoint(range(found.place.first, found.place.last + 1)):
        return NOWHERE
    return replace(found, before=before)


def _with_gaps(source: SourceText, form: Reading, claim: Quoting, path: str) -> _Found | None:
    pieces = parts(form.text)
    if not 0 < len(pieces) <= _MAX_PARTS or pieces == [form.text.strip()] or max(map(letters, pieces)) < TELLING:
        return None
    place = choose(source, source.with_gaps(pieces, claim.start_line), form.text, claim)
    if place is None:
        return None
    return _Found(place=place, match=QuoteMatch.SIMILAR, reading=form, pieces=tuple(pieces), path=path, source=source)


def _finding(claim: Claim, found: _Found, removed: Removed) -> Finding:
    first, last = found.place.first, found.place.last
    quote = _quoted(found.source, found.place)
    altered = not found.is_cut and is_altered(found.reading.text, found.source.lines[first - 1 : last], found.pieces)
    gone = found.before is not None
    return Finding(
        title=claim.title,
        severity=claim.severity,
        confidence=Confidence(max(claim.confidence - altered, Confidence.LOW)),
        category=claim.category,
        path=found.path,
        start_line=first,
        end_line=last,
        quote=quote,
        explanation=claim.explanation,
        suggestion=claim.suggestion,
        origin=claim.origin,
        absent=claim.absent,
        replacement=None if gone or altered else _whole_lines(claim, found.reading, found.source, found.place),
        inside=claim.inside,
        notes=(*claim.notes, found.note) if found.note else claim.notes,
        match=found.match,
        fingerprint=fingerprint(claim.category, found.path, quote),
        anchor=removed.anchor(found.path, first, last) if gone else None,
        removed=gone,
        head=removed.left(found.path, first, last) if gone else None,
        as_quoted=claim.quote if altered else "",
    )


def _whole_lines(claim: Claim, reading: Reading, source: SourceText, place: Place) -> str | None:
    """The claim's replacement, when its quote is whole lines of the file and nothing else; None otherwise.

    A finding shows the whole lines in which a quote was found, so this cannot be told later. A quote may leave out the first line's
    indentation, as many do; then the replacement is taken to leave it out too, unless it has it.
    """
    quoted = reading.text.strip("\n").split("\n")
    lines = [line.rstrip() for line in source.lines[place.first - 1 : place.last]]
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    bare = quoted[0].rstrip() == lines[0].lstrip()
    if (
        claim.replacement is None
        or [line.rstrip() for line in quoted[1:]] != lines[1:]
        or not (bare or quoted[0].rstrip() == lines[0])
    ):
        return None
    new = undone(claim.replacement, reading)
    return indent + new if bare and new.strip() and not new.startswith(indent) else new


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
        inside=claim.inside,
        notes=claim.notes,
        reason=reason,
        fingerprint=fingerprint(claim.category, claim.path, claim.quote),
    )
