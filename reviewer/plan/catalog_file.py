"""A catalogue file → values that fit `Model`, each key judged by hand: validation by a library would cost more time than the plan."""

from __future__ import annotations

import difflib
import itertools
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from reviewer.errors import ConfigError
from reviewer.plan.model import LongContext, PriceStep, Status, Tokenizer

_SCHEMA = 1
_WRITE_5M, _WRITE_1H, _READ = 1.25, 2.0, 0.1
"""Cache prices as multiples of the input price, where a file leaves them out: the provider's usual ones."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One file's models, validated key by key but perhaps incomplete: a layer may change a single price."""

    name: str
    as_of: date | None
    models: tuple[Mapping[str, Any], ...]
    """Keyword arguments of `Model`; each has at least `id`."""


class _WrongError(ValueError):
    """What was expected instead; the caller knows file, model and key."""


def read_layer(path: Path) -> Layer:
    """Read one catalogue file. Raises ConfigError naming the file and the key."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="The catalogue is a TOML file; see --catalog.") from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or a number of more than 4,300 digits
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    top = _table(raw, _TOP, f"{path}")
    if top.get("schema", _SCHEMA) != _SCHEMA:
        raise ConfigError(f"{path}: schema {top['schema']} is not known to this version", hint=f"It knows schema {_SCHEMA}.")
    models = tuple(_model(path, number, entry) for number, entry in enumerate(top.get("model", []), 1))
    return Layer(str(path), top.get("as_of"), models)


def _model(path: Path, number: int, entry: Mapping[str, object]) -> Mapping[str, Any]:
    name = entry.get("id")
    values = _table(entry, _MODEL, f"{path}: model {name}" if isinstance(name, str) else f"{path}: model number {number}")
    if "id" not in values:
        raise ConfigError(f"{path}: model number {number} has no 'id'")
    return values


def _table(raw: Mapping[str, object], keys: Mapping[str, Callable[[object], object]], where: str) -> dict[str, Any]:
    """Judge every key of one table."""
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in keys:
            close = difflib.get_close_matches(key, keys, 1)
            raise ConfigError(f"{where}: unknown key {key!r}", hint=f"Did you mean {close[0]!r}?" if close else "")
        try:
            values[key] = keys[key](value)
        except _WrongError as wrong:
            raise ConfigError(f"{where}: {key!r} must be {wrong}, not {value!r}") from wrong
    return values


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _WrongError("text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _WrongError("a list of texts")
    return tuple(_text(each) for each in value)


def _tokens(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**12:
        raise _WrongError("a whole number above 0")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _WrongError("a number, 0 or above")
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("true or false")
    return value


def _day(value: object) -> date:
    if type(value) is not date:  # a datetime is a date too, and would not compare with one
        raise _WrongError("a date such as 2026-11-30")
    return value


def _word(words: type[StrEnum]) -> Callable[[object], StrEnum]:
    def parse(value: object) -> StrEnum:
        if not isinstance(value, str) or value not in list(words):
            raise _WrongError(f"one of {', '.join(words)}")
        return words(value)

    return parse


def _thinking(value: object) -> str:
    if value not in {"off", "adaptive", "adaptive_always"}:
        raise _WrongError("one of off, adaptive, adaptive_always")
    return str(value)


def _tables(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _WrongError("a list of tables")
    return value


def _prices(value: object) -> tuple[PriceStep, ...]:
    steps = tuple(_price(entry) for entry in _tables(value))
    ends = [math.inf if step.up_to_prompt_tokens is None else step.up_to_prompt_tokens for step in steps]
    if ends and (ends[-1] != math.inf or any(this >= following for this, following in itertools.pairwise(ends))):
        raise _WrongError("steps from the shortest prompt to the longest, the last one without 'up_to_prompt_tokens'")
    return steps


def _price(entry: Mapping[str, object]) -> PriceStep:
    unknown = [key for key in entry if key not in _PRICE]
    missing = [key for key in ("input", "output") if key not in entry]
    if unknown or missing:
        raise _WrongError(
            f"steps with {', '.join(_PRICE)}; {'unknown' if unknown else 'missing'}: {', '.join(unknown or missing)}"
        )
    values = {key: _PRICE[key](value) for key, value in entry.items()}
    paid = values["input"]
    usual = {"cache_write_5m": paid * _WRITE_5M, "cache_write_1h": paid * _WRITE_1H, "cache_read": paid * _READ}
    return PriceStep(**{"up_to_prompt_tokens": None, **usual, **values})


_PRICE: Mapping[str, Callable[[object], Any]] = {
    "up_to_prompt_tokens": _tokens,
    "input": _number,
    "output": _number,
    "cache_write_5m": _number,
    "cache_write_1h": _number,
    "cache_read": _number,
}
_TOP: Mapping[str, Callable[[object], Any]] = {"schema": _tokens, "as_of": _day, "model": _tables}
_MODEL: Mapping[str, Callable[[object], Any]] = {
    "id": _text,
    "same_as": _text,
    "aliases": _texts,
    "line": _text,
    "status": _word(Status),
    "released": _day,
    "deprecated_on": _day,
    "retires_not_before": _day,
    "retires_on": _day,
    "replacement": _text,
    "context_tokens": _tokens,
    "long_context": _word(LongContext),
    "long_context_tokens": _tokens,
    "long_context_beta": _text,
    "max_output_tokens": _tokens,
    "min_cache_tokens": _tokens,
    "tokenizer": _word(Tokenizer),
    "thinking": _texts,
    "thinking_default": _thinking,
    "effort": _texts,
    "effort_default": _text,
    "structured_outputs": _truth,
    "price": _prices,
    "batch_multiplier": _number,
    "restricted": _truth,
    "retains_data": _truth,
    "notes": _text,
}
