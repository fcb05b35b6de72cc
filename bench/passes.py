"""Input dollars of many passes over one cached prefix, on real repositories, by the real command line against the loopback server's cache.

    python bench/passes.py CLONE [CLONE ...] [--commits 5] [--files 5] [--include GLOB] [--depth deep] [--pause 60] [--change]

For each of the newest commits of the main line that touch so many files, the repository is reviewed as it was before the commit, with
nothing in the cache, and once more after it, a pause later; with --change this second run reviews what the commit changes, over the
repository as it was before. Dollars are of input alone, at the catalogue's prices of claude-opus-5-5.

apart: the same passes without a shared prefix, each one's tokens at the plain price; the ratio is of the first run. second run: its dollars,
and the ratio to the first. read: of the input tokens of all passes after the first, the share that came from the cache, in the worst of the
first runs. All else are medians over the commits; of the ratios also the lowest and the highest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from messages_server import MODELS, MessagesServer, Received, dollars  # noqa: E402 - the server of the tests of this checkout

_MODEL = "claude-opus-5-5"
_HISTORY = 3000
"""Commits that are looked through for those of the wanted size."""
_HEAD = "| repository | sent | tokens | passes | cached | apart | ratio | second run | ratio | read |"


@dataclass(frozen=True)
class Run:
    """What one call of the command line asked for, in order of arrival."""

    passes: Sequence[Received]

    @property
    def cached(self) -> float:
        """Dollars of input as billed."""
        return sum(dollars(_MODEL, {**it.usage, "output_tokens": 0}) for it in self.passes)

    @property
    def apart(self) -> float:
        """Dollars of the same input, had no request shared anything with another."""
        return sum(map(_tokens, self.passes)) * float(MODELS[_MODEL]["price"][0]["input"]) / 1_000_000

    @property
    def read(self) -> float:
        """Of the input tokens of the passes after the first, the share read from the cache."""
        later = self.passes[1:]
        return sum(int(it.usage["cache_read_input_tokens"]) for it in later) / max(sum(map(_tokens, later)), 1)


def _tokens(asked: Received) -> int:
    usage = asked.usage
    return int(usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"])


class Repository:
    """A clone of a repository that may be moved through its history."""

    def __init__(self, clone: Path, folder: Path) -> None:
        self.work = folder / "work"
        self.state = folder / "state"
        subprocess.run(["git", "clone", "--quiet", "--shared", clone, self.work], check=True)

    def git(self, *args: str) -> str:
        """What git says."""
        done = subprocess.run(["git", *args], cwd=self.work, check=True, capture_output=True, encoding="utf-8", errors="replace")
        return done.stdout

    def commits_touching(self, files: int) -> Iterator[str]:
        """Commits of the main line that touch so many files, newest first."""
        form = ("--first-parent", "--diff-merges=first-parent", "--name-only", "--no-renames", "--format=%x00%H")
        for entry in self.git("log", *form, f"--max-count={_HISTORY}").split("\0")[1:]:
            commit, *names = entry.split("\n")
            if len([name for name in names if name]) == files:
                yield commit

    def review(self, commit: str, server: MessagesServer, *options: str) -> Run:
        """Review the repository as it is at a commit."""
        self.git("checkout", "--quiet", "--detach", "--force", commit)
        before = len(server.requests)
        call = [
            sys.executable,
            "-m",
            "reviewer",
            "review",
            str(self.work),
            "--model",
            _MODEL,
            "--yes",
            "--max-cost",
            "1000",
            *options,
        ]
        report = ["--state-dir", str(self.state), "--output", str(self.state.with_suffix(".json"))]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.state.parent),
            "PYTHONPATH": str(PROJECT),
            **server.environment,
        }
        done = subprocess.run([*call, *report], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"reviewer ended with {done.returncode} at {commit}:\n{done.stderr}")
        return Run([it for it in server.requests[before:] if it.usage])


def pairs(repository: Repository, chosen: argparse.Namespace) -> Iterator[tuple[Run, Run]]:
    """For each commit the run before it, and the run after it."""
    options = ["--depth", chosen.depth, *(f"--include={glob}" for glob in chosen.include)]
    for commit in islice(repository.commits_touching(chosen.files), chosen.commits):
        before = f"{commit}^1"
        with MessagesServer() as server:
            first = repository.review(before, server, *options)
            server.clock.advance(chosen.pause)
            yield first, repository.review(commit, server, *options, *(("--base", before) if chosen.change else ()))


def row(name: str, found: Sequence[tuple[Run, Run]]) -> str:
    """A row of the table."""
    first, second = zip(*found, strict=True)
    shown = first[0].passes[0]
    cells = (
        name,
        f"{shown.size / 1e6:.2f} MB",
        f"{_tokens(shown):,}",
        " + ".join(sorted({str(len(run.passes)) for run in first})),
        f"${statistics.median(run.cached for run in first):.2f}",
        f"${statistics.median(run.apart for run in first):.2f}",
        _spread([run.cached / run.apart for run in first]),
        f"${statistics.median(run.cached for run in second):.2f}",
        _spread([after.cached / before.cached for before, after in found]),
        f"{min(run.read for run in first):.1%}",
    )
    return f"| {' | '.join(cells)} |"


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--commits", type=int, default=5, help="how many commits")
    parser.add_argument("--files", type=int, default=5, help="how many files each of them touches")
    parser.add_argument("--include", action="append", default=[], metavar="GLOB", help="read only these files")
    parser.add_argument("--depth", default="deep")
    parser.add_argument("--pause", type=float, default=60, help="seconds between the two runs, by the server's clock")
    parser.add_argument("--change", action="store_true", help="let the second run review the commit alone")
    arguments = parser.parse_args()
    print(f"{_HEAD}\n|{'---|' * _HEAD.count(' | ')}---|")
    for clone in arguments.clones:
        with tempfile.TemporaryDirectory() as folder:
            repository = Repository(clone.resolve(), Path(folder))
            found = list(pairs(repository, arguments))
        name = clone.resolve().name if clone.resolve().name != "repo" else clone.resolve().parent.name
        print(row(name, found), flush=True)


if __name__ == "__main__":
    main()
