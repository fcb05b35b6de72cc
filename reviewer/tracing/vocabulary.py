"""The words a trace may use: a fixed list, so that nothing of a repository, a prompt or a key can get into one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

Value = str | int | float

REQUEST = "request"
"""The name of the step that is one request to the model."""

NUMBERS = frozenset(
    {
        *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        *("cost_usd", "retries", "files", "bytes", "tokens", "findings", "passes"),
    }
)
"""Attributes whose value is a number: tokens as billed, dollars, attempts before the one that was answered, counts."""
IDENTIFIERS = frozenset(
    {"run", "model", "answered_by", "pass_name", "request_id", "message_id", "commit", "stop", "engine", "depth"}
)
"""Attributes whose value is an id or a word of ours or of the provider. `pass_name` is written as `pass`, a word Python keeps for itself."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@ +/-]{0,79}")
"""What ids of runs, models, requests and passes are made of. One that is not is left out: a provider, too, could send anything."""

_LARGEST = 10**15
"""Neither dollars nor bytes reach it; a provider's figure could have thousands of digits."""


def admitted(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    """Those of `attributes` that have a value fit for a trace, under the names they are written by.

    Raises KeyError for a name outside the vocabulary, which is a bug of ours.
    """
    kept: dict[str, Value] = {}
    for name, value in attributes.items():
        if name not in NUMBERS | IDENTIFIERS:
            raise KeyError(name)
        if _fits(name, value) and value is not None:
            kept["pass" if name == "pass_name" else name] = value
    return kept


def _fits(name: str, value: Value | None) -> bool:
    if name in NUMBERS:
        return isinstance(value, int | float) and math.isfinite(value) and abs(value) < _LARGEST
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None
