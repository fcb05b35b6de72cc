from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from github_payloads import FORK, HELLO, example, from_deleted_fork, from_fork, review_asked
from github_server import GitHubServer, Pull, Trouble
from reviewer.errors import ConfigError, ForgeError
from reviewer.github.api import GitHub
from reviewer.github.event import Event, NothingToDo, ReviewPullRequest, ReviewRepository, Trigger, load_event, read_event
from reviewer.github.pull_request import PullRequest

SHA = "5" * 40
SERVER = "https://github.com"
BEFORE, AT, AFTER = "2019-05-15T15:20:20Z", "2019-05-15T15:20:21Z", "2019-05-15T15:20:22Z"
"""Around the time of the published comment."""
Read = Callable[..., Trigger]


@pytest.fixture
def read(github: GitHubServer, client: GitHub) -> Read:
    """What an event means. The server's repository is that of the payload."""

    def run(name: str, payload: Mapping[str, Any], **options: bool) -> Trigger:
        full_name = payload["repository"]["full_name"]
        github.state.owner, _, github.state.repo = full_name.partition("/")
        return read_event(Event(name=name, payload=payload, repository=full_name, sha=SHA, server_url=SERVER), client, **options)

    return run


def pull_of(trigger: Trigger) -> PullRequest:
    assert isinstance(trigger, ReviewPullRequest), trigger
    return trigger.pull_request


def reason_of(trigger: Trigger) -> str:
    assert isinstance(trigger, NothingToDo), trigger
    assert trigger.reason.startswith("Nothing to do: ")
    return trigger.reason.removeprefix("Nothing to do: ")


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
@pytest.mark.parametrize("action", ["opened", "synchronize"])
def test_a_pull_request_is_read_from_the_payload_alone(read: Read, github: GitHubServer, name: str, action: str) -> None:
    payload = example(f"pull_request.{action}")
    found = pull_of(read(name, payload))
    assert (found.full_name, found.number, found.head_sha) == (HELLO, 2, payload["pull_request"]["head"]["sha"])
    assert (found.title, found.body) == (payload["pull_request"]["title"], payload["pull_request"]["body"] or "")
    assert (found.is_fork, found.head_repo) == (False, HELLO)
    assert found.html_url == f"{SERVER}/{HELLO}/pull/2"
    assert github.requests == []


def test_a_fork_is_known_by_its_repository_also_when_that_is_gone(read: Read) -> None:
    there, gone = pull_of(read("pull_request", from_fork())), pull_of(read("pull_request", from_deleted_fork()))
    assert [(found.is_fork, found.head_repo) for found in (there, gone)] == [(True, FORK), (True, None)]


def test_drafts_bots_and_closed_pull_requests_are_left_alone_unless_asked_for(read: Read) -> None:
    draft, bot, closed = (example("pull_request.opened") for _ in range(3))
    draft["pull_request"]["draft"] = True
    bot["pull_request"]["user"] |= {"type": "Bot", "login": "dependabot[bot]"}
    closed["pull_request"]["state"] = "closed"
    assert reason_of(read("pull_request", draft)) == "pull request #2 is a draft."
    assert reason_of(read("pull_request", bot)) == "pull request #2 was opened by a bot."
    assert reason_of(read("pull_request", closed, drafts=True, bots=True)) == "pull request #2 is closed."
    assert pull_of(read("pull_request", draft, drafts=True)).is_draft
    assert pull_of(read("pull_request", bot, bots=True)).author == "dependabot[bot]"


@pytest.mark.parametrize(
    ("name", "file"), [("push", "push"), ("workflow_dispatch", "workflow_dispatch"), ("schedule", "workflow_dispatch")]
)
def test_a_push_a_schedule_and_a_start_by_hand_mean_the_whole_repository(read: Read, name: str, file: str) -> None:
    payload = example(file)
    assert read(name, payload) == ReviewRepository(payload["repository"]["full_name"], SHA)


def test_a_push_that_deletes_a_branch_means_nothing(read: Read) -> None:
    assert reason_of(read("push", example("push") | {"deleted": True})) == "the push deleted a branch or a tag."


@pytest.mark.parametrize("given", ["7", " 7 ", "#7", 7])
def test_a_start_by_hand_can_name_a_pull_request(read: Read, github: GitHubServer, given: str | int) -> None:
    github.state.add_pull(Pull(number=7, draft=True))
    assert pull_of(read("workflow_dispatch", example("workflow_dispatch") | {"inputs": {"pr-number": given}})).number == 7


@pytest.mark.parametrize("given", ["0", "-1", "7/../8", "seven", "1" * 12, "\u0667"])
def test_a_number_that_is_none_is_an_error(read: Read, given: str) -> None:
    with pytest.raises(ConfigError, match="pr-number"):
        read("workflow_dispatch", example("workflow_dispatch") | {"inputs": {"pr-number": given}})


