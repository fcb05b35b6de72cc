"""The number of the state folder's layout: what an older `reviewer` must not touch when a newer one has been there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from reviewer.errors import StorageError
from reviewer.storage import write_atomically

LAYOUT = 2
"""What this version writes; docs/state.md describes it. 1 is the layout before it had a number."""
_FILE = "version"
_LONGEST = 40


def check_layout(state_dir: Path) -> int:
    """The layout of a state folder: 1 where it has no number, this version's where there is no folder yet.

    Raises StorageError when a newer `reviewer` has been there, when the number cannot be read, or when somebody else could put runs there.
    """
    _require_ours(state_dir)
    path = state_dir / _FILE
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return 1 if (state_dir / "runs").is_dir() else LAYOUT
    except OSError as error:
        raise StorageError(f"Cannot read {path}: {error.strerror}.", hint="--state-dir chooses another place.") from error
    if not text.isdecimal():
        raise StorageError(f"{path} holds no number.", hint="--state-dir chooses another place.")
    if int(text) > LAYOUT:
        raise StorageError(
            f"{state_dir} was written by a newer reviewer: its layout is {text}, and this one knows up to {LAYOUT}.",
            hint="Update reviewer, or choose another place with --state-dir.",
        )
    return int(text)


def claim_layout(state_dir: Path) -> None:
    """Note that the folder is of this version's layout. Older runs in it stay what they are. Raises StorageError."""
    path = state_dir / _FILE
    if check_layout(state_dir) < LAYOUT or not path.exists():
        write_atomically(path, f"{LAYOUT}\n", mode=0o600)


def _require_ours(state_dir: Path) -> None:
    """Refuse runs that another user of the machine may have made: whoever goes on with one sends a key and the source where it says.

    They may also have been put in the place of ours, where everybody may rename what lies in a folder above.
    """
    runs = state_dir / "runs"
    try:
        status = runs.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"Cannot read {runs}: {error.strerror}.", hint="--state-dir chooses another place.") from error
    if status.st_uid != os.geteuid():
        raise StorageError(f"{runs} belongs to another user.", hint="--state-dir chooses another place.")
    if status.st_mode & stat.S_IWOTH:
        raise StorageError(
            f"{runs} can be written to by every user of this machine.",
            hint="Look whether all in it is yours and take that right away (chmod 700), or choose another place with --state-dir.",
        )
    for folder in runs.resolve().parents:
        mode = folder.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise StorageError(
                f"Every user of this machine may put other runs in the place of {runs}: {folder} can be written to by all.",
                hint="Take that right away, or set the sticky bit (chmod +t); --state-dir chooses another place.",
            )
