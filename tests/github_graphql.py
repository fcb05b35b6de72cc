"""GraphQL over the state of github_state.py: documents are checked against GitHub's own schema before they are answered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from github_files import Row
from graphql import GraphQLError, GraphQLResolveInfo, graphql_sync

from github_rules import graphql_schema
from github_state import State

Info = GraphQLResolveInfo[Any]


def answer_graphql(state: State, body: Any) -> tuple[int, Row]:  # noqa: ANN401 - whatever JSON was sent
    """Status and body of an answer."""
    if not isinstance(body, dict) or not isinstance(body.get("query"), str) or body.keys() - {"query", "variables"}:
        return 400, {"message": "A query attribute must be specified and must be a string."}
    done = graphql_sync(graphql_schema(), body["query"], root_value=_Root(state), variable_values=body.get("variables") or {})
    answer: Row = {"data": done.data}
    if done.errors:
        answer["errors"] = [{"message": error.message, "type": "INVALID"} for error in done.errors]
    return 200, answer


class _Root:
    def __init__(self, state: State) -> None:
        self._state = state

    def viewer(self, _: Info) -> SimpleNamespace:
        """Who the token belongs to; unlike as an author, a bot has its suffix here."""
        return SimpleNamespace(login=self._state.writer)

    def repository(self, _: Info, owner: str, name: str, **__: object) -> SimpleNamespace | None:
        if f"{owner}/{name}".lower() != self._state.full_name.lower():
            raise GraphQLError(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return SimpleNamespace(pullRequest=self._pull)

    def _pull(self, _: Info, number: int) -> SimpleNamespace:
        if number not in self._state.pulls:
            raise GraphQLError(f"Could not resolve to a PullRequest with the number of {number}.")
        rows = [row for row in self._state.review_comments if row["pull_request_url"].endswith(f"/{number}")]
        threads = [self._thread(row) for row in rows if row.get("in_reply_to_id") is None]
        return SimpleNamespace(number=number, reviewThreads=lambda _, **page: _connection(threads, **page))

    def _thread(self, row: Row) -> SimpleNamespace:
        identity = f"PRRT_{row['id']}"
        replies = [reply for reply in self._state.review_comments if reply.get("in_reply_to_id") == row["id"]]
        return SimpleNamespace(
            id=identity,
            isResolved=identity in self._state.resolved,
            isOutdated=row.get("line") is None,
            viewerCanResolve=self._state.may_write_contents,
            path=row["path"],
            line=row.get("line"),
            comments=lambda _, **page: _connection([self._comment(each) for each in (row, *replies)], **page),
        )

    def _comment(self, row: Row) -> SimpleNamespace:
        login = row["user"]["login"].removesuffix("[bot]")  # as GraphQL names bots
        bot = row["user"]["type"] == "Bot"
        return SimpleNamespace(
            __typename="PullRequestReviewComment" if row["node_id"].startswith("PRRC") else "IssueComment",
            id=row["node_id"],
            databaseId=row["id"],
            body=row["body"],
            author={"__typename": "Bot" if bot else "User", "login": login},
            isMinimized=row["node_id"] in self._state.minimized,
            minimizedReason=self._state.minimized.get(row["node_id"], "").lower() or None,
            viewerCanMinimize=True,
        )

    def minimizeComment(self, _: Info, input: Row) -> SimpleNamespace:  # noqa: A002, N802 - GitHub's names
        rows = self._state.review_comments + self._state.issue_comments
        row = next((row for row in rows if row["node_id"] == input["subjectId"]), None)
        if row is None:
            raise GraphQLError(f"Could not resolve to a node with the global id of '{input['subjectId']}'.")
        self._state.minimized[row["node_id"]] = input["classifier"]
        return SimpleNamespace(minimizedComment=vars(self._comment(row)), clientMutationId=input.get("clientMutationId"))

    def resolveReviewThread(self, _: Info, input: Row) -> SimpleNamespace:  # noqa: A002, N802 - GitHub's names
        if not self._state.may_write_contents:
            raise GraphQLError("Resource not accessible by integration")
        row = next((row for row in self._state.review_comments if f"PRRT_{row['id']}" == input["threadId"]), None)
        if row is None:
            raise GraphQLError(f"Could not resolve to a node with the global id of '{input['threadId']}'.")
        self._state.resolved.add(input["threadId"])
        return SimpleNamespace(thread=self._thread(row), clientMutationId=input.get("clientMutationId"))


def _connection(rows: list[SimpleNamespace], first: int | None = None, after: str | None = None, **_: object) -> SimpleNamespace:
    """A page of a list. GitHub wants to be told how many, and gives at most a hundred."""
    if first is None or not 1 <= first <= 100:
        raise GraphQLError("You must provide a `first` or `last` value between 1 and 100 to properly paginate.")
    start = int(after or 0)
    page = rows[start : start + first]
    more = start + first < len(rows)
    info = SimpleNamespace(hasNextPage=more, endCursor=str(start + len(page)) if page else None)
    return SimpleNamespace(nodes=page, pageInfo=info, totalCount=len(rows))
