"""Ten pushes to one pull request of a real repository, each reviewed and published by the command line, against servers on this machine.

    python bench/replay.py CLONE [CLONE ...] [--pushes 10] [--end REF] [--skip N]

The pull request is the last commits of a repository's main line: its base stays, each commit is a push. The Messages server answers with
findings about real added lines, chosen by hash: a finder that sees six of ten of what it could, each time others, sometimes quotes a line
more, and sometimes calls it something else. What stands on the (strict) GitHub server is then held against git:

repeated: an inline comment about a line that an earlier one is about. wrongly fixed: a finding called fixed though every line it quoted
still stands in its file. in part: called fixed though one of the lines it quoted does. prefix: bytes that the prompt has in common with that
of the push before, from its start; of the base: their share of the prompt's part before the change; of all: of the whole prompt.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from github_server import GitHubServer, Pull, files_of  # noqa: E402 - the servers of the tests of this checkout
from messages_server import MessagesServer  # noqa: E402

_CHOSEN = 2
"""One added line of so many is a place of a finding."""
_MOST = 25
_TELLING = 12
_SEEN, _LONGER, _RENAMED = 0.6, 0.2, 0.1
"""How often a place is told of; how often with the line after it; how often under another category."""
_NUMBER = 1
Row = dict[str, Any]


@dataclass(frozen=True)
class Spot:
    """A line that a finding may be about."""

    path: str
    number: int
    line: str
    after: str

    @property
    def name(self) -> str:
        """The same whatever file and line it stands in."""
        return hashlib.sha256(self.line.strip().encode()).hexdigest()[:10]

    def chance(self, *of: object) -> float:
        """Between 0 and 1, the same at each run."""
        return int.from_bytes(hashlib.sha256(repr((self.path, self.line, of)).encode()).digest()[:4]) / 2**32


@dataclass
class Seen:
    """What stood on GitHub before."""

    comments: int = 0
    told: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)
    prompt: bytes = b""


class PullRequest:
    """One pull request of one repository."""

    def __init__(self, clone: Path, github: GitHubServer, folder: Path) -> None:
        self.clone = clone
        self.github = github
        self.folder = folder
        self.pull = Pull(number=_NUMBER, title="A change", body="What it is about.", base_ref="the-base")
        self.quotes: dict[str, set[tuple[str, str]]] = {}
        """Title → path and quote of each time it was told."""

    def git(self, *args: str) -> str:
        """What git says of the repository."""
        done = subprocess.run(["git", *args], cwd=self.clone, check=True, capture_output=True, encoding="utf-8", errors="replace")
        return done.stdout

    def push(self, base: str, head: str) -> None:
        """What GitHub knows of a push."""
        self.pull.base_sha, self.pull.head_sha = base, head
        self.pull.files = files_of(self.clone, base, head)

    def spots(self) -> list[Spot]:
        """The lines of this push's diff that a finder could speak of, at the head."""
        diff = self.git(
            "diff",
            "--no-renames",
            "-U0",
            "--no-ext-diff",
            self.pull.base_sha,
            self.pull.head_sha,
            "--",
            "*.py",
            "*.go",
            "*.js",
            "*.ts",
        )
        found: dict[str, Spot] = {}
        for path, added in _added(diff):
            lines = self.git("show", f"{self.pull.head_sha}:{path}").split("\n")
            for number in added:
                line, after = lines[number - 1], lines[number] if number < len(lines) else ""
                spot = Spot(path, number, line, after)
                if len("".join(line.split())) >= _TELLING and spot.chance("chosen") < 1 / _CHOSEN:
                    found.setdefault(spot.name, spot)
        return sorted(found.values(), key=lambda spot: spot.chance("order"))[:_MOST]

    def answer(self, push: int) -> Row:
        """What the finder says at a push."""
        findings = [self._finding(spot, push) for spot in self.spots() if spot.chance("seen", push) < _SEEN]
        return {"findings": findings, "summary": ""}

    def _finding(self, spot: Spot, push: int) -> Row:
        longer = bool(spot.after.strip()) and spot.chance("longer", push) < _LONGER
        quote = f"{spot.line}\n{spot.after}" if longer else spot.line
        title = f"Planted {spot.name}"
        self.quotes.setdefault(title, set()).add((spot.path, quote))
        return {
            "path": spot.path,
            "quote": quote,
            "start_line": spot.number,
            "end_line": spot.number + longer,
            "category": "security" if spot.chance("renamed", push) < _RENAMED else "correctness",
            "severity": ("low", "medium", "high")[int(spot.chance("severity") * 3)],
            "confidence": "medium",
            "title": title,
            "explanation": "The line was chosen by chance.",
            "suggestion": "",
            "origin": "introduced",
        }

    def standing(self, title: str) -> tuple[bool, bool]:
        """Of a finding that was told: whether all its lines, and whether one of them, still stand in its file (in every form it took)."""
        whole, part = [], []
        for path, quote in self.quotes[title]:
            plain = _plain(self._text(path))
            there = [_plain(line) in plain for line in quote.split("\n") if len(_plain(line)) >= _TELLING]
            whole.append(all(there))
            part.append(any(there))
        return all(whole), any(part)

    def _text(self, path: str) -> str:
        done = subprocess.run(["git", "show", f"{self.pull.head_sha}:{path}"], cwd=self.clone, capture_output=True, check=False)
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def _plain(text: str) -> str:
    return "".join(text.split())


