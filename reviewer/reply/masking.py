"""What is shown of findings, with every secret replaced by its kind: a report is shown, mailed and stored where a secret should not be.

What a model says in its own words may hold one that it makes up or puts together. What it quotes has none, since the files it is held
against have none, but for --no-redact: so quotes are cut from the file without its secrets, of which a line alone may not show any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from reviewer.collect.changes import Change
from reviewer.collect.secrets import mask
from reviewer.findings import Claim, Evidence, Finding, Refuted, Ungrounded, Verification
from reviewer.reply.ground import MAX_QUOTED_CHARACTERS
from reviewer.reply.removed import Removed

_AnyClaim = TypeVar("_AnyClaim", bound=Claim)


class Masking:
    """Takes secrets out. Each file is searched once, when something quotes it."""

    def __init__(self, read: Callable[[str], str | None], change: Change | None = None) -> None:
        """`read` gives the text of a file by its path, None when it is not among the files read; `change` is what is reviewed, if one is."""
        self._read = (read, Removed(change, read).text)
        self._lines: dict[tuple[str, bool], list[str]] = {}

    def finding(self, finding: Finding) -> Finding:
        """A finding that can be shown, with what a verification says of it."""
        safe = replace(self._quoted(finding), as_quoted=mask(finding.as_quoted))
        return replace(safe, verification=self.verification(finding.verification))

    def refuted(self, claim: Refuted) -> Refuted:
        """The same for one that is not true."""
        return replace(self._quoted(claim), reason=mask(claim.reason), verification=self.verification(claim.verification))

    def ungrounded(self, claim: Ungrounded) -> Ungrounded:
        """The same for one whose quote is not there, so that there is no file to cut it from; its path may be none of a file either."""
        return replace(_masked(claim), path=mask(claim.path), quote=mask(claim.quote), reason=mask(claim.reason))

    def verification(self, verification: Verification | None) -> Verification | None:
        """What was said of a finding, fit to be shown."""
        if verification is None:
            return None
        evidence = self.evidence(verification.evidence) if verification.evidence is not None else None
        return replace(verification, explanation=mask(verification.explanation), evidence=evidence)

    def evidence(self, evidence: Evidence) -> Evidence:
        """Quoted lines, fit to be shown."""
        return replace(evidence, quote=self._quote(evidence))

    def _quoted(self, claim: _AnyClaim) -> _AnyClaim:
        return replace(_masked(claim), quote=self._quote(claim))

    def _quote(self, claim: Claim | Evidence) -> str:
        gone = isinstance(claim, Finding) and claim.removed
        if (claim.path, gone) not in self._lines:
            text = self._read[gone](claim.path)
            if text is None:
                return mask(claim.quote)
            self._lines[claim.path, gone] = mask(text).split("\n")
        first, number = max(0, claim.start_line - 1), claim.quote.count("\n") + 1
        safe = "\n".join(line.rstrip("\r") for line in self._lines[claim.path, gone][first : first + number])
        # The quote where it stands in the file without secrets, else the beginning of its lines, which may be very long.
        return claim.quote if claim.quote in safe else safe[:MAX_QUOTED_CHARACTERS]


def _masked(claim: _AnyClaim) -> _AnyClaim:
    """A claim without secrets in its own words; its quote is another matter."""
    return replace(
        claim,
        title=mask(claim.title),
        explanation=mask(claim.explanation),
        suggestion=mask(claim.suggestion),
        inside=mask(claim.inside),
        absent=tuple(replace(absent, name=mask(absent.name)) for absent in claim.absent),
        notes=tuple(map(mask, claim.notes)),
        replacement=None if claim.replacement is None or mask(claim.replacement) != claim.replacement else claim.replacement,
    )
