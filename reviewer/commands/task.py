"""One run of the Action that has something to review: from what there is to review to how it ended."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.collect.gitdir import find_git_dir
from reviewer.commands.access import credentials
from reviewer.commands.announcing import Announcing
from reviewer.commands.call import Call
from reviewer.commands.inputs import Inputs
from reviewer.commands.job import Job, Level
from reviewer.commands.operator_files import OperatorFiles, sarif_copy
from reviewer.commands.reviewing import Reviewing
from reviewer.commands.target import Target, open_target
from reviewer.commands.tracing import traced
from reviewer.commands.verdict import Ended, Message, Reports, Verdict, failure, skipped, verdict_of
from reviewer.errors import ConfigError, CredentialsError, ReviewerError
from reviewer.github.access import Access
from reviewer.github.api import GitHub
from reviewer.github.event import Event
from reviewer.github.pull_request import PullRequest
from reviewer.github.vouching import can_vouch, fetch_identity, identity_file, is_federated
from reviewer.outcome import Review
from reviewer.settings_file import FolderFiles
from reviewer.storage import storage_error, write_atomically

Parse = Callable[[Sequence[str]], Call]
"""From flags of `reviewer review` to the call they make. Raises ConfigError."""

_IDENTITY = "ANTHROPIC_IDENTITY_TOKEN_FILE"
_DEPENDABOT = "dependabot[bot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a run has to do, and with what."""

    environ: Mapping[str, str]
    inputs: Inputs
    access: Access
    event: Event
    pull: PullRequest | None
    """None for the whole repository in the workspace."""
    github: GitHub
    job: Job

    def done(self, parse: Parse) -> Ended:
        """Review, and take the review where it is to go. Raises ReviewerError when there is none."""
        reports = Reports(self._folder())
        copy = sarif_copy(self.inputs.sarif_file, self._workspace)
        with self._target(self._call(parse, reports), reports) as target, self._vouched(reports.folder) as environ:
            if self._lacks_secret(target, environ):
                return skipped(_WITHHELD)
            with traced(target.setup.config, environ) as trace:
                reviewing = Reviewing(target, environ, trace)
                review = reviewing.review()
            verdict = verdict_of(review, reached=reviewing.reached(review))
            messages = _messages(verdict, review)
            ended = Ended(verdict=verdict, code=reviewing.outcome(review), review=review, reports=reports, messages=messages)
            try:
                if copy is not None:
                    write_atomically(copy, reviewing.renderers["sarif"](review))
                return self._announced(ended, review, reviewing)
            except ReviewerError as error:
                return replace(ended, code=error.exit_code, messages=(*messages, failure(error)))

    @property
    def _workspace(self) -> Path:
        return Path(self.environ.get("GITHUB_WORKSPACE") or self._temp)

    @property
    def _temp(self) -> str:
        return self.environ.get("RUNNER_TEMP") or tempfile.gettempdir()

    def _folder(self) -> Path:
        """A folder of ours that outlives the step: later steps upload what is in it."""
        try:
            return Path(tempfile.mkdtemp(prefix="reviewer-", dir=self._temp))
        except OSError as error:
            raise storage_error(Path(self._temp), error) from error

    def _call(self, parse: Parse, reports: Reports) -> Call:
        """The settings of this run: the inputs, and over them the flags in `args`."""
        call = parse(self.inputs.args)
        flags = {**self.inputs.settings, **call.flags}
        more = flags.get("output", ())
        flags["output"] = (*(str(path) for path in reports.paths), *(more if isinstance(more, tuple) else ()))
        if "state_dir" not in flags and not self.environ.get("REVIEWER_STATE_DIR"):
            flags["state_dir"] = str(reports.folder / "state")
        return replace(call, path=self._workspace, flags=flags, environ=self.environ)

    @contextmanager
    def _target(self, call: Call, reports: Reports) -> Iterator[Target]:
        files = OperatorFiles(
            self.inputs.config,
            self.inputs.instructions,
            self._workspace,
            reports.folder,
            own_is_operators=self.pull is None or self.pull.is_into_default,
        )
        if self.pull is not None:
            from reviewer.commands.pulls import open_pull

            with open_pull(call, self.access, self.github, self.pull, files.given_to) as target:
                files.judge(target.setup.config, target.setup.resolved.from_repository)
                yield target
            return
        if find_git_dir(self._workspace) is None:
            raise ConfigError("The workspace holds no git repository.", hint="Put actions/checkout before reviewer.")
        with open_target(files.given_to(call, FolderFiles(self._workspace))) as target:
            yield target

    @contextmanager
    def _vouched(self, folder: Path) -> Iterator[Mapping[str, str]]:
        """The environment with GitHub's token for this job, where the operator chose that instead of a key."""
        if not (is_federated(self.environ) and can_vouch(self.environ)):
            yield self.environ
            return
        token = fetch_identity(self.environ)
        self.job.mask(token)
        with identity_file(token, folder) as path:
            os.environ[_IDENTITY] = str(path)  # the SDK looks for it there itself
            try:
                yield {**self.environ, _IDENTITY: str(path)}
            finally:
                del os.environ[_IDENTITY]

    def _lacks_secret(self, target: Target, environ: Mapping[str, str]) -> bool:
        """Whether there is nothing to ask Claude with, for a reason that is GitHub's. Raises CredentialsError for any other."""
        if target.setup.config.engine == "static" or credentials(environ) is not None:
            return False
        if self._is_without_rights:
            return True
        if is_federated(environ):
            fetch_identity(environ)
        hint = "Is the secret set, and handed to the input anthropic-api-key?"
        raise CredentialsError("There are no credentials for Claude.", hint=hint)

    @property
    def _is_without_rights(self) -> bool:
        """Whether GitHub gives this job no secret and a token that only reads: pull requests from forks, and Dependabot's."""
        pull = self.pull
        return pull is not None and self.event.name == "pull_request" and (pull.is_fork or pull.author == _DEPENDABOT)

    def _announced(self, ended: Ended, review: Review, reviewing: Reviewing) -> Ended:
        web = f"{self.access.server_url}/{self.event.repository}"
        announced = Announcing(
            job=self.job,
            github=self.github,
            pull=self.pull,
            can_write=not self._is_without_rights,
            web=web,
            run_url=f"{web}/actions/runs/{self.environ.get('GITHUB_RUN_ID', '')}",
            report_path=str(ended.reports.markdown) if ended.reports else "",
        ).announce(review, reviewing)
        return replace(
            ended,
            code=ended.code if announced.code is None else announced.code,
            messages=(*ended.messages, *announced.messages),
            annotations=reviewing.renderers["github"](review) if announced.annotations else "",
        )


_WITHHELD = (
    "Nothing was reviewed: GitHub gives no secrets to pull requests from forks and from Dependabot. "
    "docs/github-action.md says how to have them reviewed all the same."
)


def _messages(verdict: Verdict, review: Review) -> tuple[Message, ...]:
    """What of a review must be seen at the head of the run."""
    if verdict is Verdict.INCOMPLETE:
        return (Message(Level.ERROR, f"The review is incomplete: {' '.join(review.problems)}"),)
    if verdict is Verdict.FAILED and review.worst is not None:
        return (Message(Level.ERROR, f"There are findings as severe as fail-on says; the worst is {review.worst.word}."),)
    if verdict is Verdict.NOTHING:
        return (Message(Level.NOTICE, f"Nothing was reviewed: {review.nothing}."),)
    return ()
