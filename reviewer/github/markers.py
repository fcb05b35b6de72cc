"""The hidden lines by which our comments are found again. An HTML comment is not shown, and nothing in ours can end it early."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

_FINGERPRINT = re.compile(r"<!-- reviewer:f=([0-9a-f]{16}) -->")
_REVIEW = re.compile(r"<!-- reviewer:review:v1:([0-9a-f]{32}) -->")
_STATE = re.compile(r"<!-- reviewer:state:v1:([A-Za-z0-9+/]{1,65536}={0,2}) -->")
STICKY = "<!-- reviewer:sticky:v1 -->"
"""The first line of the summary comment."""
_MOST = 1_000
"""Lines read from one body for its markers: a body has no room for more findings than that."""


def fingerprint_marker(fingerprint: str) -> str:
    """The first line of an inline comment; also in a review's body, for each finding that is told there."""
    return f"<!-- reviewer:f={fingerprint} -->"


def review_marker(key: str) -> str:
    """The first line of a review's body."""
    return f"<!-- reviewer:review:v1:{key} -->"


def state_marker(state: str) -> str:
    """The second line of the summary comment; `state` is base64."""
    return f"<!-- reviewer:state:v1:{state} -->"


def review_key(commit: str, fingerprints: Iterable[str]) -> str:
    """32 hex digits that tell one review from every other: of a commit, and of what it tells."""
    return sha256("\0".join((commit, *sorted(fingerprints))).encode()).hexdigest()[:32]


def leading_fingerprints(body: str) -> tuple[str, ...]:
    """The fingerprints in the marker lines that a body begins with. Text further down is not looked at: it may quote one."""
    found = [_FINGERPRINT.fullmatch(line) for line in _leading(body)]
    return tuple(match[1] for match in found if match)


def review_key_of(body: str) -> str | None:
    """The key in the first line of a review's body."""
    match = _REVIEW.fullmatch(body.partition("\n")[0].rstrip("\r"))
    return match[1] if match else None


def is_sticky(body: str) -> bool:
    """Whether it is a summary comment, by its first line."""
    return body.partition("\n")[0].rstrip("\r") == STICKY


def state_of(body: str) -> str | None:
    """The state in the second line of a summary comment."""
    match = next((found for line in _leading(body)[1:2] if (found := _STATE.fullmatch(line))), None)
    return match[1] if match else None


def _leading(body: str) -> list[str]:
    """The lines before the first one that is no marker."""
    lines: list[str] = []
    for line in body.split("\n", _MOST)[:_MOST]:
        if not line.startswith("<!-- reviewer:"):
            break
        lines.append(line.rstrip("\r"))
    return lines
