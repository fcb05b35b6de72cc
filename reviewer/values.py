"""Frozen dataclasses as JSON and back: records of runs, and reviews that are to be rendered again.

Enums become their values, tuples lists. Halves of surrogate pairs, which stand for bytes of a path that are not UTF-8, survive as JSON's own
escapes. What is read is judged by the types: a missing field takes its default, an unknown one is passed over, so that a record of
another version can be read as far as the two agree.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

_Value = TypeVar("_Value")


class NotThatValueError(ValueError):
    """The text is not the JSON of such a value. Never holds any of the text."""


def to_json(value: object) -> str:
    """The JSON text of a dataclass value: ASCII, two spaces of indentation, a line end."""
    return json.dumps(_adapter(type(value)).dump_python(value, mode="json"), indent=2) + "\n"


def from_json(kind: type[_Value], text: str | bytes) -> _Value:
    """The value whose JSON `text` is. Raises NotThatValueError."""
    try:
        return _adapter(kind).validate_python(json.loads(text, parse_constant=_refused))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise NotThatValueError(f"{'.'.join(map(str, first['loc']))}: {first['type']}") from None
    except (ValueError, RecursionError) as error:
        raise NotThatValueError("not JSON") from error


def _refused(constant: str) -> float:
    """No amount is NaN: whatever it is held against, it is not above it."""
    raise ValueError(constant)


def _adapter(kind: type[_Value]) -> TypeAdapter[_Value]:
    """Made once for each kind: that takes a while."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
