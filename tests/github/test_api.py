from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import httpx2
import pytest

from github_server import Clock, GitHubServer, Pull, Trouble
from reviewer import __version__
from reviewer.errors import ConfigError, ForgeError
from reviewer.github.api import GitHub
from reviewer.github.refusals import RefusedByGitHubError, UncertainError

PULL = "/repos/octo-org/hello/pulls/1"
REVIEWS = f"{PULL}/reviews"
COMMENTS = "/repos/octo-org/hello/issues/1/comments"
TOKEN = "ghs_secret0123456789"
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def _pull_request(github: GitHubServer) -> None:
    github.state.add_pull(Pull(hunks={"a.py": [(1, 3, 1, 4), (20, 3, 21, 3)]}))


def rows(found: Iterable[object]) -> list[Row]:
    return cast("list[Row]", list(found))


def review(*comments: Row) -> Row:
    return {"event": "COMMENT", "body": "Hello", "comments": list(comments)}


# Reading and writing


def test_a_review_is_created_and_listed(github: GitHubServer, client: GitHub) -> None:
    client.post(REVIEWS, review({"path": "a.py", "line": 4, "side": "RIGHT", "body": "x"}))
    assert [(row["path"], row["line"]) for row in rows(client.pages(f"{PULL}/comments"))] == [("a.py", 4)]


def test_one_comment_outside_the_diff_costs_the_whole_review(github: GitHubServer, client: GitHub) -> None:
    with pytest.raises(RefusedByGitHubError) as caught:
        client.post(REVIEWS, review({"path": "a.py", "line": 4, "body": "x"}, {"path": "a.py", "line": 10, "body": "y"}))
    assert caught.value.status == 422
    assert caught.value.problems[0] == "Unprocessable Entity"
    assert caught.value.problems[1].startswith("Pull request review thread line must be part of the diff")
    assert (github.state.reviews, github.state.review_comments) == ([], [])


def test_a_comment_is_changed(github: GitHubServer, client: GitHub) -> None:
    row = github.state.add_issue_comment(1, "before")
    client.patch(f"/repos/octo-org/hello/issues/comments/{row['id']}", {"body": "after"})
    assert [row["body"] for row in rows(client.pages(COMMENTS))] == ["after"]


def test_a_comment_is_deleted_and_one_that_is_gone_is_no_error(github: GitHubServer, client: GitHub) -> None:
    row = github.state.add_issue_comment(1, "twice")
    for _ in range(2):
        client.delete(f"/repos/octo-org/hello/issues/comments/{row['id']}")
    assert github.state.issue_comments == []


def test_a_comment_is_minimised_through_graphql(github: GitHubServer, client: GitHub) -> None:
    row = github.state.add_review_comment(1, {"path": "a.py", "line": 4, "body": "x"})
    document = (
        "mutation($id: ID!) {"
        " minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }"
    )
    assert client.graphql(document, id=row["node_id"]) == {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}
    assert github.state.minimized == {row["node_id"]: "OUTDATED"}


def test_what_graphql_cannot_find_is_a_refusal(client: GitHub) -> None:
    document = 'mutation { minimizeComment(input: {subjectId: "nothing", classifier: SPAM}) { clientMutationId } }'
    with pytest.raises(RefusedByGitHubError) as caught:
        client.graphql(document)
    assert caught.value.problems == ("Could not resolve to a node with the global id of 'nothing'.",)


def test_requests_say_who_asks_and_in_which_form(github: GitHubServer, client: GitHub) -> None:
    client.get(PULL)
    headers = github.requests[0].headers
    assert (headers["accept"], headers["authorization"]) == ("application/vnd.github+json", "right")
    assert headers["user-agent"] == f"reviewer/{__version__}"
    assert "x-github-api-version" not in headers


@pytest.mark.parametrize(
    ("api", "version"),
    [("https://api.github.com", "2022-11-28"), ("https://api.octo.ghe.com", "2022-11-28"), ("https://ghes.example/api/v3", None)],
)
def test_the_version_is_named_only_to_githubs_own_servers(api: str, version: str | None) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={})

    graphql = f"{api.removesuffix('/v3')}/graphql"
    with GitHub(TOKEN, api, graphql_url=graphql, transport=httpx2.MockTransport(answer)) as client:
        client.get("/meta")
    assert asked[0].headers.get("x-github-api-version") == version
    assert str(asked[0].url) == f"{api}/meta"


