"""A key in the environment, and everything that could repeat it: the model, the endpoint, a file, a bug. Then every sink is searched."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import reviewer.commands.plan
from messages_rules import blocks_of
from messages_server import Behaviour, MessagesServer
from reviewer.cli import main
from secret_oracle import shows

RANDOM = random.Random(5)
KEY = "sk-ant-api03-" + "".join(RANDOM.choice(string.ascii_letters + string.digits) for _ in range(60))
TOKEN = "".join(RANDOM.choice(string.ascii_letters + string.digits) for _ in range(40))
SECRETS = (KEY, TOKEN)
FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/words.py": "\n".join(f"WORD_{number} = 'one of many words, enough for the cache to be used'" for number in range(60)),
}


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(key=KEY) as running:
        yield running


@dataclass(frozen=True)
class Left:
    """What a command left: its code, both streams, and every file below the test's folder."""

    code: int
    out: str
    err: str
    files: Mapping[str, str]

    def showing(self) -> list[str]:
        """The places that show a secret."""
        places = {"standard output": self.out, "standard error": self.err, **self.files}
        return [name for name, text in places.items() if any(shows(text, secret) for secret in SECRETS)]


Run = Callable[..., Left]


@pytest.fixture
def reviewer_in(
    server: MessagesServer,
    make_repository: Callable[[Mapping[str, str]], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """The command line in a repository, with two secrets in its environment; everything is written below one folder."""
    repository = make_repository(FILES)
    monkeypatch.chdir(repository)
    left = tmp_path / "left"
    left.mkdir()
    for name, value in {**server.environment, "MY_SERVICE_TOKEN": TOKEN, "REVIEWER_STATE_DIR": str(left / "state")}.items():
        monkeypatch.setenv(name, value)

    def run(*args: str) -> Left:
        code = main([each.replace("LEFT", str(left)) for each in args])
        out, err = capfd.readouterr()
        files = {str(path): path.read_text("utf-8", "surrogateescape") for path in left.rglob("*") if path.is_file()}
        return Left(code, out, err, files)

    return run


def echo(secret: str) -> dict[str, str]:
    """The ways in which a finder that was taken over would carry a secret out."""
    half = len(secret) // 2
    return {
        "title": f"Key {secret} is {secret[::-1]}",
        "explanation": f"{secret[:half]} and then {secret[half:]}; {secret[half:]}{secret[:half]}; pieces {secret[20:32]} {secret[-12:]}",
        "suggestion": f"{base64.b64encode(secret.encode()).decode()} {secret.encode().hex()} `{'*'.join((secret[:20], secret[20:]))}`",
    }


def hostile(_body: object) -> dict[str, Any]:
    """An answer that is nothing but the secrets. They are in the environment alone, and no prompt has them: the test tells them."""
    plain = {"start_line": 5, "end_line": 5, "category": "security", "severity": "high", "confidence": "high"}
    findings = [
        {**plain, "path": "app/load.py", "quote": "    return eval(text)", **echo(KEY), "replacement": f"    return {KEY!r}"},
        {**plain, "path": "app/load.py", "quote": f"    return {TOKEN}", **echo(TOKEN)},
        {**plain, "path": f"app/{KEY}.py", "quote": "x", **echo(KEY)},
    ]
    return {
        "findings": findings,
        "summary": f"{KEY} \\u0026#115; {TOKEN} " + "".join(f"&#{ord(character)};" for character in KEY),
    }


def escaped(answer: Mapping[str, Any]) -> str:
    """The same JSON with every letter as an escape: a filter of its text alone would miss it."""
    text = json.dumps(answer)
    return "".join(f"\\u{ord(each):04x}" if each.isalnum() and each in KEY and at % 3 else each for at, each in enumerate(text))


@pytest.mark.parametrize("piece", [7, 4000])
def test_what_a_hostile_model_repeats_reaches_no_report_stream_file_or_trace(
    reviewer_in: Run, server: MessagesServer, piece: int
) -> None:
    text = json.dumps(hostile({}))
    server.queue(*(Behaviour(text=text, piece=piece) for _ in range(4)))

    left = reviewer_in(
        *("review", "--yes", "--verbose", "--trace", "LEFT/trace.jsonl"),
        *("-o", "LEFT/r.md", "-o", "LEFT/r.json", "-o", "LEFT/r.sarif", "-o", "-"),
    )
    again = reviewer_in("render", "--format", "json", "-o", "LEFT/again.json", "-o", "-")

    assert (left.code, again.code) == (0, 0)
    assert "SECRET-REMOVED" in left.out
    assert any(name.endswith(".1.txt") for name in left.files)
    assert (left.showing(), again.showing()) == ([], [])
    assert json.loads(left.files[next(name for name in left.files if name.endswith("left/r.json"))])


def test_what_a_hostile_model_repeats_in_a_conversation_is_not_shown(reviewer_in: Run, server: MessagesServer) -> None:
    assert reviewer_in("review", "--depth", "quick", "--yes").code == 0
    said = json.dumps({"findings": [], "summary": "", "answer": f"It is {KEY}, or {TOKEN[:20]}\n{TOKEN[20:]}.", "quotes": []})
    server.queue(Behaviour(text=said, piece=9))

    left = reviewer_in("ask", f"What is the key? Is it {KEY}?")

    assert "It is SECRET-REMOVED, or" in left.out
    assert left.showing() == []


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(
            status=401, error="authentication_error", message=f"invalid x-api-key: {KEY}", headers={"request-id": f"req_{KEY}"}
        ),
        Behaviour(status=400, error=TOKEN, message=f"Authorization: Bearer {KEY}", code=KEY),
        Behaviour(status=403, body=f"<html>{KEY} {TOKEN}</html>".encode(), content_type="text/html"),
        Behaviour(status=307, headers={"location": f"https://evil.example.invalid/{KEY}"}),
        Behaviour(stop_reason=KEY, text="{"),
        Behaviour(stop_reason="refusal", stop_details={"category": KEY, "explanation": f"Because {KEY}"}),
        Behaviour(ending="reset", keep_events=3, text=f'{{"summary": "{KEY}{KEY}'),
        Behaviour(body=f"data: {KEY}\n\n".encode()),
    ],
    ids=["401", "400", "403", "redirect", "stop reason", "refusal", "cut", "no event"],
)
def test_what_a_hostile_endpoint_says_in_an_error_is_not_shown(
    reviewer_in: Run, server: MessagesServer, behaviour: Behaviour
) -> None:
    server.queue(behaviour)

    left = reviewer_in("review", "--depth", "quick", "--yes", "--verbose", "--trace", "LEFT/trace.jsonl", "-o", "LEFT/r.json")

    assert left.code in {3, 4}
    assert left.showing() == []
    assert "evil.example.invalid" not in left.err
    assert "Traceback" not in left.err


