"""What earlier processes, other versions or a broken disk left in the state folder; and processes side by side."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faults.row import Disk, Row
from faults.scene import Outcome, Scene
from messages_server import Behaviour

OVERLOADED = Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"})
QUICK = ("review", "--depth", "quick")


def quick(scene: Scene) -> Outcome:
    return scene.run(*QUICK, "-o", scene.folder / "out" / "r.md")


def found(name: str, content: bytes) -> Callable[[Scene], Outcome]:
    """A file of the state folder holds something else."""

    def act(scene: Scene) -> Outcome:
        scene.state.mkdir()
        (scene.state / name).write_bytes(content)
        return quick(scene)

    return act


def a_folder(name: str) -> Callable[[Scene], Outcome]:
    """A folder has the name of a file of the state folder."""

    def act(scene: Scene) -> Outcome:
        (scene.state / name).mkdir(parents=True)
        return quick(scene)

    return act


def failed(scene: Scene) -> Path:
    """A run that failed; its folder."""
    scene.server.queue(OVERLOADED)
    assert scene.run(*QUICK).code == 4
    return scene.runs[0]


def resumed_with(spoil: Callable[[Path], object]) -> Callable[[Scene], Outcome]:
    def act(scene: Scene) -> Outcome:
        run = failed(scene)
        spoil(run)
        return scene.run("resume", run.name, "-o", scene.folder / "out" / "r.md")

    return act


def record(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    def spoil(run: Path) -> None:
        path = run / "run.json"
        said = json.loads(path.read_bytes())
        change(said)
        path.write_text(json.dumps(said))

    return spoil


def resumed_twice(scene: Scene) -> Outcome:
    """Two processes go on with one run."""
    run = failed(scene)
    scene.server.queue(Behaviour(delay=0.05))
    first = scene.start("resume", run.name, "-o", scene.folder / "out" / "r.md")
    scene.wait_for(lambda: len(scene.asked) == 2)
    second = scene.run("resume", run.name)
    assert first.ends().code == 0
    return second


def two_at_once(scene: Scene) -> Outcome:
    """Two reviews of one repository, into one state folder and one report, begun in the same second."""
    scene.server.queue(Behaviour(delay=0.01), Behaviour(delay=0.01))
    both = [scene.start(*QUICK, "-o", scene.folder / "out" / "r.md") for _ in range(2)]
    first, second = (process.ends() for process in both)
    assert (first.code, second.code, len(scene.asked)) == (0, 0, 2), first.err + second.err
    assert len(scene.runs) == 2
    (scene.runs[0] / "run.json").unlink()  # one is enough for what every row must hold
    return second


def run_of_the_future(scene: Scene) -> Outcome:
    """A clock that was set back: an earlier run seems to be from tomorrow."""
    run = failed(scene)
    later = datetime.now(UTC) + timedelta(days=900)
    record(lambda said: said.update(started=later.isoformat(), updated=later.isoformat()))(run)
    for path in (*run.rglob("*"), run):
        os.utime(path, (later.timestamp(), later.timestamp()))
    assert scene.run("runs").code == 0
    assert scene.run("runs", "--format", "json").code == 0
    return scene.run("resume", "-o", scene.folder / "out" / "r.md")


def forget_passes(run: Path) -> None:
    for path in (run / "passes").iterdir():
        path.unlink()


def lock_is_a_folder(run: Path) -> None:
    (run / "lock").unlink()
    (run / "lock").mkdir()


def lock_is_a_link(run: Path) -> None:
    (run / "lock").unlink()
    (run / "lock").symlink_to("/dev/null")


ROWS = (
    Row(fault="state folder of a newer reviewer", act=found("version", b"99\n"), code=4, says="was written by a newer reviewer", disk=Disk.NOTHING),
    Row(fault="state folder's number is none", act=found("version", b"\xff\n"), code=4, says="holds no number", disk=Disk.NOTHING),
    Row(fault="state folder's number is empty", act=found("version", b""), code=4, says="holds no number", disk=Disk.NOTHING),
    Row(fault="cache cut off", act=found("texts.sqlite3", b"SQLite format 3\0" + b"\1" * 40), code=0, says="complete", disk=Disk.DONE),
    Row(fault="cache that is none", act=found("texts.sqlite3", b"garbage" * 999), code=0, says="complete", disk=Disk.DONE),
    Row(fault="cache that is a folder", act=a_folder("texts.sqlite3"), code=0, says="complete", disk=Disk.DONE),
    Row(fault="`corrections.json` is empty", act=found("corrections.json", b""), code=0, says="complete", disk=Disk.DONE),
    Row(fault="`corrections.json` holds something else", act=found("corrections.json", b'[[1e999, null], {"a": "\\ud800"}]'), code=0, says="complete", disk=Disk.DONE),
    Row(fault="`corrections.json` is nested without end", act=found("corrections.json", b"[" * 100_000), code=0, says="complete", disk=Disk.DONE),
    Row(fault="`corrections.json` is a folder", act=a_folder("corrections.json"), code=0, says="complete", disk=Disk.DONE),
    Row(fault="`models.json` holds something else", act=found("models.json", b"{]"), code=2, says="reviewer: …/models.json cannot be read: … Remove it, or run `reviewer models --refresh`.", disk=Disk.NOTHING),
    Row(fault="`runs` is a file", act=found("runs", b""), code=4, says="reviewer: Cannot write …/state/runs/…: File exists.", disk=Disk.NOTHING),
    Row(fault="`run.json` is empty", act=resumed_with(lambda run: (run / "run.json").write_text("")), code=2, says="there is no run", disk=Disk.LOST),
    Row(fault="`run.json` cut off", act=resumed_with(lambda run: (run / "run.json").write_text((run / "run.json").read_text()[:300])), code=2, says="there is no run", disk=Disk.LOST),
    Row(fault="`run.json` of another kind", act=resumed_with(record(lambda said: said.update(layout="x", asked=7))), code=2, says="there is no run", disk=Disk.LOST),
    Row(fault="`run.json` with a time that is none", act=resumed_with(record(lambda said: said.update(started="yesterday"))), code=0, says="complete", disk=Disk.DONE),
    Row(fault="record of a pass that is none", act=resumed_with(lambda run: (run / "passes" / "01-general.json").write_text("{")), code=0, says="complete", disk=Disk.DONE),
    Row(fault="records of the passes removed", act=resumed_with(forget_passes), code=0, says="complete", disk=Disk.DONE),
    Row(fault="folder of the passes removed", act=resumed_with(lambda run: shutil.rmtree(run / "passes")), code=0, says="complete", disk=Disk.DONE, nightly=False),
    Row(fault="lock of a run is a folder", act=resumed_with(lock_is_a_folder), code=4, says="reviewer: Cannot write …: Is a directory.", disk=Disk.LOST),
    Row(fault="lock of a run is a link", act=resumed_with(lock_is_a_link), code=4, says="reviewer: Cannot write …: Too many levels of symbolic links.", disk=Disk.LOST),
    Row(fault="two processes go on with one run", act=resumed_twice, code=3, says="reviewer: another process is at work on run", disk=Disk.DONE, nightly=False),
    Row(fault="two reviews at once", act=two_at_once, code=0, says="complete", disk=Disk.DONE),
    Row(fault="run from the future", act=run_of_the_future, code=0, says="complete", disk=Disk.DONE),
)  # fmt: skip
