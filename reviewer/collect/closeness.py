"""How near files are to each other by their paths alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_TEST_FOLDERS = frozenset({"test", "tests", "unittests", "spec", "specs", "__tests__", "testing", "testdata", "e2e", "cypress"})
_TEST_NAME = re.compile(r"(?:^|[._-])(?:test|tests|spec)(?:[._-]|$)")
_TEST_WORD = re.compile(r"(?:Tests?|Spec|TestCase|IT)$|^Test(?=[A-Z])")


@lru_cache(maxsize=200_000)
def is_test(path: str) -> bool:
    """Whether a path looks like a test's, by the habits of the languages."""
    *folders, name = path.split("/")
    return any(folder.lower() in _TEST_FOLDERS or folder.endswith((".Tests", "Tests")) for folder in folders) or bool(
        _TEST_NAME.search(name) or _TEST_WORD.search(name.partition(".")[0])
    )


def tested_stem(path: str) -> str:
    """What a file is about, by its name: the same word for `tests/test_cache.py`, `CacheTest.java` and `cache.py`."""
    stem = path.rpartition("/")[2].partition(".")[0]
    stem = _TEST_WORD.sub("", stem).lower()
    return stem.removeprefix("test_").removesuffix("_test").removesuffix("_spec").removesuffix("-test").replace("_", "")


class Closeness:
    """Distances to the nearest of some files."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._folders = {path.rpartition("/")[0] for path in paths}
        self._known: dict[str, float] = {}

    def is_sibling(self, path: str) -> bool:
        """Whether it lies in a folder of one of the files."""
        return path.rpartition("/")[0] in self._folders

    def of(self, path: str) -> float:
        """1 in the same folder, and less with every step up or down the tree of folders."""
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            self._known[folder] = max((1 / (1 + _steps(folder, other)) for other in self._folders), default=0.0)
        return self._known[folder]


def _steps(one: str, other: str) -> int:
    mine, theirs = one.split("/") if one else [], other.split("/") if other else []
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    return len(mine) + len(theirs) - 2 * shared
