"""Payloads of events: the examples that GitHub publishes, and what follows from them for cases that it gives no example of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data" / "github"
HELLO = "Codertocat/Hello-World"
"""The repository of the examples about pull requests."""
FORK = "Somebody/Hello-World"


def example(name: str) -> dict[str, Any]:
    """An example as it is published, such as `pull_request.opened`."""
    payload: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_bytes())
    return payload


def from_fork() -> dict[str, Any]:
    """A pull request that comes from a fork."""
    payload = example("pull_request.opened")
    head = payload["pull_request"]["head"]
    head["repo"] |= {"full_name": FORK, "fork": True}
    head["label"] = "Somebody:changes"
    return payload


def from_deleted_fork() -> dict[str, Any]:
    """A pull request whose fork is gone."""
    payload = from_fork()
    payload["pull_request"]["head"]["repo"] = None
    return payload


def review_asked(body: str = "/review", login: str = "maintainer") -> dict[str, Any]:
    """A comment on a pull request (number 1)."""
    payload = example("issue_comment.created")
    page = f"https://github.com/{HELLO}/pull/1"
    api = f"https://api.github.com/repos/{HELLO}/pulls/1"
    payload["issue"]["pull_request"] = {"url": api, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
    payload["comment"]["body"] = body
    payload["comment"]["user"]["login"] = login
    return payload
