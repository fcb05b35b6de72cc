"""When the files of a commit came to be as they are: the steps of the line of history that leads to it.

What decides where a file stands in a prompt is read here. `history.py` counts changes for the built-in checks, by other rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.collect.files import path_text
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

STEPS = 1000
"""At most so many commits are looked at. From 500 on the outcome is the same. They take git a second at most."""
PATIENCE = 20.0
"""Seconds. A commit of a few nested trees can stand for a billion files: git would compare them one by one, and take 50 MB of memory for
each second of it. Without the past, files are ordered by their paths."""
LARGEST = 100
"""Files a commit may change. A larger one (a new licence header, a reformatting) says nothing about which of them will change again, and
all of them would move at once."""
_LATEST = 1 << 40
"""Seconds: a time past this is no time."""
_STEP = re.compile(rb"(?:\A|\0)\x01(?=[0-9]+(?:\0|\Z))")
"""Before each commit's time. A path of this very form could only begin a step of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """A commit on the line, or a merge into it with all that it brought."""

    time: int
    """When it was committed, in seconds since 1970."""
    paths: tuple[str, ...]
    """The files it added, changed or removed; none when there were more than `LARGEST`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The recent past of a commit. Empty where there is no git, no commit, or a clone that ends with it."""

    steps: tuple[Step, ...] = ()
    """Newest first."""
    pending: frozenset[str] = frozenset()
    """Paths of the index that are not as the commit has them: the next step, as far as is known."""


NO_PAST = Past()


def read_past(repository: Repository, commit: str | None, *, index: bool = False) -> Past:
    """The past of `commit`, the same for the same commit whatever the day; `index` compares the repository's index with it.

    Of a history that is not seen to its end, what is older than a fixed date is left out, so that the next commit does not push the oldest
    step out of sight: the files it changed would move, and with them all that is cached after them. Empty when git cannot tell, as in a
    clone without trees.
    """
    if commit is None:
        return NO_PAST
    try:
        steps = tuple(_steps(repository, commit))
        seen_to_its_end = len(steps) < STEPS and repository.run("rev-parse", "--is-shallow-repository").strip() != b"true"
        pending = _pending(repository, commit) if index else frozenset()
    except SourceError:
        return NO_PAST
    return Past(steps=steps if seen_to_its_end else since_a_fixed_date(steps), pending=pending)


def since_a_fixed_date(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps since a date that newer ones leave where it is, most of the time: the first multiple of a large power of two seconds.

    The power is at most half the time that the middle half of the steps took, which no single absurd date changes: the newest quarter
    remains in any case, and the date moves on once in some hundred steps.
    """
    times = sorted(step.time for step in steps)
    middle = times[len(times) * 3 // 4] - times[len(times) // 4] if times else 0
    unit = 1 << max(0, middle.bit_length() - 2)
    start = -(-times[0] // unit) * unit if times else 0
    return tuple(step for step in steps if step.time >= start)


def _steps(repository: Repository, commit: str) -> Iterator[Step]:
    listed = repository.run(
        "log",
        # The line itself, a merge as one step: then each step is what a review of the commit before had not seen yet.
        "--first-parent",
        "--diff-merges=first-parent",
        # Not a first commit, nor where a shallow clone ends: everything appears there at once.
        "--min-parents=1",
        f"--max-count={STEPS}",
        "--format=%x01%ct",
        "--name-only",
        "-z",
        "--no-renames",
        "--no-show-signature",
        "--end-of-options",
        commit,
        patience=PATIENCE,
    )
    for step in _STEP.split(listed)[1:]:
        time, _, names = step.partition(b"\0")
        names = names.removeprefix(b"\n").removesuffix(b"\0")
        paths = map(path_text, names.split(b"\0")) if names.count(b"\0") < LARGEST else ()
        yield Step(min(int(time[:20]), _LATEST), tuple(filter(None, paths)))


def _pending(repository: Repository, commit: str) -> frozenset[str]:
    names = repository.run("diff-index", "--cached", "--name-only", "-z", "--no-renames", "--end-of-options", commit)
    return frozenset(filter(None, map(path_text, names.split(b"\0"))))