@pytest.mark.parametrize("name", ["issues", "merge_group", "pull_request_review", "", "release\n::error::x"])
def test_other_events_mean_nothing(read: Read, name: str) -> None:
    assert reason_of(read(name, example("push"))) == "this Action has no answer to this kind of event."


# A comment that asks for a review


@pytest.fixture
def asked(github: GitHubServer) -> GitHubServer:
    """A pull request from a fork, pushed before a maintainer's comment."""
    github.state.add_pull(Pull(number=1, head_repo=FORK, head_ref="topic", updated_at=AFTER))
    github.state.permissions["maintainer"] = "maintain"
    pushed(github, BEFORE)
    return github


def pushed(github: GitHubServer, time: str, sha: str = "a" * 40) -> None:
    row = {"ref": "refs/heads/topic", "after": sha, "timestamp": time}
    github.state.activity.setdefault(FORK, []).insert(0, row)


def test_someone_who_may_write_asks_for_a_review(read: Read, asked: GitHubServer) -> None:
    assert pull_of(read("issue_comment", review_asked())).head_sha == "a" * 40


@pytest.mark.parametrize("body", ["/review please\nand soon", "  /review", "/review\r\n"])
def test_the_first_word_asks(read: Read, asked: GitHubServer, body: str) -> None:
    assert isinstance(read("issue_comment", review_asked(body)), ReviewPullRequest)


@pytest.mark.parametrize("body", ["", " ", "please /review", "/reviewer", "/Review", "> /review", "`/review`", "/rev\u200biew"])
def test_other_words_do_not(read: Read, asked: GitHubServer, body: str) -> None:
    assert reason_of(read("issue_comment", review_asked(body))) == "the comment does not start with /review."
    assert asked.requests == []


@pytest.mark.parametrize("permission", ["read", "triage", "none"])
def test_who_may_not_write_may_not_ask(read: Read, asked: GitHubServer, permission: str) -> None:
    asked.state.permissions["maintainer"] = permission
    assert "needs write access" in reason_of(read("issue_comment", review_asked()))


def test_who_the_repository_does_not_know_may_not_ask(read: Read, asked: GitHubServer) -> None:
    payload = review_asked(login="stranger")
    payload["comment"]["author_association"] = "OWNER"  # what a payload says of it decides nothing
    assert "needs write access" in reason_of(read("issue_comment", payload))


@pytest.mark.parametrize("permission", ["write", "maintain", "admin"])
def test_who_may_write_may_ask(read: Read, asked: GitHubServer, permission: str) -> None:
    asked.state.permissions["maintainer"] = permission
    assert isinstance(read("issue_comment", review_asked()), ReviewPullRequest)


def test_when_github_does_not_say_who_may_write_nobody_may(read: Read, asked: GitHubServer) -> None:
    asked.trouble(Trouble(path="/permission", status=403, message="Resource not accessible by integration"))
    with pytest.raises(ForgeError, match="403"):
        read("issue_comment", review_asked())


def test_a_bot_an_edit_and_a_comment_on_an_issue_ask_for_nothing(read: Read, asked: GitHubServer) -> None:
    bot, edit, issue = (review_asked() for _ in range(3))
    bot["comment"]["user"]["type"] = "Bot"
    edit["action"] = "edited"
    del issue["issue"]["pull_request"]
    reasons = [reason_of(read("issue_comment", payload)) for payload in (bot, edit, issue)]
    assert reasons == [
        "/review is for people, not for bots.",
        "the comment is not a new one; an edit asks for nothing.",
        "the comment is not on a pull request.",
    ]
    assert asked.requests == []


@pytest.mark.parametrize("time", [AT, AFTER])
def test_a_head_that_was_pushed_since_the_comment_is_not_reviewed_on_its_word(read: Read, asked: GitHubServer, time: str) -> None:
    asked.state.activity.clear()
    pushed(asked, BEFORE, "0" * 40)
    pushed(asked, time)
    assert reason_of(read("issue_comment", review_asked())).startswith("pull request #1 changed after the comment.")


def test_a_head_that_was_pushed_back_since_the_comment_is_not_reviewed_either(read: Read, asked: GitHubServer) -> None:
    pushed(asked, AFTER)
    assert reason_of(read("issue_comment", review_asked())).startswith("pull request #1 changed after the comment.")


def test_a_record_of_pushes_that_lags_behind_proves_nothing(read: Read, asked: GitHubServer) -> None:
    """The head was there once; something else took its place, which the maintainer saw; the push that brought it back is not told yet."""
    pushed(asked, BEFORE, "0" * 40)
    assert reason_of(read("issue_comment", review_asked())).startswith("pull request #1 changed after the comment.")


@pytest.mark.parametrize(("updated", "is_reviewed"), [(BEFORE, True), (AT, True), (AFTER, False)])
def test_where_pushes_cannot_be_read_nothing_at_all_may_have_changed_since(
    read: Read, asked: GitHubServer, updated: str, is_reviewed: bool
) -> None:
    asked.state.activity.clear()
    asked.state.pulls[1].updated_at = updated
    assert isinstance(read("issue_comment", review_asked()), ReviewPullRequest) == is_reviewed


