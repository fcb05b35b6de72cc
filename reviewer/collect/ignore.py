"""Rules in the form of .gitignore: read from files and options, and asked about paths.

pathspec knows how git reads a pattern; the matching itself is re2's, which takes linear time whatever the pattern says (pathspec's
default backend needs more than eight seconds for `*a*a*a*a*a*a*a*a*a*a*a*ab` and a name of 60 letters). Each rule is asked about one
name only, after the folders above it, because that is git's own order: what lies in an ignored folder cannot be had back, and a rule
that speaks about a folder says nothing about the files in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2
from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from reviewer.outcome import SkipReason

MOST_RULES = 1_000
"""Rules taken from one file."""
LONGEST_RULE = 512
"""Bytes of one rule."""
MOST_WILDCARDS = 500
"""`*`, `?` and `[` in one file, beyond two in each rule: what keeps the automaton small, and so the matching fast."""

_FREE_WILDCARDS = 2
_DIRECTORY_ONLY = b"(?P<ps_d>/)"
_FILE_OR_DIRECTORY = b"(?:(?P<ps_d>/)|$)"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line that says what is left out, or with `!` what is not."""

    origin: str
    """The file, or the option, it stands in."""
    line: int
    """1-based; 0 for an option."""
    pattern: str
    reason: SkipReason

    @property
    def keeps(self) -> bool:
        """True for a rule with `!`, which takes back what an earlier one said."""
        return self.pattern.startswith("!")

    @property
    def label(self) -> str:
        """What the reader sees: `docs/.reviewerignore:3 *.snap`."""
        return f"{self.origin}:{self.line} {self.pattern}" if self.line else f"{self.origin} {self.pattern}"


class RuleSet:
    """Rules of one place, compiled. The last that matches decides."""

    __slots__ = ("_rules", "_set", "problems")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: list[Rule] = []
        problems = []
        options = re2.Options()
        options.log_errors = False
        options.never_capture = True
        options.dot_nl = True
        options.encoding = re2.Options.Encoding.LATIN1  # paths are bytes, and git's `?` is one byte
        self._set = re2.Set.SearchSet(options)
        for rule in rules:
            try:
                regex = _regex(rule.pattern.encode("utf-8", "surrogateescape"))
                if regex is not None:
                    self._set.Add(regex)
                    self._rules.append(rule)
            except (GitIgnorePatternError, re2.error):
                problems.append(f"{rule.label} is no valid pattern and has no effect.")
        try:
            self._set.Compile()
        except re2.error:
            problems.append(f"The rules of {self._rules[0].origin} are too many or too long together and have no effect.")
            self._rules = []
        self.problems: tuple[str, ...] = tuple(problems)
        """Rules that could not be understood, a sentence each."""

    def __bool__(self) -> bool:
        return bool(self._rules)

    def match(self, name: bytes) -> Rule | None:
        """The rule that decides about a path relative to this place; folders end in `/`. Says nothing about the folders above it."""
        if not self._rules:
            return None
        found = self._set.Match(name)
        return self._rules[max(found)] if found else None


@dataclass(frozen=True, slots=True)
class _Folder:
    """What the rules say of a folder and of what it holds."""

    left_out: Rule | None
    kept: Rule | None
    """The rule with `!` that speaks of this folder, or of the nearest one above it."""
    sets: tuple[tuple[RuleSet, int], ...]
    """What is asked about the names in it, deepest first, each with the length of the path it does not see."""


