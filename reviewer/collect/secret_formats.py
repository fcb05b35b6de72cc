"""The table of secret formats, compiled: the only importer of re2.

re2 is linear whatever the pattern and the text. It works on bytes as Latin-1 here: every pattern is ASCII, and bytes of UTF-8 above
0x7F can neither be part of a value nor be mistaken for the edge of one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import re2

from reviewer.collect.secret_values import CHECKS, Check
from reviewer.findings import Confidence, Severity

_PREFILTER_MEMORY = 64 << 20  # bytes; re2 gives up on a Set silently when it runs out, and 8 MB, its default, is close


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row of `secret_formats.toml`."""

    kind: str
    pattern: str
    severity: Severity
    confidence: Confidence
    check: Check
    whole_word: bool
    until: bytes
    """Where a value of several lines ends; empty for all others."""

    def spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where values of this shape stand, as byte offsets, in order."""
        pattern = _compiled(self.pattern)
        group = 1 if pattern.groups else 0
        for match in pattern.finditer(data):
            start, end = match.span(group)
            yield (start, end) if start >= 0 else match.span()


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = _PREFILTER_MEMORY
    return options


@cache
def _compiled(pattern: str) -> re2._Regexp:
    return re2.compile(pattern.encode("ascii"), _options())


@cache
def formats() -> tuple[Format, ...]:
    """Every format, in the order in which they claim a piece of text."""
    return tuple(_parse(row) for row in _rows())


@cache
def _rows() -> list[dict[str, str | list[str]]]:
    table = tomllib.loads(files(__package__).joinpath("secret_formats.toml").read_text("utf-8"))
    names = {f"{{{name}}}": "|".join(words) for name, words in table["names"].items()}
    return [{key: _named(value, names) for key, value in row.items()} for row in table["format"]]


def _named(value: str | list[str], names: Mapping[str, str]) -> str | list[str]:
    """A field of a row with each `{name}` that the table gives a list of words for as these words."""
    if isinstance(value, list):
        return [str(_named(each, names)) for each in value]
    for name, words in names.items():
        value = value.replace(name, words)
    return value


def _parse(row: dict[str, str | list[str]]) -> Format:
    return Format(
        kind=str(row["kind"]),
        pattern=str(row["pattern"]),
        severity=Severity[str(row["severity"]).upper()],
        confidence=Confidence[str(row["confidence"]).upper()],
        check=CHECKS[str(row.get("check", ""))],
        whole_word=row.get("edges", "word") == "word",
        until=str(row.get("until", "")).encode("ascii"),
    )


@cache
def _prefilter() -> tuple[re2.Set, tuple[int, ...]]:
    """All keywords in one automaton, and for each the row it stands for."""
    keywords, owners = re2.Set.SearchSet(_options()), []
    for number, row in enumerate(_rows()):
        for keyword in row["keywords"]:
            keywords.Add(keyword.encode("ascii"))
            owners.append(number)
    keywords.Compile()
    return keywords, tuple(owners)


def possible(data: bytes) -> Iterator[Format]:
    """The formats that may be in `data`: one pass over it, at about 500 MB/s, leaves most files with none."""
    keywords, owners = _prefilter()
    hits = {owners[index] for index in keywords.Match(data) or ()}
    return (formats()[number] for number in sorted(hits))
