"""The files of a plain folder, outside git: everything in it, save what nested .gitignore files leave out."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.collect.files import NotReadError, Reader, path_text
from reviewer.collect.ignore import RuleSet, RuleTree, read_rules
from reviewer.collect.listing import Entry
from reviewer.errors import SourceError
from reviewer.outcome import SkippedFile, SkipReason

MOST_FILES = 2_000_000
"""Files and folders of a plain folder; of a repository git's list may be as long (see `answer.py`)."""
RULE_FILE_LIMIT = 1024 * 1024
"""Bytes of an ignore file that is read at all."""


class Walk:
    """One pass over a folder. After `entries`, `lost` names the folders that could not be looked into."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._rules = RuleTree()
        self._found: list[bytes] = []
        self.lost: list[SkippedFile] = []
        self.notes: list[str] = []
        """Lines of .gitignore files that have no effect."""

    def entries(self) -> list[Entry]:
        """What git would list of the folder if it were a new repository, sorted by path as bytes. Raises SourceError for too many."""
        pending = [b""]
        while pending:
            for path, is_folder in self._look_into(pending.pop()):
                if is_folder:
                    pending.append(path)
                else:
                    self._found.append(path)
            if len(pending) + len(self._found) > MOST_FILES:
                raise SourceError(f"The folder holds more than {MOST_FILES:,} files.", hint="Name a folder within it.")
        return [Entry(path_text(path), "", None, False, False) for path in sorted(self._found)]  # noqa: FBT003 - by position, for speed

    def _look_into(self, folder: bytes) -> Iterator[tuple[bytes, bool]]:
        """The files and folders of a folder that no rule leaves out; nothing when it is a repository of its own."""
        start = folder + b"/" if folder else b""
        try:
            inside = self._reader.scan(path_text(folder))
        except NotReadError as error:
            self.lost.append(SkippedFile(path_text(start), error.reason, error.detail))
            return
        names = {name for name, _ in inside}
        if folder and b".git" in names:
            self._found.append(start)
            return
        if b".gitignore" in names:
            self._add_rules(folder, path_text(start + b".gitignore"))
        for name, is_folder in inside:
            path = start + name
            rule = self._rules.decide(path + b"/" if is_folder else path) if self._rules else None
            if name != b".git" and (rule is None or rule.keeps):
                yield path, is_folder

    def _add_rules(self, folder: bytes, path: str) -> None:
        try:
            rules, problems = read_rules(path, self._reader.read(path, RULE_FILE_LIMIT), SkipReason.EXCLUDED)
        except NotReadError:
            return  # it is listed among the files, and skipped there with its reason
        compiled = RuleSet(rules)
        self.notes += problems + compiled.problems
        self._rules.add(folder, compiled)
