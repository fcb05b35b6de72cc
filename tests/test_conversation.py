"""What is said again in a conversation, byte for byte; what takes its place when there is no more room; what a question costs."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from reviewer.conversation import (
    Conversation,
    Exchange,
    Saying,
    answer_room,
    own_tokens,
    price,
    turned,
)
from reviewer.engine.interface import Lifetime, Prompt, Stop, Turn
from reviewer.outcome import Usage
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.decision import TokenRange
from reviewer.plan.lifetime import Use, is_warm
from reviewer.plan.model import Tokenizer

PROMPT = Prompt(
    model="claude-opus-5-5",
    system="rules",
    documents="files",
    question="review this",
    schema={},
    max_output=32_000,
    effort="high",
    thinking=None,
    structured=True,
    cuts=(2,),
    breakpoints=(2,),
    lifetime=Lifetime.ONE_HOUR,
)


def exchange(sent: str, answer: str, *, stop: Stop | None = Stop.END, saying: Saying = Saying.QUESTION) -> Exchange:
    return Exchange(
        saying=saying,
        question=sent,
        sent=sent,
        began="2026-11-23T08:00:00+00:00",
        model="claude-opus-5-5",
        answer=answer,
        stop=stop,
        message_id=f"msg_{sent}",
    )


def test_the_first_question_stands_where_the_reviews_question_stood() -> None:
    asked = turned(PROMPT, (), "why?", 1_000)

    assert asked == dataclasses.replace(PROMPT, question="why?", max_output=1_000)


def test_what_was_said_follows_the_first_question_as_it_was_sent_and_received() -> None:
    said = (exchange("first\n ", ' {"reply": 1}\r\n\ud800'), exchange("second", "no JSON "))

    asked = turned(PROMPT, said, "third", 2_000)

    assert asked.question == "first\n "
    assert asked.turns == (
        Turn("assistant", ' {"reply": 1}\r\n\ud800'),
        Turn("user", "second"),
        Turn("assistant", "no JSON "),
        Turn("user", "third"),
    )
    assert asked.follows == "msg_second"


def test_nothing_that_decides_on_the_cache_differs_from_the_run() -> None:
    asked = turned(PROMPT, (exchange("first", "answer"),), "second", 9)

    same = dataclasses.replace(asked, question=PROMPT.question, turns=(), max_output=PROMPT.max_output, follows="")
    assert same == PROMPT


def test_answers_that_broke_off_are_said_again_but_not_refused_or_empty_ones() -> None:
    cut, refused, empty = exchange("a", "half", stop=Stop.CUT), exchange("b", "bad", stop=Stop.REFUSED), exchange("c", " \n")
    under_way = exchange("d", "", stop=None)

    assert Conversation((cut, refused, empty, under_way)).live == (cut,)


def test_a_summary_stands_for_everything_before_it() -> None:
    summary = exchange("summarise", "all of it", saying=Saying.SUMMARY)
    before, after = exchange("a", "1"), exchange("b", "2")
    conversation = Conversation((before, summary, after))

    assert conversation.summary == summary
    assert conversation.live == (after,)
    assert conversation.questions == 2


def test_a_summary_that_broke_off_stands_for_nothing() -> None:
    before, broken = exchange("a", "1"), exchange("summarise", "all o", stop=Stop.CUT, saying=Saying.SUMMARY)
    conversation = Conversation((before, broken))

    assert conversation.summary is None
    assert conversation.live == (before,)


def test_an_answer_gets_what_it_wants_or_what_is_left_or_nothing() -> None:
    tokens = TokenRange(estimate=90_000, low=80_000, high=100_000)

    assert answer_room(140_000, tokens, 32_000, 8_000) == 32_000
    assert answer_room(110_000, tokens, 32_000, 8_000) == 10_000
    assert answer_room(107_999, tokens, 32_000, 8_000) == 0
    assert answer_room(100_500, tokens, 500, 8_000) == 500


def test_a_cached_question_costs_a_twentieth_of_the_prefix_and_an_expired_one_writes_it_again() -> None:
    model = load_catalogue().find("claude-opus-5-5")
    tokens = TokenRange(estimate=401_000, low=401_000, high=401_000, exact=401_000)
    own = TokenRange(estimate=1_000, low=1_000, high=1_000)

    short = 1_000 * 4e-6 + 2_000 * 20e-6
    for lifetime, write in ((Lifetime.FIVE_MINUTES, 5e-6), (Lifetime.ONE_HOUR, 8e-6)):
        asked = price(model, tokens, own, 10_000, lifetime)
        assert asked is not None
        assert dataclasses.astuple(asked) == pytest.approx(
            (
                400_000 * 0.2e-6 + short,
                400_000 * write + short,
                400_000 * 0.2e-6 + 1_000 * 4e-6 + 10_000 * 20e-6,
                401_000 * write + 10_000 * 20e-6,
            )
        )


def test_a_prefix_is_taken_to_be_cached_until_shortly_before_its_lifetime_ends() -> None:
    began = datetime(2026, 11, 23, 8, tzinfo=UTC)
    uses = (Use(began.isoformat(), "a", 300), Use(began.isoformat(), "b", 3600))

    assert is_warm(uses, "a", began + timedelta(seconds=269))
    assert not is_warm(uses, "a", began + timedelta(seconds=270))
    assert is_warm(uses, "b", began + timedelta(seconds=3_500))
    assert not is_warm(uses, "c", began)


def test_only_requests_that_were_cached_say_when_the_cache_was_used() -> None:
    cached = dataclasses.replace(exchange("a", "1"), usage=Usage(cache_read_input_tokens=9), prefix="p", lifetime=300)
    conversation = Conversation((cached, exchange("b", "2")))

    assert conversation.uses == (Use("2026-11-23T08:00:00+00:00", "p", 300),)


def test_a_model_without_a_price_has_none_here_either() -> None:
    model = dataclasses.replace(load_catalogue().find("claude-opus-5-5"), price=())
    tokens = TokenRange(estimate=10, low=10, high=10)

    assert price(model, tokens, tokens, 10, Lifetime.FIVE_MINUTES) is None


def test_the_question_and_the_turns_are_counted_and_nothing_of_the_prefix() -> None:
    first = own_tokens(turned(PROMPT, (), "x" * 4_000, 1), Tokenizer.O200K, None)
    again = own_tokens(turned(PROMPT, (exchange("x" * 4_000, "y" * 4_000),), "more", 1), Tokenizer.O200K, None)

    longer = dataclasses.replace(PROMPT, documents="files" * 10_000)
    assert own_tokens(turned(longer, (), "x" * 4_000, 1), Tokenizer.O200K, None) == first
    assert again.estimate > first.estimate * 1.5
