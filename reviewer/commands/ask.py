"""`reviewer ask`: a question about a run, over the prefix that the provider may still have in its cache."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reviewer.collect.gitdir import top_of
from reviewer.commands.access import endpoint, required_credentials
from reviewer.commands.answering import Answering, cached_share
from reviewer.commands.call import Call
from reviewer.commands.choosing import chosen, held
from reviewer.commands.outputs import print_out
from reviewer.commands.places import judge_places
from reviewer.commands.pricing import Pricing
from reviewer.commands.remaking import Remade, kept_review, remake
from reviewer.commands.reopening import reopen
from reviewer.commands.setup import state_of
from reviewer.commands.target import Target
from reviewer.commands.tracing import traced
from reviewer.conversation import Conversation, Exchange
from reviewer.conversation_file import ConversationFile
from reviewer.conversation_texts import Told, said
from reviewer.engine.interface import Prompt, Stop
from reviewer.errors import (
    EXIT_OK,
    IncompleteError,
    InterruptedByUser,
    RequestRefusedError,
    ReviewerError,
    StorageError,
    UsageError,
)
from reviewer.outcome import Usage
from reviewer.plan.cost import Prices
from reviewer.questioning import Questioning
from reviewer.questions import context_text
from reviewer.reply.parse import parse
from reviewer.reply.quotations import Checked, check
from reviewer.report.amounts import cost_text, counted, seconds_text
from reviewer.report.quotations import quotations_text
from reviewer.run_passes import uses
from reviewer.run_record import RunRecord
from reviewer.settings import resolve
from reviewer.state_layout import check_layout
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.tracing.asking import TracedEngine

LONGEST_QUESTION = 200_000
"""Characters: more is a document, and belongs into the repository."""
STANDARD_INPUT = "-"


def run(call: Call, *, question: str, run_id: str | None, new: bool) -> int:
    """Ask, and show the answer as it arrives; 0 when it is whole and what it quotes is there, else 3. Raises ReviewerError."""
    text = _question(question)
    if sys.stdout is None:
        raise StorageError("standard output is closed", hint="The answer is shown there.")
    config = resolve(None, call.environ, call.flags).config
    judge_places(config, top_of(Path.cwd()))
    state = state_of(config)
    check_layout(state)
    folder, record = chosen(state / "runs", run_id, call)
    with held(folder), reopen(record, call.environ, flags=call.flags) as target:
        terminal = Terminal(target.setup.config, call.environ)
        return _Ask(target, terminal, call, folder, record).ask(text, new=new)


def _question(given: str) -> str:
    """The question's text. Raises UsageError for none."""
    text = sys.stdin.buffer.read(4 * LONGEST_QUESTION).decode("utf-8", "replace") if given == STANDARD_INPUT else given
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
    if not text:
        raise UsageError("there is no question", hint='Ask one: reviewer ask "Who calls this?"')
    if len(text) > LONGEST_QUESTION:
        raise UsageError(f"the question is longer than {LONGEST_QUESTION:,} characters")
    return text


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question about an open run, whose lock is held."""

    target: Target
    terminal: Terminal
    call: Call
    folder: Path
    record: RunRecord

    def ask(self, question: str, *, new: bool) -> int:
        """See `run`. Everything that needs no answer is judged before anything is sent."""
        config = self.target.setup.config
        file = ConversationFile(self.folder)
        conversation = Conversation() if new else file.load()
        who = required_credentials(self.call.environ, "ask a person")
        templates = Templates(Path(config.templates) if config.templates else None)
        with ExitStack() as stack:
            from reviewer.engine.claude import ClaudeEngine

            trace = stack.enter_context(traced(config, self.call.environ))
            with self.terminal.working("connecting"):
                claude = stack.enter_context(ClaudeEngine(who, base_url=endpoint(self.target.setup)))
            with trace.span("plan", run=self.record.id):
                remade = remake(self.target, self.record, templates, claude, self.terminal)
            self._say_what(remade, conversation, f"{claude.endpoint} with {who.source}")
            prices = Prices(remade.prepared.plan.model, remade.prepared.plan.basis.catalogue)
            answering = Answering(file, self.folder, self.terminal, prices, starts_over=new)
            stack.callback(answering.close)
            pricing = Pricing(config, self.terminal)
            questioning = Questioning(
                prompt=remade.prepared.prompt,
                plan=remade.prepared.plan,
                correction=remade.wishes.correction,
                prefix=remade.prepared.prefix.sha256,
                uses=uses(self.folder, self.record),
                told=self._told(remade, templates),
                engine=TracedEngine(claude, trace, prices.usd),
                keeper=answering,
                approve=pricing.approve,
                clock=lambda: datetime.now(UTC),
                redacts=self.call.redacts,
            )
            conversation = self._answered(questioning, answering, question, conversation)
            last = conversation.exchanges[-1]
            for note in (*claude.notes, prices.swapped(last.model), _missed(last) if pricing.expects_hit else ""):
                self.terminal.say(note)
        return self._outcome(conversation, answering, remade.prepared.prompt)

    def _told(self, remade: Remade, templates: Templates) -> Told:
        """What the model is told before the question."""
        return Told(
            templates=templates,
            review=kept_review(self.folder),
            language=remade.wishes.language,
            context=context_text(remade.prepared.subject, remade.wishes, templates),
        )

    def _say_what(self, remade: Remade, conversation: Conversation, whom: str) -> None:
        """What is asked about, and whom: before the price, a person wants to see that it is the right thing."""
        so_far = f", question {conversation.questions + 1} of its conversation" if conversation.questions else ""
        change = remade.prepared.subject.change
        subject = f"{self.record.subject} ({change.label})" if change is not None else self.record.subject
        self.terminal.say(f"run {self.record.id} of {subject}{so_far}, to {remade.prepared.prompt.model} at {whom}")
        if remade.changed:
            self.terminal.say(f"Not as they were in the run: {remade.changed}. The question is about what is there now.")

    def _answered(
        self, questioning: Questioning, answering: Answering, question: str, conversation: Conversation
    ) -> Conversation:
        """Ask. What was paid for is kept, however it ends."""
        try:
            return questioning.ask(question, conversation)
        except KeyboardInterrupt:
            begun = answering.broke_off("Interrupted.")
            hint = f"What had arrived of the answer is kept in {answering.file.path}." if begun else "Nothing was sent."
            raise InterruptedByUser("interrupted", hint=hint) from None
        except ReviewerError as error:
            answering.broke_off(error.message)
            if isinstance(error, RequestRefusedError) and conversation.live:
                error.hint = f"{error.hint} Some models refuse earlier turns over files that changed: --new starts over.".strip()
            raise

    def _outcome(self, conversation: Conversation, answering: Answering, prompt: Prompt) -> int:
        """Show what stands after the text, and say how it went. Raises StorageError when something could not be kept or shown."""
        last = conversation.exchanges[-1]
        if answering.shown is not None and not answering.shown.anything and last.can_be_said_again:
            answering.shown.whole(said(last))
        response = parse(last.answer).reply if last.can_be_said_again else None
        checked = check(response.quotes, prompt.texts.get) if response is not None else Checked()
        text = quotations_text(checked)
        if text and not answering.storage_problem:
            print_out(f"\n{text}")
        if last.is_whole and response is None:
            self.terminal.say("The answer is not of the agreed form: nothing in it could be checked against the files.")
        self.terminal.say(_summary(last, conversation))
        if answering.storage_problem:
            raise StorageError(answering.storage_problem, hint=f"Look into {answering.file.path} for what was kept.")
        if not last.is_whole:
            raise IncompleteError(_shortcoming(last), hint=f"What arrived is kept in {answering.file.path}.")
        return IncompleteError.exit_code if checked.missing else EXIT_OK


def _missed(exchange: Exchange) -> str:
    """That the prefix was paid for again, and the provider's reason; empty when it was not."""
    if exchange.usage.cache_read_input_tokens or not exchange.usage.prompt_tokens:
        return ""
    reason = f" (the provider says: {exchange.cache_miss})" if exchange.cache_miss else ""
    return f"The prefix should still have been in the cache, and was paid for again{reason}."


def _shortcoming(exchange: Exchange) -> str:
    if exchange.stop is Stop.REFUSED:
        return exchange.problem or "the provider stopped the answer"
    return exchange.problem or f"the answer is not whole: {exchange.stop}"


def _tokens(usage: Usage) -> str:
    if not usage.known:
        return "the endpoint reported no tokens"
    return f"{usage.prompt_tokens:,} tokens in, {cached_share(usage)}, {usage.output_tokens:,} out"


def _summary(last: Exchange, conversation: Conversation) -> str:
    """Tokens, dollars and time of the answer; dollars of the conversation where it has more than one question."""
    usage = last.usage
    text = f"{_tokens(usage)}, {cost_text(last.cost_usd, usage, '$')}, {seconds_text(last.seconds)}"
    costs = [each.cost_usd for each in conversation.exchanges]
    if len(costs) < 2 or None in costs:  # noqa: PLR2004 - the sum of one is said already
        return text
    together = sum(cost for cost in costs if cost is not None)
    return f"{text}; {counted(conversation.questions, 'question')} so far, ${together:,.2f}"
