"""git, asked about somebody else's repository in a way that cannot run anything the repository names.

A repository's configuration may name programs (fsmonitor, hooks, filters, textconv, diff drivers, upload-pack …) and git runs them in
the course of plain questions, whatever is switched off on the command line. So git never runs in the reviewed repository. It runs in a
shadow: an empty bare repository of our own that borrows the object store, and holds copies of the index, `info/exclude`,
`info/attributes`, `shallow` and the few settings that decide which files git lists.
"""

from __future__ import annotations

import errno
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from reviewer.collect.git_process import PATIENCE, WHICH_GIT, run_git, start_git
from reviewer.collect.gitdir import find_git_dir
from reviewer.collect.listing import LIST_ARGUMENTS, Entry, parse_listing
from reviewer.collect.shadow import Shadow, build_bare_shadow, build_shadow
from reviewer.errors import SourceError, StorageError

_PATIENCE_OUTSIDE = 1800.0
"""Seconds a fetch may take. A server that has fallen silent is given up much earlier, by git itself."""
_NO_ATTRIBUTES = ("-c", "attr.tree=refs/none")
"""git 2.43 to 2.45 reads, in a bare repository, the attributes that HEAD holds: a name that stands for nothing is no attributes at all."""
_CANNOT_WRITE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM})
"""No room, or no right: a umask can take it from what we have just made."""


def open_repository(path: Path) -> Repository | None:
    """The repository whose work tree holds `path` (a folder, absolute); None when there is none.

    Raises SourceError when git is not installed, when the repository is bare, or when its own files cannot be read; StorageError when
    there is no room for a shadow.
    """
    git_dir = find_git_dir(path)
    if git_dir is None:
        return None
    with _scratch() as folder:
        return Repository(build_shadow(git_dir, folder, run_git))


def open_objects(common: Path | None, *, sha256: bool) -> Repository:
    """A repository without a work tree: it borrows the objects below `common` (see `find_common`), or begins with none.

    `sha256` says how its objects are named. Raises SourceError when git is not installed, or when one of git's files cannot be read,
    and StorageError when there is no room for a shadow.
    """
    with _scratch() as folder:
        return Repository(build_bare_shadow(common, folder, sha256=sha256))


@contextmanager
def _scratch() -> Iterator[Path]:
    """A new folder for a shadow, which stays unless filling it fails. Raises StorageError when there is no room for it."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="reviewer-git-"))
    except OSError as error:
        raise _no_room(error) from error
    try:
        yield folder
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _CANNOT_WRITE:
            raise _no_room(error) from error
        raise


def _no_room(error: OSError) -> StorageError:
    return StorageError(
        f"The system's temporary folder cannot be written: {error.strerror}.", hint="Make room there; TMPDIR names another one."
    )


class Repository:
    """A repository, asked through its shadow. A context manager: the shadow is removed at the end."""

    def __init__(self, shadow: Shadow) -> None:
        self._shadow = shadow
        self.root = shadow.git_dir.root
        """The top of the work tree."""
        self.head = shadow.head
        """The full id of the commit that is checked out; None before the first."""
        self.notes = shadow.notes
        """What of the repository could not be taken into account."""
        self.git_dir = shadow.git_dir
        """Where the repository keeps its parts."""
        self.filters = shadow.filters
        """Names of the filters (gitattributes(5)) that have a program; none of them is ever run."""
        self.is_partial = shadow.is_partial
        """Whether it is a partial clone: objects that nobody has asked for may be missing."""
        self.reads_references = shadow.reads_references
        """Whether it keeps branches and tags in files, the form that is read here."""

    @property
    def info_attributes(self) -> bytes:
        """The repository's private attributes file; empty when there is none."""
        path = self._shadow.folder / "info" / "attributes"
        return path.read_bytes() if path.exists() else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the shadow."""
        shutil.rmtree(self._shadow.folder, ignore_errors=True)

    @property
    def folder(self) -> Path:
        """The shadow's own folder: what is written below it goes away with it."""
        return self._shadow.folder

    def run(
        self, *args: str, stdin: bytes = b"", index: Path | None = None, work_tree: bool = True, patience: float = PATIENCE
    ) -> bytes:
        """What a git command prints. Arguments are never seen by a shell; paths among them are literal, not patterns.

        `index` is a file to use in the place of the copied index. Without `work_tree` git looks at objects alone, and no attributes
        file has a say. Raises GitError with git's first line when the command fails, and SourceError when it takes more than `patience`
        seconds.
        """
        environment = self._shadow.environment | ({"GIT_INDEX_FILE": str(index)} if index else {})
        if not work_tree:
            del environment["GIT_WORK_TREE"]
            args = (*_NO_ATTRIBUTES, *args)
        return run_git(self._shadow.folder, environment, args, stdin, patience=patience)

    def run_outside(self, *args: str, protocol: str, variables: Mapping[str, str]) -> bytes:
        """As `run`, for the one kind of command that leaves this machine: over `protocol` alone.

        `variables` go to git in a way that no list of processes shows, since a token or the password of a proxy may be among them.
        """
        environment = self._shadow.environment | {"GIT_ALLOW_PROTOCOL": protocol}
        return run_git(self._shadow.folder, environment, args, hidden=variables, patience=_PATIENCE_OUTSIDE)

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """A git command that is spoken to through pipes. Whoever starts it ends it."""
        return start_git(self._shadow.folder, self._shadow.environment, args)

    def entries(self, scope: str = "") -> list[Entry]:
        """What git lists below `scope` (relative to the root; empty for all), each path once, sorted by path as bytes."""
        try:
            return parse_listing(self.run(*LIST_ARGUMENTS, "--", *([scope] if scope else [])))
        except ValueError as error:
            raise SourceError("git's list of the files cannot be read.", hint=WHICH_GIT) from error
