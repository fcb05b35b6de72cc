"""What a run leaves on disk: everything that was paid for, nothing of the source, and not too much of it."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reviewer.engine.interface import Reply, Stop
from reviewer.errors import ConnectionFailedError, StorageError
from reviewer.outcome import Usage
from reviewer.runs import ABANDONED_AFTER, Run, RunStore

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
USAGE = Usage(input_tokens=10, output_tokens=5)


def store(folder: Path, **options: Any) -> RunStore:  # noqa: ANN401 - as RunStore takes them
    return RunStore(folder, clock=lambda: NOON, **options)


def start(runs: RunStore, request: str = "the whole request") -> Run:
    return runs.start(version="1.0", model="claude-opus-5-5", subject="project", commit="c0ffee", request=request)


def record(run: Run) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run.folder / "run.json").read_text())
    return content


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_run_from_start_to_finish(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        assert record(run)["state"] == "started"
        run.sent()
        run.started(Usage(input_tokens=10), "req_1")
        assert record(run)["request_id"] == "req_1"
        run.text('{"find')
        assert (run.folder / "answer.txt").read_text() == '{"find'
        run.text('ings": []}')
        run.answered(Reply(text="", stop=Stop.END, usage=USAGE, request_id="req_1"), 0.25)
        assert record(run)["state"] == "answered"
        assert run.save("report.md", "# Review\n") == run.folder / "report.md"
        run.finish()
    assert record(run) == {
        "id": run.id,
        "version": "1.0",
        "model": "claude-opus-5-5",
        "subject": "project",
        "commit": "c0ffee",
        "request_sha256": hashlib.sha256(b"the whole request").hexdigest(),
        "request_bytes": 17,
        "started": "2026-11-22T12:00:05+00:00",
        "state": "finished",
        "updated": "2026-11-22T12:00:05+00:00",
        "request_id": "req_1",
        "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
        "cost_usd": 0.25,
        "problem": "",
    }
    assert sorted(path.name for path in run.folder.iterdir()) == ["answer.txt", "report.md", "run.json"]
    assert run.folder.parent == tmp_path / "runs"
    assert run.id.startswith("20261122T120005Z-")


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with start(store(tmp_path / "state")) as run:
            run.save("result.json", "{}")
            modes = {path.name: path.stat().st_mode & 0o777 for path in [run.folder, run.folder.parent, *run.folder.iterdir()]}
    finally:
        os.umask(before)
    assert modes == {run.id: 0o700, "runs": 0o700, **dict.fromkeys(["answer.txt", "reserve", "result.json", "run.json"], 0o600)}


def test_the_request_itself_is_not_kept(tmp_path: Path) -> None:
    with start(store(tmp_path), "SOURCE CODE") as run:
        run.text("answer")
    assert all(b"SOURCE CODE" not in path.read_bytes() for path in run.folder.iterdir())


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    run = start(store(tmp_path))

    def fail() -> None:
        with run:
            run.answered(Reply(text="", stop=Stop.CUT, problem="The answer broke off."), None)
            raise ConnectionFailedError("The connection was cut.")

    with pytest.raises(ConnectionFailedError):
        fail()
    assert record(run)["state"] == "failed"
    assert record(run)["problem"] == "The answer broke off. The connection was cut."


def test_an_interrupted_run_keeps_what_had_arrived(tmp_path: Path) -> None:
    run = start(store(tmp_path))

    def interrupted() -> None:
        with run:
            run.text("half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert record(run)["state"] == "failed"
    assert record(run)["problem"] == "KeyboardInterrupt"
    assert (run.folder / "answer.txt").read_text() == "half of it"


def test_a_killed_run_keeps_what_had_arrived(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from reviewer.runs import RunStore\n"
        "run = RunStore(pathlib.Path(sys.argv[1])).start(version='', model='', subject='', commit=None, request='')\n"
        "run.text('half of it')\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=False)
    [folder] = (tmp_path / "runs").iterdir()
    assert (folder / "answer.txt").read_text() == "half of it"
    assert json.loads((folder / "run.json").read_text())["state"] == "started"


def test_half_a_surrogate_pair_is_kept_as_jsons_escape(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        run.text('"\ud83d')
        run.text('\ude00"')
    assert json.loads((run.folder / "answer.txt").read_text()) == "\N{GRINNING FACE}"


def test_a_run_can_start_only_where_its_answer_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place, why in (("file", "Not a directory"), ("x" * 300, "File name too long")):
        with pytest.raises(StorageError, match=why) as caught:
            start(store(tmp_path / place))
        assert str(tmp_path / place) in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_state_folder_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        start(store(tmp_path))


@pytest.mark.parametrize("room", [0, 100, 500_000])
def test_a_full_disk_stops_a_run_before_anything_is_sent(tmp_path: Path, room: int) -> None:
    with room_for(room), pytest.raises(StorageError, match="File too large"):
        start(store(tmp_path))
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_fills_up_costs_only_what_did_not_fit(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        with room_for(1500):
            run.text("a" * 1000)
            assert run.storage_problem == ""
            run.text("b" * 1000)
            run.text("c")
        assert not (run.folder / "reserve").exists()
        run.answered(Reply(text="", stop=Stop.END), 0.0)
        run.finish()
    assert run.storage_problem == f"Cannot write {run.folder / 'answer.txt'}: File too large."
    assert (run.folder / "answer.txt").read_text() == "a" * 1000 + "b" * 500
    assert record(run)["state"] == "finished"


def test_many_runs_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    runs = store(tmp_path)

    def one(number: int) -> None:
        with start(runs) as run:
            for _ in range(20):
                run.text(f"{number};")
            run.finish()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = sorted((folder / "answer.txt").read_text() for folder in runs.folder.iterdir())
    assert answers == [f"{number};" * 20 for number in range(8)]


def old_run(folder: Path, name: str, state: str, *, age: float = 0.0, size: int = 1000) -> None:
    run = folder / "runs" / name
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps({"state": state}))
    (run / "answer.txt").write_text("x" * size)
    for path in run.iterdir():
        os.utime(path, (time.time() - age, time.time() - age))


def test_the_oldest_runs_that_nobody_needs_make_room(tmp_path: Path) -> None:
    old_run(tmp_path, "20250101T000000Z-aaaaaa", "finished")
    old_run(tmp_path, "20250102T000000Z-aaaaaa", "answered")
    old_run(tmp_path, "20250103T000000Z-aaaaaa", "started", age=ABANDONED_AFTER + 60)
    old_run(tmp_path, "20250104T000000Z-aaaaaa", "failed")
    old_run(tmp_path, "20250105T000000Z-aaaaaa", "finished", size=10)
    with start(store(tmp_path, kept_bytes=1_002_000)) as run:
        run.finish()
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "20250102T000000Z-aaaaaa",
        "20250105T000000Z-aaaaaa",
        run.id,
    ]


def test_what_is_no_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "runs" / "notes").mkdir(parents=True)
    (tmp_path / "runs" / "notes" / "mine.txt").write_text("x" * 1000)
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "run.json").write_text("[]")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "run.json").write_text('{"state": "finished"}')
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "runs" / "file").write_text("")
    with start(store(tmp_path, kept_bytes=0)) as run:
        run.finish()
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted(["broken", "file", "link", "notes", run.id])
    assert (tmp_path / "elsewhere" / "run.json").exists()


def test_an_answer_is_kept_though_the_record_of_its_run_cannot_be(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        (run.folder / "run.json").unlink()
        (run.folder / "run.json").mkdir()
        run.started(USAGE, "req_1")
        run.text("paid for")
        assert "paid for" == (run.folder / "answer.txt").read_text()
        assert run.storage_problem == f"Cannot write {run.folder / 'run.json'}: it is not a regular file."
