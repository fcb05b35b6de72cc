from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report_samples import CHANGE, CLEAN, COMPLETE, DEEP, HOSTILE, INCOMPLETE, SAMPLES, STATIC, finding

from reviewer.outcome import Coverage, SkippedFile, SkipReason
from reviewer.report import json_v1
from reviewer.report.printable import dumps, printable, printable_path

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "review.schema.json").read_text())


def strict(schema: object) -> object:
    """The schema with every object closed: what we write must be documented, though readers are told to expect more."""
    if isinstance(schema, dict):
        closed = {"additionalProperties": False} if schema.get("type") == "object" else {}
        return {key: strict(value) for key, value in schema.items()} | closed
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_field_of_a_report_is_in_the_documented_schema(name: str) -> None:
    closed = strict(SCHEMA)
    assert isinstance(closed, dict)
    Draft202012Validator(closed).validate(json.loads(json_v1.render(SAMPLES[name])))


def test_the_shape_others_rely_on() -> None:
    report = json.loads(json_v1.render(COMPLETE))

    assert {
        "schema_version",
        "complete",
        "engine",
        "model",
        "window",
        "findings",
        "ungrounded",
        "coverage",
        "usage",
        "cost_usd",
    } <= set(report)
    assert (report["schema_version"], report["complete"], report["engine"], report["model"], report["window"]) == (
        1,
        True,
        "claude",
        "claude-opus-5-5",
        "standard",
    )
    assert report["findings"][0] == {
        "title": "`load` runs whatever the file holds",
        "severity": "critical",
        "confidence": "high",
        "category": "security",
        "path": "shop/settings.py",
        "start_line": 14,
        "end_line": 16,
        "quote": "def load(path):\n    with open(path) as file:\n        return eval(file.read())",
        "explanation": COMPLETE.findings[0].explanation,
        "suggestion": COMPLETE.findings[0].suggestion,
        "fingerprint": COMPLETE.findings[0].fingerprint,
        "match": "exact",
        "origin": None,
        "absent": [],
        "replacement": None,
        "notes": [],
        "anchor": None,
        "removed": False,
        "as_quoted": None,
        "also": [],
        "found_by": [],
        "verification": None,
    }
    assert (report["change"], report["pre_existing"], report["refuted"], report["coverage"]["outlined"]) == (None, 0, [], [])
    assert report["ungrounded"][0]["reason"] == "no such file among those read"
    assert report["coverage"]["read"] == 3
    assert report["coverage"]["skipped"][0] == {"path": "logo.png", "reason": "media", "detail": ""}
    assert report["usage"] == {
        "reported": "whole",
        "input_tokens": 412,
        "output_tokens": 2345,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 45_678,
        "cache_creation_1h_input_tokens": 0,
    }
    assert report["cost_usd"] == pytest.approx(0.3491)


def test_a_report_on_a_change_says_what_it_was_and_what_the_findings_have_to_do_with_it() -> None:
    report = json.loads(json_v1.render(CHANGE))

    assert report["change"] == {
        "label": "main...topic",
        "base": "1" * 40,
        "head": "2" * 40,
        "files": 3,
        "added": 120,
        "removed": 4,
        "steering": [".reviewerignore", "docs/AGENTS.md"],
        "unread": 0,
        "unread_why": "",
    }
    first, second = report["findings"][:2]
    assert (first["origin"], first["anchor"], first["replacement"]) == (
        "introduced",
        {"start_line": 14, "end_line": 16, "left": False},
        CHANGE.findings[0].replacement,
    )
    assert (second["origin"], second["anchor"], second["replacement"]) == ("made worse", None, "")
    assert report["pre_existing"] == 3
    (refuted,) = report["refuted"]
    assert (refuted["absent"], refuted["reason"]) == (
        [{"how": "undefined", "name": "restock"}],
        "`restock` is defined at shop/stock.go:88",
    )
    assert report["coverage"]["outlined"] == ["shop/orders.py"]


