"""Whether two findings about the same code speak of the same defect."""

from __future__ import annotations

from reviewer.reply.speech import Speech

THRESHOLD = 0.3
"""From which likeness on two findings are one."""


def likeness(one: Speech, other: Speech) -> float:
    """How surely two findings speak of one defect, from 0 to 1."""
    every = one.terms | other.terms
    return len(one.terms & other.terms) / len(every) if every else 0.0
