"""A deep review, killed at random moments and gone on with until it is finished: what is paid for twice, and what is lost.

    python bench/kills.py CLONE [--kills 100] [--seed 1] [--delay 0.01]

Each trial is `reviewer review --depth deep` with a state folder and a Messages server of its own, whose looks find the same dozen lines each
time. SIGKILL ends the process at a random moment: one time in ten while it starts, one time in ten around its end, else some time after a
request of it, any of those it has left, arrived. Then `reviewer resume` goes on, and may be killed too (two times in three), until the
review is written. What lies on disk after a kill is held against every request that the server
receives later. A request is

* paid twice: when it asks a pass again whose whole answer lay on disk, or asks from the beginning although a whole finding, or a ruling on the
  same finding, lay on disk. Asked: 0.
* continued: when it asks for the rest of an answer, and names the findings that are kept. Only the question and the answer are new; the
  prefix comes from the provider's cache.
* begun in vain: when its answer had begun to arrive, but no whole finding of it had. There is nothing to keep, and the same is asked again.
* unheard: when it was received and billed, but the process was killed before the first piece of the answer reached the disk. No process can
  help that. Its dollars are those of its input, most of it read from the cache.

Findings lost are those of a review of the same clone that nobody killed, by fingerprint, that the review which was killed does not have.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from messages_demo import demo_model, documents_of, lens_of  # noqa: E402 - the server of the tests of this checkout
from messages_rules import content_blocks  # noqa: E402
from messages_server import MessagesServer, Received  # noqa: E402
from reviewer.cli import main as main_of_reviewer  # noqa: E402
from reviewer.reply.parse import Parsed, parse  # noqa: E402

PROCESSES = get_context("forkserver")
"""Processes are forked from one that has imported everything: a kill hits the work, not the imports, and a hundred of them take minutes."""
PROCESSES.set_forkserver_preload(
    ["__main__", "reviewer.commands.resume", "reviewer.engine.claude", "httpcore2", "jinja2.sandbox"]
)
_AGAIN = 2 / 3
"""How often a process that goes on is killed too."""
_FOUND, _TELLING = 12, 12
"""Findings of a look; a line with fewer characters is none."""
_STILL = 0.05
_LOOK = 0.005
_PATIENCE = 120.0


class Finder:
    """A model whose looks find a dozen real lines, the same ones each time, but those that it is told of already."""

    def __init__(self) -> None:
        self._findings: dict[str, list[dict[str, Any]]] = {}

    def __call__(self, body: dict[str, Any]) -> object:
        """The answer to a request."""
        question = _question_of(body)
        if '<finding id="' in question:
            return demo_model(body)
        lens = lens_of(question)
        if lens not in self._findings:
            self._findings[lens] = list(_found(lens, body))
        told = [line for line in question.splitlines() if line.startswith('- "')]
        new = [each for each in self._findings[lens] if not any(each["title"] in line for line in told)]
        return {"findings": new, "summary": f"{lens}: a dozen lines, chosen by their hash."}


def _found(lens: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    lines = [
        (sha256(f"{lens}\0{path}\0{line}".encode()).hexdigest()[:12], path, number, line)
        for path, text in documents_of(body)
        for number, line in enumerate(text.split("\n"), start=1)
        if len(line.strip()) > _TELLING
    ]
    for digest, path, number, line in sorted(lines)[:_FOUND]:
        yield {
            "path": path,
            "quote": line,
            "start_line": number,
            "end_line": number,
            "category": "maintainability",
            "severity": "medium",
            "confidence": "medium",
            "title": f"The line {digest} was chosen by its hash",
            "explanation": f"It is the line {digest}. " * 2,
            "suggestion": "",
        }


@dataclass(frozen=True)
class OnDisk:
    """What a pass has on disk after a kill."""

    bytes: int
    answers: tuple[Parsed, ...]

    @property
    def whole(self) -> bool:
        """Whether an answer, or what was continued of it, is all there."""
        return any(answer.whole for answer in self.answers)

    @property
    def claims(self) -> int:
        """Whole findings."""
        return sum(len(answer.claims) for answer in self.answers)

    @property
    def judged(self) -> frozenset[str]:
        """What was ruled on."""
        return frozenset(verdict.finding for answer in self.answers for verdict in answer.verdicts)


@dataclass
class Tally:
    """What is counted over all trials."""

    counts: Counter[str] = field(default_factory=Counter)
    dollars: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    totals: list[float] = field(default_factory=list)
    """Dollars that the server billed for each trial."""

    def note(self, what: str, dollars: float = 0.0) -> None:
        """Count one more."""
        self.counts[what] += 1
        self.dollars[what] += dollars


@dataclass(frozen=True)
class Moment:
    """When to kill a process: some seconds after it started, or after its nth request for a message (from 1) arrived."""

    after: int
    seconds: float


def moment(chance: random.Random, left: int, startup: float, answer: float) -> Moment:
    """A random moment of a process that has `left` passes to ask; about how long start and an answer take, in seconds."""
    drawn = chance.random()
    if drawn < 0.1:
        return Moment(0, chance.uniform(0, startup))
    if drawn < 0.2 or left == 0:
        return Moment(left, answer + chance.uniform(-0.2, 0.6))
    return Moment(chance.randint(1, left), chance.uniform(0, answer))


class Trial:
    """One review, with a state folder and a server of its own."""

    def __init__(self, clone: Path, folder: Path, delay: float) -> None:
        self.clone = clone
        self.state = folder / "state"
        self.report = folder / "review.json"
        self.delay = delay

    def start(self, server: MessagesServer) -> BaseProcess:
        """`reviewer resume` where there is a run to go on with, else `reviewer review`."""
        if self._run() is None:
            arguments = ["review", str(self.clone), "--depth", "deep", "--max-cost", "1000", "--yes", "-o", str(self.report)]
        else:
            arguments = ["resume"]
        environment = {**server.environment, "REVIEWER_STATE_DIR": str(self.state)}
        errors = self.state.parent / "errors.txt"
        process: BaseProcess = PROCESSES.Process(target=_reviewer, args=([*arguments, "-q"], self.clone, environment, errors))
        process.start()
        return process

    def on_disk(self) -> Mapping[str, OnDisk]:
        """What each pass has on disk, by its name."""
        run = self._run()
        texts: dict[str, list[str]] = {}
        for path in sorted((run / "passes").glob("*.txt")) if run else ():
            name = path.name.partition("-")[2].rpartition(".txt")[0].rpartition(".")[0]
            texts.setdefault(name, []).append(path.read_bytes().decode("utf-8", "ignore"))
        return {name: OnDisk(sum(map(len, each)), tuple(map(parse, each))) for name, each in texts.items()}

    def finished(self) -> bool:
        """Whether the report was written, and the run says so."""
        run = self._run()
        return run is not None and json.loads((run / "run.json").read_bytes())["state"] == "finished"

    def _run(self) -> Path | None:
        runs = self.state / "runs"
        found = [path for path in runs.iterdir() if (path / "run.json").exists()] if runs.is_dir() else []
        return found[0] if found else None


@dataclass(frozen=True)
class Undisturbed:
    """How a review goes that nobody kills."""

    startup: float
    """Seconds until the first request for a message."""
    answer: float
    """Seconds that the longest answer takes."""
    findings: frozenset[str]
    requests: int
    dollars: float


def _reviewer(arguments: list[str], folder: Path, environment: Mapping[str, str], errors: Path) -> None:
    """The life of one process."""
    os.chdir(folder)
    os.environ.update(environment)
    for number in (1, 2):
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    sys.exit(main_of_reviewer(arguments))


def undisturbed(clone: Path, delay: float) -> Undisturbed:
    """Let it go, and look."""
    with tempfile.TemporaryDirectory() as folder, MessagesServer(Finder(), delay=delay) as server:
        trial = Trial(clone, Path(folder), delay)
        began = time.monotonic()
        process = trial.start(server)
        first = 0.0
        while process.is_alive():
            if not first and server.messages:
                first = time.monotonic() - began
            time.sleep(0.01)
        if not trial.finished():
            raise SystemExit((Path(folder) / "errors.txt").read_text())
        answers = [it.ended - it.began for it in server.messages if it.ended is not None]
        cost = sum(it.dollars for it in server.messages)
        return Undisturbed(first, max(answers), findings_of(trial.report), len(server.messages), cost)


def one_trial(clone: Path, delay: float, sound: Undisturbed, chance: random.Random, tally: Tally) -> frozenset[str]:
    """A review that is killed at least once; its findings."""
    with tempfile.TemporaryDirectory() as folder, MessagesServer(Finder(), delay=delay) as server:
        trial = Trial(clone, Path(folder), delay)
        before, kill = None, True
        while True:
            heard = len(server.requests)
            left = sound.requests - sum(found.whole for found in trial.on_disk().values())
            killed = _run_once(trial, server, moment(chance, max(0, left), sound.startup, sound.answer) if kill else None)
            if before is not None:
                _judge(server.requests[heard:], before, tally)
            if not killed:
                break
            tally.note("kills")
            if trial.finished():
                break
            before = trial.on_disk()
            _note_kill(server, before, tally)
            kill = chance.random() < _AGAIN
        if not trial.finished():
            raise SystemExit((Path(folder) / "errors.txt").read_text())
        review = json.loads(trial.report.read_bytes())
        tally.note("complete" if review["complete"] else "incomplete")
        print(*review["problems"], sep="\n", file=sys.stderr)
        tally.totals.append(sum(it.dollars for it in server.messages))
        return findings_of(trial.report)


def _run_once(trial: Trial, server: MessagesServer, when: Moment | None) -> bool:
    """Start the process, and kill it at the moment; whether it was killed before it ended."""
    heard = len(server.messages)
    process = trial.start(server)
    if when is None:
        process.join(_PATIENCE)
        return False
    while process.is_alive() and len(server.messages) < heard + when.after:
        time.sleep(_LOOK)
    process.join(max(0.0, when.seconds))
    if not process.is_alive():
        return False
    process.kill()
    process.join()
    time.sleep(_STILL)  # what the process had sent is on its way to the server still
    deadline = time.monotonic() + _PATIENCE
    while any(it.ended is None for it in server.messages) and time.monotonic() < deadline:
        time.sleep(_STILL)
    return True


def _note_kill(server: MessagesServer, disk: Mapping[str, OnDisk], tally: Tally) -> None:
    """What the last process was about when it was killed."""
    for request in _unfinished(server, disk):
        found = disk.get(_name(request))
        tally.note("unheard" if found is None or not found.bytes else "begun in vain", request.dollars)


def _unfinished(server: MessagesServer, disk: Mapping[str, OnDisk]) -> Iterator[Received]:
    """The last request for each pass of which nothing can be kept."""
    last = {_name(request): request for request in server.messages}
    for name, request in last.items():
        found = disk.get(name)
        if found is None or not (found.whole or found.claims or found.judged):
            yield request


def _judge(requests: Sequence[Received], disk: Mapping[str, OnDisk], tally: Tally) -> None:
    """Hold what was asked after a kill against what lay on disk then."""
    judged = frozenset(key for found in disk.values() for key in found.judged)
    for request in requests:
        if request.path != "/v1/messages":
            continue
        question, name = _question(request), _name(request)
        found = disk.get(name)
        if name.startswith("verification"):
            again = [key for key in judged if f'key="{key}"' in question]
            if again:
                tally.note("paid twice", request.dollars)
        elif found is not None and found.whole:
            tally.note("paid twice", request.dollars)
        elif found is not None and found.claims:
            named = sum(line.startswith('- "') for line in question.splitlines())
            tally.note("continued" if named >= found.claims else "paid twice", request.dollars)


def _question(request: Received) -> str:
    return _question_of(request.body)


def _question_of(body: Mapping[str, Any]) -> str:
    text: str = content_blocks(body["messages"][0]["content"])[-1]["text"]
    return text


def _name(request: Received) -> str:
    question = _question(request)
    return "verification" if '<finding id="' in question else lens_of(question)


def findings_of(report: Path) -> frozenset[str]:
    """Fingerprint and ruling of every finding of a report."""
    return frozenset(finding["fingerprint"] for finding in json.loads(report.read_bytes())["findings"])


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0.01, help="seconds before each event of an answer")
    arguments = parser.parse_args()
    clone = arguments.clone.resolve()
    sound = undisturbed(clone, arguments.delay)
    chance, tally, lost = random.Random(arguments.seed), Tally(), 0  # noqa: S311 - a repeatable draw, nothing secret
    while tally.counts["kills"] < arguments.kills:
        found = one_trial(clone, arguments.delay, sound, chance, tally)
        lost += len(sound.findings - found)
        print(f"{tally.counts['kills']} kills", file=sys.stderr)
    _print(clone.name, sound, tally, lost)
    return 0


def _print(name: str, sound: Undisturbed, tally: Tally, lost: int) -> None:
    counts, dollars = tally.counts, tally.dollars
    print(f"| {name}, `--depth deep`, {sound.requests} requests, {len(sound.findings)} findings | count | dollars |")
    print("|---|--:|--:|")
    print(f"| reviews | {len(tally.totals)} | |")
    print(f"| kills | {counts['kills']} | |")
    print(f"| **requests paid twice** | **{counts['paid twice']}** | {dollars['paid twice']:.4f} |")
    print(f"| **findings lost** | **{lost}** | |")
    print(f"| reviews that ended complete | {counts['complete']} of {len(tally.totals)} | |")
    print(f"| continued: only the rest was asked | {counts['continued']} | {dollars['continued']:.4f} |")
    print(f"| begun in vain: no whole finding had arrived | {counts['begun in vain']} | {dollars['begun in vain']:.4f} |")
    print(f"| unheard: killed before the first piece arrived | {counts['unheard']} | {dollars['unheard']:.4f} |")
    print(f"| a review that nobody killed | | {sound.dollars:.4f} |")
    print(f"| a review that was killed, mean | | {sum(tally.totals) / len(tally.totals):.4f} |")


if __name__ == "__main__":
    sys.exit(main())
