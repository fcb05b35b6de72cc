"""Syntax trees of hostile text, by tree-sitter. The grammars are an optional part of the install; without them nothing is parsed.

The parsers are native code: what is given to them is bounded in size and in time, and nothing here walks a tree by recursion.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query, Tree

LARGEST = 512 * 1024
"""Bytes of a text that is parsed. Parsing takes a second for about 4 MB of C; larger files are generated, or data."""
PATIENCE = 2.0
"""Seconds one text may take."""
DEEPEST = 500
"""How deep in a tree is looked. Real code stays below 100; asking a tree that is all depth takes time with the square of it, and
a query cannot be stopped: its progress callback crashes the interpreter (tree-sitter 0.26.1)."""
_CHUNK = 65_536  # bytes given to the parser at once; it asks whether to go on only when it is fed so
_NO_BRACKETS = bytes(set(range(256)).difference(b"()[]{}"))
_STEPS = bytes(2 if byte in b"([{" else 0 for byte in range(256))
"""One more than the step up or down that a bracket is."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    """Where a language's grammar is, and what its names are."""

    package: str
    function: str
    query: str
    names: tuple[str, ...]
    """The nodes that name something, where it is defined and where it is used."""


_C_NAMES = ("identifier", "type_identifier", "field_identifier")
_JS_NAMES = ("identifier", "property_identifier", "shorthand_property_identifier", "private_property_identifier")
_TS_NAMES = (*_JS_NAMES, "type_identifier")
_GRAMMARS = {
    "python": _Grammar("tree_sitter_python", "language", "python", ("identifier",)),
    "javascript": _Grammar("tree_sitter_javascript", "language", "javascript", _JS_NAMES),
    "typescript": _Grammar("tree_sitter_typescript", "language_typescript", "typescript", _TS_NAMES),
    "tsx": _Grammar("tree_sitter_typescript", "language_tsx", "typescript", _TS_NAMES),
    "go": _Grammar("tree_sitter_go", "language", "go", (*_C_NAMES, "package_identifier")),
    "java": _Grammar("tree_sitter_java", "language", "java", ("identifier", "type_identifier")),
    "c": _Grammar("tree_sitter_c", "language", "c", _C_NAMES),
    "cpp": _Grammar("tree_sitter_cpp", "language", "cpp", (*_C_NAMES, "namespace_identifier")),
    "rust": _Grammar("tree_sitter_rust", "language", "rust", (*_C_NAMES, "shorthand_field_identifier")),
    "ruby": _Grammar("tree_sitter_ruby", "language", "ruby", ("identifier", "constant", "simple_symbol", "hash_key_symbol")),
    "php": _Grammar("tree_sitter_php", "language_php", "php", ("name",)),
    "c_sharp": _Grammar("tree_sitter_c_sharp", "language", "c_sharp", ("identifier",)),
}
_SUFFIXES = {
    "python": ("py", "pyi", "pyw"),
    "javascript": ("js", "jsx", "mjs", "cjs"),
    "typescript": ("ts", "mts", "cts"),
    "tsx": ("tsx",),
    "go": ("go",),
    "java": ("java",),
    "c": ("c", "h"),
    "cpp": ("cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx", "ipp", "inl"),
    "rust": ("rs",),
    "ruby": ("rb", "rake", "gemspec", "ru"),
    "php": ("php", "phtml"),
    "c_sharp": ("cs",),
}
_LANGUAGES = {suffix: language for language, suffixes in _SUFFIXES.items() for suffix in suffixes}
_SHOWN = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "tsx": "TypeScript",
    "go": "Go",
    "java": "Java",
    "c": "C",
    "cpp": "C++",
    "rust": "Rust",
    "ruby": "Ruby",
    "php": "PHP",
    "c_sharp": "C#",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a definition stands. Lines are 1-based, inclusive."""

    name: str
    kind: str
    first: int
    last: int
    signature_end: int
    """The last line before its body; `first` when it has none."""


def language_of(path: str) -> str:
    """The language of a path, by its suffix; empty when no grammar knows it."""
    return _LANGUAGES.get(path.rpartition("/")[2].rpartition(".")[2].lower(), "")


def is_available(path: str) -> bool:
    """Whether a text of this name can be parsed: its language is known, and its grammar is installed."""
    return bool(language := language_of(path)) and _language(language) is not None


@cache
def version_of(path: str) -> str:
    """Which grammar parses a text of this name, and which release of it; to be asked only where one is available."""
    package = _GRAMMARS[language_of(path)].package
    return f"{package} {version(package)}"


def note(paths: Iterable[str]) -> str:
    """What to tell of languages among these files whose grammar could be installed and is not; empty when there is none."""
    missing = {_SHOWN[language] for language in set(map(language_of, paths)) - {""} if _language(language) is None}
    if not missing:
        return ""
    listed = ", ".join(sorted(missing))
    return f"No grammar for {listed}: identifiers only. The extra reviewer[languages] brings the grammars."


class Syntax:
    """The syntax tree of one text."""

    def __init__(self, language: str, data: bytes, tree: Tree) -> None:
        self._language = language
        self._data = data
        self._tree = tree

    def places(self) -> tuple[Place, ...]:
        """Every definition, in the order of the text, those that hold others before these."""
        return tuple(sorted(self._places(), key=lambda place: (place.first, -place.last)))

    def names(self, lines: Collection[int] | None = None) -> frozenset[str]:
        """Every name of the code, without those in comments and strings; or only those that begin in these lines."""
        from tree_sitter import QueryCursor

        cursor = QueryCursor(_query(self._language, names=True))
        cursor.set_max_start_depth(DEEPEST)
        if lines is not None:
            if not lines:
                return frozenset()
            # One range over all: each question walks the tree from its beginning.
            cursor.set_point_range((min(lines) - 1, 0), (max(lines), 0))
        nodes = cursor.captures(self._tree.root_node).get("name", ())
        return frozenset(self._text(node) for node in nodes if lines is None or node.start_point.row + 1 in lines)

    def _text(self, node: Node) -> str:
        # The node's own `text` asks the callback for every piece of it again.
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "replace").strip(":")

    def _places(self) -> Iterator[Place]:
        from tree_sitter import QueryCursor

        cursor = QueryCursor(_query(self._language, names=False))
        cursor.set_max_start_depth(DEEPEST)
        for _, captured in cursor.matches(self._tree.root_node):
            kind = next((kind for kind in captured if kind not in {"name", "body"} and not kind.startswith("_")), "")
            if not kind:
                continue
            (node, *_), bodies = captured[kind], captured.get("body", [])
            first, last = _lines(node)
            signature = _signature_end(node, bodies[0]) if bodies else first
            for name in captured["name"]:
                yield Place(self._text(name), kind, first, last, min(max(first, signature), last))


def parse(path: str, text: str) -> Syntax | None:
    """The syntax of a text; None when no grammar knows its language, or it is too large, or takes too long."""
    if not is_available(path):
        return None
    from tree_sitter import Parser

    data = text.encode("utf-8", "replace")
    if len(data) > LARGEST or _nesting(data) > DEEPEST:
        return None
    language = language_of(path)
    deadline = time.monotonic() + PATIENCE
    try:
        tree = Parser(_existing(language)).parse(
            lambda offset, _: data[offset : offset + _CHUNK],
            progress_callback=lambda _offset, _failed: time.monotonic() > deadline,
        )
    except ValueError:  # what it raises when it was told to stop
        return None
    # A root that is an error is no program at all, and asking it takes time with the square of its size.
    return None if tree.root_node.type == "ERROR" else Syntax(language, data, tree)


def _nesting(data: bytes) -> int:
    """How deep brackets lie in each other, counting also those in strings."""
    brackets = data.translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(step - 1 for step in brackets), default=0)


def _lines(node: Node) -> tuple[int, int]:
    """First and last line. A node that ends where a line begins does not reach into that line."""
    first = node.start_point.row + 1
    end = node.end_point
    return first, max(first, end.row + (end.column > 0))


def _signature_end(node: Node, body: Node) -> int:
    before = body.prev_sibling
    return (node if before is None else before).end_point.row + 1


@cache
def _language(language: str) -> Language | None:
    grammar = _GRAMMARS[language]
    try:
        from tree_sitter import Language

        module = import_module(grammar.package)
    except ImportError:
        return None
    return Language(getattr(module, grammar.function)())


def _existing(language: str) -> Language:
    found = _language(language)
    assert found is not None, "is_available was asked"  # noqa: S101 - for the reader and the type checker
    return found


@cache
def _query(language: str, *, names: bool) -> Query:
    from tree_sitter import Query

    grammar = _GRAMMARS[language]
    if names:
        return Query(_existing(language), f"[{' '.join(f'({name})' for name in grammar.names)}] @name")
    source = files("reviewer.collect") / "queries" / f"{grammar.query}.scm"
    return Query(_existing(language), source.read_text(encoding="utf-8"))
