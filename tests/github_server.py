"""A GitHub on this machine: stateful, and strict in both directions.

    with GitHubServer() as github:
        github.state.add_pull(Pull(number=7, head_sha="…", hunks={"a.py": [(1, 3, 1, 4)]}))
        publish(GitHub(github.token, github.url, graphql_url=f"{github.url}/graphql"))
        assert github.writes == ["POST /repos/octo-org/hello/pulls/7/reviews"]

Every request must be one that GitHub's own OpenAPI description or GraphQL schema allows: else it is answered 400 or 422, and kept in
`violations`. So is every answer of ours that GitHub could not give. A test that uses the fixture `github` fails when there is one.

By hand: `python tests/github_server.py --port 8788 --git CLONE`. One pull request, number 1, from the last commit but one to the last.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from github_files import Row, files_of

from git_server import GitBackend
from github_graphql import answer_graphql
from github_rules import answer_violations, filled, is_described, request_violations
from github_state import CallRefusedError, Pull, State, account

__all__ = ["Clock", "GitHubServer", "Pull", "Received", "Trouble", "account", "files_of", "secondary_limit", "too_quick"]


@dataclass(frozen=True)
class Received:
    """A request that arrived. The Authorization header is replaced by `right`, `wrong` or nothing."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any


@dataclass(kw_only=True)
class Trouble:
    """Something that happens instead of an answer, to requests whose method and path fit."""

    method: str = ""
    """Empty for any."""
    path: str = ""
    """A part of the path."""
    status: int = 0
    """0: the request is carried out."""
    message: str = ""
    errors: tuple[Row, ...] = ()
    page: str = "rest"
    """Of GitHub's documentation, which a refusal names."""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Literal["", "before", "after"] = ""
    """The connection ends without an answer, before or after the request was carried out."""
    delay: float = 0.0
    """Seconds before anything happens."""
    times: int = 1
    after: int = 0
    """How many fitting requests are answered first."""

    @property
    def body(self) -> Row:
        """The refusal in GitHub's form."""
        errors = {"errors": list(self.errors)} if self.errors else {}
        return {"message": self.message, **errors, "documentation_url": f"https://docs.github.com/{self.page}"}


def secondary_limit(path: str, times: int = 1) -> Trouble:
    """What GitHub answers to who writes too much. The time to wait is in a header only sometimes."""
    words = "You have exceeded a secondary rate limit and have been temporarily blocked from content creation."
    words += " Please retry your request again later."
    page = "free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
    return Trouble(method="POST", path=path, status=403, message=words, page=page, times=times)


def too_quick(path: str) -> Trouble:
    """The other way in which GitHub says that."""
    error = {"resource": "PullRequestReview", "code": "unprocessable", "field": "data", "message": "was submitted too quickly"}
    return Trouble(method="POST", path=path, status=422, message="Validation Failed", errors=(error,))


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class GitHubServer:
    """The server; a context manager that listens on a free port of 127.0.0.1."""

    def __init__(self, state: State | None = None, *, token: str = "ghs_loopback0123456789", port: int = 0) -> None:
        self.state = state or State()
        self.token = token
        self.git = GitBackend()
        self.requests: list[Received] = []
        self.violations: list[str] = []
        self._troubles: list[Trouble] = []
        self._lock = threading.Lock()
        self._http = _Listener(("127.0.0.1", port), type("Handler", (_Handler,), {"loopback": self}))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.state.url = self.url

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use this server."""
        return {
            "GITHUB_SERVER_URL": self.url,
            "GITHUB_API_URL": self.url,
            "GITHUB_GRAPHQL_URL": f"{self.url}/graphql",
            "GITHUB_TOKEN": self.token,
        }

    @property
    def writes(self) -> list[str]:
        """Method and path of every request that was to change something, GraphQL left out."""
        return [f"{r.method} {r.path}" for r in self.requests if r.method != "GET" and r.path != "/graphql"]

    def trouble(self, *troubles: Trouble) -> None:
        """Script what goes wrong."""
        with self._lock:
            self._troubles += troubles

    def forget_troubles(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._troubles.clear()

    def serve_repository(self, full_name: str, path: Path) -> None:
        """Serve a repository's objects at `/OWNER/REPO.git`, and let it answer what the merge base of two commits is."""
        self.git.repositories[full_name] = path
        self.state.merge_base = lambda base, head: _merge_base(path, base, head)

    def next_trouble(self, method: str, path: str) -> Trouble | None:
        with self._lock:
            for trouble in self._troubles:
                if trouble.method not in {"", method} or trouble.path not in path:
                    continue
                if trouble.after:
                    trouble.after -= 1
                    return None
                trouble.times -= 1
                if not trouble.times:
                    self._troubles.remove(trouble)
                return trouble
        return None


