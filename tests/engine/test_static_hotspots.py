from __future__ import annotations

from collections.abc import Mapping

import pytest

from reviewer.collect.history import History
from reviewer.collect.snapshot import Encoding, SourceFile, TextMeasure
from reviewer.engine.hotspots import MOST, hotspots
from reviewer.engine.places import is_code, is_rehearsal
from reviewer.findings import Claim, Severity

MEASURE = TextMeasure.__new__(TextMeasure)  # no check looks at it


def hot(changes: Mapping[str, tuple[int, int]]) -> list[Claim]:
    """`changes`: path → (commits, lines), beside thirty files that nobody notices."""
    every = {f"src/{number}.go": (2, 120 + number) for number in range(30)} | dict(changes)
    files = tuple(
        SourceFile(path=path, size=1, lines=lines, encoding=Encoding.UTF_8, measure=MEASURE, blob=None)
        for path, (_, lines) in every.items()
    )
    history = History(commits={path: commits for path, (commits, _) in every.items()}, examined=1000)
    texts = dict.fromkeys(every, "\n\n}\n  package main\n")
    return [point.claim for point in hotspots(files, texts, history)]


def test_a_large_file_under_constant_change_stands_out() -> None:
    (claim,) = hot({"src/server.go": (143, 2300)})
    assert claim.title == "Hot spot: changed in 143 of the last 1,000 commits, 2,300 lines"
    assert (claim.severity, claim.start_line, claim.quote) == (Severity.LOW, 4, "package main")
    assert "times those of the middle file" in claim.explanation


@pytest.mark.parametrize("change", [(143, 300), (5, 9000), (2, 400)])
def test_a_file_that_is_only_large_or_only_busy_does_not(change: tuple[int, int]) -> None:
    assert hot({"src/server.go": change}) == []


@pytest.mark.parametrize(
    "path", ["CHANGELOG.md", "package.json", "tests/all.go", "Makefile", "src/server_test.go", "docs/conf.py"]
)
def test_tests_prose_and_data_are_no_hot_spots(path: str) -> None:
    assert hot({path: (143, 2300)}) == []


def test_at_most_a_few_are_named_hottest_first() -> None:
    found = hot({f"src/hot{number}.go": (100 + number, 5000) for number in range(8)})
    assert [claim.path for claim in found] == [f"src/hot{number}.go" for number in (7, 6, 5, 4, 3)]
    assert len(found) == MOST


def test_a_small_repository_has_no_statistics() -> None:
    file = SourceFile(path="a.go", size=1, lines=9000, encoding=Encoding.UTF_8, measure=MEASURE, blob=None)
    assert list(hotspots((file,), {"a.go": "package a\n"}, History(commits={"a.go": 900}, examined=1000))) == []


def test_places_are_known_by_name() -> None:
    rehearsals = [
        "tests/a.c",
        "a_test.go",
        "x/a.spec.ts",
        "src/FooTest.java",
        "conftest.py",
        "examples/x/a.rs",
        "README.md",
        ".env.example",
    ]
    assert all(map(is_rehearsal, rehearsals))
    assert not any(map(is_rehearsal, ["src/contest.py", "src/attestation.go", "latest/a.py", "specification.c"]))
    assert is_code("a.zig")
    assert not is_code("LICENSE")
