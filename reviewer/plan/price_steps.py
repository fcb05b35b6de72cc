"""A price that jumps with the length of the prompt: said whenever the prompt is near the jump."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.plan.decision import FileTokens, Plan
from reviewer.plan.model import step_ends

_ABOVE, _BELOW = 0.5, 0.1
"""How far above a step (as a share of it) it is still worth saying so, and how far below."""
_MOST_FILES = 5
"""More files than these are no advice."""


def step_note(plan: Plan) -> str:
    """One or two sentences when a price step lies just below or just above the prompt; otherwise empty."""
    tokens = plan.tokens
    for end in step_ends(plan.model):
        if end < tokens.high and tokens.estimate <= end * (1 + _ABOVE):
            return _above(plan, end)
        if tokens.high <= end and tokens.estimate >= end * (1 - _BELOW):
            return f"The prompt is {end - tokens.estimate:,} tokens below a price step: above {end:,} everything costs {_factor(plan, end)}."
    return ""


def _above(plan: Plan, end: int) -> str:
    excess = plan.tokens.estimate - end
    if excess <= 0:
        return f"The prompt may be above a price step: if it has more than {end:,} tokens, everything costs {_factor(plan, end)}."
    about = "" if plan.tokens.exact is not None else "About "
    said = f"{about}{excess:,} tokens less and the request pays the lower price: above {end:,} tokens everything costs {_factor(plan, end)}."
    files = fewest(plan.per_file, excess)
    if not files:
        return said
    names = ", ".join(file.path for file in files)
    together = (
        f"This file is {files[0].tokens:,}" if len(files) == 1 else f"These files are {sum(file.tokens for file in files):,}"
    )
    return f"{said} {together} tokens: {names}."


def _factor(plan: Plan, end: int) -> str:
    """How much dearer the step above `end` is."""
    below, above = plan.model.step(end), plan.model.step(end + 1)
    if below is None or above is None or not below.input:
        return "more"
    return f"{above.input / below.input:.3g} times as much"


def fewest(files: Sequence[FileTokens], tokens: int) -> tuple[FileTokens, ...]:
    """The fewest files that hold at least so many tokens, the last of them as small as it can be; empty when it takes too many.

    `files` is sorted, largest first.
    """
    chosen: list[FileTokens] = []
    left = tokens
    for index, file in enumerate(files[:_MOST_FILES]):
        if file.tokens >= left:
            enough = [each for each in files[index:] if each.tokens >= left]
            return (*chosen, enough[-1])
        chosen.append(file)
        left -= file.tokens
    return ()
