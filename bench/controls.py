"""Takes each control of docs/threat-model.md away, and shows that its test then fails.

    python bench/controls.py [--only G1 …] [--keep]

The checkout as it stands (tracked and new files) is copied to a temporary folder. There every test of `controls.toml` must pass first. Then,
row by row, the control is edited away, its tests are run and must fail: by what they assert, not because the package no longer works.
Every module that was edited is imported before. Exit code 1 when a row does not hold.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "bench" / "controls.toml"
PATIENCE = 600.0
"""Seconds for the tests of one row."""
OURS_BROKE = ("ImportError", "ModuleNotFoundError", "SyntaxError", "NameError", "UnboundLocalError", "AttributeError", "fixture")
"""How a failure begins that says the edit broke the program, not that the attack succeeded."""


@dataclass(frozen=True)
class Edit:
    """A control's text, and what stands there without it."""

    file: str
    find: str
    put: str


@dataclass(frozen=True)
class Row:
    """A control and the tests that hold it."""

    id: str
    name: str
    tests: tuple[str, ...]
    edits: tuple[Edit, ...]
    nightly: bool


@dataclass(frozen=True)
class Ran:
    """What pytest reported."""

    passed: int
    failures: tuple[str, ...]
    """Of each failed test the first words."""
    failed: frozenset[str]
    """`file::name` of each, without parameters."""
    seconds: float
    output: str


def rows(path: Path = TABLE) -> list[Row]:
    """The rows of the table."""
    return [
        Row(
            id=entry["id"],
            name=entry["name"],
            tests=tuple(entry["tests"]),
            edits=tuple(Edit(edit["file"], edit["find"], edit["put"]) for edit in entry["edit"]),
            nightly=entry.get("nightly", False),
        )
        for entry in tomllib.loads(path.read_text())["control"]
    ]


def copied(target: Path) -> None:
    """The checkout as it stands: what git tracks, and what is new and not ignored."""
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, map(os.fsdecode, listed.split(b"\0"))):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)


def environment(copy: Path) -> dict[str, str]:
    """The copy's package goes before the one that is installed."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "tests")]), "PYTHONDONTWRITEBYTECODE": "1"}


_RUNNER = """
import importlib, sys
import pytest

copy, count = sys.argv[1], int(sys.argv[2])

