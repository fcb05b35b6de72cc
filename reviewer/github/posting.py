"""A review is posted once, and is never lost for one comment that GitHub does not take.

GitHub takes a review with all its comments or not at all (422). What it objects to is sought in its words, then by its own list of
the pull request's hunks; what is left under suspicion goes into the review's text, where nothing is refused for its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from reviewer.errors import ForgeError
from reviewer.github.api import GitHub
from reviewer.github.bodies import Links, inline_body, review_body
from reviewer.github.comments import PostedReview, existing, pulls
from reviewer.github.comparison import Told
from reviewer.github.markers import review_key
from reviewer.github.pull_request import PullRequest
from reviewer.github.refusals import RefusedByGitHubError, UncertainError
from reviewer.templating import Templates

MOST_COMMENTS = 30
"""Inline comments in one request; more than this GitHub's servers have refused to others."""
_INDEX = re.compile(r"\bcomments(?:\[|/|\.)(\d{1,3})\b")
_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+(\d{1,9})(?:,(\d{1,9}))? @@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A review to be posted."""

    inline: tuple[Told, ...]
    """Each with an anchor; at most `MOST_COMMENTS`."""
    outside: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a review."""

    posted: bool
    """False when GitHub would not have it in any form."""
    url: str
    rejected: tuple[Told, ...]
    """Findings whose comments GitHub did not take; they stand in the review's text, or nowhere if there is none."""


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
    inline, rejected = list(draft.inline), list[Told]()
    suspicions: list[Callable[[RefusedByGitHubError, Sequence[Told]], Iterable[Told]]] = [
        _named,
        lambda _, told: _outside_hunks(desk, told),
        lambda _, told: told,
    ]
    while True:
        try:
            return Outcome(posted=True, url=_post_once(desk, draft, inline, rejected).url, rejected=tuple(rejected))
        except RefusedByGitHubError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            culprits: list[Told] = []
            while inline and suspicions and not culprits:
                culprits = list(suspicions.pop(0)(error, inline))
            if not culprits:  # even the text alone: the commit is no longer the pull request's
                return Outcome(posted=False, url="", rejected=(*rejected, *inline))
            inline = [told for told in inline if told not in culprits]
            rejected += culprits


def _post_once(desk: Desk, draft: Draft, inline: Sequence[Told], rejected: Sequence[Told]) -> PostedReview:
    """One attempt. After an uncertain end GitHub is asked what stands before it is tried once more."""
    key = review_key(desk.links.commit, (told.memory.posted_as for told in (*draft.inline, *draft.outside)))
    request = {
        "commit_id": desk.links.commit,
        "event": "COMMENT",
        "body": review_body(key, len(inline), draft.outside, rejected, desk.links, desk.templates),
        "comments": [_comment(told, desk) for told in inline],
    }
    try:
        return _posted(key, desk.github.post(f"{pulls(desk.pull)}/reviews", request))
    except UncertainError:
        found = _standing(desk, key)
        return found or _posted(key, desk.github.post(f"{pulls(desk.pull)}/reviews", request))


def _standing(desk: Desk, key: str) -> PostedReview | None:
    return next((review for review in existing(desk.github, desk.pull, desk.login).reviews if review.key == key), None)


def _comment(told: Told, desk: Desk) -> dict[str, object]:
    """An inline comment as the API wants it: `start_line` only where it precedes `line`."""
    assert told.finding is not None and told.finding.anchor is not None, "only anchored findings stand inline"  # noqa: S101, PT018
    anchor = told.finding.anchor
    where: dict[str, object] = {"path": told.finding.path, "line": anchor.end_line, "side": "RIGHT"}
    if anchor.start_line < anchor.end_line:
        where |= {"start_line": anchor.start_line, "start_side": "RIGHT"}
    return {**where, "body": inline_body(told, desk.links, desk.templates)}


def _named(error: RefusedByGitHubError, inline: Sequence[Told]) -> list[Told]:
    """Those that GitHub's words name by number."""
    numbers = {int(match[1]) for problem in error.problems for match in _INDEX.finditer(problem)}
    return [told for number, told in enumerate(inline) if number in numbers]


def _outside_hunks(desk: Desk, inline: Sequence[Told]) -> list[Told]:
    """Those whose lines lie in no hunk of GitHub's own diff."""
    try:
        files = [_file(row) for row in desk.github.pages(f"{pulls(desk.pull)}/files")]
    except ForgeError:
        return []  # nobody is named, and the next suspicion falls on all: the review is worth more than the places
    hunks = {file.filename: _ranges(file.patch or "") for file in files}
    return [told for told in inline if not _lies_in(told, hunks.get(told.memory.path, ()))]


def _lies_in(told: Told, ranges: Iterable[range]) -> bool:
    anchor = told.finding.anchor if told.finding else None
    return anchor is not None and any(anchor.start_line in lines and anchor.end_line in lines for lines in ranges)


def _ranges(patch: str) -> tuple[range, ...]:
    """The lines of the head that each hunk of a patch shows."""
    headers = filter(None, (_HUNK.match(line) for line in patch.split("\n") if line.startswith("@@")))
    return tuple(range(int(match[1]), int(match[1]) + int(match[2] or 1)) for match in headers)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    html_url: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    filename: str
    patch: str | None = None


def _file(value: object) -> _File:
    try:
        return _File.model_validate(value)
    except ValidationError:
        return _File(filename="")


def _posted(key: str, value: object) -> PostedReview:
    try:
        return PostedReview(key, _Answer.model_validate(value).html_url)
    except ValidationError:
        return PostedReview(key, "")  # it was taken: what the answer looks like changes nothing
