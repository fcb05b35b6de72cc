"""The passes of a run against an engine that answers as each test wants, and the money they may take."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from plan_samples import PLAN
from report_samples import finding

from reviewer.answers import Request
from reviewer.asking import recall_rulings, require_answer, verify
from reviewer.engine.interface import Listener, Prompt, RateLimits, Reply, Stop
from reviewer.errors import ConnectionFailedError, OverloadedError, RateLimitedError, ReviewerError, StorageError
from reviewer.outcome import Usage
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.cost import usd
from reviewer.plan.decision import Plan, TokenRange
from reviewer.plan.passes import Depth, Pass, planned, verification
from reviewer.questions import finding_key
from reviewer.session import Session, _Pace
from reviewer.templating import Templates

WRITTEN = Usage(input_tokens=1_000, cache_creation_input_tokens=99_000)
READ = Usage(input_tokens=1_000, cache_read_input_tokens=99_000)
DEEP = replace(PLAN, passes=planned(Depth.DEEP), tokens=TokenRange(estimate=100_000, low=100_000, high=100_000, exact=100_000))
ANSWER = '{"findings": [], "summary": ""}'

Send = Callable[[int, Prompt, Listener], Reply]


class Answering:
    """An `Engine` that answers its nth request (from 0) as `send` says."""

    limits = RateLimits()
    newest = ""
    is_providers_own = True

    def __init__(self, send: Send) -> None:
        self.sent: list[Prompt] = []
        self._send = send

    def count(self, prompt: Prompt) -> int | None:  # noqa: ARG002 - as the Protocol has it
        return None

    def send(self, prompt: Prompt, listener: Listener) -> Reply:
        self.sent.append(prompt)
        return self._send(len(self.sent) - 1, prompt, listener)


class Silent:
    """A `Listener` that keeps nothing."""

    def sent(self) -> None: ...

    def started(self, usage: Usage, request_id: str, model: str) -> None: ...

    def text(self, delta: str) -> None: ...


class Forgetful:
    """A `Keeper` of a run that had these answers, with no room for the passes that are named."""

    def __init__(self, *full: str, had: Mapping[str, Reply] | None = None) -> None:
        self.failures: dict[str, str] = {}
        self._full = full
        self._had = had or {}

    def begin(self, prompt: Prompt, plan: Plan) -> None: ...

    def kept(self, asked: Pass) -> tuple[Reply, ...]:
        return (self._had[asked.name],) if asked.name in self._had else ()

    def listen(self, asked: Pass, prompt: Prompt) -> Listener:  # noqa: ARG002 - as the Protocol has it
        if asked.name in self._full:
            raise StorageError("the disk is full")
        return Silent()

    def ended(self, asked: Pass, reply: Reply, cost_usd: float | None) -> None: ...

    def failed(self, asked: Pass, error: ReviewerError) -> None:
        self.failures[asked.name] = error.message

    def measured(self, tokens: int) -> None: ...

    def say(self, text: str) -> None: ...

    def end(self) -> str:
        return ""


def prompt(question: str = "Look.") -> Prompt:
    return Prompt(
        model="m",
        system="",
        documents="",
        question=question,
        schema={},
        max_output=1_000,
        effort=None,
        thinking=None,
        structured=True,
    )


def requests(passes: Sequence[Pass], question: str = "Look.") -> list[Request]:
    return [Request(each, prompt(question)) for each in passes]


def usual(number: int, _: Prompt, listener: Listener) -> Reply:
    usage = READ if number else WRITTEN
    listener.started(usage, "r", "")
    return Reply(text=ANSWER, stop=Stop.END, usage=usage)


LOOKS = DEEP.passes[:-1]


def test_what_fails_after_its_answer_has_begun_was_paid_for_all_the_same() -> None:
    def send(number: int, asked: Prompt, listener: Listener) -> Reply:
        reply = usual(number, asked, listener)
        if number == 1:
            raise ConnectionFailedError("it ended")
        return reply

    session = Session(Answering(send), Forgetful(), DEEP, 10.0)
    answers = session.ask(requests(LOOKS[:3]))

    paid = [usd(WRITTEN, DEEP.model), usd(READ, DEEP.model), usd(READ, DEEP.model)]
    assert session.spent == pytest.approx(sum(each or 0.0 for each in paid))
    assert [answer.usage for answer in answers] == [WRITTEN, READ, READ]
    assert [answer.error is None for answer in answers] == [True, False, True]


def test_when_every_answer_breaks_off_before_a_word_there_is_nothing_to_conclude() -> None:
    def send(number: int, asked: Prompt, listener: Listener) -> Reply:
        usual(number, asked, listener)
        raise ConnectionFailedError("it ended")

    session = Session(Answering(send), Forgetful(), DEEP, 10.0)
    answers = session.ask(requests(LOOKS[:2]))

    with pytest.raises(ConnectionFailedError) as raised:
        require_answer(answers, session)
    assert "Cost: USD" in raised.value.hint


def test_an_answer_of_which_nobody_tells_the_beginning_proves_the_hit_too() -> None:
    def send(number: int, _: Prompt, __: Listener) -> Reply:
        if number == 2:
            raise ConnectionFailedError("it ended")
        return Reply(text=ANSWER, stop=Stop.END, usage=READ if number else WRITTEN)

    session = Session(Answering(send), Forgetful(), DEEP, 10.0)
    answers = session.ask(requests(LOOKS))

    assert [answer.unasked for answer in answers] == [""] * 8
    assert sum(answer.error is not None for answer in answers) == 1
    assert session.cache_warning == ""


def test_a_pass_that_cannot_be_kept_is_not_sent_and_takes_nothing_from_the_others() -> None:
    engine, keeper = Answering(usual), Forgetful(LOOKS[3].name)
    answers = Session(engine, keeper, DEEP, 10.0).ask(requests(LOOKS))

    assert len(engine.sent) == 7
    assert keeper.failures == {LOOKS[3].name: "the disk is full"}
    assert [answer.error is None for answer in answers] == [True] * 3 + [False] + [True] * 4


def test_what_is_asked_about_counts_for_the_cap_however_long_it_is() -> None:
    asked = [LOOKS[0], LOOKS[1], verification(9)]
    both = (usd(WRITTEN, DEEP.model) or 0.0) + (usd(READ, DEEP.model) or 0.0)
    engine = Answering(usual)
    long = Request(asked[2], prompt("many long words " * 50_000))  # 150,000 tokens and more, for $0.60
    answers = Session(engine, Forgetful(), DEEP, both + 0.55).ask([*requests(asked[:2]), long])

    assert len(engine.sent) == 2
    assert "--max-cost" in answers[2].unasked


def test_a_verification_that_lifts_the_prompt_over_a_price_step_is_held_to_the_price_above_it() -> None:
    haiku = replace(
        DEEP,
        model=load_catalogue().find("haiku"),
        tokens=TokenRange(estimate=99_000, low=99_000, high=99_000, exact=99_000),
    )
    asked, engine = [*LOOKS[:2], verification(9)], Answering(usual)
    session = Session(engine, Forgetful(), haiku, 0.03)  # below the step it would take 0.4 cents more than the 1.4 that are spent
    answers = session.ask([*requests(asked[:2]), Request(asked[2], prompt("many words " * 10_000))])

    assert (len(engine.sent), answers[2].unasked != "") == (2, True)


def ruling(title: str) -> Reply:
    stated = finding(title=title)
    verdict = {
        "finding": finding_key(stated),
        "ruling": "confirmed",
        "path": stated.path,
        "quote": stated.quote,
        "start_line": 1,
        "end_line": 1,
        "explanation": "So it is.",
    }
    return Reply(text=json.dumps({"findings": [], "summary": "", "verdicts": [verdict]}), stop=Stop.END, usage=READ)


def test_what_verifications_took_before_counts_for_the_cap_of_looks_that_are_asked_again() -> None:
    session = Session(Answering(usual), Forgetful(had={"verification": ruling("One")}), DEEP, 10.0)
    ruled = recall_rulings(session, DEEP)

    assert session.spent == usd(READ, DEEP.model)
    assert [answer.usage for answer in verify(session, DEEP, prompt(), (), ruled, Templates())] == [READ]


def test_what_one_verification_ruled_is_not_asked_again_when_the_one_before_it_failed() -> None:
    engine = Answering(usual)
    session = Session(engine, Forgetful(had={"verification-2": ruling("One")}), DEEP, 10.0)
    findings = [finding(title="One"), finding(title="Another")]
    answers = verify(session, DEEP, prompt(), findings, recall_rulings(session, DEEP), Templates())

    assert [answer.asked.name for answer in answers] == ["verification-2", "verification"]
    (asked,) = engine.sent
    assert finding_key(findings[0]) not in asked.question
    assert finding_key(findings[1]) in asked.question


def test_a_busy_endpoint_is_asked_with_half_as_many_at_once_and_in_time_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("reviewer.session.time.monotonic", lambda: now[0])
    pace = _Pace()

    assert pace.slow_down(0.0, 7)  # the end of another one makes room
    assert (pace.at_once, pace.rest) == (4, 0.0)
    assert pace.slow_down(30.0, 1)
    assert (pace.at_once, pace.rest) == (1, 30.0)
    now[0] += 30
    rests = []
    while pace.slow_down(0.0, 0):
        rests.append(pace.rest)
        now[0] += pace.rest
    assert rests[0] < rests[1] <= max(rests) == 60.0
    assert 500 < now[0] - 1_000 <= 600
    pace.progressed()
    assert pace.slow_down(0.0, 0)
    assert not pace.slow_down(3_600.0, 0)


def test_a_look_that_a_busy_endpoint_refused_is_asked_again_and_comes_first() -> None:
    refused = {2, 3}

    def send(number: int, asked: Prompt, listener: Listener) -> Reply:
        if number in refused:
            error = RateLimitedError("too many")
            error.retry_after = 0.0
            raise error
        return usual(number, asked, listener)

    engine, keeper = Answering(send), Forgetful()
    session = Session(engine, keeper, DEEP, 10.0)
    answers = session.ask(requests(LOOKS))

    assert [(answer.error, answer.unasked, len(answer.replies)) for answer in answers] == [(None, "", 1)] * 8
    assert len(engine.sent) == 10


def test_what_breaks_in_the_middle_for_want_of_room_is_not_asked_again() -> None:
    def send(number: int, asked: Prompt, listener: Listener) -> Reply:
        reply = usual(number, asked, listener)
        if number == 1:
            error = OverloadedError("overloaded")
            error.retry_after = 0.0
            raise error
        return reply

    engine = Answering(send)
    answers = Session(engine, Forgetful(), DEEP, 10.0).ask(requests(LOOKS[:3]))

    assert len(engine.sent) == 3
    assert [answer.error is None for answer in answers] == [True, False, True]


def test_the_first_usage_replaces_the_count_in_the_worst_case_of_what_follows() -> None:
    dear = Usage(input_tokens=400_000)

    def send(number: int, _: Prompt, listener: Listener) -> Reply:
        listener.started(dear, "r", "")
        return Reply(text=ANSWER, stop=Stop.END, usage=dear)

    engine = Answering(send)
    session = Session(engine, Forgetful(), DEEP, 3.0)
    answers = session.ask(requests(LOOKS))

    assert len(engine.sent) == 1  # by the count of 100,000 tokens a second one would have fitted
    assert session.spent < 3.0
    assert any("counted 100,000 tokens and billed 400,000" in note for note in answers[0].replies[0].notes)


def test_a_dearer_model_that_answers_sets_the_worst_case_of_what_follows() -> None:
    cheap = replace(DEEP, model=load_catalogue().find("haiku"), basis=replace(DEEP.basis, catalogue=load_catalogue()))

    def send(number: int, _: Prompt, listener: Listener) -> Reply:
        usage = READ if number else WRITTEN
        listener.started(usage, "r", "claude-opus-5-5")
        return Reply(text=ANSWER, stop=Stop.END, usage=usage, model="claude-opus-5-5")

    engine = Answering(send)
    session = Session(engine, Forgetful(), cheap, 0.60)
    session.ask(requests(LOOKS))

    assert session.spent == pytest.approx(
        sum(usd(READ if number else WRITTEN, load_catalogue().find("opus")) or 0.0 for number in range(len(engine.sent)))
    )
    assert session.spent < 0.60
