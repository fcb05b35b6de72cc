"""Markdown cut to a number of bytes, so that what is left still reads as it was meant."""

from __future__ import annotations

import re

BODY_BYTES = 65_536
"""Of a comment or a review: GitHub's message speaks of 65,536 characters, its servers have counted bytes and code points; bytes are the least."""
SUMMARY_BYTES = 1024 * 1024 - 16 * 1024
"""Of a job's summary: GitHub's 1 MiB a step, less what else the step may write there."""

_FENCE = re.compile(r"(`{3,})[^`]*")


def fit(markdown: str, limit: int, ending: str) -> str:
    """The text, or as many of its first lines as fit together with `ending`, which says what was cut.

    The cut is at a blank line outside a code block where there is one in the second half, else at a line; what is open is closed.
    For Markdown of ours: fences and `<details>` at the start of a line.
    """
    if _size(markdown) <= limit:
        return markdown
    room = limit - _size(ending) - 2
    kept: list[str] = []
    good, good_size, used = 0, 0, 0
    state = _Open()
    for line in markdown.split("\n"):
        used += _size(line) + 1
        after = state.after(line)
        if used + _size(after.closing) > room:
            break
        kept.append(line)
        state = after
        if not line.strip() and not state.fence:
            good, good_size = len(kept), used
    if good_size * 2 > room:
        kept, state = kept[:good], _Open()
        for line in kept:
            state = state.after(line)
    return "\n".join(kept).rstrip("\n") + state.closing + ("\n\n" if kept else "") + ending


class _Open:
    """What stands open after some lines."""

    __slots__ = ("details", "fence")

    def __init__(self, fence: str = "", details: int = 0) -> None:
        self.fence = fence
        self.details = details

    def after(self, line: str) -> _Open:
        """What stands open after one line more."""
        mark = line.strip()
        if self.fence:
            closes = len(mark) >= len(self.fence) and not mark.strip("`")
            return _Open("" if closes else self.fence, self.details)
        if match := _FENCE.fullmatch(mark):
            return _Open(match[1], self.details)
        return _Open("", self.details + line.startswith("<details>") - line.startswith("</details>"))

    @property
    def closing(self) -> str:
        """The lines that close it all."""
        return (f"\n{self.fence}" if self.fence else "") + "\n\n</details>" * self.details


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
