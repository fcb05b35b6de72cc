"""Which commit steers a review: one that the base branch stood at, not just any commit that it once took in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from action_runner import Runner
from github_server import GitHubServer, Pull, files_of
from messages_server import MessagesServer

OURS = {
    "app.py": "def main(text):\n    return int(text)\n",
    "secret.py": "def key():\n    return 1\n",
    ".reviewer.toml": 'instructions = "ci/review.md"\n',
    "ci/review.md": "Instructions of the branch.\n",
    "ci/operator.toml": 'language = "Welsh"\n',
    "CLAUDE.md": "Guidance of the branch.\n",
}
THEIRS = {
    ".reviewer.toml": 'instructions = "ci/review.md"\nmin-severity = "critical"\n',
    ".reviewerignore": "app.py\n",
    "ci/review.md": "Instructions of a stranger.\n",
    "ci/operator.toml": 'language = "Klingon"\nbase-url = "https://evil.example.invalid"\n',
    "CLAUDE.md": "Guidance of a stranger.\n",
}


def git(root: Path, *args: str) -> str:
    identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.invalid", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *identity, *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, files: Mapping[str, str], message: str) -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    return git(root, "rev-parse", "HEAD")


def nothing_found(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"findings": [], "summary": "Fine."}


@pytest.mark.parametrize("has_clone", [True, False])
def test_a_commit_within_an_earlier_pull_request_does_not_steer_the_next_one(
    tmp_path: Path, github: GitHubServer, messages: MessagesServer, make_runner: Callable[..., Runner], has_clone: bool
) -> None:
    """The stranger's first pull request brought a settings file in one commit, and took it back in the next.

    It was merged, and the branch never stood at the commit between. Their second pull request begins there, so that is the merge base.
    """
    origin, workspace = tmp_path / "origin", tmp_path / "workspace"
    origin.mkdir()
    git(origin, "init", "--quiet")
    commit(origin, OURS, "ours")
    git(origin, "checkout", "--quiet", "-b", "first")
    between = commit(origin, THEIRS, "settings")
    (origin / ".reviewerignore").unlink()
    commit(origin, {**OURS, "app.py": "def main(text):\n    return float(text)\n"}, "and back")
    git(origin, "checkout", "--quiet", "main")
    git(origin, "merge", "--quiet", "--no-ff", "-m", "merge", "first")
    base = git(origin, "rev-parse", "HEAD")
    git(origin, "checkout", "--quiet", "-b", "second", between)
    head = commit(origin, {"app.py": "def main(text):\n    return eval(text)\n"}, "second")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    if has_clone:
        git(tmp_path, "clone", "--quiet", "--branch=main", f"file://{origin}", str(workspace))
    else:
        workspace.mkdir()
    pull = Pull(number=7, base_sha=base, head_sha=head, files=files_of(origin, base, head))
    github.state.add_pull(pull)
    github.serve_repository(github.state.full_name, origin)
    messages.model = nothing_found
    payload = {"action": "opened", "number": 7, "pull_request": github.state.pull_object(pull)}
    inputs = {"anthropic-api-key": messages.key, "config": "ci/operator.toml", "instructions": "ci/review.md"}

    runner = make_runner(workspace, {"ANTHROPIC_BASE_URL": messages.url})
    ran = runner.run("pull_request_target", payload, inputs)

    assert (ran.code, ran.outputs["verdict"]) == (0, "clean"), ran.log
    body = messages.requests[-1].body
    question = json.dumps(body["messages"][-1]["content"][-1], ensure_ascii=False)
    assert "Welsh" in question
    assert "Klingon" not in question
    assert "Instructions of the branch." in question
    assert "Instructions of a stranger." not in question
    assert "return eval(text)" in json.dumps(body)
    assert "own guidance is in" not in json.dumps(body)


@pytest.mark.parametrize("as_argument", [False, True])
def test_a_base_that_the_author_chose_decides_nothing_for_the_operator(
    tmp_path: Path, github: GitHubServer, messages: MessagesServer, make_runner: Callable[..., Runner], as_argument: bool
) -> None:
    """Bots push what forks bring to branches of the repository itself, and any of these can be a pull request's base."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "--quiet")
    commit(origin, OURS, "ours")
    git(origin, "checkout", "--quiet", "-b", "copied/pull/1")
    base = commit(origin, THEIRS, "settings")
    git(origin, "checkout", "--quiet", "-b", "second")
    head = commit(origin, {"app.py": "def main(text):\n    return eval(text)\n"}, "second")
    pull = Pull(number=7, base_ref="copied/pull/1", base_sha=base, head_sha=head)
    github.state.add_pull(pull)
    github.serve_repository(github.state.full_name, origin)
    payload = {"action": "opened", "number": 7, "pull_request": github.state.pull_object(pull)}
    named = {"args": "--config ci/operator.toml"} if as_argument else {"config": "ci/operator.toml"}

    ran = make_runner(tmp_path).run("pull_request_target", payload, {"anthropic-api-key": messages.key, **named})

    assert (ran.code, ran.outputs["verdict"]) == (2, "error"), ran.log
    assert "'base-url' cannot be set by the repository under review" in ran.log
    assert [] == messages.requests
