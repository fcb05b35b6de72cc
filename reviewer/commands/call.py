"""What was typed: the boundary between the command line and the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.run_record import Asked
    from reviewer.runs import Run


class Against(StrEnum):
    """How a change was named. The value is the flag without its dashes."""

    BASE = "base"
    """From the merge base of a revision and HEAD to the work tree."""
    RANGE = "range"
    """`A..B` or `A...B`."""
    COMMIT = "commit"
    STAGED = "staged"
    UNCOMMITTED = "uncommitted"
    DIFF_FILE = "diff-file"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The change to review."""

    against: Against
    value: str = ""
    """The revision, range, or file; empty for those that need none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, before any setting is resolved."""

    path: Path
    wanted: Wanted | None = None
    """The change to review; None for the repository as it is."""
    pull_request: str | None = None
    """The address of a pull request on GitHub; then `path` is a clone to take objects from, if it is one."""
    flags: Mapping[str, object]
    """The settings given as flags, by field name of `Config`."""
    config_file: Path | None
    """The operator's, unless `config_is_repositorys`."""
    isolated: bool
    environ: Mapping[str, str]
    config_is_repositorys: bool = False
    """Whether `config_file` was read where others write too: then it may set what the repository's own file may."""
    asked: Asked | None = None
    """What an earlier process was asked, and is asked again: its settings count, not those of today's files and variables."""
    run: Run | None = None
    """The run to go on with; its lock is held. None for a new one."""

    @property
    def redacts(self) -> bool:
        """Whether secrets are taken out of what is sent: unless --no-redact was typed, which no file and no variable can say."""
        return self.flags.get("redact") is not False
