"""Of GitPython the package uses one class and one method of it: advisory after advisory was about the rest."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOME = "reviewer/collect/git_process.py"
ALLOWED = frozenset({("git", "Git"), ("Git()", "execute")})
"""The names that may be taken from the module, and from what `git.Git(…)` gives."""
FLOOR = (3, 2, 1)
"""Before it, cloning a submodule could run what a repository names."""


class _Uses(ast.NodeVisitor):
    """What a module takes from GitPython. Whatever is given by `Git(…)`, directly or by a function that says so, is followed by name."""

    def __init__(self) -> None:
        self.imports: list[str] = []
        self.taken: set[tuple[str, str]] = set()
        self.odd: list[str] = []
        self._givers: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.partition(".")[0] in {"git", "gitdb"}:
                self.imports.append(alias.name)
                if alias.asname or alias.name != "git":
                    self.odd.append(ast.unparse(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if (node.module or "").partition(".")[0] in {"git", "gitdb"}:
            self.imports.append(node.module or "")
            self.odd.append(ast.unparse(node))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.returns is not None and ast.unparse(node.returns) == "git.Git":
            self._givers.add(node.name)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        value = node.value
        if isinstance(value, ast.Name) and value.id == "git":
            self.taken.add(("git", node.attr))
        if isinstance(value, ast.Call) and ast.unparse(value.func) in {"git.Git", *self._givers}:
            self.taken.add(("Git()", node.attr))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in {"__import__", "import_module", "getattr"}:
            self.odd += [ast.unparse(node) for word in ast.walk(node) if isinstance(word, ast.Constant) and word.value == "git"]
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """A command object under another name would be out of sight."""
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in {"git.Git", *self._givers}:
            self.odd.append(ast.unparse(node))
        self.generic_visit(node)


@cache
def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def uses_of(source: str) -> _Uses:
    uses = _Uses()
    tree = parsed(source)
    for _ in range(2):  # a function that gives the command object may stand below its callers
        uses.visit(tree)
    return uses


def modules() -> Iterator[Path]:
    yield from sorted((ROOT / "reviewer").rglob("*.py"))


def test_one_module_alone_imports_gitpython_and_takes_only_what_is_allowed() -> None:
    found = {str(path.relative_to(ROOT)): uses_of(path.read_text()) for path in modules()}

    assert [HOME] == [name for name, uses in found.items() if uses.imports]
    assert [] == [odd for uses in found.values() for odd in uses.odd]
    assert found[HOME].taken == ALLOWED


@pytest.mark.parametrize(
    "line",
    [
        "git.Repo('.').is_dirty()",
        "git.Repo('.').untracked_files",
        "git.Repo.clone_from('u', 'p')",
        "git.Git('.').status()",
        "git.Git('.').clone('u')",
        "_command(folder).diff(None)",
        "_command(folder).ls_files",
        "git.Submodule",
        "git.cmd.Git('.')",
    ],
)
def test_whatever_else_is_taken_from_it_is_seen(line: str) -> None:
    source = f"import git\n\ndef x(folder):\n    return {line}\n\ndef _command(folder) -> git.Git:\n    return git.Git(folder)\n"
    assert uses_of(source).taken - ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "from git import Repo",
        "import git as g",
        "import git.cmd",
        "import git\ncommand = git.Git('.')\ncommand.status()",
        "import importlib\nimportlib.import_module('x')\n__import__('git')",
    ],
)
def test_no_other_name_hides_it(source: str) -> None:
    assert uses_of(source).odd


def test_the_version_is_at_least_that_of_the_last_advisory() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = [line for line in project["dependencies"] if line.lower().startswith("gitpython")]
    locked = re.findall(r"^gitpython==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    versions = [re.findall(r">=([\d.]+)", wanted), locked]
    assert [len(found) for found in versions] == [1, 1]
    assert all(tuple(map(int, found[0].split("."))) >= FLOOR for found in versions)


STARTERS = frozenset({"run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"})
OF_OS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork", "startfile")


def starts_of(source: str) -> list[str]:
    """Calls that start a program."""
    calls = [node.func for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)]
    named = [node for node in calls if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return [
        ast.unparse(node)
        for node in named
        if (ast.unparse(node.value) == "subprocess" and node.attr in STARTERS)
        or (ast.unparse(node.value) in {"os", "pty"} and node.attr.startswith(OF_OS))
    ]


def test_one_other_program_is_started_and_by_one_module() -> None:
    found = {str(path.relative_to(ROOT)): starts_of(path.read_text()) for path in modules()}

    assert {name: starts for name, starts in found.items() if starts} == {"reviewer/engine/lint.py": ["subprocess.run"]}


def test_no_module_imports_the_starters_by_name() -> None:
    sources = "\n".join(path.read_text() for path in modules())
    assert re.findall(r"^\s*from (?:subprocess|os|pty) import .*", sources, re.MULTILINE) == []
    assert re.findall(r"shell\s*=\s*True|create_subprocess", sources) == []
