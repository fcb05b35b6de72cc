"""A review of a small repository, as a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from faults.scene import Process, Zygote

FILES: Final = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
}
FOUND: Final = {("app/load.py", 5), ("app/save.py", 1)}
"""What the model behind every endpoint finds: path and line."""


@dataclass(frozen=True)
class Seen:
    """What a review left."""

    code: int
    report: Mapping[str, Any] | None
    text: str
    """What a person reads: standard error, notes and problems."""


def review(endpoint: Mapping[str, str], repository: Path, folder: Path, zygote: Zygote, *argv: str) -> Seen:
    """`reviewer review` as a process of its own, with these variables to find its endpoint by."""
    output = folder / "report.json"
    environ = {**os.environ, **endpoint, "REVIEWER_STATE_DIR": str(folder / "state")}
    call = {"argv": ["review", *argv, "-o", str(output)], "cwd": str(repository), "environ": environ}
    done = Process(zygote, call, {}).ends()
    report = json.loads(output.read_text()) if output.exists() else None
    said = [*report["notes"], *report["problems"]] if report is not None else []
    return Seen(done.code, report, "\n".join([done.err, done.out, *said]))
