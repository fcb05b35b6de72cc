"""Which of the listed files are to be read, decided by path alone: what the operator, the project and the default rules say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from reviewer.collect.attributes import Mark
from reviewer.collect.defaults import default_rules
from reviewer.collect.files import NotReadError, path_bytes
from reviewer.collect.ignore import RuleSet, RuleTree, option_rules, read_rules
from reviewer.collect.snapshot import FileReader
from reviewer.errors import ConfigError
from reviewer.outcome import SkippedFile, SkipReason

_RULE_FILE = ".reviewerignore"
_RULE_FILE_LIMIT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Selection:
    """What the operator asked for. Patterns are those of .gitignore, relative to the top of the repository."""

    include: tuple[str, ...] = ()
    """When there are any, nothing else is read; a file they name is read though a default rule would leave it out."""
    exclude: tuple[str, ...] = ()
    """Left out, whatever else is said."""
    max_file_bytes: int = 1_048_576
    """A larger file is not read."""


class Choice(Enum):
    """What is to be done with a file that nothing leaves out."""

    READ = auto()
    """Read it, unless its content turns out to be generated or minified."""
    READ_ANYWAY = auto()
    """Somebody asked for it by name: read it unless it is binary or too large."""


class Chooser:
    """Decides about paths. The operator's --exclude comes first, then --include, .reviewerignore, .gitattributes, the default rules."""

    def __init__(self, selection: Selection, marks: dict[str, Mark]) -> None:
        """Raises ConfigError for an option that is no pattern: a file it should keep out must not be read, and sent, instead."""
        self._marks = marks
        excluded = option_rules("--exclude", selection.exclude, SkipReason.EXCLUDED)
        included = option_rules("--include", selection.include, SkipReason.NOT_INCLUDED)
        for problem in excluded.problems + included.problems:
            raise ConfigError(problem, hint="Nothing was read: without it, files it should keep out would have been.")
        self._exclude = _tree(excluded)
        self._include = _tree(included)
        self._only_included = bool(selection.include)
        self._project = RuleTree()
        self._default = _tree(default_rules())

    def read_project_rules(self, reader: FileReader, paths: Iterable[str], scope: str) -> tuple[str, ...]:
        """Take in the .reviewerignore files among `paths`, at the root and on the way to `scope`; says what of them is not used."""
        problems: list[str] = []
        named = {path for path in paths if path.endswith(_RULE_FILE) and path.rpartition("/")[2] == _RULE_FILE}
        parts = scope.split("/") if scope else []
        named |= {"/".join([*parts[:depth], _RULE_FILE]) for depth in range(len(parts) + 1)}
        for path in sorted(named):
            try:
                content = reader.read(path, _RULE_FILE_LIMIT)
            except NotReadError as error:
                if error.reason is not SkipReason.DELETED:
                    problems.append(f"{path} is not used: {error.reason}.")
                continue
            rules, refused = read_rules(path, content, SkipReason.REVIEWERIGNORE)
            compiled = RuleSet(rules)
            problems += refused + compiled.problems
            self._project.add(path_bytes(path.rpartition("/")[0]), compiled)
        return tuple(problems)

    def decide(self, path: str) -> Choice | SkippedFile:
        """Whether a file is to be read, or why not."""
        raw = path_bytes(path)
        asked_for = False
        if self._exclude and (rule := self._exclude.decide(raw)) is not None and not rule.keeps:
            return SkippedFile(path, rule.reason, rule.label)
        if self._only_included:
            rule = self._include.decide(raw)
            if rule is None or rule.keeps:
                return SkippedFile(path, SkipReason.NOT_INCLUDED)
            asked_for = True
        if self._project and (rule := self._project.decide(raw)) is not None:
            if not rule.keeps:
                return SkippedFile(path, rule.reason, rule.label)
            asked_for = True
        if asked_for:
            return Choice.READ_ANYWAY
        if self._marks and (mark := self._marks.get(path)) is not None:
            return Choice.READ_ANYWAY if mark.reason is None else SkippedFile(path, mark.reason, mark.detail)
        rule = self._default.decide(raw)
        return Choice.READ if rule is None else SkippedFile(path, rule.reason, rule.label)


def _tree(rules: RuleSet) -> RuleTree:
    tree = RuleTree()
    tree.add(b"", rules)
    return tree
