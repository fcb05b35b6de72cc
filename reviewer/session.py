"""Asks the passes of a run: the first alone, the second to prove that the prefix is read from the cache, the rest side by side.

A prefix can be read from the provider's cache only once the answer to the request that wrote it has begun. So the first request runs alone
until then. The second one shows in its usage whether the cache was hit, before a third one is sent. From then on as many run side by side
as the endpoint's own limits allow, and none begins that could break the cap on what the run may cost, whatever the ones under way come to.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Thread

from reviewer.answers import Answer, Keeper, Request
from reviewer.engine.interface import Engine, Listener, Prompt, Reply, Stop
from reviewer.errors import ReviewerError
from reviewer.outcome import NO_USAGE, Usage
from reviewer.plan.cost import prefix_price, usd
from reviewer.plan.decision import Plan
from reviewer.plan.passes import Pass, PassKind
from reviewer.plan.tokens import text_tokens

MOST_AT_ONCE = 8
"""Requests under way at the same time: the looks of a deep review."""
_TYPICAL_ANSWER = 8_000
"""Tokens of output that a look is expected to take, when the endpoint says how many it still allows in the running minute."""
_PROOF = 2
"""Answers that must have begun until it is known whether the cache is hit: one that writes the prefix, one that reads it."""
_HIT = 0.9
"""Share of the cacheable prefix that must have been read from the cache for it to count as hit: a change of a few files after the
breakpoint of an earlier run is no miss, and the provider's figures are rounded."""


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


@dataclass(frozen=True, slots=True)
class _Begun:
    """The answer to a task has begun."""

    task: _Task
    usage: Usage


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

    def started(self, usage: Usage, request_id: str) -> None:
        """Pass on, and tell."""
        self.inner.started(usage, request_id)
        self.news.put(_Begun(self.task, usage))

    def text(self, delta: str) -> None:
        """Pass on."""
        self.inner.text(delta)


