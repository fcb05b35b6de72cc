"""Asks the passes of a run: the first alone, the second to prove that the prefix is read from the cache, the rest side by side.

A prefix can be read from the provider's cache only once the answer to the request that wrote it has begun. So the first request runs alone
until then. The second one shows in its usage whether the cache was hit, before a third one is sent. From then on as many run side by side
as the endpoint's own limits allow, and none begins that could break the cap on what the run may cost, whatever the ones under way come to.

What an endpoint says of tokens is taken as far as it goes. The first usage that is reported is held against the count; where none is reported,
the cost is unknown, and the estimate is held against the cap. A request that a busy endpoint refuses is asked again later, with fewer at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Thread

from reviewer.answers import Answer, Keeper, Request
from reviewer.engine.interface import Engine, Listener, Prompt, Reply, Stop
from reviewer.errors import ProviderError, ReviewerError
from reviewer.outcome import NO_USAGE, Reported, Usage
from reviewer.plan.cost import Prices, prefix_price, usd
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass, PassKind
from reviewer.plan.tokens import text_tokens
from reviewer.report.amounts import seconds_text

MOST_AT_ONCE = 8
"""Requests under way at the same time: the looks of a deep review."""
_TYPICAL_ANSWER = 8_000
"""Tokens of output that a look is expected to take, when the endpoint says how many it still allows in the running minute."""
_PROOF = 2
"""Answers that must have begun until it is known whether the cache is hit: one that writes the prefix, one that reads it."""
_HIT = 0.9
"""Share of the cacheable prefix that must have been read from the cache for it to count as hit: a change of a few files after the
breakpoint of an earlier run is no miss, and the provider's figures are rounded."""
PATIENCE = 600.0
"""Seconds for which a run waits for a busy endpoint without any answer beginning or ending."""
LONGEST_SILENT_WAIT = 2.0
"""Seconds of `retry-after` that are waited for within a request; before a longer wait, the operator is told."""
_LONGEST_PAUSE = 60.0
"""Seconds between two attempts at a busy endpoint that does not say when to come again."""
_WRONG = 0.10
"""A count that is further from what is billed was made with another tokenizer, or of another request."""
_ABSURD = 0.2
"""A usage below this share of the estimate is no size of our prompt, and lowers no worst case."""


