"""A patch without its repository as a Subject: nothing is known but the lines of its hunks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from reviewer.collect.changes import Change
from reviewer.collect.diff import parse_patch
from reviewer.collect.files import NotReadError, path_bytes
from reviewer.collect.measure import measure
from reviewer.collect.patch import partial_texts
from reviewer.collect.snapshot import Encoding, FileReader, Snapshot, SourceFile
from reviewer.collect.subject import Subject
from reviewer.outcome import SkipReason


@dataclass(frozen=True, slots=True)
class _Kept:
    """A FileReader over texts in memory."""

    contents: Mapping[str, bytes]

    def read(self, path: str, limit: int) -> bytes:
        if self.size(path) > limit:
            raise NotReadError(SkipReason.TOO_LARGE, f"{self.size(path):,} bytes")
        return self.contents[path]

    def size(self, path: str) -> int:
        if path not in self.contents:
            raise NotReadError(SkipReason.DELETED)
        return len(self.contents[path])

    def link_target(self, path: str) -> str:  # noqa: ARG002 - a patch's texts hold no links
        return ""


def patch_subject(change: Change, patch: bytes, folder: Path, *, redacts: bool = True) -> Subject:
    """The subject of a patch that stands alone, of which `change` was made.

    Its head files hold the lines the patch shows, at their numbers, and blank ones between; like all files, they lose their secrets when
    they are read.
    """
    files = parse_patch(patch, redacts=False)
    contents = {path: text.encode("utf-8", "surrogateescape") for path, text in partial_texts(files).items()}
    sources = tuple(
        SourceFile(path, len(data), data.count(b"\n"), Encoding.UTF_8, measure(data), None)
        for path, data in sorted(contents.items(), key=lambda item: path_bytes(item[0]))
    )
    kept: FileReader = _Kept(contents)
    nothing = Snapshot(root=folder, scope="", commit=None, in_git=False, files=(), skipped=(), guidance=(), redacts=redacts)
    head = Snapshot(
        root=folder,
        scope="",
        commit=None,
        in_git=False,
        files=sources,
        skipped=(),
        guidance=(),
        redacts=redacts,
        notes=("There is no repository beside the patch: nothing but its own lines was reviewed.",),
        reader=lambda: nullcontext(kept),
    )
    return Subject(snapshot=nothing, change=change, head=head, name=change.label)
