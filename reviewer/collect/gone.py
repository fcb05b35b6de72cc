"""Files that a change takes away, and the lines elsewhere that still import them.

Only what can be told by paths alone: Python's modules, and names of files in the quotes of JavaScript, TypeScript, C and Ruby. What the
project's own settings resolve (aliases, packages of a workspace) is not guessed at.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reviewer.collect.changes import ChangedFile, ChangeKind
from reviewer.collect.files import path_bytes

_PYTHON = frozenset({"py", "pyi"})
_SCRIPTS = ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte")
_C = frozenset({"c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl"})
_RUBY = frozenset({"rb"})
_IMPORT = re.compile(
    r"^[ \t]*+(?:from[ \t]++([\w.]++)[ \t]++import[ \t]*+(\([^)]{0,2000}\)|[^\n#(]++)|import[ \t]++([\w., \t]++))", re.MULTILINE
)
_SCRIPT = re.compile(r"""\b(?:from|import|require)\b[ \t]{0,9}\(?[ \t]{0,9}["'](\.{1,2}/[^"'\n]{1,200})["']""")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]{1,200})"', re.MULTILINE)
_REQUIRE = re.compile(r"""^[ \t]*require_relative[ \t(]{1,9}["']([^"'\n]{1,200})["']""", re.MULTILINE)
_FORMS = {
    **dict.fromkeys(_PYTHON, _IMPORT),
    **dict.fromkeys(_SCRIPTS, _SCRIPT),
    **dict.fromkeys(_C, _INCLUDE),
    **dict.fromkeys(_RUBY, _REQUIRE),
}
_COMMENTS = ("#", "//", "*", "/*", "<!--")
_MODULE = (".py", ".pyi", ".pyx", "/__init__.py", "/__init__.pyi")
_ENDINGS = ("", *(f".{suffix}" for suffix in (*_SCRIPTS, "json", "d.ts")), *(f"/index.{suffix}" for suffix in _SCRIPTS))
"""What a script's import may leave out."""
_WRITTEN_AS = {".js": (".ts", ".tsx", ".jsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript names the file that will be made."""
_LARGEST = 1_000_000
"""Characters of a text that is searched: nobody imports from a longer one."""
_FEW = 20
"""Names that are looked for in a text before its imports are read; to look for more takes longer than to read them."""


@dataclass(frozen=True, slots=True)
class StillImported:
    """A line that imports a file that is gone."""

    path: str
    """Of the importing file."""
    line: int
    text: str
    """The line, without its end."""
    gone: str
    """The path at which there is no file any more."""


def is_looked_up(path: str) -> bool:
    """Whether imports of a file of this name are looked for when it is gone."""
    return _suffix(path) in _FORMS


def gone(files: Iterable[ChangedFile]) -> frozenset[str]:
    """The paths at which there is no file after the change."""
    every = tuple(files)
    moved = {file.old_path for file in every if file.kind is ChangeKind.RENAMED and file.old_path}
    return frozenset({file.path for file in every if file.kind is ChangeKind.DELETED} | moved) - {
        file.path for file in every if file.kind is not ChangeKind.DELETED
    }


def still_imported(lost: Iterable[str], paths: Iterable[str], texts: Mapping[str, str]) -> Iterator[StillImported]:
    """The lines of `texts` that import a file of `lost`, by path and line; one a file and what it imports.

    `paths` are all files of the repository after the change, read or not: an import that any of them answers to is whole. Nor is one told of
    that the code is prepared to see fail.
    """
    imports = _Imports(frozenset(filter(is_looked_up, lost)), frozenset(paths), texts)
    return imports.broken() if imports.lost else iter(())


class _Imports:
    """The imports of some texts, held against what is gone and what is there."""

    def __init__(self, lost: frozenset[str], there: frozenset[str], texts: Mapping[str, str]) -> None:
        self.lost = lost
        self._there = there
        self._texts = texts
        self._by_name: dict[str, list[str]] = {}
        for path in sorted(lost):
            self._by_name.setdefault(_name(path), []).append(path)

    def broken(self) -> Iterator[StillImported]:
        for path in sorted(self._texts, key=path_bytes):
            text = self._texts[path]
            form = _FORMS.get(_suffix(path))
            if form is None or len(text) > _LARGEST:
                continue
            if len(self._by_name) > _FEW or any(name in text for name in self._by_name):
                yield from self._in_text(path, text, form)

    def _in_text(self, path: str, text: str, form: re.Pattern[str]) -> Iterator[StillImported]:
        told: set[str] = set()
        for match in form.finditer(text):
            missing = next((each for each in self._missing(path, match) if each not in told), None)
            if missing is not None and not _is_optional(text, match.start()):
                told.add(missing)
                yield _line(path, text, match, missing)

    def _missing(self, path: str, match: re.Match[str]) -> Iterator[str]:
        """What an import needs that is gone."""
        if _suffix(path) in _PYTHON:
            for dots, parts in _modules(match):
                for root in self._roots(posixpath.dirname(path), dots, parts):
                    place = posixpath.join(root, *parts)
                    if not self._is_name_in(posixpath.dirname(place), parts[-1]):
                        yield from self._unless_there([f"{place}{ending}" for ending in _MODULE])
            return
        near = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1]))
        if _suffix(path) in _C:
            # Of the folders the compiler searches, the file's own and the top are known; a file elsewhere may be the one that is meant.
            missing = list(self._unless_there([near, posixpath.normpath(match[1])]))
            yield from () if any(f"/{each}".endswith(f"/{match[1]}") for each in (self._there if missing else ())) else missing
        elif _suffix(path) in _RUBY:
            yield from self._unless_there([near, f"{near}.rb"])
        else:
            stem, ending = posixpath.splitext(near)
            written = [f"{stem}{other}" for other in _WRITTEN_AS.get(ending, ())]
            yield from self._unless_there([*(f"{near}{more}" for more in _ENDINGS), *written])

    def _unless_there(self, possible: list[str]) -> Iterator[str]:
        if self._there.isdisjoint(possible):
            yield from (each for each in possible if each in self.lost)

    def _roots(self, folder: str, dots: int, parts: list[str]) -> Iterator[str]:
        """The folders at which a module's path may begin.

        For an absolute name of several parts, wherever a lost file is that agrees in all of them; a single name is taken for a file beside
        the importing one or at the top, unless Python brings a module of this name along.
        """
        if dots:
            above = folder.split("/") if folder else []
            if dots - 1 <= len(above):
                yield "/".join(above[: len(above) - (dots - 1)])
        elif len(parts) == 1:
            yield from () if parts[0] in sys.stdlib_module_names else dict.fromkeys((folder, ""))
        else:
            tail = "/".join(parts)
            for path in self._by_name.get(parts[-1], ()):
                place = posixpath.splitext(path)[0].removesuffix("/__init__")
                if f"/{place}".endswith(f"/{tail}"):
                    yield place[: -len(tail)].rstrip("/")

    def _is_name_in(self, package: str, name: str) -> bool:
        """Whether a package may define the name itself: then importing it from there needs no file."""
        init = posixpath.join(package, "__init__.py")
        if init not in self._there:
            return False
        return init not in self._texts or re.search(rf"\b{re.escape(name)}\b", self._texts[init]) is not None


def _modules(match: re.Match[str]) -> Iterator[tuple[int, list[str]]]:
    """The leading dots and the parts of each module that an import of Python names, or may name."""
    if match[3] is not None:
        yield from ((0, name.split(" as ")[0].strip().split(".")) for name in match[3].split(",") if name.strip())
        return
    module = match[1].lstrip(".")
    dots, parts = len(match[1]) - len(module), module.split(".") if module else []
    if parts:
        yield dots, parts
    for name in re.sub(r"#[^\n]*", "", match[2]).strip("() \t\n\\").split(","):
        if (word := name.split(" as ")[0].strip()).isidentifier():
            yield dots, [*parts, word]


def _is_optional(text: str, at: int) -> bool:
    """Whether an import is in a comment, or the first line of a `try`, as optional ones are."""
    start = text.rfind("\n", 0, at) + 1
    before = text[max(0, start - 2_000) : start].rstrip().rpartition("\n")[2].strip()
    return text[start:at].lstrip().startswith(_COMMENTS) or before.replace(" ", "") in {"try:", "try{"}


def _line(path: str, text: str, match: re.Match[str], missing: str) -> StillImported:
    """Of an import over several lines, the one that names the file."""
    at = match.start() + len(match[0]) - len(match[0].lstrip())
    named = re.compile(rf"\b{re.escape(_name(missing))}\b").search(text, at, match.end())
    at = named.start() if named else at
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    return StillImported(path, text.count("\n", 0, at) + 1, text[start : end if end >= 0 else len(text)].rstrip("\r"), missing)


def _name(path: str) -> str:
    """The word by which an import names the file: of a package or an index, the name of its folder."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return posixpath.basename(folder) if stem in {"__init__", "index"} and folder else stem


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()