def test_a_file_that_holds_our_secret_is_sent_and_reported_without_it(
    reviewer_in: Run, server: MessagesServer, make_repository: Callable[[Mapping[str, str]], Path]
) -> None:
    make_repository({"app/deploy.py": f"VALUE = '{TOKEN}'\nPIECE = '{TOKEN[3:20]}'\nNEXT = 1\n"})

    left = reviewer_in("review", "--depth", "quick", "--yes", "-o", "LEFT/r.json", "-o", "-")
    static = reviewer_in("review", "--engine", "static", "-o", "-")
    prompt = reviewer_in("review", "--print-prompt", "LEFT/prompt.json")

    assert not any(shows(json.dumps(request.body), TOKEN) for request in server.requests)
    assert "VALUE = '[secret: value from the environment]'\nPIECE = '[secret: value from the environment]'\nNEXT" in sent(server)
    assert "Value from the environment in the repository" in static.out
    assert [left.showing(), static.showing(), prompt.showing()] == [[], [], []]


def sent(server: MessagesServer) -> str:
    """All text of the requests."""
    return "\n".join(block["text"] for request in server.messages for block in blocks_of(request.body))


def test_an_error_names_status_type_request_id_and_the_endpoints_words_without_secrets_or_headers(
    reviewer_in: Run, server: MessagesServer
) -> None:
    server.queue(Behaviour(status=401, error="authentication_error", message=f"the body {KEY}\x1b[31m", headers={"x-more": "y"}))

    left = reviewer_in("review", "--depth", "quick", "--yes", "--verbose")

    assert re.search(r"\(HTTP 401, authentication_error, request id req_[0-9]+\)", left.err)
    assert 'It says: "the body' in left.err
    assert KEY not in left.err
    assert "\x1b" not in left.err
    assert "x-more" not in left.err


