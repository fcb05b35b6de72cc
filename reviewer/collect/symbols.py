"""What a text defines, and which names it uses. By its grammar where there is one; else by the form of its lines."""

from __future__ import annotations

import re
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


def definitions(path: str, text: str) -> tuple[Definition, ...]:
    """What a text defines, in its order. Without a grammar for it, each definition is one line long."""
    places = grammar.places(path, text)
    if places is None:
        return tuple(Definition(name, "name", line, line, line) for name, line in declared_lines(path, text))
    return tuple(Definition(place.name, place.kind, place.first, place.last, place.signature_end) for place in places)


def references(path: str, text: str) -> frozenset[str]:
    """The names a text uses or defines. Without a grammar for it also the words of its comments and strings."""
    names = grammar.names(path, text)
    return identifiers(text) if names is None else names


def identifiers(text: str) -> frozenset[str]:
    """Every word that could be a name."""
    return frozenset(_WORD.findall(text))
