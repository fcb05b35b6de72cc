from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from reviewer.github.api import GitHub
from reviewer.github.comments import Posted
from reviewer.github.hiding import THREADS, resolve
from reviewer.github.memory import Place
from reviewer.github.pull_request import PullRequest

PULL = PullRequest(
    owner="octo-org",
    repo="hello",
    number=7,
    title="",
    body="",
    base_ref="main",
    base_sha="b" * 40,
    head_ref="topic",
    head_sha="a" * 40,
    head_repo=None,
    is_fork=False,
    is_draft=False,
    is_open=True,
    author="octocat",
    author_is_bot=False,
    html_url="https://github.com/octo-org/hello/pull/7",
    updated_at=None,
)
OURS = Posted(fingerprint="0" * 16, place=Place.INLINE, commit="a" * 40, node="PRRC_1", url="")


def thread(**change: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    comments = {"totalCount": change.pop("said", 1), "nodes": [{"id": change.pop("first", "PRRC_1")}]}
    return {"id": "PRRT_1", "isResolved": False, "viewerCanResolve": True, "comments": comments, **change}


def asked(*threads: dict[str, Any]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The variables of each mutation that was sent, and the notes. Each thread comes on a page of its own."""
    sent: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        if body["query"] != THREADS:
            sent.append(body["variables"])
            return httpx2.Response(200, json={"data": {}})
        page = int(body["variables"]["after"] or 0)
        info = {"hasNextPage": page + 1 < len(threads), "endCursor": str(page + 1)}
        rows = {"pageInfo": info, "nodes": list(threads[page : page + 1])}
        return httpx2.Response(200, json={"data": {"repository": {"pullRequest": {"reviewThreads": rows}}}})

    with GitHub(
        "ghs_x",
        "https://api.github.com",
        graphql_url="https://api.github.com/graphql",
        sleep=lambda _: None,
        transport=httpx2.MockTransport(answer),
    ) as github:
        notes = resolve(github, PULL, [OURS])
    return sent, notes


def test_a_thread_that_only_we_spoke_in_is_resolved_on_whatever_page_it_is() -> None:
    assert asked(thread(first="PRRC_2"), thread()) == ([{"id": "PRRT_1"}], ())


@pytest.mark.parametrize("other", [{"said": 2}, {"first": "PRRC_2"}, {"isResolved": True}])
def test_a_thread_that_a_person_answered_or_began_or_resolved_is_left_alone(other: dict[str, Any]) -> None:
    assert asked(thread(**other)) == ([], ())


def test_what_the_token_may_not_resolve_is_told() -> None:
    sent, notes = asked(thread(viewerCanResolve=False))

    assert sent == []
    assert notes == ("1 thread of fixed findings could not be resolved. The token may need contents: write.",)


def test_threads_in_no_known_form_are_told() -> None:
    assert asked({"id": 1})[1] == ("Threads of fixed findings could not be looked at. The token may need contents: write.",)
