"""What collecting a repository yields: the files that were read, the files that were not, and why."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from reviewer.outcome import SkippedFile


class FileReader(Protocol):
    """Reads the files of one state of a repository: those on disk, or those of a tree in git's object store."""

    def read(self, path: str, limit: int) -> bytes:
        """The whole content of a regular file of at most `limit` bytes; raises NotReadError for everything else."""

    def size(self, path: str) -> int:
        """Bytes of a regular file; raises NotReadError for everything else."""

    def link_target(self, path: str) -> str:
        """Where a symbolic link points; empty when it is none."""


OpenReader = Callable[[], AbstractContextManager[FileReader]]


class Encoding(StrEnum):
    """How a file's bytes were turned into text. The values are Python codec names."""

    UTF_8 = "utf-8"
    UTF_8_BOM = "utf-8-sig"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    CP1252 = "cp1252"
    """Neither UTF-8 nor marked UTF-16, and without NUL: read as Windows-1252, undefined bytes as U+FFFD."""


@dataclass(frozen=True, slots=True)
class TextMeasure:
    """What the token estimate needs to know of one text, independent of any model. See `measure.py`."""

    characters: int
    non_ascii: int
    """Characters above U+007F."""
    claude2: float
    """Estimated tokens in Claude 2's public vocabulary."""
    o200k: float
    """Estimated tokens in the o200k vocabulary."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read whole."""

    path: str
    size: int
    """Bytes on disk."""
    lines: int
    encoding: Encoding
    measure: TextMeasure
    blob: str | None
    """The git blob id when the file on disk is the one git has in its index; None when untracked, modified or outside git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A repository (or plain folder) as it was collected. `files` and `skipped` are sorted by path as bytes."""

    root: Path
    """The top of the repository, or the folder itself: what the paths are relative to."""
    scope: str
    """The part that was asked for, relative to `root`; empty for all of it."""
    commit: str | None
    """The full id of HEAD; None outside git and before the first commit."""
    in_git: bool
    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedFile, ...]
    guidance: tuple[str, ...]
    """Those of `files` that are the project's own guidance: CLAUDE.md, AGENTS.md, REVIEW.md."""
    notes: tuple[str, ...] = ()
    """What the reader should know of the collecting itself."""
    redacts: bool = True
    """Whether texts read from it come without their secrets; False only where the operator typed --no-redact."""
    reader: OpenReader | None = field(default=None, compare=False, repr=False)
    """Opens what the texts are read from; None for the files below `root`."""
