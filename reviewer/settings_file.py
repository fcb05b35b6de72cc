"""Finds and reads the file that holds settings: the operator's `--config`, else the repository's own.

The repository's file is `.reviewer.toml` at its top, else the table `[tool.reviewer]` of its `pyproject.toml`. Both are read as hostile
input: no link is followed, no device opened, and the size is bounded. For a pull request they are those of its base.
"""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from reviewer.errors import ConfigError
from reviewer.settings import SettingsFile

LARGEST_SETTINGS_FILE = 1_048_576
"""Bytes; a settings file of more than a megabyte is a mistake or an attack."""

_MOST_DOTS = 1_000
"""In a line: the time to parse a dotted key grows with the square of its parts, and one of a megabyte would take minutes."""
_SKIP = "With --isolated no settings file is read."


class OwnFiles(Protocol):
    """The repository's own files, as far as they may steer a review: those on disk, or those of a commit."""

    def text(self, name: str, limit: int) -> str | None:
        """The text of a regular file, by its path below the top; None when there is none. Raises ConfigError when it cannot be used."""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files below a folder."""

    root: Path

    def text(self, name: str, limit: int) -> str | None:
        """See `OwnFiles`."""
        path, root = (self.root / name).resolve(), self.root.resolve()
        if not path.is_relative_to(root) or ".git" in map(str.lower, path.relative_to(root).parts):
            raise ConfigError(f"{name} lies outside the repository")  # git's folder may hold a token, and is none of its files
        if path.parent != Path(os.path.normpath(root / name)).parent:  # another name for a file tells nothing of what it holds
            raise ConfigError(f"{name} leads through a link", hint="Links are not followed.")
        return read_small_text(self.root / name, name, limit)


def read_settings_file(explicit: Path | None, own: OwnFiles, *, is_operators: bool = True) -> SettingsFile | None:
    """The settings file to heed: `explicit` when the operator named one, else the repository's own, else None.

    `is_operators` says whether `explicit` may set what only the operator may.

    Raises ConfigError when the file cannot be read or is not TOML.
    """
    if explicit is not None:
        return replace(_explicit(explicit), operator=is_operators)
    values = _parse(own.text(".reviewer.toml", LARGEST_SETTINGS_FILE), ".reviewer.toml")
    if values is not None:
        return SettingsFile(".reviewer.toml", values, operator=False)
    tools = (_parse(own.text("pyproject.toml", LARGEST_SETTINGS_FILE), "pyproject.toml") or {}).get("tool")
    table = tools.get("reviewer") if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        return None
    return SettingsFile("pyproject.toml [tool.reviewer]", table, operator=False)


def read_small_text(path: Path, name: str, limit: int = LARGEST_SETTINGS_FILE) -> str | None:
    """The UTF-8 text of a regular file of at most `limit` bytes that is reached through no link; None when there is no such file.

    Raises ConfigError, which speaks of the file as `name`, when there is one but it cannot be used.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}", hint="Links are not followed.") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ConfigError(f"{name} is not a regular file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ConfigError(f"{name} is larger than {limit:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8: byte {error.start}") from error


def _explicit(path: Path) -> SettingsFile:
    values = _parse(read_small_text(path.resolve(), str(path)), str(path))
    if values is None:
        raise ConfigError(f"--config {path}: there is no such file")
    if path.name == "pyproject.toml":
        tools = values.get("tool")
        table = tools.get("reviewer") if isinstance(tools, dict) else None
        return SettingsFile(f"{path} [tool.reviewer]", table if isinstance(table, dict) else {}, operator=True)
    return SettingsFile(str(path), values, operator=True)


def _parse(text: str | None, name: str) -> dict[str, object] | None:
    if text is None:
        return None
    if any(line.count(".") > _MOST_DOTS for line in text.split("\n")):
        raise ConfigError(f"{name}: a line has more than {_MOST_DOTS:,} dots", hint=_SKIP)
    try:
        values = tomllib.loads(text)
        repr(values)  # a hexadecimal number may be so long that no message could show it
    except ValueError as error:  # TOMLDecodeError is one, and what Python says to numbers of more than 4,300 digits
        raise ConfigError(f"{name}: {error}", hint=_SKIP) from error
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply", hint=_SKIP) from error
    return values
