"""Where it is started: terminals, locales, homes, streams; and clocks that jump."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

from faults.row import Disk, Row
from faults.scene import Outcome, Scene

STATIC = ("review", "--engine", "static")
QUICK = ("review", "--depth", "quick")
DEAR = ("review", "--depth", "quick", "--model", "fable", "--max-output", "128000")


def on_a_terminal(columns: int, *command: str, typed: bytes = b"", **environ: str) -> Callable[[Scene], Outcome]:
    """Standard input and error are a terminal of this width."""

    def act(scene: Scene) -> Outcome:
        screen, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        scene.environ |= {"TERM": "xterm-256color", "COLUMNS": str(columns), **environ}
        seen: list[bytes] = []

        def read() -> None:
            with suppress(OSError):  # Linux's way to say that the other end is closed
                while data := os.read(screen, 65_536):
                    seen.append(data)

        reader = threading.Thread(target=read)
        process = scene.start(*command, streams={0: end, 2: end})
        os.close(end)
        reader.start()
        os.write(screen, typed)
        outcome = process.ends()
        reader.join()
        os.close(screen)
        return Outcome(outcome.code, outcome.out, b"".join(seen).decode("utf-8", "replace"))

    return act


def nobody_to_ask(scene: Scene) -> Outcome:
    return scene.process(*DEAR, "-o", scene.folder / "out" / "r.md")


def with_variables(*command: str, **environ: str) -> Callable[[Scene], Outcome]:
    """Started by a shell, so that the interpreter sees them at its start."""

    def act(scene: Scene) -> Outcome:
        (scene.repository / "naïve файл.py").write_text("def f(ß=[]):\n    return eval(ß)\n")
        scene.environ |= environ
        return scene.shell(" ".join(["reviewer", *command, "-o", str(scene.folder / "out" / "r.md"), "-o", "-"]))

    return act


def without_home(scene: Scene) -> Outcome:
    """No HOME, and no place named."""
    scene.environ |= {"HOME": "", "REVIEWER_STATE_DIR": "", "XDG_STATE_HOME": str(scene.state)}
    return scene.run(*STATIC, "-o", scene.folder / "out" / "r.md")


def home_is_a_file(scene: Scene) -> Outcome:
    home = scene.folder / "home"
    home.write_text("")
    scene.environ |= {"HOME": str(home), "REVIEWER_STATE_DIR": ""}
    return scene.run(*QUICK, "-o", scene.folder / "out" / "r.md")


def streams_closed(line: str) -> Callable[[Scene], Outcome]:
    def act(scene: Scene) -> Outcome:
        return scene.shell(line.replace("OUT", str(scene.folder / "out" / "r.md")))

    return act


class Jumping(datetime):
    """A clock on the wall that somebody sets."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) + cls.ahead


def clock_jumps(by: timedelta, *, number: int = 1, then: tuple[str, ...] = ()) -> Callable[[Scene], Outcome]:
    """Set while the model answers; and another command afterwards."""

    def act(scene: Scene) -> Outcome:
        Jumping.ahead, real = timedelta(), time.time
        for module in ("reviewer.runs", "reviewer.commands.request", "reviewer.commands.runs"):
            scene.patch.setattr(f"{module}.datetime", Jumping)
        scene.patch.setattr("time.time", lambda: real() + Jumping.ahead.total_seconds())
        scene.when_asked(lambda: setattr(Jumping, "ahead", by), number=number)
        done = scene.run("review", "-v", "--trace", scene.folder / "trace.jsonl", "-o", scene.folder / "out" / "r.json")
        assert "-0." not in done.err
        if then:
            assert scene.run(*then).code == 0
            assert scene.run(*then, "--format", "json").code == 0
        return done

    return act