def test_without_a_token_nothing_is_said_of_one(github: GitHubServer, clock: Clock) -> None:
    with GitHub(None, github.url, graphql_url=f"{github.url}/graphql", now=clock, sleep=clock.sleep) as client:
        assert client.is_anonymous
        client.get(PULL)
        with pytest.raises(RefusedByGitHubError) as caught:
            client.post(COMMENTS, {"body": "x"})
    assert caught.value.status == 401
    assert "authorization" not in github.requests[0].headers


# Pages


def test_a_list_is_read_to_its_last_page(github: GitHubServer, client: GitHub) -> None:
    for number in range(250):
        github.state.add_issue_comment(1, f"comment {number}")
    assert [row["body"] for row in rows(client.pages(COMMENTS))] == [f"comment {number}" for number in range(250)]
    assert len(github.requests) == 3


def test_a_list_without_end_is_an_error(answered: Answered) -> None:
    client = answered(lambda request: httpx2.Response(200, json=[1], headers={"link": f'<{request.url}>; rel="next"'}))
    with pytest.raises(ForgeError, match="more than 100 pages"):
        list(client.pages("/x"))


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/x",
        "http://api.github.com/x",
        "https://api.github.com.evil.example/x",
        "https://api.github.com:444/x",
        "//e/x",
        "http://[",
    ],
)
def test_the_next_page_is_not_looked_for_on_another_host(answered: Answered, link: str) -> None:
    client = answered(lambda _: httpx2.Response(200, json=[], headers={"link": f'<{link}>; rel="next"'}))
    with pytest.raises(ForgeError, match=r"another host|an address that is none"):
        list(client.pages("/x"))


@pytest.mark.parametrize("content", [b"{}", b"null", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_list_is_an_error(answered: Answered, content: bytes) -> None:
    with pytest.raises(ForgeError, match="does not speak as GitHub's API does"):
        list(answered(lambda _: httpx2.Response(200, content=content)).pages("/x"))


# Redirects


def test_a_renamed_repository_is_followed_with_the_same_method(answered: Answered) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.method} {request.url.path} {request.content.decode()}")
        if request.url.path == "/old":
            return httpx2.Response(301, headers={"location": "/repositories/7"})
        return httpx2.Response(201, json={"id": 1})

    assert answered(answer).post("/old", {"a": 1}) == {"id": 1}
    assert asked == ['POST /old {"a":1}', 'POST /repositories/7 {"a":1}']


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "http://api.github.com/x", "//elsewhere.example/x", "http://[", "//["]
)
def test_a_redirect_to_another_host_is_not_followed(answered: Answered, target: str) -> None:
    client = answered(lambda _: httpx2.Response(302, headers={"location": target}))
    with pytest.raises(ForgeError, match=r"another host|an address that is none"):
        client.get("/x")


def test_a_post_whose_answer_cannot_be_read_may_have_been_carried_out(answered: Answered) -> None:
    with pytest.raises(UncertainError):
        answered(lambda _: httpx2.Response(201, content=b'{"id": 1')).post("/x", {})


def test_redirects_in_a_circle_end(answered: Answered) -> None:
    client = answered(lambda _: httpx2.Response(302, headers={"location": "/x"}))
    with pytest.raises(ForgeError, match="again and again"):
        client.get("/x")


# Refusals


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "The token is wrong, expired or revoked."),
        (403, "The token lacks `pull-requests: read`."),
        (404, "The token needs `pull-requests: read` on this repository."),
    ],
)
def test_a_refusal_says_what_to_do(github: GitHubServer, client: GitHub, status: int, hint: str) -> None:
    github.trouble(Trouble(status=status, message="No."))
    with pytest.raises(RefusedByGitHubError) as caught:
        client.get(PULL)
    assert caught.value.message == f"GitHub answered {status} to GET {PULL} (No.)."
    assert hint in caught.value.hint
    assert len(github.requests) == 1


def test_a_write_that_a_fork_may_not_make_names_the_permission(github: GitHubServer, client: GitHub) -> None:
    github.state.may_write = False
    with pytest.raises(RefusedByGitHubError) as caught:
        client.post(COMMENTS, {"body": "x"})
    assert (caught.value.status, "`pull-requests: write`" in caught.value.hint) == (403, True)


