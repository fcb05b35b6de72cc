"""`--publish`: a finished review goes to GitHub. The report is on disk by then, whatever happens here."""

from __future__ import annotations

from collections.abc import Mapping

from reviewer.commands.reviewing import Reviewing
from reviewer.commands.target import Target
from reviewer.errors import ConfigError
from reviewer.findings import Review
from reviewer.github.mode import Mode


def require_postable(target: Target, environ: Mapping[str, str]) -> None:
    """Refuse, before anything is paid for, what could not be posted afterwards. Raises ConfigError."""
    mode = Mode(target.setup.config.publish)
    if mode.writes and target.pull_request is None:
        raise ConfigError(
            f"--publish {mode}: there is no pull request to write to",
            hint="Review one by its address: reviewer review https://github.com/OWNER/REPOSITORY/pull/NUMBER",
        )
    if mode is Mode.SUMMARY and not environ.get("GITHUB_STEP_SUMMARY"):
        raise ConfigError("--publish summary: this is no job of GitHub Actions", hint="Write the report to a file with -o.")
