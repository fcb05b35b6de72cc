"""From a review to what stands on a pull request. Done twice, nothing doubles.

What stands there already is read first (`comments.py`); the review is held against it (`comparison.py`); what is new is posted as one
review (`posting.py`); comments on what is fixed are folded (`hiding.py`); last, the summary comment is rewritten, if it would differ
(`summary_comment.py`). A process that dies on the way leaves markers from which the next one continues. Of two that run at once, each reads
again what is posted after it has posted, and takes back what the other had told before: GitHub has no lock for this.

A head that moved while it was reviewed changes little: the review is posted on the commit it is of, and the summary says that there is a
newer one. Only when the summary is of that newer one already is nothing posted: a late run must not overwrite a later one.

Nothing else is ever asked of GitHub, whatever a review says: it is not approved, no change is requested, nothing is merged, labelled or
closed, and nothing is deleted but what this run itself posted a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from reviewer.errors import ForgeError, PublishingError
from reviewer.findings import Finding
from reviewer.github import hiding
from reviewer.github.api import GitHub
from reviewer.github.bodies import Links, address
from reviewer.github.budget import BODY_BYTES
from reviewer.github.comments import Existing, Sticky, change_sticky, create_sticky, delete_sticky, existing, find_sticky
from reviewer.github.comparison import Head, Standing, Told, compare, head_of
from reviewer.github.drafting import Drafted, draft, drafted, each_place, placed, submit
from reviewer.github.identity import login_of
from reviewer.github.markers import state_of
from reviewer.github.memory import Memory, decode
from reviewer.github.mode import Mode
from reviewer.github.posting import Desk, Outcome, undouble
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
    web = pull.html_url.removesuffix(f"/pull/{pull.number}")
    base = (review.change.base if review.change else None) or ""
    links = Links(web=web, commit=commit, base=base, report=address(options.report_url))
    stands: list[str] = []
    try:
        newest = _newest_head(github, pull)
        desk = Desk(github, pull, options.login or login_of(github), links, templates)
        push = _Push(desk, review, each_place(review.findings, texts), options, head_of(texts, review.coverage))
        found = existing(github, pull, desk.login)
        if _is_overtaken(found.sticky, newest, commit):
            return Published(url=found.sticky.url if found.sticky else "", notes=(_OVERTAKEN,))
        return push.publish(found, newest, stands)
    except ForgeError as error:
        raise _failure(error, stands, options) from error


_OVERTAKEN = "A review of a newer commit is already posted; its summary was left as it is."


def _is_overtaken(sticky: Sticky | None, newest: str, commit: str) -> bool:
    """Whether the summary comment is of the newest commit already, and this review is of an older one."""
    return sticky is not None and _memory(sticky).head == newest != commit


def _memory(sticky: Sticky | None) -> Memory:
    return decode(state_of(sticky.body)) if sticky else decode(None)


@dataclass(frozen=True, slots=True)
class _Push:
    """The publishing of one review."""

    desk: Desk
    review: Review
    findings: tuple[Finding, ...]
    """The review's, and their further places in the diff."""
    options: Publishing
    head: Head

    @property
    def commit(self) -> str:
        """The reviewed commit."""
        return self.desk.links.commit

    def compared(self, found: Existing) -> tuple[Told, ...]:
        """The review's findings, and those of earlier ones, held against what is posted."""
        return compare(self.findings, _memory(found.sticky), found.posted, self.head, self.commit)

    def publish(self, found: Existing, newest: str, stands: list[str]) -> Published:
        """The writing part: the review, what is fixed, the summary comment. What is done is noted in `stands`."""
        desk, options = self.desk, self.options
        plan = draft(self.compared(found), options.mode, options.max_comments)
        sent = submit(desk, plan, stands)
        before, found = found, self._again(found, sent)
        undone, notes = self._undoubled(sent, found)
        if undone != sent.posted:
            sent = drafted(plan, undone, sent.notes)
            found = existing(desk.github, desk.pull, desk.login)
        return self._summarise(before.sticky, found, replace(sent, notes=(*sent.notes, *notes)), newest)

    def _undoubled(self, sent: Drafted, found: Existing) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
        """What is left of the reviews without what another run had told before, and a note where that could not be taken back."""
        try:
            return tuple(undouble(self.desk, outcome, found) for outcome in sent.posted), ()
        except ForgeError:
            return sent.posted, ("Another run posted some of these findings at the same time; its copies could not be removed.",)

    def _summarise(self, before: Sticky | None, found: Existing, sent: Drafted, newest: str) -> Published:
        """Fold what is fixed, and write the summary comment. `before` is the one that was read at first."""
        desk, told = self.desk, sent.told
        if found.sticky != before:  # another run was here meanwhile, and remembers more than we read
            newest = _newest_head(desk.github, desk.pull)
            if _is_overtaken(found.sticky, newest, self.commit):
                return _published(found.sticky, sent, (), (*sent.notes, _OVERTAKEN))
            told = placed(self.compared(found), sent)
        told, notes = _tidied(desk, told, found, resolve=self.options.resolve_fixed)
        notes = (*self.options.notes, *sent.notes, *notes)
        moved = newest if newest != self.commit else ""
        scene = Scene(told=told, posted=found.posted, links=desk.links, moved=moved, notes=notes)
        sticky = _settled(desk, found.sticky, lambda limit: sticky_body(self.review, scene, desk.templates, limit))
        if found.sticky is None or sticky.number != found.sticky.number:
            first = find_sticky(desk.github, desk.pull, desk.login)
            # Where two were made at once the older is kept, so that both runs agree on which.
            if first is not None and first.number != sticky.number:
                delete_sticky(desk.github, desk.pull, sticky.number)
                return self._summarise(before, replace(found, sticky=first), sent, newest)
        return _published(sticky, sent, told, notes)

    def _again(self, found: Existing, sent: Drafted) -> Existing:
        """What is posted now: all of it when we posted something, else the summary comment, which is what another run may change."""
        desk = self.desk
        if sent.posted:
            return existing(desk.github, desk.pull, desk.login)
        return replace(found, sticky=find_sticky(desk.github, desk.pull, desk.login))


