"""A change without its secrets: the lines of its hunks and the words of its author.

A line alone often does not show that it is part of a secret, as the middle of a private key. So the whole file decides, at the side the
line is from; where that is not at hand, as for a patch that stands alone, all lines of the hunk together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from reviewer.collect.changes import ChangedFile, ChangeKind, DiffLine, Hunk, Side
from reviewer.collect.secrets import mask, redact
from reviewer.outcome import Redaction

_LONGEST_SECTION = 75
"""Bytes. git cuts what it prints after the second `@@` at 80: from here on the last word may be a piece of a secret."""
_WHOLE_IN_HUNKS = frozenset({ChangeKind.ADDED, ChangeKind.DELETED, ChangeKind.TYPE_CHANGED})
"""Then each side is all in one hunk."""

Read = Callable[[str], str | None]
"""The text of a blob by its id; None when it cannot be read as text."""


@dataclass(slots=True)
class _Taken:
    """What is to be taken out of one side of a file."""

    lines: dict[int, str] = field(default_factory=dict)
    """Number of a line → the line without its secrets, where it held any."""
    places: list[tuple[range, str]] = field(default_factory=list)
    """The lines of each secret, and its kind."""


def redacted_file(file: ChangedFile, read: Read | None = None) -> ChangedFile:
    """`file` without the secrets in its hunks. Without `read` the hunks alone decide."""
    if not file.hunks:
        return file
    old_text = new_text = None
    if read is not None and file.kind not in _WHOLE_IN_HUNKS:
        old_text = read(file.old_blob) if file.old_blob else None
        new_text = read(file.new_blob) if file.new_blob else None
    old = _taken([(range(1, old_text.count("\n") + 2), old_text)] if old_text is not None else _pieces(file.hunks, Side.ADDED))
    new = _taken([(range(1, new_text.count("\n") + 2), new_text)] if new_text is not None else _pieces(file.hunks, Side.REMOVED))
    hunks = tuple(_hunk(hunk, old, new, old_text) for hunk in file.hunks)
    return file if hunks == file.hunks else replace(file, hunks=hunks, redacted=tuple(_redactions(file, old, new)))


def redacted_words(title: str, body: str) -> tuple[str, str, tuple[Redaction, ...]]:
    """What the author of a change wrote, and what was taken out of it."""
    found = redact(title), redact(body)
    redactions = tuple(Redaction("", 0, secret.kind) for each in found for secret in each.secrets)
    return found[0].text, found[1].text, redactions


def _pieces(hunks: Iterable[Hunk], without: Side) -> Iterator[tuple[Sequence[int], str]]:
    """One side of each hunk: the numbers of its lines, and its text."""
    for hunk in hunks:
        lines = [line for line in hunk.lines if line.side is not without]
        numbers = [line.old if without is Side.ADDED else line.new for line in lines]
        yield numbers, "\n".join(line.text for line in lines)


def _taken(pieces: Iterable[tuple[Sequence[int], str]]) -> _Taken:
    taken = _Taken()
    for numbers, text in pieces:
        redacted = redact(text)
        if not redacted.secrets:
            continue
        for number, before, after in zip(numbers, text.split("\n"), redacted.text.split("\n"), strict=True):
            if before != after:
                taken.lines[number] = after
        for secret in redacted.secrets:
            place = range(numbers[secret.start_line - 1], numbers[secret.end_line - 1] + 1)
            taken.places.append((place, secret.kind))
    return taken


def _hunk(hunk: Hunk, old: _Taken, new: _Taken, old_text: str | None) -> Hunk:
    section = _section(hunk, old, old_text) if hunk.section else ""
    if section == hunk.section and not any(line.old in old.lines or line.new in new.lines for line in hunk.lines):
        return hunk
    return replace(hunk, section=section, lines=tuple(_line(line, old, new) for line in hunk.lines))


def _line(line: DiffLine, old: _Taken, new: _Taken) -> DiffLine:
    """A line that is on both sides is a part of a secret when it is on either. Numbers begin at 1, so that 0 is never among them."""
    text = new.lines.get(line.new, old.lines.get(line.old, line.text))
    return line if text == line.text else replace(line, text=text)


def _section(hunk: Hunk, old: _Taken, old_text: str | None) -> str:
    """What git prints after the second `@@`: the beginning of a line further up at the base, which need not be in any hunk."""
    if old_text is not None:
        if not old.lines:
            return hunk.section
        lines = old_text.split("\n")
        for number in range(min(hunk.old_start - 1, len(lines)), 0, -1):
            if lines[number - 1].startswith(hunk.section):
                return old.lines[number][: len(hunk.section)] if number in old.lines else hunk.section
    masked = mask(hunk.section)
    return masked if len(hunk.section.encode("utf-8", "replace")) < _LONGEST_SECTION else masked.rpartition(" ")[0]


def _redactions(file: ChangedFile, old: _Taken, new: _Taken) -> Iterator[Redaction]:
    """The secrets of which at least a line is shown. What stands on a line of both sides is told once, as it is at the head."""
    removed = {line.old for hunk in file.hunks for line in hunk.lines if line.side is Side.REMOVED}
    kept = {line.new for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED}
    for place, kind in new.places:
        if not kept.isdisjoint(place):
            yield Redaction(file.path, place.start, kind)
    for place, kind in old.places:
        if not removed.isdisjoint(place):
            yield Redaction(file.old_path or file.path, place.start, kind, removed=True)
