"""`reviewer review`: the story with its real parts, its report written and, where asked, posted; its outcome as an exit code."""

from __future__ import annotations

from pathlib import Path

from reviewer.asking import look_requests
from reviewer.commands.call import Call
from reviewer.commands.opening import opened
from reviewer.commands.outputs import STDOUT, print_out
from reviewer.commands.places import require_no_link
from reviewer.commands.posting import post, require_postable
from reviewer.commands.reviewing import Reviewing
from reviewer.commands.target import Target
from reviewer.commands.tracing import traced
from reviewer.commands.warming import warmed
from reviewer.commands.wishing import make_wishes, plan_target
from reviewer.errors import EXIT_OK, IncompleteError
from reviewer.report.printable import inert
from reviewer.review import prepare
from reviewer.storage import write_atomically
from reviewer.templating import Templates
from reviewer.terminal import Terminal


def run(call: Call, *, print_prompt: str | None) -> int:
    """Review, write the report, post it where asked, and return 0, 1 or 3 (see `errors.py`). Raises ReviewerError for everything else."""
    with opened(call) as target:
        if print_prompt is not None:
            return _print_prompt(target, call, print_prompt)
        require_postable(target, call.environ)
        with traced(target.setup.config, call.environ) as trace:
            reviewing = Reviewing(target, call.environ, trace)
            review = reviewing.review()
            post(review, reviewing, call.environ)
            return reviewing.outcome(review)


def _print_prompt(target: Target, call: Call, place: str) -> int:
    """Write the exact request, the first where there are several; nothing is sent."""
    from reviewer.engine.request import request_text

    require_no_link("--print-prompt", place, target.setup.top)
    config = target.setup.config
    terminal = Terminal(config, call.environ)
    templates = Templates(Path(config.templates) if config.templates else None)
    wishes = make_wishes(target.setup, terminal)
    subject, plan = plan_target(target, wishes, templates)
    if target.subject.nothing:
        terminal.say(f"There is no request: {target.subject.nothing}.")
        return EXIT_OK
    subject, plan = warmed(subject, plan, wishes, templates, target, terminal)
    prompt, _, unread = prepare(subject, plan, wishes, templates)
    if unread:
        raise IncompleteError(f"{unread[0].path} {unread[0].reason}; the request would not be whole")
    first, *others = look_requests(plan, prompt, subject, wishes, templates)
    text = request_text(first.prompt)
    if place == STDOUT:
        print_out(inert(text))
    else:
        write_atomically(Path(place), text)
        terminal.say(f"The request is in {place}; nothing was sent.")
    if others:
        terminal.say(f"{len(others)} more looks differ from it in their last block alone.")
    return EXIT_OK