class RuleTree:
    """Rules of a tree: each set speaks for the folder it stands in and everything below, and the deeper one is asked first."""

    def __init__(self) -> None:
        self._sets: dict[bytes, RuleSet] = {}
        self._folders: dict[bytes, _Folder] = {}

    def add(self, folder: bytes, rules: RuleSet) -> None:
        """Put rules into a folder (empty: the root), before anything in it is asked about."""
        if rules:
            self._sets[folder] = rules

    def __bool__(self) -> bool:
        return bool(self._sets)

    def decide(self, path: bytes) -> Rule | None:
        """The rule that decides about a path (folders end in `/`), or None. It may be one that keeps: see `Rule.keeps`.

        Where no rule speaks of the path itself, one that keeps a folder above it is given.
        """
        folder = self._folder(path.rstrip(b"/").rpartition(b"/")[0])
        return folder.left_out or _first(folder.sets, path) or folder.kept

    def _folder(self, path: bytes) -> _Folder:
        """Looked at from the highest unknown folder down, in a loop: a tree may be deeper than calls can be."""
        unknown: list[bytes] = []
        while path not in self._folders:
            unknown.append(path)
            if not path:
                break
            path = path.rpartition(b"/")[0]
        for each in reversed(unknown):
            self._folders[each] = self._looked_at(each)
        return self._folders[unknown[0] if unknown else path]

    def _looked_at(self, path: bytes) -> _Folder:
        own = self._sets.get(path)
        if not path:
            return _Folder(None, None, ((own, 0),) if own else ())
        above = self._folders[path.rpartition(b"/")[0]]
        rule = above.left_out or _first(above.sets, path + b"/")
        if rule is not None and not rule.keeps:
            return _Folder(rule, None, ())
        return _Folder(None, rule or above.kept, ((own, len(path) + 1), *above.sets) if own else above.sets)


def _first(sets: tuple[tuple[RuleSet, int], ...], path: bytes) -> Rule | None:
    for rules, start in sets:
        rule = rules.match(path[start:])
        if rule is not None:
            return rule
    return None


def read_rules(origin: str, content: bytes, reason: SkipReason) -> tuple[list[Rule], tuple[str, ...]]:
    """The rules in an ignore file's content, and what of it is not used, a sentence each."""
    rules: list[Rule] = []
    problems: list[str] = []
    wildcards = 0
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        line = _trimmed(raw.removesuffix(b"\r"))
        if not line or line.startswith(b"#"):
            continue
        wildcards += max(0, sum(map(line.count, (b"*", b"?", b"["))) - _FREE_WILDCARDS)
        if len(rules) == MOST_RULES or wildcards > MOST_WILDCARDS:
            problems.append(f"{origin}: rules from line {number} on are not used; it has too many, or too many wildcards.")
            break
        if len(line) > LONGEST_RULE:
            problems.append(f"{origin}:{number} is longer than {LONGEST_RULE} bytes and has no effect.")
        else:
            rules.append(Rule(origin, number, line.decode("utf-8", "surrogateescape"), reason))
    return rules, tuple(problems)


def option_rules(option: str, patterns: Sequence[str], reason: SkipReason) -> RuleSet:
    """The patterns given with a command-line option, as rules of the root."""
    return RuleSet(Rule(option, 0, pattern, reason) for pattern in patterns)


def _trimmed(line: bytes) -> bytes:
    r"""Without the spaces at its end, save one behind a backslash: `trail\ ` is a name that ends in a space."""
    bare = line.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return bare + b" " if backslashes % 2 and len(bare) < len(line) else bare


def _regex(pattern: bytes) -> bytes | None:
    """The expression for one name, the folders above it aside; None for a line that says nothing.

    pathspec's own expressions also match everything below a folder they match. Ours end where the name ends; only a pattern that ends
    in `/**` speaks about everything below, and not about the folder itself.
    """
    if pattern.endswith(b"/**/"):
        pattern += b"*/"
    regex: bytes | None
    regex, include = GitIgnoreSpecPattern.pattern_to_regex(pattern)
    if regex is None or include is None:
        return None
    if regex.endswith(_FILE_OR_DIRECTORY):
        return regex.removesuffix(_FILE_OR_DIRECTORY) + b"/?$"
    if regex.endswith(_DIRECTORY_ONLY):
        return regex.removesuffix(_DIRECTORY_ONLY) + b"/$"
    return regex + b"." if regex.endswith(b"/") else regex
