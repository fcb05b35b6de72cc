"""`reviewer plan` beside the physical limit and beside whatever peer is on the PATH, in one run.

    python bench/plan.py REPOSITORY [REPOSITORY ...] [--runs N] [--no-peers]

Whole processes: median of wall seconds, CPU seconds (user + system), and the peak memory of the largest process, as the system reports
them on exit. *limit* is `git ls-files -co --exclude-standard -z` and then reading and writing every byte: by `read_write.c` where there
is a C compiler, else by the same loop in Python. *cold* starts with an empty state folder, *warm* with the one a run before has filled.
The page cache is warm for all. The list of files is compared with git's at the end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LIST = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it, so that no disk is measured
PYTHON_LOOP = """
import os, stat, sys
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
for name in sys.stdin.buffer.read().split(b"\\0")[:-1]:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        continue
    if stat.S_ISREG(os.fstat(handle).st_mode):
        while block := os.read(handle, 1 << 20):
            os.write(out, block)
    os.close(handle)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process, start to end."""

    wall: float
    cpu: float
    megabytes: float
    failed: bool


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to measure: a command, run in the repository, and what to do before each run."""

    name: str
    command: Sequence[str]
    environment: Callable[[], dict[str, str]]


def run(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Run:
    """Run a command with its output thrown away."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - /dev/null
        process = subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere, env=os.environ | environment)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, process.returncode not in {0, 1, 3})


def limit(scratch: Path) -> Contender:
    """List as git does, then every byte read and written."""
    output = scratch / "everything"
    if compiler := shutil.which("cc"):
        program = scratch / "read_write"
        subprocess.run([compiler, "-O2", "-o", str(program), str(PROJECT / "bench/read_write.c")], check=True)
        name, reader = "limit: git ls-files + C", f"'{program}' '{output}'"
    else:
        loop = scratch / "loop.py"
        loop.write_text(PYTHON_LOOP)
        name, reader = "limit: git ls-files + Python", f"'{sys.executable}' -S '{loop}' '{output}'"
    return Contender(name, ["sh", "-c", f"{' '.join(LIST)} | {reader}"], dict)


def ourselves(scratch: Path) -> list[Contender]:
    """`reviewer plan`, with nothing known and with everything known."""
    command = [sys.executable, "-I", "-m", "reviewer", "plan", "--isolated", "."]

    def cold() -> dict[str, str]:
        return {"REVIEWER_STATE_DIR": tempfile.mkdtemp(dir=scratch)}

    warm = {"REVIEWER_STATE_DIR": tempfile.mkdtemp(dir=scratch)}
    return [Contender("reviewer plan, cold", command, cold), Contender("reviewer plan, warm", command, lambda: warm)]


def peers(scratch: Path) -> list[Contender]:
    """Programs on the PATH that pack a repository; those that count, count."""
    output = str(scratch / "pack")
    fresh = {"REPOMIX_TOKEN_CACHE": "0"}
    known = [
        Contender("repomix, cold", ["repomix", "--quiet", "-o", output], lambda: fresh),
        Contender("repomix, warm", ["repomix", "--quiet", "-o", output], dict),
        Contender("gitingest", ["gitingest", ".", "-o", output], dict),
        Contender("code2prompt", ["code2prompt", "--path", ".", "--output", output, "--tokens"], dict),
        Contender("files-to-prompt (no count)", ["files-to-prompt", ".", "-o", output], dict),
    ]
    return [peer for peer in known if shutil.which(peer.command[0])]


def measured(contender: Contender, repository: Path, runs: int) -> list[Run]:
    """One run to warm up, then the runs that count."""
    run(contender.command, repository, contender.environment())
    return [run(contender.command, repository, contender.environment()) for _ in range(runs)]


def compared_with_git(repository: Path) -> str:
    """Whether read + skipped is git's list."""
    sys.path.insert(0, str(PROJECT))
    from reviewer.collect.collector import Selection, collect

    raw = subprocess.run(LIST, cwd=repository, check=True, capture_output=True).stdout
    expected = sorted({path.decode("utf-8", "surrogateescape") for path in raw.split(b"\0") if path})
    snapshot = collect(repository, Selection(), None)
    actual = sorted([file.path for file in snapshot.files] + [file.path for file in snapshot.skipped])
    verdict = "equal to" if actual == expected else "NOT EQUAL to"
    return f"{len(snapshot.files):,} read + {len(snapshot.skipped):,} skipped is {verdict} git's list of {len(expected):,}"


def report(repository: Path, runs: int, *, with_peers: bool) -> None:
    """The table of one repository."""
    print(f"\n{repository}")
    print(f"  {'':34} {'wall s':>8} {'CPU s':>8} {'MB':>6} {'x limit':>8}")
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        scratch = Path(folder)
        floor = 0.0
        for contender in [limit(scratch), *ourselves(scratch), *(peers(scratch) if with_peers else [])]:
            rows = measured(contender, repository, runs)
            wall = statistics.median(row.wall for row in rows)
            floor = floor or wall
            cpu = statistics.median(row.cpu for row in rows)
            failed = "  failed" if any(row.failed for row in rows) else ""
            print(
                f"  {contender.name:34} {wall:8.3f} {cpu:8.3f} {max(row.megabytes for row in rows):6.0f} {wall / floor:8.1f}{failed}"
            )
    print(f"  {compared_with_git(repository)}")


def main() -> None:
    """Measure each repository in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    for repository in options.repositories:
        report(repository.resolve(), options.runs, with_peers=not options.no_peers)


if __name__ == "__main__":
    main()
