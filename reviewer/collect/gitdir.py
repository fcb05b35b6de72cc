"""Where a repository keeps its parts, found by the documented layout (gitrepository-layout(5)) and without running git.

git itself would refuse a repository of another owner, would read whatever its configuration includes, and can be kept waiting for ever
by a named pipe in the right place; none of that may decide whether somebody else's code can be reviewed.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.collect.files import path_bytes, path_text, read_special
from reviewer.errors import SourceError

_SMALL = 65_536
_PACKED_REFS = 64 * 1024 * 1024
_OBJECT_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REFERENCE = re.compile(rb"refs(?:/[^/.\x00-\x20\x7f~^:?*\[\\][^/\x00-\x20\x7f~^:?*\[\\]*)+")
_PASSING = (b"FETCH_HEAD", b"ORIG_HEAD", b"MERGE_HEAD", b"CHERRY_PICK_HEAD", b"REVERT_HEAD", b"REBASE_HEAD")
_LONGEST_CHAIN = 5
"""References that point at references; git's own limit."""


@dataclass(frozen=True, slots=True)
class GitDir:
    """The three folders of a repository with a work tree."""

    root: Path
    """The top of the work tree."""
    private: Path
    """HEAD and index; below `worktrees/` for a linked work tree."""
    common: Path
    """Objects, references, configuration, info/."""


def read_part(git_dir: GitDir, path: Path, limit: int) -> bytes | None:
    """A file of git's own folder that names objects, at most `limit` bytes long; None when it is not there.

    What an archive brought may hold links to the references or the index of another repository of this machine, whose history would then
    be taken for this one's. Raises SourceError for such a link, and when the file cannot be read.
    """
    if _leads_out(git_dir, path):
        raise SourceError(f"{path} is a link out of the repository.", hint="Review a clone of it.")
    return read_special(path, limit)


def refuse_foreign(git_dir: GitDir, work_tree: str | None) -> None:
    """Raise SourceError when git's folder is that of other files: a `.git` file or link may lead to any repository of this machine.

    It is this one's when it lies among its files, or names them: as a linked work tree does, or by `work_tree` (core.worktree), as that
    of a submodule does.
    """
    if work_tree is None:
        back = read_special(git_dir.private / "gitdir", _SMALL)
        named = None if back is None else git_dir.private / path_text(back.strip(b"\n"))
        if _is_below(git_dir.private, git_dir.root) or (named is not None and _is_same(named, git_dir.root / ".git")):
            return
        claim = shlex.join(("git", "--git-dir", str(git_dir.private), "config", "core.worktree", str(git_dir.root)))
        hint = f"If it does: {claim}" if back is None else "If it was moved: git worktree repair"
        raise SourceError(f"{git_dir.private} does not say that it belongs to {git_dir.root}.", hint=hint)
    if not _is_same(git_dir.private / work_tree, git_dir.root):
        raise SourceError(
            f"The repository at {git_dir.root} says that its files are in another folder (core.worktree).",
            hint="Review a clone of it.",
        )


def _leads_out(git_dir: GitDir, path: Path) -> bool:
    return not any(_is_below(path, folder) for folder in (git_dir.private, git_dir.common))


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def find_git_dir(path: Path) -> GitDir | None:
    """The repository a folder lies in, looking upwards on the same file system as git does; None when there is none.

    Raises SourceError when the folder lies in a bare repository or in git's own folder, or when a `.git` file leads nowhere.
    """
    for folder in _upwards(path):
        if _is_git_dir(folder):
            raise SourceError(
                f"{folder} is a bare repository, or the inside of one: there are no files to review.",
                hint="Give a folder that is checked out, such as one made by `git worktree add` or `git clone`.",
            )
        private = _named_by(folder / ".git")
        if private is not None:
            return GitDir(folder, private, _common(private))
    return None


def find_common(path: Path) -> Path | None:
    """The folder that holds the objects of the repository `path` lies in, with a work tree or bare; None when there is none.

    Raises SourceError when a `.git` file leads nowhere.
    """
    for folder in _upwards(path):
        private = folder if _is_git_dir(folder) else _named_by(folder / ".git")
        if private is not None:
            return _common(private)
    return None


def _upwards(path: Path) -> Iterator[Path]:
    """A folder and those above it, on the same file system."""
    device = _device(path)
    for folder in (path, *path.parents):
        if _device(folder) != device:
            return
        yield folder


def _device(folder: Path) -> int:
    """The file system a folder lies on. Raises SourceError when it is gone."""
    try:
        return folder.stat().st_dev
    except OSError as error:
        raise SourceError(f"{folder} cannot be read: {error.strerror}.") from error


