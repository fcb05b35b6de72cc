"""How long it takes to rank a repository's files for a change, and how much memory.

    python bench/related.py CLONE [CLONE ...] [--files 50]

The change is made from the clone itself: of so many source files, spread over the tree, the base lacks every tenth run of five lines, so that
real lines come with the head. *cold* ranks with an empty cache of names, *cached* once more with the cache that left behind, *next* another
change (of other files) with it. Each is a process of its own; seconds are those of `rank` alone, in brackets the CPU seconds
it and its git took; the peak is the process's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = (".c", ".cc", ".cpp", ".cs", ".go", ".h", ".java", ".js", ".php", ".py", ".rb", ".rs", ".ts", ".tsx")
RUN = 5
EVERY = 10


def git(folder: Path, *args: str, stdin: bytes = b"", index: Path | None = None) -> str:
    """What git prints, without the last newline."""
    environment = os.environ | ({"GIT_INDEX_FILE": str(index)} if index else {})
    command = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-C", str(folder), *args]
    return subprocess.run(command, input=stdin, check=True, capture_output=True, env=environment).stdout.decode().rstrip("\n")


def scratch_clone(clone: Path, scratch: Path) -> Path:
    """A clone that shares the objects, so that nothing is written into the one that was given."""
    copy = scratch / clone.name
    subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(clone), str(copy)], check=True)
    return copy


def older(copy: Path, number: int, offset: int) -> str:
    """A commit like HEAD, in which `number` source files lack some of their lines."""
    listed = [row.split("\t") for row in git(copy, "-c", "core.quotePath=false", "ls-tree", "-r", "HEAD").split("\n")]
    sources = [(facts.split(" "), path) for facts, path in listed if path.endswith(SOURCES) and facts.startswith("100")]
    step = max(1, len(sources) // number)
    index = copy / f"index-{offset}"
    git(copy, "read-tree", "HEAD", index=index)
    for (mode, _, blob), path in sources[offset % step :: step][:number]:
        content = subprocess.run(["git", "-C", str(copy), "cat-file", "blob", blob], check=True, capture_output=True).stdout
        kept = [line for place, line in enumerate(content.splitlines(keepends=True)) if place // RUN % EVERY != 0]
        written = git(copy, "hash-object", "-w", "--stdin", stdin=b"".join(kept))
        git(copy, "update-index", "--cacheinfo", f"{mode},{written},{path}", index=index)
    return git(copy, "commit-tree", git(copy, "write-tree", index=index), "-p", "HEAD", "-m", "older")


def cpu() -> float:
    """Seconds of processor time this process and the processes it waited for have had."""
    return sum(
        usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def measure(copy: Path, base: str, state: Path) -> None:
    """In a process of its own: rank, and print the numbers as JSON."""
    from reviewer.collect.cache import MeasureCache
    from reviewer.collect.collector import Selection, collect_tree
    from reviewer.collect.comparison import of_range
    from reviewer.collect.related import rank
    from reviewer.collect.repository import open_repository
    from reviewer.collect.subject import Subject
    from reviewer.collect.symbol_cache import SymbolCache

    repository = open_repository(copy)
    assert repository is not None, "it was just cloned"  # noqa: S101 - a script's own check
    with repository:
        change = of_range(repository, f"{base}..HEAD")
        measures = MeasureCache(state)
        snapshot = collect_tree(repository, change.base, Selection(), measures)
        paths = {file.path for file in change.files}
        head = collect_tree(repository, change.head, Selection(), measures, paths=paths, rules=change.base)
        subject = Subject(snapshot=snapshot, change=change, head=head)
        start, busy = time.perf_counter(), cpu()
        ranked = rank(subject, repository, SymbolCache(state))
        seconds, used = time.perf_counter() - start, cpu() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps([len(ranked), sum(file.size for file in snapshot.files), len(change.files), seconds, used, peak]))


def row(clone: Path, number: int) -> str:
    """The table's row for one repository."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = scratch_clone(clone, Path(scratch))
        bases = [older(copy, number, 0), older(copy, number, 1)]
        runs = []
        for base in (bases[0], bases[0], bases[1]):
            command = [sys.executable, __file__, str(copy), "--measure", base, "--state", f"{scratch}/state"]
            environment = os.environ | {"PYTHONPATH": str(PROJECT)}
            runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout))
    files, size, changed, *_ = runs[0]
    times = " | ".join(f"{run[3]:.1f} ({run[4]:.1f})" for run in runs)
    peak = max(run[5] for run in runs) / 1e6
    return f"| {clone.name} | {files:,} | {size / 1e6:,.0f} | {changed} | {times} | {peak:,.0f} |"


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--files", type=int, default=50, metavar="N")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        measure(options.clones[0], options.measure, options.state)
        return 0
    print("| repository | files | MB | changed files | cold, s | cached, s | next change, s | peak, MB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for clone in options.clones:
        print(row(clone.resolve(), options.files), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
