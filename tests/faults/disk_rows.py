"""Room and rights: where nothing can be written, or nothing any more."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable
from pathlib import Path

from faults.privilege import give_up, take_back
from faults.row import Disk, Row
from faults.scene import Outcome, Scene


def unwritable(scene: Scene, folder: Path) -> None:
    """Take the right to write into a folder away, from root too."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o500)
    give_up()
    scene.mends += [take_back, lambda: folder.chmod(0o700)]


def hold_to(scene: Scene, most: int) -> None:
    """No file of the process may become longer."""
    assert scene.last is not None
    resource.prlimit(scene.last.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def state_is_a_file(scene: Scene) -> Outcome:
    scene.state.write_text("")
    scene.mends.append(scene.state.unlink)
    return scene.run("review")


def state_is_read_only(scene: Scene) -> Outcome:
    unwritable(scene, scene.state)
    return scene.run("review")


def state_cannot_be(scene: Scene) -> Outcome:
    return scene.run("review", "--state-dir", "/dev/null/state")


def state_of_the_built_in_checks(scene: Scene) -> Outcome:
    unwritable(scene, scene.state)
    return scene.run("review", "--engine", "static", "-o", scene.folder / "out" / "r.md")


def no_room_to_begin(scene: Scene) -> Outcome:
    return scene.process("review", limits={"RLIMIT_FSIZE": 500_000})


def room_runs_out(number: int, most: int) -> Callable[[Scene], Outcome]:
    def act(scene: Scene) -> Outcome:
        scene.when_asked(lambda: hold_to(scene, most), number=number)
        return scene.process("review", "-o", scene.folder / "out" / "r.md")

    return act


def state_goes(scene: Scene) -> Outcome:
    scene.when_asked(lambda: shutil.rmtree(scene.state))
    return scene.run("review", "-o", scene.folder / "out" / "r.md")


def set_modes(folder: Path, mode: int) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(mode)


def state_becomes_read_only(scene: Scene) -> Outcome:
    give_up()
    scene.mends.append(take_back)
    scene.when_asked(lambda: set_modes(scene.state, 0o500))
    scene.mends.append(lambda: set_modes(scene.state, 0o700))
    return scene.run("review", "-o", scene.folder / "out" / "r.md")


def output_folder_goes(scene: Scene) -> Outcome:
    out = scene.folder / "out"
    scene.when_asked(out.rmdir)
    scene.mends.append(out.mkdir)
    return scene.run("review", "-o", out / "r.md")


def output_becomes_a_link(scene: Scene) -> Outcome:
    out = scene.folder / "out" / "r.md"
    scene.when_asked(lambda: out.symlink_to(scene.repository / "README.md"))
    scene.mends.append(out.unlink)
    return scene.run("review", "-o", out)


def output_is_read_only(scene: Scene) -> Outcome:
    (scene.folder / "out").chmod(0o500)
    scene.mends.append(lambda: (scene.folder / "out").chmod(0o700))
    return scene.process("review", "-o", scene.folder / "out" / "r.md", bound=True)


def no_temporary_folder(scene: Scene) -> Outcome:
    scene.environ["TMPDIR"] = str(scene.folder / "nowhere")
    return scene.run("review", "--engine", "static", "-o", scene.folder / "out" / "r.md")


def scratch_is_read_only(scene: Scene) -> Outcome:
    # Python looks for another one; with none that can be written to it says so.
    scene.patch.setattr("tempfile._candidate_tempdir_list", lambda: [str(scene.scratch)])
    scene.patch.setenv("TMPDIR", str(scene.scratch))
    scene.scratch.chmod(0o500)
    give_up()
    scene.mends += [take_back, lambda: scene.scratch.chmod(0o700)]
    return scene.run("review", "--engine", "static", "-o", scene.folder / "out" / "r.md")


def scratch_goes(scene: Scene) -> Outcome:
    def empty() -> None:
        for each in scene.scratch.iterdir():
            shutil.rmtree(each)

    scene.when_asked(empty)
    return scene.run("review", "-o", scene.folder / "out" / "r.md")


def few_open_files(scene: Scene) -> Outcome:
    return scene.process("review", "-o", scene.folder / "out" / "r.md", limits={"RLIMIT_NOFILE": 8})


def umask_of_nothing(scene: Scene) -> Outcome:
    out = scene.folder / "out"
    return scene.process("review", "-o", out / "r.md", umask=0o777, bound=True)


def trace_folder_goes(scene: Scene) -> Outcome:
    folder = scene.folder / "traces"
    folder.mkdir()
    scene.when_asked(lambda: shutil.rmtree(folder))
    return scene.run("review", "--trace", folder / "t.jsonl", "-o", scene.folder / "out" / "r.md")


def trace_cannot_be(scene: Scene) -> Outcome:
    return scene.run("review", "--trace", scene.folder / "nowhere" / "t.jsonl")


def full_standard_output(scene: Scene) -> Outcome:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a descriptor is what is wanted
        return scene.process("review", streams={1: full.fileno()})


ROWS = (
    Row(fault="state folder is a file", act=state_is_a_file, code=4, says="reviewer: Cannot read …/state/runs: Not a directory. --state-dir chooses another place.", disk=Disk.NOTHING),
    Row(fault="state folder is read-only", act=state_is_read_only, code=4, says="reviewer: Cannot write …/state/runs/…: Permission denied.", disk=Disk.NOTHING, nightly=False),
    Row(fault="state folder cannot be made", act=state_cannot_be, code=4, says="reviewer: Cannot read /dev/null/state/runs: Not a directory.", disk=Disk.NOTHING),
    Row(fault="state folder is read-only, built-in checks", act=state_of_the_built_in_checks, code=0, says="", disk=Disk.REPORT),
    Row(fault="no room for a run", act=no_room_to_begin, code=4, says="reviewer: Cannot write …/state/runs/…: File too large.", disk=Disk.NOTHING),
    Row(fault="disk full during the first answer", act=room_runs_out(1, 100), code=4, says="reviewer: Cannot write …", disk=Disk.RUN, nightly=False),
    Row(fault="disk full during the second answer", act=room_runs_out(2, 100), code=4, says="reviewer: Cannot write …", disk=Disk.RUN),
    Row(fault="state folder removed", act=state_goes, code=4, says="reviewer: Cannot write …/review.json: No such file or directory.", disk=Disk.REPORT, nightly=False),
    Row(fault="state folder becomes read-only", act=state_becomes_read_only, code=4, says="reviewer: Cannot write …/review.json: Permission denied.", disk=Disk.RUN, untidy=True),
    Row(fault="output folder removed", act=output_folder_goes, code=4, says="reviewer: Cannot write …/out/r.md: No such file or directory.", disk=Disk.RUN),
    Row(fault="output replaced by a link", act=output_becomes_a_link, code=4, says="reviewer: Cannot write …/out/r.md: it is a symbolic link.", disk=Disk.RUN),
    Row(fault="output folder is read-only", act=output_is_read_only, code=2, says="reviewer: --output …/out/r.md: the folder …/out cannot be written to", disk=Disk.NOTHING),
    Row(fault="TMPDIR names no folder", act=no_temporary_folder, code=0, says="", disk=Disk.REPORT),
    Row(fault="no temporary folder can be written to", act=scratch_is_read_only, code=4, says="reviewer: The system's temporary folder cannot be written: …. Make room there; TMPDIR names another one.", disk=Disk.NOTHING),
    Row(fault="temporary folder emptied", act=scratch_goes, code=0, says="; complete", disk=Disk.DONE),
    Row(fault="few open files", act=few_open_files, code=4, says="reviewer: no more files can be opened `ulimit -n` tells how many; allow 256 or more.", disk=Disk.NOTHING),
    Row(fault="umask 777", act=umask_of_nothing, code=4, says="reviewer: The system's temporary folder cannot be written: Permission denied.", disk=Disk.NOTHING, untidy=True, docs=False),
    Row(fault="folder of the trace removed", act=trace_folder_goes, code=0, says="; complete", disk=Disk.DONE),
    Row(fault="trace cannot be written", act=trace_cannot_be, code=4, says="reviewer: Cannot write …/t.jsonl: No such file or directory.", disk=Disk.NOTHING),
    Row(fault="standard output is full", act=full_standard_output, code=4, says="reviewer: standard output could not be written: No space left on device", disk=Disk.RUN),
)  # fmt: skip