def _added(diff: str) -> Iterator[tuple[str, range]]:
    path = ""
    for line in diff.split("\n"):
        if line.startswith("+++ b/"):
            path = line[6:]
        elif path and (at := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)):
            yield path, range(int(at[1]), int(at[1]) + int(at[2] or 1))


def replay(clone: Path, pushes: int, end: str, skip: int) -> Iterator[list[object]]:
    """A row of the table for each push."""
    with tempfile.TemporaryDirectory() as folder, GitHubServer() as github, MessagesServer() as messages:
        served = Path(folder) / "served.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", "--shared", clone, served], check=True)
        pull = PullRequest(served, github, Path(folder))
        github.state.add_pull(pull.pull)
        github.serve_repository(github.state.full_name, served)
        commits = pull.git("rev-list", "--first-parent", f"--max-count={pushes + 1 + skip}", end).split()[skip:][::-1]
        pull.git("update-ref", f"refs/heads/{pull.pull.base_ref}", commits[0])
        seen = Seen()
        for number, head in enumerate(commits[1:], 1):
            pull.push(commits[0], head)
            messages.model = lambda _, number=number: pull.answer(number)  # type: ignore[misc]
            started = time.monotonic()
            _run(pull, messages, Path(folder))
            yield [number, *_row(pull, messages, seen), f"{time.monotonic() - started:.1f}"]
        if github.violations:
            raise SystemExit(f"requests that GitHub would not read: {github.violations}")


def _run(pull: PullRequest, messages: MessagesServer, folder: Path) -> None:
    github = pull.github
    url = f"{github.url}/{github.state.full_name}/pull/{_NUMBER}"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **github.environment, **messages.environment}
    options = ["--publish", "review", "--state-dir", str(folder / "state"), "--output", str(folder / "report.json")]
    done = subprocess.run(
        [sys.executable, "-m", "reviewer", "review", url, *options],
        cwd=PROJECT,
        env={**environment, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"reviewer ended with {done.returncode}:\n{done.stderr}")


def _row(pull: PullRequest, messages: MessagesServer, seen: Seen) -> list[object]:
    """What this push changed, and what of it is wrong."""
    state = pull.github.state
    prompt, base = _prompt(messages)
    shared = _common(seen.prompt, prompt)
    comments = state.review_comments[seen.comments :]
    titles = [_title(row["body"]) for row in comments]
    repeated = sum(title in seen.told or titles.count(title) > 1 for title in titles)
    fixed = _fixed(state.issue_comments[0]["body"])
    folded = {_title(row["body"]) for row in state.review_comments if row["node_id"] in state.minimized}
    standing = {title: pull.standing(title) for title in fixed | folded}
    row: list[object] = [
        len(prompt),
        shared if seen.prompt else "",
        f"{min(shared / base, 1):.1%}" if seen.prompt else "",
        f"{shared / len(prompt):.1%}" if seen.prompt else "",
        len(comments),
        repeated,
        len(fixed - seen.fixed),
        sum(whole for whole, _ in standing.values()),
        sum(part and not whole for whole, part in standing.values()),
    ]
    seen.comments, seen.prompt, seen.fixed = len(state.review_comments), prompt, fixed | seen.fixed
    seen.told |= set(titles)
    return row


def _common(one: bytes, other: bytes) -> int:
    """How many first bytes are the same: found by halving."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _prompt(messages: MessagesServer) -> tuple[bytes, int]:
    """The text of the last request, and how many bytes of it come before what the change brings."""
    body = next(request.body for request in reversed(messages.requests) if request.path == "/v1/messages")
    system = "".join(block["text"] for block in body["system"]) if isinstance(body["system"], list) else body["system"]
    blocks: Sequence[Mapping[str, str]] = body["messages"][0]["content"]
    texts = [block["text"] for block in blocks]
    return "".join((system, *texts)).encode(), len((system + texts[0]).encode())


def _title(body: str) -> str:
    found = re.search(r"Planted [0-9a-f]{10}", body.replace("&#8203;", ""))
    return found[0] if found else ""


def _fixed(sticky: str) -> set[str]:
    return {_title(line) for line in sticky.split("\n") if line.endswith("| fixed |")}


_COLUMNS = (
    "push",
    "prompt bytes",
    "prefix",
    "of the base",
    "of all",
    "posted",
    "repeated",
    "fixed",
    "wrongly fixed",
    "in part",
    "seconds",
)


def main() -> None:
    """Print a table for each clone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--pushes", type=int, default=10)
    parser.add_argument("--end", default="HEAD", help="the last push")
    parser.add_argument("--skip", type=int, default=0, help="commits before it that are left out")
    arguments = parser.parse_args()
    for clone in arguments.clones:
        print(f"\n{clone.name}\n\n| {' | '.join(_COLUMNS)} |\n|{' ---: |' * len(_COLUMNS)}")
        for row in replay(clone.resolve(), arguments.pushes, arguments.end, arguments.skip):
            print(f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |", flush=True)


if __name__ == "__main__":
    main()
