"""What of a change nobody looks at, and why: a review that is silent about it must say so, and of code it is then incomplete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from reviewer.collect.changes import LINK, ChangedFile, ChangeKind
from reviewer.collect.gone import is_looked_up
from reviewer.collect.snapshot import Snapshot
from reviewer.outcome import SkipReason

_CODE_BY_ANYONE = frozenset({SkipReason.VENDORED, SkipReason.GENERATED, SkipReason.MINIFIED})
_DATA_BY_NAME = frozenset({SkipReason.RECORDED, SkipReason.SNAPSHOT})
_LIMITS = frozenset({SkipReason.TOO_LARGE, SkipReason.BINARY})
_SOURCE = frozenset({
    "py", "pyi", "pyw", "pyx", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "c", "h", "cc",
    "cpp", "cxx", "hh", "hpp", "hxx", "inl", "m", "mm", "java", "kt", "kts", "scala", "groovy", "gradle", "cs", "fs", "vb",
    "swift", "go", "rs", "rb", "rake", "gemspec", "php", "phtml", "pl", "pm", "lua", "r", "jl", "ex", "exs", "erl", "hrl", "hs",
    "ml", "mli", "clj", "cljs", "dart", "sol", "tf", "hcl", "sh", "bash", "zsh", "fish", "ps1", "psm1", "psd1", "bat", "cmd",
    "sql", "rc", "asp", "aspx", "jsp", "erb", "html", "htm", "zig", "nim", "v", "sv", "vhd", "vhdl", "asm", "s", "cu", "proto",
    "graphql",
})  # fmt: skip
"""Suffixes of files that people write and programs run; a binary of such a name is text that something hides."""
_NO_CODE = frozenset({
    "md", "mdx", "markdown", "rst", "txt", "adoc", "asciidoc", "org", "tex", "po", "pot", "json", "jsonl", "json5", "yaml",
    "yml", "toml", "ini", "cfg", "conf", "lock", "mod", "sum", "csv", "tsv", "xml", "svg", "properties", "snap", "pem", "crt",
    "patch", "diff", "map", "tsbuildinfo",
})  # fmt: skip
_NO_CODE_NAMES = frozenset({
    "LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "NOTICES", "PATENTS", "AUTHORS", "CONTRIBUTORS", "MAINTAINERS",
    "OWNERS", "CODEOWNERS", "README", "CHANGELOG", "CHANGES", "HISTORY", "NEWS", "TODO", "INSTALL", "INSTALLER", "RECORD",
    "METADATA", "WHEEL", "REQUESTED", "VERSION",
})  # fmt: skip
_NAMED = 3
"""At most so many paths are named in a sentence."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A changed file of which nobody sees a line."""

    path: str
    why: str
    """`lock file`, `submodule moved`: words to put before the path."""
    is_code: bool = False
    """Whether it has changed code that a rule or a limit of ours leaves out, which nobody here chose."""


def unread(
    files: Sequence[ChangedFile], hidden: Mapping[str, SkipReason], head: Snapshot, *, checked: bool
) -> tuple[Unread, ...]:
    """The changed files of which no line is looked at, in their order: by a model, or, if `checked`, by the built-in checks.

    `hidden` are those whose lines a rule leaves out, and `head` the changed files as they are after the change. A model is shown the lines of
    every other file. The built-in checks need the whole file; of a link they look at where it leads, of a deleted file at what imports it.
    """
    not_read = {file.path: file.reason for file in head.skipped} if checked else {}
    found = (_by_anyone(file, hidden.get(file.path)) or (_by_checks(file, not_read) if checked else None) for file in files)
    return tuple(filter(None, found))


def named(every: Sequence[Unread]) -> str:
    """The files in words, grouped by why nobody looks at them: `lock file (yarn.lock), submodule moved (lib)`."""
    return ", ".join(_groups(every))


def _groups(every: Sequence[Unread]) -> Iterator[str]:
    for why, group in groupby(sorted(every, key=lambda each: each.why), key=lambda each: each.why):
        paths = [each.path for each in group]
        more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
        yield f"{why} ({', '.join(f'`{path}`' for path in paths[:_NAMED])}{more})"


def _by_anyone(file: ChangedFile, rule: SkipReason | None) -> Unread | None:
    if rule is not None:
        return Unread(file.path, rule.value, _is_code(file, rule))
    if file.is_submodule and not file.hunks:
        return Unread(file.path, f"submodule {_moved(file)}")
    if file.binary and not file.hunks:
        return Unread(file.path, SkipReason.BINARY.value, _is_code(file, SkipReason.BINARY))
    return None


def _by_checks(file: ChangedFile, not_read: Mapping[str, SkipReason]) -> Unread | None:
    if file.kind is ChangeKind.DELETED:
        return (
            None
            if is_looked_up(file.path)
            else Unread(file.path, "deleted: the built-in checks do not look for what still uses it")
        )
    reason = None if file.new_mode == LINK else not_read.get(file.path)
    return None if reason is None else Unread(file.path, reason.value, _is_code(file, reason))


def _moved(file: ChangedFile) -> str:
    return {ChangeKind.ADDED: "added", ChangeKind.DELETED: "removed", ChangeKind.RENAMED: "renamed"}.get(file.kind, "moved")


def _is_code(file: ChangedFile, reason: SkipReason) -> bool:
    """Whether a file that is left out for this reason has changed code. What is gone cannot run; its name alone is looked at.

    - Vendored, generated and minified files run like any other, whoever wrote them: all but prose, data and source maps.
    - Recorded data and snapshots are data, unless the name says that they are source.
    - What is too large, or binary though its name says source (a NUL is enough), was not chosen by anyone.
    - Lock files, media and files that usually hold secrets are no code. What the operator or the repository's own rules leave out is
      their choice.
    """
    if file.kind is ChangeKind.DELETED or not (file.hunks or file.binary):
        return False
    name = PurePosixPath(file.path)
    suffix = name.suffix[1:].lower()
    if reason in _CODE_BY_ANYONE and not file.binary:
        return suffix not in _NO_CODE if suffix else not (name.name.startswith(".") or _stem(name.name) in _NO_CODE_NAMES)
    return suffix in _SOURCE and reason in (_CODE_BY_ANYONE | _DATA_BY_NAME | _LIMITS)


def _stem(name: str) -> str:
    """`LICENSE-MIT` is a licence."""
    return name.replace("_", "-").partition("-")[0].upper()