def test_a_bug_is_told_without_the_secrets_in_its_message(reviewer_in: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> int:
        local = f"Bearer {KEY}"
        raise RuntimeError(f"headers: {local!r}", {"token": TOKEN}) from ValueError(base64.b64encode(KEY.encode()))

    monkeypatch.setattr(reviewer.commands.plan, "run", broken)

    left = reviewer_in("plan")

    assert left.code == 70
    assert "RuntimeError: (\"headers: 'Bearer SECRET-REMOVED'\"" in left.err
    assert left.showing() == []


def test_what_was_typed_is_told_without_secrets(reviewer_in: Run) -> None:
    lefts = [reviewer_in("plan", f"/nowhere/{KEY}"), reviewer_in("plan", f"--{KEY}"), reviewer_in("review", "--model", TOKEN)]

    assert [left.code for left in lefts] == [2, 2, 2]
    assert [left.showing() for left in lefts] == [[], [], []]


def test_verbose_steps_of_a_job_show_no_more(reviewer_in: Run, server: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    for debug in ("", "1"):
        monkeypatch.setenv("RUNNER_DEBUG", debug)
        server.queue(Behaviour(path="/v1/messages", status=401, error="authentication_error", message=KEY))
        err = reviewer_in("review", "--depth", "quick", "--yes").err
        # what the first run learned of the size makes the second one's estimate another
        shown.append(re.sub(r"\$[0-9.]+|req_[0-9]+|[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", "", err))

    assert shown[0] == shown[1]


@pytest.mark.parametrize(("name", "value"), [("ANTHROPIC_LOG", "debug"), ("SSLKEYLOGFILE", "/tmp/keys")])
def test_in_ci_what_records_requests_is_refused_before_anything_is_sent(
    reviewer_in: Run, server: MessagesServer, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv(name, value)

    left = reviewer_in("review", "--depth", "quick", "--yes")

    assert left.code == 2
    assert left.err.splitlines()[-2].startswith("reviewer: ")
    assert f"{name}{'=debug' if value == 'debug' else ''} is refused in CI" in left.err
    assert server.requests == []


LAST_WORDS = """
import logging, sys, threading, warnings
import reviewer.__main__ as program, reviewer.cli
key = sys.argv.pop()

class Dying:
    def __del__(self):
        raise RuntimeError(f"unraisable {key}")

def thread():
    raise RuntimeError(f"in a thread {key}")

def main(argv):
    threading.Thread(target=thread).start()
    Dying()
    warnings.warn(f"a warning {key}")
    logging.getLogger("anthropic").error("logged %s", key)
    print("printed", key[:30], end="")
    print(key[30:])
    sys.stderr.write(key[:20])
    sys.stderr.write(key[20:] + "\\n")
    sys.stdout.buffer.write(f"bytes {key}\\n".encode())
    global kept
    kept = Dying()
    raise SystemError(f"at the end {key}")

reviewer.cli.main = main
program.entry()
"""


def test_pythons_own_last_words_hold_no_secret(tmp_path: Path) -> None:
    environ = {**os.environ, "ANTHROPIC_API_KEY": KEY, "HOME": str(tmp_path)}

    done = subprocess.run([sys.executable, "-c", LAST_WORDS, KEY], env=environ, capture_output=True, text=True, check=False)

    said = done.stdout + done.stderr
    for words in ("in a thread", "unraisable", "a warning", "logged", "printed", "bytes", "at the end"):
        assert f"{words} SECRET-REMOVED" in said
    assert done.stderr.count("unraisable SECRET-REMOVED") == 2
    assert not shows(said, KEY)
