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
from reviewer.commands.setup import Setup
from reviewer.commands.target import Target
from reviewer.commands.tracing import collected, traced
from reviewer.commands.wishing import learn_count, make_wishes, plan_target
from reviewer.errors import EXIT_OK, DoesNotFitError
from reviewer.plan.cost import Prices
from reviewer.plan.decision import Plan
from reviewer.planning import Wishes
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
            subject, made = plan_target(target, wishes, templates)
            span.set(tokens=made.tokens.estimate, passes=made.requests)
    nothing = target.subject.nothing
    if nothing:
        made = dataclasses.replace(made, notes=(f"Nothing would be reviewed, and nothing sent: {nothing}.", *made.notes))
    elif exact:
        made = _exact(call, target.setup, subject, wishes, templates, made, terminal, trace)
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
    call: Call,
    setup: Setup,
    subject: Subject,
    wishes: Wishes,
    templates: Templates,
    plan: Plan,
    terminal: Terminal,
    trace: Trace,
) -> Plan:
    """The plan with the provider's own count, which also teaches the next estimate."""
    from reviewer.commands.counting import counted
    from reviewer.engine.claude import ClaudeEngine

    who = required_credentials(call.environ, "leave --exact out")
    with terminal.working("counting"), ClaudeEngine(who, base_url=endpoint(setup)) as engine:
        traced_engine = TracedEngine(engine, trace, Prices(wishes.model, wishes.catalogue).usd)
        plan = counted(plan, subject, wishes, templates, traced_engine)
    for note in engine.notes:
        terminal.say(note)
    terminal.say(learn_count(setup, plan, engine.endpoint))
    return plan
