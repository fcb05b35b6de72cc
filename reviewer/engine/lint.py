"""ruff over copies of the Python files: the only home of ruff.

The copies lie in a private folder under names of ours, and ruff is told to read no settings, so that neither the repository's
configuration nor a link or an odd name in it has any effect.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import ruff

from reviewer.engine.places import is_rehearsal
from reviewer.engine.points import Point, also_on
from reviewer.findings import Category, Claim, Confidence, Severity

_PATIENCE = 120  # seconds; CPython's 1,900 files take 2
_BUILTINS = (
    # put there by gettext, IPython and type checkers, or Python 2's: those stand behind a look at the version
    "_", "__", "ngettext", "get_ipython", "display", "reveal_type", "unicode", "long", "basestring", "xrange", "raw_input", "unichr",
    "reduce", "cmp", "file", "execfile", "reload", "buffer", "apply", "intern", "coerce", "WindowsError",
)  # fmt: skip
_LONGEST = 300  # characters of a title or a quote
_SYNTAX = frozenset({None, "invalid-syntax"})
_UNDEFINED = "F821"
_WHOLE_TEXT = re.compile(r'"[^"]*"|\'[^\']*\'')
_LONE_RETURN = re.compile(r"\r(?!\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule of ruff means here: a row of `lint_rules.toml`."""

    category: Category
    severity: Severity
    confidence: Confidence
    why: str
    fix: str
    tests: bool


@dataclass(frozen=True, slots=True)
class Linted:
    """What ruff found, or why it did not run."""

    points: tuple[Point, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class _Hit:
    path: str
    code: str
    line: int
    column: int
    message: str


_UNREADABLE = Rule(
    category=Category.CORRECTNESS,
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    why="No Python 3 reads this file: importing it raises SyntaxError. Nothing else in it was looked at.",
    fix="Correct the syntax; a template or Python 2 code should not be named like a module.",
    tests=False,
)


def is_python(path: str, text: str) -> bool:
    """Whether a file is Python, by its name or its first line."""
    suffix = PurePosixPath(path).suffix
    return suffix in {".py", ".pyw", ".pyi"} or (not suffix and text.startswith("#!") and "python" in text.partition("\n")[0])


def lint(texts: Mapping[str, str]) -> Linted:
    """Run ruff over the Python files among `texts`; one claim for each rule broken in a file."""
    paths = [path for path, text in texts.items() if is_python(path, text)]
    if not paths:
        return Linted()
    try:
        found = _run(paths, texts)
    except FileNotFoundError:
        return Linted(note="ruff is not installed: Python files were searched for secrets only.")
    except subprocess.TimeoutExpired:
        return Linted(note=f"ruff did not end within {_PATIENCE} seconds: Python files were searched for secrets only.")
    except subprocess.CalledProcessError as error:
        return Linted(note=f"ruff failed with exit code {error.returncode}: Python files were searched for secrets only.")
    return Linted(points=tuple(_points((_hit(diagnostic, paths) for diagnostic in found), texts)))


def _run(paths: list[str], texts: Mapping[str, str]) -> list[Mapping[str, Any]]:
    binary = ruff.find_ruff_bin()
    with TemporaryDirectory(prefix="reviewer-lint-") as folder:
        for number, path in enumerate(paths):
            place = Path(folder, str(number))
            place.mkdir()
            # ruff ends a line at a lone carriage return, git and this project do not
            place.joinpath(_safe_name(path)).write_text(_LONE_RETURN.sub(" ", texts[path]), "utf-8", "replace", newline="")
        command = [
            binary,
            "check",
            "--isolated",
            "--no-cache",
            "--quiet",
            "--exit-zero",
            "--output-format=json",
            "--target-version=py314",
        ]
        command += [f"--config=builtins={json.dumps(_BUILTINS)}", f"--select={','.join(filter(None, _rules()))}", "."]
        # no shell, our own binary, no path of the repository among the arguments
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, env={"LC_ALL": "C"}, capture_output=True, check=True, timeout=_PATIENCE
        )
    diagnostics: list[Mapping[str, Any]] = json.loads(done.stdout)
    return diagnostics


