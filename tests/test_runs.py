"""What a run leaves on disk: everything that was paid for, nothing of the source, and not too much of it."""

from __future__ import annotations

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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from report_samples import COMPLETE

from reviewer.config import OPTIONS, Config
from reviewer.engine.interface import Prompt, Reply, Stop
from reviewer.errors import ConnectionFailedError, IncompleteError, InterruptedByUser, StorageError, UsageError
from reviewer.outcome import PassMade, Usage
from reviewer.plan.lifetime import Use, is_warm
from reviewer.plan.passes import Depth, Pass, looks
from reviewer.run_answers import RESERVE_BYTES
from reviewer.run_list import list_runs
from reviewer.run_lock import is_held, take
from reviewer.run_prefix import difference, prefix_of
from reviewer.run_prune import ABANDONED_AFTER, prune_to, read_record
from reviewer.run_record import Asked, RunRecord
from reviewer.runs import Run, RunStore
from reviewer.state_layout import LAYOUT, check_layout
from reviewer.storage import LARGEST_KEPT

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
USAGE = Usage(input_tokens=10, output_tokens=5)
GENERAL, *_ = looks(Depth.QUICK)
LOOKS = looks(Depth.DEEP)
PROMPT = Prompt(
    model="claude-opus-5-5",
    system="SYSTEM RULES",
    documents="SOURCE CODE",
    question="QUESTION",
    schema={},
    max_output=1000,
    effort=None,
    thinking=None,
    structured=True,
)
WHOLE = '{"findings": [], "summary": ""}'
CUT = '{"findings": [{"path": "a.py", "quo'


def store(folder: Path, **options: Any) -> RunStore:  # noqa: ANN401 - as RunStore takes them
    return RunStore(folder, clock=lambda: NOON, **options)


def start(runs: RunStore, **asked: Any) -> Run:  # noqa: ANN401 - as Asked takes them
    return runs.start(
        version="1.0",
        model="claude-opus-5-5",
        subject="project",
        commit="c0ffee",
        asked=Asked(**{"path": "/", "top": "/", "config": Config(), "origins": dict.fromkeys(OPTIONS, "default"), **asked}),
        prefix=prefix_of(PROMPT),
        passes=("general",),
    )


def begin(run: Run, asked: Pass = GENERAL) -> Any:  # noqa: ANN401 - an AnswerFile
    return run.log(asked).begin(began=run.now(), request_sha256="abc")


def record(run: Run) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run.folder / "run.json").read_text())
    return content


def anything(_: RunRecord) -> None:
    """Whatever a run's record says, it goes on."""


def answer_file(run: Run, name: str = "01-general.1.txt") -> Path:
    return run.folder / "passes" / name


