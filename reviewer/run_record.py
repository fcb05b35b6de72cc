"""What `run.json` says of a run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from reviewer.outcome import Usage


class RunState(StrEnum):
    """How far a run got."""

    STARTED = "started"
    ANSWERED = "answered"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What `run.json` says."""

    id: str
    version: str
    model: str
    subject: str
    commit: str | None
    request_sha256: str
    request_bytes: int
    started: str
    """ISO 8601, UTC; as are the others."""
    state: RunState = RunState.STARTED
    updated: str = ""
    request_id: str = ""
    usage: Usage | None = None
    cost_usd: float | None = None
    problem: str = ""
    """Why the answer is not whole, or why the run failed."""


def record_text(record: RunRecord) -> str:
    """The text of `run.json`."""
    return json.dumps(asdict(record), indent=2) + "\n"