def _safe_name(path: str) -> str:
    """The file's own name, since rules look at `__init__.py` and `.pyi`, in letters that mean nothing to anyone."""
    name = re.sub(r"[^A-Za-z0-9_.]", "_", PurePosixPath(path).name)[-100:].lstrip(".")
    return name if name.endswith((".py", ".pyw", ".pyi")) else f"{name}.py"


def _hit(diagnostic: Mapping[str, Any], paths: list[str]) -> _Hit:
    number = int(PurePosixPath(diagnostic["filename"]).parent.name)
    code = diagnostic["code"]
    return _Hit(
        paths[number],
        "" if code in _SYNTAX else code,
        diagnostic["location"]["row"],
        diagnostic["location"]["column"],
        diagnostic["message"],
    )


def _points(hits: Iterable[_Hit], texts: Mapping[str, str]) -> Iterator[Point]:
    for path, of_file in groupby(sorted(hits), key=lambda hit: hit.path):
        lines = texts[path].split("\n")
        wanted = [hit for hit in of_file if _wanted(hit, lines)]
        unreadable = [hit for hit in wanted if not hit.code]
        for code, group in groupby(unreadable[:1] or wanted, key=lambda hit: hit.code):
            yield Point(code, _claim(list(group), lines))


def _wanted(hit: _Hit, lines: list[str]) -> bool:
    """Not what ruff itself calls harmless, not what the author marked for bandit, not a test that does wrong on purpose."""
    rule = _rules()[hit.code]
    line = lines[hit.line - 1] if hit.line <= len(lines) else ""
    template = not hit.code and ("{{" in hit.path + line or "{%" in line)
    marked = rule.category is Category.SECURITY and "nosec" in line
    unread = hit.code == _UNDEFINED and _in_plain_text(line[: hit.column - 1])
    return bool(line.strip()) and not (
        marked
        or template
        or unread
        or any(word in hit.message for word in _harmless())
        or (not rule.tests and is_rehearsal(hit.path))
    )


def _in_plain_text(before: str) -> bool:
    """Whether what follows `before` on its line is inside a text that is no f-string: an annotation in quotes, which nothing evaluates."""
    opening = re.search(r"([A-Za-z]?)[\"']", _WHOLE_TEXT.sub("", before))
    return opening is not None and opening[1].lower() not in {"f", "t"}


def _claim(hits: list[_Hit], lines: list[str]) -> Claim:
    first, rule = hits[0], _rules()[hits[0].code]
    return Claim(
        title=_title(first),
        severity=rule.severity,
        confidence=rule.confidence,
        category=rule.category,
        path=first.path,
        start_line=first.line,
        end_line=first.line,
        quote=lines[first.line - 1].strip()[:_LONGEST],
        explanation=f"{rule.why}{f' (ruff {first.code})' if first.code else ''}" + also_on([hit.line for hit in hits[1:]]),
        suggestion=rule.fix,
    )


def _title(hit: _Hit) -> str:
    message = " ".join(hit.message.split())[:_LONGEST]
    return message if hit.code else f"Not valid Python: {message}"


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("lint_rules.toml").read_text("utf-8"))


@cache
def _rules() -> Mapping[str, Rule]:
    rules = {"": _UNREADABLE}
    for row in _table()["rule"]:
        rule = Rule(
            category=Category(row["category"]),
            severity=Severity[row["severity"].upper()],
            confidence=Confidence[row["confidence"].upper()],
            why=row["why"],
            fix=row["fix"],
            tests=row.get("tests", True),
        )
        rules |= dict.fromkeys(row["codes"], rule)
    return rules


@cache
def _harmless() -> tuple[str, ...]:
    return tuple(_table()["harmless"])
