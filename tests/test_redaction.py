"""Secrets in every place that a request is made of: no request holds one, by any command."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from github_server import GitHubServer, Pull, files_of
from messages_server import MessagesServer, Received
from reviewer.cli import main

PIECE = 12
"""Characters of a value that must not be anywhere."""
PLACES = (
    "kept",
    "removed",
    "added",
    "section",
    "title",
    "body",
    "message",
    "guidance",
    "instructions",
    "lens",
    "question",
    "env",
)


def value(place: str) -> str:
    """A token that stands in one place only; the same in each run."""
    return "".join(random.Random(place).choices(string.ascii_letters + string.digits, k=20))


def token(place: str) -> str:
    return f"glpat-{value(place)}"


KEY = [base64.b64encode(random.Random(number).randbytes(48)).decode() for number in range(12)]
"""Lines of a private key; those in the middle show by themselves nothing of what they are."""
SECRETS = {**{place: value(place) for place in PLACES}, **{f"line {number} of the key": line for number, line in enumerate(KEY)}}


def key(*lines: str) -> str:
    return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----", ""])


CODE = 'def after():\n    return eval("1")\n'
FILES = {
    "app.py": f'TOKEN = "{token("kept")}"\nOLD = "{token("removed")}"\n\n\ndef load(text):\n    return int(text)\n',
    "deploy/server.txt": key(*KEY) + CODE,
    "long.py": f'def connect(token="{token("section")}"):\n' + "".join(f"    step_{n} = {n}\n" for n in range(20)),
    "CLAUDE.md": f"Log in with {token('guidance')}.\n",
    ".env": f"TOKEN={token('env')}\n",
}
NEW = {
    "app.py": f'TOKEN = "{token("kept")}"\nNEW = "{token("added")}"\n\n\ndef load(text):\n    return eval(text)\n',
    # The hunk holds lines of the middle of the key alone: only the whole file tells what they are.
    "deploy/server.txt": key(*KEY[:6], KEY[6][::-1], *KEY[7:]) + CODE,
    "long.py": FILES["long.py"].replace("step_15 = 15", "step_15 = 16"),
    ".env": f"TOKEN={token('env')}\nMORE=1\n",
}
SECRETS["line of the new key"] = KEY[6][::-1]


@dataclass
class Answerer:
    """A model that quotes a line below the key, and one with a placeholder that it wants to be replaced."""

    bodies: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        plain = {"category": "security", "severity": "high", "confidence": "high", "explanation": "No.", "suggestion": ""}
        below = {**plain, "path": "deploy/server.txt", "quote": '    return eval("1")', "title": "It runs code"}
        mark = 'TOKEN = "[secret: GitLab token]"'
        marked = {**plain, "path": "app.py", "quote": mark, "title": "A token", "replacement": mark.lower()}
        places = ({**below, "start_line": 1, "end_line": 1}, {**marked, "start_line": 1, "end_line": 1})
        return {"findings": list(places), "summary": "Two.", "reply": {"text": "So it is.", "quotes": []}}


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(Answerer()) as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path], tmp_path: Path) -> Path:
    root = make_repository(FILES)
    git(root, "checkout", "-q", "-b", "topic")
    for path, text in NEW.items():
        (root / path).write_text(text)
    git(root, "commit", "-qam", f"Log in with {token('message')}\n\nOr with\n{key(*KEY)}")
    (tmp_path / "instructions.md").write_text(f"Heed {token('instructions')}.\n")
    (tmp_path / "own.md").write_text(f"Look for {token('lens')}.\n")
    return root


Run = Callable[..., str]


@pytest.fixture
def reviewer(repository: Path, server: MessagesServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command, and gives what it wrote; a review is complete, and finds something."""
    monkeypatch.chdir(repository)
    for name, text in server.environment.items():
        monkeypatch.setenv(name, text)

    def run(*args: str) -> str:
        code = main([*args])
        out, err = capfd.readouterr()
        assert code == 0, err
        return out + err

    return run


def leaks(*texts: str) -> list[str]:
    """The secrets of which a piece is in a text."""
    return [
        name
        for name, secret in SECRETS.items()
        if any(secret[at : at + PIECE] in text for at in range(len(secret) - PIECE + 1) for text in texts)
    ]


def asked(server: MessagesServer) -> str:
    """All that was sent so far, as JSON."""
    received: list[Received] = server.requests
    assert received
    return json.dumps([request.body for request in received], ensure_ascii=False)


