"""What every command starts with: the settings of this call, the repository's top, the state folder, the model catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reviewer.collect.gitdir import find_git_dir
from reviewer.commands.call import Call
from reviewer.config import Config
from reviewer.errors import ConfigError, SourceError
from reviewer.settings import Resolved, resolve
from reviewer.settings_file import read_settings_file, read_small_text

LARGEST_INSTRUCTIONS = 262_144
"""Bytes of `--instructions`; more is a document for the repository itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The resolved call."""

    path: Path
    """What is to be reviewed, absolute."""
    top: Path
    """The top of its repository, or the folder itself outside git."""
    resolved: Resolved
    state: Path
    """Where runs, counts and corrections are kept; may not exist yet."""

    @property
    def config(self) -> Config:
        """The settings."""
        return self.resolved.config


def prepare(call: Call) -> Setup:
    """Resolve a call's settings. Raises ConfigError and SourceError."""
    path = call.path.absolute()
    if not path.exists():
        raise SourceError(f"there is nothing at {call.path}")
    if not path.is_dir():
        raise SourceError(f"{call.path} is a file", hint=f"Name its folder and add --include {path.name}.")
    git_dir = find_git_dir(path)
    top = git_dir.root if git_dir else path
    file = None if call.isolated else read_settings_file(call.config_file, top)
    resolved = resolve(file, call.environ, call.flags)
    return Setup(path=path, top=top, resolved=resolved, state=_state(resolved.config))


def instructions(setup: Setup) -> str:
    """The text of `--instructions`; empty when there is none.

    A path from the repository's own file is relative to its top and may not leave it; any other is the operator's, relative to the
    working folder. Raises ConfigError.
    """
    name = setup.config.instructions
    if name is None:
        return ""
    origin = setup.resolved.origins["instructions"]
    path = Path(name).resolve()
    if "instructions" in setup.resolved.from_repository:
        path = (setup.top / name).resolve()
        if not path.is_relative_to(setup.top.resolve()):
            raise ConfigError(f"{origin}: {name} lies outside the repository")
    text = read_small_text(path, name, LARGEST_INSTRUCTIONS)
    if text is None:
        raise ConfigError(f"{origin}: there is no file {name}")
    return text.strip()


def _state(config: Config) -> Path:
    if config.state_dir is not None:
        return Path(config.state_dir).absolute()
    import platformdirs

    return platformdirs.user_state_path("reviewer")
