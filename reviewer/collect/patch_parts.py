"""A patch as text, split into the parts that speak of one file each: names, modes, kind, and the bytes of the hunks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reviewer.collect.changes import ChangeKind
from reviewer.collect.files import path_text

_HUNK = re.compile(rb"@@ -\d{1,18}(?:,(\d{1,18}))? \+\d{1,18}(?:,(\d{1,18}))? @@")
_NOTHING_BEFORE, _NOTHING_AFTER = re.compile(rb"@@ -0,0 "), re.compile(rb"@@ -\S{1,40} \+0,0 ")
_MODES = re.compile(rb"(?:index [0-9a-f]+\.\.[0-9a-f]+|(old mode|new mode|new file mode|deleted file mode)) ([0-7]{6})")
_PREFIX = re.compile(rb"[abciow12]/")
"""Of git's own prefixes: a/ and b/, those of diff.mnemonicPrefix, and those of `git diff --no-index`."""
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_LETTERS = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_NULL = b"/dev/null"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchPart:
    """What a patch says of one file."""

    path: str
    old_path: str | None
    """Before, when it was renamed or copied."""
    kind: ChangeKind
    old_mode: str
    new_mode: str
    binary: bool
    hunks: bytes
    """From the first `@@` on; empty when there is none."""
    raw: bytes
    """All of it, as it stands in the patch."""

    @property
    def lacks_content(self) -> bool:
        """Whether it only says that a binary file differs."""
        return self.binary and b"\nGIT binary patch" not in self.raw


@dataclass(slots=True, kw_only=True)
class _Lines:
    """The lines of a part, while they are sorted."""

    from_git: bool
    head: list[bytes] = field(default_factory=list)
    hunks: list[bytes] = field(default_factory=list)
    old: int = 0
    """Lines of the base that the last hunk still has to give."""
    new: int = 0

    @property
    def takes_names(self) -> bool:
        """Whether a line with a name belongs to it, rather than to a file of its own."""
        return self.from_git and not self.hunks and not any(line.startswith(b"--- ") for line in self.head)

    def take(self, line: bytes) -> None:
        """Put a line where it belongs. Between a hunk and the next only the mark of a missing line feed means anything."""
        if self.old > 0 or self.new > 0:
            self.hunks.append(line)
            self.old -= line[:1] in {b" ", b"-", b"", b"\r"}
            self.new -= line[:1] in {b" ", b"+", b"", b"\r"}
        elif counts := _HUNK.match(line):
            self.hunks.append(line)
            self.old, self.new = (int(count) if count is not None else 1 for count in counts.groups())
        elif not self.hunks:
            self.head.append(line)
        elif line.startswith(b"\\ "):
            self.hunks.append(b"\\ No newline at end of file")  # diff says it in the language of whoever ran it


def split_patch(data: bytes) -> list[PatchPart]:
    """The parts of a patch by git or `diff -u`, in their order. What stands around them, such as a mail, is left out."""
    parts: list[_Lines] = []
    lines = data.split(b"\n")
    for line, following in zip(lines, [*lines[1:], b""], strict=True):
        last = parts[-1] if parts else None
        within = last is not None and (last.old > 0 or last.new > 0)
        named = line.startswith(b"--- ") and following.startswith(b"+++ ") and not (last and last.takes_names)
        if not within and (named or line.startswith(b"diff --git ")):
            parts.append(_Lines(from_git=not named))
        if parts:
            parts[-1].take(line)
    return [_part(part) for part in parts if part.from_git or part.hunks]


def _part(lines: _Lines) -> PatchPart:
    hunks = b"".join(line + b"\n" for line in lines.hunks)
    head = [line.removesuffix(b"\r") for line in lines.head]
    old, new = _git_names(head) if lines.from_git else _plain_names(head)
    modes = _modes(head)
    kind = _kind(head, hunks, old, new, modes)
    renamed = kind in {ChangeKind.RENAMED, ChangeKind.COPIED}
    return PatchPart(
        path=path_text(old if new == _NULL else new),
        old_path=path_text(old) if renamed else None,
        kind=kind,
        old_mode="" if kind is ChangeKind.ADDED else modes[0],
        new_mode="" if kind is ChangeKind.DELETED else modes[1],
        binary=any(line.startswith((b"Binary files ", b"GIT binary patch")) for line in head),
        hunks=hunks,
        raw=b"".join(line + b"\n" for line in lines.head) + hunks,
    )


