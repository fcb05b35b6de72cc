"""A review of an open target, from the judged settings to the written report and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reviewer.collect.history import History, churn
from reviewer.collect.repository import open_repository
from reviewer.commands.access import credentials, required_credentials
from reviewer.commands.outputs import STDOUT, Render, outputs, write
from reviewer.commands.paying import Paying
from reviewer.commands.recorded import web_of
from reviewer.commands.showing import renderers
from reviewer.commands.target import Target
from reviewer.commands.tracing import collected
from reviewer.conclusion import Limits
from reviewer.config import Config, flag_name
from reviewer.engine.credentials import Credentials
from reviewer.errors import EXIT_FINDINGS, EXIT_OK, IncompleteError
from reviewer.findings import Confidence, Severity
from reviewer.outcome import Review
from reviewer.report.amounts import cost_text, counted
from reviewer.report.rehearsal import rehearse
from reviewer.review import review_built_in, review_nothing
from reviewer.run_list import obstacle
from reviewer.run_prune import read_record
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.tracing.spans import Trace


class Reviewing:
    """One review. What can be judged before anything is read, asked or paid for is judged when it is made.

    Raises ConfigError, TemplateError, StorageError and CredentialsError.
    """

    def __init__(self, target: Target, environ: Mapping[str, str], trace: Trace) -> None:
        self.target = target
        self.trace = trace
        self.config: Config = target.setup.config
        self.terminal = Terminal(self.config, environ)
        self.templates = Templates(Path(self.config.templates) if self.config.templates else None)
        self._environ = environ
        self._chosen = outputs(self.config)
        if self.config.templates:
            rehearse(self.templates)
        self._who = self._find_credentials()
        if self._who is None:
            self.target = target.checked_here

    def review(self) -> Review:
        """Review the target and write the outputs. Raises ReviewerError."""
        engine = "static" if self._who is None else "claude"
        nothing = review_nothing(collected(self.target, self.trace), engine, limits_of(self.config))
        if nothing is not None:
            write(nothing, self._chosen, self.renderers)
            return nothing
        if self._who is None:
            self.terminal.say(self._in_vain())
            with self.trace.span("check"):
                review = self._built_in()
            write(review, self._chosen, self.renderers)
            return review
        return Paying(
            self.target, self.terminal, self.templates, self.renderers, limits_of(self.config), self._chosen, self.trace
        ).ask(self._who)

    def outcome(self, review: Review) -> int:
        """Say how it went; the exit code: 0, 1 or 3 (see `errors.py`)."""
        for output in self._chosen:
            if output.path != STDOUT:
                self.terminal.say(f"report: {output.path}")
        self.terminal.say(_summary(review))
        if not review.complete:
            self.terminal.say(self._way_on(review))
            return IncompleteError.exit_code
        return EXIT_FINDINGS if self.reached(review) and not self.config.exit_zero else EXIT_OK

    def reached(self, review: Review) -> bool:
        """Whether a finding is at or above --fail-on."""
        threshold = self.config.fail_on
        return threshold is not None and review.worst is not None and review.worst >= Severity[threshold.upper()]

    def report_path(self, review: Review) -> str:
        """Where the report is on disk: an output of the call, else the run's own folder; empty when it went to standard output alone."""
        files = [output.path for output in self._chosen if output.path != STDOUT]
        if files:
            return files[0]
        return str(self.target.setup.state / "runs" / review.making.run) if review.making.run else ""

    def _way_on(self, review: Review) -> str:
        """How to ask for what is missing; empty where that cannot be asked."""
        record = read_record(self.target.setup.state / "runs" / review.making.run) if review.making.run else None
        if record is None or obstacle(record):
            return ""
        return f"`reviewer resume {record.id}` asks for what is missing; what has arrived is not paid for again."

    @property
    def renderers(self) -> Mapping[str, Render]:
        """How each format is made."""
        return renderers(self.templates, web_of(self.target))

    def _find_credentials(self) -> Credentials | None:
        """The credentials to ask Claude with; None when the built-in checks are to run. Raises CredentialsError."""
        if self.config.engine == "static":
            return None
        if self.config.engine == "claude" or self._environ.get("CI"):
            return required_credentials(self._environ, "choose the built-in checks with --engine static")
        found = credentials(self._environ)
        if found is None:
            self.terminal.say(
                "No credentials for Claude were found: built-in checks only. Set ANTHROPIC_API_KEY for a review by a model."
            )
        return found

    def _in_vain(self) -> str:
        """That settings for a model were given where none is asked; empty when none was."""
        given = [flag_name(name) for name in ("depth", "lens", "repeat") if self.target.setup.resolved.origins[name] != "default"]
        return f"{' and '.join(given)}: only a model is asked more than once; the built-in checks look once." if given else ""

    def _built_in(self) -> Review:
        with self.terminal.working("reading"):
            subject = self.target.subject
        with self.terminal.working("running the built-in checks"):
            # What was changed often says something of a repository; of a change, it would be a finding nobody introduced.
            history = History() if subject.change is not None else _history(subject.snapshot.root)
            return review_built_in(subject, history, limits_of(self.config))


def limits_of(config: Config) -> Limits:
    """Which findings the settings let through."""
    return Limits(
        min_severity=Severity[config.min_severity.upper()],
        min_confidence=Confidence[config.min_confidence.upper()],
        max_findings=config.max_findings,
        pre_existing=config.pre_existing,
    )


def _history(root: Path) -> History:
    repository = open_repository(root)
    if repository is None:
        return History()
    with repository:
        return churn(repository)


def _summary(review: Review) -> str:
    making = review.making
    cost = f", {cost_text(making.cost_usd, making.usage, '$')}" if making.requests and making.cost_usd != 0 else ""
    found = counted(len(review.findings), "finding")
    refuted = f", {len(review.refuted):,} refuted" if review.refuted else ""
    kept_back = f", {counted(len(review.redacted), 'secret')} not sent" if review.redacted else ""
    state = "complete" if review.complete else "INCOMPLETE: " + " ".join(review.problems)
    if review.nothing and not review.findings:
        return f"Nothing was reviewed: {review.nothing}" if review.complete else f"Nothing was reviewed; {state}"
    if review.change is not None and review.change.unread_why:
        state += f"; not read: {review.change.unread_why}"
    return f"{found}, {len(review.ungrounded):,} ungrounded{refuted}{kept_back}{cost}; {state}"
