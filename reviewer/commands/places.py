"""Where a call writes, held against the repository under review: that may hold links, and a state folder, which somebody planted there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from reviewer.config import Config
from reviewer.errors import ConfigError, SourceError

_STDOUT = "-"
_LONGEST_CHAIN = 40
"""Links followed on the way to one place; Linux gives up after as many."""


def judge_places(config: Config, root: Path) -> None:
    """Refuse to write through a link below `root`, and to take what lies there for our own earlier runs. Raises ConfigError."""
    written = [("--output", path) for path in config.output if path != _STDOUT]
    written += [("--trace", config.trace)] if config.trace is not None else []
    for option, path in written:
        require_no_link(option, path, root)
    state = Path(config.state_dir or "/")
    if not state.is_absolute() and is_inside(state, root):
        raise ConfigError(
            f"--state-dir {state} lies in whichever repository one stands in, and that could bring runs of its own",
            hint="A run says where the key is sent to. Give the folder's whole path.",
        )


def require_no_link(option: str, path: str, root: Path) -> None:
    """Raises ConfigError when the way to `path` leads through a link below `root`."""
    link = planted_link(Path(path), root)
    if link is not None:
        raise ConfigError(f"{option} {path} leads through {link}, a link in the repository", hint="Name the place it leads to.")


def is_inside(path: Path, root: Path) -> bool:
    """Whether `path`, or what it leads to, lies below `root`."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - as it is written; the next line follows links
    return whole.is_relative_to(root) or path.resolve().is_relative_to(root.resolve())


def planted_link(path: Path, root: Path) -> Path | None:
    """The first link on the way to `path` that lies below `root`, however one gets there; None when there is none."""
    top = root.resolve()
    here = Path("/")
    left = list(reversed(path.absolute().parts))
    for step in _steps(left):
        if step == "/":
            here = Path("/")
            continue
        here = here.parent if step == ".." else here / step
        if not os.path.islink(here):  # noqa: PTH114 - Path's own fails where a folder cannot be searched
            continue
        if here.is_relative_to(top):
            return here
        left += reversed(here.readlink().parts)
        here = here.parent
    return None


def _steps(left: list[str]) -> Iterator[str]:
    """The parts still to go, which grow where a link is followed. Raises SourceError for a loop of links."""
    most = len(left) + _LONGEST_CHAIN * 256
    for _ in range(most):
        if not left:
            return
        yield left.pop()
    raise SourceError("the way there is a loop of links")
