"""What a finding's words say, in a form that can be compared: the kinds of defects they speak of, their words, the code they name."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewer.findings import Absent, Category, Finding
from reviewer.reply.defects import breadth, kinds, topics
from reviewer.reply.fingerprint import squeeze
from reviewer.reply.plain_words import poles, stems

_MOST = 1_500
"""Characters of a text that are looked at: an explanation is asked for in five sentences."""
_TITLE, _EXPLANATION, _SUGGESTION = 3.0, 1.0, 2.0
"""How much each part says of the kind of defect: an explanation digresses."""
_FAMILIAR = 0.3
"""How much a word counts that stands in the quoted code: whoever speaks of these lines uses it."""

_IDENTIFIER = re.compile(r"[^\W\d]\w{1,60}")
_NAME = re.compile(r"[^\W\d]\w{0,60}(?:(?:\.|::|->)\w{1,60}){0,6}")
_CODE_LIKE = re.compile(r"_|\.|::|->|[a-z][A-Z]|\d")
_TICKED = re.compile(r"`([^`\n]{1,80})`")


class Weights:
    """Words or what they stand for, each with its weight."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = weights
        self._length = math.sqrt(math.fsum(weight * weight for weight in weights.values()))
        self._total = math.fsum(weights.values())

    def cosine(self, other: Weights) -> float:
        """How alike two are, from 0 (nothing in common) to 1."""
        both = self.weights.keys() & other.weights.keys()
        return (
            math.fsum(self.weights[word] * other.weights[word] for word in both) / (self._length * other._length) if both else 0.0
        )

    def covered(self, other: Weights) -> float:
        """How much of the lighter one the other holds, from 0 to 1."""
        both = self.weights.keys() & other.weights.keys()
        lighter = min(self._total, other._total)
        return math.fsum(min(self.weights[word], other.weights[word]) for word in both) / lighter if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What a finding's words say."""

    text: tuple[str, str, str]
    """Title, explanation and suggestion without white space: texts that are the same are of one defect."""
    category: Category
    headline: frozenset[str]
    """Kinds of defects that the title speaks of."""
    kinds: Weights
    """Those that any part speaks of."""
    topics: Weights
    """What all its words are about."""
    stems: frozenset[str]
    """Of the title's words."""
    words: Weights
    """Stems of the words of all parts."""
    remedy: frozenset[str]
    """Stems of the suggestion's words that are not in the quoted code."""
    familiar: frozenset[str]
    """Stems of the words of the quoted code."""
    subjects: frozenset[str]
    """What the title names as code."""
    mentioned: frozenset[str]
    """What any part may name of the code: all words, and what dots join."""
    poles: frozenset[tuple[int, bool]]
    """Ends of opposites that the title speaks of: `lower`, not `upper`."""
    replacement: str
    """The quoted code and what is to stand in its place, without white space; empty when nothing is."""
    absent: frozenset[Absent]

    @property
    def signature(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, str, str]]:
        """Orders different defects of the same code: by what they are about, not by their lines, which move."""
        return tuple(sorted(self.headline)), tuple(sorted(self.kinds.weights)), self.text

    @classmethod
    def of(cls, finding: Finding) -> Speech:
        """What a finding says. Takes time linear in the first 4,000 characters of each part."""
        parts = [part[:_MOST] for part in (finding.title, finding.explanation, finding.suggestion)]
        title = parts[0]
        together = "\n".join(parts)
        familiar = frozenset(stems(finding.quote[:_MOST]))
        stemmed = [frozenset(stems(part)) for part in parts]
        return cls(
            text=(squeeze(finding.title), squeeze(finding.explanation), squeeze(finding.suggestion)),
            category=finding.category,
            headline=kinds(title),
            kinds=_weighed(map(kinds, parts), (_TITLE, _EXPLANATION, _SUGGESTION), breadth),
            topics=Weights(topics(together)),
            stems=stemmed[0],
            words=_weighed(stemmed, (2.0, 1.0, 1.0), lambda stem: _FAMILIAR if stem in familiar else 1.0),
            remedy=stemmed[2] - familiar,
            familiar=familiar,
            subjects=frozenset(code_names(title)),
            mentioned=frozenset(_IDENTIFIER.findall(together)) | frozenset(_NAME.findall(together)),
            poles=frozenset(poles(title)),
            replacement=f"{squeeze(finding.quote)}\0{squeeze(finding.replacement)}" if finding.replacement else "",
            absent=frozenset(finding.absent),
        )


def _weighed(parts: Iterable[frozenset[str]], weights: Iterable[float], telling: Callable[[str], float]) -> Weights:
    """How much all parts say of each word: the weight of each part that has it, times what the word itself tells."""
    sums: dict[str, float] = {}
    for words, weight in zip(parts, weights, strict=True):
        for word in words:
            sums[word] = sums.get(word, 0.0) + weight * telling(word)
    return Weights(sums)


def code_names(text: str) -> Iterator[str]:
    """What a text names as code: a name in backticks, and words that only code has."""
    for ticked in _TICKED.findall(text):
        if _NAME.fullmatch(ticked):
            yield ticked
    for name in _NAME.findall(text):
        if _CODE_LIKE.search(name):
            yield name
