"""Files that are something else when they are read than when they were listed."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from faults.moment import forget, when_opened, when_read
from faults.privilege import give_up, take_back
from faults.row import Disk, Row
from faults.scene import Outcome, Scene

QUICK = ("review", "--depth", "quick")
STATIC = ("review", "--engine", "static")
MEGABYTE = 1 << 20


def between(change: Callable[[Path], object], *command: str) -> Callable[[Scene], Outcome]:
    """After it was listed and measured, before it is read to be sent."""

    def act(scene: Scene) -> Outcome:
        path = scene.repository / "app" / "load.py"
        when_opened("load.py", lambda: change(path), time=2)
        scene.mends += [forget, lambda: _put_back(path)]
        return scene.run(*(command or QUICK), "-o", scene.folder / "out" / "r.md")

    return act


def within(change: Callable[[Path], object], *command: str) -> Callable[[Scene], Outcome]:
    """After it was opened, before its first byte is read."""

    def act(scene: Scene) -> Outcome:
        path = scene.repository / "app" / "load.py"
        when_read(scene.patch, path, lambda: change(path))
        scene.mends.append(lambda: _put_back(path))
        return scene.run(*(command or STATIC), "-o", scene.folder / "out" / "r.md")

    return act


TEXT = "import yaml\n\n\ndef load(text):\n    return eval(text)\n"


def _put_back(path: Path) -> None:
    if path.parent.is_symlink():
        path.parent.unlink()
    path.parent.mkdir(exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.write_text(TEXT)


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write("more = 1\n" * 50)


def become_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def become_socket(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have 107 bytes
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)


def move_folder(path: Path) -> None:
    moved = path.parent.with_name("elsewhere")
    path.parent.rename(moved)
    path.parent.symlink_to(moved)


def lose_the_right(scene: Scene) -> Outcome:
    path = scene.repository / "app" / "load.py"
    give_up()
    path.chmod(0)
    scene.mends += [take_back, lambda: path.chmod(0o644)]
    return scene.run(*STATIC, "-o", scene.folder / "out" / "r.md")


def of(content: bytes, *command: str) -> Callable[[Scene], Outcome]:
    """One more file with this content."""

    def act(scene: Scene) -> Outcome:
        (scene.repository / "more.txt").write_bytes(content)
        return scene.run(*(command or STATIC), "--max-file-bytes", "3000000", "-o", scene.folder / "out" / "r.json")

    return act


def endless(scene: Scene) -> Outcome:
    with (scene.repository / "more.txt").open("wb") as file:
        file.truncate(1 << 40)
    return scene.run(*STATIC, "-o", scene.folder / "out" / "r.json")


def repository_goes(scene: Scene) -> Outcome:
    kept = scene.folder / "kept"
    when_opened("load.py", lambda: scene.repository.rename(kept), time=2)
    scene.mends += [forget, lambda: kept.rename(scene.repository)]
    return scene.run(*QUICK, "-o", scene.folder / "out" / "r.md")


def repository_goes_for_good(scene: Scene) -> Outcome:
    when_opened("load.py", lambda: shutil.rmtree(scene.repository), time=2)
    scene.mends += [forget]
    return scene.run(*STATIC, "-o", scene.folder / "out" / "r.md")


def work_tree_changes(change: Callable[[Path], object]) -> Callable[[Scene], Outcome]:
    """A change is being looked at, and changes again."""

    def act(scene: Scene) -> Outcome:
        path = scene.repository / "app" / "load.py"
        path.write_text(TEXT.replace("eval", "exec"))
        when_opened("load.py", lambda: change(path), time=2)
        scene.mends.append(forget)
        return scene.run(*STATIC, "--uncommitted", "-o", scene.folder / "out" / "r.md")

    return act


def written_while_answered(scene: Scene) -> Outcome:
    path = scene.repository / "app" / "load.py"
    scene.when_asked(lambda: path.write_text("x = 1\n"))
    return scene.run("review", "-o", scene.folder / "out" / "r.md")


def gone_while_answered(scene: Scene) -> Outcome:
    scene.when_asked(lambda: shutil.rmtree(scene.repository))
    return scene.run("review", "-o", scene.folder / "out" / "r.md")


CHANGED = "INCOMPLETE: 1 file that should have been read could not be."
UTF8 = ("é" * (MEGABYTE // 2)).encode() + b"\n"

ROWS = (
    Row(fault="file removed before it is read", act=between(Path.unlink), code=3, says=CHANGED, disk=Disk.DONE, nightly=False),
    Row(fault="file grows before it is read", act=between(grow), code=3, says=CHANGED, disk=Disk.DONE),
    Row(fault="file emptied before it is read", act=between(lambda path: path.write_text("")), code=3, says=CHANGED, disk=Disk.DONE),
    Row(fault="file replaced by a link", act=between(become_link), code=3, says=CHANGED, disk=Disk.DONE),
    Row(fault="file replaced by a folder", act=between(become_folder, *STATIC), code=3, says=CHANGED, disk=Disk.REPORT),
    Row(fault="file replaced by a named pipe", act=between(become_pipe, *STATIC), code=3, says=CHANGED, disk=Disk.REPORT, nightly=False),
    Row(fault="file replaced by a socket", act=between(become_socket, *STATIC), code=3, says=CHANGED, disk=Disk.REPORT),
    Row(fault="file's folder replaced by a link", act=between(move_folder, *STATIC), code=0, says="complete", disk=Disk.REPORT, docs=False),
    Row(fault="file grows while it is read", act=within(grow), code=3, says=CHANGED, disk=Disk.REPORT, nightly=False),
    Row(fault="file shrinks while it is read", act=within(lambda path: path.write_text("")), code=3, says=CHANGED, disk=Disk.REPORT),
    Row(fault="file removed while it is read", act=within(Path.unlink), code=3, says=CHANGED, disk=Disk.REPORT),
    Row(fault="file cannot be read", act=lose_the_right, code=3, says=CHANGED, disk=Disk.REPORT),
    Row(fault="file is UTF-8 for its first megabyte only", act=of(UTF8 + b"\xff\xfe broken \xe9\n"), code=0, says="complete", disk=Disk.REPORT, nightly=False),
    Row(fault="file is text for its first megabyte only", act=of(UTF8 + b"\0\1\2"), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="file of a terabyte", act=endless, code=0, says="complete", disk=Disk.REPORT),
    Row(fault="repository moved away while it is read", act=repository_goes, code=2, says="reviewer: … cannot be read: No such file or directory.", disk=Disk.NOTHING, nightly=False),
    Row(fault="repository removed while it is read", act=repository_goes_for_good, code=3, says="", disk=Disk.REPORT),
    Row(fault="uncommitted file removed meanwhile", act=work_tree_changes(Path.unlink), code=0, says="", disk=Disk.REPORT),
    Row(fault="uncommitted file grows meanwhile", act=work_tree_changes(grow), code=0, says="", disk=Disk.REPORT),
    Row(fault="uncommitted file replaced by a named pipe", act=work_tree_changes(become_pipe), code=0, says="", disk=Disk.REPORT),
    Row(fault="file written while the model answers", act=written_while_answered, code=0, says="complete", disk=Disk.DONE),
    Row(fault="repository removed while the model answers", act=gone_while_answered, code=0, says="complete", disk=Disk.DONE),
)  # fmt: skip
