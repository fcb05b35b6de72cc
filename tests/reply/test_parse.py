from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.engine.interface import Stop
from reviewer.reply.fields import MAX_FINDINGS, MAX_TEXT
from reviewer.reply.parse import parse
from reviewer.reply.stream import ClaimStream


def item(title: str = "Runs what it is sent", **change: object) -> dict[str, object]:
    return {
        "path": "src/app.py",
        "quote": 'eval("{[]}\\"")  # }{',
        "start_line": 3,
        "end_line": 3,
        "category": "security",
        "severity": "critical",
        "confidence": "high",
        "title": title,
        "explanation": "Anyone can send text.",
        "suggestion": "",
    } | change


def answer(*items: object, **rest: object) -> str:
    return json.dumps({"findings": list(items), "summary": "All in all."} | rest)


def titles(text: str) -> list[str]:
    return [claim.title for claim in parse(text).claims]


def test_a_whole_answer_gives_its_claims_and_its_summary() -> None:
    parsed = parse(answer(item("one"), item("two")))

    assert [claim.title for claim in parsed.claims] == ["one", "two"]
    assert (parsed.summary, parsed.whole, parsed.rejected) == ("All in all.", True, ())


def test_an_answer_without_findings_is_whole() -> None:
    parsed = parse(answer())

    assert (parsed.claims, parsed.whole) == ((), True)


@pytest.mark.parametrize(
    "text", ["", " ", "I found nothing.", "{}", "[]", "null", '{"findings": 3}', '{"summary": "fine"}', "{", '"findings": []']
)
def test_a_text_that_holds_no_findings_array_is_not_whole(text: str) -> None:
    parsed = parse(text)

    assert (parsed.claims, parsed.whole) == ((), False)


def test_of_an_answer_cut_anywhere_only_whole_findings_are_kept() -> None:
    text = answer(item("one"), item("two"), item("three"))
    ends = [end for end in range(1, len(text)) if text[end - 1] == "}" and titles(text[:end]) != titles(text[: end - 1])]

    for cut in range(len(text)):
        parsed = parse(text[:cut])
        assert not parsed.whole
        assert [claim.title for claim in parsed.claims] == ["one", "two", "three"][: sum(end <= cut for end in ends)]
    assert len(ends) == 3


def test_a_finding_that_breaks_off_is_counted() -> None:
    text = answer(item("one"), item("two"))

    assert parse(text[: text.index("two")]).rejected == ("the last finding breaks off",)


def test_json_in_a_fence_with_prose_around_it_is_found() -> None:
    parsed = parse(
        f"Here you are {{as asked}}:\n\n```json\n{json.dumps(json.loads(answer(item('one'))), indent=2)}\n```\nGood luck {{!}}"
    )

    assert [claim.title for claim in parsed.claims] == ["one"]
    assert parsed.whole


def test_an_empty_example_before_the_real_answer_hides_nothing() -> None:
    parsed = parse(f'The form is {{"findings": []}}. Here it is: {answer(item("one"))}')

    assert [claim.title for claim in parsed.claims] == ["one"]
    assert parsed.whole


def test_an_empty_example_before_a_cut_answer_does_not_make_it_whole() -> None:
    parsed = parse(f'The form is {{"findings": []}}. Here it is: {answer(item("one"), item("two"))[:-40]}')

    assert [claim.title for claim in parsed.claims] == ["one"]
    assert not parsed.whole


def test_the_order_of_the_keys_does_not_matter() -> None:
    text = json.dumps({"summary": "First.", "findings": [item("one"), item("two")]})

    assert parse(text).summary == "First."
    assert titles(text) == ["one", "two"]
    assert titles(text[:-30]) == ["one"]


def test_invalid_items_are_refused_one_by_one() -> None:
    parsed = parse(answer(item("one"), item("two", quote=None), "text", item("four"), 7, None))

    assert [claim.title for claim in parsed.claims] == ["one", "four"]
    assert parsed.whole
    assert parsed.rejected == (
        'finding 2 ("two", "src/app.py"): quote: missing',
        "finding 3: not an object",
        "finding 5: not an object",
        "finding 6: not an object",
    )


