"""The files that mentions stand in, read once and only when a line alone does not tell what it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from reviewer.collect import grammar
from reviewer.collect.search import Search
from reviewer.collect.symbols import Definition, definitions
from reviewer.reply.definitions import import_lines, remark_lines, suffix_of

_MOST_READ = 300
"""Files read to judge the mentions of one review; those past them say nothing, and the findings stay."""
_MOST_PARSED = 100
"""Of these, files whose syntax tree is made: about 20 ms each."""
_CONTAINERS = frozenset({"class", "type", "module"})
_INDEX = frozenset({"__init__", "index", "mod.rs", "lib.rs"})
_BY_FOLDER = frozenset({".go", ".rs", ".java", ".kt", ".scala", ".cs"})
"""Suffixes of languages in which a file is named by its folder, as a package or a module."""
_HIDES_IMPORTS = re.compile(r"\s*(?:if\s+(?:typing\.)?TYPE_CHECKING\b|(?:async\s+)?def\s|class\s)")
_LEAST = 3
"""Letters of a name that two files share because one calls the other: shorter ones are in any file."""
_NAMES = re.compile(r"[^\W\d]\w*")
_WORDS = re.compile(r"\w+(?:-\w+)*")


def plain(name: str) -> str:
    """A name without what differs between `user_profile.rb`, `user-profile` and `UserProfile`."""
    return name.replace("_", "").replace("-", "").lower()


def indent_of(line: str) -> int:
    """Characters of white space before the line's text."""
    return len(line) - len(line.lstrip())


def is_index(path: str) -> bool:
    """Whether a file speaks for its folder: `__init__.py`, `index.ts`, `mod.rs`."""
    pure = PurePosixPath(path)
    return pure.stem in _INDEX or pure.name in _INDEX


class Sources:
    """Texts by path, and what is asked of them again and again."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._texts: dict[str, str] = {}
        self._imports: dict[str, frozenset[int]] = {}
        self._remarks: dict[str, frozenset[int]] = {}
        self._definitions: dict[str, tuple[Definition, ...] | None] = {}
        self._words: dict[str, frozenset[str]] = {}

    def text(self, path: str) -> str:
        """The file's text; empty when it cannot be read, or too many have been."""
        if path not in self._texts:
            self._texts[path] = (self._search.read(path) or "") if len(self._texts) < _MOST_READ else ""
        return self._texts[path]

    def lines(self, path: str) -> list[str]:
        """The file's lines."""
        return self.text(path).split("\n")

    def definitions(self, path: str) -> tuple[Definition, ...] | None:
        """What the file defines by its syntax tree; None when it has none: no grammar for it, or too many were made."""
        if path not in self._definitions:
            parse = grammar.is_available(path) and len(self._definitions) < _MOST_PARSED
            self._definitions[path] = definitions(path, self.text(path)) if parse else None
        return self._definitions[path]

    def definition(self, path: str, name: str, line: int) -> Definition | None:
        """The definition of `name` whose head the line belongs to, by the syntax tree."""
        return next(
            (one for one in self.definitions(path) or () if one.name == name and one.first <= line <= one.signature_end), None
        )

    def around(self, path: str, definition: Definition) -> Definition | None:
        """The innermost definition around another."""
        return max(
            (
                one
                for one in self.definitions(path) or ()
                if one.first <= definition.first
                and definition.last <= one.last
                and (one.first, one.last) != (definition.first, definition.last)
            ),
            key=lambda one: (one.first, -one.last),
            default=None,
        )

    def is_inside_function(self, path: str, definition: Definition) -> bool:
        """Whether a definition is local to a function."""
        around = self.around(path, definition)
        return around is not None and around.kind not in _CONTAINERS

    def is_import(self, path: str, line: int) -> bool:
        """Whether the line imports something."""
        if path not in self._imports:
            self._imports[path] = import_lines(self.text(path))
        return line in self._imports[path]

    def is_remark(self, path: str, line: int) -> bool:
        """Whether the line belongs to a comment or string over several lines."""
        if path not in self._remarks:
            self._remarks[path] = remark_lines(self.text(path), suffix_of(path))
        return line in self._remarks[path]

    def imports_of(self, path: str, name: str) -> Iterator[str]:
        """The lines of imports in which a name stands."""
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        for number, line in enumerate(self.lines(path), 1):
            if name in line and self.is_import(path, number) and whole.search(line[:4000]):
                yield line

    def is_hidden_import(self, path: str, line: int) -> bool:
        """Whether an import is not there for the whole file: it stands inside a function, or is for type checkers alone."""
        lines = self.lines(path)
        indent = indent_of(lines[line - 1])
        for before in reversed(lines[: line - 1]):
            if indent == 0:
                break
            if before.strip() and indent_of(before) < indent:
                indent = indent_of(before)
                if _HIDES_IMPORTS.match(before):
                    return True
        return False

    def knows(self, path: str, other: str) -> bool:
        """Whether a file speaks of another: by its name, or by its folder's where the folder is what others import."""
        if path not in self._words:
            words = (word for word in _WORDS.findall(self.text(path)))
            self._words[path] = frozenset(plain(part) for word in words for part in {word, *word.split("-")})
        pure = PurePosixPath(other)
        names = {pure.parent.name} if is_index(other) and pure.parent.name else {pure.name.partition(".")[0]}
        if pure.suffix in _BY_FOLDER:
            names.add(pure.parent.name)
        return any(plain(name) in self._words[path] for name in names if name)

    def are_related(self, one: str, other: str) -> bool:
        """Whether one of two files calls the other: speaks of it, and uses a name that it defines.

        Of a file without a syntax tree, settings for one, it is enough that the other speaks of it.
        """
        return self._calls(one, other) or self._calls(other, one)

    def _calls(self, user: str, definer: str) -> bool:
        beside = PurePosixPath(user).parent == PurePosixPath(definer).parent and PurePosixPath(definer).suffix in _BY_FOLDER
        if not beside and not self.knows(user, definer):
            return False
        defined = self.definitions(definer)
        if defined is None:
            return True
        own = {one.name for one in self.definitions(user) or ()}
        names = {one.name for one in defined if len(one.name) >= _LEAST and not one.name.startswith("__")} - own
        return not names.isdisjoint(_NAMES.findall(self.text(user)))

    def imports_from(self, path: str, name: str, folders: Iterable[str]) -> bool:
        """Whether a file imports `name` by a line that also speaks of one of the folders: a package that hands the name on."""
        wanted = {plain(folder) for folder in folders}
        return any(wanted & {plain(word) for word in _WORDS.findall(line)} for line in self.imports_of(path, name))
