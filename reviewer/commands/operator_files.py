"""The files that inputs of the Action name: settings, instructions and lenses to read, a SARIF file to write.

Settings and texts for the model are the operator's, and may say what a repository's own file may not. But they lie in the repository, and what is checked out may be what
a pull request made of them. So for a pull request they are read at its base; what lies outside the workspace is read as it is. A base
other than the default branch is the author's choice, and may be one that a bot filled with a stranger's commits: settings that are read there
may say what a repository's own file may, and no more.
"""

from __future__ import annotations

import posixpath
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.commands.call import Call
from reviewer.commands.places import is_inside
from reviewer.commands.setup import LARGEST_INSTRUCTIONS
from reviewer.config import Config, flag_name
from reviewer.errors import ConfigError
from reviewer.settings_file import LARGEST_SETTINGS_FILE, OwnFiles
from reviewer.storage import write_atomically

_READ = ("instructions", "templates", "catalog")
"""Settings that name one file or folder to read."""
_TEXTS = frozenset({"instructions", "lens"})
"""Settings that name texts for the model, also where they come from the input args."""


@dataclass(frozen=True, slots=True)
class OperatorFiles:
    """The two inputs, and where copies of what they name are put."""

    config: str
    instructions: str
    workspace: Path
    folder: Path
    """Ours alone."""
    own_is_operators: bool = True
    """Whether what the repository holds is the operator's. A pull request's author chooses its base: only that of the default branch is."""

    def given_to(self, call: Call, own: OwnFiles) -> Call:
        """The call with both files; `own` are the repository's as far as they may be trusted. Raises ConfigError, StorageError."""
        if self.config and call.config_file is not None:
            raise ConfigError("The input config and --config in args name a settings file each.", hint="Give one of them.")
        config = self.config or str(call.config_file or "")
        if config:
            file = self._file("config", config, own, LARGEST_SETTINGS_FILE)
            is_repositorys = file.is_relative_to(self.folder) and not self.own_is_operators
            call = replace(call, config_file=file, config_is_repositorys=is_repositorys)
        flags = dict(call.flags)
        if self.instructions and "instructions" not in flags:
            flags["instructions"] = self.instructions
        for name, value in flags.items():
            if name in _TEXTS:
                flags[name] = (
                    tuple(self._text(name, each, own) for each in value)
                    if isinstance(value, tuple)
                    else self._text(name, str(value), own)
                )
        return replace(call, flags=flags)

    def judge(self, config: Config, from_repository: Container[str]) -> None:
        """Hold the resolved settings of a pull request's review against the workspace, wherever each came from. Raises ConfigError.

        What is checked out there may be the pull request's own, and no file of it steers. A setting `from_repository` names a file at the
        base. (Where is written, `prepare_with` has judged already.)
        """
        read = [(name, getattr(config, name)) for name in _READ if name not in from_repository]
        for name, value in (*read, *(("lens", path) for path in config.lens), ("state_dir", config.state_dir)):
            path = Path(value or self.folder)
            if is_inside(path, self.workspace) and not is_inside(path, self.folder):
                raise ConfigError(
                    f"{flag_name(name)} {value} lies in the workspace, where a pull request may have put it",
                    hint="Keep it elsewhere. What the inputs config and instructions name, and --config and --lens in args, is read at the base.",
                )

    def _text(self, name: str, given: str, own: OwnFiles) -> str:
        return str(self._file(name, given, own, LARGEST_INSTRUCTIONS))

    def _file(self, name: str, given: str, own: OwnFiles, limit: int) -> Path:
        path = Path(given)
        inside = posixpath.normpath(path.relative_to(self.workspace) if path.is_relative_to(self.workspace) else path)
        if posixpath.isabs(inside):
            if path.resolve().is_relative_to(self.workspace.resolve()):
                raise ConfigError(f"input {name}: {given} leads into the workspace", hint="Give the path below its top.")
            return path
        if inside.startswith(".."):
            raise ConfigError(f"input {name}: {given} lies outside the repository", hint="An absolute path may.")
        text = own.text(inside, limit)
        if text is None:
            hint = "For a pull request it is read at the base commit: it must be merged first."
            raise ConfigError(f"input {name}: there is no file {given}", hint=hint)
        # Its own name is kept: messages show it, and a pyproject.toml is read in its own way.
        copy = self.folder / name / posixpath.basename(inside)
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(copy, text, mode=0o600)
        return copy


def sarif_copy(given: str, workspace: Path) -> Path | None:
    """Where the input `sarif-file` wants its report; None when it wants none.

    The workspace may hold what a pull request put there, so no link is followed on the way. Raises ConfigError.
    """
    if not given:
        return None
    path = workspace / given
    folder = path.parent
    if path.is_relative_to(workspace) and folder.resolve() != workspace.resolve() / posixpath.normpath(
        folder.relative_to(workspace)
    ):
        raise ConfigError(f"input sarif-file: {given} leads through a link", hint="Name a folder below the workspace.")
    if not folder.is_dir() or path.is_symlink() or path.is_dir():
        raise ConfigError(
            f"input sarif-file: {given} cannot be written", hint="Its folder must exist, and it may be no link or folder."
        )
    return path
