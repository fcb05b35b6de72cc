"""Review comments of others → pairs for `merging.py`: `python bench/natural_pairs.py COMMENTS.json PAIRS.json`.

COMMENTS.json is a list of pull requests in the form of AACR-Bench (`dataset/positive_samples.json` of alibaba/aacr-bench): each has `comments`
with `path`, `side`, `from_line`, `to_line`, `category` and `note`. Every two comments on overlapping lines of one file make a pair. Their
writers told different defects, so they are counted as *different*; a few are the same all the same, and are to be looked at by eye.
A comment has no title: its first sentence is taken for one. The code is not in the data; lines that say nothing stand in its place.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

_CATEGORIES = {
    "Maintainability and Readability": "maintainability",
    "Code Defect": "correctness",
    "Performance": "performance",
    "Security Vulnerability": "security",
}
_FIRST = re.compile(r".{15,200}?[.!?:;](?=\s)")
_MOST_QUOTED = 16
"""Lines of a comment that are quoted."""


def pairs(pulls: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The pairs of every pull request."""
    for pull in pulls:
        for one, other in combinations(pull["comments"], 2):
            first, last = _lines(one), _lines(other)
            same_file = (one["path"], one["side"]) == (other["path"], other["side"])
            if not same_file or 0 in (*first, *last) or first[0] > last[1] or last[0] > first[1]:
                continue
            base = min(first[0], last[0]) - 1
            text = [f"statement_{number} = {number}" for number in range(base + 1, max(first[1], last[1]) + 1)]
            yield {
                "kind": "different",
                "path": one["path"],
                "text": "\n".join(text) + "\n",
                "one": _item(one, first, text, base),
                "other": _item(other, last, text, base),
            }


def _lines(comment: dict[str, Any]) -> tuple[int, int]:
    given = [comment[field] or 0 for field in ("from_line", "to_line")]
    ends = [number or max(given) for number in given]
    return min(ends), max(ends)


def _item(comment: dict[str, Any], lines: tuple[int, int], text: list[str], base: int) -> dict[str, Any]:
    start, end = lines[0] - base, min(lines[1] - base, lines[0] - base + _MOST_QUOTED - 1)
    note = " ".join(comment["note"].split())
    first = _FIRST.match(note)
    return {
        "path": comment["path"],
        "quote": "\n".join(text[start - 1 : end]),
        "start_line": start,
        "end_line": end,
        "category": _CATEGORIES.get(comment["category"], "correctness"),
        "severity": "medium",
        "confidence": "medium",
        "title": (first.group() if first else note[:200]).rstrip(".:;") or "-",
        "explanation": note,
        "suggestion": "",
    }


if __name__ == "__main__":
    made = list(pairs(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
    Path(sys.argv[2]).write_text(json.dumps(made), "utf-8")
    print(f"{len(made)} pairs")
