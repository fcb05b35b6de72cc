"""The texts of a repository's files as they leave this room: without their secrets, each line at its own number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewer.collect.decoding import decode
from reviewer.collect.files import NotReadError, Reader, path_bytes
from reviewer.collect.secrets import Secret, redact
from reviewer.collect.snapshot import Snapshot
from reviewer.outcome import SkippedFile, SkipReason

_LARGEST = 1 << 30
"""Bytes: no limit. Such a file was read, and held to the operator's limit, when it was collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTexts:
    """Texts of files, by path."""

    texts: dict[str, str]
    """Without their secrets, unless the operator typed --no-redact."""
    secrets: dict[str, tuple[Secret, ...]]
    """What was taken out, of those texts that held any."""
    lost: tuple[SkippedFile, ...] = ()
    """Files that could not be read a second time."""


def read_texts(snapshot: Snapshot, paths: Iterable[str] | None = None) -> tuple[dict[str, str], tuple[SkippedFile, ...]]:
    """The texts of `read_redacted`, and the files that could not be read."""
    read = read_redacted(snapshot, paths)
    return read.texts, read.lost


def read_redacted(snapshot: Snapshot, paths: Iterable[str] | None = None) -> FileTexts:
    """The texts of a snapshot's files (all, or those named), as they are now, newlines untouched and byte order marks dropped.

    What can no longer be read, or has another size or number of lines than when it was collected, is not among the texts but `lost`, so
    that nobody reasons about a text that was never measured.
    """
    wanted = None if paths is None else frozenset(paths)
    texts: dict[str, str] = {}
    lost: list[SkippedFile] = []
    with snapshot.reader() if snapshot.reader else Reader(snapshot.root) as reader:
        for file in snapshot.files:
            if wanted is not None and file.path not in wanted:
                continue
            try:
                text = decode(reader.read(file.path, max(file.size, 1)))
            except NotReadError as error:
                reason = SkipReason.UNREADABLE if error.reason is SkipReason.UNREADABLE else SkipReason.CHANGED
                lost.append(SkippedFile(file.path, reason, error.detail or error.reason))
                continue
            if text is None or text.size != file.size or text.lines != file.lines:
                lost.append(SkippedFile(file.path, SkipReason.CHANGED))
            else:
                texts[file.path] = text.text
    return _redacted(texts, tuple(lost), snapshot)


def read_whole(snapshot: Snapshot, paths: Iterable[str], largest: int = _LARGEST) -> FileTexts:
    """The texts of files by their paths, also of those that are not among the snapshot's own: of which only signatures or hunks are sent.

    What is no text, is gone, or is larger than `largest` bytes is not among them; what could not be read is `lost`.
    """
    texts: dict[str, str] = {}
    lost: list[SkippedFile] = []
    with snapshot.reader() if snapshot.reader else Reader(snapshot.root) as reader:
        for path in sorted(paths, key=path_bytes):
            try:
                text = decode(reader.read(path, largest))
            except NotReadError as error:
                lost.append(SkippedFile(path, error.reason, error.detail))
                continue
            if text is not None:
                texts[path] = text.text
    return _redacted(texts, tuple(lost), snapshot)


def _redacted(texts: Mapping[str, str], lost: tuple[SkippedFile, ...], snapshot: Snapshot) -> FileTexts:
    if not snapshot.redacts:
        return FileTexts(texts=dict(texts), secrets={}, lost=lost)
    redacted = {path: redact(text) for path, text in texts.items()}
    return FileTexts(
        texts={path: each.text for path, each in redacted.items()},
        secrets={path: each.secrets for path, each in redacted.items() if each.secrets},
        lost=lost,
    )
