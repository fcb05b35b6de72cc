"""Two trees in, the files that differ and their hunks out; and the same from a patch that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk as ParsedHunk
from unidiff.patch import Line as ParsedLine
from unidiff.patch import PatchSet

from reviewer.collect.changes import ChangedFile, ChangeKind, DiffLine, Hunk, Side
from reviewer.collect.files import path_bytes
from reviewer.collect.hunk_text import LineText, blob_text, blob_utf8, guess, line_text, open_blobs
from reviewer.collect.patch_parts import PatchPart, split_patch
from reviewer.collect.raw_diff import parse_raw, shown_parts
from reviewer.collect.redact import redacted_file
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository
    from reviewer.collect.tree import TreeReader

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
_BIG_FILE = 8 * 1024 * 1024
_BOUNDED = ("-c", f"core.bigFileThreshold={_BIG_FILE}")
"""Larger files are shown as binary: comparing a hundred million line feeds, which pack to nothing, takes minutes and gigabytes."""
_MOST_LINES = 3_000_000
"""Lines of diff that are parsed, at 10 microseconds and 400 bytes each."""
_NAMES = ("--- a/file\n", "+++ b/file\n")
_SIDES = {side.value: side for side in Side}
"""A look-up, because a long change has a million lines and asking the enum takes as long as all else for a line."""


@dataclass(frozen=True, slots=True)
class _Section:
    """The part of a patch that speaks of one file."""

    binary: bool
    hunks: tuple[ParsedHunk, ...]
    decoded: bool = False
    """Whether the hunks are of text that was decoded to UTF-8 before it was compared."""


_Blobs = tuple[str | None, str | None]
"""Ids of the two sides that a part of git's patch compares; None where the file does not exist."""


def compare(repository: Repository, base_tree: str, head_tree: str, *, redacts: bool = True) -> tuple[ChangedFile, ...]:
    """What differs between two trees (full object ids), sorted by path as bytes; renames and copies are found.

    Its lines are without secrets, unless the operator typed --no-redact (`redacts`).

    No `.gitattributes` has a say: whoever wrote the change must not decide that its lines are not shown. Raises SourceError when git
    lacks an object that it has to look into.
    """
    trees = ("--end-of-options", base_tree, head_tree)
    try:
        raw = repository.run("diff-tree", "-r", "-z", "--raw", "--no-abbrev", *_RENAMES, *trees, work_tree=False)
        patch = repository.run(*_BOUNDED, "diff-tree", "-r", *_PATCH, *_RENAMES, *trees, work_tree=False)
    except SourceError as error:
        raise SourceError(
            f"The change cannot be shown: {error.message}",
            hint="In a partial clone let git fetch what is missing: `git diff` of the same commits does, or `git fetch --refetch`.",
        ) from error
    _refuse_long(patch)
    files = list(parse_raw(raw))
    parts = [_from_first_hunk(part) for part in _parts_of(patch)]
    sides = [side for file in files for side in _sides(file)]
    if len(parts) != len(sides):
        raise SourceError("git lists other files than it shows: the change cannot be read.")
    with open_blobs(repository, (blob for file in files for blob in (file.old_blob, file.new_blob))) as blobs:
        decoded = _decoded_patches(
            repository, {number: sides[number] for number, (binary, _) in enumerate(parts) if binary}, blobs
        )
        sections = (
            _section(binary=False, hunks=decoded[number], decoded=True) if number in decoded else _section(*part)
            for number, part in enumerate(parts)
        )
        whole = [_with_hunks(file, [next(sections) for _ in shown_parts(file)], blobs) for file in files]
        if redacts:
            whole = [redacted_file(file, partial(blob_text, blobs)) for file in whole]
    return tuple(sorted(whole, key=lambda file: path_bytes(file.path)))


