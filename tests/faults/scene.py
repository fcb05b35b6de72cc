"""A repository, a state folder, a strict Messages API, and `reviewer` started in one of three ways while something goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import pytest

from messages_server import MessagesServer, Received
from reviewer.cli import main

COMMAND = [sys.executable, "-m", "reviewer"]
TESTS = Path(__file__).parent.parent
PATIENCE = 60.0
"""Seconds until a process counts as hanging."""


@dataclass(frozen=True)
class Outcome:
    """What a call left for whoever made it."""

    code: int
    """Negative: the number of the signal that killed it."""
    out: str
    err: str


class Zygote:
    """The process of `zygote.py`, made when it is first needed."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.zygote", str(theirs.fileno())], cwd=TESTS, pass_fds=[theirs.fileno()]
        )
        theirs.close()

    def start(self, call: Mapping[str, Any], streams: Sequence[int]) -> IO[str]:
        """Start a command with these standard streams; the pipe that tells its number, and later its exit code."""
        reader, writer = os.pipe()
        socket.send_fds(self._channel, [json.dumps(call).encode("utf-8", "surrogateescape")], [*streams, writer])
        os.close(writer)
        return os.fdopen(reader)

    def close(self) -> None:
        """End it."""
        self._channel.close()
        self._process.wait(timeout=PATIENCE)


class Process:
    """A command that was started. Its standard output and error are pipes, which no limit on the size of files touches."""

    def __init__(self, zygote: Zygote, call: Mapping[str, Any], streams: Mapping[int, int]) -> None:
        self._texts: dict[int, str] = {}
        pipes = {number: os.pipe() for number in (1, 2)}
        nothing = os.open(os.devnull, os.O_RDONLY)
        usual = {0: nothing, 1: pipes[1][1], 2: pipes[2][1]}
        self._report = zygote.start(call, [(usual | dict(streams))[number] for number in range(3)])
        for stream in usual.values():
            os.close(stream)
        self._readers = [threading.Thread(target=self._read, args=(number, pipes[number][0])) for number in (1, 2)]
        for reader in self._readers:
            reader.start()
        self.pid = int(self._report.readline())

    def _read(self, number: int, pipe: int) -> None:
        with os.fdopen(pipe, encoding="utf-8", errors="replace") as text:
            self._texts[number] = text.read()

    def send(self, number: signal.Signals) -> None:
        """A signal."""
        os.kill(self.pid, number)

    def ends(self) -> Outcome:
        """Wait for it."""
        code = int(self._report.readline())
        self._report.close()
        for reader in self._readers:
            reader.join()
        return Outcome(code, self._texts[1], self._texts[2])


@dataclass
class Scene:
    """Where a fault happens."""

    folder: Path
    repository: Path
    server: MessagesServer
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    zygote: Callable[[], Zygote]
    environ: dict[str, str] = field(default_factory=dict)
    """Besides the tests' own and the server's; what of it is empty is taken away."""
    mends: list[Callable[[], object]] = field(default_factory=list)
    """What undoes the fault, so that `reviewer resume` can go on."""

    ends: list[Callable[[], object]] = field(default_factory=list)
    """What is let go of at the very end."""
    last: Process | None = None
    """The process that was started last."""

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    @property
    def scratch(self) -> Path:
        """The system's folder for temporary files, as the command knows it."""
        return self.folder / "scratch"

    @property
    def runs(self) -> list[Path]:
        """The folders of all runs, oldest first."""
        return sorted(self.state.glob("runs/*")) if self.state.is_dir() else []

    @property
    def run_id(self) -> str:
        """The name of the only run."""
        (run,) = self.runs
        return run.name

    @property
    def asked(self) -> list[Received]:
        """The requests for a message so far, answered or not."""
        return [request for request in self.server.requests if request.path == "/v1/messages"]

    def environment(self) -> dict[str, str]:
        """What the command finds in its environment."""
        given = {"REVIEWER_STATE_DIR": str(self.state), "TMPDIR": str(self.scratch), **self.server.environment, **self.environ}
        both = os.environ | given
        return {name: value for name, value in both.items() if given.get(name) != ""}

    def run(self, *argv: str | Path, cwd: Path | None = None) -> Outcome:
        """The command within this process."""
        self.capture.readouterr()
        with self.patch.context() as patch:
            wanted = self.environment()
            for name in set(os.environ) - set(wanted):
                patch.delenv(name)
            for name, value in wanted.items():
                patch.setenv(name, value)
            patch.setattr(tempfile, "tempdir", None)
            patch.chdir(cwd or self.repository)
            code = main([str(word) for word in argv])
        return Outcome(code, *self.capture.readouterr())

    def start(self, *argv: str | Path, cwd: Path | None = None, streams: Mapping[int, int] | None = None, **more: Any) -> Process:  # noqa: ANN401 - see zygote.py
        """The command as a process of its own, from the zygote."""
        call = {"argv": [str(word) for word in argv], "cwd": str(cwd or self.repository), "environ": self.environment(), **more}
        self.last = Process(self.zygote(), call, streams or {})
        return self.last

    def process(self, *argv: str | Path, **more: Any) -> Outcome:  # noqa: ANN401 - see `start`
        """The same, waited for."""
        return self.start(*argv, **more).ends()

    def shell(self, line: str, *, cwd: Path | None = None, prefix: Sequence[str] = ()) -> Outcome:
        """A line of the shell in which `reviewer` stands for the command, really started."""
        done = subprocess.run(
            [*prefix, "sh", "-c", line.replace("reviewer", " ".join(COMMAND), 1)],
            cwd=cwd or self.repository,
            env=self.environment() | {"PYTHONPATH": str(TESTS.parent)},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def when_asked(self, act: Callable[[], object], *, number: int = 1) -> None:
        """Do this when the `number`th request for a message has arrived, before it is answered."""
        model = self.server.model

        def acting(body: dict[str, Any]) -> Any:  # noqa: ANN401 - as the server types it
            if len(self.asked) == number:
                act()
            return model(body)

        self.server.model = acting

    def wait_for(self, what: Callable[[], object]) -> None:
        """Until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def arrived(self, text: str) -> bool:
        """Whether so much of an answer is on disk."""
        return any(text in path.read_text() for path in self.state.glob("runs/*/passes/*.txt"))

    def mend(self) -> None:
        """Undo the fault."""
        while self.mends:
            self.mends.pop()()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.mend()
        while self.ends:
            self.ends.pop()()


@contextmanager
def started_once() -> Iterator[Callable[[], Zygote]]:
    """A zygote that is started when it is first asked for."""
    made: list[Zygote] = []

    def zygote() -> Zygote:
        if not made:
            made.append(Zygote())
        return made[0]

    yield zygote
    for each in made:
        each.close()
