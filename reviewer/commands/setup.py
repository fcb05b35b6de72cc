"""What every command starts with: the settings of this call, the repository's top, the state folder, the model catalogue."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from reviewer.collect.files import path_bytes
from reviewer.collect.gitdir import top_of
from reviewer.commands.call import Call
from reviewer.commands.places import judge_places
from reviewer.config import Config
from reviewer.errors import ConfigError, SourceError
from reviewer.plan.passes import GENERAL, LENSES, Lens, PassKind
from reviewer.settings import Resolved, resolve
from reviewer.settings_file import FolderFiles, OwnFiles, read_settings_file, read_small_text
from reviewer.state_layout import check_layout

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")
_REPETITION = re.compile(r"-[0-9]+\Z")
"""Ends the name of a look that is made again, and of a second verification: no look may be called as another one."""
LARGEST_INSTRUCTIONS = 262_144
"""Bytes of `--instructions`; more is a document for the repository itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The resolved call."""

    path: Path
    """What is to be reviewed, absolute."""
    top: Path
    """The top of its repository, or the folder itself outside git."""
    call: Call
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
    """Resolve a call's settings. Raises ConfigError and SourceError, and StorageError for a newer reviewer's state folder."""
    path = call.path.absolute()
    if not path.exists():
        raise SourceError(f"there is nothing at {call.path}")
    if not path.is_dir():
        raise SourceError(f"{call.path} is a file", hint=f"Name its folder and add --include {path.name}.")
    top = top_of(path)
    return prepare_with(call, top, FolderFiles(top))


def prepare_with(call: Call, top: Path, own: OwnFiles) -> Setup:
    """Resolve a call's settings where the repository's own files are `own`. Raises as `prepare` does.

    `top` is a mere name where a pull request is reviewed; then the clone we stand in may hold what it brought.
    """
    resolved = _resolved(call, own)
    judge_places(resolved.config, top if top.is_absolute() else call.path.absolute())
    state = state_of(resolved.config)
    check_layout(state)
    return Setup(path=call.path.absolute(), top=top, call=call, resolved=resolved, own=own, state=state)


def _resolved(call: Call, own: OwnFiles) -> Resolved:
    if call.asked is not None:
        from reviewer.commands.recorded import resolved_again

        return resolved_again(call.asked, call)
    file = None if call.isolated else read_settings_file(call.config_file, own, is_operators=not call.config_is_repositorys)
    return resolve(file, call.environ, call.flags)


def instructions(setup: Setup) -> str:
    """The text of `--instructions`; empty when there is none.

    A path from the repository's own file is relative to its top, may not leave it, and names no file that usually holds secrets; any
    other is the operator's, relative to the working folder. Raises ConfigError.
    """
    name = setup.config.instructions
    if name is None:
        return ""
    origin = setup.resolved.origins["instructions"]
    if "instructions" in setup.resolved.from_repository:
        _require_sendable(origin, name)
        text = setup.own.text(name, LARGEST_INSTRUCTIONS)
    else:
        text = read_small_text(Path(name).resolve(), name, LARGEST_INSTRUCTIONS)
    if text is None:
        raise ConfigError(f"{origin}: there is no file {name}")
    return text.strip()


def _require_sendable(origin: str, name: str) -> None:
    """Refuse a file that usually holds secrets: a stranger's settings may name the reader's own. Raises ConfigError.

    Also in another case, which is the same file on some disks.
    """
    from reviewer.collect.defaults import secret_rules

    rules, path = secret_rules(), path_bytes(posixpath.normpath(name))
    if any(rule is not None and not rule.keeps for rule in map(rules.match, (path, path.lower()))):
        hint = "Only whoever runs the tool may have it sent: use --instructions."
        raise ConfigError(f"{origin}: {name} is a file that usually holds secrets", hint=hint)


def lenses(setup: Setup) -> tuple[Lens, ...]:
    """The operator's own lenses: each file's stem and text.

    Raises ConfigError for a file that is not there or empty, and for two lenses of one name.
    """
    own: list[Lens] = []
    taken = {lens.name for lens in (GENERAL, *LENSES)} | {PassKind.VERIFICATION.value}
    for name in setup.config.lens:
        text = read_small_text(Path(name).resolve(), name, LARGEST_INSTRUCTIONS)
        stem = _NOT_IN_A_NAME.sub("-", Path(name).stem).strip("-").lower()
        if not (text or "").strip() or text is None:
            raise ConfigError(f"--lens {name}: there is no such file, or nothing in it")
        if stem in taken or _REPETITION.sub("", stem) in taken or not stem:
            raise ConfigError(
                f"--lens {name}: there is a lens of this name already", hint="Its name is the file's, without a suffix."
            )
        taken.add(stem)
        own.append(Lens(stem, text.strip()))
    return tuple(own)


def state_of(config: Config) -> Path:
    """The state folder of these settings; it may not exist yet."""
    if config.state_dir is not None:
        return Path(config.state_dir).absolute()
    import platformdirs

    return platformdirs.user_state_path("reviewer")
