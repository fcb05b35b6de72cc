"""The job of GitHub Actions that we run in: its log, its summary, its outputs.

The runner reads commands (`::name::`, and `##[name]` anywhere in a line) out of whatever a step prints. What we print may quote a stranger,
so the commands are switched off while a review is under way, and what is ours is printed before or after.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from reviewer.commands.outputs import print_commands
from reviewer.errors import StorageError
from reviewer.live_secrets import clean
from reviewer.report.inert import visible_line
from reviewer.storage import storage_error
from reviewer.stream_guard import bare_output

_SHORTEST_MASK = 8
"""Characters; a shorter "secret" would blot out half of the log."""


class Level(StrEnum):
    """How a message of ours is shown at the job. The value is the runner's command."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


class Job:
    """The files and the log of the step we are. Outside a job (a variable is missing) what has no place to go is dropped."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._outputs = environ.get("GITHUB_OUTPUT", "")
        self._summary = environ.get("GITHUB_STEP_SUMMARY", "")
        self._hush = ""
        """The word that ends the hush; empty while there is none."""

    def mask(self, *values: str) -> None:
        """Have the runner blot these out of the log, whoever prints them later."""
        lines = (line for value in values for line in value.splitlines() if len(line) >= _SHORTEST_MASK)
        commands = "".join(f"::add-mask::{escaped(line)}\n" for line in lines)
        if commands and self._hush:
            commands = f"::{self._hush}::\n{commands}{self._begin_hush()}"
        with bare_output():  # the runner cannot blot out what it is not told
            print_commands(commands)

    @contextmanager
    def hushed(self) -> Iterator[None]:
        """Within it no line but `mask`'s acts as a command. So it stays when an exception leaves it: a crash may quote anything."""
        print_commands(self._begin_hush())
        yield
        print_commands(f"::{self._hush}::\n")
        self._hush = ""

    def _begin_hush(self) -> str:
        self._hush = secrets.token_hex(16)
        return f"::stop-commands::{self._hush}\n"

    def say(self, level: Level, message: str) -> None:
        """Show a message at the head of the run. It may name a path of the repository."""
        print_commands(f"::{level} title=reviewer::{escaped(visible_line(message))}\n")

    def print_annotations(self, text: str) -> None:
        """Print what `report/annotations.py` made of a review."""
        print_commands(text)

    def summarize(self, markdown: str) -> None:
        """Add to the job's summary. Raises StorageError."""
        if self._summary:
            _append(Path(self._summary), markdown.rstrip("\n") + "\n")

    def output(self, values: Mapping[str, str]) -> None:
        """Set outputs of the step. Raises StorageError."""
        if not self._outputs:
            return
        text = ""
        for name, value in values.items():
            end = f"end-{secrets.token_hex(16)}"
            text += f"{name}<<{end}\n{value}\n{end}\n"
        _append(Path(self._outputs), text)


def escaped(text: str) -> str:
    """Text as the data of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _append(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(clean(text).encode("utf-8", "backslashreplace"))
    except OSError as error:
        failure: StorageError = storage_error(path, error)
        raise failure from error
