"""What the inputs of the GitHub Action say. `action.yml` hands each to us as a variable; an empty one was not given."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.errors import ConfigError

_SETTINGS = ("model", "context", "scope", "effort", "depth", "max_cost", "publish", "fail_on", "min_severity", "language")
"""The inputs that are settings of the same name: fields of `Config`."""

_WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The inputs, each as it was typed in the workflow."""

    settings: Mapping[str, str]
    """By field name of `Config`; only those that were given."""
    api_key: str
    github_token: str
    config: str
    """A settings file of the repository."""
    instructions: str
    """A text file of the repository."""
    sarif_file: str
    drafts: bool
    """Whether draft pull requests are reviewed."""
    bots: bool
    """Whether pull requests that bots opened are reviewed."""
    args: tuple[str, ...]
    """More flags of `reviewer review`."""


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """The inputs in the `INPUT_…` variables. Raises ConfigError for one that cannot be."""
    given = {name: _text(environ, name) for name in _SETTINGS}
    return Inputs(
        settings={name: text for name, text in given.items() if text},
        api_key=_text(environ, "anthropic_api_key"),
        github_token=_text(environ, "github_token"),
        config=_text(environ, "config"),
        instructions=_text(environ, "instructions"),
        sarif_file=_text(environ, "sarif_file"),
        drafts=_flag(environ, "drafts"),
        bots=_flag(environ, "bots"),
        args=_args(environ),
    )


def _text(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"INPUT_{name.upper()}", "").strip()


def _flag(environ: Mapping[str, str], name: str) -> bool:
    text = _text(environ, name).lower() or "false"
    if text not in _WORDS:
        raise ConfigError(f"input {name}: expected true or false, got {text!r}")
    return _WORDS[text]


def _args(environ: Mapping[str, str]) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(_text(environ, "args"), comments=False))
    except ValueError as error:
        raise ConfigError(f"input args: {error}", hint='Quote as in a shell: --exclude "docs/**" --max-findings 20') from error
