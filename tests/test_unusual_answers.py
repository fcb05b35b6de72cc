"""Answers that are complete and oddly ended or oddly written, through the whole of a review."""

from __future__ import annotations

import json

import pytest

from reviewer.answers import Answer
from reviewer.engine.interface import Reply, Stop
from reviewer.gathering import shortcomings_of, unusual_end
from reviewer.plan.passes import GENERAL, Pass, PassKind

WHOLE = json.dumps({"findings": [], "summary": "Sound."})


def answered(text: str, stop: Stop) -> Answer:
    asked = Pass(number=1, kind=PassKind.LOOK, name="general", lens=GENERAL)
    return Answer(asked=asked, replies=(Reply(text=text, stop=stop, problem="" if stop is Stop.END else "It broke off."),))


@pytest.mark.parametrize("stop", [Stop.CUT, Stop.OUTPUT_LIMIT, Stop.WINDOW_FULL])
def test_a_complete_answer_with_an_unusual_end_is_complete_and_the_end_is_noted(stop: Stop) -> None:
    answer = answered(WHOLE, stop)

    assert shortcomings_of(answer) == []
    assert unusual_end(answer.replies[0]) == f"The endpoint did not end an answer as usual ({stop}), but the answer is complete."


@pytest.mark.parametrize("text", [WHOLE[:-1], "", f"The form is {WHOLE}. Here it is:", WHOLE + WHOLE[:20]])
def test_an_answer_that_broke_off_is_not(text: str) -> None:
    assert shortcomings_of(answered(text, Stop.CUT)) == ["It broke off."]


def test_a_usual_end_is_not_worth_a_note() -> None:
    assert unusual_end(Reply(text=WHOLE, stop=Stop.END)) == ""
    assert unusual_end(Reply(text=WHOLE, stop=Stop.REFUSED)) == ""


def test_what_was_left_out_of_an_answer_is_named() -> None:
    text = json.dumps({"findings": [{"title": "Leaks", "path": "a.py"}], "summary": ""})

    assert shortcomings_of(answered(text, Stop.END)) == [
        '1 part of the answer could not be read and was left out: finding 1 ("Leaks", "a.py"): quote: missing.'
    ]
