"""What a text defines, and which names it uses. By its grammar where there is one; else by the form of its lines."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from reviewer.collect import grammar
from reviewer.collect.declared import declared_lines

_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Definition:
    """Something with a name. Lines are 1-based, inclusive."""

    name: str
    kind: str
    """class, function, type, module, macro or variable; `name` when only the form of the line says that it is a definition."""
    first: int
    last: int
    signature_end: int
    """The last line of its head: what a caller needs to know of it."""


class Symbols:
    """What is to be known of one text; it is parsed once, when it is made."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._syntax = grammar.parse(path, text)

    def definitions(self) -> tuple[Definition, ...]:
        """What the text defines, in its order, the outer before the inner. Without a grammar, each definition is one line long."""
        if self._syntax is None:
            return tuple(Definition(name, "name", line, line, line) for name, line in declared_lines(self._path, self._text))
        return tuple(
            Definition(place.name, place.kind, place.first, place.last, place.signature_end) for place in self._syntax.places()
        )

    def references(self, lines: Collection[int] | None = None) -> frozenset[str]:
        """The names the text, or these of its lines, uses or defines.

        Without a grammar also the words of comments and strings, and always those of the whole text.
        """
        return identifiers(self._text) if self._syntax is None else self._syntax.names(lines)


def definitions(path: str, text: str) -> tuple[Definition, ...]:
    """What a text defines; see `Symbols.definitions`."""
    return Symbols(path, text).definitions()


def references(path: str, text: str) -> frozenset[str]:
    """The names a text uses or defines; see `Symbols.references`."""
    return Symbols(path, text).references()


def identifiers(text: str) -> frozenset[str]:
    """Every word that could be a name."""
    return frozenset(_WORD.findall(text))
