"""One fault, and what must be so afterwards, whatever it was."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from faults.scene import Outcome, Scene

DOCUMENTED = {0, 1, 2, 3, 4, 5, 70, 130}
"""The exit codes that `reviewer --help` lists."""
BUG = 70
FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
    "README.md": "# demo\n",
}


class Disk(StrEnum):
    """What is on disk afterwards. The words stand in docs/faults.md."""

    NOTHING = "nothing"
    REPORT = "the report, where it was asked for"
    RUN = "all that had arrived; `reviewer resume` goes on and pays for nothing twice"
    LOST = "what was there before, untouched"
    """A run with which one cannot go on: the sentence says why."""
    DONE = "the run and its report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fault."""

    fault: str
    """In a few words."""
    act: Callable[[Scene], Outcome]
    """Makes it happen to a call."""
    code: int
    says: str
    """On standard error, among other lines; … stands for what differs from call to call."""
    disk: Disk
    untidy: bool = False
    """Whether it can tidy up nothing: it is killed outright, or has no right to. A negative code is the number of a signal."""
    nightly: bool = True
    """The rest runs with every change."""
    docs: bool = True
    """Whether the row stands in the table that a user reads."""


def hold(row: Row, scene: Scene) -> None:
    """Let it happen, and hold what came of it against what must be."""
    with scene:
        outcome = row.act(scene)
        _hold_words(row, scene, outcome)
        if not row.untidy:
            assert list(litter(scene)) == []
        if row.disk is Disk.LOST:
            assert standing(scene) in {Disk.RUN, Disk.LOST}
            return
        _hold_files(scene, row)
        assert standing(scene) == row.disk, outcome.err
        scene.mend()
        if row.disk is Disk.RUN:
            _hold_resuming(scene)
            assert list(litter(scene)) == []


def _hold_words(row: Row, scene: Scene, outcome: Outcome) -> None:
    assert outcome.code == row.code, outcome.err
    assert row.code < 0 or outcome.code in DOCUMENTED - {BUG}
    assert "Traceback" not in outcome.err + outcome.out, outcome.err
    assert "Exception ignored" not in outcome.err, outcome.err
    assert scene.server.key not in outcome.out + outcome.err
    said = " ".join(outcome.err.split())
    assert re.search(re.escape(" ".join(row.says.split())).replace("…", ".*?"), said), outcome.err
    if outcome.code in {2, 4, 5, 130} and outcome.err:
        assert len([line for line in outcome.err.splitlines() if line.startswith("reviewer: ")]) == 1, outcome.err


def litter(scene: Scene) -> Iterator[Path]:
    """What nobody is to find: drafts of files, folders of git's, the reserve of a run."""
    for path in scene.folder.rglob("*"):
        if path.name.endswith((".tmp", "-journal", "-wal")) or path.name == "reserve" or scene.scratch in path.parents:
            yield path


def _hold_files(scene: Scene, row: Row) -> None:
    """Each file of the state folder can be read to its end, but for the one that the fault put there."""
    for path in scene.state.rglob("*") if scene.state.is_dir() else ():
        if path.is_dir() or path.name in row.fault:
            continue
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix == ".sqlite3" and path.stat().st_size:
            with closing(sqlite3.connect(path)) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def standing(scene: Scene) -> Disk:
    """What is on disk."""
    try:
        runs = [json.loads((run / "run.json").read_bytes()) for run in scene.runs if (run / "run.json").exists()]
    except ValueError:
        return Disk.LOST
    if not runs:
        return Disk.REPORT if any(scene.folder.glob("out/*")) else Disk.NOTHING
    (run,) = runs
    if run["state"] == "finished" and not run["missing"]:
        return Disk.DONE
    return Disk.RUN


def _hold_resuming(scene: Scene) -> None:
    """It goes on: each pass whose answer lies there as a whole is not asked again, and the review is whole in the end."""
    (run,) = scene.runs
    planned = json.loads((run / "run.json").read_bytes())["passes"]
    whole = {path.name.split(".")[0] for path in run.glob("passes/*.txt") if _is_json(path)}
    before = len(scene.asked)
    outcome = scene.run("resume", "--format", "json", "-o", scene.folder / "resumed.json")
    assert outcome.code == 0, outcome.err
    assert len(scene.asked) - before <= len(planned) - len(whole)
    assert json.loads((scene.folder / "resumed.json").read_bytes())["complete"] is True


def _is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text()), dict)
    except ValueError:
        return False
