"""The command line: which commands and flags there are, and how a failure is told.

Only click and the option table are imported here, so that `--help` and a mistyped flag are answered at once; each command imports what it
needs when it runs.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click

from reviewer import __version__
from reviewer.commands.call import Against, Call, Wanted
from reviewer.config import OPTIONS, Config, Option, flag_name
from reviewer.errors import EXIT_BUG, ConfigError, InterruptedByUser, ReviewerError, StorageError
from reviewer.streams import reopen_closed, tell


def main(argv: Sequence[str]) -> int:
    """Run `reviewer` with these arguments; return its exit code (see `errors.py`)."""
    reopen_closed()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` leaves it
            signal.signal(number, _interrupt)
    try:
        code: int | None = program.main(args=list(argv), prog_name="reviewer", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _tell(InterruptedByUser("interrupted"))
    except ReviewerError as error:
        return _tell(error)
    except OSError as error:
        # Help is printed by click, and a full disk is no bug of ours.
        full = error.errno in {errno.ENOSPC, errno.EIO}
        return _tell(StorageError(f"standard output could not be written: {error.strerror}")) if full else _tell_bug()
    except Exception:  # noqa: BLE001 - the one place where a bug of ours ends: with a report, not a bare traceback
        return _tell_bug()
    return code or 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(error: ReviewerError) -> int:
    """One sentence and what to do about it. Both may hold a path of the repository, so nothing in them may act on the terminal."""
    from reviewer.report.inert import visible_line

    tell(f"reviewer: {visible_line(error.message)}")
    if error.hint:
        tell(f"  {visible_line(error.hint)}")
    return error.exit_code


def _tell_bug() -> int:
    from reviewer.report.inert import visible

    tell("reviewer: this is a bug of reviewer; please report it with the lines below")
    tell(f"reviewer {__version__}, Python {sys.version.split()[0]}, {sys.platform}")
    tell(visible(traceback.format_exc()))
    return EXIT_BUG


def _flag(name: str, option: Option) -> click.Option:
    """The click option of one field of `Config`; its default is None, so that only what was typed counts as given."""
    declarations = [name, flag_name(name), *([f"-{option.short}"] if option.short else [])]
    default = Config.__dataclass_fields__[name].default
    text = option.help if default in {None, (), False, True} else f"{option.help}  [default: {default}]"
    more: dict[str, Any] = {"type": str, "metavar": option.metavar or None}
    if option.kind == "flag":
        more = {"is_flag": True, "flag_value": not default}
    elif option.kind == "choice":
        more = {"type": click.Choice(option.choices)}
    elif option.kind == "list":
        more["multiple"] = True
    return click.Option(declarations, default=None, help=text, **more)


def _settings(*left_out: str) -> Callable[[click.Command], click.Command]:
    """Give a command the flags of all options but some, and those that choose the settings file."""

    def add(command: click.Command) -> click.Command:
        command.params += [_flag(name, option) for name, option in OPTIONS.items() if name not in left_out]
        command.params += [
            click.Option(
                ["--config", "config_file"], metavar="FILE", help="Read settings from this file, not the repository's own."
            ),
            click.Option(["--isolated"], is_flag=True, help="Read no settings file at all."),
        ]
        return command

    return add


def _changes(command: click.Command) -> click.Command:
    """Give a command the flags that name a change."""
    command.params += [
        click.Option(
            ["--base"], metavar="REF", help="Review what changed since the merge base of REF and HEAD, uncommitted work included."
        ),
        click.Option(["--range"], metavar="A..B", help="Review what differs between two commits; A...B: since their merge base."),
        click.Option(["--commit"], metavar="SHA", help="Review one commit against its first parent."),
        click.Option(["--staged"], is_flag=True, help="Review what is staged."),
        click.Option(["--uncommitted"], is_flag=True, help="Review what is not committed, new files included."),
        click.Option(["--diff-file"], metavar="FILE", help="Review a patch (- is standard input)."),
    ]
    return command


def _wanted(given: dict[str, Any]) -> Wanted | None:
    """The change that was named; takes its flags out of `given`."""
    named = [(against, given.pop(against.value.replace("-", "_"))) for against in Against]
    asked = [(against, value) for against, value in named if value is not None and value is not False]
    if len(asked) > 1:
        flags = " and ".join(f"--{against}" for against, _ in asked)
        raise click.UsageError(f"{flags} name different changes; give one of them.")
    empty = next((against for against, value in asked if not value), None)
    if empty:  # as from a variable of a script that was not set: the whole repository is not what was meant
        raise click.UsageError(f"--{empty} names no change: its value is empty.")
    return next((Wanted(against, value if isinstance(value, str) else "") for against, value in asked), None)


def _call(path: str, given: dict[str, Any]) -> Call:
    config_file = given.pop("config_file")
    isolated = given.pop("isolated")
    wanted = _wanted(given) if "base" in given else None
    address = path if path.startswith(("https://", "http://")) else None
    if address and wanted:
        raise click.UsageError(f"--{wanted.against} goes with a local repository, not with a pull request's address.")
    return Call(
        path=Path("." if address else path),
        wanted=wanted,
        pull_request=address,
        flags={name: value for name, value in given.items() if value not in {None, ()}},
        config_file=Path(config_file) if config_file else None,
        isolated=isolated,
        environ=dict(os.environ),
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def program() -> None:
    """Put a whole codebase in front of Claude and get a grounded review back.

    Every finding names a file, lines and a verbatim quote that really is there; the report says what was read, what was not, and what it
    cost. Each flag can also be set as a REVIEWER_* variable, in .reviewer.toml, or under [tool.reviewer] in pyproject.toml.

    Exit codes: 0 complete, nothing at or above --fail-on; 1 findings at or above it; 2 usage or settings; 3 the review is
    incomplete; 4 provider, credentials, network or storage; 5 the review was made but could not be posted; 130 interrupted; 70 a bug.
    """


@_settings()
@_changes
@program.command("review")
@click.argument("path", default=".", type=str)
@click.option("--print-prompt", metavar="FILE", help="Write the exact request here (- is standard output) and send nothing.")
@click.option("--dry-run", is_flag=True, help="The same as `reviewer plan`.")
def review_command(path: str, print_prompt: str | None, dry_run: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """Review the repository or folder at PATH, or a change to it, and write a report.

    PATH may also be the address of a pull request on GitHub: its commits are fetched beside the clone you stand in, if it is one, and
    read as git objects; nothing is checked out.
    """
    call = _call(path, given)
    if dry_run:
        from reviewer.commands.plan import run as plan

        return plan(call, exact=False)
    from reviewer.commands.review import run

    return run(call, print_prompt=print_prompt)


@_settings(
    *("output", "min_severity", "min_confidence", "max_findings", "pre_existing", "fail_on", "exit_zero", "yes"),
    *("publish", "max_comments", "resolve_fixed"),
)
@_changes
@program.command("plan")
@click.argument("path", default=".", type=str)
@click.option("--exact", is_flag=True, help="Ask the provider's free count_tokens endpoint; this sends the code.")
def plan_command(path: str, exact: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """Show what a review of PATH would read, send and cost. Sends nothing."""
    from reviewer.commands.plan import run

    return run(_call(path, given), exact=exact)


@_settings(*(name for name in OPTIONS if name not in {"catalog", "base_url", "state_dir", "format"}))
@program.command("models")
@click.option("--refresh", is_flag=True, help="Ask the Models API for today's windows and retirement dates, and keep them.")
def models_command(refresh: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """List the models: windows, prices, abilities, retirement."""
    from reviewer.commands.models import run

    return run(_call(".", given), refresh=refresh)


@program.command("action")
def action_command() -> int:
    """What the GitHub Action runs: review what the event is about, and publish it."""
    from reviewer.commands.action import run

    return run(dict(os.environ), _parse_review)


def _parse_review(arguments: Sequence[str]) -> Call:
    """The call that flags of `review` make. Raises ConfigError for what `review` does not take."""
    try:
        given = review_command.make_context("review", list(arguments)).params
    except click.ClickException as error:
        raise ConfigError(f"input args: {error.format_message()}", hint="`reviewer review --help` lists the flags.") from error
    except click.exceptions.Exit as error:  # --help
        raise ConfigError("input args: no review comes of these flags") from error
    if given.pop("print_prompt") or given.pop("dry_run"):
        raise ConfigError("input args: --print-prompt and --dry-run review nothing.")
    call = _call(given.pop("path"), given)
    if call.wanted or call.pull_request or call.path != Path():
        raise ConfigError("input args: what is reviewed is for the event to say.", hint="Only settings go here.")
    return call


@_settings()
@program.command("config")
@click.argument("path", default=".", type=str)
def config_command(path: str, **given: Any) -> int:  # noqa: ANN401 - click calls it
    """Show every setting a review of PATH would use, and where it came from."""
    from reviewer.commands.config import run

    return run(_call(path, given))
