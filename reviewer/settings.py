"""The value of every option: default < file < environment < flag → one frozen `Config`, and where each value came from."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.config import DEFAULT_MAX_COST, OPTIONS, Config, Kind, Option, flag_name, key_name, variable_name
from reviewer.errors import ConfigError

IN_CI = ("CI", "GITHUB_ACTIONS", "TF_BUILD")
"""Variables that say that nobody sits before this machine."""

_LONGEST_NUMBER = 18
"""Digits; more is no setting, and Python refuses to read 4,300 of them."""


_LONGEST_SHOWN = 200
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings table of one file, parsed as TOML but not yet judged."""

    name: str
    """As messages and `reviewer config` show it: `.reviewer.toml`, `pyproject.toml [tool.reviewer]`."""
    values: Mapping[str, object]
    operator: bool
    """True when the operator named the file, false when it lies in the repository under review."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings, and for each where it came from (`default`, a file's name, `REVIEWER_MODEL`, `--model`)."""

    config: Config
    origins: Mapping[str, str]
    from_repository: frozenset[str]
    """The fields whose value the repository under review chose."""


def resolve(file: SettingsFile | None, environ: Mapping[str, str], flags: Mapping[str, object]) -> Resolved:
    """Merge the four sources, in this order: default < file < environment < flag.

    `flags` holds only those that were given, by field name. Raises ConfigError for an unknown key or variable, a value that cannot be,
    or an operator's option in a repository's file.
    """
    values: dict[str, Any] = {}
    origins = dict.fromkeys(OPTIONS, "default")
    for name, raw, origin in [*_from_file(file), *_from_environment(environ), *_from_flags(flags, environ)]:
        values[name] = _coerce(OPTIONS[name], raw, origin)
        origins[name] = origin
    own = file.name if file is not None and not file.operator else None
    theirs = frozenset(name for name, origin in origins.items() if own is not None and origin.startswith(f"{own}: "))
    return Resolved(Config(**values), origins, theirs)


def _from_file(file: SettingsFile | None) -> list[tuple[str, object, str]]:
    if file is None:
        return []
    rows = []
    for key, raw in file.values.items():
        name = key.replace("-", "_")
        if name not in OPTIONS or "_" in key:
            raise ConfigError(
                f"{file.name}: unknown key {_shown(key)}", hint=_suggestion(key, [key_name(each) for each in OPTIONS])
            )
        _check_right(file, name, raw)
        rows.append((name, raw, f"{file.name}: {key}"))
    return rows


def _check_right(file: SettingsFile, name: str, raw: object) -> None:
    """Refuse what only a flag may decide, and what a repository's own file may not."""
    if OPTIONS[name].typed:
        raise _only_typed(f"{file.name}: {key_name(name)!r}", name)
    if file.operator:
        return
    if OPTIONS[name].operator:
        raise ConfigError(
            f"{file.name}: {key_name(name)!r} cannot be set by the repository under review",
            hint=f"Only whoever runs the tool may set it: use {flag_name(name)} or {variable_name(name)}.",
        )
    if name == "max_cost" and _dollars(OPTIONS[name], raw, f"{file.name}: max-cost") > DEFAULT_MAX_COST:
        raise ConfigError(
            f"{file.name}: 'max-cost' may be lowered by the repository under review, not raised above {DEFAULT_MAX_COST:g} dollars",
            hint=f"Whoever runs the tool may: use {flag_name(name)} or {variable_name(name)}.",
        )


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, object, str]]:
    rows: list[tuple[str, object, str]] = []
    if environ.get("ANTHROPIC_BASE_URL"):
        rows.append(("base_url", environ["ANTHROPIC_BASE_URL"], "ANTHROPIC_BASE_URL"))
    names = {variable_name(name): name for name in OPTIONS}
    for variable in sorted(environ):
        if not variable.startswith("REVIEWER_") or not environ[variable]:
            continue
        if variable not in names:
            raise ConfigError(f"unknown variable {variable}", hint=_suggestion(variable, list(names)))
        name = names[variable]
        if OPTIONS[name].typed:
            raise _only_typed(variable, name)
        raw: object = environ[variable]
        if OPTIONS[name].kind == "list":
            raw = [line for line in environ[variable].splitlines() if line]
        rows.append((name, raw, variable))
    return rows


