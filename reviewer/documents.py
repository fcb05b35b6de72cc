"""Files, diffs and an author's words as they stand in a prompt: each between markers made from its own content.

The same content always gives the same text, and one part's bytes depend on that part alone. So a prefix that was paid for once is found
in the provider's cache again, and no text can forge its own end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.collect.changes import LINK, Change, ChangedFile, DiffLine, Hunk, Side

_MARKER_DIGITS = 16
"""Hex digits of a document's id: 64 bits, so that a file holding its own id would take 2^64 tries to make."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file as the templates see it."""

    path: str
    """A JSON string, quotes included: no name can break out of it."""
    text: str
    """Without its last newline, which the template adds."""
    marker: str
    outlined: bool = False
    """Only its signatures are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What a change does to one file, as the template sees it."""

    path: str
    """A JSON string, as is `old_path`, which is empty unless the file was renamed or copied."""
    old_path: str
    kind: str
    text: str
    """Hunks with numbered lines, or a sentence in parentheses where there are none."""
    marker: str


@dataclass(frozen=True, slots=True)
class AuthorText:
    """What the author of a change wrote about it."""

    text: str
    marker: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What was found or said before, which is data as well."""

    text: str
    marker: str


def passage(kind: str, text: str) -> Passage:
    """A text with a marker made from it; `kind` is the name of the markers.

    A model may write one half of a surrogate pair, which no request can carry: it becomes a question mark.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    return Passage(text, _marker(kind, text))


def document(path: str, text: str, *, outlined: bool = False) -> Document:
    """One file, with a marker made from its path and content."""
    return Document(quoted(path), text.removesuffix("\n"), _marker(path, text), outlined)


def file_diff(file: ChangedFile) -> FileDiff:
    """What a change does to a file."""
    text = "\n".join(_diff_lines(file))
    return FileDiff(
        path=quoted(file.path),
        old_path=quoted(file.old_path) if file.old_path else "",
        kind=file.kind.value,
        text=text,
        marker=_marker("diff", file.path, text),
    )


def author_text(change: Change) -> AuthorText | None:
    """Title and body of a change; None when there is neither."""
    text = "\n\n".join(part.strip() for part in (change.title, change.body) if part.strip())
    return AuthorText(text, _marker("author", text)) if text else None


def quoted(path: str) -> str:
    r"""A path as a JSON string: newlines and quotes escaped, a byte that is not UTF-8 as `\udcXX`."""
    text = json.dumps(path, ensure_ascii=False)
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)


def _marker(*parts: str) -> str:
    content = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape"))
    return content.hexdigest()[:_MARKER_DIGITS]


def _diff_lines(file: ChangedFile) -> Iterator[str]:
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        yield f"(mode {file.old_mode} becomes {file.new_mode})"
    elif LINK in {file.old_mode, file.new_mode}:
        yield "(symbolic link: its line is the path it leads to)"
    if file.is_submodule:
        yield f"(submodule: commit {file.old_blob or 'none'} becomes {file.new_blob or 'none'})"
    elif file.binary:
        yield "(binary: no lines to show)"
    elif not file.hunks:
        yield "(only its encoding changed)" if file.decoded else "(no line changed)"
    width = max((len(str(max(line.old, line.new))) for hunk in file.hunks for line in hunk.lines), default=1)
    for hunk in file.hunks:
        yield _heading(hunk)
        for line in hunk.lines:
            yield from _numbered(line, width)


def _heading(hunk: Hunk) -> str:
    """As in a unified diff, less the counts, which the numbers say."""
    return f"@@ -{hunk.old_start} +{hunk.new_start} @@ {hunk.section}".rstrip()


def _numbered(line: DiffLine, width: int) -> Iterator[str]:
    number = line.old if line.side is Side.REMOVED else line.new
    yield f"{number:>{width}} {line.side}{line.text}"
    if not line.has_newline:
        yield f"{'':>{width}} \\ no newline at the end of the file"
