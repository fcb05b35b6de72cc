"""JSON from someone who may mean harm: no key twice, no number of a million digits, no nesting that breaks the reader."""

from __future__ import annotations

import math
from json import JSONDecoder

_MAX_DIGITS = 30
"""Longer numbers stand for nothing that is asked for; Python itself refuses to convert more than 4,300 digits."""


class NotJsonError(ValueError):
    """The text is not JSON, or JSON that no honest writer would send."""


def load(text: str) -> object:
    """The value of a text that is one JSON value and nothing else but white space. Raises NotJsonError."""
    value, end = load_at(text, len(text) - len(text.lstrip()))
    if text[end:].strip():
        raise NotJsonError("text after the value")
    return value


def load_at(text: str, start: int) -> tuple[object, int]:
    """The JSON value that begins at `start`, and the place just after it. Raises NotJsonError."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error
    return value, end


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _fraction(digits: str) -> float:
    return float(digits) if len(digits) <= _MAX_DIGITS else math.inf


# strict=False takes a raw line break inside a string for what it plainly is; endpoints without structured output send such.
_DECODER = JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, strict=False)
