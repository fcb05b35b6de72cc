"""Line truth: every line of every hunk is the line the file has under that number at that commit.

    python bench/lines.py CLONE [CLONE ...] [--commits N]

Commits are taken at equal distances over the whole history of each clone, merges among them, and compared with their first parent as
`reviewer review --commit` does. What the files hold is asked of `git cat-file` in the clone itself. For every file, on both sides:

- each line of each hunk has the bytes of the file's line of that number, and lacks its line feed exactly where the file does; its text
  is the one that the file's whole text, as a model is given it, has there;
- the old file with the hunks put in is the new file, byte by byte.

*wrong* counts the lines for which the first does not hold, and one for each file for which the second does not. It has to be 0.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.collect.changes import ChangedFile, ChangeKind, DiffLine, Hunk, Side
from reviewer.collect.comparison import of_commit
from reviewer.collect.decoding import decode
from reviewer.collect.repository import Repository, open_repository
from reviewer.collect.revisions import parents

_GITLINK = "160000"


@dataclass(slots=True)
class Tally:
    """What was looked at in one clone."""

    name: str
    commits: int = 0
    merges: int = 0
    files: int = 0
    renames: int = 0
    hunks: int = 0
    lines: int = 0
    carriage_returns: int = 0
    other_encodings: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    def blame(self, commit: str, path: str, what: str) -> None:
        """Count something wrong."""
        self.wrong += 1
        self.examples.append(f"{self.name} {commit} {path!r}: {what}")


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file."""

    raw: list[bytes]
    """Each with its line feed, if it has one."""
    text: list[str] | None
    """As a model is given them; None when the file is binary for the collector."""


class Contents:
    """What git has under an object id, asked of a process of its own in the clone."""

    def __init__(self, clone: Path) -> None:
        command = ["git", "-C", str(clone), "cat-file", "--batch"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def lines(self, blob: str | None, mode: str) -> Lines:
        """The lines of a file; none where there is no file."""
        if blob is None or mode == _GITLINK:
            return Lines([], None)
        assert self._process.stdin is not None  # noqa: S101 - it was started with pipes
        assert self._process.stdout is not None  # noqa: S101 - it was started with pipes
        self._process.stdin.write(f"{blob}\n".encode())
        self._process.stdin.flush()
        size = int(self._process.stdout.readline().split()[2])
        content = self._process.stdout.read(size + 1)[:-1]
        lines = [line + b"\n" for line in content.split(b"\n")]
        lines[-1] = lines[-1][:-1]
        decoded = decode(content)
        return Lines(lines if lines[-1] else lines[:-1], decoded.text.split("\n") if decoded else None)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def is_same(shown: DiffLine, number: int, lines: Lines) -> bool:
    """Whether a shown line is the file's line of that number."""
    if not 1 <= number <= len(lines.raw):
        return False
    line = lines.raw[number - 1]
    if shown.has_newline != line.endswith(b"\n") or shown.text not in spellings(line.removesuffix(b"\n"), number):
        return False
    return lines.text is None or lines.text[number - 1] == (shown.text.removeprefix("\ufeff") if number == 1 else shown.text)


def spellings(line: bytes, number: int) -> set[str]:
    """What a line may be shown as: as UTF-8, or, where any of its file is not, as Windows-1252; line 1 without a byte order mark."""
    found = {line.decode("cp1252", "replace")}
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return found
    return found | ({text, text.removeprefix("\ufeff")} if number == 1 else {text})


def check(file: ChangedFile, contents: Contents, tally: Tally, commit: str) -> None:
    """Compare every line of a file's hunks with the file, on both sides."""
    old = contents.lines(file.old_blob, file.old_mode)
    new = contents.lines(file.new_blob, file.new_mode)
    tally.files += 1
    tally.renames += file.kind in {ChangeKind.RENAMED, ChangeKind.COPIED}
    for hunk in file.hunks:
        tally.hunks += 1
        for line in hunk.lines:
            tally.lines += 1
            tally.carriage_returns += line.text.endswith("\r")
            if line.side is not Side.ADDED and not is_same(line, line.old, old):
                tally.blame(commit, file.path, f"old line {line.old}")
            if line.side is not Side.REMOVED and not is_same(line, line.new, new):
                tally.blame(commit, file.path, f"new line {line.new}")
            number, lines = (line.old, old) if line.side is Side.REMOVED else (line.new, new)
            tally.other_encodings += 0 < number <= len(lines.raw) and not is_utf8(lines.raw[number - 1])
    if not file.binary and not file.is_submodule and put_in(old.raw, new.raw, file.hunks) != new.raw:
        tally.blame(commit, file.path, "the hunks do not make the new file of the old one")


def is_utf8(line: bytes) -> bool:
    """Whether a line is UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def put_in(old: list[bytes], new: list[bytes], hunks: tuple[Hunk, ...]) -> list[bytes]:
    """The old lines, with each hunk's lines of the new file in the place of those of the old one."""
    made: list[bytes] = []
    done = 0
    for hunk in hunks:
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        made += old[done:start]
        made += [new[line.new - 1] for line in hunk.lines if line.new and line.new <= len(new)]
        done = start + hunk.old_count
    return made + old[done:]


def measure(clone: Path, wanted: int) -> Tally:
    """Look at `wanted` commits of a clone."""
    tally = Tally(clone.name.replace("+", "/"))
    listed = subprocess.run(
        ["git", "-C", str(clone), "rev-list", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.split()
    step = max(1, len(listed) // wanted)
    repository = open_repository(clone.resolve())
    if repository is None:
        sys.exit(f"{clone} is no repository")
    contents = Contents(clone)
    with repository:
        for commit in listed[::step][:wanted]:
            measure_commit(repository, commit, contents, tally)
    contents.close()
    return tally


def measure_commit(repository: Repository, commit: str, contents: Contents, tally: Tally) -> None:
    """Look at one commit."""
    tally.commits += 1
    tally.merges += len(parents(repository, commit)) > 1
    for file in of_commit(repository, commit).files:
        check(file, contents, tally, commit)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=100, help="of each clone, at most")
    given = parser.parse_args()
    print("| repository | commits | merges | files | renames, copies | hunks | lines | with CR | not UTF-8 | wrong |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for clone in given.clones:
        tally = measure(clone, given.commits)
        numbers = (tally.commits, tally.merges, tally.files, tally.renames, tally.hunks, tally.lines)
        more = (tally.carriage_returns, tally.other_encodings, tally.wrong)
        print(f"| {tally.name} | {' | '.join(f'{number:,}' for number in (*numbers, *more))} |", flush=True)
        for example in tally.examples[:10]:
            print(example, file=sys.stderr)


if __name__ == "__main__":
    main()
