"""How often each file was changed lately, by git's history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

COMMITS = 1000
"""At most so many commits are looked at. Comparing the trees of 1,000 commits takes Linux's repository two seconds, most others 0.1."""
DAYS = 730
"""And none older than this, counted back from HEAD's own date: the same tree gives the same answer whatever the day."""
_DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The recent past of a repository. Merges are left out: they repeat what their branches did."""

    commits: Mapping[str, int] = field(default_factory=dict)
    """Path → commits that changed it, under the name it has now."""
    examined: int = 0
    """Commits that were looked at."""
    shallow: bool = False
    """Whether the clone itself ends early, so that older changes cannot be seen."""
    problem: str = ""
    """Why git could not tell, as in a clone that lacks trees; empty when it could."""


def churn(repository: Repository) -> History:
    """Count the changes of every file in the last `COMMITS` commits of `DAYS` days."""
    if repository.head is None:
        return History()
    try:
        return _count(repository, repository.head)
    except SourceError as error:
        return History(problem=error.message)


def _count(repository: Repository, head: str) -> History:
    newest = repository.run("log", "-1", "--format=%ct", head).strip()
    if not newest.isdigit():
        return History(problem="The newest commit has no date.")
    # With the sign and the zone it is a time for git whatever its size; a bare small number would be read as a day.
    since = f"--since=@{max(0, int(newest) - _DAY * DAYS)} +0000"
    chosen = ("--no-merges", f"--max-count={COMMITS}", since, head)
    examined = int(repository.run("rev-list", "--count", *chosen))
    names = repository.run("log", *chosen, "--format=", "--name-only", "-z", "--no-renames", "--no-show-signature")
    return History(
        commits=Counter(name.decode("utf-8", "surrogateescape") for name in names.split(b"\0") if name),
        examined=examined,
        shallow=repository.run("rev-parse", "--is-shallow-repository").strip() == b"true",
    )
