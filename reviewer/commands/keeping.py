"""Keeps a run on disk, and shows it on the terminal, while its answers arrive: a new run, or one that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256

from reviewer import __version__
from reviewer.commands.outputs import Render
from reviewer.commands.recorded import asked_of
from reviewer.commands.target import Target
from reviewer.commands.watching import Watch
from reviewer.commands.wishing import learn_size
from reviewer.engine.interface import Listener, Prompt, Reply, Stop
from reviewer.engine.request import request_text
from reviewer.errors import (
    ConnectionFailedError,
    CredentialsError,
    IncompleteError,
    InterruptedByUser,
    RequestRefusedError,
    ReviewerError,
)
from reviewer.outcome import Review, Usage
from reviewer.plan.correction import Correction
from reviewer.plan.cost import Prices
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass
from reviewer.run_answers import AnswerFile
from reviewer.run_passes import PassLog
from reviewer.run_prefix import difference, prefix_of
from reviewer.run_prune import remove
from reviewer.run_record import Prefix, RunRecord
from reviewer.runs import Run, RunStore
from reviewer.terminal import Terminal

_SHOWN = 12
"""Digits of a commit id."""


@dataclass(frozen=True, slots=True)
class Both:
    """Two listeners as one: the first has heard before the second does."""

    first: Listener
    second: Listener

    def sent(self) -> None:
        """Pass on."""
        self.first.sent()
        self.second.sent()

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """Pass on."""
        self.first.started(usage, request_id, model)
        self.second.started(usage, request_id, model)

    def text(self, delta: str) -> None:
        """Pass on."""
        self.first.text(delta)
        self.second.text(delta)


@dataclass(slots=True)
class Keeping:
    """A `session.Keeper` over the state folder and the terminal.

    A new run is opened when it begins, and stays open until `stack` is left: only then is it known whether the report could be written.
    A run that goes on is the one of the target's call; whoever opened it closes it.
    """

    target: Target
    correction: Correction | None
    """What planning knew of earlier true counts."""
    documents: str | None
    """The commit whose files the prompt begins with; None outside git."""
    stack: ExitStack
    terminal: Terminal
    endpoint: str
    """Where the requests go."""
    anything: bool = field(default=False, init=False)
    """Whether any answer has begun, now or in an earlier process."""
    run: Run | None = field(default=None, init=False)
    """None until the run begins."""
    _watch: Watch | None = field(default=None, init=False)
    _plan: Plan | None = field(default=None, init=False)
    _status: ExitStack = field(default_factory=ExitStack, init=False)

    def begin(self, prompt: Prompt, plan: Plan) -> None:
        """Open the run's folder and the status line.

        Raises StorageError when answers could not be kept, ConfigError for an endpoint that could hold a password, and IncompleteError
        when a run that goes on would have another prefix than it began with.
        """
        prefix = prefix_of(prompt)
        earlier = self.target.setup.call.run
        if earlier is None:
            self.stack.push(self._ended)
            self.run = self.stack.enter_context(self._new(prefix, plan))
        else:
            require_same(earlier.record, prompt, self.target.subject.commit)
            earlier.go_on()
            self.run = earlier
        self._plan = plan
        self.stack.push(self._left)
        self.stack.enter_context(self._status)
        update = self._status.enter_context(self.terminal.working(f"sending to {prompt.model}"))
        self._watch = Watch(self.terminal, update, prompt.model, plan.requests, self.price)

    def _new(self, prefix: Prefix, plan: Plan) -> Run:
        subject = self.target.subject
        return RunStore(self.target.setup.state).start(
            version=__version__,
            model=plan.model.id,
            subject=subject.title,
            commit=subject.commit,
            asked=asked_of(self.target, self.correction),
            prefix=prefix,
            documents=self.documents,
            lifetime=plan.lifetime.value,
            passes=tuple(each.name for each in plan.passes),
        )

    def _left(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        """The run is left: whoever reads of a failure is to know that not all is lost."""
        if isinstance(error, InterruptedByUser | RequestRefusedError):
            return
        if self._came_to_nothing(error):
            return
        if isinstance(error, ReviewerError):
            error.hint = f"{error.hint} {going_on(self.run, anything=self.anything)}".strip()
        elif isinstance(error, Exception) and not isinstance(error, ReviewerError):
            self.terminal.say(going_on(self.run))  # a bug of ours, after something was paid for

    def _ended(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        """The new run is closed. One that came to nothing is not kept: there is nothing to go on from."""
        if self.run is not None and self._came_to_nothing(error):
            remove(self.run.folder, lambda _record, _folder: True)

    def _came_to_nothing(self, error: BaseException | None) -> bool:
        """Whether nobody answered at all, or only to refuse the credentials: then a new run is as good."""
        return isinstance(error, ConnectionFailedError | CredentialsError) and not self.anything

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        """The parts of its answer that earlier processes left, oldest first; what was paid for and brought no text is an empty part."""
        if self.target.setup.call.run is None:
            return ()
        parts = self._begun.log(asked).kept()
        if parts:
            self.anything = True
            self._watching.kept(asked, parts, whole=parts[-1].stop is Stop.END)
        return parts

    def listen(self, asked: Pass, prompt: Prompt) -> Listener:
        """Begin a request of a pass. The listener has each piece of the answer on disk before it is looked at.

        Raises StorageError when the answer could not be kept: then nothing should be sent.
        """
        request = sha256(request_text(prompt).encode("utf-8", "surrogatepass")).hexdigest()
        log = self._begun.log(asked)
        answer = log.begin(began=self._begun.now(), request_sha256=request)
        return Both(_Kept(log, answer, self), self._watching.begin(asked))

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None:
        """Note how the answer to a pass ended, whole or not."""
        self._begun.log(asked).ended(reply, cost_usd)
        self._watching.ended(asked, reply, cost_usd)

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        """Note that nothing came."""
        self._begun.log(asked).failed(error.message)
        self._watching.failed(asked, error.message)

    def measured(self, tokens: int) -> None:
        """Learn from the first usage how many tokens the prompt of a look really has: a count is only what the endpoint says of itself."""
        assert self._plan is not None, "begin comes first"  # noqa: S101 - the story's order, not an input
        self.terminal.say(learn_size(self.target.setup, self._plan, self.endpoint, tokens))

    def say(self, text: str) -> None:
        """Tell the operator something at once."""
        self.terminal.say(text)

    def end(self) -> str:
        """Close the status line; returns the run's id."""
        self._status.close()
        problem = self._begun.storage_problem
        if problem:
            self.terminal.say(f"Not everything of this run could be kept on disk: {problem}")
        return self._begun.id

    def keep(self, review: Review, renderers: Mapping[str, Render]) -> None:
        """Keep the review with the run, and what it looks like. Raises StorageError."""
        self._begun.keep_review(review)
        self._begun.save("result.json", renderers["json"](review))
        self._begun.save("report.md", renderers["markdown"](review))

    def interrupted(self) -> InterruptedByUser:
        """What to tell a person who pressed Ctrl-C."""
        return InterruptedByUser("interrupted", hint=going_on(self.run) or "Nothing was sent.")

    def price(self, usage: Usage, model: str) -> float | None:
        """Dollars for so much of an answer by `model`."""
        assert self._plan is not None, "begin comes first"  # noqa: S101 - the story's order, not an input
        return Prices(self._plan.model, self._plan.basis.catalogue).usd(usage, model)

    @property
    def _begun(self) -> Run:
        assert self.run is not None, "begin comes first"  # noqa: S101 - the story's order, not an input
        return self.run

    @property
    def _watching(self) -> Watch:
        assert self._watch is not None, "begin comes first"  # noqa: S101 - the story's order, not an input
        return self._watch


