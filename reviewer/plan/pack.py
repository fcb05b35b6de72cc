"""What of a subject goes in when not all of it does: files step down from whole to signatures to name only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from reviewer.collect.files import path_bytes
from reviewer.collect.snapshot import Snapshot, SourceFile
from reviewer.collect.subject import Subject
from reviewer.findings import SkippedFile, SkipReason

_WHOLE_SHARE = 0.5
"""Of the room beside the changed files, what whole files may take before signatures had their turn: what a changed line uses is often
defined in dozens of files, and the head line of a definition says most of what a reviewer asks of it at a tenth of the tokens."""
_LARGEST_SHARE = 0.25
"""Of the room that is left, what one file may take. So a huge file does not block many small ones behind it, and the further down a file
stands, the smaller it must be to go in whole: rank still decides."""
_CHANGED_SHARE = 0.8
"""Of all room, what changed files may take when they do not all fit anyway: the rest tells what they use."""
_BATCH = 50
"""Files whose signatures are asked for at once; most of the files of a large repository never are."""


class Ranked(Protocol):
    """A file of the base, in its place in a ranking."""

    @property
    def path(self) -> str:
        """Repository-relative."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What things take of the room, in any one unit (tokens), with all that stands around them in the prompt."""

    file: Callable[[SourceFile], float]
    """A file that goes in whole."""
    outline: Callable[[str, str], float]
    """A file, by its path, of which these signatures go in."""


Outlines = Callable[[Sequence[str]], Mapping[str, str]]
"""Makes the signatures of files of the base, by path. A file that has none is left out of the answer."""


def pack(subject: Subject, related: Sequence[Ranked], room: float, costs: Costs, outlines: Outlines) -> Subject:
    """The part of a change's `subject` that takes at most `room`, the files of the base chosen in the order of `related`.

    Every file keeps its place: whole, as signatures, or among the skipped with SkipReason.NO_ROOM. The changed files come first. The
    project's guidance follows, and the base versions of changed files, which the diff shows as well, come last.
    """
    assert subject.head is not None, "only a change is packed: a repository as it is goes in whole or not at all"  # noqa: S101
    sizes = {file.path: costs.file(file) for file in subject.snapshot.files}
    head = _changed(subject.head, room, costs)
    room -= sum(costs.file(file) for file in head.files)
    ladder = _Ladder(sizes, room)
    order = _order(subject, related)
    replaced = [path for path in order if path in subject.replaced and path not in subject.snapshot.guidance]
    current = [path for path in order if path not in frozenset(replaced)]
    if sum(sizes[path] for path in current) > room:
        _step_down(ladder, current, costs, outlines)
    else:
        ladder.whole.update(current)
    ladder.fill(replaced, 1.0)
    return replace(subject, snapshot=_kept(subject.snapshot, ladder), head=head, outlines=dict(sorted(ladder.outlines.items())))


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
        self.sizes = sizes
        self.room = room
        self.whole: set[str] = set()
        self.outlines: dict[str, str] = {}
        self._outline_sizes: dict[str, float] = {}

    @property
    def left(self) -> float:
        return self.room - sum(self.sizes[path] for path in self.whole) - sum(self._outline_sizes.values())

    def fill(self, paths: Sequence[str], share: float, kept: float = 0.0) -> None:
        """Take files whole, in this order, those as large as `share` of what is left (less `kept`) passed over."""
        left = self.left - kept
        for path in paths:
            if path not in self.whole:
                more = self.sizes[path] - self._outline_sizes.get(path, 0.0)
                if more <= left * share:
                    left -= more
                    self.whole.add(path)
                    self.outlines.pop(path, None)
                    self._outline_sizes.pop(path, None)

    def take_outlines(self, made: Mapping[str, str], order: Sequence[str], costs: Costs) -> int:
        """Take signatures, in this order, those passed over that are too large; gives how many were taken."""
        left, taken = self.left, 0
        for path in order:
            if path in made:
                size = costs.outline(path, made[path])
                if size <= left * _LARGEST_SHARE and size < self.sizes[path]:
                    left -= size
                    taken += 1
                    self.outlines[path] = made[path]
                    self._outline_sizes[path] = size
        return taken


def _changed(head: Snapshot, room: float, costs: Costs) -> Snapshot:
    """The changed files that go in whole: all of them, or as many as can, the small ones first."""
    sizes = {file.path: costs.file(file) for file in head.files}
    left = room if sum(sizes.values()) <= room else room * _CHANGED_SHARE
    kept = set()
    for path in sorted(sizes, key=lambda path: (sizes[path], path_bytes(path))):
        if sizes[path] <= left:
            left -= sizes[path]
            kept.add(path)
    return only(head, kept, SkipReason.NO_ROOM)


def _order(subject: Subject, related: Sequence[Ranked]) -> list[str]:
    """Every file of the base once: the guidance, then as ranked, then what nobody ranked."""
    known = {file.path for file in subject.snapshot.files}
    ranked = (file.path for file in related if file.path in known)
    return list(dict.fromkeys((*subject.snapshot.guidance, *ranked, *(file.path for file in subject.snapshot.files))))


def _step_down(ladder: _Ladder, order: Sequence[str], costs: Costs, outlines: Outlines) -> None:
    """Some whole, then signatures of the next, then more whole with what room that leaves."""
    ladder.fill(order, _LARGEST_SHARE, kept=ladder.room * (1 - _WHOLE_SHARE))
    for batch in _batches([path for path in order if path not in ladder.whole]):
        made = outlines(batch)
        if made and not ladder.take_outlines(made, batch, costs):
            break
    # What is left, if anything: once more to those of rank, then to whatever is small enough.
    ladder.fill(order, _LARGEST_SHARE)
    ladder.fill(order, 1.0)


def _batches(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), _BATCH):
        yield paths[start : start + _BATCH]


def _kept(snapshot: Snapshot, ladder: _Ladder) -> Snapshot:
    kept = only(snapshot, ladder.whole, SkipReason.NO_ROOM)
    skipped = (file for file in kept.skipped if file.path not in ladder.outlines)
    return replace(kept, skipped=tuple(skipped))
