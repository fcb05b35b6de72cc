"""Rules say what git says, whatever somebody writes into them."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.collect.ignore import LONGEST_RULE, MOST_RULES, RuleSet, RuleTree, read_rules
from reviewer.outcome import SkipReason


def rules(text: str | bytes) -> RuleSet:
    content = text if isinstance(text, bytes) else text.encode()
    return RuleSet(read_rules("rules", content, SkipReason.REVIEWERIGNORE)[0])


def ignored(text: str | bytes, path: str) -> bool:
    tree = RuleTree()
    tree.add(b"", rules(text))
    rule = tree.decide(path.encode())
    return rule is not None and not rule.keeps


segment = st.text("ab.*?[]!-\\ #x", min_size=1, max_size=5)
pattern = st.builds(
    lambda bang, start, segments, end: bang + start + "/".join(segments) + end,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "/", "**/"]),
    st.lists(st.one_of(segment, st.just("**"), st.just("a")), min_size=1, max_size=3),
    st.sampled_from(["", "/", " ", "\\ ", "/**", "\r"]),
)
path = st.lists(st.text("ab.x-! #", min_size=1, max_size=3).filter(lambda name: name.strip(".")), min_size=1, max_size=3).map(
    "/".join
)


def without_a_known_difference(lines: list[str]) -> bool:
    """pathspec and git differ about a class that could match `/`, and about brackets and backslashes that are not closed."""
    return not any("[" in line or "]" in line or line.rstrip().endswith("\\") or "***" in line for line in lines)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lines=st.lists(pattern, min_size=1, max_size=5).filter(without_a_known_difference),
    paths=st.lists(path, min_size=1, max_size=8),
)
def test_a_rule_decides_as_git_decides(lines: list[str], paths: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        Path(folder, ".gitignore").write_bytes(text.encode())
        given_paths = "\0".join(paths).encode() + b"\0"
        asked = ["git", "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n"]
        fields = (
            subprocess.run(asked, cwd=folder, input=given_paths, capture_output=True, check=False).stdout.decode().split("\0")
        )
    expected = {
        fields[at + 3]: bool(fields[at + 2]) and not fields[at + 2].startswith("!") for at in range(0, len(fields) - 1, 4)
    }
    assert expected == {path: ignored(text, path) for path in set(paths)}


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("build/\n!build/keep\n", "build/keep", True),
        ("build/*\n!build/keep\n", "build/keep", False),
        ("build/**\n!build/keep\n", "build/keep", False),
        ("/*\n!/b\n", "b/z.c", False),
        ("trail\\ \n", "trail ", True),
        ("trail  \n", "trail", True),
        ("windows\r\n", "windows", True),
        ("\ufeffmarked\n", "marked", True),
        ("*.log\n", "new\nline.log", True),
        ("**\n", "a/b", True),
        ("a/**/b\n", "a/b", True),
        ("a/**/\n", "a/file", False),
        ("a/**/\n", "a/b/file", True),
        ("\\!odd\n", "!odd", True),
        ("# comment\n\n", "# comment", False),
        (b"caf\xe9\n", "cafe", False),
    ],
)
def test_the_corners_of_the_language(text: str | bytes, path: str, expected: bool) -> None:
    assert expected == ignored(text, path)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "line",
    [
        "*a*a*a*a*a*a*a*a*a*a*a*ab",
        "**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b",
        "?*?*?*?*?*?*?*?*?*?*?*?*b",
        "[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*b",
        "*" * 500 + "b",
        "*a" + "?" * 400,
    ],
)
def test_a_hostile_line_takes_no_time(line: str) -> None:
    compiled = rules(line + "\n")
    for length in range(40, 80):
        assert compiled.match(b"a" * length) is None
        assert compiled.match(b"a/" * length + b"a") is None


@pytest.mark.timeout(30)
def test_a_hostile_file_takes_little_time() -> None:
    text = "".join(f"*a?????????????{number}\n" for number in range(MOST_RULES))
    compiled = rules(text)
    assert not any(compiled.match(b"bbbb%d" % number * 4) for number in range(20_000))


@pytest.mark.parametrize("line", ["[a-\\]]", "[", "[z-a]", "a[", "\\", "//", "[[:nonsense:]]", "(", "{2,1}", "+", "\x00", "a//b"])
def test_a_bad_line_breaks_nothing_and_the_others_count(line: str) -> None:
    assert ignored(f"{line}\ngood\n", "good")


def test_a_line_that_cannot_be_understood_is_named() -> None:
    found, _ = read_rules("sub/.reviewerignore", b"fine\n[z-a]\n", SkipReason.REVIEWERIGNORE)
    assert ("sub/.reviewerignore:2 [z-a] is no valid pattern and has no effect.",) == RuleSet(found).problems


def test_there_are_limits_and_they_are_named() -> None:
    long_line = b"x" * (LONGEST_RULE + 1)
    found, problems = read_rules("f", long_line + b"\n" + b"a\n" * (MOST_RULES + 1), SkipReason.REVIEWERIGNORE)
    assert MOST_RULES == len(found)
    assert (
        f"f:1 is longer than {LONGEST_RULE} bytes and has no effect.",
        f"f: rules from line {MOST_RULES + 2} on are not used; it has too many, or too many wildcards.",
    ) == problems


def test_the_rule_that_decided_is_named_with_its_line() -> None:
    rule = rules("# why\n*.snap\n").match(b"x.snap")
    assert rule is not None
    assert "rules:2 *.snap" == rule.label


def test_rules_that_are_too_much_together_have_no_effect_and_that_is_said() -> None:
    found = rules("\n".join(f"{number:04}" + "x" * (LONGEST_RULE - 4) for number in range(MOST_RULES)))
    assert ("The rules of rules are too many or too long together and have no effect.",) == found.problems
    assert not found


def test_a_tree_may_be_deeper_than_calls_can_be() -> None:
    tree = RuleTree()
    tree.add(b"", rules("kept\n"))
    folder = b"/".join([b"d"] * 3_000)

    assert tree.decide(folder + b"/a.py") is None
    assert tree.decide(folder + b"/kept/a.py") is not None
