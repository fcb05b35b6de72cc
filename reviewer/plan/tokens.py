"""From what was counted in the text to a model's tokens, and how far off that may be.

Two vocabularies are public, and the estimate for them was measured: over 15 repositories that were not used to fit it, in thirteen
programming languages, Chinese and Russian, a repository's total was off by 1.9 % at the median and 6.6 % at worst (`bench/tokens.py`). The
vocabularies of today's Claude models are not public. What is known of them:

* The newer one (Opus 4.7 and later, all of Claude 5): 84 requests counted by the provider, published in August 2026 by the maintainers
  of llxprt-code (its issues 2835 and 3006), fit 0.657 x o200k + 0.231 x characters + 0.251 x non-ASCII characters, within 0.4 % for
  requests left out of that fit. Others found 1.53 x o200k (sammcj/ingest, issue 65); the provider's own pages speak of 2.5 characters a
  token, and of about 30 % more tokens than the older vocabulary. By kind of text these differ from the formula by up to 21 % upwards
  (Markdown in English) and 28 % downwards (Cyrillic).
* The older one (Claude 3 to 4.6): 1.01 x Claude 2's for English prose, 1.10 for mixed text (coder/ai-tokenizer), 1.06 to 1.20 for code
  by language; about 1.18 x o200k. Hence 1.15, since a repository is mostly code.

The bands below are those spreads plus the estimator's own error. They narrow once the provider has counted (`plan/correction.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from reviewer.collect.measure import measure
from reviewer.collect.snapshot import SourceFile, TextMeasure
from reviewer.plan.correction import Correction
from reviewer.plan.decision import TokenRange
from reviewer.plan.model import Tokenizer

FRAME = TextMeasure(characters=76, non_ascii=0, claude2=35.1, o200k=31.7)
"""What is put around each file: two markers with a 16-digit id. The mean over 300 ids, counted with the real tokenizers."""

_BANDS = {
    Tokenizer.NEW: (0.75, 1.25),
    Tokenizer.OLD: (0.82, 1.20),
    Tokenizer.CLAUDE2: (0.90, 1.10),
    Tokenizer.O200K: (0.90, 1.10),
    Tokenizer.UNKNOWN: (0.60, 1.60),
}
"""Lowest and highest true count of a large text, as multiples of the estimate."""
_SMALL = 12.0
"""A short text varies more: so many times the square root of its tokens is added on both sides (38 % of a thousand, 4 % of 100,000)."""


_WEIGHTS = {
    Tokenizer.NEW: (0.231, 0.251, 0.0, 0.657),
    Tokenizer.OLD: (0.0, 0.0, 1.15, 0.0),
    Tokenizer.CLAUDE2: (0.0, 0.0, 1.0, 0.0),
    Tokenizer.O200K: (0.0, 0.0, 0.0, 1.0),
    Tokenizer.UNKNOWN: (0.0, 0.0, 0.0, 1.15),  # most vocabularies of the size in use today lie within a third of o200k
}
"""Tokens for each character, each non-ASCII character, each token of Claude 2's vocabulary and of o200k."""


def file_tokens(measure: TextMeasure, tokenizer: Tokenizer) -> float:
    """Tokens of one text in a model's vocabulary, uncorrected. Linear: the sum over files is the tokens of the summed measures."""
    return all_tokens((measure,), tokenizer)[0]


def all_tokens(measures: Iterable[TextMeasure], tokenizer: Tokenizer) -> list[float]:
    """The same for many texts, in their order: a hundred thousand files take a tenth of a second."""
    character, foreign, claude2, o200k = _WEIGHTS[tokenizer]
    return [
        character * each.characters + foreign * each.non_ascii + claude2 * each.claude2 + o200k * each.o200k for each in measures
    ]


def total_measure(files: Iterable[SourceFile], paths: TextMeasure, frame: TextMeasure = FRAME) -> TextMeasure:
    """One measure for all files as they stand in the prompt: each with its frame, `paths` being all their names in one text."""
    characters, non_ascii, claude2, o200k = paths.characters, paths.non_ascii, paths.claude2, paths.o200k
    number = 0
    for file in files:
        measure = file.measure
        characters += measure.characters
        non_ascii += measure.non_ascii
        claude2 += measure.claude2
        o200k += measure.o200k
        number += 1
    return TextMeasure(
        characters=characters + number * frame.characters,
        non_ascii=non_ascii + number * frame.non_ascii,
        claude2=claude2 + number * frame.claude2,
        o200k=o200k + number * frame.o200k,
    )


def band(uncorrected: float, tokenizer: Tokenizer, correction: Correction | None = None) -> TokenRange:
    """The stated range for an estimate of so many tokens: the truth is meant to lie in it for any ordinary repository."""
    low, high = _BANDS[tokenizer]
    estimate = uncorrected
    if correction is not None:
        estimate *= correction.ratio
        low, high = 1 - correction.half_width, 1 + correction.half_width
    more = _SMALL * math.sqrt(estimate)
    return TokenRange(
        estimate=round(estimate),
        low=max(0, math.floor(estimate * low - more)),
        high=math.ceil(estimate * high + more),
    )


def text_tokens(text: str, tokenizer: Tokenizer, correction: Correction | None = None) -> TokenRange:
    """About how many tokens a text takes that is not measured yet."""
    return band(file_tokens(measure(text.encode("utf-8", "replace")), tokenizer), tokenizer, correction)


def capacity(limit: float, tokenizer: Tokenizer, correction: Correction | None = None) -> float:
    """The largest estimate, uncorrected, of which `band` says that it is surely no more than `limit` tokens."""
    high = 1 + correction.half_width if correction is not None else _BANDS[tokenizer][1]
    root = (math.sqrt(_SMALL * _SMALL + 4 * high * max(0.0, limit - 1)) - _SMALL) / (2 * high)
    return root * root / (correction.ratio if correction is not None else 1.0)


def basis_note(tokenizer: Tokenizer, correction: Correction | None) -> str:
    """One sentence on what the estimate rests on."""
    if correction is not None:
        times = "once" if correction.observations == 1 else f"{correction.observations} times"
        return f"The estimate is corrected by what the provider counted {times} before for this model."
    match tokenizer:
        case Tokenizer.NEW | Tokenizer.OLD:
            return "The model's tokenizer is not public: the estimate rests on published measurements, and its range is wide."
        case Tokenizer.UNKNOWN:
            return "The model's tokenizer is not known: the estimate is a guess, and its range is very wide."
        case Tokenizer.CLAUDE2 | Tokenizer.O200K:
            return ""
