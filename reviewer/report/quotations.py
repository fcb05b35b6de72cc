"""What a terminal shows of the lines that an answer rests on."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.findings import Evidence
from reviewer.reply.quotations import Checked
from reviewer.reply.statements import Quotation
from reviewer.report.inert import visible, visible_path

_INDENT = "    "
_SHOWN = 20
"""Lines of one quotation that are shown."""
_LONGEST = 400
"""Characters of a line that are shown: a minified file has lines of a megabyte."""


def quotations_text(checked: Checked) -> str:
    """Each quoted place as `path:line` with its lines, then what is not there; empty when nothing was quoted. Harmless on a terminal."""
    return "".join([*map(_found, checked.found), *_missing(checked)])


def _found(place: Evidence) -> str:
    lines = f"{place.start_line}" if place.start_line == place.end_line else f"{place.start_line}-{place.end_line}"
    return f"{visible_path(place.path)}:{lines}\n{_quoted(place.quote)}"


def _missing(checked: Checked) -> Iterator[str]:
    number = len(checked.missing)
    if not number:
        return
    what = "is not in the file it names" if number == 1 else "are not in the files they name"
    yield f"{number:,} of {checked.number:,} quotes {what}: do not rely on {'it' if number == 1 else 'them'}.\n"
    for quotation in checked.missing:
        yield f"{_claimed(quotation)} (not there)\n{_quoted(quotation.quote)}"


def _claimed(quotation: Quotation) -> str:
    return f"{visible_path(quotation.path)}:{quotation.start_line}" if quotation.start_line else visible_path(quotation.path)


def _quoted(text: str) -> str:
    """The lines, indented, long ones and too many of them cut."""
    lines = visible(text).split("\n")
    shown = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…" for line in lines[:_SHOWN]]
    if len(lines) > _SHOWN:
        shown.append("…")
    return "".join(f"{_INDENT}{line}".rstrip() + "\n" for line in shown)
