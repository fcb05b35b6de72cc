"""What already stands on a pull request, ours only.

Anyone may post a comment that holds one of our markers. So a comment is ours when its author is who our token writes as; what others
wrote is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from reviewer.errors import ForgeError
from reviewer.github.api import GitHub
from reviewer.github.markers import is_sticky, leading_fingerprints, review_key_of
from reviewer.github.memory import Place
from reviewer.github.pull_request import PullRequest

WORKFLOW = "github-actions[bot]"
"""Who the token of a workflow writes as."""
_BOT = "[bot]"
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A finding that was told on GitHub."""

    fingerprint: str
    place: Place
    """`INLINE` or `BODY`."""
    commit: str
    """The commit it was told of; empty when GitHub does not say."""
    node: str
    """The GraphQL id of the inline comment; empty in a body."""
    url: str
    number: int = 0
    """The REST id of the inline comment, or of the review that it is in the body of. GitHub counts upwards."""
    review: int = 0
    """The REST id of the review that it is a part of."""


@dataclass(frozen=True, slots=True)
class Sticky:
    """The summary comment."""

    number: int
    body: str
    url: str


@dataclass(frozen=True, slots=True)
class PostedReview:
    """A review of ours."""

    key: str
    url: str
    number: int = 0
    """The REST id; 0 where GitHub did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """All of ours that stands on a pull request."""

    sticky: Sticky | None
    reviews: tuple[PostedReview, ...]
    every: tuple[Posted, ...]
    """What was told beside lines, then what was told in reviews, each in the order it was posted."""
    answered: frozenset[int]
    """The REST ids of comments that somebody answered."""

    @property
    def posted(self) -> dict[str, Posted]:
        """By fingerprint; where a finding was told twice, the first."""
        return {entry.fingerprint: entry for entry in reversed(self.every)}


def existing(github: GitHub, pull: PullRequest, login: str) -> Existing:
    """What `login` wrote on the pull request in earlier runs. Raises ForgeError."""
    reviews = list(_ours(github.pages(f"{pulls(pull)}/reviews"), _Review, login))
    rows = list(github.pages(f"{pulls(pull)}/comments"))
    inline = list(_ours(rows, _Inline, login))
    told = [
        Posted(
            fingerprint=name,
            place=place,
            commit=_commit_id(entry.commit),
            node=node,
            url=entry.html_url,
            number=entry.id,
            review=review,
        )
        for entry, place, node, review in (
            *((comment, Place.INLINE, comment.node_id, comment.pull_request_review_id or 0) for comment in inline),
            *((review, Place.BODY, "", review.id) for review in reviews),
        )
        for name in leading_fingerprints(entry.body or "")
    ]
    return Existing(
        sticky=find_sticky(github, pull, login),
        reviews=tuple(
            PostedReview(key, entry.html_url, entry.id)
            for entry in reviews
            if (key := review_key_of(entry.body or "")) is not None
        ),
        every=tuple(told),
        answered=frozenset(number for row in rows if (number := _read(_Inline, row).in_reply_to_id) is not None),
    )


def find_sticky(github: GitHub, pull: PullRequest, login: str) -> Sticky | None:
    """Our summary comment: the oldest, where two runs at once made two. Raises ForgeError."""
    comments = _ours(github.pages(f"{issue(pull)}/comments"), _Comment, login)
    stickies = [Sticky(entry.id, entry.body or "", entry.html_url) for entry in comments if is_sticky(entry.body or "")]
    return min(stickies, key=lambda sticky: sticky.number, default=None)


def create_sticky(github: GitHub, pull: PullRequest, body: str) -> Sticky:
    """Raises ForgeError."""
    return _sticky(github.post(f"{issue(pull)}/comments", {"body": body}))


def change_sticky(github: GitHub, pull: PullRequest, number: int, body: str) -> Sticky:
    """Raises ForgeError; RefusedByGitHubError with 404 when somebody deleted it."""
    return _sticky(github.patch(f"/repos/{pull.full_name}/issues/comments/{number}", {"body": body}))


def delete_sticky(github: GitHub, pull: PullRequest, number: int) -> None:
    """Take back a summary comment that was made a second time. Raises ForgeError."""
    github.delete(f"/repos/{pull.full_name}/issues/comments/{number}")


def pulls(pull: PullRequest) -> str:
    """The API's path of the pull request."""
    return f"/repos/{pull.full_name}/pulls/{pull.number}"


def issue(pull: PullRequest) -> str:
    """The API's path of the pull request as an issue: that is where comments on the whole stand."""
    return f"/repos/{pull.full_name}/issues/{pull.number}"


def _commit_id(text: str | None) -> str:
    return text if text and _OBJECT_ID.fullmatch(text) else ""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Author(_Entry):
    login: str
    type: str = "User"


class _Comment(_Entry):
    id: int
    user: _Author | None = None
    body: str | None = None
    html_url: str = ""

    @property
    def commit(self) -> str | None:
        """The commit it was written on; a comment on the whole has none."""
        return None


class _Inline(_Comment):
    node_id: str = ""
    pull_request_review_id: int | None = None
    in_reply_to_id: int | None = None
    original_commit_id: str | None = None

    @property
    def commit(self) -> str | None:
        return self.original_commit_id


class _Review(_Comment):
    commit_id: str | None = None

    @property
    def commit(self) -> str | None:
        return self.commit_id


_Kind = TypeVar("_Kind", bound=_Comment)


def _ours(entries: Iterable[object], kind: type[_Kind], login: str) -> Iterator[_Kind]:
    for value in entries:
        entry = _read(kind, value)
        if entry.user is not None and is_author(entry.user.login, entry.user.type, login):
            yield entry


def is_author(name: str, kind: str, login: str) -> bool:
    """Whether an account is `login`. Accounts of bots end in `[bot]`, which no person's may; that it is one is asked all the same."""
    return name.lower() == login.lower() and (kind == "Bot") == login.endswith(_BOT)


def _sticky(value: object) -> Sticky:
    entry = _read(_Comment, value)
    return Sticky(entry.id, entry.body or "", entry.html_url)


def _read(kind: type[_Kind], value: object) -> _Kind:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ForgeError("GitHub's description of a comment is not in its form.") from error
