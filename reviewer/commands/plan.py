"""`reviewer plan`: what a review would read, send and cost."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from reviewer.collect.subject import Subject
from reviewer.commands.access import endpoint, required_credentials
from reviewer.commands.call import Call
from reviewer.commands.opening import opened
from reviewer.commands.outputs import print_out
from reviewer.commands.request import choose_for, prepare_for
from reviewer.commands.target import Target
from reviewer.commands.tracing import collected, traced
from reviewer.commands.wishing import learn_count, make_wishes
from reviewer.errors import EXIT_OK, DoesNotFitError
from reviewer.plan.cost import Prices
from reviewer.plan.decision import Plan
from reviewer.planning import Wishes
from reviewer.preparation import Choice, settle_count, settle_sample
from reviewer.report import plan_json, plan_text
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.tracing.asking import TracedEngine
from reviewer.tracing.spans import Trace


def run(call: Call, *, exact: bool) -> int:
    """Print the plan; 0 when it could be sent, 3 when no window holds it."""
    with opened(call) as target, traced(target.setup.config, call.environ) as trace:
        return plan(target, call, trace, exact=exact)


def plan(target: Target, call: Call, trace: Trace, *, exact: bool) -> int:
    """Print the plan for a target that is open."""
    config = target.setup.config
    terminal = Terminal(config, call.environ)
    templates = Templates(Path(config.templates) if config.templates else None)
    wishes = make_wishes(target.setup, terminal)
    with terminal.working("planning"):
        collected(target, trace)
        with trace.span("plan") as span:
            choice = choose_for(target, wishes, templates)
            subject, made = choice.subject, choice.plan
            span.set(tokens=made.tokens.estimate, passes=made.requests)
    nothing = target.subject.nothing
    if nothing:
        made = dataclasses.replace(made, notes=(f"Nothing would be reviewed, and nothing sent: {nothing}.", *made.notes))
    elif exact:
        subject, made = _exact(target, call, choice, wishes, templates, terminal, trace)
    made = dataclasses.replace(made, notes=(*made.notes, *_cap(made, config.max_cost)))
    if config.format == "json":
        print_out(plan_json.render(made, subject))
    else:
        print_out(plan_text.render(made, subject, width=shutil.get_terminal_size().columns))
    return DoesNotFitError.exit_code if made.window is None else EXIT_OK


def _cap(plan: Plan, most: float) -> tuple[str, ...]:
    """What --max-cost has to say of the price, where it has."""
    if plan.cost is None or plan.cost.high <= most:
        return ()
    if plan.cost.needed > most:
        return (
            f"--max-cost is ${most:,.2f}, and by this estimate the review needs ${plan.cost.needed:,.2f} to begin: nothing would be sent.",
        )
    return (f"Before the review costs more than --max-cost (${most:,.2f}) it ends early, and says so.",)


def _exact(
    target: Target, call: Call, choice: Choice, wishes: Wishes, templates: Templates, terminal: Terminal, trace: Trace
) -> tuple[Subject, Plan]:
    """What a review would send, and its plan with the provider's own count, which also teaches the next estimate."""
    from reviewer.engine.claude import ClaudeEngine

    setup = target.setup
    who = required_credentials(call.environ, "leave --exact out")
    with terminal.working("counting"), ClaudeEngine(who, base_url=endpoint(setup)) as engine:
        traced_engine = TracedEngine(engine, trace, Prices(wishes.model, wishes.catalogue).usd)
        if choice.plan.window is None:
            subject, plan = choice.subject, settle_sample(choice.plan, choice.subject.snapshot, traced_engine)
        else:
            prepared = prepare_for(target, choice, wishes, templates, traced_engine)
            prepared = settle_count(prepared, wishes, templates, traced_engine)
            subject, plan = prepared.subject, prepared.plan
    for note in engine.notes:
        terminal.say(note)
    terminal.say(learn_count(setup, plan, engine.endpoint))
    return subject, plan
