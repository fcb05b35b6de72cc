"""A review is posted once, and is never lost for one comment that GitHub does not take.

GitHub takes a review with all its comments or not at all (422), and does not say which of them it objects to. So they are looked up in
its own list of the pull request's files; what is left under suspicion goes into the review's text, where nothing is refused for its place.
A text that is too long is cut shorter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from reviewer.errors import ForgeError
from reviewer.github.api import GitHub
from reviewer.github.bodies import Links, inline_body, review_body
from reviewer.github.budget import BODY_BYTES
from reviewer.github.comments import Existing, PostedReview, existing, pulls
from reviewer.github.comparison import Told
from reviewer.github.markers import review_key
from reviewer.github.memory import Place
from reviewer.github.pull_request import PullRequest
from reviewer.github.refusals import RefusedByGitHubError, UncertainError
from reviewer.templating import Templates

MOST_COMMENTS = 30
"""Inline comments in one request; more than this GitHub's servers have refused to others."""
_SHORTEST = 4_096
"""Bytes of a text below which no shorter one is tried."""
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A review to be posted."""

    inline: tuple[Told, ...]
    """Each with an anchor; at most `MOST_COMMENTS`."""
    outside: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a review, by where its findings are told now. Where there is none, they are told nowhere yet."""

    review: PostedReview | None
    """None when GitHub would not have it in any form."""
    inline: tuple[Told, ...] = ()
    outside: tuple[Told, ...] = ()
    """In the review's text, being outside the diff."""
    rejected: tuple[Told, ...] = ()
    """In the review's text, for GitHub took no comment at their lines."""
    over: tuple[Told, ...] = ()
    """For which the review's text has no room."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where reviews are posted: all that every attempt needs."""

    github: GitHub
    pull: PullRequest
    login: str
    links: Links
    templates: Templates


def post(desk: Desk, draft: Draft) -> Outcome:
    """Post a review, in as many attempts as GitHub's refusals make needed. Raises ForgeError and TemplateError."""
    files = _Files()
    if any(told.finding is not None and told.finding.removed for told in draft.inline):
        files = _files(desk)  # only by these is known what a file is called now of which lines were removed
    inline, rejected, limit = list(draft.inline), list[Told](), BODY_BYTES
    suspicions: list[Callable[[Sequence[Told]], Iterable[Told]]] = [lambda told: _outside_hunks(desk, told), lambda told: told]
    while True:
        attempt = _Attempt(draft, tuple(inline), tuple(rejected), limit)
        try:
            return attempt.post(desk, files)
        except RefusedByGitHubError as error:
            if error.is_about_length and limit > _SHORTEST:
                limit //= 2
                continue
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY or error.is_about_lock:
                raise
            culprits: list[Told] = []
            while inline and suspicions and not culprits:
                culprits = list(suspicions.pop(0)(inline))
            if not culprits:  # even the text alone: the commit is no longer the pull request's
                return Outcome(review=None)
            inline = [told for told in inline if told not in culprits]
            rejected += culprits


def undouble(desk: Desk, outcome: Outcome, found: Existing) -> Outcome:
    """Take back what another run had told before this one, when the two ran at once. Raises ForgeError and TemplateError.

    `found` is what is posted now. A comment that somebody answered meanwhile stays.
    """
    if outcome.review is None or not outcome.review.number:
        return outcome
    number = outcome.review.number
    before = {posted.fingerprint for posted in found.every if posted.review < number}
    twice = [posted for posted in found.every if posted.review == number and posted.fingerprint in before]
    if not twice:
        return outcome
    for posted in twice:
        if posted.place is Place.INLINE and posted.number not in found.answered:
            desk.github.delete(f"/repos/{desk.pull.full_name}/pulls/comments/{posted.number}")
    names = {posted.fingerprint for posted in twice}
    inline, outside, rejected = (
        tuple(told for told in part if told.memory.posted_as not in names)
        for part in (outcome.inline, outcome.outside, outcome.rejected)
    )
    text = review_body(outcome.review.key, len(inline), outside, rejected, desk.links, desk.templates)
    desk.github.put(f"{pulls(desk.pull)}/reviews/{number}", {"body": text.markdown})
    return replace(outcome, inline=inline, outside=outside, rejected=rejected)


