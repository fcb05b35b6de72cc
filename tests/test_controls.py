"""The table of controls: every row has its place and its test, and none of it is out of date."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "threat-model.md"
ADVICE = {"M3"}
"""What nothing depends on: it cannot be taken away with an effect."""
IDS = (
    *(f"M{number}" for number in range(1, 6)),
    *(f"C{number}" for number in range(1, 6)),
    *(f"G{number}" for number in range(1, 7)),
    *(f"F{number}" for number in range(1, 5)),
    *(f"S{number}" for number in range(1, 5)),
    *(f"O{number}" for number in range(1, 8)),
    *("U1", "N1", "N2", "N3", "P1"),
)
_LINK = re.compile(r"\[`([^`]+)`\]\(\.\./([^)]+)\)")


@dataclass(frozen=True)
class Told:
    """A row of the page."""

    id: str
    promise: str
    places: tuple[str, ...]
    tests: tuple[str, ...]


def told() -> list[Told]:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if re.match(r"\| \*\*[A-Z]\d\*\* ", line)]
    return [
        Told(
            id=row[0].strip("|* "),
            promise=row[1],
            places=tuple(name for name, _ in _LINK.findall(row[2])),
            tests=tuple(name for name, _ in _LINK.findall(row[3])),
        )
        for row in rows
    ]


CONTROLS: list[dict[str, Any]] = tomllib.loads((ROOT / "bench" / "controls.toml").read_text())["control"]


@cache
def functions(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def is_test(name: str) -> bool:
    file, _, function = name.partition("::")
    return (ROOT / file).is_file() and function.partition("[")[0] in functions(ROOT / file)


def test_the_page_has_a_row_for_every_control_in_order() -> None:
    assert [row.id for row in told()] == list(IDS)


@pytest.mark.parametrize("row", told(), ids=lambda row: row.id)
def test_every_place_and_every_test_that_a_row_names_is_there(row: Told) -> None:
    assert row.promise
    assert row.places
    assert row.tests
    assert [name for name in row.places if not (ROOT / name).is_file()] == []
    assert [name for name in row.tests if not is_test(name)] == []


def test_every_link_of_the_page_leads_to_what_it_names() -> None:
    links = _LINK.findall(PAGE.read_text())
    assert [(name, target) for name, target in links if name.partition("::")[0] != target] == []


@pytest.mark.parametrize("row", told(), ids=lambda row: row.id)
def test_every_row_is_taken_away_somewhere_with_a_test_that_it_names(row: Told) -> None:
    removed = [control for control in CONTROLS if control["id"] == row.id]
    tests = {test.partition("[")[0] for control in removed for test in control["tests"]}
    places = {edit["file"] for control in removed for edit in control["edit"]}
    assert bool(removed) == (row.id not in ADVICE)
    assert tests <= set(row.tests)
    assert places <= set(row.places)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"{control['id']} {control['name']}")
def test_a_control_stands_where_it_is_taken_away_and_its_tests_are_there(control: dict[str, Any]) -> None:
    counts = [(edit["file"], (ROOT / edit["file"]).read_text().count(edit["find"])) for edit in control["edit"]]
    assert counts == [(file, 1) for file, _ in counts]
    assert [edit["file"] for edit in control["edit"] if edit["find"] == edit["put"]] == []
    assert control["tests"]
    assert [test for test in control["tests"] if not is_test(test)] == []
