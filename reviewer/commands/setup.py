"""What every command starts with: the settings of this call, the repository's top, the state folder, the model catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reviewer.collect.gitdir import find_git_dir
from reviewer.commands.call import Call
from reviewer.config import Config
from reviewer.errors import ConfigError, SourceError
from reviewer.settings import Resolved, resolve
from reviewer.settings_file import FolderFiles, OwnFiles, read_settings_file, read_small_text

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
    own: OwnFiles
    """Where the repository's own instructions are read."""
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
    return prepare_with(call, top, FolderFiles(top))


def prepare_with(call: Call, top: Path, own: OwnFiles) -> Setup:
    """Resolve a call's settings where the repository's own files are `own`. Raises ConfigError."""
    file = None if call.isolated else read_settings_file(call.config_file, own)
    resolved = resolve(file, call.environ, call.flags)
    return Setup(path=call.path.absolute(), top=top, resolved=resolved, own=own, state=_state(resolved.config))


def instructions(setup: Setup) -> str:
    """The text of `--instructions`; empty when there is none.

    A path from the repository's own file is relative to its top and may not leave it; any other is the operator's, relative to the
    working folder. Raises ConfigError.
    """
    name = setup.config.instructions
    if name is None:
        return ""
    origin = setup.resolved.origins["instructions"]
    if "instructions" in setup.resolved.from_repository:
        text = setup.own.text(name, LARGEST_INSTRUCTIONS)
    else:
        text = read_small_text(Path(name).resolve(), name, LARGEST_INSTRUCTIONS)
    if text is None:
        raise ConfigError(f"{origin}: there is no file {name}")
    return text.strip()


def _state(config: Config) -> Path:
    if config.state_dir is not None:
        return Path(config.state_dir).absolute()
    import platformdirs

    return platformdirs.user_state_path("reviewer")
