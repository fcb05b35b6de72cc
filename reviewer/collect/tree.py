"""A tree of git's object store, read as if it were checked out: nothing of it ever touches the disk, and no filter sees it."""

from __future__ import annotations

import select
import subprocess
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self, cast

from reviewer.collect.files import NotReadError, path_bytes, path_text
from reviewer.collect.git_process import PATIENCE
from reviewer.collect.listing import Entry
from reviewer.errors import SourceError
from reviewer.outcome import SkipReason

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository


def tree_entries(repository: Repository, tree: str) -> list[Entry]:
    """Every file of a tree, sorted by path as bytes. `tree` is a full object id. Raises SourceError where trees are missing."""
    listed = repository.run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", tree)
    found: list[tuple[bytes, Entry]] = []
    for record in listed.split(b"\0"):
        if record:
            facts, _, path = record.partition(b"\t")
            mode, _, blob = facts.decode("ascii").split(" ")
            found.append((path, Entry(path_text(path), mode, blob, False, False)))  # noqa: FBT003 - by position, for speed
    return [entry for _, entry in sorted(found)]


class TreeReader:
    """Reads blobs by the paths of a tree. A context manager: two git processes answer for all of them, each begun when first asked."""

    def __init__(self, repository: Repository, entries: Iterable[Entry]) -> None:
        self._repository = repository
        self._entries: Mapping[str, Entry] = {entry.path: entry for entry in entries}
        # A partial clone has what somebody asked for; anywhere else a missing blob is damage.
        self._missing = SkipReason.NOT_FETCHED if repository.is_partial else SkipReason.UNREADABLE
        self._sizes: _Batch | None = None
        self._contents: _Batch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for batch in (self._sizes, self._contents):
            if batch is not None:
                batch.close()

    def read(self, path: str, limit: int) -> bytes:
        """The whole content of a regular file of at most `limit` bytes; raises NotReadError for everything else."""
        if (size := self.size(path)) > limit:
            raise NotReadError(SkipReason.TOO_LARGE, f"{size:,} bytes")
        return self._content(self._entry(path))

    def size(self, path: str) -> int:
        """Bytes of a regular file; raises NotReadError for everything else."""
        entry = self._entry(path)
        if not entry.is_tracked_file:
            raise NotReadError(SkipReason.SYMBOLIC_LINK if entry.is_link else SkipReason.SUBMODULE)
        if self._sizes is None:
            self._sizes = _Batch(self._repository.start("cat-file", "--batch-check"), self._missing)
        return self._sizes.size(entry)

    def link_target(self, path: str) -> str:
        """Where a symbolic link points; empty when it is none, or when git does not have it."""
        entry = self._entries.get(path)
        try:
            return path_text(self._content(entry)) if entry is not None and entry.is_link else ""
        except NotReadError:
            return ""

    def _entry(self, path: str) -> Entry:
        entry = self._entries.get(path)
        if entry is None:
            raise NotReadError(SkipReason.DELETED)
        return entry

    def _content(self, entry: Entry) -> bytes:
        if self._contents is None:
            self._contents = _Batch(self._repository.start("cat-file", "--batch"), self._missing)
        return self._contents.content(entry)


class _Batch:
    """One `git cat-file --batch` or `--batch-check`, asked and answered in turn."""

    def __init__(self, process: subprocess.Popen[bytes], missing: SkipReason) -> None:
        self._process = process
        self._missing = missing
        # git complains of every damaged object, and would wait for ever for somebody to read it when the pipe is full.
        self._complaints = threading.Thread(target=_read_to_the_end, args=(process.stderr,), daemon=True)
        self._complaints.start()

    def close(self) -> None:
        self._process.kill()
        self._complaints.join()
        self._process.communicate()

    def size(self, entry: Entry) -> int:
        self._write(f"{entry.blob}\n".encode())
        answer = self._read_line()
        if not answer.rpartition(b" ")[2].isdigit():
            raise NotReadError(self._missing, "git does not have its content")
        return int(answer.rpartition(b" ")[2])

    def content(self, entry: Entry) -> bytes:
        size = self.size(entry)
        assert self._process.stdout is not None, "it was started with pipes"  # noqa: S101 - how Repository.start makes it
        data = self._process.stdout.read(size + 1)
        if len(data) <= size:
            raise SourceError("git ended before it had given a whole file.")
        return data[:-1]

    def _write(self, question: bytes) -> None:
        assert self._process.stdin is not None, "it was started with pipes"  # noqa: S101 - how Repository.start makes it
        try:
            self._process.stdin.write(question)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise SourceError("git ended before it had answered.") from error

    def _read_line(self) -> bytes:
        assert self._process.stdout is not None, "it was started with pipes"  # noqa: S101 - how Repository.start makes it
        self._wait()
        return self._process.stdout.readline().rstrip(b"\n")

    def _wait(self) -> None:
        """Each question has one answer, so nothing is waiting to be read before it comes."""
        answers = select.poll()
        answers.register(cast("IO[bytes]", self._process.stdout), select.POLLIN)
        if not answers.poll(PATIENCE * 1000):
            raise SourceError(f"git did not answer within {PATIENCE:.0f} seconds.")


def _read_to_the_end(pipe: IO[bytes]) -> None:
    while pipe.read(65_536):
        pass


def read_blob(repository: Repository, tree: str, path: str, limit: int) -> bytes | None:
    """One small file of a tree; None when there is no regular file of that name. Raises SourceError when it is larger than `limit`."""
    listed = repository.run("ls-tree", "-z", "--full-tree", "--end-of-options", tree, "--", path)
    wanted = path_bytes(path)
    for record in listed.split(b"\0"):
        facts, _, name = record.partition(b"\t")
        if name == wanted and facts.split(b" ")[0] in {b"100644", b"100755"}:
            blob = facts.split(b" ")[2].decode()
            if int(repository.run("cat-file", "-s", blob)) > limit:
                raise SourceError(f"{path} is larger than {limit:,} bytes.")
            return repository.run("cat-file", "blob", blob)
    return None
