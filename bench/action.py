"""The Action on real commits as if each were a pull request, twice: what it takes, what it posts, what the second run doubles.

    python bench/action.py CLONE COMMIT...

Each COMMIT becomes a pull request against its parent, in the workspace that `actions/checkout` would make. The second step of `action.yml` runs as it is written, against the strict GitHub and the strict Messages API
of the tests; the finder claims a defect in the longest added line of up to three files.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from action_runner import Runner
from github_server import GitHubServer, Pull, files_of
from messages_server import MessagesServer

_DIFF = re.compile(r'<diff id="([^"\n]+)" path=("[^\n]*") change="[^\n]*>\n(.*?)\n</diff id="\1">', re.DOTALL)
_ADDED = re.compile(r"^\s*\d+ \+(.*)$", re.MULTILINE)
_FILES = 3


def git(root: Path, *args: str) -> str:
    """What git says in `root`."""
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True, errors="replace").stdout


def find(body: Mapping[str, Any]) -> dict[str, Any]:
    """A defect in the longest added line of up to three files."""
    text = "\n".join(part["text"] for message in body["messages"] for part in message["content"])
    findings = []
    for _, path, diff in _DIFF.findall(text):
        added = max(_ADDED.findall(diff), key=len, default="")
        if len(added.strip()) > len("return"):
            findings.append(_claim(json.loads(path), added))
    return {"findings": findings[:_FILES], "summary": "It was looked at."}


def _claim(path: str, quote: str) -> dict[str, Any]:
    return {
        "path": path,
        "quote": quote,
        "start_line": 1,
        "end_line": 1,
        "category": "correctness",
        "severity": "medium",
        "confidence": "medium",
        "title": "This line was looked at",
        "explanation": "It is the longest that was added.",
        "suggestion": "",
        "origin": "introduced",
    }


def main(clone: Path, commits: Sequence[str]) -> None:
    """Print the table."""
    print("| commit | files | files around | seconds, first and second run | inline | reviews | summaries | doubled |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for number, name in enumerate(commits, 1):
        head = git(clone, "rev-parse", f"{name}^{{commit}}").strip()
        with (
            tempfile.TemporaryDirectory() as folder,
            GitHubServer(token="ghs_0123456789abcdef") as github,  # noqa: S106
            MessagesServer(model=find) as messages,
        ):
            print(row(clone, head, number, Path(folder), github, messages), flush=True)


def row(clone: Path, head: str, number: int, folder: Path, github: GitHubServer, messages: MessagesServer) -> str:
    """One pull request."""
    base = git(clone, "rev-parse", f"{head}^").strip()
    entries = files_of(clone, base, head)
    pull = github.state.add_pull(
        Pull(number=number, base_sha=base, head_sha=head, files=entries, title=git(clone, "log", "-1", "--format=%s", head))
    )
    origin = folder / "origin"
    git(folder, "clone", "--quiet", "--bare", "--shared", str(clone), str(origin))
    for branch, tip in (("main", base), ("topic", head)):
        git(origin, "update-ref", f"refs/heads/{branch}", tip)
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    github.serve_repository(github.state.full_name, origin)
    workspace, temp = folder / "workspace", folder / "temp"
    temp.mkdir()
    git(folder, "init", "--quiet", str(workspace))
    git(workspace, "fetch", "--quiet", "--depth=1", f"file://{origin}", head)
    git(workspace, "checkout", "--quiet", "FETCH_HEAD")
    environ = {name: url for name, url in github.environment.items() if name != "GITHUB_TOKEN"}
    environ |= {
        "ANTHROPIC_BASE_URL": messages.url,
        "GITHUB_REPOSITORY": github.state.full_name,
        "GITHUB_SHA": head,
        "HOME": str(folder),
    }
    runner = Runner(workspace, temp, environ, sys.executable)
    took: list[float] = []
    posted: list[tuple[int, int, int]] = []
    said = ""
    for _ in range(2):
        payload = {"action": "synchronize", "number": number, "pull_request": github.state.pull_object(pull)}
        began = time.monotonic()
        ran = runner.run("pull_request", payload, {"anthropic-api-key": messages.key, "max-cost": "100"})
        took.append(time.monotonic() - began)
        if ran.code:
            sys.exit(ran.log)
        said = ran.log
        state = github.state
        posted.append((len(state.review_comments), len(state.reviews), len(state.issue_comments)))
    first, second = posted
    around = re.search(r"([\d,]+) files? around", said)
    doubled = sum(second) - sum(first) + len(github.violations)
    seconds = " and ".join(f"{value:.1f}" for value in took)
    files = len(git(clone, "diff", "--name-only", base, head).split("\n")) - 1
    return f"| `{head[:12]}` | {files} | {around[1] if around else 0} | {seconds} | {first[0]} | {first[1]} | {first[2]} | {doubled} |"


if __name__ == "__main__":
    os.environ.setdefault("GIT_CONFIG_NOSYSTEM", "1")
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