def _kind(head: list[bytes], hunks: bytes, old: bytes, new: bytes, modes: tuple[str, str]) -> ChangeKind:
    words = {b" ".join(line.split(b" ")[:2]) for line in head}
    if old == _NULL or b"new file" in words or _NOTHING_BEFORE.match(hunks):
        return ChangeKind.ADDED
    if new == _NULL or b"deleted file" in words or _NOTHING_AFTER.match(hunks):
        return ChangeKind.DELETED
    if b"rename to" in words:
        return ChangeKind.RENAMED
    if b"copy to" in words:
        return ChangeKind.COPIED
    if modes[0] != modes[1] and not hunks and b"Binary files" not in words and b"GIT binary" not in words:
        return ChangeKind.MODE_CHANGED
    return ChangeKind.MODIFIED


def _modes(head: list[bytes]) -> tuple[str, str]:
    old = new = ""
    for line in head:
        if found := _MODES.fullmatch(line):
            mode = found[2].decode()
            old = mode if found[1] in {None, b"old mode", b"deleted file mode"} else old
            new = mode if found[1] in {None, b"new mode", b"new file mode"} else new
    return old, new


def _git_names(head: list[bytes]) -> tuple[bytes, bytes]:
    """The names before and after, by the first of git's header lines that tells them without a doubt."""
    told = {
        line[: line.index(b" ", len(word))]: line
        for line in head
        for word in (b"rename ", b"copy ")
        if line.startswith((word + b"from ", word + b"to "))
    }
    for word in (b"rename", b"copy"):
        if word + b" from" in told and word + b" to" in told:
            return _unquoted(told[word + b" from"][len(word) + 6 :]), _unquoted(told[word + b" to"][len(word) + 4 :])
    rest = head[0][len(b"diff --git ") :]
    same = _same_name(rest)
    names = {line[:4]: _unquoted(line[4:].removesuffix(b"\t")) for line in head[1:] if line.startswith((b"--- ", b"+++ "))}
    if same is not None:
        return (_NULL if names.get(b"--- ") == _NULL else same), (_NULL if names.get(b"+++ ") == _NULL else same)
    return _without_prefix(names.get(b"--- ", rest)), _without_prefix(names.get(b"+++ ", rest))


def _same_name(rest: bytes) -> bytes | None:
    """The name in `a/name b/name`, when it is twice the same; the name may hold spaces."""
    if (first := _QUOTED.match(rest)) and rest[first.end() : first.end() + 1] == b" ":
        old, new = _unquoted(first[0]), _unquoted(rest[first.end() + 1 :])
    else:
        middle = len(rest) // 2
        old, new = rest[:middle], rest[middle + 1 :]
    if old == new:
        return old  # as with diff.noPrefix
    return _without_prefix(old) if _without_prefix(old) == _without_prefix(new) else None


def _plain_names(head: list[bytes]) -> tuple[bytes, bytes]:
    """The names in the two lines of `diff -u`, without the folders that two compared folders stand in."""
    old, new = (
        _unquoted(next(line for line in head if line.startswith(mark))[4:].partition(b"\t")[0]) for mark in (b"--- ", b"+++ ")
    )
    if old == new:
        return old, new
    below = [name.partition(b"/")[2] for name in (old, new) if name != _NULL]
    if all(below) and len(set(below)) == 1 and (len(below) > 1 or _PREFIX.match(old) or _PREFIX.match(new)):
        return (_NULL if old == _NULL else below[0]), (_NULL if new == _NULL else below[0])
    return (old if _NULL in {old, new} else new), new  # `name.orig` beside `name`


def _without_prefix(name: bytes) -> bytes:
    return name[2:] if _PREFIX.match(name) else name


def _unquoted(name: bytes) -> bytes:
    """A name that git quoted as C would, because of what it holds."""
    if not _QUOTED.fullmatch(name):
        return name
    return _ESCAPE.sub(
        lambda found: _LETTERS.get(found[1]) or (found[1] if len(found[1]) == 1 else bytes([int(found[1], 8) & 255])), name[1:-1]
    )
