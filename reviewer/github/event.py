"""What started a run of the Action, and what there is to review because of it.

The payload is JSON from GitHub, but every string in it is an outsider's text: it is checked, compared and passed on, never obeyed. Only
`/review` means something, and only when GitHub itself says that its author may write to the repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import ConfigError
from reviewer.github.api import GitHub
from reviewer.github.comment import moved_since, read_comment, unasked, unauthorized
from reviewer.github.pull_request import (
    FullName,
    Lenient,
    NamedRepository,
    ObjectId,
    PullRequest,
    Text,
    checked,
    from_api,
    from_object,
)

_LARGEST_PAYLOAD = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a run of a workflow knows of its start."""

    name: str
    """GITHUB_EVENT_NAME."""
    payload: Mapping[str, object]
    repository: str
    """GITHUB_REPOSITORY: OWNER/REPO."""
    sha: str
    """GITHUB_SHA: a commit of the repository itself; for a pull request, of no use here (a merge commit, or the default branch)."""
    server_url: str
    """Without a trailing slash."""


@dataclass(frozen=True, slots=True)
class ReviewRepository:
    """To review: the whole repository, as it is at a commit."""

    full_name: str
    sha: str


@dataclass(frozen=True, slots=True)
class ReviewPullRequest:
    """To review: a pull request."""

    pull_request: PullRequest


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """Nothing to review, and why: a sentence that starts with `Nothing to do:`."""

    reason: str


Trigger = ReviewPullRequest | ReviewRepository | NothingToDo


def load_event(environ: Mapping[str, str], server_url: str) -> Event:
    """The event of the workflow run that `environ` describes. Raises ConfigError outside of one, and when the payload is no JSON object."""
    missing = [name for name in _VARIABLES if not environ.get(name)]
    if missing:
        raise ConfigError(f"{missing[0]} is not set.", hint="This command runs within a GitHub workflow.")
    name, path, repository, sha = (environ[name] for name in _VARIABLES)
    try:
        with Path(path).open("rb") as file:
            payload = json.loads(file.read(_LARGEST_PAYLOAD))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError("The file at GITHUB_EVENT_PATH cannot be read as JSON.") from error
    if not isinstance(payload, dict):
        raise ConfigError("The file at GITHUB_EVENT_PATH holds no JSON object.")
    place = checked(_Place, {"repository": repository, "sha": sha}, "the workflow run")
    return Event(name=name, payload=payload, repository=place.repository, sha=place.sha, server_url=server_url)


_VARIABLES = ("GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_SHA")


def read_event(event: Event, github: GitHub, *, drafts: bool = False, bots: bool = False) -> Trigger:
    """What to review. `drafts` and `bots` let draft pull requests, and those of bots, be reviewed without being asked for.

    Raises ForgeError when the payload is not in GitHub's form, or when GitHub cannot be asked what has to be known.
    """
    match event.name:
        case "pull_request" | "pull_request_target":
            return _unless_skipped(_named(event), drafts=drafts, bots=bots)
        case "issue_comment":
            return _commented(event, github)
        case "workflow_run":
            return _of_run(event, github, drafts=drafts, bots=bots)
        case "workflow_dispatch" if number := checked(_Dispatch, event.payload, "the event").number:
            return _unless_closed(_fetched(event, github, number))
        case "push" | "schedule" | "workflow_dispatch":
            return _whole(event)
        case _:
            return NothingToDo("Nothing to do: this Action has no answer to this kind of event.")


def _named(event: Event) -> PullRequest:
    """The pull request of the payload, title and body as they were when the event happened."""
    return from_object(event.payload.get("pull_request"), event.repository, server_url=event.server_url)


def _fetched(event: Event, github: GitHub, number: int) -> PullRequest:
    owner, _, repo = event.repository.partition("/")
    return from_api(github, owner, repo, number, server_url=event.server_url)


def _unless_closed(found: PullRequest) -> Trigger:
    if not found.is_open:
        return NothingToDo(f"Nothing to do: pull request #{found.number} is closed.")
    return ReviewPullRequest(found)


def _unless_skipped(found: PullRequest, *, drafts: bool, bots: bool) -> Trigger:
    if found.is_draft and not drafts:
        return NothingToDo(f"Nothing to do: pull request #{found.number} is a draft.")
    if found.author_is_bot and not bots:
        return NothingToDo(f"Nothing to do: pull request #{found.number} was opened by a bot.")
    return _unless_closed(found)


def _whole(event: Event) -> Trigger:
    if event.payload.get("deleted") is True:
        return NothingToDo("Nothing to do: the push deleted a branch or a tag.")
    return ReviewRepository(event.repository, event.sha)


def _commented(event: Event, github: GitHub) -> Trigger:
    """`/review` asks outright: drafts and the pull requests of bots are reviewed then."""
    comment = read_comment(event.payload)
    refusal = unasked(comment) or unauthorized(comment, github, event.repository)
    if refusal is not None:
        return NothingToDo(refusal)
    found = _fetched(event, github, comment.number)
    if found.is_open and (changed := moved_since(comment, found, github)) is not None:
        return NothingToDo(changed)
    return _unless_closed(found)


def _of_run(event: Event, github: GitHub, *, drafts: bool, bots: bool) -> Trigger:
    """The open pull request whose head the finished workflow ran on. The payload names none when the head is in a fork."""
    run = checked(_Run, event.payload, "the event").workflow_run
    if run.event not in {"pull_request", "pull_request_target"}:
        return NothingToDo("Nothing to do: the workflow that ended was not started by a pull request.")
    if run.head_repository is None or run.head_branch is None:
        return NothingToDo("Nothing to do: the fork of the pull request is gone.")
    owner = run.head_repository.full_name.partition("/")[0]
    listed = github.pages(f"/repos/{event.repository}/pulls", state="open", head=f"{owner}:{run.head_branch}")
    for value in listed:
        found = from_object(value, event.repository, server_url=event.server_url)
        if found.head_sha == run.head_sha and found.head_repo == run.head_repository.full_name:
            return _unless_skipped(found, drafts=drafts, bots=bots)
    return NothingToDo("Nothing to do: no open pull request has the commit that the workflow ran on as its head.")


class _Place(Lenient):
    repository: FullName
    sha: ObjectId


class _Finished(Lenient):
    event: str
    head_sha: ObjectId
    head_branch: Text | None = None
    head_repository: NamedRepository | None = None


class _Run(Lenient):
    workflow_run: _Finished


class _Dispatch(Lenient):
    """A workflow started by hand; its input `pr-number` names a pull request, or is left empty."""

    inputs: Mapping[str, object] | None = None

    @property
    def number(self) -> int | None:
        given = str((self.inputs or {}).get("pr-number") or "").strip().removeprefix("#")
        if not given:
            return None
        if not _NUMBER.fullmatch(given):
            raise ConfigError("The input pr-number is not the number of a pull request.")
        return int(given)


_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
