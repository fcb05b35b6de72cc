"""The server is a measure for the rest, so it is measured itself."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from github_server import GitHubServer, Pull, hunks_of
from github_slice import cut_schema
from github_state import why_not_there

HEADERS = {"User-Agent": "reviewer/0", "Accept": "application/vnd.github+json", "Content-Type": "application/json"}
PULL = "/repos/octo-org/hello/pulls/1"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.state.add_pull(Pull(hunks={"a.py": [(1, 3, 1, 4), (20, 3, 21, 3)]}))
        yield server


def ask(server: GitHubServer, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body).encode()
    sent = (
        HEADERS | {"Authorization": f"Bearer {server.token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    )
    request = urllib.request.Request(server.url + path, content, sent, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


WRONG: list[tuple[str, str, object]] = [
    ("POST", f"{PULL}/reviews", {"event": "COMMEN", "body": "x"}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": None}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": 7}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x" * 65_537}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x", "coments": []}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x", "comments": [{"body": "no path", "line": 4}]}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x", "comments": [{"path": "a.py", "body": "x", "line": "4"}]}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x", "comments": [{"path": "a.py", "body": "x", "lin": 4}]}),
    ("POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x", "comments": [{"path": "a.py", "body": "x", "side": "RIHGT"}]}),
    ("POST", "/repos/octo-org/hello/issues/1/comments", {"text": "x"}),
    ("POST", "/repos/octo-org/hello/issues/1/comments", {"body": "x", "more": 1}),
    ("POST", "/repos/octo-org/hello/issues/one/comments", {"body": "x"}),
    ("GET", f"{PULL}/comments?per_page=many", None),
    ("GET", f"{PULL}/comments?perpage=100", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRONG)
def test_what_github_does_not_describe_is_refused_and_noted(server: GitHubServer, method: str, path: str, body: object) -> None:
    assert ask(server, method, path, body)[0] == 422
    assert server.violations
    assert not any("our answer" in violation for violation in server.violations)
    assert server.state.reviews == server.state.issue_comments == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/repos/octo-org/hello/nothing"), ("DELETE", f"{PULL}/reviews"), ("GET", "/")]
)
def test_a_call_that_we_do_not_make_is_not_there_and_noted(server: GitHubServer, method: str, path: str) -> None:
    assert ask(server, method, path)[0] == 404
    assert len(server.violations) == 1


def test_a_body_may_have_as_many_characters_as_github_allows(server: GitHubServer) -> None:
    assert ask(server, "POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x" * 65_536})[0] == 200
    assert server.violations == []


def test_an_answer_that_github_could_not_give_is_a_fault_of_ours(server: GitHubServer) -> None:
    server.state.add_issue_comment(1, "x")["user"] = {"login": 7}
    assert ask(server, "GET", "/repos/octo-org/hello/issues/1/comments")[0] == 500
    assert any("our answer 200" in violation for violation in server.violations)


def test_who_does_not_say_what_it_is_is_noted(server: GitHubServer) -> None:
    assert ask(server, "GET", PULL, User_Agent="curl")[0] == 403
    assert ask(server, "GET", PULL, Accept="text/html")[0] == 200
    assert len(server.violations) == 2


@pytest.mark.parametrize(("token", "status"), [("Bearer wrong", 401), ("token nonsense", 401)])
def test_a_wrong_token_is_refused(server: GitHubServer, token: str, status: int) -> None:
    assert ask(server, "GET", PULL, Authorization=token)[0] == status


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ({"path": "a.py", "line": 1}, None),
        ({"path": "a.py", "line": 4}, None),
        ({"path": "a.py", "line": 3, "side": "LEFT"}, None),
        ({"path": "a.py", "start_line": 1, "line": 4}, None),
        ({"path": "a.py", "subject_type": "file"}, None),
        ({"path": "a.py", "line": 5}, "Line must be part of the diff"),
        ({"path": "a.py", "line": 0}, "Line must be part of the diff"),
        ({"path": "a.py", "line": 4, "side": "LEFT"}, "Line must be part of the diff"),
        ({"path": "a.py", "start_line": 4, "line": 4}, "Start line must precede the end line."),
        ({"path": "a.py", "start_line": 4, "line": 22}, "Start line must be part of the same hunk as the line."),
        ({"path": "b.py", "line": 1}, "Path could not be resolved"),
        ({"path": "a.py"}, "Line could not be resolved"),
    ],
)
def test_a_comment_stands_within_one_hunk(server: GitHubServer, comment: dict[str, Any], problem: str | None) -> None:
    assert why_not_there(server.state.pulls[1], comment) == problem


@pytest.mark.parametrize(
    "query",
    [
        "{ nonsense }",
        'query { repository(owner: "octo-org") { pullRequest(number: 1) { number } } }',
        'mutation { minimizeComment(input: {subjectId: "x", classifier: BORING}) { clientMutationId } }',
        'query { repository(owner: "octo-org", name: "hello") { pullRequest(number: 1) { reviewThreads { totalCount } } } }',
        "{",
    ],
)
def test_a_document_that_githubs_schema_does_not_allow_is_noted(server: GitHubServer, query: str) -> None:
    assert "errors" in ask(server, "POST", "/graphql", {"query": query})[1]
    assert len(server.violations) == 1


def test_a_single_comment_is_refused_in_githubs_form(server: GitHubServer) -> None:
    wish = {"path": "a.py", "line": 9, "body": "x", "commit_id": "a" * 40}
    status, answer = ask(server, "POST", f"{PULL}/comments", wish)
    assert (status, answer["errors"][0]["message"], server.violations) == (422, "Line must be part of the diff", [])


def test_threads_are_listed_in_pages(server: GitHubServer) -> None:
    for number in range(3):
        server.state.add_review_comment(1, {"path": "a.py", "line": 4, "body": f"{number}"})
    query = (
        "query($after: String) {"
        ' repository(owner: "octo-org", name: "hello") { pullRequest(number: 1) { reviewThreads(first: 2, after: $after) {'
        " nodes { id isResolved comments(first: 1) { nodes { body author { login } } } } pageInfo { hasNextPage endCursor } } } } }"
    )
    after, bodies = None, []
    while True:
        answer = ask(server, "POST", "/graphql", {"query": query, "variables": {"after": after}})[1]
        threads = answer["data"]["repository"]["pullRequest"]["reviewThreads"]
        bodies += [thread["comments"]["nodes"][0]["body"] for thread in threads["nodes"]]
        if not threads["pageInfo"]["hasNextPage"]:
            break
        after = threads["pageInfo"]["endCursor"]
    assert (bodies, threads["nodes"][0]["comments"]["nodes"][0]["author"]["login"]) == (["0", "1", "2"], "github-actions")
    assert server.violations == []


def test_the_hunks_of_a_diff_are_read() -> None:
    diff = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@ f\n@@ -9 +10 @@\n--- /dev/null\n+++ b/new\n@@ -0,0 +1,2 @@\n"
    assert hunks_of(diff) == {"x": [(1, 2, 1, 3), (9, 1, 10, 1)], "new": [(0, 0, 1, 2)]}


def test_the_schema_keeps_only_what_is_asked() -> None:
    given = 'type Query { """words""" repository(name: String!): Repository\n other: Int }\ntype Other { x: Int }\nscalar Odd'
    assert cut_schema(given) == "type Query {\n  repository(name: String!): Repository\n}\n"


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "one"], ["commit", "-q", "--allow-empty", "-m", "two"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.invalid", *words], cwd=tmp_path, check=True)
    program = Path(__file__).parent / "github_server.py"
    command = [sys.executable, str(program), "--port", "0", "--git", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = dict(process.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(4))
            request = urllib.request.Request(told["GITHUB_API_URL"] + PULL, headers=HEADERS)
            with urllib.request.urlopen(request) as answer:
                assert json.load(answer)["number"] == 1
        finally:
            process.kill()
