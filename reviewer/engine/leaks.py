"""Secrets in the files, as claims whose quote ends before the value, so that no report has to spread it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from reviewer.collect.secrets import Secret, scan
from reviewer.engine.places import is_rehearsal
from reviewer.engine.points import Point, also_on
from reviewer.findings import Category, Claim, Confidence, Severity

_ENOUGH = 6  # characters that are not blank: less cannot be told from the rest of a file
_LONGEST = 300  # characters of a quote; minified files have lines of a megabyte
_GLIMPSE = 6  # characters of a value, where nothing else stands in the file; vendors' prefixes are about as long
_SHARE = 4  # at most this part of it: a password may have no more than eight

_WHY = "Everyone who can read the repository, now or in its history, can use it. The value is not repeated here."
_FIX = (
    "Revoke it where it was issued, since removing it from the file leaves it in the history; then read it from the environment or a "
    "store for secrets."
)
_WHY_IN_REHEARSAL = "It stands in a test, an example or documentation and may be made up; if it was ever real, it is public now."
_FIX_IN_REHEARSAL = "If it is real, revoke it. If not, make that plain to people and scanners, or make it when the test runs."


def leaks(path: str, text: str) -> Iterator[Point]:
    """One point for each kind of secret in a file."""
    rehearsal = is_rehearsal(path)
    secrets = tuple(scan(text))
    found = [secret for secret in secrets if secret.confidence > Confidence.LOW or not rehearsal]
    for kind, group in groupby(sorted(found, key=_order), key=lambda secret: secret.kind):
        first, *rest = group
        quote, line = _quote(text, first, secrets)
        claim = Claim(
            title=f"{kind[0].upper()}{kind[1:]} {'among tests or examples' if rehearsal else 'in the repository'}",
            severity=min(first.severity, _ceiling(first)) if rehearsal else first.severity,
            confidence=first.confidence,
            category=Category.SECURITY,
            path=path,
            start_line=line,
            end_line=line + quote.count("\n"),
            quote=quote,
            explanation=(_WHY_IN_REHEARSAL if rehearsal else _WHY) + also_on([secret.start_line for secret in rest]),
            suggestion=_FIX_IN_REHEARSAL if rehearsal else _FIX,
        )
        yield Point(f"{kind}, {rehearsal}", claim)


def _order(secret: Secret) -> tuple[str, int, int]:
    """By kind; within one, what is surest first, since its line is the one that is quoted."""
    return secret.kind, -secret.confidence, secret.start_line


def _ceiling(secret: Secret) -> Severity:
    """Keys and generic values in tests are nearly always made for them; a vendor's format is now and then the real one."""
    made_for_tests = secret.confidence < Confidence.HIGH or "private key" in secret.kind
    return Severity.LOW if made_for_tests else Severity.MEDIUM


def _quote(text: str, secret: Secret, secrets: tuple[Secret, ...]) -> tuple[str, int]:
    """Text beside a secret, and the line it starts on: what leads up to it, else what follows. No secret is in it."""
    start, end = secret.span
    floor = max((other.span[1] for other in secrets if other.span[1] <= start), default=0)
    before = _last_lines(text[max(floor, start - _LONGEST) : start])
    if _solid(before) >= _ENOUGH:
        return before, secret.start_line - before.count("\n")
    ceiling = min((other.span[0] for other in secrets if other.span[0] >= end), default=len(text))
    after = text[end : min(ceiling, end + _LONGEST)].partition("\n")[0].rstrip()
    if _solid(after) >= _ENOUGH:
        return after, secret.end_line
    return text[start : start + min(_GLIMPSE, (end - start) // _SHARE)], secret.start_line


def _last_lines(text: str) -> str:
    """The end of `text` from the start of a line, as few lines as can be told from the rest of a file."""
    opening = len(text)
    while opening > 0 and _solid(text[opening:]) < _ENOUGH:
        opening = text.rfind("\n", 0, opening - 1) + 1
    return text[opening:].lstrip()


def _solid(text: str) -> int:
    return sum(not character.isspace() for character in text)
