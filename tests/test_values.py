"""Values of the program as JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import report_samples as samples

from reviewer.outcome import Review
from reviewer.report import annotations as workflow_commands
from reviewer.report import json_v1, markdown, sarif
from reviewer.run_record import RunRecord
from reviewer.templating import Templates
from reviewer.values import NotThatValueError, from_json, to_json

REVIEWS = {name: value for name, value in vars(samples).items() if isinstance(value, Review)}


@pytest.mark.parametrize("name", REVIEWS)
def test_a_review_comes_back_as_it_was_and_so_do_its_reports(name: str) -> None:
    review = REVIEWS[name]
    back = from_json(Review, to_json(review))
    assert back == review
    templates = Templates(None)
    for render in (json_v1.render, sarif.render, workflow_commands.render):
        assert render(back) == render(review)
    assert markdown.render(back, templates, ".") == markdown.render(review, templates, ".")


def test_bytes_of_a_path_that_are_not_utf_8_come_back() -> None:
    review = replace(samples.COMPLETE, findings=(samples.finding(path="a\udcff/b\n\x1b[2J\N{GRINNING FACE}.py"),))
    text = to_json(review)
    assert text.isascii()
    assert from_json(Review, text) == review


def test_what_is_not_known_yet_is_passed_over_and_what_is_missing_takes_its_default() -> None:
    said = {
        "id": "r",
        "version": "9",
        "model": "m",
        "subject": "s",
        "commit": None,
        "started": "t",
        "of_a_later_version": [1, {}],
    }
    assert from_json(RunRecord, json.dumps(said)) == RunRecord(
        id="r", version="9", model="m", subject="s", commit=None, started="t"
    )


@pytest.mark.parametrize(
    "text", ["", "[]", '{"id": 1}', "{", "null", '{"id": "r"}', "[" * 100_000, '{"a": ' * 100_000, b"\xff\xfe\x00", b"\xff"]
)
def test_what_is_no_such_value_is_told_without_repeating_it(text: str | bytes) -> None:
    with pytest.raises(NotThatValueError):
        from_json(RunRecord, text)
