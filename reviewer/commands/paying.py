"""A review by Claude: the price is agreed on, the answer kept, the report written, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from reviewer.collect.subject import Subject
from reviewer.commands.access import endpoint
from reviewer.commands.keeping import Keeping
from reviewer.commands.outputs import Output, Render, write
from reviewer.commands.request import choose_for, prepare_for
from reviewer.commands.target import Target
from reviewer.commands.wishing import learn_count, make_wishes
from reviewer.conclusion import Limits
from reviewer.config import Config
from reviewer.engine.credentials import Credentials
from reviewer.engine.interface import Engine
from reviewer.errors import DeclinedError, InterruptedByUser, OverBudgetError, ReviewerError
from reviewer.outcome import Review
from reviewer.plan.cost import Prices
from reviewer.plan.decision import Plan
from reviewer.planning import Wishes
from reviewer.preparation import Choice, Prepared, require_sendable, settle_count
from reviewer.report.amounts import counted
from reviewer.review import review_with_model
from reviewer.session import LONGEST_SILENT_WAIT
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.tracing.asking import TracedEngine, TracedKeeper
from reviewer.tracing.spans import Trace

ASK_ABOVE = 2.0
"""Dollars of the high estimate above which a person at a terminal is asked first."""


@dataclass(frozen=True, slots=True)
class Paying:
    """What a review by Claude needs beside the credentials."""

    target: Target
    terminal: Terminal
    templates: Templates
    renderers: Mapping[str, Render]
    limits: Limits
    chosen: tuple[Output, ...]
    trace: Trace

    def ask(self, who: Credentials) -> Review:
        """Review the target, and write the outputs. What can be refused on the estimate is refused before anything is sent."""
        wishes = make_wishes(self.target.setup, self.terminal)
        with self.terminal.working("planning"), self.trace.span("plan") as span:
            choice = choose_for(self.target, wishes, self.templates)
            plan = choice.plan
            span.set(tokens=plan.tokens.estimate, passes=plan.requests)
        require_sendable(choice.subject, plan)
        if plan.cost is not None:
            _hold_to_cap(plan, plan.cost.low, self.target.setup.config)
        with ExitStack() as stack:
            return self._ask(choice, wishes, who, stack)

    def _ask(self, choice: Choice, wishes: Wishes, who: Credentials, stack: ExitStack) -> Review:
        from reviewer.engine.claude import ClaudeEngine

        setup = self.target.setup
        with self.terminal.working("connecting"), self.trace.span("connect"):
            claude = stack.enter_context(ClaudeEngine(who, base_url=endpoint(setup), longest_wait=LONGEST_SILENT_WAIT))
        engine = TracedEngine(claude, self.trace, Prices(wishes.model, wishes.catalogue).usd)
        self.terminal.say(f"{_extent(choice.subject)}, to {wishes.model.id} at {claude.endpoint} with {who.source}")
        if not choice.subject.snapshot.redacts:
            self.terminal.say("--no-redact: secrets are sent as they stand")
        try:
            prepared = self._prepared(choice, wishes, engine)
            self.terminal.say(learn_count(setup, prepared.plan, claude.endpoint))
            _approve(prepared.plan, setup.config, self.terminal)
        except KeyboardInterrupt:
            raise InterruptedByUser("interrupted", hint="Nothing was sent.") from None
        keeper = Keeping(self.target, wishes.correction, prepared.documents, stack, self.terminal, claude.endpoint)
        told = TracedKeeper(keeper, self.trace)
        try:
            with self.trace.span("review") as span:
                review = review_with_model(prepared, wishes, self.limits, self.templates, engine, told, self.target.search)
                span.set(run=review.making.run, depth=wishes.depth.value, findings=len(review.findings))
            with self.trace.span("report"):
                self._report(review, keeper)
        except KeyboardInterrupt:
            raise keeper.interrupted() from None
        return review

    def _prepared(self, choice: Choice, wishes: Wishes, engine: Engine) -> Prepared:
        """The request, counted. Raises DoesNotFitError for one that may not be sent."""
        with self.terminal.working("choosing what is sent") as update, self.trace.span("fill"):
            prepared = prepare_for(self.target, choice, wishes, self.templates, engine)
            update("counting the tokens")
            prepared = settle_count(prepared, wishes, self.templates, engine)
        if prepared.begins_as and self.target.setup.call.run is None:
            self.terminal.say(
                f"The prompt begins as that of run {prepared.begins_as}: the provider should still have it; what changed since comes after it."
            )
        require_sendable(prepared.subject, prepared.plan)
        return prepared

    def _report(self, review: Review, keeper: Keeping) -> None:
        """Keep the review with the run, then write the outputs: also where it cannot be kept, for it is paid for."""
        run = keeper.run
        assert run is not None, "a review was made, so a run was begun"  # noqa: S101 - the story's order, not an input
        if review.making.cache_warning:
            self.terminal.say(review.making.cache_warning)
        try:
            try:
                keeper.keep(review, self.renderers)
            finally:
                write(review, self.chosen, self.renderers)
        except ReviewerError as error:
            if run.folder.is_dir():
                error.hint = f"{error.hint} The answers are kept in {run.folder}.".strip()
            raise
        run.finish(review)


def _extent(subject: Subject) -> str:
    """What is about to be sent, in a few words: before the price, a person wants to see that it is the right thing."""
    change = subject.change
    if change is None:
        return f"{subject.title}: {counted(len(subject.files), 'file')}"
    lines = f"+{sum(file.added for file in change.files):,} -{sum(file.removed for file in change.files):,}"
    return f"{change.label}: {counted(len(change.files), 'file')} changed ({lines})"


def _approve(plan: Plan, config: Config, terminal: Terminal) -> None:
    """Hold the plan's high estimate against the cap, and ask a person about more than a little."""
    for note in plan.notes:
        terminal.say(note)
    if plan.cost is None:
        terminal.say(f"The catalogue has no price for {plan.model.id}: --max-cost cannot be checked.")
        return
    about = "about " if plan.tokens.exact is None else ""
    terminal.say(f"{about}{plan.tokens.estimate:,} tokens in, {plan.window} window, {_price(plan)}")
    _hold_to_cap(plan, plan.cost.needed, config)
    if plan.cost.high > ASK_ABOVE and not config.yes and terminal.can_ask and not terminal.ask(f"Spend {_price(plan)}?"):
        raise DeclinedError("nothing was sent")


def _hold_to_cap(plan: Plan, dollars: float, config: Config) -> None:
    if dollars > config.max_cost:
        raise OverBudgetError(
            f"the review would cost {_price(plan)} and needs ${dollars:,.2f} to begin, and at most ${config.max_cost:,.2f} may be spent; "
            "nothing was sent",
            hint="Raise --max-cost, choose a smaller --depth, a cheaper --model or a lower --max-output, or leave files out with --exclude.",
        )


def _price(plan: Plan) -> str:
    return "an unknown price" if plan.cost is None else f"${plan.cost.low:,.2f} to ${plan.cost.high:,.2f}"
