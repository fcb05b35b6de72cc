"""JSON from someone who may mean harm: no key twice, no number of a million digits, no nesting that breaks the reader.

What is not JSON but can be read in one way only is read: a trailing comma, comments, single quotes and `None` as Python writes them, a
backslash in a string that escapes nothing. Nothing is completed: a bracket or a quotation mark that is missing stays missing.
"""

from __future__ import annotations

import math
import re
from json import JSONDecoder

_MAX_DIGITS = 30
"""Longer numbers stand for nothing that is asked for; Python itself refuses to convert more than 4,300 digits."""
_DEEPEST = 100
"""Brackets within brackets of what is not quite JSON: an answer has five."""
_MOST_TOKENS = 300_000
"""Read one by one, about two seconds' worth: an answer of 64,000 output tokens has fewer."""
_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]++|//[^\n]*+|\#[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)"""
    r"""|(?P<double>"(?:[^"\\]|\\.)*+")"""
    r"""|(?P<single>'(?:[^'\\]|\\.)*+')"""
    r"""|(?P<open>[{\[])|(?P<close>[}\]])|(?P<mark>[,:])"""
    r"""|(?P<plain>-?\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+(?![\w.])|(?:true|false|null|NaN|-?Infinity)(?!\w))"""
    r"""|(?P<python>(?:True|False|None|undefined)(?!\w))""",
    re.DOTALL,
)
_PYTHON = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|(.))|"', re.DOTALL)
_JSON_ESCAPES = frozenset('"\\/bfnrt')


class NotJsonError(ValueError):
    """The text is not JSON, or JSON that no honest writer would send."""


def load(text: str) -> object:
    """The value of a text that is one JSON value and nothing else but white space. Raises NotJsonError."""
    start = len(text) - len(text.lstrip(" \t\r\n\ufeff"))
    value, end = load_at(text, start)
    if text[end:].strip():
        raise NotJsonError("text after the value")
    return value


def load_at(text: str, start: int) -> tuple[object, int]:
    """The JSON value that begins at `start`, and the place just after it. Raises NotJsonError."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return _load_loosely(text, start)
    return value, end


def _load_loosely(text: str, start: int) -> tuple[object, int]:
    """The same for what can be put into JSON without a guess."""
    plain, end = _plain_json(text, start)
    try:
        return _DECODER.decode(plain), end
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error


def _plain_json(text: str, start: int) -> tuple[str, int]:
    """The value at `start` as JSON proper would write it, as far as single tokens go, and the place after it."""
    tokens: list[str] = []
    at, depth = start, 0
    while len(tokens) < _MOST_TOKENS and (found := _TOKEN.match(text, at)) is not None:
        at = found.end()
        kind, token = str(found.lastgroup), found.group()
        if kind == "space":
            continue
        if not tokens and kind != "open":
            break
        if kind == "close" and tokens[-1] == ",":
            tokens.pop()
            if tokens[-1] in {"[", "{", ","}:
                break
        tokens.append(_as_json(kind, token))
        depth += (kind == "open") - (kind == "close")
        if depth == 0:
            return "".join(tokens), at
        if depth > _DEEPEST:
            break
    raise NotJsonError("not JSON, and nothing that can be read in one way only")


def _as_json(kind: str, token: str) -> str:
    if kind in {"double", "single"}:
        return f'"{_ESCAPE.sub(_escaped, token[1:-1])}"'
    return _PYTHON[token] if kind == "python" else token


def _escaped(found: re.Match[str]) -> str:
    r"""An escape as JSON has it; of `\d`, which JSON does not know, the backslash is meant, and of `\'` the quotation mark."""
    letter = found[1]
    if letter is None:
        return '\\"' if found.group() == '"' else found.group()
    if letter == "'":
        return "'"
    return found.group() if letter in _JSON_ESCAPES else f"\\\\{letter}"


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
