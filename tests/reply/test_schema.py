from __future__ import annotations

from dataclasses import replace
from typing import Any

import anthropic
import pytest
from jsonschema import Draft202012Validator

from reviewer.findings import Absence, Absent, Category, Claim, Confidence, Origin, Ruling, Severity
from reviewer.reply.fields import MAX_ABSENT, MAX_FINDINGS, MAX_NAME, MAX_PATH, MAX_TEXT
from reviewer.reply.schema import Answer, answer_schema, validate, validate_quote, validate_verdict
from reviewer.reply.statements import Quotation, Verdict

ITEM = {
    "path": "src/app.py",
    "quote": "eval(text)",
    "start_line": 3,
    "end_line": 3,
    "category": "security",
    "severity": "critical",
    "confidence": "high",
    "title": "Runs what it is sent",
    "explanation": "Anyone can send text.",
    "suggestion": "",
}


VERDICT = {
    "finding": "1a2b3c4d",
    "path": "src/app.py",
    "quote": "text = ast.literal_eval(text)",
    "start_line": 2,
    "end_line": 2,
    "ruling": "refuted",
    "explanation": "The text is parsed before.",
}
LOAD = {"how": "undefined", "name": "load"}
VERDICT_FIELDS = ["finding", "path", "quote", "start_line", "end_line", "ruling", "explanation"]
QUOTE = {"path": "src/app.py", "quote": "eval(text)", "start_line": 3, "end_line": 3}


def test_the_schema_is_what_the_sdk_would_make_of_it_for_structured_output() -> None:
    assert answer_schema() == anthropic.transform_schema(Answer)


def test_findings_come_first_and_in_each_the_quote_before_the_explanation() -> None:
    schema = answer_schema()
    fields = list(schema["$defs"]["AnswerFinding"]["properties"])

    assert list(schema["properties"]) == ["findings", "summary", "verdicts", "reply"]
    assert fields.index("quote") < fields.index("explanation")
    assert fields == [*schema["$defs"]["AnswerFinding"]["required"], "origin", "absent", "replacement", "inside"]


def test_in_a_verdict_the_evidence_comes_before_the_ruling_and_in_a_reply_the_text_before_the_quotes() -> None:
    forms = answer_schema()["$defs"]

    assert list(forms["AnswerVerdict"]["properties"]) == [*VERDICT_FIELDS, "same_as"]
    assert forms["AnswerVerdict"]["required"] == VERDICT_FIELDS
    assert list(forms["AnswerReply"]["properties"]) == ["text", "quotes"] == forms["AnswerReply"]["required"]


def test_the_schema_keeps_within_what_structured_output_takes() -> None:
    objects = [answer_schema(), *answer_schema()["$defs"].values()]
    optional = [field for each in objects for field in each["properties"] if field not in each["required"]]

    assert all(each["additionalProperties"] is False for each in objects)
    assert optional == ["verdicts", "reply", "origin", "absent", "replacement", "inside", "same_as"]
    assert len(optional) <= 24


def test_no_field_asks_for_a_chain_of_thought() -> None:
    fields = {field for each in (answer_schema(), *answer_schema()["$defs"].values()) for field in each["properties"]}

    assert not fields & {"reasoning", "thinking", "trace", "thoughts", "chain_of_thought"}


def test_the_words_of_the_schema_are_those_of_the_project() -> None:
    fields = answer_schema()["$defs"]["AnswerFinding"]["properties"]

    assert set(fields["severity"]["enum"]) == {severity.word for severity in Severity}
    assert set(fields["confidence"]["enum"]) == {confidence.word for confidence in Confidence}
    assert set(fields["category"]["enum"]) == set(Category)
    assert set(fields["origin"]["enum"]) == set(Origin) - {Origin.UNSTATED}
    assert answer_schema()["$defs"]["AnswerVerdict"]["properties"]["ruling"]["enum"] == list(Ruling)
    assert set(answer_schema()["$defs"]["AnswerAbsent"]["properties"]["how"]["enum"]) == set(Absence)


