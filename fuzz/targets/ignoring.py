"""The ignore rules: what lies in a folder that is left out stays out, reading rules never fails, and git agrees."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from reviewer.collect.ignore import LONGEST_RULE, MOST_RULES, Rule, RuleSet, RuleTree, read_rules
from reviewer.outcome import SkipReason
from targets.target import BETWEEN, Target

_ASKED_OF_GIT = 100
"""One input in so many is shown to git too: starting it takes longer than all the rest."""
_MOST_PATHS = 8


def check(data: bytes) -> None:
    """An input is the rules of the top, the rules of the folder `a`, and paths."""
    top, nested, *rest = [*data.split(BETWEEN), b"", b""][: 2 + _MOST_PATHS]
    paths = [path for path in map(_path, rest) if path]
    tree = _tree(top, nested)
    for path in paths:
        _stays_out(tree, path)
        assert tree.decide(path) == _tree(top, nested).decide(path)
    if hashlib.sha256(data).digest()[0] % _ASKED_OF_GIT == 0 and _git_would_agree(top):
        _as_git(top, [path for path in paths if b".git" not in path and len(path) < 1000])  # noqa: PLR2004 - git's own limits


def _tree(top: bytes, nested: bytes) -> RuleTree:
    tree = RuleTree()
    for folder, content in ((b"", top), (b"a", nested)):
        rules, problems = read_rules("rules", content, SkipReason.REVIEWERIGNORE)
        compiled = RuleSet(rules)
        assert len(rules) <= MOST_RULES
        assert all(problem.endswith(".") for problem in (*problems, *compiled.problems))
        tree.add(folder, compiled)
    return tree


def _stays_out(tree: RuleTree, path: bytes) -> None:
    """Once a folder above is left out, nothing in it is kept."""
    names = path.split(b"/")
    above: Rule | None = None
    for depth in range(1, len(names) + 1):
        decided = tree.decide(b"/".join(names[:depth]) + (b"/" if depth < len(names) else b""))
        if above is not None:
            assert decided == above
        elif decided is not None and not decided.keeps and depth < len(names):
            above = decided


def _path(data: bytes) -> bytes:
    """A path as a folder can hold it: no empty name, no `.` and no `..`."""
    return b"/".join(name for name in data.split(b"/") if name not in {b"", b".", b".."})


def _git_would_agree(rules: bytes) -> bool:
    """Whether nothing is in the rules about which pathspec and git differ: classes, `***`, carriage returns, an open backslash."""
    lines = rules.split(b"\n")
    odd = any(mark in rules for mark in (b"[", b"]", b"***", b"\0", b"\r")) or any(
        line.rstrip().endswith(b"\\") for line in lines
    )
    return not odd and len(lines) < MOST_RULES and max(map(len, lines)) < LONGEST_RULE


def _as_git(rules: bytes, paths: list[bytes]) -> None:
    tree = RuleTree()
    tree.add(b"", RuleSet(read_rules("rules", rules, SkipReason.REVIEWERIGNORE)[0]))
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True, env=environment)
        Path(folder, ".gitignore").write_bytes(rules)
        command = ["git", "--literal-pathspecs", "check-ignore", "--no-index", "--stdin", "-z", "-v", "-n"]
        asked = b"".join(path + b"\0" for path in paths)
        answer = subprocess.run(command, cwd=folder, input=asked, capture_output=True, check=False, env=environment).stdout
    fields = answer.split(b"\0")
    for at in range(0, len(fields) - 1, 4):
        expected = bool(fields[at + 2]) and not fields[at + 2].startswith(b"!")
        decided = tree.decide(fields[at + 3])
        assert (decided is not None and not decided.keeps) == expected, fields[at : at + 4]


TARGET = Target(
    name="ignoring",
    check=check,
    seeds=(
        BETWEEN.join((b"build/\n!build/keep\n*.log\n/top\n", b"!x.log\n", b"build/keep", b"a/x.log", b"top", b"a/top")),
        BETWEEN.join((b"a/**/b\n**/c\n!d\\ \n", b"*\n!*.py\n", b"a/x/b", b"x/c", b"a/b.py", b"d ")),
        BETWEEN.join((b"*a*a*a*a*a*a*a*a*a*a*a*ab\n**/a/**/a/**/a\n", b"?*?*?*\n[a-z]*[a-z]*x\n", b"a" * 60, b"a/a/a/a/a/b")),
        BETWEEN.join((b"[a-\\]]\n[!a]\n[[:alpha:]]x\n\\\n\\!odd\n#c\n", b"", b"]", b"bx", b"!odd")),
        BETWEEN.join(("\ufeffmarked\r\ncafé\n".encode() + b"\xff*\n", b"", b"marked", "café".encode(), b"\xffx")),
    ),
    words=(
        BETWEEN,
        *(
            b"*",
            b"**",
            b"?",
            b"[",
            b"]",
            b"[!a-z]",
            b"[[:alpha:]]",
            b"[^]]",
            b"!",
            b"/",
            b"**/",
            b"/**",
            b"/**/",
            b"\\",
            b"\\ ",
            b" ",
            b"#",
        ),
        *(
            b"\n",
            b"\r\n",
            b"a",
            b"b",
            b"ab",
            b"a/b",
            b"a/b/c",
            b".",
            b"{",
            b"}",
            b"(",
            b")",
            b"+",
            b"|",
            b"$",
            b"^",
            b"\\x",
            b"\\Q",
            b"\xff",
            "é".encode(),
        ),
    ),
)
