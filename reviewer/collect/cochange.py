"""Which files changed together with others in the past, by git's history."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from reviewer.collect.files import path_text
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

COMMITS = 1000
"""At most so many commits are looked at, from the base back."""
LARGEST = 50
"""Files a commit may have: a larger one, such as a reformatting, says nothing about what belongs together."""
_MARK = b"\1"  # before each commit; no path git lists begins with it, and if one did it would only begin a new group


def changed_together(repository: Repository, commit: str | None, paths: Collection[str]) -> dict[str, float]:
    """Path → how often it changed together with one of `paths`, a commit counting for less the more files it changed.

    Empty where there is no history, or git cannot tell, as in a clone that lacks trees.
    """
    if commit is None:
        return {}
    try:
        listed = repository.run(
            "log",
            # Neither merges, which repeat what their branches did, nor a first commit, in which everything appears at once.
            "--min-parents=1",
            "--max-parents=1",
            f"--max-count={COMMITS}",
            "--format=%x01",
            "--name-only",
            "-z",
            "--no-renames",
            "--no-show-signature",
            "--end-of-options",
            commit,
        )
    except SourceError:
        return {}
    wanted = frozenset(paths)
    weights: dict[str, float] = {}
    for group in listed.split(_MARK):
        names = {path_text(name.lstrip(b"\n")) for name in group.split(b"\0")} - {""}
        touched = names & wanted
        if touched and len(names) <= LARGEST:
            for name in names - wanted:
                weights[name] = weights.get(name, 0.0) + 1 / len(names)
    return weights
