from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from plan_samples import CHANGE, CHANGE_PLAN, EXACT, OVERFLOW, PLAN, SNAPSHOT, SUBJECT

from reviewer.collect.subject import Subject
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.decision import FileTokens, Plan
from reviewer.report import plan_json

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "plan.schema.json").read_text())


@pytest.mark.parametrize(
    ("plan", "subject"),
    [(PLAN, SUBJECT), (OVERFLOW, SUBJECT), (EXACT, SUBJECT), (CHANGE_PLAN, CHANGE)],
    ids=["fits", "overflows", "exact", "change"],
)
def test_a_plan_is_of_the_documented_form_and_every_field_is_documented(plan: Plan, subject: Subject) -> None:
    value = json.loads(plan_json.render(plan, subject))
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(value)

    assert list(value) == SCHEMA["required"] == list(SCHEMA["properties"])


def test_the_shape_others_rely_on() -> None:
    value = json.loads(plan_json.render(PLAN, SUBJECT))

    assert (value["model"], value["window"], value["requests"]) == ("claude-opus-5-5", "standard", 1)
    assert value["tokens"] == {"estimate": 84_600, "low": 79_100, "high": 91_300, "exact": None}
    assert value["cost_usd"] == {"low": 0.62, "high": 1.4149, "needed": 1.4149}
    assert value["passes"] == [{"name": "general", "kind": "look"}]
    assert value["cache"] == {"lifetime": "5m", "write_usd": 0.423, "read_usd": 0.01692, "plain_usd": 0.3384}
    assert (value["files"]["read"], value["files"]["skipped"]) == (9, 42)
    assert value["skipped"][0] == {"path": "logo.png", "reason": "media", "detail": ""}
    assert value["largest"][0] == {"path": "shop/api/handlers.py", "tokens": 41_200, "shown": "whole"}
    assert (value["change"], value["outlined"]) == (None, [])


def test_an_overflow_has_no_window_and_says_what_would_help() -> None:
    value = json.loads(plan_json.render(OVERFLOW, SUBJECT))

    assert (value["window"], value["requests"], value["cost_usd"]) == (None, 0, None)
    assert "--exclude" in value["overflow"]


def test_an_exact_count_is_given() -> None:
    assert json.loads(plan_json.render(EXACT, SUBJECT))["tokens"]["exact"] == 86_411


def test_only_the_largest_files_are_named_but_every_skipped_one() -> None:
    plan = replace(PLAN, per_file=tuple(FileTokens(f"{number}.py", 1000 - number) for number in range(500)))
    snapshot = replace(SNAPSHOT, skipped=tuple(SkippedFile(f"{number}.png", SkipReason.MEDIA) for number in range(500)))
    value = json.loads(plan_json.render(plan, Subject(snapshot=snapshot)))

    assert len(value["largest"]) == plan_json.LARGEST
    assert len(value["skipped"]) == 500


def test_a_path_that_is_not_utf_8_is_written_so_that_it_can_be_told_back() -> None:
    snapshot = replace(SNAPSHOT, skipped=(SkippedFile(b"caf\xe9\x1b".decode("utf-8", "surrogateescape"), SkipReason.BINARY),))
    text = plan_json.render(PLAN, Subject(snapshot=snapshot))

    assert json.loads(text)["skipped"][0]["path"] == "caf\\xe9\x1b"
    assert "\x1b" not in text


def test_of_a_change_it_says_what_goes_in_and_in_what_form() -> None:
    value = json.loads(plan_json.render(CHANGE_PLAN, CHANGE))

    assert value["change"] == {
        "label": "main...topic",
        "base": "b" * 40,
        "head": "a" * 40,
        "files": 2,
        "added": 1,
        "removed": 1,
        "tokens": {"diff": 310, "whole": 25_350, "signatures": 2_150, "changed": 8_400},
    }
    assert value["outlined"] == [{"path": "shop/api/handlers.py", "tokens": 2_150}]
    assert value["files"]["outlined"] == 1
    assert {"path": "web/src/components/Till.tsx", "reason": "no room in the context window", "detail": ""} in value["skipped"]
