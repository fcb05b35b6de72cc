"""All rows, and the page of the documentation that is made of them: `python -m faults.page` in the folder `tests` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from faults import disk_rows, file_rows, git_rows, github_rows, place_rows, signal_rows, state_rows, wire_rows
from faults.row import Row

PAGE = Path(__file__).parent.parent.parent / "docs" / "faults.md"
PARTS: dict[str, tuple[Row, ...]] = {
    "Room and rights": disk_rows.ROWS,
    "The state folder": state_rows.ROWS,
    "Files": file_rows.ROWS,
    "git": git_rows.ROWS,
    "The network": wire_rows.ROWS,
    "GitHub": github_rows.ROWS,
    "Signals and streams": signal_rows.ROWS,
    "Terminals, locales, clocks": place_rows.ROWS,
}
ROWS: tuple[Row, ...] = tuple(row for rows in PARTS.values() for row in rows)
HEAD = """# What happens when something goes wrong

Each row is a test (`tests/faults/`): the fault is made to happen, and the exit code, the sentence and what is on disk are as they stand here.
Whatever the fault, there is no traceback, no half-written file and no draft left, and no request whose whole answer is on disk is ever made
again. `…` stands for what differs from call to call; of a long message the beginning is shown. What the provider's API itself may answer is a table
of its own, in `tests/engine/test_faults.py`.

Exit codes: 0 complete, 2 usage or settings, 3 the review is incomplete, 4 provider, credentials, network or storage, 5 the review was
made but could not be posted, 130 interrupted. A negative number is the signal that ended the process before it could say a word.
"""


def page() -> str:
    """The page."""
    return "\n".join([HEAD, *(_part(title, rows) for title, rows in PARTS.items())])


def _part(title: str, rows: Iterable[Row]) -> str:
    shown = [f"| {row.fault} | {row.code} | {_cell(row.says)} | {row.disk} |" for row in rows if row.docs]
    return "\n".join([f"## {title}", "", "| fault | exit code | is said | on disk |", "|---|---|---|---|", *shown, ""])


def _cell(says: str) -> str:
    """The sentence without the program's name. A review that is complete need say nothing of what it met on its way."""
    text = says.removeprefix("reviewer: ").replace("; complete", "complete").replace("|", "\\|").replace("<", "\\<")
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(page())
