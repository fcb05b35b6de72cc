from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from plan_samples import EXACT, OVERFLOW, PLAN, SNAPSHOT

from reviewer.findings import SkippedFile, SkipReason
from reviewer.plan.decision import FileTokens, Plan
from reviewer.report import plan_json

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "plan.schema.json").read_text())


@pytest.mark.parametrize("plan", [PLAN, OVERFLOW, EXACT], ids=["fits", "overflows", "exact"])
def test_a_plan_is_of_the_documented_form_and_every_field_is_documented(plan: Plan) -> None:
    value = json.loads(plan_json.render(plan, SNAPSHOT))
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(value)

    assert list(value) == SCHEMA["required"] == list(SCHEMA["properties"])


def test_the_shape_others_rely_on() -> None:
    value = json.loads(plan_json.render(PLAN, SNAPSHOT))

    assert (value["model"], value["window"], value["requests"]) == ("claude-opus-5-5", "standard", 1)
    assert value["tokens"] == {"estimate": 84_600, "low": 79_100, "high": 91_300, "exact": None}
    assert value["cost_usd"] == {"low": 0.62, "high": 1.4149}
    assert (value["files"]["read"], value["files"]["skipped"]) == (9, 42)
    assert value["skipped"][0] == {"path": "logo.png", "reason": "media", "detail": ""}
    assert value["largest"][0] == {"path": "shop/api/handlers.py", "tokens": 41_200}


def test_an_overflow_has_no_window_and_says_what_would_help() -> None:
    value = json.loads(plan_json.render(OVERFLOW, SNAPSHOT))

    assert (value["window"], value["requests"], value["cost_usd"]) == (None, 0, None)
    assert "--exclude" in value["overflow"]


def test_an_exact_count_is_given() -> None:
    assert json.loads(plan_json.render(EXACT, SNAPSHOT))["tokens"]["exact"] == 86_411


def test_only_the_largest_files_are_named_but_every_skipped_one() -> None:
    plan = replace(PLAN, per_file=tuple(FileTokens(f"{number}.py", 1000 - number) for number in range(500)))
    snapshot = replace(SNAPSHOT, skipped=tuple(SkippedFile(f"{number}.png", SkipReason.MEDIA) for number in range(500)))
    value = json.loads(plan_json.render(plan, snapshot))

    assert len(value["largest"]) == plan_json.LARGEST
    assert len(value["skipped"]) == 500


def test_a_path_that_is_not_utf_8_is_written_so_that_it_can_be_told_back() -> None:
    snapshot = replace(SNAPSHOT, skipped=(SkippedFile(b"caf\xe9\x1b".decode("utf-8", "surrogateescape"), SkipReason.BINARY),))
    text = plan_json.render(PLAN, snapshot)

    assert json.loads(text)["skipped"][0]["path"] == "caf\\xe9\x1b"
    assert "\x1b" not in text
