"""What of a subject goes in when not all of it does: files step down from whole to signatures to name only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reviewer.collect.changes import Side
from reviewer.collect.closeness import is_test
from reviewer.collect.defaults import is_prose
from reviewer.collect.files import path_bytes
from reviewer.collect.snapshot import Snapshot, SourceFile
from reviewer.collect.subject import Subject
from reviewer.collect.symbols import identifiers
from reviewer.outcome import SkippedFile, SkipReason

_WHOLE_SHARE = 0.5
"""Of the room that is left, what whole files may take before signatures had their turn: the head of a definition says most of what a
reviewer asks of it at a tenth of the tokens."""
_LARGEST_SHARE = 0.25
"""Of the room that is left, what one file may take. So a huge file does not block many small ones behind it, and the further down a file
stands, the smaller it must be to go in whole: rank still decides."""
_CHANGED_SHARE = 0.5
"""Of all room, what changed files may take before the heads of what they use had their turn; those left over follow these. A long document of
which one line changed would else push out all that tells what the code means."""
_FIRST = 100
"""Files at the top of the ranking of which the heads of all that bears a name from the changed lines go in, not only those the ranking gives:
fields and other common names are credited to nobody, and are most likely defined there."""
_BATCH = 50
"""Files whose signatures are asked for at once; most of the files of a large repository never are."""


class Ranked(Protocol):
    """A file of the base, in its place in a ranking."""

    @property
    def path(self) -> str:
        """Repository-relative."""

    @property
    def names(self) -> frozenset[str]:
        """Names that relate it to the change, such as those it defines and the change uses."""


@dataclass(frozen=True, slots=True)
class Forms:
    """How a file may stand in the prompt, and what it then takes of the room, in any one unit (tokens), with all that stands around it."""

    whole: Callable[[SourceFile], float]
    """What a whole file takes."""
    part: Callable[[str, str], float]
    """What these signatures of a file, by its path, take."""
    signatures: Callable[[Sequence[str]], Mapping[str, str]]
    """The signatures of all that files of the base define, by path. A file that has none is left out of the answer."""
    heads: Callable[[Mapping[str, frozenset[str]]], Mapping[str, str]]
    """The same, only of what is defined by the names that are given for each path."""


def pack(subject: Subject, related: Sequence[Ranked], room: float, forms: Forms) -> Subject:
    """The part of a change's `subject` that takes at most `room`, the files of the base chosen in the order of `related`.

    Every file keeps its place: whole, as signatures, or among the skipped with SkipReason.NO_ROOM. The changed files come first, code before
    tests before prose; but where not everything fits, the heads of what they use come before the second half of them. The project's
    guidance follows, and the base versions of changed files, which the diff shows as well, come last.
    """
    assert subject.head is not None, "only a change is packed: a repository as it is goes in whole or not at all"  # noqa: S101
    sizes = {file.path: forms.whole(file) for file in subject.snapshot.files}
    changed = _Changed(subject.head, forms, room)
    guidance = frozenset(subject.snapshot.guidance)
    order = _order(subject, related)
    current = [path for path in order if path not in subject.replaced or path in guidance]
    ladder = _Ladder(sizes, room)
    if changed.total + sum(sizes[path] for path in current) <= room:
        changed.fill(ladder, 1.0)
        ladder.fill(current, 1.0)
    else:
        words = _words(subject)
        changed.fill(ladder, _CHANGED_SHARE)
        _show_heads(ladder, current, related, words, forms)
        changed.fill(ladder, 1.0)
        _show_unread(ladder, [path for path in order if path in changed.left_over], words, forms)
        _step_down(ladder, current, forms)
    last = [path for path in order if path in subject.replaced - guidance - changed.left_over]
    ladder.fill(last, 1.0)
    head = only(subject.head, changed.kept, SkipReason.NO_ROOM)
    return replace(subject, snapshot=_kept(subject.snapshot, ladder), head=head, outlines=dict(sorted(ladder.parts.items())))


def only(snapshot: Snapshot, paths: Collection[str], reason: SkipReason) -> Snapshot:
    """A snapshot of which no files but `paths` are read; the others are skipped for this reason."""
    files = tuple(file for file in snapshot.files if file.path in paths)
    skipped = [SkippedFile(file.path, reason) for file in snapshot.files if file.path not in paths]
    return dataclasses.replace(
        snapshot,
        files=files,
        skipped=tuple(sorted((*snapshot.skipped, *skipped), key=lambda file: path_bytes(file.path))),
        guidance=tuple(path for path in snapshot.guidance if path in paths),
    )


class _Ladder:
    """Where each file of the base stands, and how much room is left."""

    def __init__(self, sizes: Mapping[str, float], room: float) -> None:
        self.left = room
        self.whole: set[str] = set()
        self.parts: dict[str, str] = {}
        self._sizes = sizes
        self._taken: dict[str, float] = {}

    def fill(self, paths: Sequence[str], share: float, kept: float = 0.0) -> None:
        """Take files whole, in this order, those passed over that need more than `share` of what is left beside `kept`."""
        for path in paths:
            more = self._sizes[path] - self._taken.get(path, 0.0)
            if path not in self.whole and more <= (self.left - kept) * share:
                self._take(path, self._sizes[path])
                self.whole.add(path)
                self.parts.pop(path, None)

    def show(self, made: Mapping[str, str], order: Sequence[str], part: Callable[[str, str], float]) -> int:
        """Take signatures in the same way; gives how many were taken."""
        taken = 0
        for path in order:
            if path in made and path not in self.whole:
                size = part(path, made[path])
                if self._taken.get(path, 0.0) < size < self._sizes[path] and size <= self.left * _LARGEST_SHARE:
                    self._take(path, size)
                    self.parts[path] = made[path]
                    taken += 1
        return taken

    def _take(self, path: str, size: float) -> None:
        self.left -= size - self._taken.get(path, 0.0)
        self._taken[path] = size


class _Changed:
    """The changed files at the head, and which of them go in whole: code before tests before prose, the small ones first."""

    def __init__(self, head: Snapshot, forms: Forms, room: float) -> None:
        self._sizes = {file.path: forms.whole(file) for file in head.files}
        self._room = room
        self.kept: set[str] = set()

    @property
    def total(self) -> float:
        """What all of them take."""
        return sum(self._sizes.values())

    @property
    def left_over(self) -> frozenset[str]:
        """Those that did not go in."""
        return frozenset(self._sizes) - self.kept

    def fill(self, ladder: _Ladder, share: float) -> None:
        """Take as many as fit into this share of all room, and into what is left of it."""
        allowed = self._room * share - sum(self._sizes[path] for path in self.kept)
        for path in sorted(self.left_over, key=lambda path: (is_prose(path), is_test(path), self._sizes[path], path_bytes(path))):
            size = self._sizes[path]
            if size <= min(allowed, ladder.left):
                allowed -= size
                ladder.left -= size
                self.kept.add(path)


def _order(subject: Subject, related: Sequence[Ranked]) -> list[str]:
    """Every file of the base once: the guidance, then as ranked, then what nobody ranked."""
    known = {file.path for file in subject.snapshot.files}
    ranked = (file.path for file in related if file.path in known)
    return list(dict.fromkeys((*subject.snapshot.guidance, *ranked, *(file.path for file in subject.snapshot.files))))


def _show_heads(ladder: _Ladder, order: Sequence[str], related: Sequence[Ranked], words: frozenset[str], forms: Forms) -> None:
    """The heads of definitions that the change uses, as far as they go: each takes some fifty tokens, and nothing of its size is worth more."""
    names = {file.path: file.names for file in related}
    named = [path for path in order if names.get(path)]
    for batch in _batches(named):
        ladder.show(forms.heads({path: names[path] for path in batch}), batch, forms.part)
    ladder.show(forms.heads({path: words | names[path] for path in named[:_FIRST]}), named[:_FIRST], forms.part)


def _show_unread(ladder: _Ladder, unread: Sequence[str], words: frozenset[str], forms: Forms) -> None:
    """Of changed files that did not fit: the heads of what the change names, then all signatures, as they were at the base."""
    ladder.show(forms.heads(dict.fromkeys(unread, words)), unread, forms.part)
    ladder.show(forms.signatures(unread), unread, forms.part)


def _step_down(ladder: _Ladder, order: Sequence[str], forms: Forms) -> None:
    """Some files whole; signatures of the next; then more whole with what room that leaves."""
    ladder.fill(order, _LARGEST_SHARE, kept=ladder.left * (1 - _WHOLE_SHARE))
    for batch in _batches([path for path in order if path not in ladder.whole]):
        made = forms.signatures(batch)
        if made and not ladder.show(made, batch, forms.part):
            break
    # What is left, if anything: once more to those of rank, then to whatever is small enough.
    ladder.fill(order, _LARGEST_SHARE)
    ladder.fill(order, 1.0)


def _words(subject: Subject) -> frozenset[str]:
    """Every word in the changed lines that could be a name."""
    files = subject.change.files if subject.change else ()
    lines = (line.text for file in files for hunk in file.hunks for line in hunk.lines if line.side is not Side.CONTEXT)
    return identifiers("\n".join(lines))


def _batches(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), _BATCH):
        yield paths[start : start + _BATCH]


def _kept(snapshot: Snapshot, ladder: _Ladder) -> Snapshot:
    kept = only(snapshot, ladder.whole, SkipReason.NO_ROOM)
    skipped = (file for file in kept.skipped if file.path not in ladder.parts)
    return replace(kept, skipped=tuple(skipped))
