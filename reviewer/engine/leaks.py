"""Secrets in the files, as points: found by what was taken out of the texts when they were read. The values are not there any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.collect.secrets import Secret, placeholder
from reviewer.engine.places import is_rehearsal
from reviewer.engine.points import Point
from reviewer.findings import Category, Claim, Confidence, Severity

_AROUND = 150
"""Characters quoted on either side of where a secret begins; minified files have lines of a megabyte."""

_WHY = "Everyone who can read the repository, now or in its history, can use it. The value is not repeated here."
_FIX = (
    "Revoke it where it was issued, since removing it from the file leaves it in the history; then read it from the environment or a "
    "store for secrets."
)
_WHY_IN_REHEARSAL = "It stands in a test, an example or documentation and may be made up; if it was ever real, it is public now."
_FIX_IN_REHEARSAL = "If it is real, revoke it. If not, make that plain to people and scanners, or make it when the test runs."


def leaks(path: str, text: str, secrets: Sequence[Secret], *, shows_lines: bool = True) -> Iterator[Point]:
    """One point for each secret in a file; `text` is without them, and `secrets` says where they stood (see `redact`).

    Where nothing of the file may be shown (`shows_lines`), not even the rest of the line is quoted.
    """
    rehearsal = is_rehearsal(path)
    for secret in secrets:
        if secret.confidence > Confidence.LOW or not rehearsal:
            yield Point(
                check=f"{secret.kind}, {rehearsal}",
                claim=_claim(path, _quote(text, secret) if shows_lines else placeholder(secret).strip(), secret),
                last=secret.end_line,
                content=secret.mark,
            )


def _claim(path: str, quote: str, secret: Secret) -> Claim:
    rehearsal, kind = is_rehearsal(path), secret.kind
    return Claim(
        title=f"{kind[0].upper()}{kind[1:]} {'among tests or examples' if rehearsal else 'in the repository'}",
        severity=min(secret.severity, _ceiling(secret)) if rehearsal else secret.severity,
        confidence=secret.confidence,
        category=Category.SECURITY,
        path=path,
        start_line=secret.start_line,
        end_line=secret.start_line,
        quote=quote,
        explanation=_WHY_IN_REHEARSAL if rehearsal else _WHY,
        suggestion=_FIX_IN_REHEARSAL if rehearsal else _FIX,
    )


def _ceiling(secret: Secret) -> Severity:
    """Keys and generic values in tests are nearly always made for them; a vendor's format is now and then the real one."""
    made_for_tests = secret.confidence < Confidence.HIGH or "private key" in secret.kind
    return Severity.LOW if made_for_tests else Severity.MEDIUM


def _quote(text: str, secret: Secret) -> str:
    """The line on which a secret stood; of a long one, what is around it."""
    start = secret.span[0]
    first = max(text.rfind("\n", 0, start) + 1, start - _AROUND)
    last = text.find("\n", start)
    return text[first : min(last if last >= 0 else len(text), start + _AROUND)].strip()
