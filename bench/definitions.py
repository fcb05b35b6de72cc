"""Which definitions a change uses, by universal-ctags and by nothing of our own: the oracle of `context.py`."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from reviewer.collect.changes import Side
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Subject
from reviewer.collect.texts import read_texts

FAMILIES = {
    suffix: family
    for family, suffixes in {
        "C": ".c .cc .cpp .cxx .h .hh .hpp",
        "C#": ".cs",
        "Go": ".go",
        "Java": ".java",
        "JavaScript": ".cjs .js .jsx .mjs .ts .tsx",
        "PHP": ".php",
        "Python": ".py",
        "Ruby": ".rb",
        "Rust": ".rs",
    }.items()
    for suffix in suffixes.split()
}
LOCAL = frozenset({"local", "namespace", "packageName", "parameter"})
KINDS = frozenset(
    {
        *(
            "accessor",
            "alias",
            "annotation",
            "class",
            "const",
            "constant",
            "define",
            "enum",
            "enumConstant",
            "enumerator",
            "event",
        ),
        *("field", "func", "function", "generator", "getter", "interface", "macro", "member", "method", "methodSpec", "module"),
        *("property", "setter", "singletonMethod", "struct", "talias", "trait", "type", "typedef", "union", "var", "variable"),
    }
)
"""ctags' kinds of what is defined for others; not imports, packages, labels."""
MAYBE_LOCAL = frozenset({"constant", "var", "variable"})
WORDS = frozenset(
    {"false", "get", "global", "nameof", "null", "self", "await", "async", "set", "this", "true", "value", "var", "void"}
)
"""Words of the languages that ctags sometimes takes for names."""
GO_LOCAL = re.compile(
    r"\b([A-Za-z_]\w*)[ \t]*(?=(?:,[ \t]*\w+[ \t]*)?:=)|\bvar[ \t]+(\w+)|[(,][ \t]*(\w+)[ \t]+[\w.*\[\]]+(?=[,)])"
)
GO_IMPORT = re.compile(r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"(?:[^"\s]*/)?([A-Za-z_]\w*)(?:/v\d+)?"[ \t]*$', re.MULTILINE)
"""Go's local variables, parameters and imported packages, which ctags does not tell."""
INNER = frozenset({"function", "method", "func", "getter", "setter", "generator", "singletonMethod"})
"""What is `MAYBE_LOCAL` below one of these is local."""
MOST_FILES = 3
"""A name that more files define says little about which of them is meant."""
SHORTEST = 3
"""Letters of a name."""
STRING = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Tag:
    """A line of a file that defines a name."""

    name: str
    line: int
    text: str
    local: bool


@dataclass(frozen=True)
class Definition:
    """A name, and the lines of one file that define it."""

    name: str
    path: str
    tags: tuple[Tag, ...]
    files: int
    """How many files define the name."""


class Tags:
    """What ctags finds, kept by blob: one tree differs from the next by a few files."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[Tag]] = {}

    def of(self, snapshot: Snapshot) -> dict[str, list[Tag]]:
        """Path → what it defines, and its local names, for the files of a language that is looked at."""
        keys = {
            file.path: (file.blob or file.path, suffix(file.path)) for file in snapshot.files if suffix(file.path) in FAMILIES
        }
        self._learn(snapshot, {path: key for path, key in keys.items() if key not in self._known})
        return {path: self._known[key] for path, key in keys.items()}

    def _learn(self, snapshot: Snapshot, keys: dict[str, tuple[str, str]]) -> None:
        texts, _ = read_texts(snapshot, keys)
        self._known.update({key: [] for key in keys.values()})
        paths = list(texts)
        with tempfile.TemporaryDirectory() as folder:
            for number, path in enumerate(paths):
                (Path(folder) / f"{number}{suffix(path)}").write_text(texts[path], "utf-8", "surrogateescape", newline="")
            output = subprocess.run(
                ["ctags", "--recurse", "--output-format=json", "--fields=+nKs", "--kinds-all=*", "--sort=no", "-f", "-", "."],
                cwd=folder,
                check=True,
                capture_output=True,
            ).stdout
        lines = cache(lambda path: texts[path].split("\n"))
        for row in output.splitlines():
            tag = json.loads(row)
            path = paths[int(PurePosixPath(tag["path"]).stem)]
            local = tag.get("kind") in LOCAL or (tag.get("kind") in MAYBE_LOCAL and tag.get("scopeKind") in INNER)
            if (local or tag.get("kind") in KINDS) and NAME.fullmatch(tag["name"]) and tag["name"] not in WORDS:
                text = lines(path)[tag["line"] - 1].strip()
                if local or is_plausible(tag["name"], text, FAMILIES[suffix(path)]):
                    self._known[keys[path]].append(Tag(tag["name"], tag["line"], text, local))
        for path in paths:
            if suffix(path) == ".go":
                names = {name for found in GO_LOCAL.findall(texts[path]) for name in found if name}
                names.update(GO_IMPORT.findall(texts[path]))
                self._known[keys[path]] += [Tag(name, 0, "", local=True) for name in names]


def used(subject: Subject, tags: Tags) -> list[Definition]:
    """The definitions that changed lines use."""
    assert subject.change is not None  # noqa: S101 - every subject here is a change
    assert subject.head is not None  # noqa: S101
    base, head = tags.of(subject.snapshot), tags.of(subject.head)
    wanted: dict[str, set[str]] = defaultdict(set)
    for file in subject.change.files:
        if suffix(file.path) in FAMILIES:
            local = {tag.name for tag in (*base.get(file.old_path or file.path, ()), *head.get(file.path, ())) if tag.local}
            family = FAMILIES[suffix(file.path)]
            changed = (line.text for hunk in file.hunks for line in hunk.lines if line.side is not Side.CONTEXT)
            names = {name for text in changed for name in NAME.findall(code_of(text, family)) if len(name) >= SHORTEST}
            wanted[family] |= names - local
    defined: dict[tuple[str, str], dict[str, list[Tag]]] = defaultdict(lambda: defaultdict(list))
    for path, those in base.items():
        family = FAMILIES[suffix(path)]
        for tag in those:
            if tag.name in wanted[family] and not tag.local:
                defined[family, tag.name][path].append(tag)
    few = {key: defined[key] for key in sorted(defined) if len(defined[key]) <= MOST_FILES}
    return [Definition(name, path, tuple(lines), len(files)) for (_, name), files in few.items() for path, lines in files.items()]


def is_plausible(tag: str, line: str, family: str) -> bool:
    """Whether a line defines the name that ctags takes from it: in Java and C# it takes calls, annotations and return types for some."""
    if family not in {"Java", "C#"}:
        return True
    return not re.search(rf"(?:\bnew\s+|@|[(.]\s*){tag}\b|\b{tag}\s+\w+\s*[<(]|\bawait\b|\bnameof\b", line)


def suffix(path: str) -> str:
    """The end of a name that tells its language."""
    return "." + path.rpartition(".")[2].lower()


def code_of(line: str, family: str) -> str:
    """A line without its strings and comments, as far as one line tells."""
    bare = line.strip()
    if family not in {"Python", "Ruby"} and bare.startswith(("*", "/*")):
        return ""
    return STRING.sub(" ", bare).partition("#" if family in {"Python", "Ruby"} else "//")[0]
