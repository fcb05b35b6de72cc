"""What else a quote may mean that is not in the file as it stands: models add line numbers and fences, and leave parts out.

Only forms that models are known to use, and that can be told from code, are undone; each is tried after the quote as it stands.
"""

from __future__ import annotations

import re
from itertools import pairwise

_NUMBERED = re.compile(r"[ \t]{0,8}[Ll]?(\d{1,7})[ \t]?(?:[|:│→]|\t)[ \t]?(.*)", re.DOTALL)
_FENCE = re.compile(r"[ \t]{0,8}(?:```|~~~)[^\n]{0,40}\n(.*)\n[ \t]{0,8}(?:```|~~~)", re.DOTALL)
_GAP = re.compile(
    r"^[ \t]{0,200}(?:#|//|/\*|--|<!--|;)?[ \t]{0,8}(?:\.{3}|…)[ \t]{0,8}(?:\*/|-->)?[ \t]{0,200}$|\.{3}|…", re.MULTILINE
)


def readings(quote: str) -> list[str]:
    """The quote as it stands, then without a fence or backticks around it, then without line numbers before each line."""
    forms = [quote.strip()]
    bare = _without_fence(forms[0])
    if bare != forms[0]:
        forms.append(bare)
    unnumbered = _without_numbers(bare)
    if unnumbered is not None:
        forms.append(unnumbered)
    return [form for form in forms if form]


def parts(quote: str) -> list[str]:
    """What is left of a quote between its ellipses, in order; one part when there is no ellipsis."""
    return [part.strip() for part in _GAP.split(quote) if part.strip()]


def _without_fence(quote: str) -> str:
    fenced = _FENCE.fullmatch(quote)
    if fenced:
        return fenced[1].strip()
    if len(quote) > 2 and quote[0] == quote[-1] == "`" and "`" not in quote[1:-1]:  # noqa: PLR2004 - two backticks and something
        return quote[1:-1].strip()
    return quote


def _without_numbers(quote: str) -> str | None:
    """The quote without its line numbers; None unless every line that is not blank has one and they count up."""
    matches = [_NUMBERED.fullmatch(line) for line in quote.splitlines() if line.strip()]
    if not matches:
        return None
    numbers, lines = [], []
    for match in matches:
        if match is None:
            return None
        numbers.append(int(match[1]))
        lines.append(match[2])
    counts_up = all(before < after for before, after in pairwise(numbers))
    return "\n".join(lines).strip() if counts_up else None
