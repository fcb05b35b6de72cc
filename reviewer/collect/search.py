"""Where names are mentioned in a repository, whether or not the files were sent to a model."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol, cast

from reviewer.collect.decoding import decode
from reviewer.collect.files import path_text
from reviewer.collect.tree import read_blob
from reviewer.errors import SourceError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

MOST_MENTIONS = 2_000
"""Lines kept for one name. A name that stands on more is too common for any of them to prove something."""
MOST_NAMES = 400
"""Names looked for in one search: far more than the findings of one review speak of."""
_LONGEST_LINE = 400
"""Characters of a line that are kept: code is not longer, and minified files are."""
_LONGEST_FILE = 2_000_000
"""Bytes of a file that is read whole to look at a mention in its surroundings."""
_PATIENCE = 120.0
"""Seconds git may search: it takes 1 for 80,000 files on a local disk."""
_READ_AT_ONCE = 100_000
"""Bytes of a line that are searched: a name further to the right is not seen."""
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NUMBER = re.compile(rb"(\d{1,9})[\0:]")
_UNASKABLE = re.compile(r"[\x00-\x1f\x7f]|^\s*$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A line on which a name stands as a whole word."""

    path: str
    line: int
    text: str
    """At most 400 characters of the line, without its end."""


Mentions = Mapping[str, tuple[Mention, ...]]


class Search(Protocol):
    """Looks for names in all files of one state of a repository."""

    problem: str
    """Why not everything was searched, a sentence; empty as long as it was. A name without mentions may then still be somewhere."""

    def find(self, names: Collection[str]) -> Mentions:
        """By name the lines on which it stands as a whole word, letter case included, by path and line. One pass for all names."""

    def read(self, path: str) -> str | None:
        """The text of a file; None when there is no such file, or it cannot be read as text."""


class TextSearch:
    """Searches texts that are at hand: those of a plain folder, of a work tree, or of a patch that stands alone."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.problem = ""
        self._texts = texts

    def find(self, names: Collection[str]) -> Mentions:
        """As `Search.find`."""
        gathered = _Gathered(names)
        for path in sorted(self._texts):
            text = self._texts[path]
            if names_here := [name for name in gathered.names if name in text]:
                for number, line in enumerate(text.split("\n"), 1):
                    gathered.take(path, number, line, names_here)
        return gathered.found()

    def read(self, path: str) -> str | None:
        """As `Search.read`."""
        return self._texts.get(path)


class TreeSearch:
    """Searches a tree of git's object store with `git grep`: every file that is text, also what was skipped or not sent."""

    def __init__(self, repository: Repository, tree: str) -> None:
        if not _OBJECT_ID.fullmatch(tree):
            raise ValueError("a tree is named by its full object id")
        self.problem = ""
        self._repository = repository
        self._tree = tree

    def find(self, names: Collection[str]) -> Mentions:
        """As `Search.find`."""
        gathered = _Gathered(names)
        if gathered.names:
            patterns = [word for name in gathered.names for word in ("-e", name)]
            process = self._repository.start("grep", "-n", "-z", "-w", "-F", "-I", "--full-name", *patterns, self._tree, "--")
            self.problem = _listen(process, f"{self._tree}:".encode(), gathered)
        return gathered.found()

    def read(self, path: str) -> str | None:
        """As `Search.read`."""
        try:
            content = read_blob(self._repository, self._tree, path, _LONGEST_FILE)
        except SourceError:
            return None
        decoded = decode(content) if content is not None else None
        return decoded.text if decoded else None


@dataclass(slots=True)
class _Gathered:
    """The mentions of each name, as they come in."""

    asked: Collection[str]
    names: list[str] = field(init=False)
    mentions: dict[str, list[Mention]] = field(init=False)
    whole: dict[str, re.Pattern[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.names = sorted({name for name in self.asked if not _UNASKABLE.search(name)})[:MOST_NAMES]
        self.mentions = {name: [] for name in self.asked}
        self.whole = {name: re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in self.names}

    def take(self, path: str, number: int, line: str, names: Iterable[str]) -> None:
        for name in names:
            if name in line and len(self.mentions[name]) < MOST_MENTIONS and self.whole[name].search(line):
                self.mentions[name].append(Mention(path, number, line.rstrip("\r\n")[:_LONGEST_LINE]))

    def found(self) -> Mentions:
        return {
            name: tuple(sorted(mentions, key=lambda mention: (mention.path, mention.line)))
            for name, mentions in self.mentions.items()
        }


def _listen(process: subprocess.Popen[bytes], prefix: bytes, gathered: _Gathered) -> str:
    """Takes what `git grep -n -z` prints, a line at a time; returns why it is not all, empty when it is."""
    late = threading.Timer(_PATIENCE, process.kill)
    # What git says of blobs it cannot read would otherwise fill the pipe, and it would wait for a reader.
    complaints = threading.Thread(target=cast("IO[bytes]", process.stderr).read)
    late.start()
    complaints.start()
    try:
        for path, number, line in _records(cast("IO[bytes]", process.stdout), prefix):
            gathered.take(path, number, line, gathered.names)
        code = process.wait()
    finally:
        late.cancel()
        process.kill()
        process.wait()
        complaints.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            cast("IO[bytes]", pipe).close()
    return "" if code in {0, 1} else "Not all of the repository could be searched for the names that findings say are missing."


def _records(stream: IO[bytes], prefix: bytes) -> Iterator[tuple[str, int, str]]:
    """Path, line number and line of each record `<tree>:<path> NUL <number> NUL <line> LF`; a path may hold line feeds."""
    path = b""
    while raw := _short_line(stream):
        before, zero, rest = raw.partition(b"\0")
        path += before
        if zero and (match := _NUMBER.match(rest)) is not None:
            yield path_text(path.removeprefix(prefix)), int(match[1]), rest[match.end() :].decode("utf-8", "replace")
            path = b""


def _short_line(stream: IO[bytes]) -> bytes:
    """The next line with its end, of a longer one its beginning and no end; empty at the end of the stream."""
    line = end = stream.readline(_READ_AT_ONCE)
    while len(end) == _READ_AT_ONCE and not end.endswith(b"\n"):
        end = stream.readline(_READ_AT_ONCE)
    return line
