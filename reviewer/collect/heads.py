"""The heads of some of a file's definitions: what is left of it when there is no room for its signatures either."""

from __future__ import annotations

from collections.abc import Collection

from reviewer.collect.symbols import Definition, definitions

_TALLEST = 8
"""Lines of one head that are shown: a list of parameters may be long."""
_WIDEST = 200
"""Characters of a line that are shown."""


def heads(path: str, text: str, names: Collection[str]) -> str:
    """The head lines of what a text defines by these names, in the form of `outline`; empty when it defines none of them."""
    lines = text.split("\n")
    kept: set[int] = set()
    for definition in definitions(path, text):
        if definition.name in names:
            kept.update(range(definition.first, min(definition.signature_end, definition.first + _TALLEST - 1) + 1))
            kept.add(_named(lines, definition))
    shown = (f"{number} {lines[number - 1].rstrip()[:_WIDEST]}{'' if number + 1 in kept else ' …'}\n" for number in sorted(kept))
    return "".join(shown)


def _named(lines: list[str], definition: Definition) -> int:
    """The line with the name itself: annotations and decorators may stand before it."""
    every = range(definition.first, min(definition.last, len(lines)) + 1)
    return next((number for number in every if definition.name in lines[number - 1]), definition.first)