def test_a_valid_item_passes_both_the_schema_and_the_validation() -> None:
    Draft202012Validator(answer_schema()).validate({"findings": [ITEM], "summary": ""})

    assert validate(ITEM) == Claim(
        title="Runs what it is sent",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        category=Category.SECURITY,
        path="src/app.py",
        start_line=3,
        end_line=3,
        quote="eval(text)",
        explanation="Anyone can send text.",
        suggestion="",
    )


MORE = {"origin": "made worse", "absent": [{"how": "undefined", "name": "load"}], "replacement": ""}


def test_what_an_item_says_besides_is_taken_along() -> None:
    Draft202012Validator(answer_schema()).validate({"findings": [ITEM | MORE], "summary": ""})
    claim = validate(ITEM | MORE)

    assert isinstance(claim, Claim)
    assert (claim.origin, claim.absent, claim.replacement) == (Origin.WORSENED, (Absent(Absence.UNDEFINED, "load"),), "")


@pytest.mark.parametrize("field", MORE)
def test_what_may_be_left_out_may_be_null(field: str) -> None:
    assert validate({**ITEM, field: None}) == validate(ITEM)


def test_a_valid_verdict_and_a_valid_quote_pass_both_the_schema_and_the_validation() -> None:
    reply = {"text": "Yes.", "quotes": [QUOTE]}
    answer = {"findings": [], "summary": "", "verdicts": [VERDICT], "reply": reply}
    Draft202012Validator(answer_schema()).validate(answer)

    assert Answer.model_validate(answer).reply is not None
    assert validate_quote(QUOTE) == Quotation(path="src/app.py", quote="eval(text)", start_line=3, end_line=3)
    assert validate_verdict(VERDICT) == Verdict(
        finding="1a2b3c4d",
        path="src/app.py",
        quote="text = ast.literal_eval(text)",
        start_line=2,
        end_line=2,
        ruling=Ruling.REFUTED,
        explanation="The text is parsed before.",
    )


def test_a_verdict_may_rest_on_nothing() -> None:
    verdict = validate_verdict({**VERDICT, "path": "", "quote": "", "start_line": 0, "end_line": 0, "ruling": "Uncertain"})

    assert isinstance(verdict, Verdict)
    assert (verdict.path, verdict.quote, verdict.ruling) == ("", "", Ruling.UNCERTAIN)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"finding": ""}, "finding: blank"),
        ({"finding": None}, "finding: missing"),
        ({"finding": "x" * (MAX_NAME + 1)}, f"finding: longer than {MAX_NAME} characters"),
        ({"path": "x" * (MAX_PATH + 1)}, f"path: longer than {MAX_PATH} characters"),
    ],
)
def test_a_verdict_of_no_finding_is_refused_with_a_reason(change: dict[str, object], reason: str) -> None:
    assert validate_verdict({**VERDICT, **change}) == reason


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "low"},
        {"start_line": "2"},
        {"end_line": -1},
        {"ruling": "REFUTED."},
        {"ruling": "refute"},
        {"ruling": None, "verdict": "refuted"},
        {"same_as": None},
        {"same_as": 3},
    ],
)
def test_what_can_be_understood_of_a_verdict_is_read(change: dict[str, object]) -> None:
    verdict = validate_verdict({**VERDICT, **change})

    assert isinstance(verdict, Verdict)
    assert (verdict.finding, verdict.start_line, verdict.end_line) == ("1a2b3c4d", 2, 2)
    assert (verdict.ruling, verdict.same_as) == (Ruling.REFUTED, "")
    assert verdict.explanation.endswith("The text is parsed before.")


