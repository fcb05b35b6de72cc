"""A finished review goes where the job's owner wants it: the job's summary, annotations, the pull request.

The three reports are on disk by then. A job that may read but not write, as one for a fork, steps down to what needs no right.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from reviewer.collect.subject import read_subject
from reviewer.commands.job import Job, Level
from reviewer.commands.reviewing import Reviewing
from reviewer.commands.verdict import Message, failure
from reviewer.errors import PublishingError
from reviewer.github.api import GitHub
from reviewer.github.bodies import Links, job_summary
from reviewer.github.mode import Mode, step_down
from reviewer.github.publish import Published, Publishing, publish
from reviewer.github.pull_request import PullRequest
from reviewer.github.refusals import RefusedByGitHubError
from reviewer.outcome import Review
from reviewer.report import markdown
from reviewer.report.amounts import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What was done."""

    messages: tuple[Message, ...] = ()
    annotations: bool = False
    """Whether the findings are to be shown beside their lines."""
    code: int | None = None
    """The exit code when posting failed; None when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """Where a review goes, and with what."""

    job: Job
    github: GitHub
    pull: PullRequest | None
    """None when a whole repository was reviewed."""
    can_write: bool
    """Whether the token is meant to write: a workflow gets none that may for a pull request from a fork."""
    web: str
    """The repository's page."""
    run_url: str
    """The page of this run, where the summary is."""
    report_path: str
    """Where the report is on this machine."""

    def announce(self, review: Review, reviewing: Reviewing) -> Announced:
        """Take it there. Raises StorageError when the job's summary cannot be written."""
        wanted = Mode(reviewing.config.publish)
        if wanted is Mode.NONE:
            return Announced()
        self._summarize(review, reviewing)
        if self.pull is None or not wanted.writes:
            # Without a pull request there is nothing to write to, and annotations are as near to the lines as one can get.
            return Announced(annotations=wanted is not Mode.SUMMARY)
        return self._post(review, reviewing, wanted, self.pull)

    def _summarize(self, review: Review, reviewing: Reviewing) -> None:
        links = Links(web=self.web, commit=review.commit, report="") if review.commit else None
        # A summary stands on a page of its own, from which relative links lead nowhere.
        report = markdown.render(review, reviewing.templates, links.top if links else ".")
        self.job.summarize(job_summary(report, links, reviewing.templates))

    def _post(self, review: Review, reviewing: Reviewing, mode: Mode, pull: PullRequest) -> Announced:
        config = reviewing.config
        options = Publishing(
            mode=mode,
            max_comments=config.max_comments,
            resolve_fixed=config.resolve_fixed,
            report_url=self.run_url,
            report_path=self.report_path,
        )
        texts, _ = read_subject(reviewing.target.subject)
        try:
            published = publish(self.github, pull, review, options, reviewing.templates, texts.current)
        except PublishingError as error:
            if not self.can_write and _is_forbidden(error):
                return self._stepped_down(mode)
            return Announced(messages=(failure(error),), annotations=True, code=error.exit_code)
        return Announced(messages=_told(published))

    def _stepped_down(self, mode: Mode) -> Announced:
        instead = step_down(mode, can_write=False)
        text = (
            f"The token of this job may not write, as is usual for forks: {instead} instead of a {mode}, and the job's summary."
        )
        return Announced(messages=(Message(Level.NOTICE, text),), annotations=instead is Mode.ANNOTATIONS)


def _is_forbidden(error: PublishingError) -> bool:
    cause = error.__cause__
    return isinstance(cause, RefusedByGitHubError) and cause.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}


def _told(published: Published) -> tuple[Message, ...]:
    """What became of it, in a line."""
    done = f"{counted(published.posted, 'new inline comment')}, {published.repeated_suppressed:,} said before, {published.fixed:,} fixed"
    notes = "".join(f" {note}" for note in published.notes)
    return (Message(Level.NOTICE, f"{done}: {published.url}{notes}"),)
