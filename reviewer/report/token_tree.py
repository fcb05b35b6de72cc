"""The folders and files that take the most tokens, as a tree of a few rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from reviewer.plan.decision import FileTokens

ROWS = 15
"""Rows of the tree: what fits a screen beside the rest of a plan."""


@dataclass(frozen=True, slots=True)
class Row:
    """One folder or file of the tree, in the order of printing."""

    name: str
    """Below its parent row; a folder ends in `/`. A folder that holds nothing but one folder or file is one row with it."""
    depth: int
    tokens: int
    files: int


def biggest(files: Iterable[FileTokens], rows: int = ROWS) -> list[Row]:
    """The `rows` largest folders and files, each below its folder, larger ones first."""
    tree = _Tree(files)
    chosen: defaultdict[str, list[str]] = defaultdict(list)
    # A child is never larger than its folder, so the largest of what has been opened so far is always the next largest of all.
    waiting: list[tuple[int, str, str]] = []
    opened = ""
    for _ in range(rows):
        for child in tree.children(opened):
            heappush(waiting, (-tree.tokens[child], child, opened))
        if not waiting:
            break
        _, path, parent = heappop(waiting)
        chosen[parent].append(path)
        opened = path
    return list(_rows(tree, chosen, "", 0))


def _rows(tree: _Tree, chosen: dict[str, list[str]], folder: str, depth: int) -> Iterator[Row]:
    for path in chosen.get(folder, ()):
        yield Row(path.removeprefix(folder), depth, tree.tokens[path], tree.files[path])
        yield from _rows(tree, chosen, path, depth + 1)


class _Tree:
    """Totals by folder. A folder's path ends in `/`; the root's is empty."""

    def __init__(self, files: Iterable[FileTokens]) -> None:
        self._direct: defaultdict[str, list[FileTokens]] = defaultdict(list)
        self._folders: defaultdict[str, list[str]] = defaultdict(list)
        self.tokens: dict[str, int] = {}
        self.files: dict[str, int] = {}
        for file in files:
            self._direct[file.path[: file.path.rfind("/") + 1]].append(file)
        for folder, direct in self._direct.items():
            self._add(folder, sum(file.tokens for file in direct), len(direct))

    def _add(self, folder: str, tokens: int, files: int) -> None:
        """Counts a folder's own files for it and for every folder around it."""
        while folder:
            parent = folder[: folder.rfind("/", 0, -1) + 1]
            if folder not in self.tokens:
                self._folders[parent].append(folder)
                self.tokens[folder] = self.files[folder] = 0
            self.tokens[folder] += tokens
            self.files[folder] += files
            folder = parent

    def children(self, folder: str) -> Iterator[str]:
        """What a folder holds; of a child that holds nothing but one thing, that thing."""
        for path in self._inside(folder):
            child = path
            while len(inside := self._inside(child)) == 1:
                child = inside[0]
            yield child

    def _inside(self, folder: str) -> list[str]:
        direct = self._direct.get(folder, ())
        for file in direct:
            self.tokens[file.path], self.files[file.path] = file.tokens, 1
        return [*self._folders.get(folder, ()), *(file.path for file in direct)]
