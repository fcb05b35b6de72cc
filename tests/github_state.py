"""What a small GitHub remembers, and how it answers the calls that are described: the objects, without HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from github_files import DiffEntry, Hunk, Row, from_hunks

from github_rules import filled

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(kw_only=True)
class Pull:
    """A pull request."""

    number: int = 1
    title: str = "A change"
    body: str | None = "What it is about."
    author: str = "contributor"
    author_type: str = "User"
    state: str = "open"
    draft: bool = False
    base_ref: str = "main"
    base_sha: str = "b" * 40
    head_ref: str = "topic"
    head_sha: str = "a" * 40
    head_repo: str | None = None
    """OWNER/REPO of a fork; None for the repository itself."""
    head_is_gone: bool = False
    """The fork was deleted."""
    updated_at: str = "2026-01-01T00:00:00Z"
    hunks: Mapping[str, Iterable[Hunk]] = field(default_factory=dict)
    """Path → hunks: where a review comment may be placed, for tests without a repository. An empty mapping takes none."""
    files: Sequence[DiffEntry] | None = None
    """The changed files of a real repository (`files_of`); None where `hunks` says it all."""
    commits: frozenset[str] | None = None
    """The commits that it holds; after a force-push the earlier ones are not among them. None: any commit is taken for one of it."""
    locked: bool = False
    """Nobody without write access to the repository may comment."""

    @property
    def entries(self) -> Sequence[DiffEntry]:
        """The changed files."""
        return from_hunks(self.hunks) if self.files is None else self.files


class CallRefusedError(Exception):
    """A call that GitHub would understand, and refuse."""

    def __init__(self, status: int, message: str, errors: Iterable[str | Row] = (), *, page: str = "rest") -> None:
        super().__init__(message)
        self.status = status
        self.body: Row = {"message": message, "documentation_url": f"https://docs.github.com/{page}", "status": f"{status}"}
        if listed := list(errors):
            self.body["errors"] = listed


class State:
    """One repository, and what was written to it. Everything may be looked at and changed by a test."""

    def __init__(self, full_name: str = "octo-org/hello", *, writer: str = "github-actions[bot]") -> None:
        self.owner, _, self.repo = full_name.partition("/")
        self.writer = writer
        """Who the token belongs to."""
        self.url = "https://api.github.invalid"
        self.pulls: dict[int, Pull] = {}
        self.reviews: list[Row] = []
        self.review_comments: list[Row] = []
        self.issue_comments: list[Row] = []
        self.permissions: dict[str, str] = {}
        """Login → admin, write, read or none; who is not here does not exist."""
        self.activity: dict[str, list[Row]] = {}
        """OWNER/REPO → pushes, newest first: rows of `ref`, `before`, `after`, `timestamp`."""
        self.merge_bases: dict[tuple[str, str], str] = {}
        self.merge_base: Callable[[str, str], str | None] | None = None
        """Asked for what `merge_bases` does not hold, such as a real repository."""
        self.minimized: dict[str, str] = {}
        """Node id → classifier."""
        self.may_write = True
        """Whether the token may write at all; a fork's may not."""
        self.may_write_contents = False
        """Whether it may push: what resolving a thread and writing on a locked conversation need beyond `pull-requests: write`."""
        self.longest_body = 65_536
        """Characters."""
        self.on_call: Callable[[str, str], None] = lambda _method, _path: None
        """Called before a call is carried out: what somebody else does in just that moment."""
        self.resolved: set[str] = set()
        """Node ids of threads."""
        self._ids = itertools.count(1001)
        self._clock = itertools.count()

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.repo}"

    def add_pull(self, pull: Pull) -> Pull:
        self.pulls[pull.number] = pull
        return pull

    def add_issue_comment(self, number: int, body: str, *, login: str | None = None) -> Row:
        """A comment on the conversation; by the token's owner unless somebody else is named."""
        if login is None:
            self._check_lock(
                number, 403, "Unable to create comment because issue is locked.", page="articles/locking-conversations/"
            )
        if len(body) > self.longest_body:
            raise CallRefusedError(422, "Validation Failed", [_problem("IssueComment", "data", self._too_long, "unprocessable")])
        identity = next(self._ids)
        row = filled(
            "issue-comment",
            {
                "id": identity,
                "node_id": f"IC_{identity}",
                "body": body,
                "user": account(login or self.writer),
                "html_url": f"https://github.com/{self.full_name}/pull/{number}#issuecomment-{identity}",
                "url": f"{self.url}/repos/{self.full_name}/issues/comments/{identity}",
                "issue_url": f"{self.url}/repos/{self.full_name}/issues/{number}",
                "created_at": self._tick(),
                "updated_at": self._tick(),
                "author_association": "NONE",
            },
        )
        self.issue_comments.append(row)
        return row

    def add_review(self, number: int, wish: Row, *, login: str | None = None) -> Row:
        """A review with its comments: all of it, or (CallRefusedError, 422) nothing."""
        pull = self.pull(number)
        comments = wish.get("comments") or []
        if login is None:
            self._check_lock(number, 422, "Unprocessable Entity", ["lock prevents review"])
        if pull.commits is not None and wish.get("commit_id", pull.head_sha) not in pull.commits:
            raise CallRefusedError(422, "Unprocessable Entity", ["commit_id is not part of the pull request"])
        if any(len(body or "") > self.longest_body for body in (wish.get("body"), *(comment["body"] for comment in comments))):
            raise CallRefusedError(422, "Unprocessable Entity", [self._too_long])
        problems = [problem for comment in comments if (problem := why_not_there(pull, comment))]
        if problems:  # in words only: which of the comments is meant is not said
            raise CallRefusedError(422, "Unprocessable Entity", tuple(dict.fromkeys(problems)))
        event = wish.get("event")
        if event in {"COMMENT", "REQUEST_CHANGES"} and not wish.get("body") and not comments:
            raise CallRefusedError(422, "Unprocessable Entity", ("Body can't be blank",))
        if event == "APPROVE" and self.writer.endswith("[bot]"):
            raise CallRefusedError(422, "GitHub Actions is not permitted to approve pull requests.")
        identity = next(self._ids)
        row = filled(
            "pull-request-review",
            {
                "id": identity,
                "node_id": f"PRR_{identity}",
                "user": account(login or self.writer),
                "body": wish.get("body") or "",
                "state": _STATES[event],
                "commit_id": wish.get("commit_id") or pull.head_sha,
                "html_url": f"https://github.com/{self.full_name}/pull/{number}#pullrequestreview-{identity}",
                "pull_request_url": self._pull_url(number),
                "submitted_at": self._tick(),
                "author_association": "NONE",
            },
        )
        self.reviews.append(row)
        for comment in comments:
            self.add_review_comment(number, comment | {"commit_id": row["commit_id"]}, review=identity, login=login)
        return row

    def add_review_comment(self, number: int, wish: Row, *, review: int | None = None, login: str | None = None) -> Row:
        """A comment on lines, or (`subject_type: file`) on a file."""
        pull = self.pull(number)
        if problem := why_not_there(pull, wish):
            error = _problem("PullRequestReviewComment", "pull_request_review_thread.line", problem, "custom")
            raise CallRefusedError(422, "Validation Failed", [error])
        identity = next(self._ids)
        lines = {key: wish[key] for key in ("line", "side", "start_line", "start_side") if key in wish}
        row = filled(
            "pull-request-review-comment",
            {
                "id": identity,
                "node_id": f"PRRC_{identity}",
                "pull_request_review_id": review or next(self._ids),
                "path": wish["path"],
                "body": wish["body"],
                "user": account(login or self.writer),
                "commit_id": wish.get("commit_id") or pull.head_sha,
                "original_commit_id": wish.get("commit_id") or pull.head_sha,
                "html_url": f"https://github.com/{self.full_name}/pull/{number}#discussion_r{identity}",
                "url": f"{self.url}/repos/{self.full_name}/pulls/comments/{identity}",
                "pull_request_url": self._pull_url(number),
                "subject_type": wish.get("subject_type", "line"),
                "created_at": self._tick(),
                "updated_at": self._tick(),
                "author_association": "NONE",
            }
            | lines,
        )
        self.review_comments.append(row)
        return row

    def add_reply(self, comment: Row, body: str, *, login: str = "person") -> Row:
        """An answer below a comment on lines."""
        wish = {key: comment[key] for key in ("path", "line", "side", "start_line", "start_side") if comment.get(key) is not None}
        number = int(comment["pull_request_url"].rpartition("/")[2])
        row = self.add_review_comment(number, {**wish, "body": body}, login=login)
        row["in_reply_to_id"] = comment["id"]
        return row

    def pull(self, number: int) -> Pull:
        if number not in self.pulls:
            raise CallRefusedError(404, "Not Found")
        return self.pulls[number]

    def pull_object(self, pull: Pull, schema: str = "pull-request") -> Row:
        """A pull request in GitHub's form."""
        page = f"https://github.com/{self.full_name}/pull/{pull.number}"
        owner = (pull.head_repo or self.full_name).partition("/")[0]
        made = filled(
            schema,
            {
                "id": 5_000_000_000 + pull.number,
                "number": pull.number,
                "title": pull.title,
                "body": pull.body,
                "state": pull.state,
                "draft": pull.draft,
                "html_url": page,
                "url": self._pull_url(pull.number),
                "user": account(pull.author, pull.author_type),
                "author_association": "NONE",
                "updated_at": pull.updated_at,
                "base": {
                    "ref": pull.base_ref,
                    "sha": pull.base_sha,
                    "label": f"{self.owner}:{pull.base_ref}",
                    "repo": self._repository(self.full_name),
                    "user": account(self.owner),
                },
                "head": {
                    "ref": pull.head_ref,
                    "sha": pull.head_sha,
                    "label": f"{owner}:{pull.head_ref}",
                    "repo": self._repository(pull.head_repo or self.full_name),
                    "user": account(owner),
                },
            },
        )
        if pull.head_is_gone:
            made["head"]["repo"] = None
        return made

    def comparison(self, base: str, head: str) -> Row:
        """`GET /compare/base...head`."""
        found = self.merge_bases.get((base, head)) or (self.merge_base(base, head) if self.merge_base else None)
        if found is None:
            raise CallRefusedError(404, "No common ancestor between them." if self.merge_base else "Not Found")
        return filled(
            "commit-comparison", {"status": "diverged", "merge_base_commit": {"sha": found}, "base_commit": {"sha": base}}
        )

    def permission(self, login: str) -> Row:
        if login not in self.permissions:
            raise CallRefusedError(404, f"{login} is not a user")
        given = self.permissions[login]
        legacy = {"maintain": "write", "triage": "read"}.get(given, given)
        return filled("repository-collaborator-permission", {"permission": legacy, "role_name": given})

    def pushes(self, full_name: str, ref: str | None) -> list[Row]:
        if full_name not in self.activity:
            raise CallRefusedError(404, "Not Found")
        rows = [row for row in self.activity[full_name] if ref is None or row["ref"] == ref]
        return [
            filled("activity", {"activity_type": "push", "before": "0" * 40, "id": number} | row)
            for number, row in enumerate(rows)
        ]

    def edit(self, rows: list[Row], identity: int, body: str) -> Row:
        row = self.one(rows, identity)
        row |= {"body": body, "updated_at": self._tick()}
        return row

    @staticmethod
    def one(rows: list[Row], identity: int) -> Row:
        found = next((row for row in rows if row["id"] == identity), None)
        if found is None:
            raise CallRefusedError(404, "Not Found")
        return found

    def delete(self, rows: list[Row], identity: int) -> None:
        rows.remove(self.one(rows, identity))

    def files(self, number: int) -> list[Row]:
        """`GET /pulls/{n}/files`."""
        page = f"https://github.com/{self.full_name}"
        return [filled("diff-entry", entry.row(page)) for entry in self.pull(number).entries]

    @property
    def _too_long(self) -> str:
        return f"Body is too long (maximum is {self.longest_body} characters)"

    def _check_lock(self, number: int, status: int, message: str, errors: Iterable[str] = (), *, page: str = "rest") -> None:
        if number in self.pulls and self.pulls[number].locked and not self.may_write_contents:
            raise CallRefusedError(status, message, errors, page=page)

    def _repository(self, full_name: str) -> Row:
        owner, _, name = full_name.partition("/")
        facts = {"full_name": full_name, "name": name, "owner": account(owner), "default_branch": "main"}
        return {**facts, "fork": full_name != self.full_name}

    def _pull_url(self, number: int) -> str:
        return f"{self.url}/repos/{self.full_name}/pulls/{number}"

    def _tick(self) -> str:
        return (_START + timedelta(seconds=next(self._clock))).isoformat().replace("+00:00", "Z")


