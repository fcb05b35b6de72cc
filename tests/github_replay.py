"""A pull request pushed to again and again: a real git repository, a strict GitHub, and a finder who says what the test wants."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from github_server import GitHubServer, Pull, files_of
from reviewer.collect.changes import Change
from reviewer.collect.comparison import of_range
from reviewer.collect.repository import open_repository
from reviewer.findings import Category, Claim, Confidence, Severity
from reviewer.github.api import GitHub
from reviewer.github.mode import Mode
from reviewer.github.publish import Published, Publishing, publish
from reviewer.github.pull_request import PullRequest, from_api
from reviewer.outcome import Coverage, Making, Review, ReviewedChange, SkippedFile, SkipReason, Usage
from reviewer.reply.ground import ground
from reviewer.reply.merge import merge
from reviewer.reply.placing import place
from reviewer.templating import Templates

SERVER = "https://github.com"
TEMPLATES = Templates()
REVIEW = Publishing(mode=Mode.REVIEW, login="github-actions[bot]")
Files = Mapping[str, str | bytes | None]


def says(quote: str, path: str = "app.py", **more: Any) -> Claim:  # noqa: ANN401 - fields of a claim
    """What the finder claims: a defect at a quote."""
    plain = Claim(
        title=f"Wrong: {quote.strip()}",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        category=Category.CORRECTNESS,
        path=path,
        start_line=0,
        end_line=0,
        quote=quote,
        explanation="It cannot work.",
        suggestion="",
    )
    return replace(plain, **more)


class Replay:
    """One pull request."""

    def __init__(self, folder: Path, github: GitHubServer, client: GitHub) -> None:
        self.root = folder
        self.github = github
        self.client = client
        self.state = github.state
        self.pull = Pull(number=7)
        self.texts: dict[str, str] = {}
        self.unread: list[str] = []
        """Files at HEAD that hold no text."""
        self.review: Review | None = None
        self._submodules: dict[str, str] = {}

    def begin(self, files: Files) -> None:
        """The base branch."""
        self.root.mkdir()
        self.git("init", "--quiet")
        self.pull.base_sha = self.commit(files)
        self.state.add_pull(self.pull)

    def stage(self, files: Files) -> None:
        """Write files (None: delete them)."""
        for path, text in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if text is not None:
                target.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, files: Files) -> str:
        """Write files and commit; the commit's id."""
        self.stage(files)
        self.git("add", "--all", "--ignore-errors")
        for path, commit in self._submodules.items():
            self.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD").strip()

    def note_submodule(self, path: str, commit: str) -> None:
        """A submodule at this commit, from the next commit on."""
        self._submodules[path] = commit

    def push(self, files: Files, *claims: Claim, options: Publishing = REVIEW, **more: Any) -> Published:  # noqa: ANN401
        """A push to the pull request, its review, and the publishing of that."""
        self.commit(files)
        return self.again(*claims, options=options, **more)

    def push_merged(self, files: Files, *claims: Claim) -> Published:
        """The same, of what several looks found: different defects of one quote have fingerprints of their own."""
        self.commit(files)
        self.look()
        review = self.make_review(claims)
        self.review = replace(review, findings=merge(review.findings))
        return self.publish()

    def again(self, *claims: Claim, options: Publishing = REVIEW, **more: Any) -> Published:  # noqa: ANN401
        """A new review of the same commit. `more` replaces fields of the review."""
        self.look()
        self.review = replace(self.make_review(claims), **more)
        return self.publish(options)

    def publish(self, options: Publishing = REVIEW) -> Published:
        """The last review once more."""
        assert self.review is not None
        return publish(self.client, self.request(), self.review, options, TEMPLATES, self.texts)

    def request(self) -> PullRequest:
        return from_api(self.client, self.state.owner, self.state.repo, 7, server_url=SERVER)

    def look(self) -> None:
        """What GitHub and the reviewer see of HEAD."""
        self.pull.head_sha = self.git("rev-parse", "HEAD").strip()
        self.pull.files = files_of(self.root, self.pull.base_sha, "HEAD")
        found = {path: self._text(path) for path in self.git("ls-files", "-z").split("\0") if path}
        self.texts = {path: text for path, text in found.items() if text is not None}
        self.unread = sorted(found.keys() - self.texts.keys())

    def _text(self, path: str) -> str | None:
        """The text of a file at HEAD, which is checked out; None for anything else."""
        target = self.root / path
        if target.is_symlink() or not target.is_file():
            return None
        data = target.read_bytes()
        return None if b"\0" in data else data.decode("utf-8", "replace")

    def make_review(self, claims: Sequence[Claim], *, skipped: tuple[SkippedFile, ...] = ()) -> Review:
        change = self.change()
        findings, ungrounded = ground(claims, self.texts.get)
        return Review(
            subject=f"{self.state.full_name}#7",
            commit=self.pull.head_sha,
            findings=place(findings, change),
            withheld=0,
            ungrounded=ungrounded,
            coverage=Coverage(
                read=tuple(self.texts),
                skipped=(*skipped, *(SkippedFile(path, SkipReason.BINARY) for path in self.unread)),
                read_bytes=1,
                read_lines=1,
            ),
            summary="",
            problems=(),
            notes=(),
            making=Making(engine="claude", model="m", usage=Usage(input_tokens=10), cost_usd=0.25, version="0", run="r"),
            change=ReviewedChange(
                label="x", base=change.base.commit, head=change.head.commit, files=len(change.files), added=1, removed=0
            ),
        )

    def change(self) -> Change:
        repository = open_repository(self.root)
        assert repository is not None
        with repository:
            return of_range(repository, f"{self.pull.base_sha}...{self.pull.head_sha}")

    def git(self, *args: str) -> str:
        identity = ["-c", "user.name=P", "-c", "user.email=p@example.invalid", "-c", "init.defaultBranch=main"]
        return subprocess.run(
            ["git", *identity, *args], cwd=self.root, check=True, capture_output=True, text=True, errors="surrogateescape"
        ).stdout

    @property
    def inline(self) -> list[tuple[str, int]]:
        """Path and last line of every inline comment that stands there, in the order they were posted."""
        return [(row["path"], row["line"]) for row in self.state.review_comments]

    @property
    def sticky(self) -> str:
        """The one summary comment."""
        (row,) = [row for row in self.state.issue_comments if "reviewer:sticky" in row["body"]]
        return str(row["body"])

    @property
    def hidden(self) -> dict[str, str]:
        """Path and line of comments that are folded → why."""
        rows = self.state.review_comments
        return {f"{row['path']}:{row['line']}": why for row in rows if (why := self.state.minimized.get(row["node_id"]))}

    @property
    def standings(self) -> dict[str, str]:
        """Title → standing, from the tables of the summary comment."""
        rows = [line.split(" | ") for line in self.sticky.split("\n") if line.startswith("| ")]
        return {
            row[1].removesuffix(" (origin not stated)"): row[3].removesuffix(" |")
            for row in rows
            if len(row) == 4 and "Wrong" in row[1]
        }
