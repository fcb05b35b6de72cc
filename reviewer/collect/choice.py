"""Which of the listed files are to be read, decided by path alone: what the operator, the project and the default rules say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

from reviewer.collect.attributes import Mark
from reviewer.collect.defaults import default_rules, secret_rules
from reviewer.collect.files import NotReadError, path_bytes
from reviewer.collect.ignore import Rule, RuleSet, RuleTree, option_rules, read_rules
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
    include_is_operators: bool = True
    """False where the repository's own settings hold `include`: that brings back no file that usually holds secrets."""
    exclude: tuple[str, ...] = ()
    """Left out, whatever else is said."""
    max_file_bytes: int = 1_048_576
    """A larger file is not read."""
    redacts: bool = True
    """Whether texts leave without their secrets."""
    sends: bool = True
    """Whether what is read may be sent; where it is not, also files that usually hold secrets are read."""


class Choice(Enum):
    """What is to be done with a file that nothing leaves out."""

    READ = auto()
    """Read it, unless its content turns out to be generated or minified."""
    READ_ANYWAY = auto()
    """Somebody asked for it by name: read it unless it is binary or too large."""


class Chooser:
    """Decides about paths. The operator's --exclude comes first, then --include, .reviewerignore, .gitattributes, the default rules.

    Before the last two stand those about files that usually hold secrets. Only the operator may ask for one, and has to name it: a
    stranger's repository may ask for what lies on the reader's machine alone, and was never part of it.
    """

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
        self._include_is_operators = selection.include_is_operators
        self._project = RuleTree()
        self._default = _tree(default_rules())
        self._secret = secret_rules() if selection.sends else RuleSet(())

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
        asking: list[Rule] = []
        refused = self._refused(path, raw, asking)
        if refused is not None:
            return refused
        secret = self._secret.match(raw)
        if secret is not None and not secret.keeps and not any(self._brings_back(rule, raw, secret) for rule in asking):
            return SkippedFile(path, secret.reason, secret.label)
        return Choice.READ_ANYWAY if asking else self._by_default(path, raw)

    def _brings_back(self, asking: Rule, path: bytes, secret: Rule) -> bool:
        """Whether a rule has a file read that usually holds secrets: only one of --include can."""
        return self._include_is_operators and asking.reason is SkipReason.NOT_INCLUDED and _names(asking, path, secret)

    def _refused(self, path: str, raw: bytes, asking: list[Rule]) -> SkippedFile | None:
        """Why the operator or the project leaves a file out; the rules by which they ask for it go into `asking`."""
        if self._exclude and (rule := self._exclude.decide(raw)) is not None and not rule.keeps:
            return SkippedFile(path, rule.reason, rule.label)
        if self._only_included:
            rule = self._include.decide(raw)
            if rule is None or rule.keeps:
                return SkippedFile(path, SkipReason.NOT_INCLUDED)
            asking.append(rule)
        if self._project and (rule := self._project.decide(raw)) is not None:
            if not rule.keeps:
                return SkippedFile(path, rule.reason, rule.label)
            asking.append(rule)
        return None

    def _by_default(self, path: str, raw: bytes) -> Choice | SkippedFile:
        if self._marks and (mark := self._marks.get(path)) is not None:
            return Choice.READ_ANYWAY if mark.reason is None else SkippedFile(path, mark.reason, mark.detail)
        rule = self._default.decide(raw)
        return Choice.READ if rule is None else SkippedFile(path, rule.reason, rule.label)


def _names(asking: Rule, path: bytes, refusing: Rule) -> bool:
    """Whether a pattern asks for a file by its name, or by the very pattern that leaves it out: `src/**` and `*.json` ask for no secrets."""
    last = _last(asking)
    if last == _last(refusing):
        return True
    named = last if last[:1] not in {"*", "?", "["} else ""
    return RuleSet([replace(asking, pattern=named)]).match(path.rpartition(b"/")[2]) is not None


def _last(rule: Rule) -> str:
    return rule.pattern.removeprefix("!").rstrip("/").rpartition("/")[2]


def _tree(rules: RuleSet) -> RuleTree:
    tree = RuleTree()
    tree.add(b"", rules)
    return tree
