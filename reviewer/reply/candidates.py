"""Which of several places a quote means: lines such as `return None` stand in a file many times, and a claimed line is an estimate."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice

from reviewer.findings import Claim
from reviewer.reply.fingerprint import squeeze
from reviewer.reply.locate import Place, SourceText
from reviewer.reply.speech import code_names
from reviewer.reply.statements import Quoting

TELLING = 8
"""Letters, digits and underscores a quote needs before it says by itself which place is meant: `return x` does, `else:` does not."""
_NAMING = 3
"""Fewer than this say nothing even where they stand only once."""
_SLACK = 2
"""Lines by which a claimed line may be off and still agree: files are sent with few line numbers, so claims are counted by eye."""
_NEAR = 6
"""Lines before and after a place in which names are looked for that the claim speaks of."""
_MOST_WEIGHED = 60
"""Places, the nearest to the claimed line, whose surroundings are looked at."""
_MOST_SAID = 3_000
"""Characters of a claim's words in which names are looked for."""

_LETTER = re.compile(r"\w")
_WORD = re.compile(r"[^\W\d]\w+")


def letters(quote: str) -> int:
    """Letters, digits and underscores of a quote, counted up to `TELLING`: more makes no difference."""
    return sum(1 for _ in islice(_LETTER.finditer(quote), TELLING))


def choose(
    source: SourceText, places: Sequence[Place], quote: str, claim: Quoting, changed: Collection[int] = ()
) -> Place | None:
    """The place that is meant, where the quote is long enough to mean a place at all.

    What decides, in this order: the definition that the claim says is around it; whether the claimed line agrees; whether the place is
    among the `changed` lines, where a change is reviewed; the names that the claim speaks of; how far the claimed line is off.
    """
    told = letters(quote)
    if told < TELLING and not (told >= _NAMING and len(places) == 1):
        places = [place for place in places if _off(place, claim) <= _SLACK]
    if len(places) < 2:  # noqa: PLR2004 - one is the one that is meant
        return next(iter(places), None)
    nearest = sorted(places, key=lambda place: _distance(place, claim))[:_MOST_WEIGHED]
    inside, said = _names(claim)
    return min(
        nearest,
        key=lambda place: (
            *_outside(source, place, inside),
            _off(place, claim) > _SLACK,
            not any(line in changed for line in range(place.first, place.last + 1)),
            -len(said & _words(source.heads(place.first))),
            -len(said & _words(source.lines[max(0, place.first - 1 - _NEAR) : place.last + _NEAR])),
            _distance(place, claim),
        ),
    )


def _off(place: Place, claim: Quoting) -> int:
    """Lines between a place and the claimed ones; 0 where they overlap."""
    return max(place.first - max(claim.start_line, claim.end_line), claim.start_line - place.last, 0)


def _distance(place: Place, claim: Quoting) -> tuple[int, int, int]:
    return (
        max(place.first - claim.start_line, claim.start_line - place.last, 0),
        abs(place.first - claim.start_line),
        place.start,
    )


def _outside(source: SourceText, place: Place, inside: str) -> tuple[int, int, int]:
    """How little the lines around a place agree with what a claim says is around it: heads of blocks, the line above, or but a name."""
    if not inside:
        return 0, 0, 0
    told = {squeeze(line) for line in inside.split("\n")} - {""}
    heads = source.heads(place.first)
    around = {squeeze(line) for line in (*heads, source.above(place.first))}
    return -len(around & told), -len(_words([inside]) & _words(heads)), len(around - told)


def _names(claim: Quoting) -> tuple[str, frozenset[str]]:
    """What a claim says is around its quote, and the names that its words speak of; nothing for what has no words."""
    if not isinstance(claim, Claim):
        return "", frozenset()
    spoken = f"{claim.title}\n{claim.explanation}"[:_MOST_SAID]
    said = {word for name in code_names(spoken) for word in _WORD.findall(name)}
    return claim.inside.strip()[:_MOST_SAID], frozenset(said)


def _words(lines: Sequence[str]) -> frozenset[str]:
    return frozenset(word for line in lines for word in _WORD.findall(line[:_MOST_SAID]))
