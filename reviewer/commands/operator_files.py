"""The files that inputs of the Action name: settings, instructions and lenses to read, a SARIF file to write.

Settings and texts for the model are the operator's, and may say what a repository's own file may not. But they lie in the repository, and what is checked out may be what
a pull request made of them. So for a pull request they are read at its base; what lies outside the workspace is read as it is.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.commands.call import Call
from reviewer.commands.setup import LARGEST_INSTRUCTIONS
from reviewer.errors import ConfigError
from reviewer.settings_file import LARGEST_SETTINGS_FILE, OwnFiles
from reviewer.storage import write_atomically

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

    def given_to(self, call: Call, own: OwnFiles) -> Call:
        """The call with both files; `own` are the repository's as far as they may be trusted. Raises ConfigError, StorageError."""
        if self.config:
            if call.config_file is not None:
                raise ConfigError("The input config and --config in args name a settings file each.", hint="Give one of them.")
            call = replace(call, config_file=self._file("config", self.config, own, LARGEST_SETTINGS_FILE))
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
