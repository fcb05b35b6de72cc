"""`reviewer plan`: what a review would read, send and cost."""

from __future__ import annotations

import shutil
from pathlib import Path

from reviewer.collect.snapshot import Snapshot
from reviewer.commands.access import endpoint, required_credentials
from reviewer.commands.call import Call
from reviewer.commands.collecting import collect_snapshot, learn_count, make_wishes
from reviewer.commands.outputs import print_out
from reviewer.commands.setup import Setup, prepare
from reviewer.errors import EXIT_OK, DoesNotFitError
from reviewer.plan.decision import Plan
from reviewer.planning import Wishes, plan_review
from reviewer.report import plan_json, plan_text
from reviewer.templating import Templates
from reviewer.terminal import Terminal


def run(call: Call, *, exact: bool) -> int:
    """Print the plan; 0 when it could be sent, 3 when no window holds it."""
    setup = prepare(call)
    config = setup.config
    terminal = Terminal(config, call.environ)
    templates = Templates(Path(config.templates) if config.templates else None)
    wishes = make_wishes(setup, terminal)
    with terminal.working("reading"):
        snapshot = collect_snapshot(setup)
        plan = plan_review(snapshot, wishes, templates)
    if exact:
        plan = _exact(call, setup, snapshot, wishes, templates, plan, terminal)
    if config.format == "json":
        print_out(plan_json.render(plan, snapshot))
    else:
        print_out(plan_text.render(plan, snapshot, width=shutil.get_terminal_size().columns))
    return DoesNotFitError.exit_code if plan.window is None else EXIT_OK


def _exact(
    call: Call, setup: Setup, snapshot: Snapshot, wishes: Wishes, templates: Templates, plan: Plan, terminal: Terminal
) -> Plan:
    """The plan with the provider's own count, which also teaches the next estimate."""
    from reviewer.commands.counting import counted
    from reviewer.engine.claude import ClaudeEngine

    who = required_credentials(call.environ, "leave --exact out")
    with terminal.working("counting"), ClaudeEngine(who, base_url=endpoint(setup)) as engine:
        plan = counted(plan, snapshot, wishes, templates, engine)
    for note in engine.notes:
        terminal.say(note)
    terminal.say(learn_count(setup, plan))
    return plan