_STATES = {None: "PENDING", "COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}


def account(login: str, kind: str | None = None) -> Row:
    """A user, or (by its name) a bot."""
    return filled(
        "simple-user",
        {
            "login": login,
            "id": 41898282 if login == "github-actions[bot]" else 1000 + sum(login.encode()),
            "type": kind or ("Bot" if login.endswith("[bot]") else "User"),
        },
    )


def why_not_there(pull: Pull, comment: Row) -> str | None:
    """GitHub's rule for the place of a comment: lines of one hunk, on the side that has them. None when it may be placed there.

    In GitHub's words, which for a review are one sentence for all that is wrong with a comment.
    """
    entry = next((entry for entry in pull.entries if entry.path == comment["path"]), None)
    if entry is not None and comment.get("subject_type") == "file":
        return None
    problems = ["path is invalid", _NO_HUNK] if entry is None else list(_wrong_lines(entry, comment))
    sentences = [f"Pull request review thread {problem}" for problem in problems]
    if len(sentences) < _MANY:
        return " and ".join(sentences) or None
    return f"{', '.join(sentences[:-1])}, and {sentences[-1]}"


_NO_HUNK = "diff hunk can't be blank"
_MANY = 3


def _wrong_lines(entry: DiffEntry, comment: Row) -> Iterator[str]:
    line = comment.get("line")
    if not isinstance(line, int):
        yield "line could not be resolved"
        return
    side: str = comment.get("side", "RIGHT")
    start: int = comment.get("start_line", line)
    start_side: str = comment.get("start_side", side)
    if "start_line" in comment and start_side == side and start >= line:
        yield "start line must precede the end line."
        return
    holding = [hunk for hunk in entry.hunks if _holds(hunk, line, side)]
    if not holding:
        yield "line must be part of the diff"
    if "start_line" in comment and not any(_holds(hunk, start, start_side) for hunk in holding):
        yield "start line must be part of the same hunk as the line."
    if not holding:
        yield _NO_HUNK


def _holds(hunk: Hunk, line: int, side: str) -> bool:
    start, count = hunk[2:] if side == "RIGHT" else hunk[:2]
    return start <= line < start + count


def _problem(resource: str, field: str, message: str, code: str) -> Row:
    return {"resource": resource, "code": code, "field": field, "message": message}