def head_commit(git_dir: GitDir) -> str | None:
    """The full id of the commit HEAD stands at; None before the first commit, and where references are kept in a form not known here."""
    value = read_part(git_dir, git_dir.private / "HEAD", _SMALL)
    for _ in range(_LONGEST_CHAIN):
        if value is None:
            return None
        value = value.strip()
        if not value.startswith(b"ref:"):
            return value.decode() if _OBJECT_ID.fullmatch(value) else None
        value = _reference(git_dir, value[4:].strip())
    return None


def _reference(git_dir: GitDir, name: bytes) -> bytes | None:
    if not _REFERENCE.fullmatch(name):
        return None
    for folder in (git_dir.private, git_dir.common):
        loose = folder / path_text(name)
        if loose.is_file() and (value := read_part(git_dir, loose, _SMALL)) is not None:
            return value
    packed = read_part(git_dir, git_dir.common / "packed-refs", _PACKED_REFS) or b""
    end = packed.find(b" " + name + b"\n")
    return packed[:end].rpartition(b"\n")[2] if end > 0 else None


def _named_by(entry: Path) -> Path | None:
    """The git folder that a `.git` folder, link or file stands for; None when it is no repository."""
    try:
        mode = entry.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(f"{entry} cannot be read: {error.strerror}.") from error
    if stat.S_ISDIR(mode):
        return entry if _is_git_dir(entry) else None
    content = read_special(entry, _SMALL) or b""
    if content.startswith(b"gitdir:"):
        target = entry.parent / path_text(content[7:].strip(b" \n"))
        if _is_git_dir(target):
            return Path(os.path.normpath(target))
    raise SourceError(
        f"{entry} does not lead to a repository.",
        hint="If it is a submodule or a work tree whose repository was moved, run `git submodule update` or `git worktree repair`.",
    )


def _is_git_dir(folder: Path) -> bool:
    try:
        return stat.S_ISREG((folder / "HEAD").stat().st_mode) and (
            (folder / "commondir").is_file() or ((folder / "objects").is_dir() and (folder / "refs").is_dir())
        )
    except OSError:
        return False


def _common(private: Path) -> Path:
    """Where the other work trees have it too. git makes `commondir` only two folders below what it names."""
    content = read_special(private / "commondir", _SMALL)
    if content is None:
        return private
    common = Path(os.path.normpath(private / path_text(content.strip(b"\n"))))
    if private.parent.name != "worktrees" or not _is_same(private.parent.parent, common):
        raise SourceError(f"{private} says that it is part of another repository (commondir).", hint="Review a clone of it.")
    return common


def read_references(git_dir: GitDir) -> dict[bytes, bytes]:
    """Every branch, tag and other reference, with the object id it stands for; and the passing heads, such as `MERGE_HEAD`.

    A reference that points at another is given with what that one stands for. Malformed ones and links out of git's folder are left
    out. Raises SourceError when one of git's files cannot be read.
    """
    values = _packed(read_part(git_dir, git_dir.common / "packed-refs", _PACKED_REFS) or b"")
    for folder in dict.fromkeys((git_dir.common, git_dir.private)):
        for name in _loose(folder):
            if _leads_out(git_dir, folder / path_text(name)):
                continue
            if (value := read_part(git_dir, folder / path_text(name), _SMALL)) is not None:
                values[name] = value.strip()
    for name in _PASSING:
        if (value := read_part(git_dir, git_dir.private / path_text(name), _SMALL)) is not None:
            values[name] = re.split(rb"\s", value, maxsplit=1)[0]
    return {name: found for name, value in values.items() if (found := _followed(value, values)) is not None}


def _packed(content: bytes) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    for line in content.split(b"\n"):
        value, _, name = line.partition(b" ")
        if _OBJECT_ID.fullmatch(value) and _REFERENCE.fullmatch(name):
            values[name] = value
    return values


def _loose(folder: Path) -> Iterator[bytes]:
    for place, _, names in os.walk(folder / "refs"):
        for name in names:
            reference = path_bytes((Path(place) / name).relative_to(folder).as_posix())
            if _REFERENCE.fullmatch(reference):
                yield reference


def _followed(value: bytes, values: Mapping[bytes, bytes]) -> bytes | None:
    for _ in range(_LONGEST_CHAIN):
        if not value.startswith(b"ref:"):
            return value if _OBJECT_ID.fullmatch(value) else None
        value = values.get(value[4:].strip(), b"")
    return None


def top_of(path: Path) -> Path:
    """The top of the repository at a path, or the path itself, absolute, outside of one. Raises SourceError inside a bare repository."""
    git_dir = find_git_dir(path.absolute())
    return git_dir.root if git_dir else path.absolute()
