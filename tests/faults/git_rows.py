"""git: not there, too old, killed, or with half a repository."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from conftest import git

from faults.row import Disk, Row
from faults.scene import Outcome, Scene

STATIC = ("review", "--engine", "static")


def reviewed(scene: Scene, *more: str) -> Outcome:
    return scene.run(*STATIC, *more, "-o", scene.folder / "out" / "r.md")


def instead(script: str, *more: str) -> Callable[[Scene], Outcome]:
    """A program called git is found first, and does this."""

    def act(scene: Scene) -> Outcome:
        folder = scene.folder / "bin"
        folder.mkdir()
        program = folder / "git"
        real = shutil.which("git") or ""
        program.write_text(f"#!/bin/sh\nreal={real}\n{script}\n")
        program.chmod(0o755)
        scene.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
        return reviewed(scene, *more)

    return act


def absent(scene: Scene) -> Outcome:
    folder = scene.folder / "bin"
    folder.mkdir()
    (folder / "env").symlink_to(shutil.which("env") or "/usr/bin/env")
    scene.environ["PATH"] = str(folder)
    return reviewed(scene)


def without(*names: str) -> Callable[[Scene], Outcome]:
    """Parts of git's own folder are gone."""

    def act(scene: Scene) -> Outcome:
        for name in names:
            path = scene.repository / ".git" / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return reviewed(scene)

    return act


def holding(name: str, content: bytes, *more: str) -> Callable[[Scene], Outcome]:
    """A part of git's own folder holds something else."""

    def act(scene: Scene) -> Outcome:
        path = scene.repository / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return reviewed(scene, *more)

    return act


def index_of_the_future(scene: Scene) -> Outcome:
    path = scene.repository / ".git" / "index"
    content = path.read_bytes()
    path.write_bytes(content[:4] + (9).to_bytes(4, "big") + content[8:])
    return reviewed(scene)


def half_an_index(scene: Scene) -> Outcome:
    path = scene.repository / ".git" / "index"
    path.write_bytes(path.read_bytes()[:100])
    return reviewed(scene)


def unborn(scene: Scene) -> Outcome:
    git(scene.repository, "checkout", "--quiet", "--orphan", "new")
    return reviewed(scene)


def objects_gone(*more: str) -> Callable[[Scene], Outcome]:
    """Each object is missing that is not packed."""

    def act(scene: Scene) -> Outcome:
        path = scene.repository / "app" / "load.py"
        path.write_text(path.read_text() + "x = eval('1')\n")
        git(scene.repository, "commit", "--quiet", "--all", "--message", "second")
        for folder in (scene.repository / ".git" / "objects").glob("??"):
            shutil.rmtree(folder)
        return reviewed(scene, *more)

    return act


