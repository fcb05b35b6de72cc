"""From a review to what stands on a pull request. Done twice, nothing doubles.

What stands there already is read first (`comments.py`); the review is held against it (`comparison.py`); what is new is posted as one
review (`posting.py`); comments on what is fixed are folded (`hiding.py`); last, the summary comment is rewritten, if it would differ
(`summary_comment.py`). A process that dies on the way leaves markers from which the next one goes on.

A head that moved while it was reviewed changes little: the review is posted on the commit it is of, and the summary says that there is a
newer one. Only when the summary is of that newer one already is nothing posted: a late run must not overwrite a later one.

Nothing else is ever asked of GitHub, whatever a review says: it is not approved, no change is requested, nothing is merged, labelled or
closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from reviewer.errors import ForgeError, PublishingError
from reviewer.github import hiding
from reviewer.github.api import GitHub
from reviewer.github.bodies import Links, address
from reviewer.github.comments import Existing, Sticky, change_sticky, create_sticky, existing, find_sticky
from reviewer.github.comparison import Standing, Told, compare, head_of
from reviewer.github.drafting import Drafted, draft, each_place, submit
from reviewer.github.identity import login_of
from reviewer.github.markers import state_of
from reviewer.github.memory import decode
from reviewer.github.mode import Mode
from reviewer.github.posting import Desk
from reviewer.github.pull_request import PullRequest, from_api
from reviewer.github.refusals import RefusedByGitHubError, UncertainError
from reviewer.github.summary_comment import Scene, sticky_body
from reviewer.outcome import Review
from reviewer.templating import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """How a review is published: all of it the operator's choice."""

    mode: Mode
    max_comments: int = 10
    """Inline comments in one push, the worst first."""
    resolve_fixed: bool = False
    report_url: str = ""
    """Where others find the full report: the run's page. Empty outside a workflow."""
    report_path: str = ""
    """Where the report is on disk, for the message when publishing fails."""
    login: str = ""
    """Who the token writes as; asked of GitHub when empty."""
    notes: tuple[str, ...] = ()
    """What the reader should know of how this came to be published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a push changed on the pull request."""

    url: str = ""
    """The summary comment."""
    posted: int = 0
    """New inline comments."""
    repeated_suppressed: int = 0
    """Findings of this review that stood there already, and were not posted again."""
    fixed: int = 0
    """Earlier findings whose code is gone."""
    not_seen: int = 0
    """Earlier findings that this review does not hold, though their code is still there."""
    outside: int = 0
    """New findings told in the review's text, being outside the diff."""
    rejected: int = 0
    """New findings told there because GitHub took no comment at their lines."""
    notes: tuple[str, ...] = ()


def publish(
    github: GitHub, pull: PullRequest, review: Review, options: Publishing, templates: Templates, texts: Mapping[str, str]
) -> Published:
    """Bring the pull request up to date with `review`. `texts` are the files at the reviewed commit, as `Texts.current` holds them.

    Only modes that write do anything here. Raises PublishingError, which says what stands and where the report is, and TemplateError.
    """
    if not options.mode.writes:
        return Published()
    commit = review.commit or pull.head_sha
    links = Links(web=pull.html_url.removesuffix(f"/pull/{pull.number}"), commit=commit, report=address(options.report_url))
    stands: list[str] = []
    try:
        newest = _newest_head(github, pull)
        desk = Desk(github, pull, options.login or login_of(github), links, templates)
        found = existing(github, pull, desk.login)
        memory = decode(state_of(found.sticky.body)) if found.sticky else decode(None)
        if found.sticky and memory.head == newest != commit:
            return Published(
                url=found.sticky.url, notes=("A review of a newer commit stands there already; nothing was changed.",)
            )
        told = compare(each_place(review.findings, texts), memory, found.posted, head_of(texts, review.coverage), commit)
        return _update(desk, _Push(review, options, told, found, newest if newest != commit else ""), stands)
    except ForgeError as error:
        raise _failure(error, stands, options) from error