def test_findings_past_the_cap_are_counted_not_read() -> None:
    parsed = parse(answer(*[item()] * (MAX_FINDINGS + 12)))

    assert len(parsed.claims) == MAX_FINDINGS
    assert parsed.rejected == (f"12 findings past the first {MAX_FINDINGS}",)


def test_a_summary_out_of_form_costs_no_finding() -> None:
    for summary, read in ((3, ""), (None, ""), (["a", "b"], "a\nb"), ("x" * (MAX_TEXT + 1), "x" * MAX_TEXT)):
        parsed = parse(answer(item("one"), summary=summary))
        assert (len(parsed.claims), parsed.summary, parsed.rejected, parsed.whole) == (1, read, (), True)


def test_a_key_that_stands_twice_is_not_trusted() -> None:
    twice = '{"findings": [' + json.dumps(item("one")) + '], "summary": "", "findings": []}'
    parsed = parse(twice)

    assert [claim.title for claim in parsed.claims] == ["one"]
    assert not parsed.whole

    body = json.dumps(item("two"))
    parsed = parse('{"findings": [' + json.dumps(item("one")) + ', {"path": "x", ' + body[1:] + "]}")
    assert [claim.title for claim in parsed.claims] == ["one"]
    assert parsed.rejected == ("finding 2: not JSON",)


PLAIN = json.dumps(item("one"), indent=1)


@pytest.mark.parametrize(
    "text",
    [
        '{"findings": [' + PLAIN + ',], "summary": ""}',
        '{"findings": [' + PLAIN.replace("\n}", ",\n}") + '], "summary": "",}',
        "\ufeff" + answer(item("one")),
        "```json\n" + json.dumps({"language": "en", "findings": [item("one")]}) + "\n```",
        "// as asked\n" + answer(item("one")),
        '{"findings": [ // all of them\n' + PLAIN + "\n/* no more */ ]}",
        repr({"findings": [item("one", suggestion=None, absent=None)], "summary": "it's"}),
        json.dumps([item("one")]),
        json.dumps({"result": {"findings": [item("one")]}}),
        "Here it is: {'findings': [" + repr(item("one")) + ",]} Good luck.",
        answer(item("one"), reply=""),
        answer(item("one"), reply={}),
        answer(item("one"), more={"a": [1]}),
    ],
)
def test_what_can_be_read_in_one_way_only_is_read(text: str) -> None:
    parsed = parse(text)

    assert [(claim.title, claim.quote) for claim in parsed.claims] == [("one", 'eval("{[]}\\"")  # }{')]
    assert (parsed.whole, parsed.rejected) == (True, ())


@pytest.mark.parametrize(
    "text",
    [
        '{"findings": [' + PLAIN + ",,]}",
        '{"findings": [' + PLAIN + "]",
        '{"findings": [' + PLAIN + '], "summary": "a "quoted" word"}',
        "{'findings': [], 'summary': 'it's'}",
        '{"findings": [], "findings": [],}',
        '{findings: none, "summary": ""}',
    ],
)
def test_what_would_have_to_be_guessed_is_not_whole(text: str) -> None:
    assert not parse(text).whole


def test_a_backslash_that_escapes_nothing_is_one() -> None:
    text = answer(item(quote="@")).replace('"@"', r'"re.match(r\d+\.\w, \'x\')"'.replace(r"\\", "\\"))

    assert parse(text).claims[0].quote == r"re.match(r\d+\.\w, 'x')".replace(r"\\", "\\")


def test_findings_are_never_taken_from_prose() -> None:
    said = "- title: Runs what it is sent\n  path: src/app.py\n  quote: eval(text)\n\nfindings: [none of these, I looked twice]"

    assert (parse(said).claims, parse(said).whole) == ((), False)


@pytest.mark.parametrize("stop", [Stop.CUT, Stop.OUTPUT_LIMIT, Stop.WINDOW_FULL, Stop.END])
def test_an_answer_that_is_one_json_value_is_complete_however_it_is_said_to_have_ended(stop: Stop) -> None:
    assert parse(answer(item("one"))).is_complete(stop)
    assert parse(f"```json\n{answer()}\n```").is_complete(stop)
    assert parse(f"Here it is: {answer()}").is_complete(stop) is (stop is Stop.END)
    assert not parse(answer(item("one"))[:-1]).is_complete(stop)


