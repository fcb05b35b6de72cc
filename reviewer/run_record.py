"""What a run's folder says of the run: `run.json`, and a record for each pass below `passes/`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewer.config import Config
from reviewer.engine.interface import Stop
from reviewer.outcome import NO_USAGE, Usage
from reviewer.plan.correction import Correction


class RunState(StrEnum):
    """How far a run got, as its last process noted. A process that was killed noted nothing: then it is still `started`."""

    STARTED = "started"
    ANSWERED = "answered"
    """Layout 1 alone: the answer had arrived, the report was not written."""
    INTERRUPTED = "interrupted"
    """A person, or the system, asked the process to stop."""
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """SHA-256 (hex) of what all requests of a run share, part by part, so that it can be said which of them is another one."""

    frame: str
    """Model, answer schema, effort, thinking."""
    system: str
    documents: str
    """The files, and where the content blocks end."""
    change: str
    sha256: str
    """Of all of them together."""
    bytes: int
    """Of the texts, in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for: enough to ask it again from another folder, with other files and variables about."""

    path: str
    """Absolute."""
    top: str
    """The top of the repository, or the folder itself outside git; absolute."""
    against: str = ""
    """How the change was named: `base`, `range`, …; empty for the repository as it is."""
    value: str = ""
    """The revision, range or file that names the change."""
    pull_request: str = ""
    """The address of a pull request on GitHub."""
    config: Config
    """All settings, with absolute paths. An endpoint that could hold a password is refused before there is a record."""
    origins: dict[str, str]
    """Where each setting came from."""
    from_repository: tuple[str, ...] = ()
    """The settings that the repository under review chose."""
    correction: Correction | None = None
    """What planning knew of earlier true counts: another one could make another choice of files."""
    web: str = ""
    """The page of the pull request's repository, where a report's links lead; empty for a repository on this machine."""
    obstacle: str = ""
    """Why it cannot be asked again; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What `run.json` says."""

    layout: int = 1
    id: str
    version: str
    """Of `reviewer`."""
    model: str
    subject: str
    commit: str | None
    started: str
    """ISO 8601, UTC; as are the others."""
    state: RunState = RunState.STARTED
    updated: str = ""
    problem: str = ""
    """Why the last process ended without a report."""
    asked: Asked | None = None
    """None in layout 1."""
    prefix: Prefix | None = None
    """None in layout 1."""
    documents: str | None = None
    """The commit whose files the prompt begins with: an earlier one than `commit` where what changed since was told after them. None
    outside git."""
    lifetime: str = ""
    """How long the provider was asked to keep the prefix: `5m` or `1h`."""
    passes: tuple[str, ...] = ()
    """Names of the planned passes, in the planned order."""
    missing: int = 0
    """Of a finished run: passes that were not asked, or whose answers are not whole."""
    complete: bool = False
    """Of a finished run: whether the review is complete."""
    cost_usd: float | None = None
    """Layout 1 alone; since then the passes have it."""


class AttemptState(StrEnum):
    """How far one request got."""

    SENT = "sent"
    """It was made; whether it arrived is not known."""
    STARTED = "started"
    """The answer has begun: its input is paid for."""
    ENDED = "ended"
    FAILED = "failed"
    """Nothing came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request for a pass, and how it ended. Its answer lies in a file beside the record."""

    number: int
    """Of the file that holds the answer: `03-concurrency.2.txt`."""
    began: str
    """ISO 8601, UTC."""
    request_sha256: str
    """Of the request's body, as `--print-prompt` writes it."""
    state: AttemptState = AttemptState.SENT
    stop: Stop | None = None
    """How the answer ended; None while nobody knows."""
    answer_bytes: int | None = None
    """Bytes of the answer that came; its file is shorter when the disk was full. None while nobody knows."""
    problem: str = ""
    usage: Usage = NO_USAGE
    """As far as it is known: of a request that was killed, the input alone."""
    cost_usd: float | None = 0.0
    """None when the price is unknown."""
    seconds: float = 0.0
    model: str = ""
    request_id: str = ""
    message_id: str = ""
    cache_miss: str = ""
    notes: tuple[str, ...] = ()
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRecord:
    """What `passes/NN-name.json` says."""

    number: int
    kind: str
    name: str
    attempts: tuple[Attempt, ...] = ()
    """Oldest first. More than one where an earlier process was killed, or an answer broke off."""
