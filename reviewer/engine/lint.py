"""ruff over copies of the Python files: the only home of ruff.

The copies lie in a private folder under names of ours, and ruff is told to read no settings, so that neither the repository's
configuration nor a link or an odd name in it has any effect.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import ruff

from reviewer.engine.places import is_rehearsal
from reviewer.engine.points import Point
from reviewer.findings import Category, Claim, Confidence, Origin, Severity

_PATIENCE = 120  # seconds; CPython's 1,900 files take 2
_BUILTINS = (
    # put there by gettext, IPython and type checkers, or Python 2's: those stand behind a look at the version
    "_", "__", "ngettext", "get_ipython", "display", "reveal_type", "unicode", "long", "basestring", "xrange", "raw_input", "unichr",
    "reduce", "cmp", "file", "execfile", "reload", "buffer", "apply", "intern", "coerce", "WindowsError",
)  # fmt: skip
SYNTAX = "syntax"
"""The check that a file is Python at all."""
_LONGEST = 300  # characters of a title or a quote
_SYNTAX_CODES = frozenset({None, "invalid-syntax"})
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
    """One for each place. Of a file that does not parse, its syntax errors alone."""
    unparsed: frozenset[str] = frozenset()
    """Files that do not parse, for whatever reason."""
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
_BROKEN = Rule(
    category=Category.CORRECTNESS,
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    why="The file was valid Python before the change and is not any more: importing it raises SyntaxError. Nothing else in it was looked at.",
    fix="Correct the syntax.",
    tests=True,
)


def is_python(path: str, text: str) -> bool:
    """Whether a file is Python, by its name or its first line."""
    suffix = PurePosixPath(path).suffix
    return suffix in {".py", ".pyw", ".pyi"} or (not suffix and text.startswith("#!") and "python" in text.partition("\n")[0])


def lint(texts: Mapping[str, str], valid_before: Collection[str] = ()) -> Linted:
    """Run ruff over the Python files among `texts`; a point for each place at which a rule is broken.

    Of those files that were `valid_before` a change, a syntax error is never a template or Python 2: the change broke them.
    """
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
    hits = sorted(_hit(diagnostic, paths) for diagnostic in found)
    return Linted(
        points=tuple(_points(hits, texts, frozenset(valid_before))),
        unparsed=frozenset(hit.path for hit in hits if not hit.code),
    )


def one_syntax_error_each(points: Sequence[Point]) -> Iterator[Point]:
    """The points with one syntax error a file: the first that is introduced, else the first. The others mostly follow from it."""
    first: dict[str, Point] = {}
    for point in points:
        if point.check == SYNTAX:
            before = first.setdefault(point.claim.path, point)
            if _rank(point) < _rank(before):
                first[point.claim.path] = point
    yield from (point for point in points if point.check != SYNTAX or point is first[point.claim.path])


def _rank(point: Point) -> tuple[bool, int]:
    return point.claim.origin is Origin.PRE_EXISTING, point.claim.start_line


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
        "" if code in _SYNTAX_CODES else code,
        diagnostic["location"]["row"],
        diagnostic["location"]["column"],
        diagnostic["message"],
    )


def _points(hits: Iterable[_Hit], texts: Mapping[str, str], valid_before: frozenset[str]) -> Iterator[Point]:
    for path, of_file in groupby(hits, key=lambda hit: hit.path):
        lines, every = texts[path].split("\n"), list(of_file)
        errors = [hit for hit in every if not hit.code]
        if errors and path in valid_before:
            yield _point(errors[0], _BROKEN, lines)
            continue
        wanted = [hit for hit in every if _wanted(hit, lines)]
        for hit in [hit for hit in wanted if not hit.code] or wanted:
            yield _point(hit, _rules()[hit.code], lines)


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


def _point(hit: _Hit, rule: Rule, lines: list[str]) -> Point:
    line = min(hit.line, len(lines))  # a parser that misses a bracket may complain after the last line
    claim = Claim(
        title=_title(hit),
        severity=rule.severity,
        confidence=rule.confidence,
        category=rule.category,
        path=hit.path,
        start_line=line,
        end_line=line,
        quote=lines[line - 1].strip()[:_LONGEST],
        explanation=f"{rule.why}{f' (ruff {hit.code})' if hit.code else ''}",
        suggestion=rule.fix,
    )
    return Point(check=hit.code or SYNTAX, claim=claim, parsed=bool(hit.code))


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