def killed(state: Path, program: str) -> str:
    """Runs a program that begins a run in `state` and is killed; the run's id."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom test_runs import *\nstate = Path(sys.argv[1])\n"
    done = subprocess.run([sys.executable, "-c", f"{code}{program}\nos.kill(os.getpid(), signal.SIGKILL)\n", state], check=False)
    assert done.returncode == -signal.SIGKILL
    [run_id] = (path.name for path in (state / "runs").iterdir())
    return run_id


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
        answer, log = begin(run), run.log(GENERAL)
        log.started(Usage(input_tokens=10), "req_1", 0.01)
        answer.write('{"find')
        assert answer_file(run).read_text() == '{"find'
        answer.write('ings": []}')
        log.ended(Reply(text="", stop=Stop.END, usage=USAGE, request_id="req_1", message_id="msg_1", seconds=1.5), 0.25)
        assert run.save("report.md", "# Review\n") == run.folder / "report.md"
        run.finish(COMPLETE)
    assert record(run)["state"] == "finished"
    assert record(run)["commit"] == "c0ffee"
    assert json.loads((run.folder / "passes" / "01-general.json").read_text()) == {
        "number": 1,
        "kind": "look",
        "name": "general",
        "attempts": [
            {
                "number": 1,
                "began": "2026-11-22T12:00:05+00:00",
                "request_sha256": "abc",
                "state": "ended",
                "stop": "end",
                "answer_bytes": 16,
                "problem": "",
                "usage": {
                    "reported": "whole",
                    "input_tokens": 10,
                    "output_tokens": 5,
                    "cache_read_input_tokens": 0,
                    "cache_creation_input_tokens": 0,
                    "cache_creation_1h_input_tokens": 0,
                },
                "cost_usd": 0.25,
                "seconds": 1.5,
                "model": "",
                "request_id": "req_1",
                "message_id": "msg_1",
                "cache_miss": "",
                "notes": [],
                "retries": 0,
            }
        ],
    }
    assert sorted(path.name for path in run.folder.rglob("*")) == [
        *("01-general.1.txt", "01-general.json", "lock", "passes", "report.md", "run.json")
    ]
    assert run.id.startswith("20261122T120005Z-")
    assert (tmp_path / "version").read_text() == f"{LAYOUT}\n"


def test_only_passes_without_a_whole_answer_are_missing(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        for look, text in zip(LOOKS[:2], (WHOLE, CUT), strict=True):
            begin(run, look).write(text)
            run.log(look).ended(Reply(text=text, stop=Stop.END), 0.1)
        made = tuple(PassMade(name=look.name, kind="look", problem="Something is wrong.") for look in LOOKS[:3])
        run.finish(replace(COMPLETE, problems=("Something is wrong.",), making=replace(COMPLETE.making, passes=made)))
    assert (record(run)["missing"], record(run)["complete"]) == (2, False)


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with start(store(tmp_path / "state")) as run:
            begin(run)
            run.save("result.json", "{}")
            modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").rglob("*")}
    finally:
        os.umask(before)
    folders = {name: mode for name, mode in modes.items() if name in {"runs", run.id, "passes"}}
    assert folders == dict.fromkeys(["runs", run.id, "passes"], 0o700)
    assert {mode for name, mode in modes.items() if name not in folders} == {0o600}


def test_the_request_itself_is_not_kept(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        begin(run).write("answer")
    content = b"".join(path.read_bytes() for path in run.folder.rglob("*") if path.is_file())
    assert not [text for text in (b"SOURCE CODE", b"SYSTEM RULES", b"QUESTION") if text in content]


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    run = start(store(tmp_path))

    def fail() -> None:
        with run:
            raise ConnectionFailedError("The connection was cut.")

    with pytest.raises(ConnectionFailedError):
        fail()
    assert (record(run)["state"], record(run)["problem"]) == ("failed", "The connection was cut.")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), InterruptedByUser("interrupted")], ids=repr)
def test_an_interrupted_run_keeps_what_had_arrived(tmp_path: Path, error: BaseException) -> None:
    run = start(store(tmp_path))

    def interrupted() -> None:
        with run:
            begin(run).write("half of it")
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert (record(run)["state"], record(run)["problem"]) == ("interrupted", "")
    assert answer_file(run).read_text() == "half of it"


def test_what_arrives_after_a_run_was_left_lands_in_no_other_file(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        answer = begin(run)
        answer.write("kept;")
    with (tmp_path / "other").open("wb", buffering=0) as other:  # gets the number of the answer's file
        answer.write("too late")
        assert other.tell() == 0
    assert answer_file(run).read_text() == "kept;"


def test_a_killed_run_keeps_what_had_arrived_and_lets_go_of_its_lock(tmp_path: Path) -> None:
    run_id = killed(tmp_path, "run = start(store(state)); begin(run).write('half of it')")
    folder = tmp_path / "runs" / run_id
    assert (folder / "passes" / "01-general.1.txt").read_text() == "half of it"
    assert json.loads((folder / "run.json").read_text())["state"] == "started"
    assert not is_held(folder)


@pytest.mark.parametrize(
    ("program", "text", "stop"),
    [
        ("begin(run).write(WHOLE)", WHOLE, Stop.END),
        ("begin(run).write(CUT)", CUT, Stop.CUT),
        ("begin(run); run.log(GENERAL).started(USAGE, 'r', 0.1)", "", Stop.CUT),
        ("begin(run).write(WHOLE); run.log(GENERAL).ended(Reply(text=WHOLE, stop=Stop.END), 0.1)", WHOLE, Stop.END),
        ("begin(run).write(CUT); run.log(GENERAL).ended(Reply(text=CUT, stop=Stop.OUTPUT_LIMIT), 0.1)", CUT, Stop.OUTPUT_LIMIT),
        ("begin(run).write('I like it'); run.log(GENERAL).ended(Reply(text='', stop=Stop.END), 0.1)", "I like it", Stop.END),
    ],
    ids=["whole, but not noted", "cut", "paid for, nothing arrived", "ended", "ended at the limit", "whole, but no JSON"],
)
def test_what_a_killed_process_left_of_an_answer_is_found_again(tmp_path: Path, program: str, text: str, stop: Stop) -> None:
    run_id = killed(tmp_path, f"run = start(store(state)); {program}")
    with store(tmp_path).resume(run_id, anything) as run:
        run.go_on()
        [part] = run.log(GENERAL).kept()
    assert (part.text, part.stop) == (text, stop)


def test_a_request_that_brought_nothing_and_cost_nothing_is_no_part_of_an_answer(tmp_path: Path) -> None:
    run_id = killed(tmp_path, "run = start(store(state)); begin(run)")
    with store(tmp_path).resume(run_id, anything) as run:
        run.go_on()
        assert run.log(GENERAL).kept() == ()
        begin(run).write(WHOLE)
    assert answer_file(run, "01-general.2.txt").read_text() == WHOLE


def test_the_parts_of_an_answer_are_found_in_their_order_and_each_pass_has_its_own(tmp_path: Path) -> None:
    run_id = killed(
        tmp_path,
        "run = start(store(state)); begin(run, LOOKS[0]).write('1'); begin(run, LOOKS[1]).write('2'); begin(run, LOOKS[0]).write('3')",
    )
    with store(tmp_path).resume(run_id, anything) as run:
        run.go_on()
        kept = [[part.text for part in run.log(look).kept()] for look in LOOKS[:3]]
    assert kept == [["1", "3"], ["2"], []]


def test_an_answer_of_which_the_disk_held_a_part_only_is_not_whole(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        begin(run).write(WHOLE)
        run.log(GENERAL).ended(Reply(text=WHOLE, stop=Stop.END), 0.1)
    os.truncate(answer_file(run), 20)
    with store(tmp_path).resume(run.id, anything) as again:
        again.go_on()
        [part] = again.log(GENERAL).kept()
    assert (part.text, part.stop, part.problem) == (
        WHOLE[:20],
        Stop.CUT,
        "Not all of the answer could be kept: the disk was full.",
    )


def test_a_character_whose_end_is_missing_is_left_out(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        begin(run).write("na\N{LATIN SMALL LETTER I WITH DIAERESIS}")
    os.truncate(answer_file(run), 3)
    with store(tmp_path).resume(run.id, anything) as again:
        again.go_on()
        assert [part.text for part in again.log(GENERAL).kept()] == ["na"]


def test_an_answer_whose_record_is_damaged_is_asked_again_and_not_written_over(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        begin(run).write("old")
    (run.folder / "passes" / "01-general.json").write_text('{"number": ')
    with store(tmp_path).resume(run.id, anything) as again:
        again.go_on()
        assert again.log(GENERAL).kept() == ()
        begin(again).write("new")
    assert (answer_file(run).read_text(), answer_file(run, "01-general.2.txt").read_text()) == ("old", "new")


def test_half_a_surrogate_pair_is_kept_as_jsons_escape(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        answer = begin(run)
        answer.write('"\ud83d')
        answer.write('\ude00"')
    assert json.loads(answer_file(run).read_text()) == "\N{GRINNING FACE}"


def test_a_run_at_work_is_neither_resumed_nor_removed_by_another_process(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        assert is_held(run.folder)
        assert take(run.folder) is None
        with pytest.raises(IncompleteError, match=f"another process is at work on run {run.id}"):
            store(tmp_path).resume(run.id, anything)
        run.finish(COMPLETE)
        assert prune_to(run.folder.parent, 0).runs == 0
    assert prune_to(run.folder.parent, 0).runs == 1


def test_a_lock_is_not_taken_on_a_run_that_was_removed_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    lock = take(folder)
    assert lock is not None
    (folder / "lock").unlink()
    second = take(folder)
    assert second is not None  # another file
    second.release()
    lock.release()


def test_a_run_that_is_opened_but_does_not_go_on_stays_as_it_was(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        run.finish(COMPLETE)
    before = record(run)
    with store(tmp_path).resume(run.id, anything):
        pass

    def refuse(_: RunRecord) -> None:
        raise IncompleteError("no")

    with pytest.raises(IncompleteError, match="no"):
        store(tmp_path).resume(run.id, refuse)
    assert record(run) == before
    assert not is_held(run.folder)


@pytest.mark.parametrize("run_id", ["20261122T120005Z-000000", "", "..", "../elsewhere"])
def test_a_run_that_does_not_exist_cannot_be_resumed(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(UsageError, match="there is no run"):
        store(tmp_path).resume(run_id, anything)


def test_a_run_can_start_only_where_its_answer_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place, why in (("file", "File exists"), ("x" * 300, "File name too long")):
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
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_fills_up_costs_only_what_did_not_fit(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        answer = begin(run)
        with room_for(1500):
            answer.write("a" * 1000)
            assert run.storage_problem == ""
            answer.write("b" * 1000)
            answer.write("c")
        assert not (run.folder / "reserve").exists()
        run.log(GENERAL).ended(Reply(text="", stop=Stop.END), 0.0)
    assert run.storage_problem == f"Cannot write {answer_file(run)}: File too large."
    assert answer_file(run).read_text() == "a" * 1000 + "b" * 500
    with store(tmp_path).resume(run.id, anything) as again:
        again.go_on()
        assert [part.stop for part in again.log(GENERAL).kept()] == [Stop.CUT]


def test_one_reserve_serves_all_answers_of_a_run_and_goes_with_it(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        for look in LOOKS:
            begin(run, look)
        assert (run.folder / "reserve").stat().st_size == RESERVE_BYTES
    assert not (run.folder / "reserve").exists()


def test_what_a_killed_run_held_in_reserve_is_given_back_by_the_next_one(tmp_path: Path) -> None:
    run_id = killed(tmp_path, "start(store(state))")
    assert (tmp_path / "runs" / run_id / "reserve").exists()
    with start(store(tmp_path)):
        pass
    assert not (tmp_path / "runs" / run_id / "reserve").exists()
    assert read_record(tmp_path / "runs" / run_id) is not None


def test_many_runs_and_passes_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    runs = store(tmp_path)

    def one(number: int) -> None:
        with start(runs) as run:
            answers = [begin(run, look) for look in LOOKS]
            for _ in range(20):
                for look, answer in enumerate(answers):
                    answer.write(f"{number}.{look};")
            run.finish(COMPLETE)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = sorted(path.read_text() for path in runs.folder.rglob("*.txt"))
    assert answers == sorted(f"{number}.{look};" * 20 for number in range(6) for look in range(len(LOOKS)))


def test_what_shares_a_prefix_has_the_same_digest_and_what_does_not_is_named() -> None:
    old = prefix_of(PROMPT)
    asked_otherwise = replace(PROMPT, question="Another?", max_output=5, follows="msg_1")
    assert prefix_of(asked_otherwise) == old
    assert difference(old, prefix_of(replace(PROMPT, documents="SOURCE CODE!"))) == "the files"
    assert difference(old, prefix_of(replace(PROMPT, cuts=(3,)))) == "the files"
    assert difference(old, prefix_of(replace(PROMPT, effort="low", change="diff"))) == (
        "the model or how it is asked and what was told after them"
    )


def old_run(
    folder: Path, name: str, state: str, *, age: float = 0.0, size: int = 100_000, layout: int = LAYOUT, missing: int = 0
) -> None:
    run = folder / "runs" / name
    (run / "passes").mkdir(parents=True)
    said = {"layout": layout, "id": name, "version": "0.1", "model": "m", "subject": "s", "commit": None, "started": ""}
    (run / "run.json").write_text(json.dumps({**said, "state": state, "missing": missing, "request_sha256": "of layout 1"}))
    (run / "passes" / "01-general.1.txt").write_text("x" * size)
    for path in (run, *run.rglob("*")):
        os.utime(path, (time.time() - age, time.time() - age))


def test_the_oldest_runs_that_nobody_needs_make_room(tmp_path: Path) -> None:
    old_run(tmp_path, "20250101T000000Z-aaaaaa", "finished")
    old_run(tmp_path, "20250102T000000Z-aaaaaa", "answered", layout=1)
    old_run(tmp_path, "20250103T000000Z-aaaaaa", "started", age=ABANDONED_AFTER + 60)
    old_run(tmp_path, "20250104T000000Z-aaaaaa", "failed", layout=1)
    old_run(tmp_path, "20250105T000000Z-aaaaaa", "failed")
    old_run(tmp_path, "20250106T000000Z-aaaaaa", "finished", missing=2)
    old_run(tmp_path, "20250107T000000Z-aaaaaa", "finished", size=10)
    with start(store(tmp_path, kept_bytes=1_350_000)):
        left = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert left[:-1] == [f"2025010{day}T000000Z-aaaaaa" for day in (2, 5, 6, 7)]


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
        run.finish(COMPLETE)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == sorted(["broken", "file", "link", "notes", run.id])
    assert (tmp_path / "elsewhere" / "run.json").exists()


def test_an_answer_is_kept_though_its_records_cannot_be(tmp_path: Path) -> None:
    with start(store(tmp_path)) as run:
        answer = begin(run)
        path = run.folder / "passes" / "01-general.json"
        path.unlink()
        path.mkdir()
        run.log(GENERAL).started(USAGE, "req_1", 0.1)
        answer.write("paid for")
        assert answer_file(run).read_text() == "paid for"
        assert run.storage_problem == f"Cannot write {path}: it is not a regular file."


def test_a_state_folder_of_a_newer_reviewer_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "version").write_text(f"{LAYOUT + 1}\n")
    with pytest.raises(StorageError, match=f"newer reviewer: its layout is {LAYOUT + 1}, and this one knows up to {LAYOUT}"):
        start(store(tmp_path))
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize("content", ["", "two", "-1", "2.0"])
def test_a_layout_that_is_no_number_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "version").write_text(content)
    with pytest.raises(StorageError, match="holds no number"):
        check_layout(tmp_path)


def test_a_state_folder_without_a_number_is_taken_over_with_its_runs(tmp_path: Path) -> None:
    old_run(tmp_path, "20250101T000000Z-aaaaaa", "finished", layout=1)
    assert check_layout(tmp_path) == 1
    with start(store(tmp_path)):
        pass
    assert check_layout(tmp_path) == LAYOUT
    assert read_record(tmp_path / "runs" / "20250101T000000Z-aaaaaa") is not None


def test_runs_that_another_user_could_have_made_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = tmp_path / "runs"
    runs.mkdir(mode=0o700)
    runs.chmod(0o777)
    with pytest.raises(StorageError, match="every user"):
        check_layout(tmp_path)

    runs.chmod(0o700)
    owner = runs.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(StorageError, match="another user"):
        check_layout(tmp_path)


def test_runs_below_a_folder_where_everybody_may_rename_are_refused(tmp_path: Path) -> None:
    state = tmp_path / "open" / "state"
    (state / "runs").mkdir(mode=0o700, parents=True)
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(StorageError, match="put other runs in the place"):
        check_layout(state)

    (tmp_path / "open").chmod(0o1777)
    assert check_layout(state) == 1


@pytest.mark.parametrize("kind", ["link", "pipe", "large", "deep", "not a number"])
def test_a_record_that_could_hold_up_or_mislead_a_process_is_no_record(tmp_path: Path, kind: str) -> None:
    with start(store(tmp_path)) as run:
        folder = run.folder
    path = folder / "run.json"
    whole = path.read_text()
    match kind:
        case "link":
            path.rename(tmp_path / "elsewhere.json")
            path.symlink_to(tmp_path / "elsewhere.json")
        case "pipe":
            path.unlink()
            os.mkfifo(path)
        case "large":
            os.truncate(path, LARGEST_KEPT + 1)
        case "deep":
            path.write_text("[" * 200_000)
        case _:
            path.write_text(whole.replace('"cost_usd": null', '"cost_usd": NaN'))

    assert read_record(folder) is None
    assert list_runs(tmp_path / "runs") == ()


@pytest.mark.parametrize("began", ["", "yesterday", "2025-01-01", "9999-12-31T23:59:59+00:00", "2025-01-01T00:00:00", "\x00"])
def test_a_pass_whose_time_is_none_leaves_nothing_in_the_cache_and_stops_nothing(began: str) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)

    assert not is_warm([Use(began, "prefix", 300)], "prefix", now)
    assert is_warm([Use(began, "prefix", 300), Use(now.isoformat(), "prefix", 300)], "prefix", now)
