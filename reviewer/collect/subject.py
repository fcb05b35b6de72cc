"""What is put before a finder: a repository as it is, or a change to it in the light of the whole repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from reviewer.collect.changes import Change, ChangeKind, Side
from reviewer.collect.files import path_bytes
from reviewer.collect.past import NO_PAST, Past
from reviewer.collect.secrets import Secret
from reviewer.collect.snapshot import Snapshot, SourceFile
from reviewer.collect.texts import read_redacted, read_whole
from reviewer.collect.unread import Unread, named, unread
from reviewer.outcome import SkippedFile, SkipReason

_File = TypeVar("_File", SourceFile, SkippedFile)

_NOT_SENT = frozenset({SkipReason.NO_ROOM, SkipReason.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The same repository at a commit that was put before a model a short while ago, when the provider's cache may still have it."""

    commit: str
    texts: Mapping[str, str]
    """Path → text of its documents."""
    past: Past
    secrets: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict)
    """What was taken out of those texts, by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is reviewed. Choosing what of it fits a window gives another Subject."""

    snapshot: Snapshot
    """The repository: as it is, or at the base of `change`. What does not fit is among its `skipped`, with SkipReason.NO_ROOM."""
    change: Change | None = None
    head: Snapshot | None = None
    """The changed files that exist at the head, read or skipped by the base's rules; None exactly when `change` is."""
    outlines: Mapping[str, str] = field(default_factory=dict)
    """Path → signatures, for files of which there is no room for more; such a path is in neither `snapshot.files` nor `skipped`."""
    name: str = ""
    """What a report calls it, where the folder's name will not do: `octo/app#12`."""
    past: Callable[[], Past] = field(default=lambda: NO_PAST, compare=False, repr=False)
    """How the documents came to be as they are: it orders them in a prompt. Read when first asked for."""
    earlier: Earlier | None = None
    """Documents to begin the prompt with instead of today's; what differs from them today follows. Only where no change is reviewed."""

    @property
    def title(self) -> str:
        """What a report calls it."""
        return self.name or self.snapshot.root.name

    @property
    def commit(self) -> str | None:
        """The full id of the commit that is reviewed; None outside git, and for the work tree, the index and a patch of a change."""
        return self.snapshot.commit if self.change is None else self.change.head.commit

    @property
    def replaced(self) -> frozenset[str]:
        """Paths of the base whose file is another one, or gone, at the head."""
        if self.change is None:
            return frozenset()
        files = (file for file in self.change.files if file.kind is not ChangeKind.COPIED)
        return frozenset(path for file in files for path in (file.path, file.old_path) if path)

    @property
    def hidden(self) -> Mapping[str, SkipReason]:
        """Path → why, of the changed files whose lines a rule leaves out. Of a deleted file, what it was at the base decides."""
        if self.change is None or self.head is None:
            return {}
        gone = {file.path for file in self.change.files if file.kind is ChangeKind.DELETED}
        skipped = (*self.head.skipped, *(file for file in self.snapshot.skipped if file.path in gone))
        return {file.path: file.reason for file in skipped if file.reason.hides_lines}

    def unread(self, *, checked: bool) -> tuple[Unread, ...]:
        """The changed files of which nobody sees a line: no model or, if `checked`, none of the built-in checks (see `unread.py`)."""
        if self.change is None or self.head is None:
            return ()
        return unread(self.change.files, self.hidden, self.head, checked=checked)

    def why_nothing(self, *, checked: bool) -> str:
        """Why the change leaves nothing to look at, for which nobody need be asked; empty when there is something."""
        if self.change is None:
            return ""
        if not self.change.files:
            return f"no changed file lies in {self.snapshot.scope}" if self.snapshot.scope else "git found no difference"
        not_seen = self.unread(checked=checked)
        return f"no changed file can be read: {named(not_seen)}" if len(not_seen) == len(self.change.files) else ""

    @property
    def nothing(self) -> str:
        """`why_nothing` for a model."""
        return self.why_nothing(checked=False)

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Every file that is read whole, as it is after the change, sorted by path as bytes."""
        return self._current(self.snapshot.files, self.head.files if self.head else ())

    @property
    def skipped(self) -> tuple[SkippedFile, ...]:
        """Every file that is not read, as it is after the change, sorted by path as bytes."""
        return self._current(self.snapshot.skipped, self.head.skipped if self.head else ())

    def _current(self, base: tuple[_File, ...], head: tuple[_File, ...]) -> tuple[_File, ...]:
        if self.change is None:
            return base
        replaced = self.replaced
        current: list[_File] = [file for file in base if file.path not in replaced]
        current += head
        current.sort(key=lambda file: path_bytes(file.path))
        return tuple(current)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts of a subject: path → text, each in the order of the paths, without their secrets."""

    base: Mapping[str, str]
    """Of the documents: the whole repository, or its base."""
    head: Mapping[str, str] = field(default_factory=dict)
    """Of the changed files at the head."""
    current: Mapping[str, str]
    """What quotes are looked for in: every file of which the model sees a part, whole, and as it is after the change; of a changed link the
    path it leads to."""
    secrets: Mapping[str, tuple[Secret, ...]] = field(default_factory=dict)
    """What was taken out of the texts of `current`, by path."""


def read_subject(subject: Subject) -> tuple[Texts, tuple[SkippedFile, ...]]:
    """The texts of a subject, and the files that could not be read a second time (see `read_texts`)."""
    base = read_redacted(subject.snapshot)
    if subject.change is None or subject.head is None:
        return Texts(base=base.texts, current=base.texts, secrets=base.secrets), base.lost
    head = read_redacted(subject.head)
    unsent = read_whole(subject.head, (file.path for file in subject.head.skipped if file.reason in _NOT_SENT))
    outlined = read_whole(subject.snapshot, subject.outlines)
    replaced = subject.replaced
    current = {path: text for path, text in {**base.texts, **outlined.texts}.items() if path not in replaced}
    secrets = {path: found for path, found in {**base.secrets, **outlined.secrets}.items() if path not in replaced}
    texts = Texts(
        base=base.texts,
        head=head.texts,
        current=current | head.texts | unsent.texts | _links(subject.change, subject.head),
        secrets=secrets | head.secrets | unsent.secrets,
    )
    return texts, base.lost + head.lost


def _links(change: Change, head: Snapshot) -> dict[str, str]:
    """Where the changed links lead, by path: their only line in the diff, without secrets."""
    targets = {file.path: file.detail.removeprefix("to ") for file in head.skipped if file.reason is SkipReason.SYMBOLIC_LINK}
    for file in change.files:
        if file.path in targets and file.hunks:
            lines = (line.text for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED)
            targets[file.path] = "\n".join(lines)
    return {path: target for path, target in targets.items() if target}
