"""What is left out unless somebody asks for it: rules by path, kept as data, and two signs in a file's own text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from reviewer.collect.ignore import Rule, RuleSet
from reviewer.outcome import SkipReason

_MINIFIABLE = (".js", ".mjs", ".cjs", ".jsx", ".css")
_MINIFIED_FROM = 2_048
_MINIFIED_LINE = 250
"""Bytes in an average line. GitHub's linguist takes 110; style sheets with pictures in them, written by hand, reach 200."""

_HEADER = 2_048
"""Bytes at the start of a file in which its makers say that it is generated: a licence text and then some."""
_SAYS_GENERATED = re.compile(
    rb"^[^\w\n]{0,8}@generated\b(?! *=)"
    rb"|^.{0,8}code generated .{0,200}do not edit"
    rb"|auto-?(?:matically )?generated(?s:.{0,200})\bdo not (?:edit|modify|change)"
    rb"|\bdo not (?:edit|modify|change)(?s:.{0,200})auto-?(?:matically )?generated",
    re.MULTILINE,
)
_CODE = re.compile(
    rb"^(?:import|from|package|using|use|require|const|var|let|def|class|function|export|fn|pub|static|int|void)\b", re.MULTILINE
)
"""Where code begins, the words are no longer the file's own header: a generator holds the header it writes."""
_PROSE = (".md", ".markdown", ".rst", ".adoc", ".txt")
"""Where such words are more likely about one section, or about other files."""


def default_rules() -> RuleSet:
    """The rules of `defaults.toml`, but those of `secret_rules`."""
    return RuleSet(rule for rule in _rules() if rule.reason is not SkipReason.HOLDS_SECRETS)


def secret_rules() -> RuleSet:
    """The rules about files that usually hold secrets; they speak of files, whatever the folders above them are called."""
    return RuleSet(rule for rule in _rules() if rule.reason is SkipReason.HOLDS_SECRETS)


def _rules() -> Iterator[Rule]:
    groups = tomllib.loads(Path(__file__).with_name("defaults.toml").read_text(encoding="utf-8"))
    for reason, patterns in groups.items():
        for pattern in patterns:
            yield Rule("default rule", 0, pattern, SkipReason(reason))


def is_minified(path: str, size: int, lines: int) -> bool:
    """Whether a script or style sheet has been packed, by the length of its average line."""
    return size >= _MINIFIED_FROM and path.endswith(_MINIFIABLE) and size > _MINIFIED_LINE * max(lines, 1)


def says_generated(utf8: bytes) -> bool:
    """Whether a file's first lines say that a program wrote it and nobody should edit it."""
    head = utf8[:_HEADER].lower()
    if b"generated" not in head or (b"do not " not in head and b"@generated" not in head):
        return False
    code = _CODE.search(head)
    return _SAYS_GENERATED.search(head, 0, code.start() if code else len(head)) is not None


def is_prose(path: str) -> bool:
    """Whether a file is meant to be read by people, so that what its first lines say of generating is not about itself."""
    return path.endswith(_PROSE)