def parse_patch(data: bytes, *, redacts: bool = True) -> tuple[ChangedFile, ...]:
    """The files of a patch that stands alone, as git or `diff -u` writes it, sorted by path as bytes; without secrets, as in `compare`.

    Raises SourceError when it holds no change, when it cannot be read, or when it changes one file twice: what the file is in between
    cannot be known without it.
    """
    parts = split_patch(data)
    if not parts:
        raise SourceError("The patch holds no change.")
    files: dict[str, ChangedFile] = {}
    for part in parts:
        file = _patched_file(part, _section(part.binary, part.hunks))
        known = files.get(file.path)
        if known is not None:
            file = _type_changed(known, file)
        files[file.path] = file
    every = map(redacted_file, files.values()) if redacts else files.values()
    return tuple(sorted(every, key=lambda file: path_bytes(file.path)))


def _refuse_long(patch: bytes) -> None:
    if (lines := patch.count(b"\n")) > _MOST_LINES:
        raise SourceError(
            f"The change has {lines:,} lines of diff; at most {_MOST_LINES:,} are looked at.",
            hint="Name a smaller one: a part of the commits with --range, or a folder as PATH.",
        )


def _parts_of(patch: bytes) -> list[bytes]:
    """The parts of git's patch, one a file. Every line of a hunk begins with another character, so nothing in a file can forge one."""
    return (b"\n" + patch).split(b"\ndiff --git ")[1:]


def _from_first_hunk(part: bytes) -> tuple[bool, bytes]:
    """Whether git calls the file binary, and the hunks of its part of the patch."""
    head, found, hunks = part.partition(b"\n@@ ")
    return b"\nBinary files " in head, b"@@ " + hunks if found else b""


def _sides(file: ChangedFile) -> list[_Blobs]:
    """What each part of git's patch of a file compares: a change of type is shown as a deletion and an addition."""
    if file.kind is ChangeKind.TYPE_CHANGED:
        return [(file.old_blob, None), (None, file.new_blob)]
    return [(file.old_blob, file.new_blob)]


def _decoded_patches(repository: Repository, binary: Mapping[int, _Blobs], blobs: TreeReader) -> dict[int, bytes]:
    """The hunks of files that git calls binary and that are text once decoded, UTF-16 above all, by the number of their part.

    Each side is written to the shadow as UTF-8, so that git compares lines as it does everywhere else; the encodings of the two sides may
    differ. A file of which one side is not text has no hunks, and is not among them.
    """
    texts: dict[int, tuple[bytes | None, bytes | None]] = {}
    for number, pair in binary.items():
        old, new = (blob_utf8(blobs, blob, _BIG_FILE) if blob else None for blob in pair)
        if all((blob is None) == (text is None) for blob, text in zip(pair, (old, new), strict=True)):
            texts[number] = (old, new)
    if not texts:
        return {}
    trees = (_tree_of(repository, {number: pair[side] for number, pair in texts.items()}) for side in (0, 1))
    patch = repository.run("diff-tree", "-r", *_PATCH, "--no-renames", "--end-of-options", *trees, work_tree=False)
    _refuse_long(patch)
    changed = {int(part.partition(b" ")[0].removeprefix(b"a/")): _from_first_hunk(part)[1] for part in _parts_of(patch)}
    return {number: changed.get(number, b"") for number in texts}


def _tree_of(repository: Repository, texts: Mapping[int, bytes | None]) -> str:
    """A tree in the shadow in which each text is a file with its number as its name."""
    with TemporaryDirectory(dir=repository.folder) as folder:
        paths = {number: Path(folder, str(number)) for number, text in texts.items() if text is not None}
        for number, path in paths.items():
            path.write_bytes(texts[number] or b"")
        listed = "".join(f"{path}\n" for path in paths.values()).encode()
        ids = repository.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed, work_tree=False).decode().split()
    entries = "".join(f"100644 blob {blob}\t{number}\0" for number, blob in zip(paths, ids, strict=True))
    return repository.run("mktree", "-z", stdin=entries.encode(), work_tree=False).decode("ascii").strip()


