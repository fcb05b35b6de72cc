"""Which requests a review makes over one prefix: the looks, and the verification of what they found.

All passes of a run share the same bytes up to the last cache breakpoint, and the same model, schema, effort and thinking; only the question
at the end differs. So the prefix is paid for once, and read again for a small part of its price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Depth(StrEnum):
    """How many looks, and whether their findings are verified: `--depth`."""

    QUICK = "quick"
    """One look."""
    STANDARD = "standard"
    """One look, then a verification of its findings."""
    DEEP = "deep"
    """One look through each lens, then a verification."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What a look pays attention to."""

    name: str
    """A template `prompt/lenses/<name>.md.j2` where `text` is empty."""
    text: str = ""
    """An operator's own words, from a `--lens` file; not a template."""


GENERAL = Lens("general")
"""The look of someone who pays attention to everything."""
LENSES = tuple(
    map(
        Lens,
        (
            "correctness",
            "security",
            "concurrency",
            "contracts",
            "error-handling",
            "performance",
            "tests",
            "architecture",
        ),
    )
)
"""The looks of a deep review, each a template of this name below `templates/prompt/lenses/`."""


class PassKind(StrEnum):
    """What a request is for."""

    LOOK = "look"
    """Finds."""
    VERIFICATION = "verification"
    """Confirms or refutes what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One request of a run."""

    number: int
    """From 1, in the order in which they are planned; the order in which they end may be another."""
    kind: PassKind
    name: str
    """Unique within a run, and fit for a file name: `security`, `security-2` (the second repetition), `verification`."""
    lens: Lens | None = None
    """None for a verification."""


FINDINGS_VERIFIED_AT_ONCE = 40
"""Findings in one verification: their rulings, some 150 tokens each, fit into the shortest answer that is reserved."""
_LOOKS_A_VERIFICATION = 4
"""Looks whose findings, merged, are taken to fill one verification, in a price that is to hold."""


def verifications(passes: Iterable[Pass]) -> int:
    """How many requests the verification of these passes may take at most, for the high end of the price."""
    kinds = Counter(each.kind for each in passes)
    return kinds[PassKind.VERIFICATION] and 1 + (kinds[PassKind.LOOK] - 1) // _LOOKS_A_VERIFICATION


def planned(depth: Depth, own: tuple[Lens, ...] = (), repeat: int = 1) -> tuple[Pass, ...]:
    """All requests of a review: the looks, and the verification unless it is a quick one."""
    every = looks(depth, own, repeat)
    return every if depth is Depth.QUICK else (*every, verification(len(every) + 1))


def looks(depth: Depth, own: tuple[Lens, ...] = (), repeat: int = 1) -> tuple[Pass, ...]:
    """The looks of a review: those of its depth, then the operator's own, all of them `repeat` times."""
    lenses = (*(LENSES if depth is Depth.DEEP else (GENERAL,)), *own)
    rounds = [(number, lens) for number in range(1, repeat + 1) for lens in lenses]
    return tuple(
        Pass(number=at, kind=PassKind.LOOK, name=lens.name if number == 1 else f"{lens.name}-{number}", lens=lens)
        for at, (number, lens) in enumerate(rounds, 1)
    )


def verification(number: int, part: int = 1) -> Pass:
    """The pass that verifies findings; `part` counts from 1 where there are too many for one answer."""
    return Pass(number=number, kind=PassKind.VERIFICATION, name="verification" if part == 1 else f"verification-{part}")