def _merge_base(path: Path, base: str, head: str) -> str | None:
    done = subprocess.run(["git", "merge-base", base, head], cwd=path, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Someone who hangs up in mid-answer is no error of the server's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    loopback: GitHubServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing; `requests` has it all."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        if ".git/" in self.path:
            self.loopback.git.serve(self, self.loopback.token)
            return
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        received = self._take(content)
        trouble = self.loopback.next_trouble(received.method, received.path)
        if trouble is not None:
            time.sleep(trouble.delay)
            if trouble.status:
                self._send(trouble.status, trouble.body, trouble.headers, checked=False)
                return
            if trouble.cut == "before":
                self.close_connection = True
                return
        status, body = self._answer(received, content)
        if trouble is not None and trouble.cut:
            self.close_connection = True
            return
        self._send(status, body, {})

    def _take(self, content: bytes) -> Received:
        try:
            body = json.loads(content) if content else None
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "authorization" in headers:
            headers["authorization"] = "right" if headers["authorization"] == f"Bearer {self.loopback.token}" else "wrong"
        url = urlsplit(self.path)
        received = Received(self.command, unquote(url.path), parse_qs(url.query), headers, body)
        self.loopback.requests.append(received)
        return received

    def _answer(self, received: Received, content: bytes) -> tuple[int, Any]:
        if (unwelcome := self._unwelcome(received)) is not None:
            return unwelcome
        if received.path == "/graphql":
            status, body = answer_graphql(self.loopback.state, received.body)
            self._record([f"POST /graphql: {error['message']}" for error in body.get("errors", ()) if _is_invalid(error)])
            return status, body
        if not is_described(self.command, self.path):
            self._record([f"{self.command} {self.path}: no such call"])
            return 404, {"message": "Not Found"}
        wrong = request_violations(self.command, self.path, received.headers, content)
        self._record([f"{self.command} {self.path}: {violation}" for violation in wrong])
        if wrong:
            return 422, {"message": f"Invalid request. {wrong[0]}", "documentation_url": "https://docs.github.com/rest"}
        self.loopback.state.on_call(self.command, received.path)
        try:
            return _route(self.loopback.state, received)
        except CallRefusedError as refusal:
            return refusal.status, refusal.body

    def _unwelcome(self, received: Received) -> tuple[int, Row] | None:
        """What GitHub refuses before it looks at the call."""
        headers = received.headers
        if not headers.get("user-agent", "").startswith("reviewer/"):
            self._record([f"{received.path}: no user agent"])
            return 403, {"message": "Request forbidden by administrative rules."}
        if headers.get("accept") != "application/vnd.github+json":
            self._record([f"{received.path}: Accept: {headers.get('accept')}"])
        if headers.get("authorization") == "wrong":
            return 401, {"message": "Bad credentials"}
        is_write = received.method != "GET"
        if is_write and "authorization" not in headers:
            return 401, {"message": "Requires authentication"}
        if is_write and not self.loopback.state.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        return None

    def _record(self, violations: list[str]) -> None:
        self.loopback.violations += violations

    def _send(self, status: int, body: Any, headers: Mapping[str, str], *, checked: bool = True) -> None:  # noqa: ANN401
        more = dict(headers)
        if isinstance(body, list):
            body, links = self._page(body)
            more |= links
        content = b"" if body is None else json.dumps(body).encode()
        if checked and is_described(self.command, self.path):
            wrong = answer_violations(self.command, self.path, status, content)
            self._record([f"our answer {status} to {self.command} {self.path}: {violation}" for violation in wrong])
            if wrong:
                status = 500
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _page(self, rows: list[Row]) -> tuple[list[Row], dict[str, str]]:
        """One page of a list, and where the others are."""
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        size, page = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
        last = max(-(-len(rows) // size), 1)
        links = [
            f'<{self.loopback.url}{url.path}?{urlencode(query | {"page": number})}>; rel="{name}"'
            for name, number, there in (
                ("prev", page - 1, page > 1),
                ("next", page + 1, page < last),
                ("last", last, page < last),
            )
            if there
        ]
        return rows[(page - 1) * size : page * size], {"link": ", ".join(links)} if links else {}


def _is_invalid(error: Row) -> bool:
    """Whether a GraphQL error is about the document, and not about what it asks for."""
    return not error["message"].startswith(("Could not resolve", "Resource not accessible"))


_Call = Callable[[State, Received, str], Any]


def _route(state: State, received: Received) -> tuple[int, Any]:
    """Status and body of a described call to the one repository there is, or a CallRefusedError."""
    place = re.match(r"/repos/([^/]+/[^/]+)(.*)", received.path)
    assert place is not None
    if place[2] == "/activity":
        return 200, state.pushes(place[1], received.query.get("ref", [None])[-1])
    if place[1].lower() != state.full_name.lower():
        raise CallRefusedError(404, "Not Found")
    for method, pattern, status, call in _CALLS:
        if method == received.method and (found := re.fullmatch(pattern, place[2])):
            return status, call(state, received, unquote(found[1]) if found.groups() else "")
    raise CallRefusedError(501, f"{received.method} {received.path} is described, but not served here")


def _listed_pulls(state: State, received: Received, _: str) -> list[Row]:
    wanted = received.query.get("head", [""])[-1]
    rows = [state.pull_object(pull, "pull-request-simple") for pull in state.pulls.values() if pull.state == "open"]
    return [row for row in rows if not wanted or row["head"]["label"] == wanted]


def _of_pull(rows: list[Row], number: str, key: str = "pull_request_url") -> list[Row]:
    return [row for row in rows if row[key].endswith(f"/{number}")]


def _comparison(state: State, _: Received, basehead: str) -> Row:
    base, _dots, head = basehead.partition("...")
    return state.comparison(base, head)


def _of_review(state: State, identity: str) -> list[Row]:
    names = (
        "id",
        "node_id",
        "body",
        "path",
        "user",
        "commit_id",
        "pull_request_review_id",
        "pull_request_url",
        "html_url",
        "url",
    )
    rows = [row for row in state.review_comments if row["pull_request_review_id"] == int(identity)]
    return [filled("review-comment", {name: row[name] for name in names}) for row in rows]


def _edited_review(state: State, received: Received, identity: str) -> Row:
    return state.edit(state.reviews, int(identity), received.body["body"])


_NUMBER = r"(\d+)"
_CALLS: list[tuple[str, str, int, _Call]] = [
    ("GET", "/pulls", 200, _listed_pulls),
    ("GET", f"/pulls/{_NUMBER}", 200, lambda state, _, n: state.pull_object(state.pull(int(n)))),
    ("GET", f"/pulls/{_NUMBER}/files", 200, lambda state, _, n: state.files(int(n))),
    ("GET", f"/pulls/{_NUMBER}/reviews", 200, lambda state, _, n: _of_pull(state.reviews, n)),
    ("POST", f"/pulls/{_NUMBER}/reviews", 200, lambda state, r, n: state.add_review(int(n), r.body or {})),
    ("PUT", rf"/pulls/\d+/reviews/{_NUMBER}", 200, _edited_review),
    ("GET", rf"/pulls/\d+/reviews/{_NUMBER}", 200, lambda state, _, i: state.one(state.reviews, int(i))),
    ("GET", rf"/pulls/\d+/reviews/{_NUMBER}/comments", 200, lambda state, _, i: _of_review(state, i)),
    ("GET", f"/pulls/{_NUMBER}/comments", 200, lambda state, _, n: _of_pull(state.review_comments, n)),
    ("POST", f"/pulls/{_NUMBER}/comments", 201, lambda state, r, n: state.add_review_comment(int(n), r.body)),
    ("GET", f"/pulls/comments/{_NUMBER}", 200, lambda state, _, i: state.one(state.review_comments, int(i))),
    ("PATCH", f"/pulls/comments/{_NUMBER}", 200, lambda state, r, i: state.edit(state.review_comments, int(i), r.body["body"])),
    ("DELETE", f"/pulls/comments/{_NUMBER}", 204, lambda state, _, i: state.delete(state.review_comments, int(i))),
    ("GET", f"/issues/{_NUMBER}/comments", 200, lambda state, _, n: _of_pull(state.issue_comments, n, "issue_url")),
    ("POST", f"/issues/{_NUMBER}/comments", 201, lambda state, r, n: state.add_issue_comment(int(n), r.body["body"])),
    ("GET", f"/issues/comments/{_NUMBER}", 200, lambda state, _, i: state.one(state.issue_comments, int(i))),
    ("PATCH", f"/issues/comments/{_NUMBER}", 200, lambda state, r, i: state.edit(state.issue_comments, int(i), r.body["body"])),
    ("DELETE", f"/issues/comments/{_NUMBER}", 204, lambda state, _, i: state.delete(state.issue_comments, int(i))),
    ("GET", "/compare/(.+)", 200, _comparison),
    ("GET", "/collaborators/([^/]+)/permission", 200, lambda state, _, login: state.permission(login)),
]


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8788)
    parser.add_argument("--git", type=Path, help="a repository to serve as octo-org/hello")
    arguments = parser.parse_args()
    server = GitHubServer(port=arguments.port)
    if arguments.git:
        server.serve_repository(server.state.full_name, arguments.git)
        base, head = (_git(arguments.git, "rev-parse", name).strip() for name in ("HEAD~1", "HEAD"))
        pull = server.state.add_pull(Pull(number=1, base_sha=base, head_sha=head, files=files_of(arguments.git, base, head)))
        server.state.merge_bases[pull.base_ref, head] = base  # the branch itself stands at the head
    with server:
        sys.stdout.write("".join(f"export {name}={value}\n" for name, value in server.environment.items()))
        sys.stdout.flush()
        threading.Event().wait()


def _git(path: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=path, check=True, capture_output=True, text=True, errors="replace").stdout


if __name__ == "__main__":
    main()
