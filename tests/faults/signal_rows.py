"""Somebody, or the system, wants the process to end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from faults.row import Disk, Row
from faults.scene import COMMAND, TESTS, Outcome, Scene
from messages_server import Behaviour

SLOW = Behaviour(delay=0.02)
RESUME = "`reviewer resume …` goes on; what has arrived is kept, and is not paid for again."


def once(number: signal.Signals) -> Callable[[Scene], Outcome]:
    """In the middle of the first answer."""
    return several(number)


def several(*numbers: signal.Signals, pause: float = 0.0) -> Callable[[Scene], Outcome]:
    def act(scene: Scene) -> Outcome:
        scene.server.queue(SLOW)
        process = scene.start("review", "-o", scene.folder / "out" / "r.md")
        scene.wait_for(lambda: scene.arrived('"path"'))
        for number in numbers:
            process.send(number)
            time.sleep(pause)
        return process.ends()

    return act


def before_anything_is_sent(scene: Scene) -> Outcome:
    scene.server.queue(Behaviour(path="/v1/messages/count_tokens", silent=2.0))
    process = scene.start("review")
    scene.wait_for(lambda: scene.server.requests)
    process.send(signal.SIGINT)
    return process.ends()


def before_the_answer_begins(scene: Scene) -> Outcome:
    scene.server.queue(Behaviour(silent=2.0))
    process = scene.start("review")
    scene.wait_for(lambda: scene.asked)
    process.send(signal.SIGINT)
    return process.ends()


def during_the_second_answer(scene: Scene) -> Outcome:
    scene.server.queue(Behaviour(), SLOW)
    process = scene.start("review")
    scene.wait_for(lambda: len(scene.asked) == 2 and scene.arrived('"verdicts"'))
    process.send(signal.SIGTERM)
    return process.ends()


def as_the_first_process(scene: Scene) -> Outcome:
    """As in a container, where the system ignores what a process does not ask for."""
    scene.server.queue(SLOW)
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", *COMMAND, "review"],
        cwd=scene.repository,
        env=scene.environment() | {"PYTHONPATH": str(TESTS.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    scene.wait_for(lambda: scene.arrived('"path"'))
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out, err)


def stopped_and_continued(scene: Scene) -> Outcome:
    scene.server.queue(SLOW)
    process = scene.start("review", "-o", scene.folder / "out" / "r.md")
    scene.wait_for(lambda: scene.arrived('"path"'))
    process.send(signal.SIGTSTP)
    time.sleep(0.2)
    process.send(signal.SIGCONT)
    return process.ends()


def window_changes(scene: Scene) -> Outcome:
    scene.server.queue(SLOW)
    process = scene.start("review", "-o", scene.folder / "out" / "r.md")
    scene.wait_for(lambda: scene.arrived('"path"'))
    for number in (signal.SIGWINCH, signal.SIGURG, signal.SIGCHLD):
        process.send(number)
    return process.ends()


def at_the_start(scene: Scene) -> Outcome:
    """While Python itself is still importing."""
    process = subprocess.Popen(
        [*COMMAND, "review"],
        cwd=scene.repository,
        env=scene.environment() | {"PYTHONPATH": str(TESTS.parent), "PYTHONPROFILEIMPORTTIME": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.endswith("| click\n") or "click.exceptions" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out, "\n".join(line for line in err.splitlines() if "import time:" not in line))


def nobody_reads_on(scene: Scene) -> Outcome:
    """`reviewer review | head -1`: the other end is closed before the report comes."""
    reader, writer = os.pipe()
    process = scene.start("review", streams={1: writer})
    os.close(writer)
    os.close(reader)
    return process.ends()


def nobody_reads_errors(scene: Scene) -> Outcome:
    reader, writer = os.pipe()
    process = scene.start("review", "-v", "-o", scene.folder / "out" / "r.md", streams={2: writer})
    os.close(writer)
    os.close(reader)
    return process.ends()


def nobody_reads_the_plan(scene: Scene) -> Outcome:
    reader, writer = os.pipe()
    process = scene.start("plan", streams={1: writer})
    os.close(writer)
    os.close(reader)
    return process.ends()


ROWS = (
    Row(fault="Ctrl-C while an answer arrives", act=once(signal.SIGINT), code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="Ctrl-C twice", act=several(signal.SIGINT, signal.SIGINT), code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN, nightly=False),
    Row(fault="Ctrl-C ten times", act=several(*[signal.SIGINT] * 10, pause=0.01), code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="Ctrl-C, then SIGTERM", act=several(signal.SIGINT, signal.SIGTERM, pause=0.01), code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="SIGTERM", act=once(signal.SIGTERM), code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="SIGHUP: the terminal is closed", act=once(signal.SIGHUP), code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="Ctrl-C before anything is sent", act=before_anything_is_sent, code=130, says="reviewer: interrupted Nothing was sent.", disk=Disk.NOTHING),
    Row(fault="Ctrl-C before an answer begins", act=before_the_answer_begins, code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="SIGTERM during the second answer", act=during_the_second_answer, code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="SIGKILL", act=once(signal.SIGKILL), code=-9, says="", disk=Disk.RUN, untidy=True),
    Row(fault="SIGQUIT", act=once(signal.SIGQUIT), code=-3, says="", disk=Disk.RUN, untidy=True),
    Row(fault="SIGTERM to the first process of a container", act=as_the_first_process, code=130, says=f"reviewer: interrupted {RESUME}", disk=Disk.RUN),
    Row(fault="Ctrl-C while it starts", act=at_the_start, code=130, says="", disk=Disk.NOTHING),
    Row(fault="stopped and continued", act=stopped_and_continued, code=0, says="complete", disk=Disk.DONE),
    Row(fault="the window's size changes", act=window_changes, code=0, says="complete", disk=Disk.DONE),
    Row(fault="standard output closed early", act=nobody_reads_on, code=4, says="reviewer: standard output could not be written: Broken pipe", disk=Disk.RUN, nightly=False),
    Row(fault="standard output closed early, `plan`", act=nobody_reads_the_plan, code=4, says="reviewer: standard output could not be written: Broken pipe", disk=Disk.NOTHING),
    Row(fault="standard error closed early", act=nobody_reads_errors, code=0, says="", disk=Disk.DONE),
)  # fmt: skip
