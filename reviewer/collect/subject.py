"""What is put before a finder: a repository as it is, or a change to it in the light of the whole repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewer.collect.changes import Change
from reviewer.collect.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is reviewed. Choosing what of it fits a window gives another Subject."""

    snapshot: Snapshot
    """The repository: as it is, or at the base of `change`. What does not fit is among its `skipped`, with SkipReason.NO_ROOM."""
    change: Change | None = None
    head: Snapshot | None = None
    """The changed files that exist at the head, read or skipped by the base's rules; None exactly when `change` is."""
    outlines: Mapping[str, str] = field(default_factory=dict)
    """Path → signatures, for files of which there is no room for more; such a path is in neither `snapshot.files` nor `skipped`."""