def test_a_comment_on_a_closed_pull_request_asks_for_nothing(read: Read, asked: GitHubServer) -> None:
    asked.state.pulls[1].state = "closed"
    assert reason_of(read("issue_comment", review_asked())) == "pull request #1 is closed."


# The second of two workflows


def finished(head_sha: str = "a" * 40, branch: str = "topic", repository: str = "Somebody/octo-repo") -> dict[str, Any]:
    """A workflow that ran on a fork's pull request has ended. As GitHub does for forks, it names no pull request."""
    payload = example("workflow_run.completed")
    run = payload["workflow_run"]
    run |= {"event": "pull_request", "head_sha": head_sha, "head_branch": branch, "pull_requests": []}
    run["head_repository"]["full_name"] = repository
    return payload


def test_the_pull_request_of_a_finished_run_is_found_by_its_head(read: Read, github: GitHubServer) -> None:
    github.state.add_pull(Pull(number=3, head_repo="Somebody/octo-repo", head_ref="topic", head_sha="c" * 40))
    github.state.add_pull(Pull(number=4, head_repo="Somebody/octo-repo", head_ref="topic", base_ref="other"))
    assert pull_of(read("workflow_run", finished())).number == 4


def test_a_run_on_a_commit_that_is_no_longer_a_head_means_nothing(read: Read, github: GitHubServer) -> None:
    github.state.add_pull(Pull(number=4, head_repo="Somebody/octo-repo", head_ref="topic", head_sha="c" * 40))
    assert "no open pull request" in reason_of(read("workflow_run", finished()))


def test_a_run_that_no_pull_request_started_means_nothing(read: Read) -> None:
    assert "not started by a pull request" in reason_of(read("workflow_run", example("workflow_run.completed")))


@pytest.mark.parametrize("branch", ["\ud800", "a b&state=closed#x", "../../x", "ä/ö"])
def test_the_name_of_a_branch_is_only_a_value(read: Read, github: GitHubServer, branch: str) -> None:
    assert "no open pull request" in reason_of(read("workflow_run", finished(branch=branch)))
    assert github.requests[0].query["state"] == ["open"]


# Hostile payloads


HOSTILE = [
    (("head", "sha"), "--output=/tmp/x"),
    (("head", "sha"), "a" * 39),
    (("head", "sha"), "a" * 40 + "\n"),
    (("head", "sha"), 7),
    (("base", "sha"), None),
    (("base", "repo"), None),
    (("base", "repo", "full_name"), "Somebody/Else"),
    (("base", "repo", "full_name"), "../.."),
    (("head", "repo", "full_name"), "a/b/../c"),
    (("head", "repo", "full_name"), "a/.."),
    (("head", "repo", "full_name"), "a/b?c"),
    (("number",), "2"),
    (("number",), 0),
    (("number",), 2**40),
    (("number",), True),
    (("title",), None),
    (("title",), ["x"]),
    (("state",), "merged"),
    (("user", "login"), "a/b"),
    (("user", "login"), "x" * 200),
    (("head",), []),
]


@pytest.mark.parametrize(("place", "value"), HOSTILE)
def test_what_is_not_in_githubs_form_is_an_error_that_names_the_place_and_not_the_value(
    read: Read, place: tuple[str, ...], value: object
) -> None:
    payload = example("pull_request.opened")
    target = payload["pull_request"]
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    with pytest.raises(ForgeError) as caught:
        read("pull_request", payload)
    assert "--output" not in caught.value.message


def test_text_that_no_encoding_can_write_is_replaced(read: Read) -> None:
    payload = example("pull_request.opened")
    payload["pull_request"] |= {"title": "a\ud800b", "body": "\udfff"}
    found = pull_of(read("pull_request", payload))
    assert (found.title, found.body) == ("a\ufffdb", "\ufffd")


@pytest.mark.parametrize("payload", [{}, {"pull_request": None}, {"pull_request": "x"}])
def test_a_payload_without_a_pull_request_is_an_error(client: GitHub, payload: dict[str, Any]) -> None:
    event = Event(name="pull_request", payload=payload, repository=HELLO, sha=SHA, server_url=SERVER)
    with pytest.raises(ForgeError, match="not in its form"):
        read_event(event, client)


def test_an_event_is_loaded_from_where_github_says(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(example("push")))
    environ = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": HELLO, "GITHUB_SHA": SHA}
    assert load_event(environ, SERVER) == Event(
        name="push", payload=example("push"), repository=HELLO, sha=SHA, server_url=SERVER
    )


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_an_event_that_is_no_json_object_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    environ = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": HELLO, "GITHUB_SHA": SHA}
    with pytest.raises(ConfigError, match="GITHUB_EVENT_PATH"):
        load_event(environ, SERVER)


def test_outside_of_a_workflow_there_is_no_event() -> None:
    with pytest.raises(ConfigError, match="GITHUB_EVENT_NAME is not set"):
        load_event({}, SERVER)