@dataclass(frozen=True, slots=True)
class _Push:
    review: Review
    options: Publishing
    told: tuple[Told, ...]
    found: Existing
    moved: str
    """The newer head commit, if there is one."""


def _update(desk: Desk, push: _Push, stands: list[str]) -> Published:
    """The writing part: the review, what is fixed, the summary comment. What is done is noted in `stands`."""
    options = push.options
    drafted = submit(desk, draft(push.told, options.mode, options.max_comments), stands)
    found = existing(desk.github, desk.pull, desk.login) if drafted.reviews else push.found
    told, notes = _tidied(desk, drafted.told, found, resolve=options.resolve_fixed)
    notes = (*options.notes, *drafted.notes, *notes)
    scene = Scene(told=told, posted=found.posted, links=desk.links, moved=push.moved, notes=notes)
    sticky = _settled(desk, found.sticky, sticky_body(push.review, scene, desk.templates))
    return _published(sticky, drafted, told, notes)


def _published(sticky: Sticky, drafted: Drafted, told: tuple[Told, ...], notes: tuple[str, ...]) -> Published:
    standing = [entry.standing for entry in told]
    return Published(
        url=sticky.url,
        posted=drafted.inline,
        repeated_suppressed=drafted.suppressed,
        fixed=standing.count(Standing.FIXED),
        not_seen=standing.count(Standing.UNSEEN),
        outside=drafted.outside,
        rejected=drafted.rejected,
        notes=notes,
    )


def _newest_head(github: GitHub, pull: PullRequest) -> str:
    server = pull.html_url.removesuffix(f"/{pull.full_name}/pull/{pull.number}")
    return from_api(github, pull.owner, pull.repo, pull.number, server_url=server).head_sha


def _tidied(desk: Desk, told: tuple[Told, ...], found: Existing, *, resolve: bool) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """Fold the comments on what is fixed, each once."""
    fixed = {
        entry.memory.posted_as: found.posted[entry.memory.posted_as]
        for entry in told
        if entry.standing is Standing.FIXED and not entry.memory.hidden and entry.memory.posted_as in found.posted
    }
    comments = [posted for posted in fixed.values() if posted.node]
    folded, notes = hiding.minimise(desk.github, comments)
    if resolve:
        notes = (*notes, *hiding.resolve(desk.github, desk.pull, comments))
    return tuple(_folded(entry) if entry.memory.posted_as in folded else entry for entry in told), notes


def _folded(told: Told) -> Told:
    return replace(told, memory=replace(told.memory, hidden=True))


def _settled(desk: Desk, sticky: Sticky | None, body: str) -> Sticky:
    """The summary comment with this text: left alone, changed, or made (again)."""
    if sticky is not None and _same(sticky.body, body):
        return sticky
    if sticky is not None:
        try:
            return change_sticky(desk.github, desk.pull, sticky.number, body)
        except RefusedByGitHubError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
    try:
        return create_sticky(desk.github, desk.pull, body)
    except UncertainError:
        found = find_sticky(desk.github, desk.pull, desk.login)
        return found or create_sticky(desk.github, desk.pull, body)


def _same(stored: str, body: str) -> bool:
    """GitHub keeps line feeds as they were sent or as CRLF, and no white space at the end."""
    return stored.replace("\r\n", "\n").rstrip() == body.rstrip()


def _failure(error: ForgeError, stands: list[str], options: Publishing) -> PublishingError:
    done = f" What stands there: {', '.join(stands)}." if stands else " Nothing was posted."
    if isinstance(error, UncertainError):
        done = f"{done if stands else ''} The last of it may stand there all the same; another run will see."
    report = f" The report is in {options.report_path}." if options.report_path else ""
    whole = " as a whole" if stands else ""
    return PublishingError(f"The review could not be published{whole}: {error.message}{done}{report}", hint=error.hint)
