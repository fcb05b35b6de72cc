"""The three standard streams, where whoever started us closed or broke one."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

import click

STANDARD_ERROR = 2


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


def tell(text: str) -> None:
    """A line on standard error; that nobody can read it any more stops nothing: work that is paid for goes on, the exit code tells."""
    try:
        click.echo(text, err=True)
    except OSError:
        # Python would try again at exit, and leave with a code of its own.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), STANDARD_ERROR)