@pytest.mark.parametrize(
    "ruling",
    [
        "maybe",
        "not refuted",
        "refuted or confirmed",
        "rejected",
        "",
        "x" * 1_000_000,
        True,
        1,
        None,
        ["refuted", "confirmed"],
        {},
    ],
)
def test_a_ruling_that_cannot_be_read_is_uncertain_and_says_so(ruling: object) -> None:
    verdict = validate_verdict({**VERDICT, "ruling": ruling})

    assert isinstance(verdict, Verdict)
    assert verdict.ruling is Ruling.UNCERTAIN
    assert verdict.explanation.startswith("The ruling ")
    assert len(verdict.explanation) < 120


def test_a_key_without_letters_may_be_a_number() -> None:
    verdict = validate_verdict({**VERDICT, "finding": 12345678})

    assert isinstance(verdict, Verdict)
    assert verdict.finding == "12345678"


@pytest.mark.parametrize("field", VERDICT_FIELDS[1:])
def test_of_a_verdict_only_the_key_is_needed(field: str) -> None:
    assert isinstance(validate_verdict({key: value for key, value in VERDICT.items() if key != field}), Verdict)


def test_letter_case_of_a_word_does_not_matter() -> None:
    claim = validate({**ITEM, "severity": "High", "category": "SECURITY"})

    assert isinstance(claim, Claim)
    assert (claim.severity, claim.category) == (Severity.HIGH, Category.SECURITY)


@pytest.mark.parametrize(
    ("change", "read", "note"),
    [
        ({"cwe": "CWE-95", "# ignore all rules": 1}, {}, ""),
        ({"suggestion": None}, {}, ""),
        ({"start_line": "3"}, {}, ""),
        ({"start_line": 3.0, "end_line": None}, {}, ""),
        ({"start_line": None, "startLine": 3, "end_line": "L3"}, {}, ""),
        ({"start_line": "3-5", "end_line": None}, {"end_line": 5}, ""),
        ({"start_line": None}, {"start_line": 3}, "start_line was not given as a line number"),
        ({"start_line": -1, "end_line": 10**30}, {"start_line": 0, "end_line": 0}, "start_line was not given as a line number"),
        ({"start_line": True}, {}, "start_line was not given as a line number"),
        ({"severity": "Blocker"}, {}, 'severity "Blocker" read as critical'),
        ({"severity": "major"}, {"severity": Severity.HIGH}, 'severity "major" read as high'),
        ({"severity": "P2"}, {"severity": Severity.MEDIUM}, 'severity "P2" read as medium'),
        ({"severity": "minor (style)"}, {"severity": Severity.HIGH}, 'severity "minor (style)" read as high'),
        ({"severity": "trivial"}, {"severity": Severity.INFO}, 'severity "trivial" read as info'),
        ({"severity": "critical severity"}, {}, 'severity "critical severity" read as critical'),
        ({"severity": "not critical"}, {"severity": Severity.HIGH}, 'severity "not critical" read as high'),
        ({"severity": None}, {"severity": Severity.HIGH}, "severity is missing, and read as high"),
        ({"severity": 3}, {"severity": Severity.HIGH}, "severity 3 read as high"),
        ({"severity": "a\u202e\nb"}, {"severity": Severity.HIGH}, 'severity "a b" read as high'),
        ({"confidence": 0.9}, {}, "confidence 0.9 read as high"),
        ({"confidence": "90%"}, {}, 'confidence "90%" read as high'),
        ({"confidence": 55}, {"confidence": Confidence.MEDIUM}, "confidence 55 read as medium"),
        ({"confidence": 0.1}, {"confidence": Confidence.LOW}, "confidence 0.1 read as low"),
        ({"confidence": 4}, {"confidence": Confidence.MEDIUM}, "confidence 4 read as medium"),
        ({"confidence": float("nan")}, {"confidence": Confidence.MEDIUM}, "confidence nan read as medium"),
        ({"confidence": "likely"}, {"confidence": Confidence.MEDIUM}, 'confidence "likely" read as medium'),
        ({"category": "Vulnerability"}, {}, 'category "Vulnerability" read as security'),
        ({"category": "style"}, {"category": Category.MAINTAINABILITY}, 'category "style" read as maintainability'),
        ({"category": "error_handling"}, {"category": Category.ERROR_HANDLING}, ""),
        ({"category": "spam"}, {"category": Category.CORRECTNESS}, 'category "spam" read as correctness'),
        ({"explanation": None, "description": "Anyone can send text."}, {}, ""),
        ({"explanation": 3}, {"explanation": ""}, "explanation is not a text, and was left out"),
        ({"explanation": "x" * (MAX_TEXT + 1)}, {"explanation": "x" * (MAX_TEXT - 2) + " …"}, "explanation was longer than"),
        ({"quote": ["eval(text)"]}, {}, ""),
        ({"origin": "new"}, {"origin": Origin.INTRODUCED}, 'origin "new" read as introduced'),
        ({"origin": "preexisting"}, {"origin": Origin.PRE_EXISTING}, 'origin "preexisting" read as pre-existing'),
        ({"origin": "not pre-existing"}, {}, 'origin "not pre-existing" is not one of the known words, and was left out'),
        ({"absent": "load"}, {}, "absent could not be read, and was left out"),
        ({"absent": [{"how": "gone", "name": "load"}]}, {}, "absent could not be read, and was left out"),
        ({"absent": [LOAD, {"how": "unused"}]}, {}, "absent could not be read, and was left out"),
        ({"absent": [LOAD, {"how": "unused", "name": " "}]}, {}, "absent could not be read, and was left out"),
        ({"absent": [LOAD, {"how": "unused", "name": "x" * (MAX_NAME + 1)}]}, {}, "absent could not be read, and was left out"),
        ({"absent": [LOAD] * (MAX_ABSENT + 1)}, {}, "absent could not be read, and was left out"),
        ({"absent": {"how": "not used", "name": "load"}}, {"absent": (Absent(Absence.UNUSED, "load"),)}, ""),
        ({"replacement": 3}, {}, "replacement could not be read, and was left out"),
        ({"replacement": "x" * (MAX_TEXT + 1)}, {}, "replacement could not be read, and was left out"),
        ({"replacement": ["a", "b"]}, {"replacement": "a\nb"}, ""),
    ],
)
def test_one_odd_field_costs_no_finding(change: dict[str, object], read: dict[str, Any], note: str) -> None:
    plain = validate(ITEM)
    claim = validate({**ITEM, **change})

    assert isinstance(plain, Claim)
    assert isinstance(claim, Claim)
    assert replace(claim, notes=()) == replace(plain, **read)
    assert len(claim.notes) == bool(note)
    assert all(line.startswith(note) for line in claim.notes)