def one_object_gone(scene: Scene) -> Outcome:
    path = scene.repository / "app" / "load.py"
    path.write_text(path.read_text() + "x = eval('1')\n")
    git(scene.repository, "commit", "--quiet", "--all", "--message", "second")
    blob = git(scene.repository, "rev-parse", "HEAD~1:app/load.py").strip()
    (scene.repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    return reviewed(scene, "--commit", "HEAD")


def damaged_object(scene: Scene) -> Outcome:
    path = scene.repository / "app" / "load.py"
    path.write_text(path.read_text() + "x = eval('1')\n")
    git(scene.repository, "commit", "--quiet", "--all", "--message", "second")
    blob = git(scene.repository, "rev-parse", "HEAD:app/load.py").strip()
    place = scene.repository / ".git" / "objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.write_bytes(b"garbage")
    return reviewed(scene, "--commit", "HEAD")


def git_file_to_nowhere(scene: Scene) -> Outcome:
    shutil.rmtree(scene.repository / ".git")
    (scene.repository / ".git").write_text("gitdir: /nowhere/at/all\n")
    return reviewed(scene)


def folder_of_the_call_is_gone(scene: Scene) -> Outcome:
    folder = scene.folder / "gone"
    folder.mkdir()
    return scene.process(*STATIC, cwd=folder, remove_cwd=True)


def git_goes_meanwhile(scene: Scene) -> Outcome:
    scene.when_asked(lambda: shutil.rmtree(scene.repository / ".git"))
    return scene.run("review", "-o", scene.folder / "out" / "r.md")


def killed_in_its(number: int, *more: str) -> Callable[[Scene], Outcome]:
    """Killed in its `number`th command."""
    counted = 'n=$(cat "$0.n" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$0.n"'
    return instead(f'{counted}\n[ $n = {number} ] && kill -9 $$\nexec "$real" "$@"', *more)


PASS_ON = 'exec "$real" "$@"'
ROWS = (
    Row(fault="git is not installed", act=absent, code=2, says="reviewer: git is not installed, or does not run. Install git 2.32 or later.", disk=Disk.NOTHING, nightly=False),
    Row(fault="git is too old", act=instead("echo 'git: unknown option' >&2; exit 129"), code=2, says="reviewer: git config failed: git: unknown option", disk=Disk.NOTHING),
    Row(fault="git is killed in its first command", act=killed_in_its(1), code=2, says="reviewer: git config failed: it was ended by signal 9", disk=Disk.NOTHING),
    Row(fault="git is killed in its second command", act=killed_in_its(2), code=2, says="reviewer: git config failed: it was ended by signal 9", disk=Disk.NOTHING),
    Row(fault="git is killed in its third command", act=killed_in_its(3), code=2, says="reviewer: git ls-files failed: it was ended by signal 9", disk=Disk.NOTHING, nightly=False),
    Row(fault="git prints nothing", act=instead("exit 0"), code=3, says="reviewer: there is no file to review", disk=Disk.NOTHING),
    Row(fault="git prints something else", act=instead("head -c 100000 /dev/urandom"), code=2, says="reviewer: git's list of the files cannot be read. Install git 2.32 or later.", disk=Disk.NOTHING, nightly=False),
    Row(fault="git prints text without end", act=instead("exec yes"), code=2, says="reviewer: git's answer is longer than 536,870,912 bytes: so much is not reviewed.", disk=Disk.NOTHING),
    Row(fault="no HEAD in git's folder", act=without("HEAD"), code=0, says="; complete", disk=Disk.REPORT),
    Row(fault="no objects in git's folder", act=without("objects"), code=0, says="; complete", disk=Disk.REPORT),
    Row(fault="no references in git's folder", act=without("refs"), code=0, says="; complete", disk=Disk.REPORT),
    Row(fault="no index", act=without("index"), code=0, says="; complete", disk=Disk.REPORT),
    Row(fault="settings that are none", act=holding("config", b"\xff[[[ core"), code=2, says="reviewer: git config failed: fatal: bad config line 1", disk=Disk.NOTHING),
    Row(fault="HEAD that is none", act=holding("HEAD", b"\x00\xffgarbage"), code=0, says="; complete", disk=Disk.REPORT),
    Row(fault="index locked by another git", act=holding("index.lock", b""), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="index of a git of the future", act=index_of_the_future, code=2, says="reviewer: git ls-files failed: error: bad index version 9", disk=Disk.NOTHING),
    Row(fault="index cut off", act=half_an_index, code=0, says="; complete", disk=Disk.REPORT),
    Row(fault="index that is none", act=holding("index", b"garbage"), code=2, says="reviewer: git ls-files failed: fatal: …: index file smaller than expected", disk=Disk.NOTHING),
    Row(fault="packed references that are none", act=holding("packed-refs", b"\x00garbage\n\n x"), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="no commit yet", act=unborn, code=0, says="complete", disk=Disk.REPORT),
    Row(fault="objects missing, files reviewed", act=objects_gone(), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="objects missing, a commit reviewed", act=objects_gone("--commit", "HEAD"), code=2, says="reviewer: HEAD is not a commit of this repository. If a remote has it, fetch it first: git fetch origin HEAD", disk=Disk.NOTHING),
    Row(fault="objects missing, a base named", act=objects_gone("--base", "HEAD~1"), code=2, says="reviewer: HEAD~1 is not a commit of this repository.", disk=Disk.NOTHING),
    Row(fault="one object missing", act=one_object_gone, code=2, says="reviewer: The change cannot be shown: git diff-tree failed: fatal: unable to read", disk=Disk.NOTHING),
    Row(fault="one object damaged", act=damaged_object, code=2, says="reviewer: The change cannot be shown: git diff-tree failed:", disk=Disk.NOTHING),
    Row(fault="`.git` file that leads nowhere", act=git_file_to_nowhere, code=2, says="reviewer: …/.git does not lead to a repository.", disk=Disk.NOTHING),
    Row(fault="working folder removed", act=folder_of_the_call_is_gone, code=2, says="reviewer: the folder you are in was removed Change to one that is there.", disk=Disk.NOTHING, nightly=False),
    Row(fault="git's folder removed while the model answers", act=git_goes_meanwhile, code=0, says="complete", disk=Disk.DONE),
)  # fmt: skip
