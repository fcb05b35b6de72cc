"""`reviewer review`: the story with its real parts, its report written, its outcome as an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reviewer.collect.history import History, churn
from reviewer.collect.repository import open_repository
from reviewer.collect.snapshot import Snapshot
from reviewer.commands.access import credentials, required_credentials
from reviewer.commands.asking import Asking
from reviewer.commands.call import Call
from reviewer.commands.collecting import collect_snapshot, make_wishes
from reviewer.commands.outputs import STDOUT, Output, Render, outputs, print_out, write
from reviewer.commands.setup import Setup, prepare
from reviewer.config import Config
from reviewer.engine.credentials import Credentials
from reviewer.errors import (
    EXIT_FINDINGS,
    EXIT_OK,
    IncompleteError,
)
from reviewer.findings import Confidence, Review, Severity
from reviewer.planning import plan_review
from reviewer.report import json_v1, markdown
from reviewer.report.amounts import counted
from reviewer.report.rehearsal import rehearse
from reviewer.review import Limits, review_built_in
from reviewer.review import prepare as prepare_prompt
from reviewer.storage import write_atomically
from reviewer.templating import Templates
from reviewer.terminal import Terminal

ASK_ABOVE = 2.0
"""Dollars of the high estimate above which a person at a terminal is asked first."""


def run(call: Call, *, print_prompt: str | None) -> int:
    """Review, write the report, and return 0, 1 or 3 (see `errors.py`). Raises ReviewerError for everything else."""
    setup = prepare(call)
    config = setup.config
    terminal = Terminal(config, call.environ)
    templates = Templates(Path(config.templates) if config.templates else None)
    if print_prompt is not None:
        return _print_prompt(setup, terminal, templates, print_prompt)
    chosen = outputs(config)
    if config.templates:
        rehearse(templates)
    renderers = _renderers(templates)
    who = _credentials(config, call.environ, terminal)
    if who is None:
        review = _static(setup, terminal)
        write(review, chosen, renderers)
    else:
        review = Asking(setup, terminal, templates, renderers, _limits(config), chosen).ask(who)
    return _outcome(review, config, terminal, chosen)


def _credentials(config: Config, environ: Mapping[str, str], terminal: Terminal) -> Credentials | None:
    """The credentials to ask Claude with; None when the built-in checks are to run. Raises CredentialsError."""
    if config.engine == "static":
        return None
    if config.engine == "claude" or environ.get("CI"):
        return required_credentials(environ, "choose the built-in checks with --engine static")
    found = credentials(environ)
    if found is None:
        terminal.say("No credentials for Claude were found: built-in checks only. Set ANTHROPIC_API_KEY for a review by a model.")
    return found


def _limits(config: Config) -> Limits:
    return Limits(Severity[config.min_severity.upper()], Confidence[config.min_confidence.upper()], config.max_findings)


def _renderers(templates: Templates) -> Mapping[str, Render]:
    return {"markdown": lambda review: markdown.render(review, templates), "json": json_v1.render}


def _static(setup: Setup, terminal: Terminal) -> Review:
    with terminal.working("reading"):
        snapshot = collect_snapshot(setup)
    with terminal.working("running the built-in checks"):
        return review_built_in(snapshot, _history(snapshot), _limits(setup.config))


def _history(snapshot: Snapshot) -> History:
    repository = open_repository(snapshot.root)
    if repository is None:
        return History()
    with repository:
        return churn(repository)


def _print_prompt(setup: Setup, terminal: Terminal, templates: Templates, target: str) -> int:
    """Write the exact request; nothing is sent."""
    from reviewer.engine.request import request_text

    snapshot = collect_snapshot(setup)
    wishes = make_wishes(setup, terminal)
    plan = plan_review(snapshot, wishes, templates)
    prompt, unread = prepare_prompt(snapshot, plan, wishes, templates)
    if unread:
        raise IncompleteError(f"{unread[0].path} {unread[0].reason}; the request would not be whole")
    text = request_text(prompt)
    if target == STDOUT:
        print_out(text)
    else:
        write_atomically(Path(target), text)
        terminal.say(f"The request is in {target}; nothing was sent.")
    return EXIT_OK


def _outcome(review: Review, config: Config, terminal: Terminal, chosen: tuple[Output, ...]) -> int:
    for output in chosen:
        if output.path != STDOUT:
            terminal.say(f"report: {output.path}")
    terminal.say(_summary(review))
    if not review.complete:
        return IncompleteError.exit_code
    reached = config.fail_on is not None and review.worst is not None and review.worst >= Severity[config.fail_on.upper()]
    return EXIT_FINDINGS if reached and not config.exit_zero else EXIT_OK


def _summary(review: Review) -> str:
    cost = "" if not review.making.cost_usd else f", ${review.making.cost_usd:,.2f}"
    found = counted(len(review.findings), "finding")
    state = "complete" if review.complete else "INCOMPLETE: " + " ".join(review.problems)
    return f"{found}, {len(review.ungrounded):,} ungrounded{cost}; {state}"
