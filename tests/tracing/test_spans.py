from __future__ import annotations

import itertools
import json
import math
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import ConfigError, OverBudgetError, StorageError
from reviewer.tracing.opening import open_trace
from reviewer.tracing.spans import Trace
from reviewer.tracing.summary import summary

Line = dict[str, Any]


def lines(path: Path) -> list[Line]:
    text = path.read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trace.jsonl"


def test_a_line_says_what_a_step_was_when_and_how_it_ended(file: Path) -> None:
    with open_trace(str(file), {}) as trace, trace.span("collect", files=3) as span:
        span.set(bytes=1_200, commit="0f" * 20)

    (line,) = lines(file)
    start = datetime.fromisoformat(line.pop("start"))
    assert start.utcoffset() == timedelta(0)
    assert line.pop("seconds") >= 0
    assert line == {
        "trace": trace.id,
        "name": "collect",
        "id": span.id,
        "parent": None,
        "status": "ok",
        "attributes": {"files": 3, "bytes": 1_200, "commit": "0f" * 20},
    }


def test_a_step_knows_the_step_it_is_part_of(file: Path) -> None:
    with open_trace(str(file), {}) as trace, trace.span("run") as run:
        with trace.span("plan") as plan, trace.span("count"):
            pass
        with trace.span("report"):
            pass

    assert [(line["name"], line["parent"]) for line in lines(file)] == [
        ("count", plan.id),
        ("plan", run.id),
        ("report", run.id),
        ("run", None),
    ]


def test_steps_of_a_thread_belong_to_the_step_that_is_open_where_the_trace_was_made() -> None:
    trace = Trace()
    all_open = threading.Barrier(4)

    def work() -> None:
        with trace.span("request"):
            all_open.wait(10)
            with trace.span("inner"):
                all_open.wait(10)

    with trace.span("run"), trace.span("ask") as ask:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    requests = {span.id for span in trace.spans if span.name == "request"}
    assert {span.parent for span in trace.spans if span.name == "request"} == {ask.id}
    assert sorted(str(span.parent) for span in trace.spans if span.name == "inner") == sorted(requests)


def test_a_thread_may_begin_a_step_when_none_is_open() -> None:
    trace = Trace()

    def work() -> None:
        with trace.span("alone"):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)

    assert [span.parent for span in trace.spans] == [None]


def test_of_an_error_only_the_name_of_its_class_is_written(file: Path) -> None:
    with open_trace(str(file), {}) as trace, pytest.raises(OverBudgetError), trace.span("run"), trace.span("plan"):
        raise OverBudgetError("secret/path.py costs too much", hint="marked")

    assert [(line["name"], line["status"], line["error"]) for line in lines(file)] == [
        ("plan", "error", "OverBudgetError"),
        ("run", "error", "OverBudgetError"),
    ]
    assert "secret" not in file.read_text()


def test_an_attribute_outside_the_vocabulary_is_a_bug() -> None:
    trace = Trace()

    with pytest.raises(KeyError, match="path"), trace.span("collect", path="src/secret.py"):
        pass
    with trace.span("collect") as span, pytest.raises(KeyError, match="title"):
        span.set(title="x")


@pytest.mark.parametrize(
    "value", ["", "def f():\n    pass", "a" * 81, "schlüssel", "<script>", "{json}", 7, "-starts-with-a-dash", None]
)
def test_an_id_that_is_none_is_left_out(value: str | int | None) -> None:
    with Trace().span("request", request_id=value, retries=0) as span:
        pass

    assert span.attributes == {"retries": 0}


@pytest.mark.parametrize("value", ["12", math.nan, math.inf, 10**15, None])
def test_a_number_that_is_none_is_left_out(value: str | float | None) -> None:
    with Trace().span("request", cost_usd=value, retries=0) as span:
        pass

    assert span.attributes == {"retries": 0}


def test_a_second_run_appends_under_an_id_of_its_own(file: Path) -> None:
    for _ in range(2):
        with open_trace(str(file), {}) as trace, trace.span("run"):
            pass

    assert len({line["trace"] for line in lines(file)}) == 2


