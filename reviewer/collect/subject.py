"""What is put before a finder: a repository as it is, or a change to it in the light of the whole repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reviewer.collect.changes import Change, ChangeKind
from reviewer.collect.decoding import decode
from reviewer.collect.files import Reader, path_bytes, read_texts
from reviewer.collect.snapshot import Snapshot
from reviewer.findings import SkippedFile

_LARGEST = 1 << 30
"""Bytes: no limit. An outlined file was read, and held to the operator's limit, when it was collected."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts of a subject: path → text, each in the order of the paths."""

    base: Mapping[str, str]
    """Of the documents: the whole repository, or its base."""
    head: Mapping[str, str] = field(default_factory=dict)
    """Of the changed files at the head."""
    outlined: Mapping[str, str] = field(default_factory=dict)
    """The whole texts of files of which the model sees only signatures: a quote of a signature is looked for there."""
    current: Mapping[str, str]
    """What quotes are looked for in: every file as it is after the change."""


def read_subject(subject: Subject) -> tuple[Texts, tuple[SkippedFile, ...]]:
    """The texts of a subject, and the files that could not be read a second time (see `read_texts`)."""
    base, lost = read_texts(subject.snapshot)
    if subject.change is None or subject.head is None:
        return Texts(base=base, current=base), lost
    head, more = read_texts(subject.head)
    outlined = _whole(subject.snapshot, subject.outlines)
    replaced = {
        name for file in subject.change.files for name in (file.path, file.old_path) if file.kind is not ChangeKind.COPIED
    }
    kept = {path: text for path, text in {**base, **outlined}.items() if path not in replaced}
    return Texts(base=base, head=head, outlined=outlined, current={**kept, **head}), lost + more


def _whole(snapshot: Snapshot, paths: Iterable[str]) -> dict[str, str]:
    """The texts of outlined files, which are no longer among the snapshot's own."""
    texts: dict[str, str] = {}
    with snapshot.reader() if snapshot.reader else Reader(snapshot.root) as reader:
        for path in sorted(paths, key=path_bytes):
            text = decode(reader.read(path, _LARGEST))
            if text is not None:
                texts[path] = text.text
    return texts
