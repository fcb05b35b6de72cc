"""Whether a replacement may be offered: text that a reader puts into a file with one click must be what it seems, and leave a file that parses."""

from __future__ import annotations

import ast
import json
import re
import tomllib
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath

import yaml

from reviewer.collect.secrets import holds_placeholder
from reviewer.findings import Finding

MAX_LINES = 60
"""Lines of a replacement; a larger one is a rewrite, which nobody should take over with one click."""
_LONGEST = 500_000
"""Characters of a file that is parsed to see whether it still does: a second at most, whatever it holds."""
_LONGEST_SETTINGS = 200_000
"""As above for YAML and TOML, whose parsers are slower."""
_LONGEST_YAML = _LONGEST_SETTINGS if yaml.__with_libyaml__ else 20_000
_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_DEEPEST = 100
"""Levels of YAML, and parts of a dotted TOML key: their parsers need time with the square of these."""
_MOST_BRACES = 3_000
"""`{` in a Python file. Up to Python 3.11 the fields of one f-string take time with the square of their number; large files have 500."""
_PLAIN = frozenset("\t\n")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidirectional, zero width), surrogate, private use, unassigned; line and paragraph separator."""
_HIDDEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Characters that show nothing although they count as letters or marks."""
_FENCE = "`" * 61
_PYTHON = frozenset({".py", ".pyi"})
_PROSE = frozenset({".md", ".markdown", ".rst", ".txt", ".adoc", ".asciidoc", ".org", ".tex", ".po", ".pot", ".csv", ".tsv", ""})


def checked(finding: Finding, text: str) -> str | None:
    """The finding's replacement when it may be offered, as lines joined by line feeds without a last one; None when it may not.

    `text` is the file the finding was grounded in. Empty means that the lines are to be deleted. It may be offered when

    - the finding's quote is exactly the whole lines it names (`ground` has dropped the replacements of others),
    - neither holds what stands in the place of a secret: in the file it would destroy the value,
    - it differs from them, has at most 60 lines, and holds no control, bidirectional or otherwise hidden character, nor more than 60
      backticks in a row: GitHub's parser counts no further than 255 for the fence that a block to apply stands in,
    - Python, JSON, YAML and TOML that parsed before still do; whoever reads code of another language finds as many brackets left open
      as before. What did not parse before, a template say, can prove nothing and is not asked; what is too large to be parsed is refused.

    The line ends of the file are left to whoever writes it: GitHub keeps them.
    """
    if finding.replacement is None:
        return None
    new = finding.replacement.replace("\r\n", "\n").removesuffix("\n")
    new = new if new.strip() else ""
    lines = text.split("\n")
    old = [line.rstrip("\r") for line in lines[finding.start_line - 1 : finding.end_line]]
    if holds_placeholder(finding.quote) or holds_placeholder(new):
        return None
    if finding.quote != "\n".join(old) or new == finding.quote or new.count("\n") >= MAX_LINES or _hides(new):
        return None
    end = "\r" if lines[finding.start_line - 1].endswith("\r") else ""
    put = [line + end for line in new.split("\n")] if new else []
    if put and finding.end_line == len(lines):
        put[-1] = new.rpartition("\n")[2]
    after = "\n".join([*lines[: finding.start_line - 1], *put, *lines[finding.end_line :]])
    return new if _still_parses(finding.path, text, after, finding.quote, new) else None


def _hides(text: str) -> bool:
    hidden = _HIDDEN.search(text) is not None
    return hidden or _FENCE in text or any(unicodedata.category(char) in _HIDDEN_CATEGORIES for char in set(text) - _PLAIN)


def _still_parses(path: str, before: str, after: str, old: str, new: str) -> bool:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in _PARSERS:
        return suffix in _PROSE or _open_brackets(old) == _open_brackets(new)
    _, longest = _PARSERS[suffix]
    if any(len(text) > longest or (suffix in _PYTHON and text.count("{") > _MOST_BRACES) for text in (before, after)):
        return False
    return not _parses(suffix, before) or _parses(suffix, after)


@lru_cache(maxsize=16)
def _parses(suffix: str, text: str) -> bool:
    """Whether a text parses. Kept, since several findings may be about one file."""
    parser, _ = _PARSERS[suffix]
    return parser(text)


def _open_brackets(text: str) -> tuple[int, ...]:
    return tuple(text.count(opening) - text.count(closing) for opening, closing in ("()", "[]", "{}"))


def _python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings, about a file that is not ours
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _json(text: str) -> bool:
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _toml(text: str) -> bool:
    if any(part.count(".") > _DEEPEST for line in text.split("\n") for part in line.split("=")):
        return False
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _yaml(text: str) -> bool:
    """Events only: nothing is built, so no tag can call anything and aliases cost nothing."""
    anchors: set[str] = set()
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.DocumentStartEvent):
                anchors.clear()
            elif isinstance(event, yaml.AliasEvent) and event.anchor not in anchors:
                return False
            elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                anchors.add(event.anchor)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                return False
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return True


_PARSERS: Mapping[str, tuple[Callable[[str], bool], int]] = {
    ".py": (_python, _LONGEST),
    ".pyi": (_python, _LONGEST),
    ".json": (_json, _LONGEST),
    ".webmanifest": (_json, _LONGEST),
    ".geojson": (_json, _LONGEST),
    ".ipynb": (_json, _LONGEST),
    ".toml": (_toml, _LONGEST_SETTINGS),
    ".yaml": (_yaml, _LONGEST_YAML),
    ".yml": (_yaml, _LONGEST_YAML),
}
"""What reads a format, and the longest text it is given."""
