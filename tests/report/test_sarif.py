from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from jsonschema import Draft4Validator
from report_samples import COMPLETE, INCOMPLETE, SAMPLES, STATIC, finding

from reviewer.findings import Category, Location, Origin, Severity
from reviewer.outcome import Review, ReviewedChange, SkippedFile, SkipReason
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
    assert re.fullmatch(r"reviewer/claude/repository/[\w-]+", run["automationDetails"]["id"])
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


@pytest.mark.parametrize("text", ["[click](https://evil.example)", "\x1b[31mred\u202egnp.exe", "\x7f\x00", " \n", "\ud800"])
def test_no_text_acts_or_vanishes(text: str) -> None:
    review = replace(
        COMPLETE, findings=(finding(title=text, explanation=text, suggestion=text),), problems=(text,), notes=(text,)
    )
    written = sarif.render(review)

    run_of(review)
    assert set(written) <= {"\n", *map(chr, range(0x20, 0x7F))}
    assert not re.search(r'\]\(|": ""|\\u001b|\\u202e|\\u007f|\\u0000|\\ud800', written)


def test_a_text_is_no_longer_than_github_shows() -> None:
    message = run_of(replace(COMPLETE, findings=(finding(explanation="e" * 5000),)))["results"][0]["message"]["text"]

    assert (len(message), message[-1]) == (1024, "…")


def test_the_region_is_whole_lines_and_ends_where_the_quote_does_unless_that_was_cut() -> None:
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in run_of(COMPLETE)["results"]]
    assert [(region["startLine"], region["startColumn"], region["endLine"], region["endColumn"]) for region in regions] == [
        (14, 1, 16, 33),
        (41, 1, 41, 40),
        (7, 1, 7, 17),
    ]

    cut = run_of(replace(COMPLETE, findings=(finding(end_line=99),)))["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (cut["startLine"], cut["endLine"], "endColumn" in cut) == (14, 99, False)


def test_a_replacement_is_a_fix_unless_something_is_hidden_in_it() -> None:
    plain, hidden = finding(replacement="return 1\n"), finding(replacement="return 1 \u202e\n")
    first, second = run_of(replace(COMPLETE, findings=(plain, hidden)))["results"]

    assert first["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {"deletedRegion": {"startLine": 14, "startColumn": 1, "endLine": 16}, "insertedContent": {"text": "return 1"}}
    ]
    assert "fixes" not in second


def test_a_file_larger_than_github_takes_is_cut_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_BYTES", 8_000)
    many = tuple(finding(title=f"{number:x}" * 40, quote=f"line {number}") for number in range(600))
    review = replace(COMPLETE, findings=many)
    run = run_of(review)

    assert len(gzip.compress(sarif.render(review).encode())) <= 8_000
    assert 20 < len(run["results"]) < 600
    told = run["invocations"][0]["toolExecutionNotifications"][0]
    assert told["level"] == "warning"
    assert told["message"]["text"].startswith(f"{600 - len(run['results'])} milder results left out here")


def test_of_very_many_files_not_read_some_are_named_and_the_rest_counted() -> None:
    skipped = tuple(SkippedFile(f"{number}.png", SkipReason.MEDIA) for number in range(1200))
    coverage = replace(COMPLETE.coverage, skipped=skipped, outlined=("big.py",))
    told = run_of(replace(COMPLETE, coverage=coverage))["invocations"][0]["toolConfigurationNotifications"]

    assert len(told) == 1001
    assert told[0]["message"]["text"].startswith("Only its signatures were read")
    assert told[-1]["message"]["text"].startswith("201 more files not read")


def test_an_analysis_of_a_change_never_follows_upon_one_of_the_repository() -> None:
    names = [run_of(review)["automationDetails"]["id"].rpartition("/")[0] for review in (COMPLETE, CHANGED, STATIC)]

    assert names == ["reviewer/claude/repository", "reviewer/claude/change", "reviewer/static/repository"]


def test_the_rule_for_security_is_rated_as_the_worst_of_its_results() -> None:
    def rated(*severities: Severity) -> str:
        findings = tuple(finding(severity=severity) for severity in severities)
        rating = run_of(replace(COMPLETE, findings=findings))["tool"]["driver"]["rules"][1]["properties"]["security-severity"]
        assert isinstance(rating, str)
        return rating

    assert [rated(Severity.LOW), rated(Severity.LOW, Severity.MEDIUM), rated()] == ["2.5", "5.5", "8.0"]


def test_a_state_against_the_base_is_given_to_all_results_or_to_none() -> None:
    mixed = replace(CHANGED, findings=(finding(origin=Origin.INTRODUCED), finding(origin=None)))

    assert ["baselineState" in result for result in run_of(mixed)["results"]] == [False, False]


def test_an_empty_change_is_not_taken_for_a_clean_one() -> None:
    empty = ReviewedChange(label="main...main", base="1" * 40, head="1" * 40, files=0, added=0, removed=0)
    run = run_of(replace(COMPLETE, findings=(), change=empty, nothing="git found no difference"))

    assert run["properties"]["nothingReviewed"]
    assert "Nothing was reviewed: git found no difference." in json.dumps(run["invocations"])


@pytest.mark.skipif(not shutil.which("sarif-multitool"), reason="npm's sarif-multitool is not installed")
@pytest.mark.parametrize("name", [*SAMPLES, "changed"])
def test_the_multitool_finds_no_fault_by_githubs_rules(name: str, tmp_path: Path) -> None:
    (tmp_path / "in.sarif").write_text(sarif.render({**SAMPLES, "changed": CHANGED}[name]))
    command = ["sarif-multitool", "validate", "in.sarif", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    subprocess.run([*command, "--kind", "Fail", "-o", "out.sarif"], cwd=tmp_path, check=True, capture_output=True)
    faults = json.loads((tmp_path / "out.sarif").read_text("utf-8-sig"))["runs"][0].get("results", [])

    # SARIF2005 asks for an address of the tool's home.
    assert [fault for fault in faults if fault["ruleId"] != "SARIF2005"] == []


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
    assert "2 milder results left out" in json.dumps(run["invocations"])


def test_every_further_place_is_a_result_of_its_own_with_a_fingerprint_of_its_own() -> None:
    places = (
        Location(path="shop/a.py", start_line=3, end_line=4),
        Location(path="shop/a.py", start_line=9, end_line=9),
        Location(path="b c.py", start_line=1, end_line=1),
    )
    led = finding(also=places, origin=Origin.UNSTATED, replacement="pass")
    results = run_of(replace(CHANGED, findings=(led,)))["results"]

    shown = [each["locations"][0]["physicalLocation"] for each in results]
    assert [each["artifactLocation"]["uri"] for each in shown] == ["shop/settings.py", "shop/a.py", "shop/a.py", "b%20c.py"]
    assert [each["region"]["startLine"] for each in shown] == [14, 3, 9, 1]
    assert len({each["partialFingerprints"]["reviewerFingerprint/v1"] for each in results}) == 4
    assert all("fixes" not in each for each in results[1:])
    assert results[1]["message"]["text"].startswith(
        f"Also here: {led.title}\n\nA further place of the finding at shop/settings.py:14."
    )
    assert "Origin not stated" in results[0]["message"]["text"]
    assert {each["baselineState"] for each in results} == {"new"}
