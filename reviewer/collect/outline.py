"""The signatures of a file: what is left of it when there is no room for more."""

from __future__ import annotations

from reviewer.collect.grammar import is_available
from reviewer.collect.symbols import definitions

_LONGEST = 400
"""Lines an outline may have; more would be no outline."""
_WIDEST = 200
"""Characters of a line that are shown."""


def outline(path: str, text: str) -> str:
    """The heads of a text's definitions, each line with its number, `...` where lines were left out.

    For a language without a grammar, the lines that look like definitions, else those that are not indented; empty when there are none.
    """
    lines = text.split("\n")
    kept: set[int] = set()
    for definition in definitions(path, text):
        kept.update(range(definition.first, min(definition.signature_end, definition.first + 10) + 1))
    if not kept and not is_available(path):
        kept = {number for number, line in enumerate(lines, 1) if line and not line[0].isspace()}
    return _numbered(lines, sorted(kept)[:_LONGEST])


def _numbered(lines: list[str], kept: list[int]) -> str:
    shown: list[str] = []
    before = 0
    for number in kept:
        if number != before + 1:
            shown.append("...")
        shown.append(f"{number:>5} {lines[number - 1].rstrip()[:_WIDEST]}")
        before = number
    if shown and before < len(lines):
        shown.append("...")
    return "".join(f"{line}\n" for line in shown)
