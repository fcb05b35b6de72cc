"""`--print-prompt`: the first request that a review, or a run that goes on, would send, written instead of sent."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from reviewer.commands.access import credentials, endpoint
from reviewer.commands.call import Call
from reviewer.commands.keeping import require_same
from reviewer.commands.outputs import STDOUT, print_out
from reviewer.commands.places import require_no_link
from reviewer.commands.request import choose_for, prepare_for
from reviewer.commands.reviewing import limits_of
from reviewer.commands.target import Target
from reviewer.commands.wishing import make_wishes
from reviewer.engine.interface import Listener, Prompt, RateLimits, Reply
from reviewer.errors import EXIT_OK, IncompleteError, ReviewerError
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass
from reviewer.planning import Wishes
from reviewer.preparation import Choice, Prepared
from reviewer.report.printable import inert
from reviewer.review import review_with_model
from reviewer.run_passes import kept_of
from reviewer.storage import write_atomically
from reviewer.templating import Templates
from reviewer.terminal import Terminal


def print_request(target: Target, call: Call, place: str) -> int:
    """Write the exact request that a review of the target, or a run that goes on, would send next; it is not sent."""
    require_no_link("--print-prompt", place, target.setup.top)
    config = target.setup.config
    terminal = Terminal(config, call.environ)
    if config.engine == "static":
        terminal.say("There is no request: --engine static sends nothing.")
        return EXIT_OK
    templates = Templates(Path(config.templates) if config.templates else None)
    wishes = replace(make_wishes(target.setup, terminal), max_cost=inf)
    choice = choose_for(target, wishes, templates)
    if target.subject.nothing:
        terminal.say(f"There is no request: {target.subject.nothing}.")
        return EXIT_OK
    prepared = _prepared(target, call, choice, wishes, templates, terminal)
    if prepared.unread:
        raise IncompleteError(f"{prepared.unread[0].path} {prepared.unread[0].reason}; the request would not be whole")
    if prepared.plan.needs_exact:
        terminal.say("By estimate it may not fit into the window: a review has it counted first.")
    prompt = _first(target, prepared, wishes, templates)
    if prompt is None:
        terminal.say("There is no request: every answer is kept already.")
        return EXIT_OK
    _write(prompt, place, terminal)
    looks = sum(each.lens is not None for each in prepared.plan.passes)
    if looks > 1 and call.run is None and target.setup.call.run is None:
        terminal.say(f"{looks - 1} more looks differ from it in their last block alone.")
    return EXIT_OK


def _prepared(target: Target, call: Call, choice: Choice, wishes: Wishes, templates: Templates, terminal: Terminal) -> Prepared:
    """The request as it would be sent. Where that depends on a count, it is counted as for a review, and said so before."""
    config = target.setup.config
    who = credentials(call.environ) if choice.is_packed else None
    with ExitStack() as stack:
        engine = None
        if who is not None:
            from reviewer.engine.claude import ClaudeEngine

            engine = stack.enter_context(ClaudeEngine(who, base_url=endpoint(target.setup)))
            terminal.say(
                f"Not all of it fits: a review lets {engine.endpoint} count tokens to choose the files, and so does this. "
                "For the count the code is sent there; the request itself is not."
            )
            if terminal.can_ask and not config.yes and not terminal.ask("Send the code to be counted?"):
                engine = None
        if engine is None and choice.is_packed:
            terminal.say(
                "Not all of it fits, and nothing was counted: the files are chosen by estimate. A review counts first, and may send more."
            )
        prepared = prepare_for(target, choice, wishes, templates, engine)
        for note in engine.notes if engine is not None else ():
            terminal.say(note)
        return prepared


def _write(prompt: Prompt, place: str, terminal: Terminal) -> None:
    from reviewer.engine.request import request_text

    text = request_text(prompt)
    if place == STDOUT:
        print_out(inert(text))
    else:
        write_atomically(Path(place), text)
        terminal.say(f"The request is in {place}; it was not sent.")


def _first(target: Target, prepared: Prepared, wishes: Wishes, templates: Templates) -> Prompt | None:
    """The prompt of the first request that the story would send; None when it would send none."""
    limits = limits_of(target.setup.config)
    try:
        review_with_model(prepared, wishes, limits, templates, _Nobody(), _Unsent(target), target.search)
    except _FirstRequest as first:
        return first.prompt
    return None


class _FirstRequest(Exception):  # noqa: N818 - ends the story where it would begin to cost; no error
    """The story has come to its first request."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__()
        self.prompt = prompt


@dataclass(frozen=True, slots=True)
class _Nobody:
    """An `Engine` that is never asked."""

    limits: RateLimits = RateLimits()  # noqa: RUF009 - frozen
    newest: str = ""
    is_providers_own: bool = False

    def count(self, _prompt: Prompt) -> int | None:
        """Not counted."""
        return None

    def send(self, _prompt: Prompt, _listener: Listener) -> Reply:
        """See `_Unsent`."""
        raise AssertionError("the story ends before it sends anything")


@dataclass(frozen=True, slots=True)
class _Unsent:
    """A `Keeper` that ends the story where the first request would be sent. It reads what a run has kept, and writes nothing."""

    target: Target

    def begin(self, prompt: Prompt, _plan: Plan) -> None:
        """Raises IncompleteError as for a run that goes on."""
        run = self.target.setup.call.run
        if run is not None:
            require_same(run.record, prompt, self.target.subject.commit)

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        """As the run left it."""
        run = self.target.setup.call.run
        return kept_of(run.folder, asked) if run is not None else ()

    def listen(self, _asked: Pass, prompt: Prompt) -> Listener:
        """Raises the request that would be sent now."""
        raise _FirstRequest(prompt)

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        """Nothing was asked."""

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        """Nothing was asked."""

    def measured(self, tokens: int) -> None:
        """Nothing was billed."""

    def say(self, text: str) -> None:
        """Nothing happens of which the operator should hear."""

    def end(self) -> str:
        """All of it is kept already."""
        return ""
