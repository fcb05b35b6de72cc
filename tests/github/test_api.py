from __future__ import annotations

import pytest

from github_server import GitHubServer, Pull, Trouble
from reviewer.github.api import GitHub
from reviewer.github.refusals import RefusedByGitHubError, UncertainError

REVIEWS = "/repos/octo-org/hello/pulls/1/reviews"


@pytest.fixture(autouse=True)
def _pull_request(github: GitHubServer) -> None:
    github.state.add_pull(Pull(hunks={"a.py": [(1, 3, 1, 4), (20, 3, 21, 3)]}))


def test_a_review_is_created_and_listed(github: GitHubServer, client: GitHub) -> None:
    client.post(REVIEWS, {"event": "COMMENT", "body": "Hello", "comments": [{"path": "a.py", "line": 4, "body": "x"}]})
    assert [(row["path"], row["line"]) for row in client.pages("/repos/octo-org/hello/pulls/1/comments")] == [("a.py", 4)]


def test_one_comment_outside_the_diff_costs_the_whole_review(github: GitHubServer, client: GitHub) -> None:
    comments = [{"path": "a.py", "line": 4, "body": "x"}, {"path": "a.py", "line": 10, "body": "y"}]
    with pytest.raises(RefusedByGitHubError) as caught:
        client.post(REVIEWS, {"event": "COMMENT", "body": "Hello", "comments": comments})
    assert (caught.value.status, caught.value.problems) == (422, ("Unprocessable Entity", "Line must be part of the diff"))
    assert (github.state.reviews, github.state.review_comments) == ([], [])


def test_a_post_that_may_have_been_carried_out_is_not_repeated(github: GitHubServer, client: GitHub) -> None:
    github.trouble(Trouble(method="POST", cut="after"))
    with pytest.raises(UncertainError):
        client.post(REVIEWS, {"event": "COMMENT", "body": "Hello"})
    assert len(github.state.reviews) == 1


def test_a_list_is_read_to_its_last_page(github: GitHubServer, client: GitHub) -> None:
    for number in range(250):
        github.state.add_issue_comment(1, f"comment {number}")
    found = [row["body"] for row in client.pages("/repos/octo-org/hello/issues/1/comments")]
    assert found == [f"comment {number}" for number in range(250)]
    assert len(github.requests) == 3


def test_a_comment_is_minimised_through_graphql(github: GitHubServer, client: GitHub) -> None:
    row = github.state.add_review_comment(1, {"path": "a.py", "line": 4, "body": "x"})
    document = """mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }"""
    assert client.graphql(document, id=row["node_id"]) == {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}
    assert github.state.minimized == {row["node_id"]: "OUTDATED"}
