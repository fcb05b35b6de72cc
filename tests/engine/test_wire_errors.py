"""Reading what a refusal says of itself."""

from __future__ import annotations

import math

import pytest

from reviewer.engine.wire_errors import WireFailure, advised_wait, as_error, duration, printable_id, read_failure
from reviewer.errors import ProviderError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "inf"}, math.inf),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds == advised_wait(headers)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (59.2, "60 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (7200, "2 hours"),
        (90_000, "2 days"),
    ],
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert words == duration(seconds)


@pytest.mark.parametrize("value", ["req_011CQ", "claude-opus-5-5", "a/b:c@1.0", "x" * 128])
def test_an_id_is_shown(value: str) -> None:
    assert value == printable_id(value)


@pytest.mark.parametrize("value", ["", "a b", "x\n", "\x1b[0m", "<b>", "`x`", "é", "x" * 129, None, 5, ["x"], "::add-mask::"])
def test_anything_else_is_not(value: object) -> None:
    assert printable_id(value) == ""


@pytest.mark.parametrize(
    "body", [None, "text", 5, [], {}, {"error": "text"}, {"error": {"type": 5, "message": None, "details": "x"}}]
)
def test_a_body_of_any_shape_can_be_read(body: object) -> None:
    failure = read_failure(400, body, {})
    assert (failure.type, failure.code, failure.request_id) == ("", "", "")


def test_every_status_has_a_message_and_a_hint() -> None:
    for status in range(200, 600):
        error = as_error(WireFailure(status=status), model="m")
        assert isinstance(error, ProviderError)
        assert error.message.endswith(".")
        assert error.hint.endswith(".")
