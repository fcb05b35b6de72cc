"""`--publish`: a finished review goes to GitHub. The report is on disk by then, whatever happens here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reviewer.collect.subject import read_subject
from reviewer.commands.reviewing import Reviewing
from reviewer.commands.target import Target
from reviewer.errors import ConfigError, CredentialsError
from reviewer.github.access import Access, read_access
from reviewer.github.mode import Mode
from reviewer.outcome import Review

if TYPE_CHECKING:
    from reviewer.github.pull_request import PullRequest


def require_postable(target: Target, environ: Mapping[str, str]) -> None:
    """Refuse, before anything is paid for, what could not be posted afterwards. Raises ConfigError and CredentialsError.

    Job summary and annotations are the Action's: on a terminal `-o` and `--format github` give the same.
    """
    mode = Mode(target.setup.config.publish)
    if mode.writes and target.pull_request is None:
        raise ConfigError(
            f"--publish {mode}: there is no pull request to write to",
            hint="Review one by its address: reviewer review https://github.com/OWNER/REPOSITORY/pull/NUMBER",
        )
    if mode in {Mode.SUMMARY, Mode.ANNOTATIONS}:
        raise ConfigError(f"--publish {mode} is for the GitHub Action", hint="Write the report with -o, or use --format github.")
    if mode.writes and target.pull_request is not None and _access(target.pull_request, environ).token is None:
        raise CredentialsError(
            f"--publish {mode}: there is no token to write to GitHub with; nothing was sent to a model",
            hint="Set GITHUB_TOKEN (or GH_TOKEN) to one with `pull-requests: write`.",
        )


def post(review: Review, reviewing: Reviewing, environ: Mapping[str, str]) -> None:
    """Post a review of a pull request, where that was asked for. Raises PublishingError, ForgeError and ConfigError."""
    target, config = reviewing.target, reviewing.config
    mode, pull = Mode(config.publish), target.pull_request
    if not mode.writes or pull is None:
        return
    from reviewer.github.api import GitHub
    from reviewer.github.publish import Publishing, publish

    access = _access(pull, environ)
    texts, _ = read_subject(target.subject)
    options = Publishing(
        mode=mode, max_comments=config.max_comments, resolve_fixed=config.resolve_fixed, report_path=reviewing.report_path(review)
    )
    with (
        reviewing.terminal.working("publishing"),
        reviewing.trace.span("publish"),
        GitHub(access.token, access.api_url, graphql_url=access.graphql_url) as github,
    ):
        done = publish(github, pull, review, options, reviewing.templates, texts.current)
    reviewing.terminal.say(
        f"published: {done.url} ({done.posted:,} new, {done.repeated_suppressed:,} known, {done.fixed:,} fixed)"
    )
    for note in done.notes:
        reviewing.terminal.say(note)


def _access(pull: PullRequest, environ: Mapping[str, str]) -> Access:
    return read_access(environ, pull.html_url.removesuffix(f"/{pull.full_name}/pull/{pull.number}"))
