"""Where the report goes: files and standard output, each with its format. Judged before anything is paid for, written at the very end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.config import Config
from reviewer.errors import ConfigError, StorageError
from reviewer.outcome import Review
from reviewer.storage import write_atomically
from reviewer.workflow_log import is_obeyed, without_commands

STDOUT = "-"
COMMANDS = "github"
"""The format that is meant for a workflow's log to obey."""
_SUFFIXES = {".md": "markdown", ".markdown": "markdown", ".json": "json", ".sarif": "sarif"}

_OTHER_FORMATS = {".html", ".htm", ".xml", ".pdf", ".csv"}
"""Suffixes that promise a format there is none for."""

Render = Callable[[Review], str]


@dataclass(frozen=True, slots=True)
class Output:
    """One place a report goes to."""

    path: str
    """A file's path, or `-`."""
    format: str


def outputs(config: Config) -> tuple[Output, ...]:
    """The outputs the settings ask for; standard output when they name none. Raises ConfigError or StorageError for what cannot be written."""
    chosen = tuple(Output(path, _SUFFIXES.get(Path(path).suffix.lower(), config.format)) for path in config.output or (STDOUT,))
    if len({output.path if output.path == STDOUT else str(Path(output.path).resolve()) for output in chosen}) < len(chosen):
        raise ConfigError("--output names the same place twice")
    for output in chosen:
        if output.path == STDOUT and sys.stdout is None:
            raise StorageError("standard output is closed", hint="Write the report to a file with -o.")
        if output.path != STDOUT:
            _check(Path(output.path))
    return chosen


def _check(path: Path) -> None:
    """Refuse what would fail, or be something else than its name says, after the money is spent."""
    folder = path.parent
    if path.suffix.lower() in _OTHER_FORMATS:
        raise ConfigError(
            f"--output {path}: reports are Markdown, JSON or SARIF", hint="Name a file that ends in .md, .json or .sarif."
        )
    if path.is_dir():
        raise ConfigError(f"--output {path} is a folder")
    if path.is_symlink():
        raise ConfigError(f"--output {path} is a link", hint="Name the file it points to.")
    if path.exists() and not path.is_file():
        raise ConfigError(f"--output {path} is not a regular file", hint="Name a file, or - for standard output.")
    if not folder.is_dir():
        raise ConfigError(f"--output {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"--output {path}: the folder {folder} cannot be written to")


def write(review: Review, chosen: tuple[Output, ...], renderers: Mapping[str, Render]) -> None:
    """Write every output, files first. Raises StorageError."""
    for output in sorted(chosen, key=lambda output: output.path == STDOUT):
        text = renderers[output.format](review)
        if output.path == STDOUT and output.format == COMMANDS:
            print_commands(text)
        elif output.path == STDOUT:
            print_out(text)
        else:
            write_atomically(Path(output.path), text)


def print_out(text: str) -> None:
    """Put text on standard output as UTF-8, whatever the terminal's locale. Raises StorageError when nobody reads it any more.

    In a workflow nothing in it is a command to the log.
    """
    print_commands(without_commands(text) if is_obeyed(os.environ) else text)


def print_commands(text: str) -> None:
    """The same for text whose commands are ours and meant. Raises StorageError."""
    if sys.stdout is None:
        raise StorageError("standard output is closed")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would try to flush again at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise StorageError(f"standard output could not be written: {error.strerror}") from error
