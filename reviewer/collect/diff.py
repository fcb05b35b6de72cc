"""Two trees in, the files that differ and their hunks out; and the same from a patch that somebody wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as ParsedHunk
from unidiff.patch import PatchSet

from reviewer.collect.changes import ChangedFile, ChangeKind, DiffLine, Hunk, Side
from reviewer.collect.files import path_bytes, path_text
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_RENAMES = ("-M", "-C", "-l1000")
"""Half of the lines alike, as on GitHub; copies of changed files only. Above 1,000 candidates only exact renames are found: the
cost grows with the square."""
_PATCH = (
    "-p",
    "--full-index",
    "--unified=3",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
"""The default algorithm and three lines of context, as GitHub shows a change: an anchor has to lie in GitHub's own hunks."""
_KINDS = {
    "A": ChangeKind.ADDED,
    "D": ChangeKind.DELETED,
    "M": ChangeKind.MODIFIED,
    "R": ChangeKind.RENAMED,
    "C": ChangeKind.COPIED,
    "T": ChangeKind.TYPE_CHANGED,
}
_GITLINK = "160000"
_NO_MODE = "000000"


@dataclass(frozen=True, slots=True)
class _Record:
    """One record of git's raw format."""

    old_mode: str
    new_mode: str
    old_id: str
    new_id: str
    kind: ChangeKind
    old_path: bytes
    path: bytes

    @property
    def sections(self) -> int:
        """Parts of a patch that speak of it: git shows a change of type as a deletion and an addition."""
        return 2 if self.kind is ChangeKind.TYPE_CHANGED else 1


def compare(repository: Repository, base_tree: str, head_tree: str) -> tuple[ChangedFile, ...]:
    """What differs between two trees (full object ids), sorted by path as bytes; renames and copies are found.

    No attribute of any `.gitattributes` has a say: whoever wrote the change must not decide that its lines are not shown. Raises
    SourceError when git lacks an object that it has to look into.
    """
    trees = ("--end-of-options", base_tree, head_tree)
    try:
        raw = repository.run("diff-tree", "-r", "-z", "--raw", "--no-abbrev", *_RENAMES, *trees, work_tree=False)
        patch = repository.run("diff-tree", "-r", *_PATCH, *_RENAMES, *trees, work_tree=False)
    except SourceError as error:
        raise SourceError(
            f"The change cannot be shown: {error.message}",
            hint="If the clone is partial, make it whole: git fetch --refetch",
        ) from error
    records = list(_records(raw))
    sections = _sections(patch)
    if len(sections) != sum(record.sections for record in records):
        raise SourceError("git lists other files than it shows: the change cannot be read.")
    parsed = iter(_parsed(sections))
    files = [_changed_file(record, [next(parsed) for _ in range(record.sections)]) for record in records]
    return tuple(sorted(files, key=lambda file: path_bytes(file.path)))


def _records(raw: bytes) -> Iterator[_Record]:
    fields = iter(raw.split(b"\0"))
    for facts in fields:
        if not facts:
            return
        old_mode, new_mode, old_id, new_id, status = facts.removeprefix(b":").decode("ascii").split(" ")
        kind = _KINDS[status[:1]]
        old_path = path = next(fields)
        if kind in {ChangeKind.RENAMED, ChangeKind.COPIED}:
            path = next(fields)
        if kind is ChangeKind.MODIFIED and old_id == new_id:
            kind = ChangeKind.MODE_CHANGED
        yield _Record(old_mode, new_mode, old_id, new_id, kind, old_path, path)


def _sections(patch: bytes) -> list[bytes]:
    """The parts of git's patch, one a file. Every line of a hunk begins with another character, so nothing in a file can forge one."""
    return (b"\n" + patch).split(b"\ndiff --git ")[1:]


@dataclass(frozen=True, slots=True)
class _Section:
    binary: bool
    hunks: tuple[ParsedHunk, ...]


