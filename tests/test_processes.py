"""`reviewer` as whole processes: what a person or a pipeline sees, from the arguments to the exit code."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from messages_server import Behaviour, MessagesServer
from reviewer.cli import main

COMMAND = [sys.executable, "-m", "reviewer"]
FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
    "README.md": "# demo\n",
    "poetry.lock": "# generated\n",
}
ANSWER = "passes/01-general.1.txt"
"""Below a run's folder."""
SECRET_KEY = "loopback-key-0123456789"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Whoever runs the tests in the background or under nohup ignores these signals, and so would each process started here."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGHUP: signal.signal(signal.SIGHUP, lambda *_: None),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(key=SECRET_KEY) as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    return make_repository(FILES)


def process(*args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run the command as it is installed; a traceback is never an answer."""
    done = subprocess.run(
        [*COMMAND, *map(str, args)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert SECRET_KEY not in done.stdout + done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


Run = Callable[..., Outcome]


@pytest.fixture
def reviewer(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same within this process, which spares importing the SDK each time."""

    def run(*args: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = main([str(arg) for arg in args])
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        assert SECRET_KEY not in out + err
        return Outcome(code, out, err)

    return run


def state() -> Path:
    return Path(os.environ["REVIEWER_STATE_DIR"])


def only_run() -> Path:
    (run,) = (state() / "runs").iterdir()
    return run


def test_the_built_in_checks_need_no_account_and_say_so(repository: Path) -> None:
    outcome = process("review", cwd=repository)

    assert outcome.code == 0
    assert "No credentials for Claude were found: built-in checks only." in outcome.err
    assert "no model has read this code" in outcome.out
    assert "    return eval(text)" in outcome.out


def test_in_a_pipeline_missing_credentials_are_an_error_and_not_a_smaller_review(reviewer: Run, repository: Path) -> None:
    outcome = reviewer("review", cwd=repository, env={"CI": "true"})

    assert (outcome.code, outcome.out) == (4, "")
    assert "--engine static" in outcome.err
    assert reviewer("review", "--engine", "static", cwd=repository, env={"CI": "true"}).code == 0


def test_a_review_by_a_model_is_grounded_and_counted(repository: Path, server: MessagesServer) -> None:
    outcome = process(
        "review", "-o", "report.md", "-o", "out.json", "-o", "-", "--format", "json", cwd=repository, env=server.environment
    )

    assert outcome.code == 0, outcome.err
    review: dict[str, Any] = json.loads(outcome.out)
    assert review == json.loads((repository / "out.json").read_text())
    assert (review["complete"], review["engine"], review["model"], review["window"]) == (
        True,
        "claude",
        "claude-opus-5-5",
        "standard",
    )
    by_path = {finding["path"]: finding for finding in review["findings"]}
    assert by_path["app/load.py"]["start_line"] == 5
    assert by_path["app/load.py"]["quote"].strip() == "return eval(text)"
    assert review["coverage"]["read"] == 3
    assert [(file["path"], file["reason"]) for file in review["coverage"]["skipped"]] == [("poetry.lock", "lock file")]
    assert review["usage"]["cache_creation_input_tokens"] + review["usage"]["input_tokens"] > 500
    assert review["cost_usd"] > 0
    assert "eval(text)" in (repository / "report.md").read_text()
    assert server.url in outcome.err


def test_what_was_paid_for_stays_on_disk_for_its_owner_alone(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    assert reviewer("review", cwd=repository, env=server.environment).code == 0

    run = only_run()
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert {path.name for path in run.iterdir()} == {"run.json", "lock", "passes", "report.md", "result.json", "review.json"}
    assert {path.stem for path in (run / "passes").glob("*.json")} == {"01-general", "02-verification"}
    assert "eval(text)" in (run / "passes" / "01-general.1.txt").read_text()
    record = (run / "run.json").read_text()
    assert json.loads(record)["state"] == "finished"
    assert SECRET_KEY not in record
    assert "import yaml" not in record


@pytest.mark.parametrize("arguments", [["--engine", "static"], ["--engine", "claude"], ["--print-prompt", "-"]], ids=" ".join)
def test_a_review_of_nothing_is_no_clean_review(
    reviewer: Run, repository: Path, server: MessagesServer, arguments: list[str]
) -> None:
    outcome = reviewer("review", *arguments, "--exclude", "*", cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.splitlines()[-2:] == [
        "reviewer: there is no file to review",
        "  4 files skipped; `reviewer plan` says why.",
    ]
    assert server.requests == []


def test_what_fits_no_window_is_told_with_its_biggest_files_and_no_name_gets_a_line_of_its_own(
    reviewer: Run, make_repository: Callable[[Mapping[str, str]], Path], server: MessagesServer
) -> None:
    root = make_repository({"\n::stop-commands::x\n.md": "word " * 200_000})

    outcome = reviewer("review", "--context", "standard", cwd=root, env=server.environment)

    assert (outcome.code, outcome.out) == (3, "")
    assert "nothing was sent" in outcome.err
    assert "\\n::stop-commands::x\\n.md" in outcome.err
    assert not [line for line in outcome.err.splitlines() if line.lstrip().startswith("::")]
    assert "/v1/messages" not in [request.path for request in server.requests]


def test_fail_on_and_exit_zero(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    assert reviewer("review", "--fail-on", "high", cwd=repository, env=server.environment).code == 1
    assert reviewer("review", "--fail-on", "critical", cwd=repository, env=server.environment).code == 0
    assert reviewer("review", "--fail-on", "high", "--exit-zero", cwd=repository, env=server.environment).code == 0


def test_thresholds_withhold_and_the_report_says_how_many(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    outcome = reviewer("review", "--min-severity", "critical", "--format", "json", cwd=repository, env=server.environment)

    review = json.loads(outcome.out)
    assert (review["findings"], review["withheld"]) == ([], 2)


def test_what_the_lowest_estimate_puts_above_the_cap_is_refused_before_anything_is_sent(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    outcome = reviewer("review", "--max-cost", "0.0001", cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (3, "")
    assert "nothing was sent" in outcome.err
    assert server.requests == []
    assert not list((state() / "runs").glob("*"))


def test_what_the_exact_count_puts_above_the_cap_is_refused_before_it_costs(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    outcome = reviewer("review", "--max-cost", "0.5", cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (3, "")
    assert "at most $0.50 may be spent; nothing was sent" in outcome.err
    assert [request.path for request in server.requests] == ["/v1/messages/count_tokens"]
    assert not list((state() / "runs").glob("*"))


def test_the_printed_prompt_is_the_request_that_is_sent(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    printed = reviewer("review", "--print-prompt", "-", cwd=repository)
    assert printed.code == 0, printed.err
    assert reviewer("review", cwd=repository, env=server.environment).code == 0

    sent = next(request for request in server.requests if request.path == "/v1/messages")
    assert json.loads(printed.out) == sent.body


def test_the_same_tree_gives_the_same_prefix_and_it_is_read_from_the_cache(
    reviewer: Run, repository: Path, server: MessagesServer
) -> None:
    quick = ("review", "--depth", "quick", "--format", "json")
    first, second = (json.loads(reviewer(*quick, cwd=repository, env=server.environment).out) for _ in range(2))

    assert first["usage"]["cache_creation_input_tokens"] == second["usage"]["cache_read_input_tokens"] > 0
    assert second["cost_usd"] < first["cost_usd"]


def test_plan_needs_no_network_and_exact_asks_the_free_count(repository: Path, server: MessagesServer) -> None:
    offline = json.loads(process("plan", "--format", "json", cwd=repository).out)
    exact = json.loads(process("plan", "--exact", "--format", "json", cwd=repository, env=server.environment).out)

    assert offline["tokens"]["exact"] is None
    assert offline["tokens"]["low"] <= offline["tokens"]["estimate"] <= offline["tokens"]["high"]
    # An endpoint's own count: the money is held to the estimate where that is larger.
    assert exact["tokens"]["exact"] == exact["tokens"]["low"] <= exact["tokens"]["high"] == offline["tokens"]["estimate"]
    assert [request.path for request in server.requests] == ["/v1/messages/count_tokens"]


def test_exact_counts_a_sample_of_what_is_too_large_for_any_window(
    reviewer: Run, make_repository: Callable[[Mapping[str, str]], Path], server: MessagesServer
) -> None:
    text = "".join(f"value_{number} = compute(first={number}, second='{number * 7}')\n" for number in range(12_000))
    root = make_repository({f"module_{number}.py": text for number in range(6)})

    offline = reviewer("plan", "--format", "json", cwd=root)
    exact = reviewer("plan", "--exact", "--format", "json", cwd=root, env=server.environment)

    assert (offline.code, exact.code) == (3, 3)
    tokens, before = json.loads(exact.out)["tokens"], json.loads(offline.out)["tokens"]
    assert tokens["exact"] is None
    assert tokens["high"] - tokens["low"] < 0.1 * (before["high"] - before["low"]) + 0.07 * tokens["estimate"]
    (request,) = server.requests
    assert 300_000 < request.size < 1_000_000
    assert "corrected by what the provider counted for a sample" in " ".join(json.loads(exact.out)["notes"])


def test_refreshed_models_are_kept_and_shown(reviewer: Run, tmp_path: Path, server: MessagesServer) -> None:
    offline = reviewer("models", cwd=tmp_path)
    refreshed = reviewer("models", "--refresh", "--format", "json", cwd=tmp_path, env=server.environment)
    again = reviewer("models", "--format", "json", cwd=tmp_path)

    assert (offline.code, refreshed.code, again.code) == (0, 0, 0)
    assert "claude-opus-5-5" in offline.out
    assert refreshed.out == again.out
    assert [request.path.partition("?")[0] for request in server.requests] == ["/v1/models"]
    assert reviewer("models", "--refresh", cwd=tmp_path).code == 4


@dataclass(frozen=True)
class Fault:
    name: str
    behaviour: Behaviour
    code: int
    says: str
    state: str | None
    """What run.json says afterwards; None when no run was begun."""


WHOLE = json.dumps(
    {
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
        ]
        * 2,
        "summary": "Bad.",
    }
)
FAULTS = [
    Fault("wrong key", Behaviour(path="/v1/messages", status=401, error="authentication_error"), 4, "credentials", None),
    Fault(
        "overloaded",
        Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"}),
        4,
        "overloaded",
        "failed",
    ),
    Fault(
        "an hour's wait", Behaviour(status=429, error="rate_limit_error", headers={"retry-after": "3600"}), 4, "1 hour", "failed"
    ),
    Fault("no credit", Behaviour(status=402, error="billing_error"), 4, "", "failed"),
    Fault("too large", Behaviour(status=413, error="request_too_large"), 4, "is larger than the endpoint", "failed"),
    Fault("refusal", Behaviour(text="", stop_reason="refusal"), 3, "INCOMPLETE", "finished"),
    Fault("cut at the limit", Behaviour(text=WHOLE[:-80], stop_reason="max_tokens"), 3, "INCOMPLETE", "finished"),
    Fault("window full", Behaviour(text=WHOLE[:-80], stop_reason="model_context_window_exceeded"), 3, "INCOMPLETE", "finished"),
    Fault("stream ends early", Behaviour(text=WHOLE, keep_events=16), 3, "INCOMPLETE", "finished"),
    Fault("connection is cut", Behaviour(text=WHOLE, keep_events=16, ending="reset"), 3, "INCOMPLETE", "finished"),
    Fault("prose, no JSON", Behaviour(text="I like this code."), 3, "INCOMPLETE", "finished"),
    Fault("an empty answer", Behaviour(text=""), 3, "INCOMPLETE", "finished"),
    Fault("not this API", Behaviour(body=b"<html>hello</html>", content_type="text/html"), 4, "", "failed"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_fault_of_the_wire_looks_like_a_clean_review(
    reviewer: Run, fault: Fault, repository: Path, server: MessagesServer
) -> None:
    server.queue(fault.behaviour)

    outcome = reviewer("review", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code == fault.code, outcome.err
    assert fault.says in outcome.err
    if fault.code == 3:
        assert json.loads(outcome.out)["complete"] is False
    else:
        assert outcome.out == ""
    if fault.state is None:
        assert not list((state() / "runs").glob("*"))
    else:
        assert json.loads((only_run() / "run.json").read_text())["state"] == fault.state


def test_whole_findings_of_a_cut_answer_are_kept(reviewer: Run, repository: Path, server: MessagesServer) -> None:
    server.queue(Behaviour(text=WHOLE[: WHOLE.rindex("suggestion")], stop_reason="max_tokens"))

    outcome = reviewer("review", "--format", "json", cwd=repository, env=server.environment)

    assert outcome.code == 3
    assert [finding["title"] for finding in json.loads(outcome.out)["findings"]] == ["Text is executed"]


def test_without_a_network_the_error_says_so_and_nothing_hangs(repository: Path) -> None:
    env = {"ANTHROPIC_API_KEY": SECRET_KEY, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}

    outcome = process("review", cwd=repository, env=env)

    assert (outcome.code, outcome.out) == (4, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.nightly)])
def test_an_interruption_keeps_what_had_arrived(repository: Path, server: MessagesServer, number: signal.Signals) -> None:
    server.queue(Behaviour(text=WHOLE, delay=0.3))
    process = subprocess.Popen(
        [*COMMAND, "review"],
        cwd=repository,
        env={**os.environ, **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not any((state() / "runs").glob(f"*/{ANSWER}")):
        time.sleep(0.05)
    while time.monotonic() < deadline and not (only_run() / ANSWER).read_text():
        time.sleep(0.05)

    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert f"`reviewer resume {only_run().name}` goes on" in err
    assert WHOLE.startswith((only_run() / ANSWER).read_text())
    assert json.loads((only_run() / "run.json").read_text())["state"] == "interrupted"


def test_a_state_folder_that_cannot_be_written_stops_the_review_before_it_costs(
    reviewer: Run, repository: Path, server: MessagesServer, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    outcome = reviewer("review", "--state-dir", blocked, cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (4, "")
    assert "/v1/messages" not in [request.path for request in server.requests]


@pytest.mark.parametrize(
    "names", [["nowhere/report.md"], ["app"], ["pipe.md"], ["link.md"], ["a.md", "./app/../a.md"]], ids=" ".join
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_sent(
    reviewer: Run, repository: Path, server: MessagesServer, names: list[str]
) -> None:
    (repository / "link.md").symlink_to("README.md")
    os.mkfifo(repository / "pipe.md")
    outcome = reviewer("review", *(f"--output={name}" for name in names), cwd=repository, env=server.environment)

    assert outcome.code == 2
    assert server.requests == []


def test_a_suffix_that_promises_another_format_is_refused(reviewer: Run, repository: Path) -> None:
    outcome = reviewer("review", "--engine", "static", "-o", "report.html", cwd=repository)

    assert outcome.code == 2
    assert "reports are Markdown, JSON or SARIF" in outcome.err


def test_a_closed_standard_output_is_one_sentence(repository: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "review", "--engine", "static"], cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    with process:
        assert process.stderr is not None
        err = process.stderr.read()

    assert process.returncode == 4
    assert "standard output could not be written" in err
    assert "Traceback" not in err


def shell(line: str, *, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `reviewer` from a line of the shell, where it stands for the command."""
    done = subprocess.run(
        ["sh", "-c", line.replace("reviewer", " ".join(COMMAND))],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", ["--help", "models", "config", "plan", "review --engine static"])
def test_a_full_standard_output_is_one_sentence(repository: Path, command: str) -> None:
    outcome = shell(f"reviewer {command} >/dev/full", cwd=repository)

    assert (outcome.code, outcome.err) == (4, "reviewer: standard output could not be written: No space left on device\n")


def test_a_plan_says_what_the_cap_makes_of_it(reviewer: Run, repository: Path) -> None:
    assert "--max-cost" not in reviewer("plan", cwd=repository).out
    for cap, said in (("4", "it ends early, and says so."), ("0", "to begin: nothing would be sent.")):
        assert said in " ".join(reviewer("plan", "--depth", "deep", "--max-cost", cap, cwd=repository).out.split())


@pytest.mark.parametrize("command", ["plan", "review --engine static"])
def test_no_room_for_temporary_files_is_one_sentence(repository: Path, command: str) -> None:
    outcome = shell(f"ulimit -f 0; reviewer {command}", cwd=repository)

    assert (outcome.code, outcome.err.partition(":")[0]) == (4, "reviewer"), outcome.err
    assert "The system's temporary folder cannot be written" in outcome.err
    assert "TMPDIR" in outcome.err


@pytest.mark.parametrize("errors", ["2>&-", pytest.param("2>/dev/full", marks=pytest.mark.nightly)])
def test_errors_that_nobody_can_read_stop_no_review_that_is_paid_for(
    repository: Path, server: MessagesServer, errors: str
) -> None:
    if "full" in errors and not Path("/dev/full").exists():
        pytest.skip("only Linux has a device that is always full")
    outcome = shell(f"reviewer review -o report.json {errors}", cwd=repository, env=server.environment)

    assert outcome == Outcome(0, "", "")
    assert json.loads((repository / "report.json").read_text())["complete"] is True


def test_a_report_for_a_standard_output_that_is_closed_is_refused_before_anything_is_sent(
    repository: Path, server: MessagesServer
) -> None:
    outcome = shell("reviewer review <&- >&-", cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (4, "")
    assert outcome.err == "reviewer: standard output is closed\n  Write the report to a file with -o.\n"
    assert server.requests == []


@pytest.mark.parametrize(
    "template", ["{{ nothing_of_this_name }}", "{% if ungrounded %}{{ nothing_of_this_name }}{% endif %}", "{% for %}"]
)
def test_a_broken_report_template_is_told_before_anything_is_sent(
    reviewer: Run, repository: Path, server: MessagesServer, tmp_path: Path, template: str
) -> None:
    path = tmp_path / "own" / "report" / "report.md.j2"
    path.parent.mkdir(parents=True)
    path.write_text(template)

    outcome = reviewer("review", "--templates", tmp_path / "own", cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (2, "")
    assert f"{path}:1" in outcome.err
    assert server.requests == []


@pytest.mark.parametrize(
    "arguments", [["--model", "opsu"], ["--instructions", "app"], ["--catalog", "app"], ["--config", "app"]], ids=" ".join
)
def test_a_setting_that_cannot_be_is_told_before_the_code_is_read(
    reviewer: Run, repository: Path, server: MessagesServer, arguments: list[str]
) -> None:
    outcome = reviewer("review", *arguments, cwd=repository, env=server.environment)

    assert (outcome.code, outcome.out) == (2, "")
    assert server.url not in outcome.err


def test_a_settings_file_that_is_a_folder_is_a_settings_error(reviewer: Run, repository: Path) -> None:
    (repository / ".reviewer.toml").mkdir()

    outcome = reviewer("plan", cwd=repository)

    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "reviewer: .reviewer.toml is not a regular file")


def test_instructions_may_be_the_operator_s_link(reviewer: Run, repository: Path, server: MessagesServer, tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("Look at the locks.")
    (tmp_path / "link.md").symlink_to("real.md")

    assert reviewer("review", "--instructions", tmp_path / "link.md", cwd=repository, env=server.environment).code == 0

    assert "Look at the locks." in json.dumps(server.messages[0].body)


def test_config_shows_a_repository_s_values_without_letting_them_act(
    reviewer: Run, make_repository: Callable[[Mapping[str, str]], Path]
) -> None:
    root = make_repository({".reviewer.toml": 'model = "Fran\u00e7ais\\u001b[2J\\n::error::\\u202e"\n'})

    outcome = reviewer("config", cwd=root)

    (line,) = [line for line in outcome.out.splitlines() if line.startswith("model =")]
    assert line.startswith('model = "Fran\u00e7ais\\u001b[2J\\n::error::⟨U+202E⟩"')


def test_a_checkout_full_of_python_traps_runs_none_of_them(
    make_repository: Callable[[Mapping[str, str]], Path], tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    trap = f"open({str(canary)!r}, 'w').close()\n"
    root = make_repository(dict.fromkeys(("reviewer/__init__.py", "jinja2.py", "sitecustomize.py", "click.py", "ruff.py"), trap))

    done = subprocess.run(
        [Path(sys.executable).with_name("reviewer"), "review", "--engine", "static"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert not canary.exists()
