from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pattern_structure import faults

from reviewer.collect.ignore import RuleSet, read_rules
from reviewer.outcome import SkipReason

LINEAR_ALL_THE_SAME = {
    (
        "reviewer.collect.declared_forms",
        "adjacent",
        r"(?:<[^\n(]*+)?\(",
    ): "begins at a line's feed; the spaces after each bracket are no other's",
    ("reviewer.collect.declared_forms", "adjacent", r"[({][ \t\r]*+(?=//|\n)"): "as above",
    ("reviewer.collect.imports", "restarted", r"(?:use|mod)[ \t]+"): "2,000 characters at most from each line's beginning",
    ("reviewer.collect.gone", "restarted", r"(?:from[ \t]++"): "as above",
    ("reviewer.collect.secret_values", "restarted", r"[A-Z0-9]+(?![a-z])"): "gives back one character at most, and matches",
    ("reviewer.reply.plain_words", "restarted", r"[A-Z]+(?![a-z])"): "as above",
    ("reviewer.reply.absences", "restarted", r"(?<![\w.:`])(?<!->)"): "neither a word nor a chain of them is begun within",
    ("reviewer.reply.definitions", "adjacent", r"\s*from\s+[\w.]{1,300}"): "of a line of at most 400 characters",
}
"""What looks as if it were not linear, by its module, what it looks like and a piece of it, and why it is."""


def test_no_pattern_has_a_form_that_can_take_more_than_linear_time() -> None:
    """A pattern that is not re2's has no repeat within a repeat, no two that take the same, and no search that begins with one."""
    script = Path(__file__).with_name("pattern_census.py")
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    patterns = json.loads(told.stdout)
    used = set()
    doubtful = []
    for one in patterns:
        for fault in faults(one["pattern"], one["flags"], one["methods"]):
            reasons = [key for key in LINEAR_ALL_THE_SAME if (one["module"], fault) == key[:2] and key[2] in one["pattern"]]
            used.update(reasons)
            doubtful += [] if reasons else [(one["module"], one["line"], fault, one["pattern"])]

    assert doubtful == [], doubtful
    assert used == set(LINEAR_ALL_THE_SAME)
    assert len(patterns) > 150


@pytest.mark.parametrize(
    ("pattern", "method", "expected"),
    [
        (r"(a+)+b", "match", ["nested"]),
        (r"(?:a|b+)*c", "match", ["nested"]),
        (r"(?:[a-z]+\.)+x", "match", []),
        (r"(?:[a-z.]+\.)+x", "match", ["nested"]),
        (r"a*a*b", "match", ["adjacent"]),
        (r"a*+a*b", "match", []),
        (r"a*xa*b", "match", []),
        (r"(~{3,})[^`]*", "match", []),
        (r"(~{3,})[^`]*", "fullmatch", ["adjacent"]),
        (r"(~{3,}+)[^`]*", "fullmatch", []),
        (r"\s+$", "search", ["restarted"]),
        (r"\s*+x", "sub", ["restarted"]),
        (r"\s*x", "match", []),
        (r"\n[ \t]*x", "search", []),
        (r"<!--.*-->", "finditer", ["restarted"]),
        (r"\bfoo\w*\(", "search", []),
        (r"(?<!\w)\w+=", "search", []),
        (r"x[^=]*=", "search", ["restarted"]),
    ],
)
def test_the_form_of_a_slow_pattern_is_known(pattern: str, method: str, expected: list[str]) -> None:
    assert faults(pattern, 0, [method]) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "*a*a*a*a*a*a*a*a*a*a*a*ab",
        "**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b",
        "?*?*?*?*?*?*?*?*?*?*?*?*b",
        "[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*b",
        "[a-\\]]",
    ],
)
def test_no_ignore_pattern_takes_exponential_time(pattern: str) -> None:
    rules, _ = read_rules("rules", pattern.encode(), SkipReason.REVIEWERIGNORE)
    compiled = RuleSet(rules)

    assert compiled.match(b"a" * 60) is None
    assert compiled.match(b"a/" * 100_000 + b"c") is None
