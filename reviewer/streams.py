"""The three standard streams, where whoever started us closed or broke one."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from contextlib import suppress

import click

from reviewer.workflow_log import is_obeyed, without_commands

STANDARD_ERROR = 2
_NARROWEST = 20


def reopen_closed() -> None:
    """Put the null device where standard input, output or error was closed.

    Else the next file to be opened gets its number, and what was meant for a person lands in it. `sys.stdout` stays None where it was
    closed: that a report cannot be shown is for its writer to say.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for the life of the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for the life of the process


def wrapped(text: str) -> str:
    """The line broken between words where standard error is a terminal, which would break it anywhere; its indentation goes on."""
    if not sys.stderr.isatty() or "\n" in text:
        return text
    indent = text[: len(text) - len(text.lstrip())]
    columns = max(shutil.get_terminal_size().columns, _NARROWEST)
    return textwrap.fill(text, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def tell(text: str) -> None:
    """A line on standard error; that nobody can read it any more stops nothing: work that is paid for goes on, the exit code tells.

    In a workflow nothing in it is a command to the log, which gets both streams.
    """
    try:
        click.echo(without_commands(text) if is_obeyed(os.environ) else wrapped(text), err=True)
    except OSError:
        # Python would try again at exit, and leave with a code of its own.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_ERROR)
