"""Starts `reviewer` as a process of its own in a hundredth of the time: by forking one that has imported everything already.

    python -m faults.zygote DESCRIPTOR

Each message on that socket is one call, with four descriptors beside it: the three standard streams, and a pipe that is told the number of
the process and, when it has ended, how. The child takes on the folder, the environment and the limits of a process that was just started,
runs the command's own entry point and leaves through the interpreter's own exit. What is decided when an interpreter starts (its encodings,
streams that are closed from the beginning) needs a real start.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from faults.privilege import give_up

LARGEST = 1 << 20
"""Bytes of a call."""


def serve(channel: socket.socket) -> None:
    """Start what is asked for until the other side hangs up. Returns in each child, which then is the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    while True:
        message, given, _, _ = socket.recv_fds(channel, LARGEST, 4)
        if not message:
            sys.exit(0)
        if os.fork() == 0:
            channel.close()
            _keep(json.loads(message), given)
            return
        for each in given:
            os.close(each)


def _keep(call: dict[str, Any], given: list[int]) -> None:
    """Fork the command and wait for it; only the command returns."""
    *streams, report = given
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        os.close(report)
        _become(call, streams)
        return
    for each in streams:
        os.close(each)
    os.write(report, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(report, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(call: dict[str, Any], streams: list[int]) -> None:
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(call["environ"])
    os.chdir(call["cwd"])
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    for name, most in call.get("limits", {}).items():
        kind = getattr(resource, name)
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
    if "umask" in call:
        os.umask(call["umask"])
    if call.get("bound"):
        give_up(for_good=True)
    if call.get("remove_cwd"):
        Path(call["cwd"]).rmdir()
    sys.argv = ["reviewer", *call["argv"]]


def main() -> None:
    """Import what the commands import, then serve."""
    import git  # noqa: F401
    import h11  # noqa: F401
    import rich.progress  # noqa: F401

    import reviewer.commands.review
    import reviewer.engine.connection  # noqa: F401 - the SDK alone takes more than two seconds
    from reviewer.__main__ import entry

    serve(socket.socket(fileno=int(sys.argv[1])))
    entry()


if __name__ == "__main__":
    main()
