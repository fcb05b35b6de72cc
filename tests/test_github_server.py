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

from github_server import GitHubServer, Pull, files_of
from github_slice import cut_schema
from github_state import why_not_there

HEADERS = {"User-Agent": "reviewer/0", "Accept": "application/vnd.github+json", "Content-Type": "application/json"}
PULL = "/repos/octo-org/hello/pulls/1"
THREAD = "Pull request review thread"
NO_HUNK = f"{THREAD} diff hunk can't be blank"
OTHER_HUNK = "start line must be part of the same hunk as the line."


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
        ({"path": "a.py", "start_line": 20, "line": 22, "side": "LEFT", "start_side": "LEFT"}, None),
        ({"path": "a.py", "start_line": 2, "line": 4, "side": "RIGHT", "start_side": "LEFT"}, None),
        ({"path": "a.py", "line": 5}, f"{THREAD} line must be part of the diff and {NO_HUNK}"),
        ({"path": "a.py", "line": 0}, f"{THREAD} line must be part of the diff and {NO_HUNK}"),
        ({"path": "a.py", "line": 4, "side": "LEFT"}, f"{THREAD} line must be part of the diff and {NO_HUNK}"),
        ({"path": "a.py", "start_line": 4, "line": 4}, f"{THREAD} start line must precede the end line."),
        ({"path": "a.py", "start_line": 4, "line": 22}, f"{THREAD} {OTHER_HUNK}"),
        (
            {"path": "a.py", "start_line": 7, "line": 9},
            f"{THREAD} line must be part of the diff, {THREAD} {OTHER_HUNK}, and {NO_HUNK}",
        ),
        ({"path": "b.py", "line": 1}, f"{THREAD} path is invalid and {NO_HUNK}"),
        ({"path": "a.py"}, f"{THREAD} line could not be resolved"),
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
    assert (status, server.violations) == (422, [])
    assert answer["errors"][0]["message"].startswith("Pull request review thread line must be part of the diff")


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


ODD = ["a b.txt", 'say "x".txt', "tab\there.txt", "caf\u00e9.txt", "+++ b", "a)b|c.txt", "line\nfeed.txt"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose head changes files in every way there is."""
    git(tmp_path, "init", "--quiet")
    text = "".join(f"line {number}\n" for number in range(40))
    for name in [*ODD, "moved.py", "same.py", "gone.py", "mode.sh", "header.diff", "link"]:
        (tmp_path / name).write_text(text + name)
    (tmp_path / "gone.py").write_text("all of it\nis gone\n")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\0one")
    (tmp_path / "large.txt").write_text("")
    commit(tmp_path)
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    git(tmp_path, "commit", "--quiet", "--message", "submodule")
    for name in ODD:
        (tmp_path / name).write_text("first\n" + text + name)
    (tmp_path / "moved.py").rename(tmp_path / "renamed.py")
    (tmp_path / "renamed.py").write_text(text + "changed\n")
    (tmp_path / "same.py").rename(tmp_path / "as it was.py")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "mode.sh").chmod(0o755)
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\0two")
    (tmp_path / "large.txt").write_text("x\n" * 30_000)
    (tmp_path / "header.diff").write_text("++ b/forged.py\n@@ -1 +900 @@\ndiff --git a/x b/x\n-- a/forged\n")
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "new.py").write_text("one\ntwo\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'2' * 40},sub")
    git(tmp_path, "commit", "--quiet", "--message", "head")
    return tmp_path


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.invalid", *words], cwd=root, check=True)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "base")


def test_the_files_of_a_change_are_listed_as_github_lists_them(root: Path) -> None:
    entries = {entry.path: entry for entry in files_of(root, "HEAD~1", "HEAD")}

    assert {path: entry.status for path, entry in entries.items()} == {
        **dict.fromkeys([*ODD, "logo.png", "large.txt", "header.diff", "sub"], "modified"),
        "renamed.py": "renamed",
        "as it was.py": "renamed",
        "gone.py": "removed",
        "mode.sh": "changed",
        "link": "changed",
        "new.py": "added",
    }
    assert (entries["renamed.py"].previous, entries["as it was.py"].previous) == ("moved.py", "same.py")
    assert {path for path, entry in entries.items() if not entry.hunks} == {"logo.png", "large.txt", "as it was.py", "mode.sh"}
    assert {tuple(entries[name].hunks) for name in ODD} == {((1, 3, 1, 4),)}
    assert entries["header.diff"].hunks == [(1, 41, 1, 4)]
    assert (entries["sub"].hunks, entries["new.py"].hunks) == ([(1, 1, 1, 1)], [(0, 0, 1, 2)])
    assert entries["gone.py"].hunks == [(1, 2, 0, 0)]


def test_the_list_of_files_comes_in_pages_and_in_githubs_form(server: GitHubServer, root: Path) -> None:
    server.state.pulls[1].files = files_of(root, "HEAD~1", "HEAD")
    listed = [row for page in (1, 2, 3) for row in ask(server, "GET", f"{PULL}/files?per_page=10&page={page}")[1]]

    assert [row["filename"] for row in listed] == [entry.path for entry in server.state.pulls[1].files]
    assert {row["filename"] for row in listed if "patch" not in row} >= {"logo.png", "mode.sh", "as it was.py"}
    assert {row["filename"]: row["previous_filename"] for row in listed if "previous_filename" in row} == {
        "renamed.py": "moved.py",
        "as it was.py": "same.py",
    }
    assert server.violations == []


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (f"{PULL}/reviews", {"event": "COMMENT", "body": "x"}, 422, ["lock prevents review"]),
        ("/repos/octo-org/hello/issues/1/comments", {"body": "x"}, 403, None),
    ],
)
def test_a_locked_conversation_is_for_those_who_may_push(
    server: GitHubServer, path: str, body: object, status: int, said: object
) -> None:
    server.state.pulls[1].locked = True
    refused, answer = ask(server, "POST", path, body)
    server.state.may_write_contents = True

    assert (refused, answer.get("errors")) == (status, said)
    assert ask(server, "POST", path, body)[0] < 300
    assert server.violations == []


def test_a_body_that_a_server_finds_too_long_is_refused_in_its_words(server: GitHubServer) -> None:
    server.state.longest_body = 100
    words = "Body is too long (maximum is 100 characters)"

    assert ask(server, "POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x" * 101})[1]["errors"] == [words]
    answer = ask(server, "POST", "/repos/octo-org/hello/issues/1/comments", {"body": "x" * 101})[1]
    assert answer["errors"][0]["message"] == words


def test_a_commit_that_was_pushed_over_takes_no_review(server: GitHubServer) -> None:
    server.state.pulls[1].commits = frozenset({"a" * 40})

    status, answer = ask(server, "POST", f"{PULL}/reviews", {"event": "COMMENT", "body": "x", "commit_id": "b" * 40})
    assert (status, answer["errors"]) == (422, ["commit_id is not part of the pull request"])


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
