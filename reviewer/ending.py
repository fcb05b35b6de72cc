"""How a call of the command line ends: with an exit code, and with a sentence about every failure."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable

import click

from reviewer import __version__
from reviewer.errors import EXIT_BUG, InterruptedByUser, ReviewerError
from reviewer.streams import tell
from reviewer.system_errors import expected


def exit_code_of(run: Callable[[], int | None]) -> int:
    """Call `run` to its end; the exit code (see `errors.py`). What it raises is told on standard error."""
    try:
        return run() or 0
    except click.ClickException as error:
        return _tell_usage(error)
    except (KeyboardInterrupt, click.Abort):
        return _tell(InterruptedByUser("interrupted"))
    except ReviewerError as error:
        return _tell(error)
    except OSError as error:
        known = expected(error)
        return _tell_bug() if known is None else _tell(known)
    except Exception:  # noqa: BLE001 - the one place where a bug of ours ends: with a report, not a bare traceback
        return _tell_bug()


def _tell(error: ReviewerError) -> int:
    """One sentence and what to do about it. Both may hold a path of the repository, so nothing in them may act on the terminal."""
    from reviewer.report.inert import visible_line

    tell(f"reviewer: {visible_line(error.message)}")
    if error.hint:
        tell(f"  {visible_line(error.hint)}")
    return error.exit_code


def _tell_usage(error: click.ClickException) -> int:
    """What click says of arguments, which a workflow may fill with the name of a stranger's branch."""
    from reviewer.report.inert import visible

    said = io.StringIO()
    error.show(said)
    tell(visible(said.getvalue().rstrip("\n")))
    return error.exit_code


def _tell_bug() -> int:
    from reviewer.report.inert import visible

    tell("reviewer: this is a bug of reviewer; please report it with the lines below")
    tell(f"reviewer {__version__}, Python {sys.version.split()[0]}, {sys.platform}")
    tell(visible(traceback.format_exc()))
    return EXIT_BUG
