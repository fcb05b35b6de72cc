"""What a project says of its files in .gitattributes, in the words of GitHub's linguist: generated, vendored, or neither."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reviewer.collect.files import NotReadError, path_bytes, path_text
from reviewer.collect.listing import Entry
from reviewer.collect.snapshot import FileReader
from reviewer.outcome import SkipReason

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_REASONS = {b"linguist-generated": SkipReason.LINGUIST_GENERATED, b"linguist-vendored": SkipReason.LINGUIST_VENDORED}
_FILE = ".gitattributes"
_FILE_LIMIT = 8 * 1024 * 1024
_SET = frozenset({b"set", b"true"})
_UNSET = frozenset({b"unset", b"false"})


class Mark(NamedTuple):
    """A file marked as something to leave out (`reason`), or marked as not being that (`reason` is None)."""

    reason: SkipReason | None
    detail: str


def linguist_marks(repository: Repository, paths: Iterable[str], *, index: Path | None = None) -> dict[str, Mark]:
    """The marks of those files that have one. A file that is marked as generated or vendored is left out whatever the other says.

    The rules are those of the work tree, or those that `index` holds.
    """
    given = b"".join(path_bytes(path) + b"\0" for path in paths)
    source = ("--cached",) if index else ()
    names = (name.decode() for name in _REASONS)
    fields = repository.run("check-attr", *source, "--stdin", "-z", *names, stdin=given, index=index).split(b"\0")
    marks: dict[str, Mark] = {}
    for raw, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        path = path_text(raw)
        if value in _SET:
            marks[path] = Mark(_REASONS[name], f".gitattributes {name.decode()}")
        elif value in _UNSET:
            marks.setdefault(path, Mark(None, ""))
    return marks


def mentions_linguist(repository: Repository, reader: FileReader, entries: Iterable[Entry], scope: str) -> bool:
    """Whether it is worth asking: some .gitattributes below or above `scope`, or `info/attributes`, speaks of linguist."""
    if b"linguist" in repository.info_attributes:
        return True
    listed = {entry.path for entry in entries if entry.path.endswith(_FILE)}
    parts = scope.split("/") if scope else []
    above = {"/".join([*parts[:depth], _FILE]) for depth in range(len(parts) + 1)} - listed
    return any(_mentions(reader, path, absent=True) for path in listed) or any(
        _mentions(reader, path, absent=False) for path in above
    )


def _mentions(reader: FileReader, path: str, *, absent: bool) -> bool:
    try:
        return b"linguist" in reader.read(path, _FILE_LIMIT)
    except NotReadError as error:
        # git takes a listed file that is gone from the index; one that cannot be read, git does not read either.
        return absent and error.reason is SkipReason.DELETED