def test_a_refused_answer_is_never_complete() -> None:
    assert not parse(answer(item("one"))).is_complete(Stop.REFUSED)


def test_a_raw_line_break_in_a_string_is_taken_as_it_stands() -> None:
    text = answer(item(quote="one\ntwo")).replace("\\n", "\n")

    assert parse(text).claims[0].quote == "one\ntwo"


HOSTILE = {
    "deep nesting": '{"findings": ' + "[" * 200_000,
    "deep nesting that closes": '{"findings": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "deep objects": '{"findings": [' + '{"a":' * 100_000,
    "a deep item among good ones": '{"findings": [' + '{"a":' * 5_000 + "1" + "}" * 5_000 + "]}",
    "a number of a million digits": '{"findings": [{"start_line": ' + "9" * 1_000_000 + "}]}",
    "a fraction of a million digits": '{"findings": [{"start_line": 0.' + "9" * 1_000_000 + "}]}",
    "a string of ten million characters": answer(item(explanation="x" * 10_000_000)),
    "a string without an end": '{"findings": [{"path": "' + "x" * 5_000_000,
    "backslashes without an end": '{"findings": [{"path": "' + "\\" * 200_001,
    "a million braces": "{" * 1_000_000,
    "a million starts": '{"findings":' * 200_000,
    "a million empty arrays": '{"findings":[]' * 200_000,
    "nested broken answers": '{"findings":[],"x":[' * 5_000,
    "a million empty objects": '{"findings":[' + "{}," * 100_000,
    "spaces": '{"findings"' + " " * 1_000_000,
    "lone surrogates": '{"findings": [' + json.dumps(item("\ud800")) + "]}",
    "NUL": answer(item("\0")),
    "NaN": '{"findings": [{"start_line": NaN, "end_line": -Infinity}]}',
    "mismatched brackets": '{"findings": [{]}, [}]]}',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_neither_breaks_nor_stalls_the_parser(text: str) -> None:
    parsed = parse(text)
    stream = ClaimStream()
    streamed = [claim for start in range(0, len(text), 100_000) for claim in stream.feed(text[start : start + 100_000])]

    assert len(parsed.rejected) <= MAX_FINDINGS + 20
    assert len(streamed) <= MAX_FINDINGS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*item(), "findings", "summary", "x"]), inner, max_size=6)
    ),
    max_leaves=20,
)
ITEMS = st.builds(lambda change: item() | change, st.dictionaries(st.sampled_from(list(item())), JSON, max_size=2)) | JSON


@settings(max_examples=100, deadline=None)
@given(items=st.lists(ITEMS, max_size=6), cut=st.floats(0, 1), noise=st.text(max_size=5))
def test_whatever_arrives_every_claim_is_one_of_the_items(items: list[Any], cut: float, noise: str) -> None:
    text = answer(*items)
    whole = parse(text)
    some = parse(noise + text[: int(len(text) * cut)] + noise)

    assert whole.whole
    assert len(whole.claims) + len(whole.rejected) == len(items)
    assert some.claims == whole.claims[: len(some.claims)]


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet='{}[]",:\\ \n`abfindgsumry1', max_size=200))
def test_no_text_without_the_fields_makes_a_claim_or_an_exception(text: str) -> None:
    assert parse(text).claims == ()
    assert parse('{"findings": [' + text).claims == ()
    assert ClaimStream().feed('{"findings": [' + text) == ()


@settings(max_examples=80, deadline=None)
@given(titles=st.lists(st.text(min_size=1, max_size=12).filter(str.strip), max_size=5), size=st.integers(1, 50))
def test_the_stream_yields_the_same_claims_whatever_the_pieces(titles: list[str], size: int) -> None:
    text = answer(*[item(title) for title in titles])
    stream = ClaimStream()
    streamed = [claim for start in range(0, len(text), size) for claim in stream.feed(text[start : start + size])]

    assert tuple(streamed) == parse(text).claims


def test_a_claim_is_streamed_with_the_piece_that_ends_it() -> None:
    stream = ClaimStream()
    whole = json.dumps(item("one"))

    assert stream.feed("```json\n" + '{"find') == ()
    assert stream.feed('ings" : [' + whole[:-1]) == ()
    claims = stream.feed("}")
    assert [claim.title for claim in claims] == ["one"]
