"""The flags that commands share: the settings, and the change to review; and the call that they make."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from reviewer.commands.call import Against, Call, Wanted
from reviewer.config import OPTIONS, Config, Option, flag_name


def _flag(name: str, option: Option, *, defaults: bool) -> click.Option:
    """The click option of one field of `Config`; its default is None, so that only what was typed counts as given."""
    declarations = [name, flag_name(name), *([f"-{option.short}"] if option.short else [])]
    default = Config.__dataclass_fields__[name].default
    text = option.help if not defaults or default in {None, (), False, True} else f"{option.help}  [default: {default}]"
    more: dict[str, Any] = {"type": str, "metavar": option.metavar or None}
    if option.kind == "flag":
        more = {"is_flag": True, "flag_value": not default}
    elif option.kind == "choice":
        more = {"type": click.Choice(option.choices)}
    elif option.kind == "list":
        more["multiple"] = True
    return click.Option(declarations, default=None, help=text, **more)


def settings(*, without: tuple[str, ...] = ()) -> Callable[[click.Command], click.Command]:
    """Give a command the flags of all options but some, and those that choose the settings file."""

    def add(command: click.Command) -> click.Command:
        only(*(name for name in OPTIONS if name not in without))(command)
        command.params += [
            click.Option(
                ["--config", "config_file"], metavar="FILE", help="Read settings from this file, not the repository's own."
            ),
            click.Option(["--isolated"], is_flag=True, help="Read no settings file at all."),
        ]
        return command

    return add


def only(*names: str, defaults: bool = True) -> Callable[[click.Command], click.Command]:
    """Give a command the flags of these options alone: it reads no settings file. `defaults`: whether its help tells theirs."""

    def add(command: click.Command) -> click.Command:
        command.params += [_flag(name, option, defaults=defaults) for name, option in OPTIONS.items() if name in names]
        return command

    return add


def changes(command: click.Command) -> click.Command:
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


def call_of(path: str, given: dict[str, Any]) -> Call:
    """The call that these flags make. A command without `--config` and `--isolated` reads no settings file."""
    config_file = given.pop("config_file", None)
    isolated = given.pop("isolated", True)
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
