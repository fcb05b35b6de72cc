"""The signatures of a file: what is left of it when there is no room for more."""

from __future__ import annotations

from reviewer.collect.grammar import is_available
from reviewer.collect.symbols import definitions

_LONGEST = 3000
"""Lines an outline may have; more would be no outline."""
_WIDEST = 200
"""Characters of a line that are shown."""


def outline(path: str, text: str) -> str:
    """The heads of a text's definitions, each line with its number; `…` ends a line after which others were left out.

    For a language without a grammar, the lines that look like definitions, else those that are not indented; empty when there are none.
    """
    lines = text.removesuffix("\n").split("\n")
    kept: set[int] = set()
    for definition in definitions(path, text):
        kept.update(range(definition.first, min(definition.signature_end, definition.first + 10) + 1))
    if not kept and not is_available(path):
        kept = {number for number, line in enumerate(lines, 1) if line and not line[0].isspace()}
    return _numbered(lines, sorted(kept)[:_LONGEST])


def _numbered(lines: list[str], kept: list[int]) -> str:
    shown: list[str] = []
    for number, following in zip(kept, [*kept, len(lines) + 1][1:], strict=False):
        elision = "" if following == number + 1 else " …"
        shown.append(f"{number} {lines[number - 1].rstrip()[:_WIDEST]}{elision}\n")
    return "".join(shown)
