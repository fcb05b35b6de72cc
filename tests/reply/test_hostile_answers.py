"""What an answer may hold, whoever talked the model into it: of everything a bounded amount, in the one form there is."""

from __future__ import annotations

import json

import pytest

from reviewer.reply.fields import MAX_FINDINGS
from reviewer.reply.parse import parse

FINDING = {
    "path": "a.py",
    "quote": "x",
    "start_line": 1,
    "end_line": 1,
    "category": "security",
    "severity": "high",
    "confidence": "high",
    "title": "t",
    "explanation": "e",
    "suggestion": "",
}
VERDICT = {
    "finding": "k",
    "path": "",
    "quote": "",
    "start_line": 0,
    "end_line": 0,
    "ruling": "refuted",
    "explanation": "e",
}
QUOTE = {"path": "a.py", "quote": "x", "start_line": 1, "end_line": 1}


def answer(**change: object) -> str:
    return json.dumps({"findings": [{**FINDING, **change}, FINDING], "summary": "s"})


def written(field: str, value: str) -> str:
    """An answer whose first finding has a value that no JSON writer would write."""
    return answer(**{field: "@"}).replace('"@"', value)


@pytest.mark.parametrize(
    "text",
    [
        written("title", '"t", "title": "u"'),
        answer(title=3),
        answer(title=" \n"),
        answer(path="p" * 4_097),
        answer(path=["a.py"]),
        answer(quote=None),
        written("title", "[" * 100_000 + "]" * 100_000),
        written("explanation", '{"a":' * 50_000 + "1" + "}" * 50_000),
    ],
    ids=range(8),
)
def test_a_finding_out_of_bounds_is_left_out_and_said_and_the_next_one_is_taken(text: str) -> None:
    parsed = parse(text)

    assert [claim.title for claim in parsed.claims] == ["t"]
    assert len(parsed.rejected) == 1


@pytest.mark.parametrize(
    "text",
    [
        *(
            written("start_line", value)
            for value in (
                "1e400",
                "-1e400",
                "NaN",
                "Infinity",
                "1.0",
                "9" * 5_000,
                "-1",
                "true",
                '"1"',
                "10000001",
                '"' + "1" * 9_999 + '"',
            )
        ),
        answer(tools=["bash"]),
        answer(severity="apocalyptic" * 10_000),
        answer(category="spam\u202e\x1b[31m" * 10_000),
        answer(confidence=10**25),
        answer(title="t" * 401),
        *(answer(**{field: "w" * 20_001}) for field in ("quote", "explanation", "suggestion", "replacement")),
        answer(absent=[{"how": "undefined", "name": "x"}] * 21),
        answer(absent=[{"how": "undefined", "name": "x" * 201}]),
        answer(absent=[[]] * 20),
        answer(**{f"f{number}": number for number in range(50_000)}),
    ],
    ids=range(24),
)
def test_what_is_read_of_an_odd_finding_stays_within_the_bounds(text: str) -> None:
    parsed = parse(text)
    odd, plain = parsed.claims

    assert plain.notes == ()
    assert (parsed.whole, parsed.rejected) == (True, ())
    assert 0 <= odd.start_line <= 10_000_000
    assert len(odd.title) <= 400
    assert all(len(part) <= 20_000 for part in (odd.quote, odd.explanation, odd.suggestion, odd.replacement or ""))
    assert len(odd.absent) <= 20
    assert all(len(note) < 120 and note.isprintable() for note in odd.notes)


def test_what_was_left_out_is_named_without_secrets_and_without_signs_that_do_something() -> None:
    secret = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
    parsed = parse(json.dumps({"findings": [{"title": f"x\x1b[31m\n{secret} " + "y" * 500, "path": "a\u202e.py"}]}))

    (reason,) = parsed.rejected
    assert reason.startswith("finding 1 (")
    assert reason.endswith("quote: missing")
    assert '"a .py"' in reason
    assert secret not in reason
    assert reason.isprintable()
    assert len(reason) < 250


def test_there_are_never_more_parts_than_the_bounds_say() -> None:
    many = 20_000
    findings = parse(json.dumps({"findings": [FINDING] * many, "summary": "s" * 20_001}))
    verdicts = parse(json.dumps({"findings": [], "summary": "", "verdicts": [VERDICT] * many}))
    reply = parse(json.dumps({"findings": [], "summary": "", "reply": {"text": "x", "quotes": [QUOTE] * many}})).reply
    answers = parse('{"findings": [1], "more": 1}' * many)

    assert (len(findings.claims), findings.summary, len(findings.rejected)) == (MAX_FINDINGS, "s" * 20_000, 1)
    assert len(verdicts.verdicts) == MAX_FINDINGS
    assert reply is not None
    assert len(reply.quotes) == MAX_FINDINGS
    assert len(answers.rejected) == MAX_FINDINGS + 1
    assert parse(json.dumps({"findings": [], "summary": "", "reply": {"text": "x" * 400_001, "quotes": []}})).reply is None
