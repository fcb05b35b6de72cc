"""git's raw format: which files differ between two trees, with their modes and ids, and with names that nothing has quoted."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.collect.changes import ChangedFile, ChangeKind
from reviewer.collect.files import path_text

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


def parse_raw(raw: bytes) -> Iterator[ChangedFile]:
    """The files of `git diff-tree -r -z --raw --no-abbrev`, in git's order and without hunks."""
    fields = iter(raw.split(b"\0"))
    for facts in fields:
        if not facts:
            return
        old_mode, new_mode, old_id, new_id, status = facts.removeprefix(b":").decode("ascii").split(" ")
        kind = _KINDS[status[:1]]
        old_path = path_text(next(fields))
        renamed = kind in {ChangeKind.RENAMED, ChangeKind.COPIED}
        yield ChangedFile(
            path=path_text(next(fields)) if renamed else old_path,
            old_path=old_path if renamed else None,
            kind=ChangeKind.MODE_CHANGED if kind is ChangeKind.MODIFIED and old_id == new_id else kind,
            old_mode="" if old_mode == _NO_MODE else old_mode,
            new_mode="" if new_mode == _NO_MODE else new_mode,
            old_blob=old_id if old_id.strip("0") else None,
            new_blob=new_id if new_id.strip("0") else None,
        )


def shown_parts(file: ChangedFile) -> list[bool]:
    """For each part of git's patch that speaks of a file, whether it shows text of it.

    git shows a change of type as a deletion and an addition; of a submodule it shows a sentence that is in no file.
    """
    if file.kind is ChangeKind.TYPE_CHANGED:
        return [file.old_mode != _GITLINK, file.new_mode != _GITLINK]
    return [not file.is_submodule]