@dataclass(frozen=True, slots=True)
class _Attempt:
    draft: Draft
    inline: tuple[Told, ...]
    rejected: tuple[Told, ...]
    limit: int

    def post(self, desk: Desk, files: _Files) -> Outcome:
        """Post it. After an uncertain end GitHub is asked what stands before it is tried once more."""
        key = review_key(desk.links.commit, (told.memory.posted_as for told in (*self.draft.inline, *self.draft.outside)))
        text = review_body(key, len(self.inline), self.draft.outside, self.rejected, desk.links, desk.templates, self.limit)
        request = {
            "commit_id": desk.links.commit,
            "event": "COMMENT",
            "body": text.markdown,
            "comments": [_comment(told, desk, files, self.limit) for told in self.inline],
        }
        try:
            review = _posted(key, desk.github.post(f"{pulls(desk.pull)}/reviews", request))
        except UncertainError:
            found = _standing(desk, key)
            review = found or _posted(key, desk.github.post(f"{pulls(desk.pull)}/reviews", request))
        told = {*text.outside, *text.rejected}
        over = tuple(entry for entry in (*self.draft.outside, *self.rejected) if entry not in told)
        return Outcome(review=review, inline=self.inline, outside=text.outside, rejected=text.rejected, over=over)


def _standing(desk: Desk, key: str) -> PostedReview | None:
    return next((review for review in existing(desk.github, desk.pull, desk.login).reviews if review.key == key), None)


def _comment(told: Told, desk: Desk, files: _Files, limit: int) -> dict[str, object]:
    """An inline comment as the API wants it: `start_line` only where it precedes `line`."""
    assert told.finding is not None and told.finding.anchor is not None, "only anchored findings stand inline"  # noqa: S101, PT018
    anchor = told.finding.anchor
    side = "LEFT" if anchor.left else "RIGHT"
    where: dict[str, object] = {"path": files.name(told.finding.path, left=anchor.left), "line": anchor.end_line, "side": side}
    if anchor.start_line < anchor.end_line:
        where |= {"start_line": anchor.start_line, "start_side": side}
    return {**where, "body": inline_body(told, desk.links, desk.templates, limit)}


def _outside_hunks(desk: Desk, inline: Sequence[Told]) -> list[Told]:
    """Those whose lines lie in no hunk of GitHub's own diff; nobody, when that cannot be read: the next suspicion falls on all."""
    files = _files(desk)
    return [told for told in inline if not files.shows(told)] if files.rows else []


@dataclass(frozen=True, slots=True)
class _Files:
    """GitHub's own list of what the pull request changes."""

    rows: Mapping[str, _File] | None = None
    """By the name at the head; None when it is not known."""

    def name(self, path: str, *, left: bool) -> str:
        """What GitHub calls a file in comments: by its name at the head, also where the lines of the base are meant."""
        moved = (row.filename for row in (self.rows or {}).values() if row.status == "renamed" and row.previous_filename == path)
        return next(moved, path) if left else path

    def shows(self, told: Told) -> bool:
        """Whether the lines of a finding's anchor lie in one hunk."""
        anchor = told.finding.anchor if told.finding else None
        if told.finding is None or anchor is None:
            return False
        row = (self.rows or {}).get(self.name(told.finding.path, left=anchor.left))
        ranges = row.ranges(left=anchor.left) if row else ()
        return any(anchor.start_line in lines and anchor.end_line in lines for lines in ranges)


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _File(_Lenient):
    filename: str
    status: str = ""
    previous_filename: str | None = None
    patch: str | None = None

    def ranges(self, *, left: bool) -> tuple[range, ...]:
        """The lines of one side that each hunk of the patch shows."""
        found = filter(None, map(_HUNK.match, (self.patch or "").split("\n")))
        start, count = (1, 2) if left else (3, 4)
        return tuple(range(int(at[start]), int(at[start]) + int(at[count] or 1)) for at in found)


def _files(desk: Desk) -> _Files:
    try:
        rows = [_File.model_validate(row) for row in desk.github.pages(f"{pulls(desk.pull)}/files")]
    except (ForgeError, ValidationError):
        return _Files()  # the review is worth more than its places
    return _Files({row.filename: row for row in rows})


class _Answer(_Lenient):
    html_url: str = ""
    id: int = 0


def _posted(key: str, value: object) -> PostedReview:
    try:
        answer = _Answer.model_validate(value)
    except ValidationError:
        return PostedReview(key, "")  # it was taken: what the answer looks like changes nothing
    return PostedReview(key, answer.html_url, answer.id)