@dataclass(frozen=True, slots=True)
class _Kept:
    """A `Listener` that has on disk what it was told."""

    log: PassLog
    answer: AnswerFile
    keeping: Keeping

    def sent(self) -> None:
        """The record says so already."""

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """Note what is paid for by now."""
        self.keeping.anything = True
        self.log.started(usage, request_id, self.keeping.price(usage, model))

    def text(self, delta: str) -> None:
        """Append a piece of the answer."""
        self.answer.write(delta)


def going_on(run: Run | None, *, anything: bool = True) -> str:
    """What to do about a run that ended early; empty where none had begun, or somebody removed it. `anything`: some of an answer had arrived."""
    if run is None or not run.folder.is_dir():
        return ""
    if run.record.asked is not None and run.record.asked.obstacle:
        return f"What had arrived is kept in {run.folder}."
    kept = "; what has arrived is kept, and is not paid for again" if anything else ""
    return f"`reviewer resume {run.id}` goes on{kept}."


def require_same(record: RunRecord, prompt: Prompt, commit: str | None) -> None:
    """Refuse to go on over another prefix: it would be paid for again, and its findings would speak of other files.

    Raises IncompleteError.
    """
    prefix = prefix_of(prompt)
    if record.prefix is None or record.prefix.sha256 == prefix.sha256:
        return
    if commit != record.commit and record.commit is not None:
        now = f"at {commit[:_SHOWN]}" if commit else "not a repository"
        pushed = record.asked is not None and record.asked.pull_request
        why = f"the run is about commit {record.commit[:_SHOWN]}, and this is {now}"
        what = "have that commit pushed again" if pushed else "check that commit out again"
    else:
        why, what = f"{difference(record.prefix, prefix)} changed since the run began", "put that back"
    raise IncompleteError(
        f"run {record.id} cannot go on: {why}; nothing was sent",
        hint=f"To go on, {what}; its answers stay in the state folder. Or start a new run.",
    )
