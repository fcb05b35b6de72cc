"""`reviewer ask`, by the command line against a server that caches and bills as the provider does."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from github_server import GitHubServer, Pull
from messages_server import Behaviour, MessagesServer
from reviewer.cli import main
from reviewer.conversation_file import ConversationFile
from reviewer.run_lock import take

FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
    "app/words.py": "\n".join(
        f"WORD_{number} = 'one of many words, so that the prompt is long enough for the cache'" for number in range(60)
    ),
}
EVAL = {"path": "app/load.py", "quote": "    return eval(text)", "start_line": 5, "end_line": 5}


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
def reviewer(server: MessagesServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, repository: Path) -> Run:
    """The command within this process, which spares importing the SDK each time."""
    monkeypatch.chdir(repository)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    def run(*args: str | Path) -> Outcome:
        code = main([str(arg) for arg in args])
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        return Outcome(code, out, err)

    return run


@pytest.fixture
def reviewed(reviewer: Run, server: MessagesServer) -> Run:
    """The same, after a review of one request."""
    assert reviewer("review", "--depth", "quick", "--quiet").code == 0
    server.requests.clear()
    return reviewer


def reply(text: str, *quotes: Mapping[str, object]) -> str:
    return json.dumps({"findings": [], "summary": "", "reply": {"text": text, "quotes": quotes}})


def review_in_a_small_window(reviewer: Run, server: MessagesServer, folder: Path) -> None:
    """Of a model that holds 12,000 tokens, of which 3,000 are for the answer."""
    catalogue = folder / "models.toml"
    small = 'context_tokens = 12_000\nmax_output_tokens = 3_000\nlong_context = "none"\n'
    catalogue.write_text(f'schema = 1\n[[model]]\nid = "claude-opus-5-5"\n{small}')
    assert reviewer("review", "--depth", "quick", "--catalog", catalogue).code == 0
    server.requests.clear()


def runs() -> list[Path]:
    return sorted((Path(os.environ["REVIEWER_STATE_DIR"]) / "runs").iterdir())


def kept() -> list[dict[str, Any]]:
    exchanges: list[dict[str, Any]] = json.loads((runs()[-1] / "conversation.json").read_text())["exchanges"]
    return exchanges


def test_a_question_is_asked_over_the_cached_prefix_and_its_quotes_are_shown_with_their_lines(
    reviewer: Run, server: MessagesServer
) -> None:
    reviewer("review", "--depth", "quick")
    server.queue(Behaviour(text=reply("Whoever calls `load` runs code: app/load.py:5.", EVAL)))

    asked = reviewer("ask", "Is load safe?")

    assert (asked.code, asked.out) == (
        0,
        "Whoever calls `load` runs code: app/load.py:5.\n\napp/load.py:5\n        return eval(text)\n",
    )
    review, question = server.messages
    assert question.usage["cache_read_input_tokens"] == review.usage["cache_creation_input_tokens"] > 0
    same = [{**body, "messages": body["messages"][0]["content"][:-1]} for body in (review.body, question.body)]
    assert same[0] == same[1]
    block = question.body["messages"][0]["content"][-1]["text"]
    assert '"app/load.py":5-5 (high, confidence medium) Text is executed as code' in block
    assert block.endswith("\n\nIs load safe?\n")
    assert "% of them from the cache" in asked.err


def test_what_was_said_is_said_again_byte_for_byte(reviewed: Run, server: MessagesServer) -> None:
    raw = ' {"findings":[],\n"summary":"", "reply": {"text":"Käse \\u00e4 \\ud83d\\ude00","quotes":[]} }\n'
    server.queue(Behaviour(text=raw), Behaviour(text="plain prose "))
    reviewed("ask", "First?")
    reviewed("ask", "Second?")
    reviewed("ask", "Third?")

    first, second, third = (request.body["messages"] for request in server.messages)
    assert third[0] == second[0] == first[0]
    turns = [(turn["role"], "".join(block["text"] for block in turn["content"])) for turn in third[1:]]
    assert turns == [("assistant", raw), ("user", "Second?"), ("assistant", "plain prose "), ("user", "Third?")]


def test_a_conversation_is_kept_for_its_owner_alone_and_holds_no_file_of_the_repository(reviewed: Run) -> None:
    reviewed("ask", "What is in words?")

    path = runs()[-1] / "conversation.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "items.append" not in path.read_text()
    (exchange,) = kept()
    assert (exchange["question"], exchange["stop"]) == ("What is in words?", "end")
    assert exchange["usage"]["cache_read_input_tokens"] > 0
    assert exchange["cost_usd"] > 0
    assert not list(path.parent.glob("*.answer"))
    assert not (path.parent / "reserve").exists()


def test_nothing_in_an_answer_commands_the_terminal(reviewed: Run, server: MessagesServer) -> None:
    server.queue(Behaviour(text=reply("red \x1b[31m\u202e and \r\nnew", {**EVAL, "path": "a\x1b]0;x\x07b"})))

    asked = reviewed("ask", "Is it safe?")

    assert asked.out.startswith("red ⟨U+001B⟩[31m⟨U+202E⟩ and \nnew\n")
    assert not {"\x1b", "\x07", "\u202e"} & set(asked.out + asked.err)


def test_quotes_that_are_not_in_the_files_are_named_and_told_by_the_exit_code(reviewed: Run, server: MessagesServer) -> None:
    missing = {**EVAL, "quote": "    return ast.literal_eval(text)  # checked before", "path": "app/save.py"}
    nowhere = {**EVAL, "path": "app/none.py"}
    server.queue(Behaviour(text=reply("It is.", EVAL, missing, nowhere)))

    asked = reviewed("ask", "Is load safe?")

    assert asked.code == 3
    assert asked.out.splitlines()[2:] == [
        "app/load.py:5",
        "        return eval(text)",
        "2 of 3 quotes are not in the files they name: do not rely on them.",
        "app/save.py:5 (not there)",
        "        return ast.literal_eval(text)  # checked before",
        "app/none.py:5 (not there)",
        "        return eval(text)",
    ]


def test_an_answer_that_breaks_off_is_kept_and_said_again(reviewed: Run, server: MessagesServer) -> None:
    server.queue(Behaviour(text=reply("The first half of a long answer. " * 9), keep_events=8, ending="closed"))

    cut = reviewed("ask", "Tell me all.")
    went_on = reviewed("ask", "Go on.")

    assert (cut.code, cut.out.startswith("The first half"), went_on.code) == (3, True, 0)
    assert [exchange["stop"] for exchange in kept()] == ["cut", "end"]
    said = server.messages[-1].body["messages"][1]["content"][0]["text"]
    assert said == kept()[0]["answer"]
    assert said.startswith('{"findings": [], "summary": "", "reply": {"text": "The first half')


def test_a_refused_answer_is_not_shown_and_not_said_again(reviewed: Run, server: MessagesServer) -> None:
    server.queue(Behaviour(text="{", stop_reason="refusal", stop_details={"category": "cyber", "explanation": "no"}))

    refused = reviewed("ask", "How is it exploited?")
    reviewed("ask", "How is it mended?")

    assert (refused.code, refused.out) == (3, "")
    (message,) = server.messages[-1].body["messages"]
    assert message["content"][-1]["text"].endswith("How is it mended?\n")


def test_prose_is_shown_as_it_is_with_a_note_that_nothing_of_it_was_checked(reviewed: Run, server: MessagesServer) -> None:
    server.queue(Behaviour(text="It is not safe.\n"))

    asked = reviewed("ask", "Is it safe?")

    assert (asked.code, asked.out) == (0, "It is not safe.\n")
    assert "nothing in it could be checked against the files" in asked.err


def test_new_starts_over_and_keeps_the_old_conversation(reviewed: Run, server: MessagesServer) -> None:
    reviewed("ask", "First?")
    reviewed("ask", "--new", "Second?")
    reviewed("ask", "--new", "Third?")

    names = sorted(path.name for path in runs()[-1].glob("conversation*"))
    assert names == ["conversation.1.json", "conversation.2.json", "conversation.json"]
    assert [exchange["question"] for exchange in kept()] == ["Third?"]
    assert len(server.messages[-1].body["messages"]) == 1


def test_another_run_than_the_newest_is_asked_about_by_its_id(reviewed: Run) -> None:
    reviewed("review", "--depth", "quick")
    older, _ = runs()

    assert reviewed("ask", "First?").code == 0
    assert not (older / "conversation.json").exists()
    assert reviewed("ask", "--run", older.name, "Second?").code == 0
    assert (older / "conversation.json").exists()


def test_without_a_run_of_this_repository_there_is_nothing_to_ask_about(reviewed: Run, repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    elsewhere = reviewed("ask", "What?", other)
    assert elsewhere.code == 2
    assert f"The newest run is of {repository}: name that after the question" in elsewhere.err
    assert reviewed("ask", "--run", "1999", "What?").code == 2
    assert reviewed("ask", "  ").code == 2
    assert not (runs()[-1] / "conversation.json").exists()


def test_a_price_above_the_cap_is_refused_before_anything_is_sent(reviewed: Run, server: MessagesServer) -> None:
    asked = reviewed("ask", "--new", "--max-cost", "0.01", "What?")

    assert (asked.code, server.messages) == (3, [])
    assert "at most $0.01 may be spent; nothing was sent" in asked.err
    assert not (runs()[-1] / "conversation.json").exists()


def test_a_question_about_files_that_changed_is_about_what_is_there_now_and_says_so(
    reviewed: Run, server: MessagesServer, repository: Path
) -> None:
    (repository / "app/load.py").write_text("import json\n\n\ndef load(text):\n    return json.loads(text)\n")
    new = {"path": "app/load.py", "quote": "    return json.loads(text)", "start_line": 5, "end_line": 5}
    server.queue(Behaviour(text=reply("Yes.", new)))

    asked = reviewed("ask", "Is load safe now?")

    assert (asked.code, "app/load.py:5\n        return json.loads(text)\n" in asked.out) == (0, True)
    assert "Not as they were in the run: the files. The question is about what is there now." in asked.err


def test_a_change_that_is_gone_is_an_error_that_says_so(reviewer: Run, repository: Path) -> None:
    git(repository, "switch", "--quiet", "--create", "topic")
    (repository / "app/save.py").write_text("def save():\n    return exec('1')\n")
    git(repository, "commit", "--quiet", "--all", "--message", "second")
    assert reviewer("review", "--depth", "quick", "--range", "main...topic").code == 0
    assert reviewer("ask", "What does it do?").code == 0
    git(repository, "switch", "--quiet", "main")
    git(repository, "branch", "--quiet", "-D", "topic")

    asked = reviewer("ask", "And why?")

    assert asked.code == 2
    assert "topic" in asked.err


def test_a_full_window_is_emptied_by_a_summary_that_takes_the_place_of_what_was_said(
    reviewer: Run, server: MessagesServer, tmp_path: Path
) -> None:
    review_in_a_small_window(reviewer, server, tmp_path)
    answers = [
        reply("long " * 1_700),
        reply("less " * 800),
        reply("We said that app/load.py:5 runs code."),
        reply("As I said."),
    ]
    server.queue(*(Behaviour(text=text) for text in answers))

    reviewer("ask", "First?")
    reviewer("ask", "Second?")
    asked = reviewer("ask", "Third?")

    assert (asked.code, asked.out) == (0, "As I said.\n")
    assert "the conversation no longer fits; summarising it first" in asked.err
    _, _, summary, question = (request.body["messages"] for request in server.messages)
    assert [turn["role"] for turn in summary] == ["user", "assistant", "user", "assistant", "user"]
    assert summary[1]["content"][0]["text"] == answers[0]
    assert summary[-1]["content"][0]["text"].startswith("This conversation is about to be shortened")
    (only,) = question
    assert "We said that app/load.py:5 runs code." in only["content"][-1]["text"]
    assert only["content"][-1]["text"].endswith("\n\nThird?\n")
    assert [exchange["saying"] for exchange in kept()] == ["question", "question", "summary", "question"]
    assert [exchange["answer"] for exchange in kept()] == answers
    assert all(request.usage["cache_read_input_tokens"] for request in server.messages)


def test_a_question_that_alone_does_not_fit_is_an_error(reviewer: Run, server: MessagesServer, tmp_path: Path) -> None:
    review_in_a_small_window(reviewer, server, tmp_path)

    asked = reviewer("ask", "word " * 20_000)

    assert (asked.code, server.messages) == (3, [])
    assert "leave less than 3,000 of the window's 12,000 tokens for an answer" in asked.err


def test_two_questions_at_once_about_one_run_do_not_disturb_each_other(reviewed: Run, server: MessagesServer) -> None:
    lock = take(runs()[-1])
    assert lock is not None

    assert (reviewed("ask", "What?").code, server.messages) == (3, [])
    lock.release()
    assert reviewed("ask", "What?").code == 0


def test_a_failure_of_the_provider_is_noted_and_the_next_question_begins_anew(reviewed: Run, server: MessagesServer) -> None:
    server.queue(Behaviour(status=400, message="something else"))

    failed = reviewed("ask", "First?")
    again = reviewed("ask", "Second?")

    assert (failed.code, again.code) == (4, 0)
    assert [(exchange["answer"] == "", exchange["stop"]) for exchange in kept()] == [(True, "cut"), (False, "end")]
    assert len(server.messages[-1].body["messages"]) == 1


def test_a_conversation_that_cannot_be_read_is_an_error_with_a_way_out(reviewed: Run, server: MessagesServer) -> None:
    path = runs()[-1] / "conversation.json"
    path.write_text("{")

    asked = reviewed("ask", "First?")

    assert (asked.code, server.messages) == (4, [])
    assert "--new" in asked.err
    assert reviewed("ask", "--new", "First?").code == 0
    assert (runs()[-1] / "conversation.1.json").read_text() == "{"


def test_a_killed_question_loses_nothing_that_was_paid_for(reviewed: Run, server: MessagesServer, repository: Path) -> None:
    server.queue(Behaviour(text=reply("What had arrived. " * 50), piece=60, delay=0.05))
    asking = subprocess.Popen(
        [sys.executable, "-m", "reviewer", "ask", "Tell me all."],
        cwd=repository,
        env={**os.environ, **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert asking.stdout is not None
    assert asking.stdout.read(40) == b"What had arrived. What had arrived. What"
    asking.send_signal(signal.SIGKILL)
    asking.communicate()

    recovered = ConversationFile(runs()[-1]).load().exchanges[-1]
    assert recovered.answer.startswith('{"findings": [], "summary": "", "reply": {"text": "What had arrived.')
    assert recovered.usage.cache_read_input_tokens > 0
    assert recovered.cost_usd

    assert reviewed("ask", "Go on.").code == 0
    assert kept()[0]["answer"] == recovered.answer
    assert server.messages[-1].body["messages"][1]["content"][0]["text"] == recovered.answer


def test_a_question_may_come_from_standard_input(reviewed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"What is\nin here?\n")))

    assert reviewed("ask", "-").code == 0
    assert kept()[-1]["question"] == "What is\nin here?"


def test_a_prefix_that_should_be_cached_and_is_not_is_a_visible_warning(reviewed: Run, server: MessagesServer) -> None:
    server.clock.advance(301)  # the server's own: for us no time has passed

    asked = reviewed("ask", "What?")

    assert asked.code == 0
    assert "while the cache holds" in asked.err
    assert "The prefix should still have been in the cache, and was paid for again" in asked.err


def test_a_summary_that_was_made_stays_when_the_question_after_it_is_not_sent(
    reviewer: Run, server: MessagesServer, tmp_path: Path
) -> None:
    review_in_a_small_window(reviewer, server, tmp_path)
    answers = [reply("long " * 1_700), reply("less " * 800), reply("We said this and that.")]
    server.queue(*(Behaviour(text=text) for text in answers))
    reviewer("ask", "First?")
    reviewer("ask", "Second?")

    asked = reviewer("ask", "--max-cost", "0.12", "Third?")
    again = reviewer("ask", "Third?")

    assert (asked.code, again.code) == (3, 0)
    assert [(exchange["saying"], exchange["problem"]) for exchange in kept()] == [
        ("question", ""),
        ("question", ""),
        ("summary", ""),
        ("question", ""),
    ]


def test_an_endpoint_without_structured_output_is_asked_without_it_and_says_so(reviewed: Run, server: MessagesServer) -> None:
    server.queue(Behaviour(status=400, message="output_config.format: not supported"))

    asked = reviewed("ask", "What?")

    assert asked.code == 0
    assert "The endpoint does not take structured output; the request was made without it." in asked.err


def test_whoever_stops_reading_gets_an_error_and_the_answer_is_kept_all_the_same(
    reviewed: Run, server: MessagesServer, repository: Path
) -> None:
    text = reply("What had arrived.\n" * 500)
    server.queue(Behaviour(text=text))
    asking = subprocess.run(
        ["bash", "-c", '"$0" -m reviewer ask "Tell me all." | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"', sys.executable],
        cwd=repository,
        env={**os.environ, **server.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert asking.returncode == 4, asking.stderr
    assert "standard output could not be written" in asking.stderr
    assert (kept()[-1]["answer"], kept()[-1]["stop"]) == (text, "end")


def test_a_key_is_not_sent_to_another_endpoint_than_the_environment_names(
    reviewed: Run, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    other = reviewed("ask", "What?")
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    none = reviewed("ask", "What?")

    assert (other.code, none.code, server.requests) == (2, 2, [])
    assert f"the run's endpoint was {server.url}, and the environment now names http://127.0.0.1:9" in other.err
    assert reviewed("ask", "--base-url", server.url, "What?").code == 0


def test_a_trace_tells_the_steps_of_a_question_and_nothing_of_its_words(reviewed: Run, tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"

    assert reviewed("ask", "--trace", trace, "What is in words?").code == 0

    names = [json.loads(line)["name"] for line in trace.read_text().splitlines()]
    assert names == ["plan", "count", "request", "run"]
    assert "words" not in trace.read_text()


def test_a_pull_request_is_asked_about_by_its_address_and_one_that_cannot_be_had_any_more_is_an_error(
    reviewer: Run, server: MessagesServer, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "switch", "--quiet", "--create", "topic")
    (repository / "app/save.py").write_text("def save(items=[]):\n    return exec(items)\n")
    git(repository, "commit", "--quiet", "--all", "--message", "second")
    base, head = (git(repository, "rev-parse", name).strip() for name in ("main", "topic"))
    with GitHubServer() as github:
        github.serve_repository("octo-org/hello", repository / ".git")
        github.state.add_pull(Pull(number=1, base_sha=base, head_sha=head, hunks={}))
        for name, value in github.environment.items():
            monkeypatch.setenv(name, value)
        address = f"{github.url}/octo-org/hello/pull/1"
        assert reviewer("review", address, "--depth", "quick").code == 0
        server.requests.clear()

        asked = reviewer("ask", "What does it run?", address)
        again = reviewer("ask", "And why?")

        assert (asked.code, again.code) == (0, 0)
        assert "(octo-org/hello#1)" in asked.err
        assert all(question.usage["cache_read_input_tokens"] for question in server.messages)
        github.state.pulls.clear()
        assert reviewer("ask", "And now?", address).code == 4
        assert github.violations == []


def test_a_secret_that_the_answer_tells_in_two_pieces_is_shown_by_its_kind(reviewed: Run, server: MessagesServer) -> None:
    token = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    server.queue(Behaviour(text=reply(f"It holds {token}\nand nothing else.", {**EVAL, "quote": token}), piece=7))

    asked = reviewed("ask", "Which token?")

    assert asked.out.splitlines()[:2] == ["It holds [secret: GitHub token]", "and nothing else."]
    assert token[:12] not in asked.out + asked.err