def test_an_incomplete_review_says_why() -> None:
    report = json.loads(json_v1.render(INCOMPLETE))

    assert report["complete"] is False
    assert report["problems"] == list(INCOMPLETE.problems)


def test_the_static_engine_has_no_model_and_no_window() -> None:
    report = json.loads(json_v1.render(STATIC))

    assert (report["engine"], report["model"], report["window"], report["cost_usd"]) == ("static", None, None, 0)


def test_an_unknown_price_is_null() -> None:
    assert json.loads(json_v1.render(HOSTILE))["cost_usd"] is None


def test_nothing_in_a_report_can_act_on_a_terminal() -> None:
    text = json_v1.render(HOSTILE)

    assert set(text) <= {"\n", *map(chr, range(0x20, 0x7F))}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"caf\xe9.py", "caf\\xe9.py"),
        (b"a\\b", "a\\\\b"),
        ("é/漢.py".encode(), "é/漢.py"),
        (b"a\nb", "a\nb"),
        (b"\\xe9", "\\\\xe9"),
    ],
)
def test_a_path_that_is_not_utf_8_can_be_told_back(name: bytes, expected: str) -> None:
    assert printable_path(name.decode("utf-8", "surrogateescape")) == expected


@settings(max_examples=100, deadline=None)
@given(name=st.binary(max_size=12) | st.text(alphabet="\\x80é", max_size=8).map(str.encode))
def test_no_two_paths_are_written_alike(name: bytes) -> None:
    written = printable_path(name.decode("utf-8", "surrogateescape"))

    assert written.encode().replace(b"\\\\", b"\0").decode().replace("\\x", "\1").count("\\") == 0
    assert told_back(written) == name


def told_back(path: str) -> bytes:
    """What a reader of the documented form does."""
    pieces = [piece.split("\\x") for piece in path.split("\\\\")]
    return b"\\".join(
        head.encode() + b"".join(bytes([int(part[:2], 16)]) + part[2:].encode() for part in rest) for head, *rest in pieces
    )


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=20))
def test_any_text_makes_a_report_that_any_reader_takes(text: str) -> None:
    skipped = (SkippedFile("x" + text, SkipReason.MEDIA, text),)
    review = replace(
        CLEAN,
        findings=(finding(title=text, path=text, quote=text, explanation=text),),
        summary=text,
        notes=(text,),
        coverage=Coverage(read=(text,), skipped=skipped, read_bytes=0, read_lines=0),
    )
    report = json.loads(json_v1.render(review))

    assert json.dumps(report, ensure_ascii=False).encode()
    assert report["summary"] == printable(text)


def test_dumps_says_what_the_standard_library_reads() -> None:
    value = {"a": [], "b": {}, "c": [1, "x\n" * 200, {"d": ["e" * 300, None]}], "f": {"g": "h" * 300}, "i": True}

    assert json.loads(dumps(value)) == value
    assert dumps(value).endswith("}\n")
    assert len(dumps({"a": [{"path": "b"}] * 3}).splitlines()) == 7


def test_a_verification_and_each_request_are_told() -> None:
    report = json.loads(json_v1.render(DEEP))

    assert report["findings"][0]["found_by"] == ["correctness", "security"]
    assert report["findings"][0]["verification"] == {
        "ruling": "confirmed",
        "explanation": "`load` is called with the path of the upload.",
        "evidence": {
            "path": "shop/upload.py",
            "start_line": 3,
            "end_line": 4,
            "quote": "path = upload()\nload(path)",
            "match": "exact",
        },
    }
    assert [claim["verification"] and claim["verification"]["ruling"] for claim in report["refuted"]] == ["refuted", None]
    assert [(each["name"], each["asked"], each["resumed"]) for each in report["making"]["passes"]] == [
        ("correctness", True, True),
        ("security", False, False),
        ("verification", True, False),
    ]
