from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator
from report_samples import COMPLETE, INCOMPLETE, SAMPLES, finding

from reviewer.findings import Category, Origin, Review, ReviewedChange, Severity
from reviewer.report import sarif
from reviewer.report.sarif_rules import RULES, rule_id

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text("utf-8"))
CHANGED = replace(
    COMPLETE,
    change=ReviewedChange(label="main...topic", base="1" * 40, head="2" * 40, files=2, added=3, removed=1),
    findings=(finding(origin=Origin.INTRODUCED), finding(title="Other", quote="x", origin=Origin.WORSENED)),
)


def run_of(review: Review) -> dict[str, Any]:
    log = json.loads(sarif.render(review))
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in Draft4Validator(SCHEMA).iter_errors(log)]
    assert errors == []
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("name", [*SAMPLES, "changed"])
def test_every_review_is_valid_by_the_official_schema_and_pure_ascii(name: str) -> None:
    review = {**SAMPLES, "changed": CHANGED}[name]

    run_of(review)
    assert sarif.render(review).isascii()


def test_what_github_asks_for_beyond_the_schema_is_there() -> None:
    run = run_of(COMPLETE)

    for rule in run["tool"]["driver"]["rules"]:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert len(rule["properties"]["tags"]) <= 20
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert set(result["locations"][0]["physicalLocation"]["region"]) >= {"startLine", "startColumn", "endLine", "endColumn"}
        assert result["partialFingerprints"]
    assert re.fullmatch(r"[^/]+(/[^/]+)*/", run["automationDetails"]["id"])
    assert '""' not in sarif.render(COMPLETE)


def test_there_is_one_rule_a_category_under_a_fixed_name() -> None:
    assert [rule.category for rule in RULES] == list(Category)
    assert [rule_id(category) for category in Category][:3] == ["RV-correctness", "RV-security", "RV-concurrency"]


def test_only_security_rules_carry_a_security_severity_and_each_result_its_own() -> None:
    rules = {rule["id"]: rule for rule in run_of(COMPLETE)["tool"]["driver"]["rules"]}

    assert [name for name, rule in rules.items() if "security-severity" in rule["properties"]] == ["RV-security"]
    assert float(run_of(COMPLETE)["results"][0]["properties"]["security-severity"]) > 9.0


def test_an_incomplete_review_is_no_success_and_says_why() -> None:
    invocation = run_of(INCOMPLETE)["invocations"][0]

    assert invocation["executionSuccessful"] is False
    texts = [notification["message"]["text"] for notification in invocation["toolExecutionNotifications"]]
    assert INCOMPLETE.problems[0] in texts
    assert "shop/new.py" in json.dumps(invocation["toolConfigurationNotifications"])


def test_odd_names_survive_as_uris_that_no_reader_takes_for_an_address() -> None:
    for path in ["a b.py", "c:/x.py", "caf\udce9.py", "ä?#%.py", "https://evil.example/x"]:
        review = replace(COMPLETE, findings=(finding(path=path),))
        uri = run_of(review)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

        assert re.fullmatch(r"[A-Za-z0-9_.~%/-]+", uri)
        assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


def test_what_the_change_has_to_do_with_a_finding_is_its_baseline_state() -> None:
    assert [result["baselineState"] for result in run_of(CHANGED)["results"]] == ["new", "updated"]


def test_more_results_than_github_takes_are_cut_from_the_mildest_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 1)
    run = run_of(COMPLETE)

    assert len(run["results"]) == 1
    assert run["results"][0]["properties"]["severity"] == Severity.CRITICAL.word
    assert "2 more findings are left out" in json.dumps(run["invocations"])
