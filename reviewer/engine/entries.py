"""What a change does to the tree beside the lines of its files: links that leave it, submodules from elsewhere, files that are still imported.

All of it is told by the change and by texts that are at hand; nothing is followed, fetched or run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.collect.changes import LINK, Change, ChangedFile, Side
from reviewer.collect.gone import StillImported, gone, still_imported
from reviewer.collect.subject import Subject, Texts
from reviewer.engine.places import is_rehearsal
from reviewer.engine.points import Point
from reviewer.findings import Category, Claim, Confidence, Origin, Severity

_MODULES = ".gitmodules"
_HEADER = re.compile(r'\s*\[\s*submodule\s*(?:"((?:[^"\\\n]|\\.){0,300})"|\.([^\]\n]{0,300}))\s*\]', re.IGNORECASE)
_OTHER_HEADER = re.compile(r"\s*\[[^\]\n]{0,300}\]")
_URL = re.compile(r"\s*url\s*=(.*)", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"?|\\(.)|([#;].*)|([^"\\#;]+)', re.DOTALL)
_RUNS = re.compile(r"-|ext::|fd::", re.IGNORECASE)
"""Addresses that have git run a program, or read an option, where it does not refuse them."""
_DRIVE = re.compile(r"[A-Za-z]:|\\")


@dataclass(frozen=True, slots=True)
class _Url:
    """Where a submodule comes from."""

    name: str
    url: str
    line: int
    text: str
    """The line as it is in the file."""


def changed_entries(subject: Subject, texts: Texts) -> Iterator[Point]:
    """The points that are of a change alone; none where no change is reviewed. All are introduced by it, wherever their lines are."""
    change = subject.change
    if change is None:
        return
    for file in change.files:
        if file.new_mode == LINK and file.path in texts.current:
            yield from _leaving(file.path, texts.current[file.path])
    yield from _submodules(change, texts)
    paths = (
        *(file.path for file in subject.files),
        *(file.path for file in subject.skipped),
        *subject.outlines.keys() - subject.replaced,
    )
    for each in still_imported(gone(change.files), paths, texts.current):
        yield _import(each)


def _leaving(path: str, target: str) -> Iterator[Point]:
    """A link whose target is outside the repository, or in git's own folder, where credentials may be kept."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target.replace("\\", "/")))
    if target.startswith("/") or _DRIVE.match(target) or place == ".." or place.startswith("../"):
        where = "out of the repository"
    elif ".git" in place.lower().split("/"):
        where = "into git's own folder"
    else:
        return
    claim = Claim(
        title=f"A symbolic link leads {where}",
        severity=Severity.LOW if is_rehearsal(path) else Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.SECURITY,
        path=path,
        start_line=1,
        end_line=1,
        quote=target.split("\n", maxsplit=1)[0],
        explanation=(
            f"`{path}` stands for whatever is at `{target}` on the machine it is checked out on. Whatever reads, packs, serves or writes the "
            "repository's files there reads or writes that instead."
        ),
        suggestion="Link to a file of the repository, or hold its content in the repository.",
        origin=Origin.INTRODUCED,
    )
    yield Point(check=f"link {where}", claim=claim)


def _submodules(change: Change, texts: Texts) -> Iterator[Point]:
    """Submodules whose code comes from an address that was not there before: what they bring is in no diff."""
    file = next((file for file in change.files if file.path == _MODULES), None)
    if file is None or _MODULES not in texts.current:
        return
    known = {each.name: each.url for each in _urls(texts.base.get(_MODULES) or _at_base(file))}
    addresses = set(known.values())
    for each in _urls(texts.current[_MODULES]):
        if each.url not in addresses or (each.name in known and known[each.name] != each.url):
            yield _submodule(each, known.get(each.name))


def _submodule(new: _Url, old: str | None) -> Point:
    was = f", and no longer from `{old}`" if old else ""
    claim = Claim(
        title="A submodule comes from another address" if old else "A new submodule",
        severity=Severity.HIGH if old or _RUNS.match(new.url) else Severity.MEDIUM,
        confidence=Confidence.HIGH,
        category=Category.SECURITY,
        path=_MODULES,
        start_line=new.line,
        end_line=new.line,
        quote=new.text,
        explanation=f"The code of the submodule `{new.name}` comes from `{new.url}`{was}. None of it is in this change, and none was reviewed.",
        suggestion="Make sure that the address is trusted, and review the commit that the submodule is at.",
        origin=Origin.INTRODUCED,
    )
    return Point(check="submodule", claim=claim)


def _import(each: StillImported) -> Point:
    claim = Claim(
        title=f"`{posixpath.basename(each.gone)}` is gone, and still imported here",
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        category=Category.CORRECTNESS,
        path=each.path,
        start_line=each.line,
        end_line=each.line,
        quote=each.text,
        explanation=f"The change takes `{each.gone}` away, and no other file of the repository answers to this import.",
        suggestion="Remove the import and what uses it, name the file that takes its place, or keep the file.",
        origin=Origin.INTRODUCED,
    )
    return Point(check="still imported", claim=claim)


def _at_base(file: ChangedFile) -> str:
    """What the hunks show of a file before the change."""
    return "\n".join(line.text for hunk in file.hunks for line in hunk.lines if line.side is not Side.ADDED)


def _urls(text: str) -> Iterator[_Url]:
    """The addresses in a `.gitmodules`, read as git reads it: keys may follow their section's name, and values run over several lines."""
    name = ""
    lines = iter(enumerate(text.split("\n"), 1))
    for number, raw in lines:
        line = raw
        while _is_continued(line) and (following := next(lines, None)) is not None:
            line = f"{line.rstrip()[:-1]}{following[1]}"
        header = _HEADER.match(line)
        other = header or _OTHER_HEADER.match(line)
        if other:
            name = (header[1] or header[2] or "") if header else ""
            line = line[other.end() :]
        if name and (url := _URL.match(line)):
            yield _Url(name, _value(url[1]), number, raw.rstrip("\r"))


def _is_continued(line: str) -> bool:
    stripped = line.rstrip("\r")
    return (len(stripped) - len(stripped.rstrip("\\"))) % 2 == 1


def _value(written: str) -> str:
    """A value without quotes, escapes and what comments follow it."""
    parts = []
    for quoted, escaped, comment, plain in _PIECE.findall(written.strip()):
        if comment:
            break
        parts.append(re.sub(r"\\(.)", r"\1", quoted) or escaped or plain)
    return "".join(parts).strip()
