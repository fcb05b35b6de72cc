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
        *(
            written("start_line", value)
            for value in ("1e400", "-1e400", "NaN", "Infinity", "1.0", "9" * 5_000, "-1", "true", '"1"')
        ),
        written("start_line", "10000001"),
        written("title", '"t", "title": "u"'),
        answer(tools=["bash"]),
        answer(severity="apocalyptic"),
        answer(category="spam"),
        answer(title=["t"]),
        answer(title="t" * 401),
        answer(title=" \n"),
        answer(path="p" * 4_097),
        *(answer(**{field: "w" * 20_001}) for field in ("quote", "explanation", "suggestion", "replacement")),
        answer(absent=[{"how": "undefined", "name": "x"}] * 21),
        answer(absent=[{"how": "undefined", "name": "x" * 201}]),
        written("title", "[" * 100_000 + "]" * 100_000),
        written("explanation", '{"a":' * 50_000 + "1" + "}" * 50_000),
    ],
    ids=range(26),
)
def test_a_finding_out_of_bounds_is_left_out_and_said_and_the_next_one_is_taken(text: str) -> None:
    parsed = parse(text)

    assert [claim.title for claim in parsed.claims] == ["t"]
    assert len(parsed.rejected) == 1


def test_there_are_never_more_parts_than_the_bounds_say() -> None:
    many = 20_000
    findings = parse(json.dumps({"findings": [FINDING] * many, "summary": "s" * 20_001}))
    verdicts = parse(json.dumps({"findings": [], "summary": "", "verdicts": [VERDICT] * many}))
    reply = parse(json.dumps({"findings": [], "summary": "", "reply": {"text": "x", "quotes": [QUOTE] * many}})).reply
    answers = parse('{"findings": [], "more": 1}' * many)

    assert (len(findings.claims), findings.summary, len(findings.rejected)) == (MAX_FINDINGS, "", 2)
    assert len(verdicts.verdicts) == MAX_FINDINGS
    assert reply is not None
    assert len(reply.quotes) == MAX_FINDINGS
    assert len(answers.rejected) == 2 * MAX_FINDINGS + 1
    assert parse(json.dumps({"findings": [], "summary": "", "reply": {"text": "x" * 400_001, "quotes": []}})).reply is None
