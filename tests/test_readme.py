"""The README's commands, tables and claims are held to the program."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from reviewer.cli import program
from reviewer.config import OPTIONS, Config, flag_name
from reviewer.errors import ReviewerError

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = re.findall(r"^(?:\$ )?(reviewer [a-z].*)$", README, re.MULTILINE)


def every_error(kind: type[ReviewerError] = ReviewerError) -> set[type[ReviewerError]]:
    return {kind}.union(*(every_error(below) for below in kind.__subclasses__()))


def test_the_table_of_settings_is_the_table_of_options() -> None:
    table = README.partition("<!-- settings -->")[2].partition("\n\n")[0].strip().splitlines()[2:]

    expected = []
    for name, option in OPTIONS.items():
        default = Config.__dataclass_fields__[name].default
        told = "" if default in {None, (), False, True} else f" Default: `{default}`."
        expected.append(f"| `{flag_name(name)}` | {option.help}{told} | {'operator' if option.operator else 'repository'} |")
    assert expected == table


def test_every_exit_code_of_the_program_is_in_the_table() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}

    assert {0, 1} | {error.exit_code for error in every_error()} == told


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_readme_is_one_the_program_takes(command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    context = click.Context(program)
    name, found, rest = program.resolve_command(context, words)

    assert found is not None
    found.make_context(name, rest, parent=context)


def test_every_file_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:|\./)([^)#]+)\)", README)

    assert len(links) > 5
    assert [] == [link for link in links if not (ROOT / link).exists()]