def test_the_token_stands_in_no_message_whatever_an_answer_repeats(answered: Answered, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = answered(lambda request: httpx2.Response(403, json={"message": str(request.headers), "errors": [TOKEN]}))
    with pytest.raises(RefusedByGitHubError) as caught:
        client.get("/x")
    told = f"{caught.value!r} {caught.value.message} {caught.value.hint} {caught.value.problems} {client!r} {vars(caught.value)}"
    assert "***" in told
    assert TOKEN not in told + caplog.text


def test_the_words_of_an_answer_are_one_short_line(answered: Answered) -> None:
    client = answered(lambda _: httpx2.Response(422, json={"message": "a\n::error::b\x1b[31m" + "c" * 9999}))
    with pytest.raises(RefusedByGitHubError) as caught:
        client.get("/x")
    assert caught.value.problems[0].startswith("a ::error::b [31mccc")
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ключ", "a\x00"])
def test_a_token_that_cannot_be_one_is_an_error_that_does_not_repeat_it(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        GitHub(token, "https://api.github.com", graphql_url="https://api.github.com/graphql")
    assert not token or token not in caught.value.message


@pytest.mark.parametrize("url", ["http://github.example/api/v3", "ftp://x", "https://user:pass@x/", "https://x?y", "nonsense"])
def test_an_address_that_a_token_must_not_go_to_is_an_error(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        GitHub(TOKEN, url, graphql_url=url)
    assert "pass" not in caught.value.message.replace("password", "")


def test_one_token_is_not_sent_to_two_hosts() -> None:
    with pytest.raises(ConfigError, match="different hosts"):
        GitHub(TOKEN, "https://api.github.com", graphql_url="https://other.example/graphql")


# Waiting


def test_writes_are_a_second_apart_and_reads_are_not(github: GitHubServer, client: GitHub, clock: Clock) -> None:
    for _ in range(3):
        client.get(PULL)
        client.post(COMMENTS, {"body": "x"})
    assert clock.slept == [1.0, 1.0]


@pytest.mark.parametrize(
    ("status", "headers", "message", "waited"),
    [
        (403, {"retry-after": "7"}, "", 7.0),
        (429, {"retry-after": "7"}, "", 7.0),
        (429, {"retry-after": "0"}, "", 0.0),
        (429, {"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, "", 30.0),
        (429, {"retry-after": "soon"}, "", 60.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000020"}, "", 21.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000000"}, "", 1.0),
        (403, {"x-ratelimit-remaining": "0"}, "", 60.0),
        (429, {}, "", 60.0),
        (403, {}, "You have exceeded a secondary rate limit. Please wait.", 60.0),
    ],
)
def test_a_limit_is_waited_out_as_github_asks(
    github: GitHubServer, client: GitHub, clock: Clock, status: int, headers: dict[str, str], message: str, waited: float
) -> None:
    github.trouble(Trouble(status=status, headers=headers, message=message))
    client.post(COMMENTS, {"body": "x"})
    assert clock.slept[:1] == [waited]
    assert len(github.state.issue_comments) == 1


def test_a_plain_403_is_not_waited_for(github: GitHubServer, client: GitHub, clock: Clock) -> None:
    github.trouble(Trouble(status=403, message="Resource not accessible by integration"))
    with pytest.raises(RefusedByGitHubError):
        client.get(PULL)
    assert clock.slept == []


def test_what_would_outlast_our_patience_is_told_at_once(github: GitHubServer, client: GitHub, clock: Clock) -> None:
    github.trouble(Trouble(status=429, headers={"retry-after": "3600"}))
    with pytest.raises(ForgeError, match="no more requests for 3600 seconds"):
        client.get(PULL)
    assert clock.slept == []


def test_patience_is_one_budget_for_all_requests(github: GitHubServer, client: GitHub, clock: Clock) -> None:
    github.trouble(*(Trouble(status=429, headers={"retry-after": "60"}) for _ in range(9)))
    with pytest.raises(ForgeError, match="no more requests"):
        client.get(PULL)
    assert clock.slept == [60.0, 60.0, 60.0]
    with pytest.raises(ForgeError, match="no more requests"):
        client.get(PULL)
    assert clock.slept == [60.0, 60.0, 60.0]


def test_a_server_error_is_waited_out_when_asking_again_does_no_harm(github: GitHubServer, client: GitHub, clock: Clock) -> None:
    github.trouble(Trouble(status=502), Trouble(status=503))
    client.get(PULL)
    assert clock.slept == [2.0, 4.0]


def test_a_server_that_stays_down_is_told(github: GitHubServer, client: GitHub, clock: Clock) -> None:
    github.trouble(Trouble(status=500, times=99))
    with pytest.raises(RefusedByGitHubError, match="500"):
        client.get(PULL)
    assert clock.slept == [2.0, 4.0, 8.0, 16.0]


# What may have been done already


def test_a_post_that_may_have_been_carried_out_is_not_sent_again(github: GitHubServer, client: GitHub) -> None:
    github.trouble(Trouble(method="POST", cut="after"))
    with pytest.raises(UncertainError, match="may have been carried out"):
        client.post(REVIEWS, review())
    assert len(github.state.reviews) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_nor_is_one_that_ended_in_a_server_error(github: GitHubServer, client: GitHub, status: int) -> None:
    github.trouble(Trouble(method="POST", status=status))
    with pytest.raises(UncertainError):
        client.post(REVIEWS, review())
    assert len(github.requests) == 1


@pytest.mark.parametrize("error", [httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.ReadError, httpx2.RemoteProtocolError])
def test_nor_is_one_that_was_lost_on_the_way(answered: Answered, error: type[httpx2.RequestError]) -> None:
    asked: list[httpx2.Request] = []

    def lose(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise error("lost")

    with pytest.raises(UncertainError):
        answered(lose).post("/x", {})
    assert len(asked) == 1


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError])
def test_one_that_never_left_is_sent_again(answered: Answered, error: type[httpx2.RequestError]) -> None:
    asked: list[httpx2.Request] = []

    def lose(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if len(asked) < 3:
            raise error("no way")
        return httpx2.Response(201, json={"id": 1})

    assert answered(lose).post("/x", {}) == {"id": 1}


def test_a_change_and_a_question_are_sent_again(github: GitHubServer, client: GitHub) -> None:
    row = github.state.add_issue_comment(1, "before")
    github.trouble(Trouble(method="GET", cut="before"), Trouble(method="PATCH", cut="after"))
    client.get(PULL)
    client.patch(f"/repos/octo-org/hello/issues/comments/{row['id']}", {"body": "after"})
    assert [row["body"] for row in github.state.issue_comments] == ["after"]
    assert [request.method for request in github.requests] == ["GET", "GET", "PATCH", "PATCH"]


def test_without_a_network_the_message_says_so(answered: Answered) -> None:
    def lose(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError(f"[Errno 111] {TOKEN}")

    with pytest.raises(ForgeError, match=r"could not be reached \(GET /x: ConnectError\)"):
        answered(lose).get("/x")


# The environment


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HTTPS_PROXY", "foo://user:hunter2@host", "no address of a proxy"),
        ("HTTPS_PROXY", "http://hunter2:nowhere", "no address of a proxy"),
        ("HTTPS_PROXY", "socks5://hunter2", "SOCKS"),
        ("SSL_CERT_FILE", "/nonexistent/hunter2", "SSL_CERT_FILE"),
    ],
)
def test_a_variable_that_cannot_be_used_is_an_error_that_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=words) as caught:
        GitHub(TOKEN, "https://api.github.com", graphql_url="https://api.github.com/graphql")
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}"


def test_this_machine_is_asked_past_any_proxy(github: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with GitHub(github.token, github.url, graphql_url=f"{github.url}/graphql") as client:
        assert cast("Row", client.get(PULL))["number"] == 1


Answer = Callable[[httpx2.Request], httpx2.Response]
Answered = Callable[[Answer], GitHub]


@pytest.fixture
def answered(clock: Clock) -> Iterator[Answered]:
    """A client of github.com whose requests a function answers."""
    clients: list[GitHub] = []

    def make(answer: Answer) -> GitHub:
        endpoint = "https://api.github.com"
        wire = httpx2.MockTransport(answer)
        client = GitHub(TOKEN, endpoint, graphql_url=f"{endpoint}/graphql", now=clock, sleep=clock.sleep, transport=wire)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)
