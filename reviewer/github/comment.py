"""A comment that asks for a review: who may ask, and for what they saw.

Three things are established, each by GitHub and none by the comment: its author may write to the repository; it stands on a pull request;
and the head that would be reviewed is the one that was there when the comment was written. The last matters because whoever wrote
`/review` looked at the change before, and a push in between would be reviewed on their word.
"""

from __future__ import annotations

from http import HTTPStatus

from pydantic import AwareDatetime

from reviewer.github.api import GitHub
from reviewer.github.pull_request import Account, Lenient, Number, PullRequest, checked
from reviewer.github.refusals import RefusedByGitHubError

COMMAND = "/review"
_MAY_WRITE = frozenset({"admin", "maintain", "write"})


def read_comment(payload: object) -> CommentEvent:
    """The payload of an `issue_comment` event. Raises ForgeError when it is not in GitHub's form."""
    return checked(CommentEvent, payload, "the comment")


def unasked(event: CommentEvent) -> str | None:
    """Why the comment asks for nothing; None when it does."""
    words = event.comment.body.split(maxsplit=1)
    if event.action != "created":
        return "Nothing to do: the comment is not a new one; an edit asks for nothing."
    if event.issue.pull_request is None:
        return "Nothing to do: the comment is not on a pull request."
    if not words or words[0] != COMMAND:
        return f"Nothing to do: the comment does not start with {COMMAND}."
    if event.comment.user is None or event.comment.user.type != "User":
        return f"Nothing to do: {COMMAND} is for people, not for bots."
    return None


def unauthorized(event: CommentEvent, github: GitHub, full_name: str) -> str | None:
    """Why the comment's author may not ask; None when GitHub says that they may write. Raises ForgeError when it cannot be asked."""
    login = event.comment.user.login if event.comment.user else ""
    try:
        answer = github.get(f"/repos/{full_name}/collaborators/{login}/permission")
    except RefusedByGitHubError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        permission = "none"
    else:
        permission = checked(_Permission, answer, "the permission").permission
    if permission in _MAY_WRITE:
        return None
    return f"Nothing to do: {COMMAND} needs write access to the repository, and who wrote the comment has none."


def moved_since(event: CommentEvent, found: PullRequest, github: GitHub) -> str | None:
    """Why the head may be another one than the author of the comment saw; None when it is the same.

    Dates within a commit are its author's to choose, so they prove nothing. GitHub's own record of pushes to the head's branch does:
    the push that brought the head must be older than the comment. Where that record cannot be read (a private fork, a deleted one) or
    does not end with the head (it lags behind),
    a pull request whose last change of any kind is not younger than the comment has not been pushed to either. Else nothing is proven,
    and the comment has to be written again.
    """
    written = event.comment.created_at
    pushed = _pushed_at(found, github)
    if pushed is None and found.updated_at is not None and found.updated_at <= written:
        return None
    if pushed is not None and pushed < written:
        return None
    return f"Nothing to do: pull request #{found.number} changed after the comment. Look at it, then write {COMMAND} again."


def _pushed_at(found: PullRequest, github: GitHub) -> AwareDatetime | None:
    """When the head was last pushed to its branch, by GitHub's clock; None when that cannot be learned.

    Only the newest entry counts: an older one may be of a time before something else stood there, which is what people saw.
    """
    if found.head_repo is None:
        return None
    try:
        newest = next(github.pages(f"/repos/{found.head_repo}/activity", ref=f"refs/heads/{found.head_ref}"), None)
        if newest is not None and (activity := checked(_Activity, newest, "a push")).after == found.head_sha:
            return activity.timestamp
    except RefusedByGitHubError as error:
        if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise
    return None


class _Issue(Lenient):
    number: Number
    pull_request: dict[str, object] | None = None


class _Comment(Lenient):
    body: str
    user: Account | None = None
    created_at: AwareDatetime


class CommentEvent(Lenient):
    """What an `issue_comment` event says."""

    action: str
    issue: _Issue
    comment: _Comment

    @property
    def number(self) -> int:
        """Of the issue or pull request the comment stands on."""
        return self.issue.number


class _Permission(Lenient):
    permission: str


class _Activity(Lenient):
    after: str
    timestamp: AwareDatetime