def _section(binary: bool, hunks: bytes, *, decoded: bool = False) -> _Section:  # noqa: FBT001 - as `_from_first_hunk` gives it
    """The hunks of one file, parsed.

    The name before them is of our making: the patch's own may be quoted in a way the parser does not know. Bytes go through it as
    Latin-1, one character each, so that none is lost whatever the encoding.
    """
    try:
        (file,) = PatchSet([*_NAMES, *_lines(hunks)])
    except (UnidiffParseError, ValueError) as error:
        raise SourceError(
            "The patch cannot be read: a hunk is shorter or longer than its @@ line says, or is no hunk."
        ) from error
    if any((one.source_length and not one.source_start) or (one.target_length and not one.target_start) for one in file):
        raise SourceError("The patch cannot be read: a hunk holds a line before line 1.")
    return _Section(binary, tuple(file), decoded)


def _lines(data: bytes) -> list[str]:
    """Lines as the parser wants them: ended by line feeds alone, whatever else a file uses to break lines."""
    lines = [f"{line}\n" for line in data.decode("latin-1").split("\n")]
    return lines[:-1] if data.endswith(b"\n") or not data else lines


def _with_hunks(file: ChangedFile, sections: list[_Section], blobs: TreeReader) -> ChangedFile:
    sections = [section for section, shown in zip(sections, shown_parts(file), strict=True) if shown]
    hunks = [hunk for section in sections for hunk in section.hunks]
    plain = all(line.value.isascii() for hunk in hunks for line in hunk)
    decoded = any(section.decoded for section in sections)
    how = LineText() if plain or decoded else line_text(blobs, file.old_blob, file.new_blob)
    return replace(
        file,
        binary=any(section.binary for section in sections),
        decoded=decoded,
        hunks=tuple(_hunk(hunk, how) for hunk in hunks),
    )


def _patched_file(part: PatchPart, section: _Section) -> ChangedFile:
    values = [line.value for hunk in section.hunks for line in hunk]
    how = LineText() if all(map(str.isascii, values)) else guess("".join(values).encode("latin-1"))
    return ChangedFile(
        path=part.path,
        old_path=part.old_path,
        kind=part.kind,
        old_mode=part.old_mode,
        new_mode=part.new_mode,
        binary=section.binary,
        hunks=tuple(_hunk(hunk, how) for hunk in section.hunks),
    )


def _type_changed(first: ChangedFile, second: ChangedFile) -> ChangedFile:
    """The deletion and the addition that together change a file's type."""
    if first.kind is not ChangeKind.DELETED or second.kind is not ChangeKind.ADDED:
        raise SourceError(
            f"The patch changes {second.path} more than once.",
            hint="Review it in the repository that it is for, or give one patch at a time.",
        )
    return ChangedFile(
        path=second.path,
        kind=ChangeKind.TYPE_CHANGED,
        old_mode=first.old_mode,
        new_mode=second.new_mode,
        binary=first.binary or second.binary,
        hunks=first.hunks + second.hunks,
    )


def _hunk(parsed: ParsedHunk, how: LineText) -> Hunk:
    lines: list[DiffLine] = []
    for line in parsed:
        if line.line_type == "\\":
            if lines:
                last = lines[-1]
                lines[-1] = DiffLine(last.side, last.old, last.new, last.text, has_newline=False)
        elif line.line_type:  # an empty one stands for a blank line between two files
            lines.append(_line(line, how))
    return Hunk(
        old_start=parsed.source_start,
        old_count=parsed.source_length,
        new_start=parsed.target_start,
        new_count=parsed.target_length,
        section=LineText().of(parsed.section_header, Side.CONTEXT, 0),
        lines=tuple(lines),
    )


def _line(parsed: ParsedLine, how: LineText) -> DiffLine:
    side = _SIDES[parsed.line_type]
    old, new = parsed.source_line_no or 0, parsed.target_line_no or 0
    return DiffLine(side, old, new, how.of(parsed.value.removesuffix("\n"), side, new or old))
