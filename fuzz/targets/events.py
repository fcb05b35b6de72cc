"""A pull request as GitHub describes it: a `PullRequest` whose parts are what they are said to be, or a ForgeError."""

from __future__ import annotations

import json
import re

from reviewer.errors import ForgeError
from reviewer.github.event import Event, NothingToDo, ReviewPullRequest, read_event
from reviewer.github.pull_request import from_object
from targets.target import Target, text

_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SERVER = "https://github.com"


def check(data: bytes) -> None:
    """An input is a payload; GitHub itself is asked nothing."""
    try:
        payload = json.loads(text(data))
    except (ValueError, RecursionError):
        return
    try:
        found = from_object(payload, "octo/app", server_url=_SERVER)
    except ForgeError as error:
        assert error.message
    else:
        assert found.number > 0
        assert _HEX.fullmatch(found.head_sha)
        assert _HEX.fullmatch(found.base_sha)
    if isinstance(payload, dict):
        event = Event(
            name="pull_request", payload={"pull_request": payload}, repository="octo/app", sha="0" * 40, server_url=_SERVER
        )
        try:
            told = read_event(event, None)  # type: ignore[arg-type] # this kind of event asks nobody
        except ForgeError:
            return
        assert isinstance(told, NothingToDo | ReviewPullRequest)


_PULL = {
    "number": 7,
    "state": "open",
    "draft": False,
    "title": "Load settings",
    "body": "Fixes #1 <!-- x -->",
    "user": {"login": "octocat", "type": "User"},
    "head": {"sha": "a" * 40, "ref": "topic", "repo": {"full_name": "fork/app", "fork": True}},
    "base": {"sha": "b" * 40, "ref": "main", "repo": {"full_name": "octo/app", "default_branch": "main"}},
    "html_url": "https://github.com/octo/app/pull/7",
}

TARGET = Target(
    name="events",
    check=check,
    seeds=(
        json.dumps(_PULL).encode(),
        json.dumps(_PULL | {"body": None, "head": {"sha": "a" * 64, "ref": "x", "repo": None}}).encode(),
        json.dumps(_PULL | {"draft": True, "user": None, "title": "\ud800"}).encode(),
        json.dumps(_PULL | {"state": "closed", "number": 10**20}).encode(),
    ),
    words=(
        *(b'"%s": ' % key.encode() for key in (*_PULL, "login", "type", "sha", "ref", "repo", "full_name")),
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b"null",
            b"true",
            b"1",
            b"-1",
            b"1e999",
            b'"',
            b'""',
            b'"Bot"',
            b"\\ud800",
            b"\\u0000",
            b"a" * 40,
        ),
        *(b"../..", b"octo/app", b"fork/app", b"--output=x", b"@{-1}", b"NaN"),
    ),
)
