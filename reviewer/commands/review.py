"""`reviewer review`: the story with its real parts, its report written, its outcome as an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from reviewer.collect.history import History, churn
from reviewer.collect.repository import open_repository
from reviewer.collect.snapshot import Snapshot
from reviewer.commands.access import credentials, endpoint, required_credentials
from reviewer.commands.call import Call
from reviewer.commands.collecting import collect_snapshot, learn_count, make_wishes
from reviewer.commands.keeping import Keeping
from reviewer.commands.outputs import STDOUT, Output, Render, outputs, print_out, write
from reviewer.commands.setup import Setup, prepare
from reviewer.config import Config
from reviewer.engine.credentials import Credentials
from reviewer.errors import (
    EXIT_FINDINGS,
    EXIT_OK,
    DeclinedError,
    IncompleteError,
    InterruptedByUser,
    OverBudgetError,
    ReviewerError,
)
from reviewer.findings import Confidence, Review, Severity
from reviewer.plan.decision import Plan
from reviewer.planning import plan_review
from reviewer.report import json_v1, markdown
from reviewer.report.amounts import counted
from reviewer.report.rehearsal import rehearse
from reviewer.review import Limits, review_built_in, review_with_model
from reviewer.review import prepare as prepare_prompt
from reviewer.runs import RunStore
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
    with ExitStack() as stack:
        if who is None:
            review = _static(setup, terminal)
            write(review, chosen, renderers)
        else:
            review = _claude(setup, terminal, templates, who, endpoint(setup), chosen, renderers, stack)
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


def _claude(
    setup: Setup,
    terminal: Terminal,
    templates: Templates,
    who: Credentials,
    where: str | None,
    chosen: tuple[Output, ...],
    renderers: Mapping[str, Render],
    stack: ExitStack,
) -> Review:
    """Ask Claude and write the outputs; copies of both formats stay with the run."""
    from reviewer.engine.claude import ClaudeEngine

    config = setup.config
    wishes = make_wishes(setup, terminal)
    with terminal.working("reading"):
        snapshot = collect_snapshot(setup)
        engine = stack.enter_context(ClaudeEngine(who, base_url=where))
    terminal.say(
        f"{setup.top.name}: {counted(len(snapshot.files), 'file')}, to {wishes.model.id} at {engine.endpoint} with {who.source}"
    )
    keeper = Keeping(snapshot, RunStore(setup.state), stack, terminal)
    counting = stack.enter_context(ExitStack())
    counting.enter_context(terminal.working("counting the tokens"))

    def approve(plan: Plan) -> None:
        counting.close()
        terminal.say(learn_count(setup, plan))
        _approve(plan, config, terminal)

    try:
        review = review_with_model(snapshot, wishes, _limits(config), templates, engine, approve, keeper)
    except KeyboardInterrupt:
        hint = f"What had arrived of the answer is kept in {keeper.run.folder}." if keeper.run else "Nothing was sent."
        raise InterruptedByUser("interrupted", hint=hint) from None
    kept = keeper.run
    assert kept is not None, "a review was made, so a run was begun"  # noqa: S101 - the story's order, not an input
    try:
        kept.save("result.json", renderers["json"](review))
        kept.save("report.md", renderers["markdown"](review))
        write(review, chosen, renderers)
    except ReviewerError as error:
        error.hint = f"{error.hint} The answer is kept in {kept.folder}.".strip()
        raise
    kept.finish()
    return review


def _approve(plan: Plan, config: Config, terminal: Terminal) -> None:
    """Hold the plan's high estimate against the cap, and ask a person about more than a little."""
    for note in plan.notes:
        terminal.say(note)
    if plan.cost is None:
        terminal.say(f"The catalogue has no price for {plan.model.id}: --max-cost cannot be checked.")
        return
    price = f"${plan.cost.low:,.2f} to ${plan.cost.high:,.2f}"
    about = "about " if plan.tokens.exact is None else ""
    terminal.say(f"{about}{plan.tokens.estimate:,} tokens in, {plan.window} window, {price}")
    if plan.cost.high > config.max_cost:
        raise OverBudgetError(
            f"the review would cost {price}, and at most ${config.max_cost:,.2f} may be spent; nothing was sent",
            hint="Raise --max-cost, lower --max-output, choose a cheaper --model, or leave files out with --exclude.",
        )
    if plan.cost.high > ASK_ABOVE and not config.yes and terminal.can_ask and not terminal.ask(f"Spend {price}?"):
        raise DeclinedError("nothing was sent")


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
