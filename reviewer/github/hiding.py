"""Comments about what is fixed: folded away, and if the operator wants, their threads resolved. Only our own; failure is a note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reviewer.errors import ForgeError
from reviewer.github.api import GitHub
from reviewer.github.comments import Posted
from reviewer.github.pull_request import PullRequest
from reviewer.report.amounts import counted

MINIMISE = """mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } }
}"""
RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"
THREADS = """query($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id isResolved viewerCanResolve comments(first: 1) { totalCount nodes { id } } }
      }
    }
  }
}"""
_MOST_PAGES = 20
_NO_RIGHT = "The token may need contents: write."


def minimise(github: GitHub, comments: Iterable[Posted]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Fold comments as outdated. The fingerprints of those that are folded now, and a note when some could not be."""
    done: set[str] = set()
    failed = 0
    for comment in comments:
        try:
            github.graphql(MINIMISE, id=comment.node)
            done.add(comment.fingerprint)
        except ForgeError:
            failed += 1
    note = f"{counted(failed, 'comment')} on fixed findings could not be marked as outdated."
    return frozenset(done), (note,) if failed else ()


def resolve(github: GitHub, pull: PullRequest, comments: Iterable[Posted]) -> tuple[str, ...]:
    """Resolve the threads that these comments began, where nobody else has said a word and the token may. Notes on what failed."""
    nodes = frozenset(comment.node for comment in comments)
    if not nodes:
        return ()
    failed = 0
    try:
        for thread in list(_threads(github, pull)):
            if thread.isResolved or not thread.began_with(nodes) or thread.comments.totalCount != 1:
                continue
            failed += not (thread.viewerCanResolve and _resolved(github, thread.id))
    except ForgeError:
        return (f"Threads of fixed findings could not be looked at. {_NO_RIGHT}",)
    return (f"{counted(failed, 'thread')} of fixed findings could not be resolved. {_NO_RIGHT}",) if failed else ()


def _resolved(github: GitHub, thread: str) -> bool:
    try:
        github.graphql(RESOLVE, id=thread)
    except ForgeError:
        return False
    return True


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _CommentNode(_Node):
    id: str


class _Comments(_Node):
    totalCount: int  # noqa: N815 - GitHub's name
    nodes: tuple[_CommentNode, ...]


class _Thread(_Node):
    id: str
    isResolved: bool  # noqa: N815
    viewerCanResolve: bool  # noqa: N815
    comments: _Comments

    def began_with(self, nodes: frozenset[str]) -> bool:
        return bool(self.comments.nodes) and self.comments.nodes[0].id in nodes


class _PageInfo(_Node):
    hasNextPage: bool  # noqa: N815
    endCursor: str | None = None  # noqa: N815


class _Threads(_Node):
    pageInfo: _PageInfo  # noqa: N815
    nodes: tuple[_Thread, ...]


class _Pull(_Node):
    threads: _Threads = Field(alias="reviewThreads")


class _Repository(_Node):
    pull: _Pull = Field(alias="pullRequest")


class _Data(_Node):
    repository: _Repository


def _threads(github: GitHub, pull: PullRequest) -> Iterator[_Thread]:
    after: str | None = None
    for _ in range(_MOST_PAGES):
        data = github.graphql(THREADS, owner=pull.owner, repo=pull.repo, number=pull.number, after=after)
        try:
            threads = _Data.model_validate(data).repository.pull.threads
        except ValidationError as error:
            raise ForgeError("GitHub's list of review threads is not in its form.") from error
        yield from threads.nodes
        if not threads.pageInfo.hasNextPage:
            return
        after = threads.pageInfo.endCursor
