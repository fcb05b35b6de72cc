"""Every regular expression of the package, found mechanically, so that a new one cannot be forgotten.

Patterns are recorded while the package's modules are imported and the few functions that make some are called. Every call of `re` or `re2` that stands in the source must have been seen, or be a text that
can be told from the source; otherwise `census` raises.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

Untyped = Any  # of re's inner functions, and of re2, which has no types

ROOT = Path(__file__).parents[1] / "reviewer"
METHODS = frozenset({"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"})
_SAMPLE = "aa"
"""What a name that is only known at run time is taken to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One pattern, and how it is used."""

    module: str
    line: int
    pattern: str | bytes
    flags: int
    methods: frozenset[str]
    linear_engine: bool
    """Whether re2 matches it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    module: str
    line: int
    pattern: str | bytes
    flags: int
    linear_engine: bool


_MAKERS: dict[str, Callable[[Untyped], object]] = {
    "reviewer.reply.definitions": lambda module: (
        module._forms(_SAMPLE),
        module._typed_forms(_SAMPLE),
        module._method_form(_SAMPLE),
        module._go_field(_SAMPLE),
    ),
    "reviewer.collect.secret_formats": lambda module: [module._compiled(one.pattern) for one in module.formats()],
}
"""What makes patterns when it is called, by module."""
_UNNAMED = {
    "reviewer.collect.declared_forms": "finditer",
    "reviewer.collect.secret_formats": "finditer",
    "reviewer.reply.absences": "finditer",
    "reviewer.reply.definitions": "match",
}
"""How a module's patterns are used that no name of the module stands for."""


def census(*, engines: frozenset[str] = frozenset({"re", "re2"})) -> list[Found]:
    """Every pattern of these engines. Raises LookupError for a call that was not seen and cannot be told.

    In a process that has not yet imported the package.
    """
    sources = {_module_of(path): path for path in sorted(ROOT.rglob("*.py"))}
    trees = {name: ast.parse(path.read_text()) for name, path in sources.items()}
    calls = {name: sites for name, tree in trees.items() if (sites := list(_calls(tree, engines)))}
    seen: set[_Seen] = set()
    with _recording(seen):
        modules = {name: importlib.import_module(name) for name in calls}
        for name in _MAKERS.keys() & modules.keys():
            _MAKERS[name](modules[name])
    for name, sites in calls.items():
        known = {one.line for one in seen if one.module == name}
        for call in sites:
            if call.lineno not in known:
                seen.add(_told(name, call, modules[name]))
    used = {name: _uses(tree) for name, tree in trees.items()}
    return [
        Found(
            module=one.module,
            line=one.line,
            pattern=one.pattern,
            flags=one.flags,
            methods=_methods(one, trees[one.module], used),
            linear_engine=one.linear_engine,
        )
        for one in sorted(seen, key=lambda one: (one.module, one.line, str(one.pattern)))
    ]


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


def _calls(tree: ast.Module, engines: frozenset[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in {"re", "re2", "regex"}:
            raise LookupError(f"line {node.lineno}: import the module re itself, so that its calls can be found")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            engine, function = node.func.value.id, node.func.attr
            if engine in engines and function in {*METHODS, "compile"}:
                yield node


@contextmanager
def _recording(seen: set[_Seen]) -> Iterator[None]:
    import re2

    compile_, compile2 = re._compile, re2.compile  # type: ignore[attr-defined]

    def record(pattern: Untyped, flags: Untyped, *, linear: bool) -> None:
        frame = sys._getframe(2)
        while frame.f_back is not None and Path(frame.f_code.co_filename).parent.name in {"re", "re2"}:
            frame = frame.f_back
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and isinstance(pattern, str | bytes):
            seen.add(_Seen(_module_of(path), frame.f_lineno, pattern, flags, linear))

    def recorded(pattern: Untyped, flags: Untyped) -> Untyped:
        record(pattern, int(flags), linear=False)
        return compile_(pattern, flags)

    def recorded2(pattern: Untyped, *more: Untyped) -> Untyped:
        record(pattern, 0, linear=True)
        return compile2(pattern, *more)

    re._compile, re2.compile = recorded, recorded2  # type: ignore[attr-defined]
    try:
        yield
    finally:
        re._compile, re2.compile = compile_, compile2  # type: ignore[attr-defined]


class _Known(ast.NodeTransformer):
    """Puts a sample where a name is only known at run time."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return node if hasattr(self._module, node.id) else ast.copy_location(ast.Constant(_SAMPLE), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        known = isinstance(node.value, ast.Name) and hasattr(self._module, node.value.id)
        return node if known else ast.copy_location(ast.Constant(_SAMPLE), node)


def _told(name: str, call: ast.Call, module: ModuleType) -> _Seen:
    """The pattern of a call as the source tells it."""
    if isinstance(call.args[0], ast.Name) and not hasattr(module, call.args[0].id):
        raise LookupError(f"{name}:{call.lineno}: what makes this pattern is not called by the census")
    expression = ast.fix_missing_locations(ast.Expression(_Known(module).visit(call.args[0])))
    pattern = eval(compile(expression, name, "eval"), vars(module))
    return _Seen(name, call.lineno, pattern, 0, linear_engine=False)


def _uses(tree: ast.Module) -> dict[str, set[str]]:
    """The methods that are called on each name."""
    used: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            of = node.value.value if isinstance(node.value, ast.Subscript) else node.value
            if isinstance(of, ast.Name):
                used.setdefault(of.id, set()).add(node.attr)
    return used


def _methods(one: _Seen, tree: ast.Module, used: dict[str, dict[str, set[str]]]) -> frozenset[str]:
    """The methods a pattern is used with: those called on its name, or the one that takes it; else all that its module calls on anything."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and node.lineno == one.line
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in METHODS
        ):
            return frozenset({node.func.attr})
        if isinstance(node, ast.Assign) and node.lineno <= one.line <= (node.end_lineno or 0):
            names = [each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)]
            where = [used[one.module], *(() if names[0].startswith("_") else used.values())]
            if found := set().union(*(each.get(name, set()) for each in where for name in names)):
                return frozenset(found)
    if one.module in _UNNAMED:
        return frozenset({_UNNAMED[one.module]})
    return frozenset(set().union(*used[one.module].values()) or {"search", "match"})


def _printed() -> str:
    """The patterns that re2 does not match, as JSON."""
    rows = [
        {
            "module": one.module,
            "line": one.line,
            "pattern": one.pattern if isinstance(one.pattern, str) else one.pattern.decode("latin-1"),
            "flags": one.flags,
            "methods": sorted(one.methods),
        }
        for one in census(engines=frozenset({"re"}))
    ]
    return json.dumps(rows)


if __name__ == "__main__":
    sys.stdout.write(_printed())
