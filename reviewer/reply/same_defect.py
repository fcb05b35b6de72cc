"""Whether two findings about the same code speak of the same defect.

What two texts have in common is measured in a few ways, each between 0 and 1, and their weighted sum decides. The weights are those of a
logistic regression over pairs that were written by hand, rounded. A wrong join hides a defect and a missed one shows it twice, so two
findings are also kept apart unless they speak of nearly the same kinds of defects: words about the same code are alike anyway.

Words cannot tell everything. Of 265 pairs of published review comments on overlapping lines, which others had written of different
defects, 29 were wrongly joined without that last rule, and 2 are with it. What it costs: of 90 pairs of the same defect that the tables of
words were made for 60 are joined (all were), and of 30 that nobody had looked at before 5 (11 were). A verification may join the others.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet

from reviewer.findings import Category
from reviewer.reply.speech import Speech

THRESHOLD = 0.6
"""From which likeness on two findings are one. At 0.5 the first different defects of pairs not seen before were joined."""

_ONE_KIND = 0.85
"""How alike the kinds of defects that two findings speak of must be for the findings to be one."""
_NAMED_KIND = 0.73
"""The same where both titles name one of the kinds: an explanation digresses, a title does not."""
_PATTERN = 2
"""Words that make two titles one pattern, and that tell one of them from the other."""
_WAVERING = frozenset(
    frozenset(pair)
    for pair in (
        (Category.CORRECTNESS, Category.ERROR_HANDLING),
        (Category.CORRECTNESS, Category.CONCURRENCY),
        (Category.CORRECTNESS, Category.SECURITY),
        (Category.CORRECTNESS, Category.API_CONTRACT),
        (Category.SECURITY, Category.ERROR_HANDLING),
        (Category.CONCURRENCY, Category.ERROR_HANDLING),
        (Category.PERFORMANCE, Category.CONCURRENCY),
        (Category.PERFORMANCE, Category.ERROR_HANDLING),
        (Category.PERFORMANCE, Category.SECURITY),
        (Category.DOCUMENTATION, Category.API_CONTRACT),
        (Category.DOCUMENTATION, Category.MAINTAINABILITY),
        (Category.ARCHITECTURE, Category.MAINTAINABILITY),
        (Category.TESTING, Category.MAINTAINABILITY),
    )
)
"""Categories between which finders waver over one defect."""

_BIAS = -5.6
_KINDS = 6.8
"""Of kinds of defects they speak of."""
_TOPICS = 3.1
"""Of what their words are about."""
_WORDS = 2.5
_COVERED = 1.8
"""Of the words of the one that says less, those that the other says too."""
_REMEDY = 1.3
"""The same of the words of their suggestions."""
_CATEGORY = 0.7
_NEIGHBOURS = 0.3
_STRANGERS = -2.0
"""When each title names a kind of defect of which the other finding says nothing."""
_UNKNOWN = 1.5
"""When of one no kind is known."""


def likeness(one: Speech, other: Speech) -> float:
    """How surely two findings speak of one defect, from 0 to 1."""
    if one.text == other.text:
        return 1.0
    if _name_different_code(one, other) or _are_twins(one, other) or one.poles & {(pole, not end) for pole, end in other.poles}:
        return 0.0
    if one.replacement and one.replacement == other.replacement:
        return 1.0
    if not _are_of_one_kind(one, other):
        return 0.0
    return 1 / (1 + math.exp(-_evidence(one, other)))


def _are_of_one_kind(one: Speech, other: Speech) -> bool:
    named = not one.headline.isdisjoint(other.headline)
    return one.kinds.cosine(other.kinds) >= (_NAMED_KIND if named else _ONE_KIND)


def _evidence(one: Speech, other: Speech) -> float:
    """The weighted sum of what two findings have in common."""
    return math.fsum(
        (
            _BIAS,
            _KINDS * one.kinds.cosine(other.kinds),
            _TOPICS * one.topics.cosine(other.topics),
            _WORDS * one.words.cosine(other.words),
            _COVERED * one.words.covered(other.words),
            _REMEDY * _share(one.remedy, other.remedy),
            _CATEGORY * (one.category is other.category),
            _NEIGHBOURS * (frozenset((one.category, other.category)) in _WAVERING),
            _STRANGERS * (_is_stranger(one, other) and _is_stranger(other, one)),
            _UNKNOWN * (not one.kinds.weights or not other.kinds.weights),
        )
    )


def _name_different_code(one: Speech, other: Speech) -> bool:
    """Whether each speaks of code, as missing or in its title, that the other does not mention at all."""
    if one.absent and other.absent and one.absent.isdisjoint(other.absent):
        return True
    return not one.headline.isdisjoint(other.headline) and _apart(one.subjects, one.mentioned, other.subjects, other.mentioned)


def _apart(mine: AbstractSet[str], said: AbstractSet[str], others: AbstractSet[str], told: AbstractSet[str]) -> bool:
    return bool(mine and others) and mine.isdisjoint(others | told) and others.isdisjoint(said)


def _are_twins(one: Speech, other: Speech) -> bool:
    """Whether two titles say the same of different things: "null id crashes the sync", "null owner crashes the sync".

    Each has words of its own that the other finding does not use, and both have some of the quoted code among them; or one has, where
    each has two: "injection via the search term", "injection through the sort parameter".
    """
    mine, others = one.stems - other.words.weights.keys(), other.stems - one.words.weights.keys()
    if len(one.stems & other.stems) < _PATTERN or not mine or not others:
        return False
    code = one.familiar | other.familiar
    if mine.isdisjoint(code) or others.isdisjoint(code):
        return not (mine | others).isdisjoint(code) and len(mine) == len(others) == _PATTERN
    return True


def _is_stranger(one: Speech, other: Speech) -> bool:
    return bool(one.headline) and one.headline.isdisjoint(other.kinds.weights)


def _share(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    least = min(len(one), len(other))
    return len(one & other) / least if least else 0.0
