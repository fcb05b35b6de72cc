"""What looks like the line of a definition, by the form of the line alone: fast enough for every file of a repository.

A syntax tree takes a second for 4 MB; these patterns take one for about 50. Held against the grammars' definitions, file by file, 98 % of the
names of Java and C# that they give are definitions, and 99 % of the definitions are given (250 files of netty, 200 of efcore).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from reviewer.collect.declared_forms import ALL

_FORMS = {suffix: forms for forms in ALL for suffix in forms.suffixes.split()}


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()


@cache
def _family(suffix: str) -> str:
    forms = _FORMS.get(suffix)
    return "" if forms is None else forms.suffixes


def family(path: str) -> str:
    """A word for the languages whose files can use each other's names; empty for what defines no names."""
    return _family(path[path.rfind(".") + 1 :].lower())


def declared(path: str, data: bytes) -> set[bytes]:
    """The names whose lines look like definitions. Empty for files of no programming language."""
    if (forms := _FORMS.get(_suffix(path))) is None:
        return set()
    text = b"\n" + data
    found = {name for pattern in forms.anywhere for name in pattern.findall(text)}
    if forms.blocks is not None:
        for block in forms.blocks.finditer(text):
            for pattern in forms.inside:
                found.update(pattern.findall(block[0]))
    return found


def declared_lines(path: str, text: str) -> Iterator[tuple[str, int]]:
    """The same with the numbers of their lines, from 1, in the order of the text."""
    if (forms := _FORMS.get(_suffix(path))) is None:
        return
    data = b"\n" + text.encode("utf-8", "replace")
    found = {(match.start(1), match[1]) for pattern in forms.anywhere for match in pattern.finditer(data)}
    if forms.blocks is not None:
        for block in forms.blocks.finditer(data):
            for pattern in forms.inside:
                found.update((block.start() + match.start(1), match[1]) for match in pattern.finditer(block[0]))
    line, position = 0, 0
    for start, name in sorted(found):
        line += data.count(b"\n", position, start)
        position = start
        yield name.decode("utf-8", "replace"), line
