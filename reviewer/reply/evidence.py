"""What a mention of a name proves against a finding that says the name is missing. The rules and their limits: `refuting.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from reviewer.collect.closeness import is_test
from reviewer.collect.search import Mention, Search
from reviewer.findings import Absence, Finding
from reviewer.reply.absences import Name
from reviewer.reply.definitions import (
    DATA,
    PROSE,
    PYTHON,
    SCRIPTS,
    defines,
    imports_everything,
    is_listed,
    suffix_of,
    without_comment,
)
from reviewer.reply.sources import Sources, indent_of, is_index, plain

_ONE_SPACE = frozenset({
    ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".cu", ".m", ".mm", ".swift", ".sh", ".bash", ".zsh", ".sql", ".r", ".el", ".vim",
    ".mk", ".cmake", ".css", ".scss", ".less",
})  # fmt: skip
"""Suffixes of languages in which a name at the outermost level is known everywhere, or through includes that lead on to others."""
_OF_A_CASE = re.compile(
    r"\b(?:when|if|paths?|branch(?:es)?|cases?|edge|empty|errors?|failures?|fails?|invalid|with|without|new|changed)\b",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"\s+(?:[\w$.]+\s*(?::[^=]*)?=|(?:const|let|var|val|my|local|auto)\s)")


class Evidence:
    """Judges the mentions of names."""

    def __init__(self, search: Search) -> None:
        self._sources = Sources(search)
        self._judges = {
            Absence.UNDEFINED: self._definitions,
            Absence.UNUSED: self._uses,
            Absence.UNIMPORTED: self._imports,
            Absence.UNTESTED: self._tests,
        }

    def against(self, how: Absence, name: Name, finding: Finding, mentions: Iterable[Mention]) -> Mention | None:
        """The first mention that refutes what the finding says of the name; None when none does."""
        elsewhere = [
            one for one in mentions if one.path != finding.path or not finding.start_line <= one.line <= finding.end_line
        ]
        return next(self._judges[how](name, finding, elsewhere), None)

    def _definitions(self, name: Name, finding: Finding, mentions: Iterable[Mention]) -> Iterator[Mention]:
        for mention in self._defining(name, finding, mentions):
            if not name.owner or self._belongs(name.owner, mention):
                yield mention

    def _defining(self, name: Name, finding: Finding, mentions: Iterable[Mention]) -> Iterator[Mention]:
        """The mentions that define the name, seen from the finding's file."""
        mentions = [one for one in mentions if is_test(finding.path) or not is_test(one.path)]
        if _is_key(name.last, finding.quote):
            yield from (one for one in mentions if self._defines_key(name, finding, one))
            return
        member = bool(name.owner) or name.of_self or _is_member(name.last, finding.quote)
        found = [one for one in mentions if self._is_definition(name.last, one)]
        for mention in found:
            if self._is_reachable(name.last, finding, mention, member=member) and self._sees(
                name.last, finding, mention, member=member
            ):
                yield mention
        # A folder's own file hands on what other files of the folder define.
        for mention in mentions:
            folder = mention.path.rpartition("/")[0] + "/"
            if is_index(mention.path) and mention.path != finding.path and any(one.path.startswith(folder) for one in found):
                handed_on = self._sources.is_import(mention.path, mention.line)
                if handed_on and self._sees(name.last, finding, mention, member=False):
                    yield mention

    def _is_definition(self, name: str, mention: Mention) -> bool:
        if not defines(name, mention.text, mention.path):
            return False
        known = self._sources.definition(mention.path, name, mention.line) is not None
        remark = not known and self._sources.is_remark(mention.path, mention.line)
        return not remark and not self._sources.is_import(mention.path, mention.line)

    def _is_reachable(self, name: str, finding: Finding, mention: Mention, *, member: bool) -> bool:
        """Whether what the line defines has a name outside of it: an attribute, or by the syntax tree not local to another function."""
        if member and re.search(rf"[\w\])][.:>]+{re.escape(name)}\s*(?::[^=]{{0,80}})?=", mention.text):
            return True
        definition = self._sources.definition(mention.path, name, mention.line)
        if definition is None:
            outermost = not mention.text[:1].isspace()
            if self._sources.definitions(mention.path) is not None:
                # Syntax trees are asked for definitions only, and headers hold declarations.
                return outermost and suffix_of(mention.path) in _ONE_SPACE
            return outermost or member or (_free(mention.path) and not _LOCAL.match(mention.text))
        around = self._sources.around(mention.path, definition)
        if around is None or member or _free(mention.path):
            return True
        return mention.path == finding.path and around.kind == "function" and around.first <= finding.start_line <= around.last

    def _sees(self, name: str, finding: Finding, mention: Mention, *, member: bool) -> bool:
        """Whether the finding's file can know the one that the mention stands in."""
        suffix = suffix_of(finding.path)
        if mention.path == finding.path or suffix in _ONE_SPACE or suffix in DATA:
            return True
        if suffix in PYTHON or suffix in SCRIPTS:
            imported = any(True for _ in self._sources.imports_of(finding.path, name))
            if not member and not imported and not imports_everything(self._sources.text(finding.path)):
                return False
            folders = PurePosixPath(mention.path).parts[:-1]
            return self._sources.knows(finding.path, mention.path) or self._sources.imports_from(finding.path, name, folders)
        near = PurePosixPath(mention.path).parent == PurePosixPath(finding.path).parent
        return near or self._sources.knows(finding.path, mention.path)

    def _defines_key(self, name: Name, finding: Finding, mention: Mention) -> bool:
        """A string is a key of settings: in a file of settings, or in code that the finding's file knows."""
        word = re.escape(name.last)
        if suffix_of(mention.path) in DATA:
            return re.match(rf"\s*(?:-\s+|export\s+)?[\"']?{word}[\"']?\s*[:=]", mention.text) is not None
        key = re.search(rf"[\"'](?:--)?{word}[\"']\s*(?::|=>|\]\s*=[^=]|,)", mention.text) or defines(
            name.last, mention.text, mention.path
        )
        return bool(key) and mention.path != finding.path and self._sources.knows(finding.path, mention.path)

    def _uses(self, name: Name, finding: Finding, mentions: Iterable[Mention]) -> Iterator[Mention]:
        body = self._body(name.last, finding)
        if body is None:
            return
        for mention in mentions:
            inside = mention.path == finding.path and mention.line in body
            testing = is_test(mention.path) and not is_test(finding.path)
            if inside or testing or not self._is_use(name.last, mention):
                continue
            if self._may_use(name.last, finding.path, mention.path):
                yield mention

    def _is_use(self, name: str, mention: Mention) -> bool:
        if not self._is_code(name, mention) or defines(name, mention.text, mention.path) or is_listed(name, mention.text):
            return False
        return not self._sources.is_import(mention.path, mention.line)

    def _may_use(self, name: str, definer: str, user: str) -> bool:
        """Whether a file can mean the other file's name by the name."""
        if user == definer or suffix_of(definer) in _ONE_SPACE or self._sources.knows(user, definer):
            return True
        folders = PurePosixPath(definer).parts[:-1]
        if self._sources.imports_from(user, name, folders):
            return True
        scoped = suffix_of(definer) in PYTHON or suffix_of(definer) in SCRIPTS
        return (
            not scoped and PurePosixPath(user).parent == PurePosixPath(definer).parent and suffix_of(user) == suffix_of(definer)
        )

    def _body(self, name: str, finding: Finding) -> range | None:
        """The lines of what the finding's quote defines by that name; None when it defines no such thing, or one that is local."""
        lines = self._sources.lines(finding.path)
        for number in range(finding.start_line, min(finding.end_line, len(lines)) + 1):
            line = lines[number - 1]
            if not defines(name, line, finding.path):
                continue
            definition = self._sources.definition(finding.path, name, number)
            if definition is not None:
                local = self._sources.is_inside_function(finding.path, definition)
                return None if local else range(definition.first, definition.last + 1)
            if self._sources.definitions(finding.path) is None and not _LOCAL.match(line):
                return range(number, _end_of_body(lines, number))
        return None

    def _imports(self, name: Name, finding: Finding, mentions: Iterable[Mention]) -> Iterator[Mention]:
        if imports_everything(self._sources.text(finding.path)):
            return
        for mention in mentions:
            here = mention.path == finding.path and self._is_code(name.last, mention)
            imported = here and self._sources.is_import(mention.path, mention.line)
            if imported and not self._sources.is_hidden_import(mention.path, mention.line):
                yield mention

    def _tests(self, name: Name, finding: Finding, mentions: Iterable[Mention]) -> Iterator[Mention]:
        if _OF_A_CASE.search(finding.title):
            return
        for mention in mentions:
            used = (
                is_test(mention.path)
                and self._is_code(name.last, mention)
                and not self._sources.is_import(mention.path, mention.line)
            )
            if used and (not name.owner or self._belongs(name.owner, mention)):
                yield mention

    def _is_code(self, name: str, mention: Mention) -> bool:
        suffix = suffix_of(mention.path)
        said = suffix in PROSE or name not in without_comment(mention.text, suffix)
        return not said and not self._sources.is_remark(mention.path, mention.line)

    def _belongs(self, owner: str, mention: Mention) -> bool:
        """Whether the mention's file has to do with the owner of the name: is called like it, or speaks of it."""
        named = plain(owner) in {plain(part.partition(".")[0]) for part in PurePosixPath(mention.path).parts}
        return named or re.search(rf"(?<!\w){re.escape(owner)}(?!\w)", self._sources.text(mention.path)) is not None


def _free(path: str) -> bool:
    """Whether members are known by their bare name in the file's language: not in Python and JavaScript, where `self.` or `this.` is needed."""
    suffix = suffix_of(path)
    return suffix not in PYTHON and suffix not in SCRIPTS


def _is_member(name: str, quote: str) -> bool:
    """Whether the quote uses the name, and everywhere as a member of something."""
    places = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", quote)]
    return bool(places) and all(quote[:place].endswith((".", "->", "::", "@")) for place in places)


def _is_key(name: str, quote: str) -> bool:
    """Whether the quote has the name, and everywhere as a whole string."""
    places = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", quote)]
    return bool(places) and all(
        re.search(r"[\"'](?:--)?$", quote[max(place - 3, 0) : place]) and quote[place + len(name) :][:1] in {"'", '"'}
        for place in places
    )


def _end_of_body(lines: list[str], first: int) -> int:
    """The line (from 1) after a definition, by indentation: the next one that is no deeper, closing brackets aside."""
    indent = indent_of(lines[first - 1])
    for number, line in enumerate(lines[first:], first + 1):
        if line.strip() and indent_of(line) <= indent and line.lstrip()[0] not in "{)]}":
            return number
    return len(lines) + 1