def clock_set_before(by: timedelta) -> Callable[[Scene], Outcome]:
    """A run of another day, by a clock that was wrong then or is wrong now; another one begins."""

    def act(scene: Scene) -> Outcome:
        scene.patch.setattr("reviewer.runs.datetime", Jumping)
        Jumping.ahead = by
        first = scene.run(*QUICK)
        assert first.code == 0
        Jumping.ahead = timedelta()
        assert scene.run("runs").code == 0
        done = scene.run(*QUICK, "-o", scene.folder / "out" / "r.md")
        (earlier,) = (run for run in scene.runs if run.name != max(scene.runs, key=_made).name)
        (earlier / "run.json").unlink()  # one is enough for what every row must hold
        return done

    return act


def _made(run: Path) -> float:
    return (run / "review.json").stat().st_mtime_ns


DAY, DECADES = timedelta(days=1), timedelta(days=20_000)
ROWS = (
    Row(fault="a terminal of 20 columns", act=on_a_terminal(20, *QUICK), code=0, says="complete", disk=Disk.DONE),
    Row(fault="a terminal of 1 column", act=on_a_terminal(1, *QUICK), code=0, says="complete", disk=Disk.DONE),
    Row(fault="a terminal of no columns", act=on_a_terminal(0, *QUICK), code=0, says="complete", disk=Disk.DONE),
    Row(fault="a terminal that can do nothing", act=on_a_terminal(80, *QUICK, TERM="dumb"), code=0, says="complete", disk=Disk.DONE),
    Row(fault="a terminal nobody knows", act=on_a_terminal(80, *QUICK, TERM="no-such-terminal"), code=0, says="complete", disk=Disk.DONE),
    Row(fault="no answer to the question for more than 2 dollars", act=on_a_terminal(80, *DEAR, typed=b"\x04"), code=130, says="reviewer: interrupted Nothing was sent.", disk=Disk.NOTHING),
    Row(fault="no to the question for more than 2 dollars", act=on_a_terminal(80, *DEAR, typed=b"n\n"), code=3, says="reviewer: nothing was sent", disk=Disk.NOTHING),
    Row(fault="nobody to ask about more than 2 dollars", act=nobody_to_ask, code=0, says="complete", disk=Disk.DONE),
    Row(fault="LANG=C", act=with_variables(*STATIC, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="a locale that does not exist", act=with_variables(*STATIC, LC_ALL="xx_YY.KOI-99", LANG="nonsense"), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="standard streams of another encoding", act=with_variables(*STATIC, "-v", PYTHONIOENCODING="ascii", PYTHONUTF8="0"), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="no HOME", act=without_home, code=0, says="complete", disk=Disk.REPORT),
    Row(fault="HOME is a file", act=home_is_a_file, code=4, says="reviewer: Cannot …: Not a directory.", disk=Disk.NOTHING),
    Row(fault="standard input closed", act=streams_closed("reviewer review --engine static -o OUT <&-"), code=0, says="complete", disk=Disk.REPORT),
    Row(fault="all standard streams closed", act=streams_closed("reviewer review --engine static -o OUT <&- >&- 2>&-"), code=0, says="", disk=Disk.REPORT),
    Row(fault="standard output closed from the start", act=streams_closed("reviewer review --engine static >&-"), code=4, says="reviewer: standard output is closed Write the report to a file with -o.", disk=Disk.NOTHING),
    Row(fault="clock jumps back a day", act=clock_jumps(-DAY, then=("runs",)), code=0, says="complete", disk=Disk.DONE, nightly=False),
    Row(fault="clock jumps forward a day", act=clock_jumps(DAY, then=("runs",)), code=0, says="complete", disk=Disk.DONE),
    Row(fault="clock jumps back to 1972", act=clock_jumps(-DECADES, number=2, then=("runs",)), code=0, says="complete", disk=Disk.DONE),
    Row(fault="clock jumps forward to 2081", act=clock_jumps(DECADES, number=2, then=("runs",)), code=0, says="complete", disk=Disk.DONE),
    Row(fault="clock was ahead when another run was made", act=clock_set_before(DAY), code=0, says="complete", disk=Disk.DONE),
    Row(fault="clock was behind when another run was made", act=clock_set_before(-DECADES), code=0, says="complete", disk=Disk.DONE),
)  # fmt: skip