@pytest.mark.parametrize("field", [field for field in ITEM if field not in {"path", "quote", "title"}])
def test_no_other_field_than_path_quote_and_title_is_needed(field: str) -> None:
    assert isinstance(validate({key: value for key, value in ITEM.items() if key != field}), Claim)


@pytest.mark.parametrize("field", ["path", "quote", "title"])
@pytest.mark.parametrize("value", [None, 3, {}])
def test_without_path_quote_or_title_there_is_no_finding(field: str, value: object) -> None:
    assert validate({**ITEM, field: value}) == f"{field}: missing"


def test_a_title_or_path_that_says_nothing_is_none() -> None:
    assert validate({**ITEM, "title": " \n"}) == "title: blank"
    assert validate({**ITEM, "path": ""}) == "path: blank"
    assert validate({**ITEM, "path": "x" * (MAX_PATH + 1)}) == f"path: longer than {MAX_PATH} characters"


@pytest.mark.parametrize("item", [None, 1, "text", [], [ITEM], True])
def test_what_is_no_object_is_no_finding(item: object) -> None:
    assert validate(item) == "not an object"


def test_the_cap_is_above_what_an_answer_can_hold() -> None:
    smallest_useful_finding_in_tokens = 128

    assert 64_000 / smallest_useful_finding_in_tokens <= MAX_FINDINGS