def test_no_request_about_a_repository_as_it_is_holds_a_secret(reviewer: Run, server: MessagesServer, tmp_path: Path) -> None:
    words = ("--instructions", str(tmp_path / "instructions.md"), "--lens", str(tmp_path / "own.md"), "--language", token("lens"))
    report = json.loads(reviewer("review", "--quiet", "--depth", "quick", "--format", "json", *words))
    reviewer("ask", f"Is {token('question')} or {key(*KEY)} in use?")
    reviewer("plan", "--exact", "--quiet", *words)
    prompt = tmp_path / "prompt.json"
    reviewer("review", "--print-prompt", str(prompt), "--quiet", *words)

    sent = asked(server)
    assert {"/v1/messages", "/v1/messages/count_tokens"} <= {request.path for request in server.requests}
    assert [] == leaks(sent, prompt.read_text(), json.dumps(report))
    for mark in ("Heed [secret: GitLab token]", "Look for [secret: GitLab token]", "Log in with [secret: GitLab token]"):
        assert mark in sent
    assert "Is [secret: GitLab token] or -----BEGIN RSA PRIVATE KEY-----[secret: private key]" in sent

    found = {finding["title"]: finding for finding in report["findings"]}
    assert (16, 16) == (found["It runs code"]["start_line"], found["It runs code"]["end_line"])
    assert NEW["deploy/server.txt"].split("\n")[15] == found["It runs code"]["quote"]
    assert found["A token"]["replacement"] is None
    places = [("CLAUDE.md", 1), ("app.py", 1), ("app.py", 2), ("deploy/server.txt", 1), ("long.py", 1)]
    assert places == [(each["path"], each["line"]) for each in report["redacted"]]
    (env,) = [file for file in report["coverage"]["skipped"] if file["path"] == ".env"]
    assert "usually holds secrets" == env["reason"]


@pytest.mark.parametrize("file", [".reviewer.toml", "pyproject.toml"])
def test_no_file_of_the_repository_asks_for_one_that_usually_holds_secrets(
    reviewer: Run, repository: Path, tmp_path: Path, file: str
) -> None:
    """What has no known form is in nobody's prompt, though it lies beside a stranger's settings."""
    (repository / ".env").write_text("PLAIN=four words without form\n")
    (repository / ".reviewerignore").write_text("!.env\n")
    table = "[tool.reviewer]\n" if file == "pyproject.toml" else ""
    (repository / file).write_text(f'{table}include = ["*.py", ".env"]\n')
    prompt = tmp_path / "prompt.json"

    reviewer("review", "--print-prompt", str(prompt), "--quiet")
    assert "def load" in prompt.read_text()
    assert "without form" not in prompt.read_text()
    reviewer("review", "--print-prompt", str(prompt), "--quiet", "--include", ".env")
    assert "without form" in prompt.read_text()


