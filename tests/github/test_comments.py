from __future__ import annotations

import pytest
from github_replay import SERVER

from github_server import GitHubServer, Pull
from reviewer.errors import ForgeError
from reviewer.github.api import GitHub
from reviewer.github.comments import change_sticky, create_sticky, existing, find_sticky, is_author
from reviewer.github.identity import login_of
from reviewer.github.markers import STICKY, fingerprint_marker, review_marker
from reviewer.github.memory import Place
from reviewer.github.pull_request import PullRequest, from_api
from reviewer.github.refusals import RefusedByGitHubError

BOT = "github-actions[bot]"
ONE, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def pull(github: GitHubServer, client: GitHub) -> PullRequest:
    github.state.add_pull(Pull(number=7, hunks={"a.py": [(1, 3, 1, 4)]}))
    return from_api(client, "octo-org", "hello", 7, server_url=SERVER)


def test_what_is_ours_is_found_with_its_places(github: GitHubServer, client: GitHub, pull: PullRequest) -> None:
    comment = {"path": "a.py", "line": 2, "side": "RIGHT", "body": f"{fingerprint_marker(ONE)}\nx"}
    body = f"{review_marker('0' * 32)}\n{fingerprint_marker(OTHER)}\nx"
    review = github.state.add_review(7, {"event": "COMMENT", "body": body, "comments": [comment]})
    sticky = github.state.add_issue_comment(7, f"{STICKY}\nx")
    found = existing(client, pull, BOT)

    assert {name: (posted.place, posted.commit) for name, posted in found.posted.items()} == {
        ONE: (Place.INLINE, review["commit_id"]),
        OTHER: (Place.BODY, review["commit_id"]),
    }
    assert found.posted[ONE].node == github.state.review_comments[0]["node_id"]
    assert [review.key for review in found.reviews] == ["0" * 32]
    assert found.sticky is not None
    assert found.sticky.number == sticky["id"]


def test_what_others_wrote_is_not_ours(github: GitHubServer, client: GitHub, pull: PullRequest) -> None:
    comment = {"path": "a.py", "line": 2, "side": "RIGHT", "body": f"{fingerprint_marker(ONE)}\nx"}
    github.state.add_review(
        7, {"event": "COMMENT", "body": f"{review_marker('0' * 32)}\n", "comments": [comment]}, login="stranger"
    )
    github.state.add_issue_comment(7, f"{STICKY}\nx", login="stranger")
    github.state.add_issue_comment(7, f"{STICKY}\nx", login="dependabot[bot]")
    found = existing(client, pull, BOT)

    assert (found.sticky, found.reviews, found.posted) == (None, (), {})


def test_of_two_summaries_the_older_is_kept(github: GitHubServer, client: GitHub, pull: PullRequest) -> None:
    first = github.state.add_issue_comment(7, f"{STICKY}\nfirst")
    github.state.add_issue_comment(7, f"{STICKY}\nsecond")
    found = find_sticky(client, pull, BOT)

    assert found is not None
    assert found.number == first["id"]


def test_a_summary_is_made_and_changed(github: GitHubServer, client: GitHub, pull: PullRequest) -> None:
    made = create_sticky(client, pull, "one")
    changed = change_sticky(client, pull, made.number, "two")

    assert (made.number, changed.body) == (changed.number, "two")
    assert [row["body"] for row in github.state.issue_comments] == ["two"]


def test_a_summary_that_is_gone_is_told(client: GitHub, pull: PullRequest) -> None:
    with pytest.raises(RefusedByGitHubError) as caught:
        change_sticky(client, pull, 4711, "x")

    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("name", "kind", "login", "expected"),
    [
        ("octocat", "User", "octocat", True),
        ("OctoCat", "User", "octocat", True),
        (BOT, "Bot", BOT, True),
        ("github-actions", "User", BOT, False),
        ("github-actions", "Bot", BOT, False),
        (BOT, "User", BOT, False),
        ("octocat", "Bot", "octocat", False),
        ("octocat2", "User", "octocat", False),
    ],
)
def test_who_wrote_it_is_told_by_name_and_kind(name: str, kind: str, login: str, expected: bool) -> None:
    assert is_author(name, kind, login) is expected


@pytest.mark.parametrize("writer", [BOT, "my-app[bot]", "octocat"])
def test_a_token_tells_who_it_belongs_to(github: GitHubServer, client: GitHub, writer: str) -> None:
    github.state.writer = writer

    assert login_of(client) == writer


def test_a_comment_in_no_known_form_is_an_expected_failure(github: GitHubServer, client: GitHub, pull: PullRequest) -> None:
    github.state.add_issue_comment(7, "x")["id"] = None
    with pytest.raises(ForgeError):
        find_sticky(client, pull, BOT)
    github.violations.clear()
