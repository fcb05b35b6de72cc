"""Where the names that a change uses are likely to be defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewer.collect.closeness import Closeness, is_test
from reviewer.collect.declared import family
from reviewer.collect.touched import Touched

_IMPORTED = 30.0
"""How much likelier the file that defines a name is one that the user of the name imports."""
_BESIDE = 3.0
"""And one in the same folder; with each step away in the tree of folders it is less likely."""
_TEST = 0.2
"""How much less likely it is a test, when the user is none."""
_FOREIGN = 0.3
"""What a definition in another language weighs: used only when the user's own has none."""
_COMMON = 100
"""Files that may seem to define a name before only those count that are imported or beside the user."""
_LEAST = 0.1
"""A file whose chance to be the one is less is not taken for a definer: names like `size` or `get` that dozens of files define would fill
the room that those need of which only one or two files know. Twenty files that are alike are the first of which none is taken."""


@dataclass(slots=True)
class Definer:
    """A file outside the change that may define names used in it."""

    weight: float
    """The sum of its chances to be the one, each times how much the use says."""
    names: set[str]


class _User:
    """A changed file, as far as it says where its names come from."""

    def __init__(self, path: str, imported: frozenset[str]) -> None:
        self._imported = imported
        self._near = Closeness((path,))
        self._is_test = is_test(path)
        self.path = path
        self.family = family(path)

    def is_close(self, path: str) -> bool:
        return path in self._imported or self._near.is_sibling(path)

    def chance(self, path: str) -> float:
        """How likely a file is to be the one that is meant, among those that define a name: no share yet."""
        if path == self.path:
            return _IMPORTED * 10
        chance = _IMPORTED if path in self._imported else _BESIDE * self._near.of(path)
        return chance if self._is_test or not is_test(path) else chance * _TEST


def definers(
    looked_for: Touched, declared: Mapping[str, Sequence[str]], imports: Mapping[str, frozenset[str]]
) -> dict[str, Definer]:
    """Files outside the change that may define names used in it. `declared` is where these names look like being defined."""
    users = {path: _User(path, imports.get(path, frozenset())) for path in looked_for.paths}
    found: dict[str, Definer] = {}
    for name, paths in declared.items():
        by_family: dict[str, list[str]] = {}
        for path in paths:
            by_family.setdefault(family(path), []).append(path)
        for user, importance in looked_for.used.get(name, {}).items():
            for path, share in _shares(users[user], paths, by_family).items():
                if path not in looked_for.paths and share >= _LEAST:
                    definer = found.setdefault(path, Definer(0.0, set()))
                    definer.weight += importance * share
                    definer.names.add(name)
    return found


def _shares(user: _User, paths: Sequence[str], by_family: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Each file's chance to be the one, 0 to 1. Where few files define a name, each of them is worth a look."""
    own = by_family.get(user.family, ())
    among = own or paths
    if len(among) > _COMMON:
        among = [path for path in among if user.is_close(path)]
    rarity = 2 / (1 + len(own or paths))
    chances = {path: user.chance(path) for path in among}
    total = sum(chances.values())
    scale = 1.0 if own else _FOREIGN
    return {path: scale * min(1.0, max(chance / total, rarity)) for path, chance in chances.items()}