@pytest.mark.parametrize("name", [".env", "./.env", "conf/../.env", "deploy/.aws/credentials", "to-aws/credentials", ".ENV"])
def test_instructions_of_the_repository_are_no_file_that_usually_holds_secrets(
    repository: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    (repository / "conf").mkdir()
    (repository / "deploy" / ".aws").mkdir()
    (repository / "to-aws").symlink_to("deploy/.aws")
    for path in (".env", ".ENV", "deploy/.aws/credentials"):
        (repository / path).write_text("PLAIN=four words without form\n")
    (repository / ".reviewer.toml").write_text(f'instructions = "{name}"\n')

    assert 2 == main(["review", str(repository), "--print-prompt", "-", "--quiet"])
    out, err = capfd.readouterr()
    assert name in err
    assert "without form" not in out + err


def test_no_request_about_a_change_holds_a_secret(reviewer: Run, server: MessagesServer, tmp_path: Path) -> None:
    patch = tmp_path / "it.patch"
    patch.write_text(git(Path(), "format-patch", "-1", "--stdout"))
    of_commit = json.loads(
        reviewer("review", "--quiet", "--depth", "quick", "--pre-existing", "--format", "json", "--commit", "HEAD")
    )
    for change in (("--base", "main"), ("--diff-file", str(patch))):
        reviewer("review", "--quiet", "--depth", "quick", *change)
    reviewer("plan", "--exact", "--quiet", "--range", "main..topic", "--scope", "diff")

    sent = asked(server)
    assert [] == leaks(sent, json.dumps(of_commit))
    assert '2 -OLD = \\"[secret: GitLab token]\\"' in sent
    assert '2 +NEW = \\"[secret: GitLab token]\\"' in sent
    assert "Log in with [secret: GitLab token]\\n\\nOr with\\n-----BEGIN RSA PRIVATE KEY-----[secret: private key]" in sent
    assert '@@ def connect(token=\\"[secret' in sent
    places = {(each["path"], each["line"], each["side"]) for each in of_commit["redacted"]}
    assert {(None, None, "head"), ("app.py", 2, "head"), ("app.py", 2, "base")} <= places
    assert {16} == {finding["start_line"] for finding in of_commit["findings"] if finding["title"] == "It runs code"}


def test_no_request_about_a_patch_without_its_repository_holds_a_secret(
    reviewer: Run, server: MessagesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = tmp_path / "alone.patch"
    patch.write_text(git(Path(), "diff", "HEAD~1", "--", "app.py", ".env", "long.py"))
    monkeypatch.chdir(tmp_path)
    reviewer("review", "--quiet", "--depth", "quick", "--diff-file", str(patch))

    # Patches of strangers hold what strangers know: that a name is one of a file that holds secrets is no rule here.
    assert [] == leaks(asked(server))


def test_neither_a_request_nor_a_comment_about_a_pull_request_holds_a_secret(
    reviewer: Run, server: MessagesServer, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, head = (git(repository, "rev-parse", name).strip() for name in ("main", "topic"))
    with GitHubServer() as github:
        github.serve_repository("octo-org/hello", repository / ".git")
        pull = Pull(
            number=1,
            base_sha=base,
            head_sha=head,
            files=files_of(repository, base, head),
            title=f"Use {token('title')}",
            body=f"It is {token('body')}.\n\n{key(*KEY)}",
        )
        github.state.add_pull(pull)
        for name, text in github.environment.items():
            monkeypatch.setenv(name, text)
        reviewer("review", "--quiet", "--depth", "quick", f"{github.url}/octo-org/hello/pull/1", "--publish", "review")
        posted = json.dumps([request.body for request in github.requests])

    assert "secrets were redacted before sending" in posted
    assert [] == leaks(asked(server), posted)
    assert "Use [secret: GitLab token]\\n\\nIt is [secret: GitLab token]." in asked(server)


def test_a_repository_of_which_only_a_sample_is_counted_is_sampled_without_secrets(
    reviewer: Run, server: MessagesServer, tmp_path: Path, repository: Path
) -> None:
    catalogue = tmp_path / "models.toml"
    small = 'context_tokens = 9_000\nmax_output_tokens = 3_000\nlong_context = "none"\n'
    catalogue.write_text(f'schema = 1\n[[model]]\nid = "claude-opus-5-5"\n{small}')
    (repository / "many.txt").write_text(f"word and {token('kept')}\n" * 4_000)
    with pytest.raises(AssertionError):  # exit code 3: no window holds it
        reviewer("plan", "--exact", "--quiet", "--catalog", str(catalogue))

    assert "[secret: GitLab token]" in asked(server)
    assert [] == leaks(asked(server))


def test_that_secrets_are_sent_is_said_before_they_are(reviewer: Run) -> None:
    said = reviewer("review", "--depth", "quick", "--no-redact", "--output", "report.json").splitlines()

    assert said[0].endswith("with ANTHROPIC_API_KEY")
    assert said[1] == "--no-redact: secrets are sent as they stand"


def test_what_is_sent_holds_the_secrets_only_where_no_redact_was_typed_and_no_report_does(
    reviewer: Run, server: MessagesServer
) -> None:
    report = reviewer("review", "--format", "json", "--quiet", "--depth", "quick", "--no-redact")

    assert {"kept", "guidance", "line 3 of the key"} <= set(leaks(asked(server)))
    assert [] == leaks(report)
    assert any("--no-redact was typed" in note for note in json.loads(report)["notes"])


def test_the_built_in_checks_look_also_into_what_is_never_sent(reviewer: Run, server: MessagesServer) -> None:
    report = json.loads(reviewer("review", "--engine", "static", "--format", "json", "--quiet"))

    assert {".env", "app.py", "deploy/server.txt"} <= {finding["path"] for finding in report["findings"]}
    assert [] == leaks(json.dumps(report))
    assert [] == report["redacted"]
    assert [] == server.requests


def test_a_run_made_without_redaction_goes_on_only_where_that_is_typed_again(reviewer: Run, server: MessagesServer) -> None:
    reviewer("review", "--quiet", "--depth", "quick", "--no-redact")
    before = len(server.requests)

    with pytest.raises(AssertionError, match="the run was made with --no-redact"):
        reviewer("ask", "Why?")
    assert before == len(server.requests)
