"""What `parse` takes besides findings: rulings, and the answer to a person's question."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.findings import Ruling
from reviewer.reply.fields import MAX_FINDINGS, MAX_RESPONSE
from reviewer.reply.parse import parse
from reviewer.reply.statements import Quotation, Response
from reviewer.reply.stream import ReplyStream

TEXT = 'It is read in `app.py:3` {"findings": [1]} — "text": "no", \\ and 🦀.\n\n- so'
FINDING = {
    "path": "app.py",
    "quote": "eval(text)",
    "start_line": 3,
    "end_line": 3,
    "category": "security",
    "severity": "high",
    "confidence": "high",
    "title": "Runs what it is sent",
    "explanation": "Anyone can send text.",
    "suggestion": "",
}


def verdict(finding: str = "1a2b3c4d", **change: object) -> dict[str, Any]:
    plain = {"finding": finding, "path": "app.py", "quote": '[{"x": 1}]', "start_line": 3, "end_line": 3}
    return {**plain, "ruling": "confirmed", "explanation": "It is so.", **change}


def quote(text: str = "eval(text)") -> dict[str, Any]:
    return {"path": "app.py", "quote": text, "start_line": 3, "end_line": 3}


def answer(**parts: object) -> str:
    return json.dumps({"findings": [], "summary": "", **parts})


def replied(text: str = TEXT, *quotes: dict[str, Any]) -> str:
    return answer(reply={"text": text, "quotes": list(quotes)})


def keys(text: str) -> list[str]:
    return [each.finding for each in parse(text).verdicts]


def test_verdicts_are_taken_in_their_order() -> None:
    parsed = parse(answer(verdicts=[verdict("b", ruling="Refuted"), verdict("a")]))

    assert [(each.finding, each.ruling) for each in parsed.verdicts] == [("b", Ruling.REFUTED), ("a", Ruling.CONFIRMED)]
    assert (parsed.claims, parsed.reply, parsed.whole, parsed.rejected) == ((), None, True, ())


def test_a_reply_is_taken_with_its_quotes() -> None:
    parsed = parse(replied(TEXT, quote("one"), quote("two")))

    assert parsed.reply == Response(
        TEXT,
        (
            Quotation(path="app.py", quote="one", start_line=3, end_line=3),
            Quotation(path="app.py", quote="two", start_line=3, end_line=3),
        ),
    )
    assert (parsed.verdicts, parsed.whole, parsed.rejected) == ((), True, ())


def test_what_may_be_left_out_may_be_null() -> None:
    looked = parse(json.dumps({"findings": [FINDING], "summary": "", "verdicts": None, "reply": None}))
    verified = parse(json.dumps({"findings": None, "summary": None, "verdicts": [verdict("a")], "reply": None}))
    asked = parse(json.dumps({"reply": {"text": "Yes.", "quotes": None}}))

    assert (len(looked.claims), looked.whole, looked.rejected) == (1, True, ())
    assert ([each.finding for each in verified.verdicts], verified.whole, verified.rejected) == (["a"], True, ())
    assert (asked.reply, asked.whole, asked.rejected) == (Response("Yes."), True, ())


@pytest.mark.parametrize(
    "text",
    ['{"verdicts": 3}', '{"verdicts": null}', '{"reply": {}}', '{"reply": {"text": " ", "quotes": []}}', '{"reply": ""}'],
)
def test_a_text_that_holds_nothing_of_what_may_be_asked_is_not_whole(text: str) -> None:
    parsed = parse(text)

    assert (parsed.claims, parsed.verdicts, parsed.reply, parsed.whole) == ((), (), None, False)


def test_an_empty_reply_in_an_answer_to_something_else_says_nothing() -> None:
    nothings: list[object] = [{"text": "", "quotes": []}, {"text": " "}, {}, [], "", " ", None, False]
    for empty in nothings:
        parsed = parse(answer(verdicts=[], reply=empty))
        assert (parsed.reply, parsed.whole, parsed.rejected) == (None, True, ())


def test_a_reply_may_be_nothing_but_its_text() -> None:
    text = json.dumps({"findings": [], "summary": "", "reply": TEXT})

    assert parse(text).reply == Response(TEXT)
    assert {streamed(text, size) for size in range(1, len(text))} == {TEXT}


def test_what_is_out_of_form_is_refused_item_by_item() -> None:
    verified = parse(answer(verdicts=[verdict("a"), verdict(""), 3, verdict("d")]))
    asked = parse(replied("Yes.", quote("one"), {"path": "app.py"}, quote("three") | {"more": 1}))

    assert [each.finding for each in verified.verdicts] == ["a", "d"]
    assert verified.rejected == ('verdict 2 ("app.py"): finding: blank', "verdict 3: not an object")
    assert asked.reply is not None
    assert [each.quote for each in asked.reply.quotes] == ["one", "three"]
    assert asked.rejected == ('quote 2 ("app.py"): quote: missing',)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"text": 3, "quotes": []}, "reply: not of the agreed form"),
        ({"text": "Yes.", "quotes": {}}, "reply: not of the agreed form"),
        ({"text": "x" * (MAX_RESPONSE + 1), "quotes": []}, "reply: not a text of the agreed length"),
        ({"text": "", "quotes": [quote()]}, "a quote without a text"),
    ],
)
def test_a_reply_out_of_form_costs_nothing_else(reply: object, reason: str) -> None:
    parsed = parse(answer(verdicts=[verdict("a")], reply=reply))

    assert [each.finding for each in parsed.verdicts] == ["a"]
    assert (parsed.reply, parsed.whole, parsed.rejected) == (None, True, (reason,))


def test_verdicts_and_quotes_past_the_cap_are_counted_not_read() -> None:
    verified = parse(answer(verdicts=[verdict()] * (MAX_FINDINGS + 2)))
    asked = parse(replied("Yes.", *[quote()] * (MAX_FINDINGS + 3)))

    assert (len(verified.verdicts), verified.rejected) == (MAX_FINDINGS, (f"2 verdicts past the first {MAX_FINDINGS}",))
    assert asked.rejected == (f"3 quotes past the first {MAX_FINDINGS}",)


def test_of_verdicts_cut_anywhere_the_whole_ones_are_kept() -> None:
    text = answer(verdicts=[verdict("a"), verdict("b"), verdict("c")])
    ends = [at for at in range(1, len(text)) if len(keys(text[:at])) > len(keys(text[: at - 1]))]

    assert len(ends) == 3
    for cut in range(len(text)):
        parsed = parse(text[:cut])
        assert not parsed.whole
        assert [each.finding for each in parsed.verdicts] == ["a", "b", "c"][: sum(end <= cut for end in ends)]
    assert parse(text[: text.index('"b"')]).rejected == ("the last verdict breaks off",)


def test_of_a_reply_cut_anywhere_the_text_that_arrived_and_the_whole_quotes_are_kept() -> None:
    text = replied(TEXT, quote("one"), quote("two"))
    told: list[tuple[str, int]] = []
    for cut in range(len(text)):
        parsed = parse(text[:cut])
        reply = parsed.reply or Response("")
        assert not parsed.whole
        assert parsed.claims == ()
        assert TEXT.startswith(reply.text)
        told.append((reply.text, len(reply.quotes)))

    assert [len(words) for words, _ in told] == sorted(len(words) for words, _ in told)
    assert told[-1] == (TEXT, 2)


def test_findings_verdicts_and_a_reply_of_one_broken_answer_are_all_kept() -> None:
    text = json.dumps(
        {"findings": [FINDING], "summary": "S", "verdicts": [verdict("a")], "reply": {"text": "Yes.", "quotes": [quote()]}}
    )
    parsed = parse(text[:-1])

    assert (len(parsed.claims), len(parsed.verdicts), parsed.whole) == (1, 1, False)
    assert parsed.reply is not None
    assert (parsed.reply.text, len(parsed.reply.quotes)) == ("Yes.", 1)


def test_a_broken_answer_takes_nothing_from_the_next_one() -> None:
    broken, whole = '{"findings": [], "oops"}', json.dumps({"summary": "", "verdicts": [verdict("a")], "findings": [FINDING]})
    parsed = parse(f"{broken} Once more: {whole} and {replied('Yes.')}")

    assert (len(parsed.claims), keys(f"{broken} Once more: {whole}")) == (1, ["a"])
    assert parsed.reply == Response("Yes.")


def test_json_in_prose_and_fences_is_found() -> None:
    assert keys(f"Here:\n```json\n{json.dumps({'verdicts': [verdict('a')]}, indent=1)}\n```\n") == ["a"]
    assert parse(f"The form is {replied('…')}. Now: {replied('Yes.')}").reply == Response("Yes.")


def streamed(text: str, size: int) -> str:
    stream = ReplyStream()
    return "".join(stream.feed(text[start : start + size]) for start in range(0, len(text), size))


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=()), min_size=1, max_size=60).filter(str.strip),
    size=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_the_text_of_a_reply_is_streamed_as_it_is_parsed_whatever_the_pieces(text: str, size: int, *, ascii_only: bool) -> None:
    whole = json.dumps({"findings": [], "summary": "", "reply": {"text": text, "quotes": [quote()]}}, ensure_ascii=ascii_only)
    parsed = parse(whole).reply

    assert parsed is not None
    assert streamed(whole, size) == parsed.text == json.loads(whole)["reply"]["text"]


def test_the_text_is_there_with_the_piece_that_brings_it() -> None:
    stream = ReplyStream()
    pieces = [
        '{"findings": [], "summ',
        'ary": "", "reply" : {',
        '"text"',
        ': "Y',
        "es",
        "\\",
        "u00e",
        "9",
        "\\ud83e",
        "\\udd80",
        '."',
        ', "quotes',
    ]

    assert [stream.feed(piece) for piece in pieces] == ["", "", "", "Y", "es", "", "", "é", "", "🦀", ".", ""]


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        (r"a\nb\t\"\\\/", 'a\nb\t"\\/'),
        (r"\ud83e|", "\ud83e|"),
        (r"\ud83e\n", "\ud83e\n"),
        (r"\ud83e\ud83e\udd80", "\ud83e🦀"),
        (r"\udd80a", "\udd80a"),
        (r"a\qb", "a"),
        (r"a\u12x4b", "a"),
    ],
)
def test_escapes_are_decoded_and_a_text_that_is_no_json_ends_there(escaped: str, shown: str) -> None:
    text = '{"reply": {"text": "' + escaped + '", "quotes": []}}'

    assert {streamed(text, size) for size in range(1, len(text))} == {shown}


@pytest.mark.parametrize(
    "text",
    [
        '{"reply": {"text": "' + "\\" * 300_001,
        '{"reply": {"text": "' + "\\u" * 500_000,
        '{"reply": {"text": "' + "\\ud800" * 60_000,
        '{"reply": {' + '"text' * 300_000,
        '{"reply":' * 200_000,
        '{"verdicts":[],' * 100_000,
        '{"findings":[]' + ',"verdicts":[]' * 60_000,
        '{"reply": {"quotes": ' + "[" * 200_000,
        '{"verdicts": ' + "[" * 200_000,
    ],
    ids=lambda text: text[:24],
)
def test_hostile_text_neither_breaks_nor_stalls(text: str) -> None:
    parsed = parse(text)

    assert not parsed.whole
    assert len(streamed(text, 1000)) <= len(text)
