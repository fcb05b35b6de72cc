"""Which files of a repository a text names as what it imports, by the forms of the languages' import lines and the ends of paths."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

_FORMS = {
    "python": re.compile(r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+([^\n#]*)|import[ \t]+([\w., \t]+))", re.MULTILINE),
    "quoted": re.compile(r"""\b(?:from|import|require|require_relative|include|load|source)\b[ \t(]*["']([^"'\n]{1,200})["']"""),
    "include": re.compile(r"""^[ \t]*#[ \t]*(?:include|import)[ \t]*["<]([^">\n]{1,200})[">]""", re.MULTILINE),
    "dotted": re.compile(r"^[ \t]*(?:global[ \t]+)?(?:import|using)[ \t]+(?:static[ \t]+)?([\w.]+)", re.MULTILINE),
    "go": re.compile(r"""^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w./~-]{1,200})"$""", re.MULTILINE),
    "rust": re.compile(r"^[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?(?:use|mod)[ \t]+([\w:]+)(?:::\{([^}]{0,2000})\})?", re.MULTILINE),
    "php": re.compile(r"^[ \t]*use[ \t]+(?:function[ \t]+|const[ \t]+)?\\?([\w\\]+)", re.MULTILINE),
}
_BY_SUFFIX = {
    **dict.fromkeys(("py", "pyi", "pyx"), ("python",)),
    **dict.fromkeys(("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "dart", "css", "scss"), ("quoted",)),
    **dict.fromkeys(("c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl", "m", "mm"), ("include",)),
    **dict.fromkeys(("java", "kt", "kts", "scala", "groovy", "cs", "swift"), ("dotted",)),
    "go": ("go",),
    "rs": ("rust",),
    **dict.fromkeys(("rb", "rake", "ru", "lua", "sh"), ("quoted",)),
    "php": ("php", "quoted"),
}
_MOST = 400
"""Imports of one file that are looked at."""
_MOST_FILES = 200
"""Files one import may stand for, as when it names a folder."""


class Paths:
    """The paths of a repository, found again by how they end."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_stem: dict[str, list[str]] = {}
        self._by_folder: dict[str, list[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self._by_stem.setdefault(name.partition(".")[0], []).append(path)
            self._by_folder.setdefault(folder.rpartition("/")[2], []).append(path)

    def ending(self, parts: tuple[str, ...]) -> list[str]:
        """Files whose path without suffix ends in these parts, or files of a folder that does: those that agree in most parts.

        A path that agrees in its last part alone is not meant, unless that is all there is of it or of what was asked for.
        """
        best: list[str] = []
        most = 1
        for path, place in self._candidates(parts[-1]):
            count = _agreeing(place, parts)
            if count == len(place) or count == len(parts) or count > 1:
                if count > most:
                    best, most = [], count
                if count == most:
                    best.append(path)
        return best if len(best) <= _MOST_FILES else []

    def _candidates(self, last: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Files with a name or a folder of this name, and the parts of the path to that."""
        for path in self._by_stem.get(last, ()):
            yield path, _parts(path)
        for path in self._by_folder.get(last, ()):
            yield path, _parts(path)[:-1]


def imported(path: str, text: str, paths: Paths) -> frozenset[str]:
    """The files that a text of this path imports, as well as can be told without building the project."""
    found: set[str] = set()
    for parts in list(_named(path, text))[:_MOST]:
        found.update(paths.ending(parts))
    return frozenset(found - {path})


def _named(path: str, text: str) -> Iterator[tuple[str, ...]]:
    folder = path.rpartition("/")[0]
    for form in _BY_SUFFIX.get(path.rpartition(".")[2].lower(), ()):
        for match in _FORMS[form].finditer(text):
            for parts in _READERS[form](match, folder):
                if parts and parts[-1]:
                    yield parts


def _python(match: re.Match[str], folder: str) -> Iterator[tuple[str, ...]]:
    if match[3] is not None:
        for name in match[3].split(","):
            yield _split(name.split(" as ")[0].strip().replace(".", "/"))
        return
    module = match[1].lstrip(".")
    up = len(match[1]) - len(module)
    above = folder.split("/") if folder and up else []
    above = above[: len(above) - (up - 1)] if up > 1 else above
    parts = (*above, *_split(module.replace(".", "/")))
    if parts:
        yield parts
    for name in match[2].strip("() ").split(","):
        if (word := name.split(" as ")[0].strip()).isidentifier():
            yield (*parts, word)


def _quoted(match: re.Match[str], folder: str) -> Iterator[tuple[str, ...]]:
    name = match[1]
    whole = posixpath.normpath(posixpath.join(folder, name)) if name.startswith(".") else name.lstrip("@~/#")
    parts = _split(whole)
    if parts:
        yield (*parts[:-1], parts[-1].partition(".")[0])


def _include(match: re.Match[str], folder: str) -> Iterator[tuple[str, ...]]:
    name = match[1]
    parts = _split(posixpath.normpath(posixpath.join(folder, name)) if name.startswith(".") else name)
    if parts:
        yield (*parts[:-1], parts[-1].partition(".")[0])


def _dotted(match: re.Match[str], _folder: str) -> Iterator[tuple[str, ...]]:
    yield _split(match[1].strip(".").replace(".", "/"))


def _go(match: re.Match[str], _folder: str) -> Iterator[tuple[str, ...]]:
    yield _split(match[1])


def _rust(match: re.Match[str], _folder: str) -> Iterator[tuple[str, ...]]:
    parts = tuple(part for part in match[1].split("::") if part not in {"crate", "self", "super", ""})
    if parts:
        yield parts
        if len(parts) > 1:
            yield parts[:-1]
    for name in (match[2] or "").split(","):
        yield (*parts, *(part for part in name.strip().split("::") if part.isidentifier()))


def _php(match: re.Match[str], _folder: str) -> Iterator[tuple[str, ...]]:
    yield _split(match[1].replace("\\", "/"))


_READERS = {
    "python": _python,
    "quoted": _quoted,
    "include": _include,
    "dotted": _dotted,
    "go": _go,
    "rust": _rust,
    "php": _php,
}


def _split(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in {"", ".", ".."})


def _parts(path: str) -> tuple[str, ...]:
    folder, _, name = path.rpartition("/")
    return (*_split(folder), name.partition(".")[0])


def _agreeing(mine: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    count = 0
    for one, other in zip(reversed(mine), reversed(theirs), strict=False):
        if one != other:
            break
        count += 1
    return count
