"""What was typed: the boundary between the command line and the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, before any setting is resolved."""

    path: Path
    flags: Mapping[str, object]
    """The settings given as flags, by field name of `Config`."""
    config_file: Path | None
    isolated: bool
    environ: Mapping[str, str]
