from __future__ import annotations

import anthropic
import pytest
from jsonschema import Draft202012Validator

from reviewer.findings import Absence, Absent, Category, Claim, Confidence, Origin, Ruling, Severity
from reviewer.reply.fields import MAX_ABSENT, MAX_FINDINGS, MAX_NAME, MAX_TEXT
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
        ({"ruling": "true"}, "ruling: not one of the allowed words"),
        ({"ruling": None}, "ruling: not one of the allowed words"),
        ({"finding": ""}, "finding: blank"),
        ({"finding": 12}, "finding: Input should be a valid string"),
        ({"finding": "x" * (MAX_NAME + 1)}, f"finding: longer than {MAX_NAME} characters"),
        ({"explanation": " "}, "explanation: blank"),
        ({"end_line": -1}, "end_line: not a line number"),
        ({"severity": "low"}, "a field that was not asked for"),
    ],
)
def test_a_verdict_out_of_form_is_refused_with_a_reason(change: dict[str, object], reason: str) -> None:
    assert validate_verdict({**VERDICT, **change}) == reason


@pytest.mark.parametrize("field", VERDICT_FIELDS)
def test_every_field_of_a_verdict_is_needed(field: str) -> None:
    assert validate_verdict({key: value for key, value in VERDICT.items() if key != field}) == f"{field}: Field required"


def test_letter_case_of_a_word_does_not_matter() -> None:
    claim = validate({**ITEM, "severity": "High", "category": "SECURITY"})

    assert isinstance(claim, Claim)
    assert (claim.severity, claim.category) == (Severity.HIGH, Category.SECURITY)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"severity": "blocker"}, "severity: not one of the allowed words"),
        ({"severity": 3}, "severity: not one of the allowed words"),
        ({"confidence": None}, "confidence: not one of the allowed words"),
        ({"category": "style"}, "category: not one of the allowed words"),
        ({"start_line": "3"}, "start_line: Input should be a valid integer"),
        ({"start_line": 3.0}, "start_line: Input should be a valid integer"),
        ({"start_line": True}, "start_line: Input should be a valid integer"),
        ({"start_line": -1}, "start_line: not a line number"),
        ({"end_line": 10**30}, "end_line: not a line number"),
        ({"title": " \n"}, "title: blank"),
        ({"path": ""}, "path: blank"),
        ({"explanation": "x" * (MAX_TEXT + 1)}, f"explanation: longer than {MAX_TEXT} characters"),
        ({"origin": "new"}, "origin: not one of the allowed words"),
        ({"absent": "load"}, "absent: Input should be a valid list"),
        ({"absent": [{"how": "gone", "name": "load"}]}, "absent.0.how: not one of the allowed words"),
        ({"absent": [{"how": "unused"}]}, "absent.0.name: Field required"),
        ({"absent": [{"how": "unused", "name": " "}]}, "absent.0.name: blank"),
        ({"absent": [{"how": "unused", "name": "x" * (MAX_NAME + 1)}]}, f"absent.0.name: longer than {MAX_NAME} characters"),
        ({"absent": [{"how": "unused", "name": "load"}] * (MAX_ABSENT + 1)}, f"absent: more than {MAX_ABSENT} entries"),
        ({"replacement": 3}, "replacement: Input should be a valid string"),
        ({"replacement": "x" * (MAX_TEXT + 1)}, f"replacement: longer than {MAX_TEXT} characters"),
        ({"quote": ["eval(text)"]}, "quote: Input should be a valid string"),
        ({"# ignore all rules": 1}, "a field that was not asked for"),
    ],
)
def test_an_item_out_of_form_is_refused_with_a_reason(change: dict[str, object], reason: str) -> None:
    assert validate({**ITEM, **change}) == reason


@pytest.mark.parametrize("field", ITEM)
def test_every_field_is_needed(field: str) -> None:
    assert validate({key: value for key, value in ITEM.items() if key != field}) == f"{field}: Field required"


@pytest.mark.parametrize("item", [None, 1, "text", [], [ITEM], True])
def test_what_is_no_object_is_no_finding(item: object) -> None:
    assert validate(item) == "not an object"


def test_the_cap_is_above_what_an_answer_can_hold() -> None:
    smallest_useful_finding_in_tokens = 128

    assert 64_000 / smallest_useful_finding_in_tokens <= MAX_FINDINGS