def _parsed(sections: list[bytes]) -> list[_Section]:
    """The hunks of each part. Names are replaced by numbers before: those of the patch may be quoted in a way the parser does not know.

    Bytes go through it as Latin-1, one character each, so that none is lost whatever the encoding.
    """
    lines: list[str] = []
    for number, section in enumerate(sections):
        start = section.find(b"\n@@ ")
        body = section[start + 1 :] if start >= 0 else b""
        lines += (f"--- a/{number}\n", f"+++ b/{number}\n", *_lines(body))
    # A file without hunks would be taken for one with the next file's, if it did not have a header of its own.
    patched = {int(file.target_file[2:]): file for file in _patch_set(lines)}
    return [
        _Section(b"\nBinary files " in section.partition(b"\n@@ ")[0], tuple(patched[number]))
        for number, section in enumerate(sections)
    ]


def _patch_set(lines: Iterable[str]) -> PatchSet:
    try:
        return PatchSet(lines)
    except (UnidiffParseError, ValueError) as error:
        raise SourceError(f"The patch cannot be read: {error}") from error


def _lines(data: bytes) -> list[str]:
    """Lines as the parser wants them: ended by line feeds alone, whatever else a file uses to break lines."""
    lines = [f"{line}\n" for line in data.decode("latin-1").split("\n")]
    return lines[:-1] if data.endswith(b"\n") or not data else lines


def _changed_file(record: _Record, sections: list[_Section]) -> ChangedFile:
    modes = (record.old_mode, record.new_mode)
    shown = [section for section, mode in zip(sections, modes, strict=False) if mode != _GITLINK]
    if record.kind is not ChangeKind.TYPE_CHANGED and _GITLINK in modes:
        shown = []
    renamed = record.kind in {ChangeKind.RENAMED, ChangeKind.COPIED}
    return ChangedFile(
        path=path_text(record.path),
        old_path=path_text(record.old_path) if renamed else None,
        kind=record.kind,
        old_mode="" if record.old_mode == _NO_MODE else record.old_mode,
        new_mode="" if record.new_mode == _NO_MODE else record.new_mode,
        old_blob=record.old_id if record.old_id.strip("0") else None,
        new_blob=record.new_id if record.new_id.strip("0") else None,
        binary=any(section.binary for section in shown),
        hunks=tuple(_hunk(hunk) for section in shown for hunk in section.hunks),
    )


def _hunk(parsed: ParsedHunk) -> Hunk:
    lines: list[DiffLine] = []
    for line in parsed:
        if line.line_type == "\\":
            if lines:
                last = lines[-1]
                lines[-1] = DiffLine(last.side, last.old, last.new, last.text, has_newline=False)
        elif line.line_type:  # an empty one stands for a blank line between two files
            text = _text(line.value.removesuffix("\n"))
            lines.append(DiffLine(Side(line.line_type), line.source_line_no or 0, line.target_line_no or 0, text))
    return Hunk(
        old_start=parsed.source_start,
        old_count=parsed.source_length,
        new_start=parsed.target_start,
        new_count=parsed.target_length,
        section=_text(parsed.section_header),
        lines=tuple(lines),
    )


def _text(latin: str) -> str:
    if latin.isascii():
        return latin
    data = latin.encode("latin-1")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def parse_patch(data: bytes) -> tuple[ChangedFile, ...]:
    """The files of a patch that stands alone, as git or `diff -u` writes it. Raises SourceError when it cannot be read."""
    files = []
    for file in _patch_set(_lines(data)):
        old, new = file.source_file, file.target_file
        kind = ChangeKind.ADDED if old == "/dev/null" else ChangeKind.DELETED if new == "/dev/null" else ChangeKind.MODIFIED
        files.append(
            ChangedFile(path=file.path, kind=kind, binary=file.is_binary_file, hunks=tuple(_hunk(hunk) for hunk in file))
        )
    return tuple(sorted(files, key=lambda file: path_bytes(file.path)))
