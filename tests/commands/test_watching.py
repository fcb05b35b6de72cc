"""The status line of a run, and what `-v` adds."""

from __future__ import annotations

from threading import Thread

import pytest

from reviewer.commands.watching import Watch
from reviewer.config import Config
from reviewer.engine.interface import Reply, Stop
from reviewer.outcome import Usage
from reviewer.plan.passes import Depth, Pass, looks, verification
from reviewer.terminal import Terminal

LOOKS = looks(Depth.DEEP)
FINDING = (
    '{"path": "a.py", "quote": "x", "start_line": 1, "end_line": 1, "category": "security", "severity": "high", "confidence": "high", '
    '"title": "t", "explanation": "e", "suggestion": ""}'
)
IN = Usage(input_tokens=1_000, cache_read_input_tokens=9_000)


class Line:
    """What the status line said, in its order."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, text: str) -> None:
        self.said.append(text)


def watch(line: Line, planned: int) -> Watch:
    return Watch(Terminal(Config(verbose=True), {}), line, "opus", planned, lambda usage, _: usage.prompt_tokens / 10_000)


def answer(running: Watch, look: Pass, text: str) -> None:
    request = running.begin(look)
    request.sent()
    request.started(IN, "req_1", "m")
    request.text(text)


def test_one_line_tells_of_all_passes_under_way() -> None:
    line = Line()
    running = watch(line, 9)

    answer(running, LOOKS[0], f'{{"findings": [{FINDING},')
    assert line.said[-1] == "0 of 9 passes (correctness) · 10,000 tokens in · 1 finding · about $1.00 · opus"
    answer(running, LOOKS[1], "{")
    assert line.said[-1] == "0 of 9 passes (correctness, security) · 20,000 tokens in · 1 finding · about $2.00 · opus"
    for look in LOOKS[2:4]:
        running.begin(look).sent()
    assert line.said[-1] == "0 of 9 passes (4 under way) · 20,000 tokens in · 1 finding · about $2.00 · opus"
    running.ended(LOOKS[0], Reply(text="", stop=Stop.END, usage=IN), 1.0)
    assert line.said[-1] == "1 of 9 passes (security, concurrency, contracts) · 20,000 tokens in · 1 finding · about $2.00 · opus"
    running.failed(LOOKS[1], "overloaded")
    assert line.said[-1] == "2 of 9 passes (concurrency, contracts) · 20,000 tokens in · 1 finding · about $2.00 · opus"


def test_one_pass_needs_no_counting() -> None:
    line = Line()
    running = watch(line, 1)
    answer(running, LOOKS[0], "{")
    assert line.said == ["reading · opus", *["10,000 tokens in · 0 findings · about $1.00 · opus"] * 2]


def test_what_earlier_processes_paid_for_counts() -> None:
    line = Line()
    running = watch(line, 3)
    running.kept(LOOKS[0], (Reply(text=f'{{"findings": [{FINDING}]}}', stop=Stop.END, usage=IN),), whole=True)
    running.begin(LOOKS[1]).sent()
    assert line.said == ["1 of 3 passes (security) · 10,000 tokens in · 1 finding · about $1.00 · opus"]


def test_details_name_the_pass(capsys: pytest.CaptureFixture[str]) -> None:
    running = watch(Line(), 9)
    answer(running, LOOKS[1], f'{{"findings": [{FINDING}]}}')
    running.ended(LOOKS[1], Reply(text="", stop=Stop.END, usage=IN + Usage(output_tokens=50), seconds=2.25), 0.5)
    check = verification(9)
    running.begin(check)
    running.ended(check, Reply(text="", stop=Stop.END, usage=Usage(output_tokens=7), seconds=1.0), None)
    assert capsys.readouterr().err.splitlines() == [
        "security: sent",
        "security: request req_1: 10,000 tokens in, 9,000 of them from the cache",
        "security: 1 finding, 50 tokens out, 2.2 s, $0.50",
        "verification: 7 tokens out, 1.0 s",
    ]


def test_several_threads_tell_at_once() -> None:
    line = Line()
    running = watch(line, 9)

    def one(look: Pass) -> None:
        request = running.begin(look)
        request.started(IN, "r", "m")
        for character in f'{{"findings": [{FINDING}, {FINDING}]}}':
            request.text(character)
        running.ended(look, Reply(text="", stop=Stop.END, usage=IN), None)

    threads = [Thread(target=one, args=(look,)) for look in LOOKS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert line.said[-1] == "8 of 9 passes · 80,000 tokens in · 16 findings · about $8.00 · opus"
