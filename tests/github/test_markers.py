from __future__ import annotations

import pytest

from reviewer.github.markers import (
    STICKY,
    fingerprint_marker,
    is_sticky,
    leading_fingerprints,
    review_key,
    review_key_of,
    review_marker,
    state_marker,
    state_of,
)

ONE, OTHER = "0123456789abcdef", "fedcba9876543210"


def test_markers_are_read_as_they_were_written() -> None:
    key = review_key("a" * 40, [ONE])

    assert leading_fingerprints(f"{fingerprint_marker(ONE)}\ntext") == (ONE,)
    assert leading_fingerprints(f"{review_marker(key)}\n{fingerprint_marker(ONE)}\n{fingerprint_marker(OTHER)}\n") == (ONE, OTHER)
    assert review_key_of(f"{review_marker(key)}\ntext") == key
    assert is_sticky(f"{STICKY}\n{state_marker('AAAA')}\ntext")
    assert state_of(f"{STICKY}\n{state_marker('AAAA')}\ntext") == "AAAA"


def test_line_ends_that_github_changed_make_no_difference() -> None:
    assert leading_fingerprints(f"{fingerprint_marker(ONE)}\r\ntext") == (ONE,)
    assert is_sticky(f"{STICKY}\r\ntext")
    assert state_of(f"{STICKY}\r\n{state_marker('AAAA')}\r\ntext") == "AAAA"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        f"> {fingerprint_marker(ONE)}",
        f"text\n{fingerprint_marker(ONE)}",
        f"```\n{fingerprint_marker(ONE)}\n```",
        "<!-- reviewer:f=0123456789ABCDEF -->",
        "<!-- reviewer:f=0123456789abcde -->",
        f"{fingerprint_marker(ONE)} and more",
        f"\n{fingerprint_marker(ONE)}",
    ],
)
def test_a_marker_that_is_quoted_or_altered_is_none(body: str) -> None:
    assert leading_fingerprints(body) == ()


@pytest.mark.parametrize("body", ["", "text", f" {STICKY}", f"{STICKY}x", f"text\n{STICKY}", "<!-- reviewer:sticky:v2 -->"])
def test_a_sticky_begins_with_its_marker_and_nothing_else(body: str) -> None:
    assert not is_sticky(body)


def test_a_review_is_named_by_its_commit_and_by_what_it_tells_in_any_order() -> None:
    assert review_key("a" * 40, [ONE, OTHER]) == review_key("a" * 40, [OTHER, ONE])
    assert (
        len({review_key("a" * 40, [ONE]), review_key("b" * 40, [ONE]), review_key("a" * 40, [OTHER]), review_key("a" * 40, [])})
        == 4
    )