def _newest_head(github: GitHub, pull: PullRequest) -> str:
    """The head of the pull request as it is now."""
    server = pull.html_url.removesuffix(f"/{pull.full_name}/pull/{pull.number}")
    return from_api(github, pull.owner, pull.repo, pull.number, server_url=server).head_sha


def _published(sticky: Sticky | None, sent: Drafted, told: tuple[Told, ...], notes: tuple[str, ...]) -> Published:
    standing = [entry.standing for entry in told]
    return Published(
        url=sticky.url if sticky else "",
        posted=sent.inline,
        repeated_suppressed=sent.suppressed,
        fixed=standing.count(Standing.FIXED),
        not_seen=standing.count(Standing.UNSEEN),
        outside=sent.outside,
        rejected=sent.rejected,
        notes=notes,
    )


def _tidied(desk: Desk, told: tuple[Told, ...], found: Existing, *, resolve: bool) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """Fold the comments on what is fixed, each once."""
    posted = found.posted
    fixed = {
        entry.memory.posted_as: posted[entry.memory.posted_as]
        for entry in told
        if entry.standing is Standing.FIXED and not entry.memory.hidden and entry.memory.posted_as in posted
    }
    comments = [each for each in fixed.values() if each.node]
    folded, notes = hiding.minimise(desk.github, comments)
    if resolve:
        notes = (*notes, *hiding.resolve(desk.github, desk.pull, comments))
    return tuple(_folded(entry) if entry.memory.posted_as in folded else entry for entry in told), notes


def _folded(told: Told) -> Told:
    return replace(told, memory=replace(told.memory, hidden=True))


def _settled(desk: Desk, sticky: Sticky | None, body: Callable[[int], str]) -> Sticky:
    """The summary comment with this text: left alone, changed, or made (again). `body` writes it within a number of bytes."""
    limit = BODY_BYTES
    while True:
        try:
            return _written(desk, sticky, body(limit))
        except RefusedByGitHubError as error:
            if not error.is_about_length or limit <= _SHORTEST:
                raise
            limit //= 2


_SHORTEST = 4_096
"""Bytes of a summary below which no shorter one is tried."""


def _written(desk: Desk, sticky: Sticky | None, body: str) -> Sticky:
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
    done = f" Already posted: {', '.join(stands)}." if stands else " Nothing was posted."
    if isinstance(error, UncertainError):
        done = f"{done if stands else ''} The last request may have succeeded; the next run will check."
    report = f" The report is in {options.report_path}." if options.report_path else ""
    whole = " as a whole" if stands else ""
    return PublishingError(f"The review could not be published{whole}: {error.message}{done}{report}", hint=error.hint)
