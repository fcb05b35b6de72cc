from __future__ import annotations

import pytest

from reviewer.report.amounts import bytes_text, counted, seconds_text


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1_549_999, "1.5 MB"),
        (1_299_000_000, "1.3 GB"),
        (5_400_000_000_000, "5,400.0 GB"),
    ],
)
def test_bytes_are_given_in_decimal_units(count: int, expected: str) -> None:
    assert bytes_text(count) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (10.2, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (74.2, "1 min 14 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_times_are_given_as_people_say_them(seconds: float, expected: str) -> None:
    assert seconds_text(seconds) == expected


def test_one_is_not_in_the_plural() -> None:
    assert ["0 files", "1 file", "1,200 files"] == [counted(number, "file") for number in (0, 1, 1200)]