class Session:
    """One run's requests over one prefix, and what they cost so far."""

    def __init__(self, engine: Engine, keeper: Keeper, plan: Plan, max_cost: float) -> None:
        """`plan` is the settled one; no request begins that could bring the run above `max_cost` dollars, earlier processes' included."""
        self.cache_warning = ""
        """Why the prefix was not read from the cache, a sentence; empty while it is."""
        self.spent = 0.0
        """Dollars for what came so far; 0 where the price is unknown."""
        self._since = time.monotonic()
        self._engine = engine
        self._keeper = keeper
        self._plan = plan
        self._max_cost = max_cost
        self._begun = 0
        self._prefix = 0
        self._previous = ""
        self._news: SimpleQueue[_Begun | _Ended] = SimpleQueue()

    @property
    def seconds(self) -> float:
        """Since the session was made, by the clock on the wall: passes that run side by side take their time together."""
        return time.monotonic() - self._since

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
        self.spent += sum(usd(reply.usage, self._plan.model) or 0.0 for reply in kept)
        return Answer(asked=asked, replies=kept, resumed=bool(kept))

    def _work(self, waiting: deque[_Task], answers: dict[int, Answer]) -> None:
        running: list[_Task] = []
        while waiting or running:
            why = self._start(waiting, running)
            if why and not running:
                for task in waiting:
                    answers[task.place] = replace(answers[task.place], unasked=why)
                return
            self._hear(self._news.get(), running, waiting, answers)

    def _start(self, waiting: deque[_Task], running: list[_Task]) -> str:
        """Begin what may begin now; returns why the next one may not, when that is for good unless something under way comes out cheaper."""
        while waiting and len(running) < self._width() and all(task.begun for task in running if self._proving):
            task = waiting[0]
            task.worst = self._worst(task)
            if self.spent + sum(other.worst for other in running) + task.worst > self._max_cost:
                return f"it could have brought the cost above --max-cost (${self._max_cost:,.2f})"
            running.append(waiting.popleft())
            self._begin(task)
        return ""

    @property
    def _proving(self) -> bool:
        """Whether it is not known yet if the prefix is read from the cache."""
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

    def _hear(self, news: _Begun | _Ended, running: list[_Task], waiting: deque[_Task], answers: dict[int, Answer]) -> None:
        task = news.task
        if isinstance(news, _Begun):
            self._note_begun(task, news.usage)
            return
        running.remove(task)
        answer = answers[task.place]
        if isinstance(news.outcome, Reply):
            self._note_reply(task, news.outcome)
            answers[task.place] = replace(answer, replies=(*answer.replies, news.outcome))
            return
        if not isinstance(news.outcome, ReviewerError):
            raise news.outcome
        self._keeper.failed(task.asked, news.outcome)
        answers[task.place] = replace(answer, error=news.outcome, replies=(*answer.replies, *self._paid(task)))
        if self._begun == 0:
            while waiting:
                left = waiting.popleft()
                answers[left.place] = replace(answers[left.place], unasked="the request before it failed")

    def _paid(self, task: _Task) -> tuple[Reply, ...]:
        """What a request took that failed after its answer had begun: a part without a text, as a process that goes on finds it."""
        if task.usage == NO_USAGE:
            return ()
        self.spent += usd(task.usage, self._plan.model) or 0.0
        return (Reply(text="", stop=Stop.CUT, usage=task.usage),)

    def _note_begun(self, task: _Task, usage: Usage) -> None:
        task.begun, task.usage = True, usage
        if usage.prompt_tokens:  # from now on only the answer's length is open
            task.worst = usd(replace(usage, output_tokens=task.prompt.max_output), self._plan.model) or 0.0
        self._begun += 1
        cached = usage.cache_read_input_tokens + usage.cache_creation_input_tokens
        if self._begun == 1:
            self._prefix = cached
        elif usage.cache_read_input_tokens < self._prefix * _HIT and not self.cache_warning:
            self.cache_warning = "The prompt was not read from the cache, and was paid for again."
        elif not cached and self._plan.tokens.low >= self._plan.model.min_cache_tokens:
            self.cache_warning = "The endpoint does not cache the prompt: each request pays for all of it."

    def _note_reply(self, task: _Task, reply: Reply) -> None:
        if not task.begun:  # an endpoint that leaves out how an answer begins
            self._note_begun(task, reply.usage)
        cost = usd(reply.usage, self._plan.model)
        self.spent += cost or 0.0
        if reply.cache_miss and self.cache_warning.endswith("again."):
            self.cache_warning = f"{self.cache_warning[:-1]} (the provider says: {reply.cache_miss})."
        self._keeper.ended(task.asked, reply, cost)

    def _width(self) -> int:
        """How many requests may be under way at once."""
        limits = self._engine.limits
        most = [MOST_AT_ONCE]
        if limits.requests is not None:
            most.append(limits.requests)
        if limits.output_tokens is not None:
            most.append(limits.output_tokens // _TYPICAL_ANSWER)
        if limits.input_tokens is not None and self.cache_warning:  # what is read from the cache does not count
            most.append(limits.input_tokens // max(1, self._plan.tokens.estimate))
        return max(1, min(most))

    def _worst(self, task: _Task) -> float:
        """The most dollars a request may cost: its prefix is written by the first request, and read once it was seen that it can be."""
        tokens, own = self._plan.tokens.high, text_tokens(task.prompt.question, self._plan.model.tokenizer).high
        price = prefix_price(self._plan.model, tokens, self._plan.lifetime, besides=0 if task.counted else own)
        if price is None:
            return 0.0
        hit = not self._proving and not self.cache_warning
        question = 0.0 if task.counted else own * price.plain
        if hit and task.counted:  # it stands after the prefix
            question = own * (price.plain - price.read)
        prefix = tokens * (price.read if hit else max(price.plain, price.write))
        return prefix + question + task.prompt.max_output * price.answer
