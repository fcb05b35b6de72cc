"""Where the names that a change uses are likely to be defined."""

from __future__ import annotations

from collections.abc import Mapping

from reviewer.collect.closeness import Closeness, is_test
from reviewer.collect.declared import family
from reviewer.collect.mentions import Mention
from reviewer.collect.touched import Touched

_IMPORTED = 30.0
"""How much likelier the file that defines a name is one that the user of the name imports."""
_FOREIGN = 0.02
"""And how much less likely one of another language …"""
_TEST = 0.2
"""… or a test, when the user is none."""
_LEAST = 0.02
"""A file whose best chance to be the one is less is not taken for a definer."""


def definers(looked_for: Touched, found: Mapping[str, Mention], imports: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """Files outside the change that may define names used in it, with the sum of their chances to be the ones."""
    candidates: dict[str, list[str]] = {}
    for path, mention in found.items():
        for name in mention.declared:
            if name in looked_for.used:
                candidates.setdefault(name, []).append(path)
    weights: dict[str, float] = {}
    near = {path: Closeness({path}) for path in looked_for.paths}
    for name, paths in candidates.items():
        for user, importance in looked_for.used[name].items():
            chances = {path: _chance(path, user, imports.get(user, frozenset()), near[user]) for path in paths}
            total = sum(chances.values())
            rarity = 2 / (1 + sum(family(path) == family(user) for path in paths))
            for path, chance in chances.items():
                share = max(chance / total, rarity if family(path) == family(user) else 0.0)
                if path not in looked_for.paths and share >= _LEAST:
                    weights[path] = weights.get(path, 0.0) + importance * min(share, 1.0)
    return weights


def _chance(path: str, user: str, imported: frozenset[str], near: Closeness) -> float:
    if path == user:
        return _IMPORTED * 10
    chance = _IMPORTED if path in imported else near.of(path) * 3
    if family(path) != family(user):
        chance *= _FOREIGN
    if is_test(path) and not is_test(user):
        chance *= _TEST
    return chance