class Once:
    def pytest_configure(self):
        from hypothesis import HealthCheck, Phase, settings
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("once", phases=phases, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        settings.load_profile("once")

    def pytest_sessionstart(self):
        for name in sys.argv[3 : 3 + count]:
            module = importlib.import_module(name)
            assert module.__file__.startswith(copy), module.__file__

sys.exit(pytest.main(sys.argv[3 + count :], plugins=[Once()]))
"""
"""Imports modules, from the copy, and then runs pytest; no counterexample is made smaller, which takes minutes."""


def pytest(copy: Path, tests: Sequence[str], modules: Sequence[str] = ("reviewer",), *, nightly: bool) -> Ran:
    """Import `modules` and run tests in the copy. Raises RuntimeError when nothing ran, which is no failure of a test."""
    report = copy.parent / "report.xml"
    report.unlink(missing_ok=True)
    marked = ["-m", "nightly or not nightly"] if nightly else []
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", *marked, *tests]
    command = [sys.executable, "-c", _RUNNER, str(copy), str(len(modules)), *modules, *options]
    began = time.monotonic()
    done = subprocess.run(command, cwd=copy, env=environment(copy), capture_output=True, text=True, timeout=PATIENCE, check=False)
    seconds = time.monotonic() - began
    if not report.exists() or done.returncode not in {0, 1}:
        raise RuntimeError((done.stdout + done.stderr).strip().rpartition("\n")[2])
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - pytest wrote it a moment ago
    failed = [(case, found) for case in cases for found in case if found.tag in {"failure", "error"}]
    return Ran(
        passed=len(cases) - len(failed),
        failures=tuple(f"{found.tag}: {found.get('message') or ''}" for _, found in failed),
        failed=frozenset(_named(case) for case, _ in failed),
        seconds=seconds,
        output=done.stdout,
    )


def _named(case: ET.Element) -> str:
    name = case.get("name", "").partition("[")[0]
    return f"{case.get('classname', '').replace('.', '/')}.py::{name}"


@contextmanager
def removed(copy: Path, row: Row) -> Iterator[None]:
    """The copy without the control. Raises LookupError when a text does not stand exactly once in its file."""
    before: dict[Path, str] = {}
    try:
        for edit in row.edits:
            path = copy / edit.file
            text = path.read_text()
            if not edit.find or text.count(edit.find) != 1:
                raise LookupError(f"{row.id} {row.name}: its text stands {text.count(edit.find)} times in {edit.file}")
            before.setdefault(path, text)
            path.write_text(text.replace(edit.find, edit.put))
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)


def modules_of(row: Row) -> list[str]:
    """The modules that a row edits."""
    files = dict.fromkeys(edit.file for edit in row.edits if edit.file.endswith(".py"))
    return [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files]


def judged(row: Row, ran: Ran) -> str:
    """Whether each of the row's tests failed, and for the attack's sake."""
    if unmoved := [test for test in row.tests if test.partition("[")[0] not in ran.failed]:
        return f"**no**: {', '.join(unmoved)}"
    if all(failure.partition(": ")[2].startswith(OURS_BROKE) for failure in ran.failures):
        return f"**broke**: {ran.failures[0][:80]}"
    return "yes"


def line(row: Row, answer: str, ran: Ran | None) -> str:
    """A row of the printed table."""
    files = ", ".join(dict.fromkeys(f"`{edit.file}`" for edit in row.edits))
    tests = ", ".join(f"`{test.partition('::')[2]}`" for test in row.tests)
    counts = f"{len(ran.failures)} of {len(ran.failures) + ran.passed} failed, {ran.seconds:.0f} s" if ran else ""
    return f"| {row.id} | {row.name} | {files} | {tests} | {answer} | {counts} |"


def shown(copy: Path, row: Row) -> tuple[str, bool]:
    """The row's line, and whether it holds."""
    try:
        with removed(copy, row):
            ran = pytest(copy, row.tests, modules_of(row), nightly=row.nightly)
    except (LookupError, RuntimeError, subprocess.TimeoutExpired) as error:
        return line(row, f"**{type(error).__name__}**: {str(error)[:200]}", None), False
    answer = judged(row, ran)
    return line(row, answer, ran), answer == "yes"


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when a control can go unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="ids of controls")
    parser.add_argument("--keep", action="store_true", help="leave the copy where it is")
    options = parser.parse_args(arguments)
    chosen = [row for row in rows() if not options.only or row.id in options.only]
    room = Path(tempfile.mkdtemp(prefix="reviewer-controls-"))
    copy = room / "checkout"
    try:
        copied(copy)
        print("| | control | removed in | test | fails without it | |\n|---|---|---|---|---|---|", flush=True)
        return 1 if table(copy, chosen) else 0
    finally:
        if not options.keep:
            shutil.rmtree(room)


def table(copy: Path, chosen: Sequence[Row]) -> int:
    """Print the rows; how many of them do not hold."""
    every = sorted({test for row in chosen for test in row.tests})
    before = pytest(copy, every, nightly=any(row.nightly for row in chosen))
    print(
        f"{before.passed} of {before.passed + len(before.failures)} tests pass in {before.seconds:.0f} s while every control is in its place.",
        file=sys.stderr,
        flush=True,
    )
    failing = 0
    for row in chosen:
        if already := [test for test in row.tests if test.partition("[")[0] in before.failed]:
            print(line(row, f"**red before**: {', '.join(already)}", None), flush=True)
            failing += 1
            continue
        text, holds = shown(copy, row)
        print(text, flush=True)
        failing += not holds
    print(f"\n{len(chosen) - failing} of {len(chosen)} controls cannot be taken away unnoticed.")
    return failing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
