"""`reviewer resume`, `runs` and `render` as a person sees them, over real processes that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from messages_server import Behaviour, MessagesServer, Received
from reviewer.cli import main
from reviewer.run_list import prune_done
from reviewer.run_lock import take
from reviewer.state_layout import LAYOUT

COMMAND = [sys.executable, "-m", "reviewer"]
FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
    "README.md": "# demo\n",
}


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    return make_repository(FILES)


@pytest.fixture
def reviewer(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command within this process, which spares importing the SDK each time."""

    def run(*args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = main([str(arg) for arg in args])
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        return Outcome(code, out, err)

    return run


def runs_folder() -> Path:
    return Path(os.environ["REVIEWER_STATE_DIR"]) / "runs"


def only_run() -> Path:
    (run,) = runs_folder().iterdir()
    return run


def question(request: Received) -> str:
    text: str = request.body["messages"][0]["content"][-1]["text"]
    return text


def killed(when: Callable[[], bool], *args: str, cwd: Path, server: MessagesServer) -> str:
    """A review by a process of its own that is killed as soon as `when`; the run's id."""
    process = subprocess.Popen(
        [*COMMAND, "review", *args],
        cwd=cwd,
        env={**os.environ, **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 60
    while not when():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()
    return only_run().name


def arrived(name: str, text: str, times: int = 1) -> Callable[[], bool]:
    """Whether so much lies on disk of the first answer to a pass."""

    def look() -> bool:
        return any(path.read_text().count(text) >= times for path in runs_folder().glob(f"*/passes/*-{name}.1.txt"))

    return look


def sent(server: MessagesServer) -> list[str]:
    return [question(request) for request in server.requests if request.path == "/v1/messages"]


SLOW = Behaviour(delay=0.05)


def test_a_killed_review_goes_on_and_only_what_is_missing_is_asked(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    undisturbed = json.loads(
        reviewer("review", "--format", "json", "--state-dir", repository.parent / "s", cwd=repository, env=server.environment).out
    )
    before = len(sent(server))
    server.queue(Behaviour(), Behaviour(delay=30))  # the look is answered at once, the verification hangs
    run_id = killed(lambda: len(sent(server)) == before + 2, "--format", "json", cwd=repository, server=server)

    outcome = reviewer("resume", cwd=repository, env=server.environment)

    assert outcome.code == 0, outcome.err
    review: dict[str, Any] = json.loads(outcome.out)
    assert review["findings"] == undisturbed["findings"]
    assert review["complete"]
    assert [made["resumed"] for made in review["making"]["passes"]] == [True, False]
    questions = sent(server)[before:]
    assert questions[1] == questions[2] != questions[0]
    assert len(questions) == 3
    assert f"going on with run {run_id} of project" in outcome.err
    assert only_run().name == run_id


def test_of_a_cut_look_the_rest_is_asked_and_its_findings_are_kept(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    server.queue(SLOW)
    killed(arrived("general", '"path"', 2), "--depth", "quick", cwd=repository, server=server)

    outcome = reviewer("resume", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code == 0, outcome.err
    review = json.loads(outcome.out)
    assert sorted(finding["path"] for finding in review["findings"]) == ["app/load.py", "app/save.py"]
    assert review["complete"]
    first, rest = sent(server)
    assert first.strip() in rest
    assert "app/load.py" not in first
    assert '- "app/load.py", line 5: ' in rest or '- "app/save.py", line 1: ' in rest
    assert review["usage"]["cache_read_input_tokens"] > 0


def test_what_was_interrupted_between_the_last_byte_and_the_note_is_not_asked_again(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    answer = json.dumps(demo_model_of(repository))
    server.queue(Behaviour(text=answer, stop_reason="end_turn", delay=0.0, silent=0.0, keep_events=None, ending="silent"))
    killed(arrived("general", answer), "--depth", "quick", cwd=repository, server=server)

    outcome = reviewer("resume", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["complete"]
    assert len(sent(server)) == 1


def demo_model_of(_: Path) -> dict[str, Any]:
    return {
        "findings": [
            {
                "path": "app/load.py",
                "quote": "    return eval(text)",
                "start_line": 5,
                "end_line": 5,
                "category": "security",
                "severity": "high",
                "confidence": "high",
                "title": "Text is executed",
                "explanation": "It is.",
                "suggestion": "",
            }
        ],
        "summary": "Bad.",
    }


def test_who_presses_ctrl_c_is_told_how_to_go_on(repository: Path, server: MessagesServer) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    server.queue(Behaviour(delay=0.2))
    try:
        process = subprocess.Popen(
            [*COMMAND, "review"],
            cwd=repository,
            env={**os.environ, **server.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60
    while not arrived("general", "{")() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (130, "")
    assert err.endswith(
        f"reviewer: interrupted\n  `reviewer resume {only_run().name}` goes on; what has arrived is kept, and is not paid for again.\n"
    )
    assert json.loads((only_run() / "run.json").read_text())["state"] == "interrupted"


def test_a_run_that_failed_says_how_to_go_on_and_goes_on(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    server.queue(Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}))
    failed = reviewer("review", "-o", "report.md", cwd=repository, env=server.environment)

    assert failed.code == 4
    assert f"`reviewer resume {only_run().name}` goes on" in failed.err
    assert reviewer("resume", cwd=repository.parent, env=server.environment).code == 0  # from another folder
    assert "eval(text)" in (repository / "report.md").read_text()  # where the review was asked to write


def test_a_review_that_was_cut_goes_on_though_it_was_reported(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    whole = json.dumps(demo_model_of(repository))
    server.queue(Behaviour(text=whole[:-5], keep_events=12))
    cut = reviewer("review", "--depth", "quick", cwd=repository, env=server.environment)
    assert cut.code == 3
    assert f"`reviewer resume {only_run().name}` asks for what is missing" in cut.err

    outcome = reviewer("resume", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code == 0, outcome.err
    assert "asks for what is missing" not in outcome.err
    assert json.loads(outcome.out)["complete"]
    assert len(sent(server)) == 2


def test_a_pass_of_which_nothing_came_is_asked_again_and_no_other_look(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    server.queue(Behaviour(), Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}))
    first = reviewer("review", "--depth", "deep", "--format", "json", cwd=repository, env=server.environment)
    made = json.loads(first.out)["making"]["passes"]
    assert (first.code, [each["name"] for each in made if each["problem"]]) == (3, ["security"])
    asked = len(sent(server))

    outcome = reviewer("resume", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code == 0, outcome.err
    again = json.loads(outcome.out)
    assert again["complete"]
    new = [each["name"] for each in again["making"]["passes"] if not each["resumed"]]
    assert new[0] == "security"
    assert all(name.startswith("verification") for name in new[1:])
    assert len(sent(server)) == asked + len(new)


def refused(outcome: Outcome) -> str:
    assert (outcome.code, outcome.out) == (3, "")
    return outcome.err.splitlines()[-2]


def test_a_finished_run_is_not_gone_on_with(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    assert reviewer("review", cwd=repository, env=server.environment).code == 0
    run = only_run().name
    before = (only_run() / "run.json").read_bytes()

    assert refused(reviewer("resume", run, cwd=repository)) == (
        f"reviewer: run {run} cannot go on: it is finished, and nothing is missing"
    )
    assert reviewer("resume", cwd=repository).code == 2
    assert (only_run() / "run.json").read_bytes() == before


def test_a_run_at_work_elsewhere_is_not_gone_on_with(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    server.queue(Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}))
    reviewer("review", cwd=repository, env=server.environment)
    lock = take(only_run())
    assert lock is not None
    try:
        assert refused(reviewer("resume", only_run().name, cwd=repository)) == (
            f"reviewer: another process is at work on run {only_run().name}"
        )
        assert reviewer("runs", "--prune", cwd=repository).err.startswith("0 runs removed")
        assert "Another process is at work on one." in reviewer("resume", cwd=repository).err
    finally:
        lock.release()


@pytest.mark.nightly
def test_a_patch_from_standard_input_cannot_be_read_again(repository: Path, server: MessagesServer, reviewer: Run) -> None:
    server.queue(Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}))
    (repository / "README.md").write_text("# more\n")
    patch = git(repository, "diff")
    git(repository, "checkout", "README.md")
    done = subprocess.run(
        [*COMMAND, "review", "--diff-file", "-"],
        cwd=repository,
        env={**os.environ, **server.environment},
        input=patch,
        text=True,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 4
    assert "reviewer resume" not in done.stderr
    assert "cannot go on: its patch came from standard input, and is not kept" in refused(
        reviewer("resume", only_run().name, cwd=repository)
    )


def failed_run(reviewer: Run, repository: Path, server: MessagesServer, *args: str) -> None:
    server.queue(Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}))
    assert reviewer("review", *args, cwd=repository, env=server.environment).code == 4


def test_what_changed_since_is_named_and_nothing_is_sent(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    failed_run(reviewer, repository, server)
    asked = len(sent(server))
    (repository / "app" / "save.py").write_text("def save():\n    pass\n")

    outcome = reviewer("resume", cwd=repository, env=server.environment)

    assert refused(outcome).endswith("cannot go on: the files changed since the run began; nothing was sent")
    git(repository, "commit", "--quiet", "--all", "--message", "second")
    assert "the run is about commit" in refused(reviewer("resume", cwd=repository, env=server.environment))
    assert len(sent(server)) == asked
    git(repository, "checkout", "--quiet", "HEAD~1")
    assert reviewer("resume", cwd=repository, env=server.environment).code == 0


def test_the_settings_of_the_run_hold_and_not_those_of_today(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    lens = repository.parent / "own.md"
    lens.write_text("Look at the names.")
    failed_run(reviewer, repository, server, "--depth", "quick", "--model", "sonnet", "--lens", "../own.md", "--exclude", "*.md")
    (repository / ".reviewer.toml").write_text('model = "haiku"\n')
    git(repository, "config", "core.excludesFile", "/dev/null")
    (repository / ".git" / "info" / "exclude").write_text(".reviewer.toml\n")

    env = {**server.environment, "REVIEWER_EFFORT": "low", "REVIEWER_DEPTH": "deep"}
    outcome = reviewer("resume", "--format", "json", cwd=repository / "app", env=env)

    assert outcome.code == 0, outcome.err
    review = json.loads(outcome.out)
    assert review["model"].startswith("claude-sonnet")
    assert [made["name"] for made in review["making"]["passes"]] == ["general", "own"]
    assert "Look at the names." in sent(server)[-1]


def test_a_change_goes_on_too(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    (repository / "app" / "load.py").write_text("def load(text):\n    return exec(text)\n")
    failed_run(reviewer, repository, server, "--uncommitted")

    outcome = reviewer("resume", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code in {0, 1}, outcome.err
    assert json.loads(outcome.out)["change"]["files"] == 1


def test_a_commit_goes_on_though_another_one_has_its_name_by_now(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    (repository / "app" / "load.py").write_text("def load(text):\n    return exec(text)\n")
    git(repository, "commit", "--quiet", "--all", "--message", "second")
    failed_run(reviewer, repository, server, "--commit", "HEAD")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "third")

    outcome = reviewer("resume", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code in {0, 1}, outcome.err
    assert json.loads(outcome.out)["change"]["files"] == 1


def test_a_change_that_is_not_there_any_more_is_told(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    (repository / "app" / "load.py").write_text("def load(text):\n    return exec(text)\n")
    failed_run(reviewer, repository, server, "--uncommitted")
    git(repository, "commit", "--quiet", "--all", "--message", "second")

    assert "cannot go on: git found no difference" in refused(reviewer("resume", cwd=repository, env=server.environment))


def test_without_credentials_nobody_gets_the_built_in_checks_instead(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    failed_run(reviewer, repository, server)

    elsewhere = reviewer("resume", cwd=repository)
    outcome = reviewer("resume", "--base-url", server.url, cwd=repository)

    assert (elsewhere.code, elsewhere.out) == (2, "")  # no key is sent to where the run happened to go
    assert (outcome.code, outcome.out) == (4, ""), outcome.err
    assert "there are no credentials for Claude" in outcome.err


def test_a_run_is_found_by_the_beginning_of_its_id_and_one_of_this_repository_first(
    reviewer: Run,
    repository: Path,
    server: MessagesServer,
    make_repository: Callable[..., Path],
    write_files: Callable[..., Path],
) -> None:
    failed_run(reviewer, repository, server)
    ours = only_run().name
    other = write_files({"a.py": "x = eval('1')\n"}, "other")
    failed_run(reviewer, other, server)
    (theirs,) = (path.name for path in runs_folder().iterdir() if path.name != ours)

    assert reviewer("resume", "2", cwd=repository).err.startswith("reviewer: 2 runs begin with 2\n")
    assert reviewer("resume", "x", cwd=repository).code == 2
    assert f"going on with run {ours}" in reviewer("resume", cwd=repository, env=server.environment).err
    assert reviewer("resume", theirs.rpartition("-")[2], cwd=repository, env=server.environment).code == 0


def test_runs_are_listed_newest_first_with_how_they_stand(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    assert reviewer("runs", cwd=repository) == Outcome(0, "", f"There is no run in {runs_folder()}.\n")
    assert reviewer("review", "--depth", "quick", cwd=repository, env=server.environment).code == 0
    finished = only_run().name
    failed_run(reviewer, repository, server)

    listed = json.loads(reviewer("runs", "--format", "json", cwd=repository).out)
    newest, oldest = listed["runs"]
    assert (oldest["id"], oldest["state"], oldest["passes_done"], oldest["passes_planned"]) == (finished, "finished", 1, 1)
    assert oldest["cost_usd"] > 0
    assert (oldest["resumable"], oldest["obstacle"]) == (False, "it is finished, and nothing is missing")
    assert (newest["state"], newest["passes_done"], newest["passes_planned"], newest["resumable"]) == ("failed", 0, 2, True)
    head, first, second = reviewer("runs", cwd=repository).out.splitlines()
    assert head.split() == ["RUN", "AGE", "REPOSITORY", "COMMIT", "STATE", "PASSES", "COST"]
    assert first.split()[:3] == [newest["id"], "now", "project"]
    assert second.split()[4:8] == ["finished", "1", "of", "1"]


def test_prune_removes_what_one_cannot_go_on_with(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    assert reviewer("review", "--depth", "quick", cwd=repository, env=server.environment).code == 0
    finished = only_run()
    size = sum(path.stat().st_size for path in finished.rglob("*") if path.is_file())
    failed_run(reviewer, repository, server)

    outcome = reviewer("runs", "--prune", cwd=repository)

    assert outcome.err == f"1 run removed, {size / 1000:,.1f} kB freed\n"
    assert not finished.exists()
    assert len(list(runs_folder().iterdir())) == 1


def test_runs_of_the_layout_before_are_listed_and_removed_but_do_not_go_on(reviewer: Run, tmp_path: Path) -> None:
    folder = runs_folder() / "20250101T000000Z-aaaaaa"
    folder.mkdir(parents=True)
    said = {
        "id": folder.name,
        "version": "0.1.0",
        "model": "m",
        "subject": "\x1b[2Jold",
        "commit": "c0ffee",
        "started": "2025-01-01",
    }
    old = {**said, "request_sha256": "", "request_bytes": 1, "state": "answered", "usage": None, "cost_usd": 0.5}
    (folder / "run.json").write_text(json.dumps(old))
    for path in (folder / "run.json", folder):
        os.utime(path, (1, 1))

    assert "did not note what was asked" in refused(reviewer("resume", folder.name, cwd=tmp_path))
    listed = reviewer("runs", cwd=tmp_path).out
    assert "\x1b" not in listed
    assert "$0.50" in listed
    assert reviewer("runs", "--prune", cwd=tmp_path).err.startswith("1 run removed")


def test_the_state_folder_of_a_newer_reviewer_is_not_touched(reviewer: Run, repository: Path) -> None:
    runs_folder().mkdir(parents=True)
    (runs_folder().parent / "version").write_text(str(LAYOUT + 1))

    for command in ("review", "plan", "runs", "resume", "render"):
        outcome = reviewer(command, cwd=repository)
        assert (outcome.code, outcome.out) == (4, "")
        assert "was written by a newer reviewer" in outcome.err


FORMATS = ("report.md", "report.json", "report.sarif")


def test_a_report_is_rendered_again_byte_for_byte_without_model_or_repository(
    reviewer: Run, repository: Path, server: MessagesServer, tmp_path: Path
) -> None:
    args = [arg for name in FORMATS for arg in ("-o", name)]
    assert reviewer("review", "--depth", "deep", *args, cwd=repository, env=server.environment).code == 0
    repository.rename(tmp_path / "gone")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert reviewer("render", *args, cwd=elsewhere).code == 0

    for name in FORMATS:
        assert (elsewhere / name).read_bytes() == (tmp_path / "gone" / name).read_bytes()
    assert reviewer("render", only_run().name, cwd=elsewhere).out == (elsewhere / "report.md").read_text()


def test_what_has_no_report_yet_is_not_rendered(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    failed_run(reviewer, repository, server)

    assert refused(reviewer("render", only_run().name, cwd=repository)) == f"reviewer: run {only_run().name} has no report yet"
    assert reviewer("render", cwd=repository).code == 2


def test_a_damaged_review_is_told(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    assert reviewer("review", "--depth", "quick", cwd=repository, env=server.environment).code == 0
    (only_run() / "review.json").write_text('{"subject": 5')

    outcome = reviewer("render", cwd=repository)

    assert (outcome.code, outcome.out) == (4, "")
    assert "not the review of this version of reviewer: not JSON" in outcome.err


def test_no_password_of_an_endpoint_gets_into_a_record(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    url = server.url.replace("http://", "http://me:hunter2@")

    outcome = reviewer("review", "--base-url", url, cwd=repository, env=server.environment)

    assert outcome.code == 2
    assert not runs_folder().exists()


@pytest.mark.nightly
def test_many_processes_share_a_state_folder_while_runs_are_removed(repository: Path, server: MessagesServer) -> None:
    lines = "".join(f"value_{number} = compute(first={number}, second='{number * 7}')\n" for number in range(800))
    (repository / "long.py").write_text(lines)  # enough tokens for its count to be remembered
    env = {**os.environ, **server.environment}
    reviews = [
        subprocess.Popen(
            [*COMMAND, "review", "-q", "-o", f"{number}.json", "--exclude", "*.json"],
            cwd=repository,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for number in range(2)
    ]
    while any(process.poll() is None for process in reviews):
        prune_done(runs_folder())
        time.sleep(0.02)
    assert [(process.returncode, process.communicate()[0]) for process in reviews] == [(0, b"")] * 2
    for number in range(2):
        assert json.loads((repository / f"{number}.json").read_text())["complete"]
    corrections = json.loads((runs_folder().parent / "corrections.json").read_text())
    assert len(corrections["endpoints"][server.url]["claude-opus-5-5"]) == 1  # the same repository each time
    assert {json.loads((run / "run.json").read_text())["state"] for run in runs_folder().iterdir()} <= {"finished"}