def test_a_line_that_a_crash_broke_off_does_not_break_the_next(file: Path) -> None:
    file.write_text('{"name": "ru')

    with open_trace(str(file), {}) as trace, trace.span("run"):
        pass

    broken, whole = file.read_text().splitlines()
    assert (broken, json.loads(whole)["name"]) == ('{"name": "ru', "run")


def test_a_file_that_cannot_be_written_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")

    for name in ("missing/trace.jsonl", "folder", "link", "pipe"):
        with pytest.raises(StorageError, match="Cannot write the trace to"):
            open_trace(str(tmp_path / name), {})
    assert not (tmp_path / "elsewhere").exists()


def test_standard_output_is_for_the_report() -> None:
    with pytest.raises(ConfigError, match="--trace needs the name of a file"):
        open_trace("-", {})


def test_a_disk_that_is_full_leaves_whole_lines_and_a_note(file: Path) -> None:
    # 1,000 bytes hold a few lines and a part of another.
    script = """
        import sys
        from reviewer.tracing.opening import open_trace
        with open_trace(sys.argv[1], {}) as trace:
            for number in range(50):
                with trace.span("collect", files=number):
                    pass
        print(*trace.notes)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000)),
    )

    numbers = [line["attributes"]["files"] for line in lines(file)]
    assert numbers == list(range(len(numbers)))
    assert 3 <= len(numbers) <= 6
    assert done.stdout == f"The trace {file} is not whole: there was no room for all of it.\n"


def test_no_line_crosses_the_end_of_a_page_where_a_kill_could_cut_it(file: Path) -> None:
    with open_trace(str(file), {}) as trace:
        for number in range(100):
            with trace.span("request", model="m" * (number % 50 + 1), request_id="r" * (number % 70 + 1), input_tokens=number):
                pass

    ends = list(itertools.accumulate(len(line) for line in file.read_bytes().splitlines(keepends=True)))
    assert [end for begin, end in itertools.pairwise([0, *ends]) if begin // 4_096 != (end - 1) // 4_096] == []
    assert [line["attributes"]["input_tokens"] for line in lines(file)] == list(range(100))


def test_a_killed_run_leaves_whole_lines(file: Path) -> None:
    script = """
        import sys, threading
        from reviewer.tracing.opening import open_trace
        trace = open_trace(sys.argv[1], {})
        def work():
            while True:
                with trace.span("request", pass_name="security", input_tokens=12):
                    pass
        with trace.span("run"):
            for _ in range(3):
                threading.Thread(target=work, daemon=True).start()
            print("ready", flush=True)
            work()
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while file.stat().st_size < 20_000:
            pass
        process.send_signal(signal.SIGKILL)

    written = lines(file)
    assert len(written) > 50
    assert {line["name"] for line in written} == {"request"}


def test_without_a_file_steps_are_kept_for_the_summary() -> None:
    with open_trace(None, {}) as trace, trace.span("run"):
        pass

    assert [span.name for span in trace.spans] == ["run"]
    assert trace.notes == ()


def test_the_summary_adds_up_time_and_money_per_phase() -> None:
    trace = Trace()
    with trace.span("run"):
        with trace.span("collect"):
            pass
        with trace.span("ask"):
            for name, dollars in (("security", 1.25), ("tests", 0.05), ("security", 0.5)):
                with trace.span("request", pass_name=name, cost_usd=dollars):
                    pass
            with pytest.raises(OSError, match="gone"), trace.span("request", pass_name="verification"):
                raise OSError("gone")
    for span in trace.spans:
        span.seconds = {"run": 12.0, "collect": 0.25, "ask": 11.5}.get(span.name, 5.0)

    assert summary(trace) == (
        "run                                12.00 s  $1.8000",
        "  collect                           0.25 s",
        "  ask                              11.50 s  $1.8000",
        "    request security (2 times)     10.00 s  $1.7500",
        "    request tests                   5.00 s  $0.0500",
        "    request verification            5.00 s  1 failed",
    )


def test_a_trace_without_steps_has_no_summary() -> None:
    assert summary(Trace()) == ()
