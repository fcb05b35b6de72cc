"""From a listed path to a file that was read, or the reason why it was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.collect.cache import Facts, MeasureCache, binary_facts
from reviewer.collect.choice import Choice, Chooser
from reviewer.collect.decoding import decode
from reviewer.collect.defaults import is_minified, is_prose, says_generated
from reviewer.collect.files import NotReadError
from reviewer.collect.listing import Entry
from reviewer.collect.measure import measure
from reviewer.collect.snapshot import FileReader, SourceFile
from reviewer.outcome import SkippedFile, SkipReason


class Examiner:
    """Reads what is to be read, or takes what is known of it from the cache."""

    def __init__(self, reader: FileReader, chooser: Chooser, cache: MeasureCache | None, limit: int) -> None:
        self._reader = reader
        self._chooser = chooser
        self._cache = cache
        self._limit = limit
        self._known: dict[str, Facts] = {}
        self._learnt: list[tuple[str, Facts]] = []

    def examine(self, entries: Sequence[Entry]) -> Iterator[SourceFile | SkippedFile]:
        """One outcome for every entry, in their order."""
        if self._cache is not None:
            self._known = self._cache.load(entry.blob for entry in entries if entry.blob is not None)
        for entry in entries:
            yield self._outcome(entry)
        if self._cache is not None:
            self._cache.store(self._learnt)

    def _outcome(self, entry: Entry) -> SourceFile | SkippedFile:
        if (skipped := self._unreadable(entry)) is not None:
            return skipped
        choice = self._chooser.decide(entry.path)
        if isinstance(choice, SkippedFile):
            return choice
        try:
            facts = self._facts(entry)
        except NotReadError as error:
            return self._not_read(entry, error)
        if facts.encoding is None:
            return SkippedFile(entry.path, SkipReason.BINARY, f"{facts.size:,} bytes")
        if choice is Choice.READ and (skipped := _made_by_a_program(entry.path, facts)) is not None:
            return skipped
        return SourceFile(entry.path, facts.size, facts.lines, facts.encoding, facts.measure, entry.blob)

    def _unreadable(self, entry: Entry) -> SkippedFile | None:
        """What the list itself says about an entry that is no file to read."""
        if entry.is_tracked_file and not entry.missing:
            return None
        if entry.is_submodule:
            return SkippedFile(entry.path, SkipReason.SUBMODULE)
        if entry.is_embedded:
            return SkippedFile(entry.path, SkipReason.EMBEDDED_REPOSITORY)
        if entry.missing:
            return SkippedFile(entry.path, SkipReason.DELETED)
        if entry.is_link and (target := self._reader.link_target(entry.path)):
            return SkippedFile(entry.path, SkipReason.SYMBOLIC_LINK, f"to {target}")
        return None

    def _not_read(self, entry: Entry, error: NotReadError) -> SkippedFile:
        reason, detail = error.reason, error.detail
        if reason is SkipReason.SYMBOLIC_LINK and not detail:
            detail = f"to {self._reader.link_target(entry.path)}"
        if reason is SkipReason.DELETED and entry.sparse:
            reason = SkipReason.NOT_CHECKED_OUT
        return SkippedFile(entry.path, reason, detail)

    def _facts(self, entry: Entry) -> Facts:
        if entry.blob is not None and (known := self._known.get(entry.blob)) is not None:
            size = self._reader.size(entry.path)
            if size > self._limit:
                raise NotReadError(SkipReason.TOO_LARGE, f"{size:,} bytes")
            if size == known.size:
                return known
        data = self._reader.read(entry.path, self._limit)
        text = decode(data)
        if text is None:
            facts = binary_facts(len(data))
        else:
            facts = Facts(text.size, text.encoding, text.lines, says_generated(text.utf8), measure(text.utf8))
        if entry.blob is not None:
            self._learnt.append((entry.blob, facts))
        return facts


def _made_by_a_program(path: str, facts: Facts) -> SkippedFile | None:
    """What a file's content gives away that its path does not."""
    if facts.generated and not is_prose(path):
        return SkippedFile(path, SkipReason.GENERATED, "its first lines say so")
    if is_minified(path, facts.size, facts.lines):
        return SkippedFile(path, SkipReason.MINIFIED, f"{facts.size // max(facts.lines, 1):,} bytes in an average line")
    return None