def _only_typed(given: str, name: str) -> ConfigError:
    return ConfigError(f"{given} cannot be set here", hint=f"It counts only as a flag that somebody typed: {flag_name(name)}.")


def _from_flags(flags: Mapping[str, object], environ: Mapping[str, str]) -> list[tuple[str, object, str]]:
    refused = next((flag_name(name) for name in flags if OPTIONS[name].typed), None)
    where = next((name for name in IN_CI if environ.get(name)), None)
    if refused and where:
        raise ConfigError(f"{refused} is refused where {where} is set: nobody is there to have meant it")
    return [(name, raw, flag_name(name)) for name, raw in flags.items()]


def _coerce(option: Option, raw: object, origin: str) -> object:
    """Turn what a source holds into the field's type, or say what it should have been."""
    return _COERCIONS[option.kind](option, raw, origin)


def _text(option: Option, raw: object, origin: str) -> str:
    if not isinstance(raw, str) or not raw or "\0" in raw:
        raise ConfigError(f"{origin}: expected text, got {_shown(raw)}")
    if len(raw) > option.longest:
        raise ConfigError(f"{origin}: the text is longer than {option.longest:,} characters")
    if option.one_line and not raw.isprintable():  # words for the model that nobody marks as the repository's
        raise ConfigError(f"{origin}: expected a name on one line, got {_shown(raw)}")
    return raw


def _choice(option: Option, raw: object, origin: str) -> str:
    if raw not in option.choices:
        raise ConfigError(
            f"{origin}: {_shown(raw)} is not one of {', '.join(option.choices)}", hint=_suggestion(str(raw), list(option.choices))
        )
    return str(raw)


def _whole(option: Option, raw: object, origin: str) -> int:
    digits = raw.split("_") if isinstance(raw, str) else []
    if isinstance(raw, bool) or not isinstance(raw, str | int) or not all(part.isdecimal() for part in digits):
        raise ConfigError(f"{origin}: expected a whole number, got {_shown(raw)}")
    if len(str(raw)) > _LONGEST_NUMBER:
        raise ConfigError(f"{origin}: the number is too long")
    return int(_within(option, int(raw), origin))


def _dollars(option: Option, raw: object, origin: str) -> float:
    try:
        value = math.nan if isinstance(raw, bool) or not isinstance(raw, str | int | float) else float(raw)
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"{origin}: expected an amount in dollars, got {_shown(raw)}")
    return _within(option, value, origin)


def _within(option: Option, value: float, origin: str) -> float:
    if option.minimum is not None and value < option.minimum:
        raise ConfigError(f"{origin}: {value:g} is below {option.minimum:g}")
    if option.maximum is not None and value > option.maximum:
        raise ConfigError(f"{origin}: {value:g} is above {option.maximum:g}")
    return value


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _flag(_: Option, raw: object, origin: str) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in _WORDS:
        return _WORDS[raw.lower()]
    raise ConfigError(f"{origin}: expected true or false, got {_shown(raw)}")


def _list(option: Option, raw: object, origin: str) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple):
        raise ConfigError(f"{origin}: expected a list of texts, got {_shown(raw)}")
    return tuple(_text(option, item, origin) for item in raw)


_COERCIONS: Mapping[Kind, Callable[[Option, object, str], object]] = {
    "text": _text,
    "choice": _choice,
    "whole": _whole,
    "dollars": _dollars,
    "flag": _flag,
    "list": _list,
}


def _shown(raw: object) -> str:
    """What a source holds, for a message: a repository's file may hold a megabyte."""
    shown = repr(raw)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _suggestion(given: str, known: list[str]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else "Known: " + ", ".join(known) + "."