@dataclass(slots=True, eq=False)
class _Task:
    """A request under way."""

    place: int
    asked: Pass
    prompt: Prompt
    counted: bool
    """Whether its question is in the plan's count: that of a verification is not, nor that for the rest of an answer."""
    worst: float = 0.0
    """What it may cost at most, in dollars."""
    begun: bool = False
    usage: Usage = NO_USAGE
    """What is paid for from the beginning of the answer on."""
    model: str = ""
    """The one that answers, as it names itself."""
    heard: bool = False
    """Whether its input tokens were reported."""
    note: str = ""
    """What the reader should know of its count."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """The answer to a task has begun."""

    task: _Task
    usage: Usage
    model: str


@dataclass(frozen=True, slots=True)
class _Ended:
    """A task is over: with a reply, or with what went wrong."""

    task: _Task
    outcome: Reply | BaseException


@dataclass(frozen=True, slots=True)
class _Announcing:
    """A `Listener` that also tells the session when the answer begins."""

    inner: Listener
    task: _Task
    news: SimpleQueue[_Begun | _Ended]

    def sent(self) -> None:
        """Pass on."""
        self.inner.sent()

    def started(self, usage: Usage, request_id: str, model: str) -> None:
        """Pass on, and tell."""
        self.inner.started(usage, request_id, model)
        self.news.put(_Begun(self.task, usage, model))

    def text(self, delta: str) -> None:
        """Pass on."""
        self.inner.text(delta)


class _Pace:
    """How fast a busy endpoint is asked: with fewer requests at once, and not before it wants to be."""

    def __init__(self) -> None:
        self.at_once = MOST_AT_ONCE
        self._not_before = 0.0
        self._busy_since: float | None = None
        self._refusals = 0

    @property
    def rest(self) -> float:
        """Seconds until the next request may begin."""
        return max(0.0, self._not_before - time.monotonic())

    def progressed(self) -> None:
        """An answer has begun or ended: patience begins anew."""
        self._busy_since, self._refusals = None, 0

    def slow_down(self, advised: float, others: int) -> bool:
        """A request was refused for now; `others` are under way. False when patience is at its end, or would be before the next attempt."""
        now = time.monotonic()
        since = self._busy_since or now
        pause = advised or (
            0.0 if others else min(_LONGEST_PAUSE, 2.0**self._refusals)
        )  # without advice, the end of another makes room
        if now + pause - since > PATIENCE:
            return False
        self._busy_since, self._refusals = since, self._refusals + 1
        self.at_once = max(1, min(self.at_once, others + 1) // 2)
        self._not_before = max(self._not_before, now + pause)
        return True


class Session:
    """One run's requests over one prefix, and what they cost so far."""

    def __init__(self, engine: Engine, keeper: Keeper, plan: Plan, max_cost: float) -> None:
        """`plan` is the settled one; no request begins that could bring the run above `max_cost` dollars, earlier processes' included."""
        self.cache_warning = ""
        """Why the prefix was not read from the cache, a sentence; empty while it is, and while nobody knows."""
        self.spent = 0.0
        """Dollars held against the cap for what came so far: what is known, and an estimate of what is not; 0 where the price is unknown."""
        self.prices = Prices(plan.model, plan.basis.catalogue)
        self._since = time.monotonic()
        self._engine = engine
        self._keeper = keeper
        self._plan = plan
        self._tokens = plan.tokens.high
        """The most tokens that the prompt may have, as far as is known by now."""
        self._is_measured = False
        self._is_estimated = False
        """Whether `spent` holds an estimate."""
        self._dearest = plan.model
        """Of the models that answer, by the price of a worst case: the one that was asked, until another one shows itself."""
        self._max_cost = max_cost
        self._begun = 0
        self._heard = 0
        """Requests whose input tokens were reported."""
        self._prefix = 0
        self._previous = ""
        self._pace = _Pace()
        self._running: list[_Task] = []
        self._said: set[str] = set()
        self._news: SimpleQueue[_Begun | _Ended] = SimpleQueue()

    @property
    def seconds(self) -> float:
        """Since the session was made, by the clock on the wall: passes that run side by side take their time together."""
        return time.monotonic() - self._since

    @property
    def broken_cap(self) -> str:
        """That more was spent than `max_cost`, a sentence; empty when it was not."""
        if self.spent <= self._max_cost:
            return ""
        about = "about " if self._is_estimated else ""
        return f"The run cost {about}${self.spent:,.2f}, more than --max-cost allows (${self._max_cost:,.2f}); no further request was begun."

    def ask(self, requests: Iterable[Request]) -> tuple[Answer, ...]:
        """An answer for each request, in their order. What is whole on disk already is not asked again.

        When the first request of the run brings nothing but an error, the others are not sent. Never raises ReviewerError itself.
        """
        answers: dict[int, Answer] = {}
        waiting: deque[_Task] = deque()
        for place, request in enumerate(requests):
            answers[place] = kept = self.recall(request.asked)
            prompt = request.rest(kept.replies) if kept.replies else request.prompt
            if prompt is not None:
                counted = prompt is request.prompt and request.asked.kind is PassKind.LOOK
                waiting.append(_Task(place, request.asked, prompt, counted))
        self._work(waiting, answers)
        return tuple(answers[place] for place in sorted(answers))

    def recall(self, asked: Pass) -> Answer:
        """What earlier processes left of a pass; nothing is sent. What it cost counts as spent, so this is to be called once for each."""
        kept = self._keeper.kept(asked)
        self._previous = next((reply.message_id for reply in kept if reply.message_id), self._previous)
        self.spent += sum(self._charge(reply.usage, reply.model, reply.text) for reply in kept)
        if asked.kind is PassKind.LOOK:
            self._tokens = max([self._tokens, *(reply.usage.prompt_tokens for reply in kept)])
        return Answer(asked=asked, replies=kept, resumed=bool(kept))

    def _work(self, waiting: deque[_Task], answers: dict[int, Answer]) -> None:
        while waiting or self._running:
            why = self._start(waiting)
            if why and not self._running:
                _leave(waiting, answers, why)
                return
            try:
                news = self._news.get(timeout=(self._pace.rest or None) if waiting else None)
            except Empty:
                continue  # the pause is over
            self._hear(news, waiting, answers)

    def _start(self, waiting: deque[_Task]) -> str:
        """Begin what may begin now; returns why the next one may not, when that is for good unless something under way comes out cheaper."""
        running = self._running
        while waiting and len(running) < self._width() and all(task.begun for task in running if self._proving):
            task = waiting[0]
            task.worst = self._worst(task)
            if self.spent + sum(other.worst for other in running) + task.worst > self._max_cost:
                return f"it could have brought the cost above --max-cost (${self._max_cost:,.2f})"
            if self._pace.rest:
                return ""
            running.append(waiting.popleft())
            self._begin(task)
        return ""

    @property
    def _proving(self) -> bool:
        """Whether too few answers have begun to know if the prefix is read from the cache."""
        return self._begun < _PROOF

    def _begin(self, task: _Task) -> None:
        prompt = replace(task.prompt, follows=self._engine.newest or self._previous)
        try:
            listener = _Announcing(self._keeper.listen(task.asked, prompt), task, self._news)
        except ReviewerError as error:  # what is under way is being paid for, and goes on
            self._news.put(_Ended(task, error))
            return
        # Daemons: whoever interrupts the program does not wait for answers; what had arrived of them is on disk.
        Thread(target=self._send, args=(task, prompt, listener), name=task.asked.name, daemon=True).start()

    def _send(self, task: _Task, prompt: Prompt, listener: Listener) -> None:
        try:
            outcome: Reply | BaseException = self._engine.send(prompt, listener)
        except BaseException as error:  # noqa: BLE001 - whatever ends a thread is raised again, or told, in the main one
            outcome = error
        self._news.put(_Ended(task, outcome))

    def _hear(self, news: _Begun | _Ended, waiting: deque[_Task], answers: dict[int, Answer]) -> None:
        task = news.task
        if isinstance(news, _Begun):
            self._note_begun(task, news.usage, news.model)
            return
        self._running.remove(task)
        answer = answers[task.place]
        if isinstance(news.outcome, Reply):
            answers[task.place] = replace(answer, replies=(*answer.replies, self._note_reply(task, news.outcome)))
            return
        if not isinstance(news.outcome, ReviewerError):
            raise news.outcome
        self._keeper.failed(task.asked, news.outcome)
        is_busy = isinstance(news.outcome, ProviderError) and news.outcome.retry_after is not None and not task.begun
        if is_busy and self._later(task, news.outcome, waiting):
            return
        answers[task.place] = replace(answer, error=news.outcome, replies=(*answer.replies, *self._paid(task)))
        if is_busy:
            _leave(waiting, answers, "the endpoint was too busy for the request before it")
        elif self._begun == 0:
            _leave(waiting, answers, "the request before it failed")

    def _later(self, task: _Task, error: ReviewerError, waiting: deque[_Task]) -> bool:
        """Put a request back that a busy endpoint refused, of which nothing was paid; whether there is patience for that."""
        before = self._pace.rest
        if not self._pace.slow_down(getattr(error, "retry_after", None) or 0.0, len(self._running)):
            return False
        waiting.appendleft(task)
        if self._pace.rest > before + 1:
            self._keeper.say(f"{error.message} Waiting {seconds_text(self._pace.rest)}; Ctrl-C stops.")
        return True

    def _paid(self, task: _Task) -> tuple[Reply, ...]:
        """What a request took that failed after its answer had begun: a part without a text, as a process that goes on finds it."""
        if task.usage == NO_USAGE:
            return ()
        self.spent += self._charge(task.usage, task.model, "")
        return (Reply(text="", stop=Stop.CUT, usage=task.usage, model=task.model),)

    def _note_begun(self, task: _Task, usage: Usage, model: str) -> None:
        task.begun, task.usage, task.model = True, usage, model
        self._begun += 1
        self._pace.progressed()
        if usage.known:
            self._note_input(task, usage)

    def _note_input(self, task: _Task, usage: Usage) -> None:
        """The input tokens of a request are reported: with the beginning of its answer, or by some gateways with its end."""
        task.heard = True
        self._heard += 1
        # From now on only the answer's length is open.
        longest = replace(usage, output_tokens=max(usage.output_tokens, task.prompt.max_output), reported=Reported.WHOLE)
        task.worst = self._dollars(longest, task.model)
        if (usd(longest, self._dearest) or 0.0) < task.worst:
            self._dearest = self.prices.model(task.model) or self._dearest
        if task.counted and not self._is_measured:
            self._measure(task, usage.prompt_tokens)
        for other in self._running:
            if not other.heard:
                other.worst = self._worst(other)
        cached = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
        if self._heard == 1:
            self._prefix = cached
        elif usage.cache_read_input_tokens < self._prefix * _HIT and not self.cache_warning:
            self.cache_warning = "The prompt was not read from the cache, and was paid for again."
        elif not cached and self._plan.tokens.low >= self._plan.model.min_cache_tokens:
            self.cache_warning = "The endpoint does not cache the prompt: each request pays for all of it."

    def _note_reply(self, task: _Task, reply: Reply) -> Reply:
        """Account for an answer; returns it with what the reader should know of its count, its model and its usage."""
        if not task.begun:  # an endpoint that leaves out how an answer begins
            self._note_begun(task, reply.usage, reply.model)
        if reply.usage.known and not task.heard:
            task.model = reply.model
            self._note_input(task, reply.usage)
        self._pace.progressed()
        notes = tuple(filter(None, (task.note, self.prices.swapped(reply.model), _unreported(reply.usage))))
        self._say(notes)
        reply = replace(reply, notes=(*reply.notes, *notes))
        self.spent += self._charge(reply.usage, reply.model, reply.text)
        if reply.cache_miss and self.cache_warning.endswith("again."):
            self.cache_warning = f"{self.cache_warning[:-1]} (the provider says: {reply.cache_miss})."
        self._keeper.ended(task.asked, reply, self.prices.usd(reply.usage, reply.model))
        return reply

    def _measure(self, task: _Task, billed: int) -> None:
        """Hold what is billed against what was counted or estimated: every worst case that is not reported yet follows it."""
        self._is_measured = True
        self._keeper.measured(billed)
        tokens = self._plan.tokens
        if tokens.exact is not None and abs(billed / tokens.exact - 1) > _WRONG:
            task.note = f"The endpoint counted {tokens.exact:,} tokens and billed {billed:,}: its count is not what it bills."
        elif tokens.exact is None and not tokens.low <= billed <= tokens.high:
            task.note = (
                f"The prompt was estimated at {tokens.low:,} to {tokens.high:,} tokens, and the endpoint billed {billed:,}."
            )
        self._say((task.note,))
        if billed > self._tokens or billed > tokens.estimate * _ABSURD:
            self._tokens = billed

    def _say(self, notes: Iterable[str]) -> None:
        """Tell the operator what was not told yet."""
        for note in notes:
            if note and note not in self._said:
                self._said.add(note)
                self._keeper.say(note)

    def _charge(self, usage: Usage, answered: str, text: str) -> float:
        """Dollars to hold against the cap for an answer: where less than all is known of its usage, the estimate stands in."""
        if usage.reported is Reported.WHOLE:
            return self._dollars(usage, answered)
        self._is_estimated = True
        written = min(text_tokens(text, self._plan.model.tokenizer).high, self._plan.max_output)
        if usage.known:
            return self._dollars(replace(usage, output_tokens=max(usage.output_tokens, written)), answered)
        written = max(written, min(_TYPICAL_ANSWER, self._plan.max_output))
        return self._dollars(Usage(input_tokens=self._tokens, output_tokens=written), answered)

    def _dollars(self, usage: Usage, answered: str) -> float:
        """The price of a usage, be it that of the model that was asked: one whose price is unknown is not free."""
        known = self.prices.usd(usage, answered)
        return (usd(usage, self._plan.model) or 0.0) if known is None else known

    def _width(self) -> int:
        """How many requests may be under way at once."""
        limits = self._engine.limits
        most = [self._pace.at_once]
        if limits.requests is not None:
            most.append(limits.requests)
        if limits.output_tokens is not None:
            most.append(limits.output_tokens // _TYPICAL_ANSWER)
        if limits.input_tokens is not None and self.cache_warning:  # what is read from the cache does not count
            most.append(limits.input_tokens // max(1, self._tokens))
        return max(1, min(most))

    def _worst(self, task: _Task) -> float:
        """The most dollars a request may cost: its prefix is written by the first request, and read once it was seen that it can be."""
        tokens, own = self._tokens, text_tokens(task.prompt.question, self._plan.model.tokenizer).high
        price = prefix_price(self._dearest, tokens, self._plan.lifetime, besides=0 if task.counted else own)
        if price is None:
            return 0.0
        hit = self._heard >= _PROOF and not self.cache_warning
        question = 0.0 if task.counted else own * price.plain
        if hit and task.counted:  # it stands after the prefix
            question = own * (price.plain - price.read)
        prefix = tokens * (price.read if hit else max(price.plain, price.write))
        return prefix + question + task.prompt.max_output * price.answer


def _leave(waiting: deque[_Task], answers: dict[int, Answer], why: str) -> None:
    """Send nothing more of what is waiting."""
    while waiting:
        left = waiting.popleft()
        answers[left.place] = replace(answers[left.place], unasked=why)


def _unreported(usage: Usage) -> str:
    if usage.known:
        return ""
    return "The endpoint reported no usage for an answer: what it cost is unknown, and --max-cost was held to by the estimate."
