"""What a workflow's log would obey of what we print: nothing that a model, a repository or a caller wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from messages_server import Behaviour, MessagesServer
from reviewer.cli import main
from reviewer.report.inert import HIDDEN
from reviewer.workflow_log import json_without_commands, without_commands

ATTACKS = (
    "::add-mask::a",
    "::stop-commands::stopped",
    "\u2003\t ::set-output name=x::y",
    "\r::error::a",
    "text ##[set-output name=x]y",
    "##[error]a",
    "###[group]a",
    "##vso[task.setvariable variable=x]y",
    "##teamcity[buildStop comment='x']",
)
ATTACK = "\n".join(ATTACKS)
QUOTED = "\n".join(line.replace("\r", "") for line in ATTACKS)
FILES = {
    "app/load.py": f'"""\n{QUOTED}\n"""\n',
    "app/\n::error::a": "x = 1\n",
    "##[error]a.py": "x = 1\n",
    "CLAUDE.md": ATTACK,
}
FINDING = {
    "path": "app/load.py",
    "quote": QUOTED,
    "start_line": 2,
    "end_line": 1 + len(ATTACKS),
    "category": "security",
    "severity": "high",
    "confidence": "high",
    "title": ATTACK,
    "explanation": f"{ATTACK}\n\n```\n{ATTACK}\n```",
    "suggestion": ATTACK,
    "replacement": ATTACK,
}
ANSWER = {"findings": [FINDING, {**FINDING, "path": ATTACK}], "summary": f"```\n{ATTACK}\n```", "verdicts": []}
REPLY = {
    "findings": [],
    "summary": "",
    "reply": {"text": f"{ATTACK}\n```\n{ATTACK}\n```", "quotes": [{**dict(list(FINDING.items())[:4])}]},
}


def obeyed(log: str) -> list[str]:
    """The lines a runner would act on, after GitHub's `ActionCommand.cs` and the documents of the other two; whatever the commands' names."""
    new = [line for line in re.split(r"\r\n|\r|\n", log) if line.strip().startswith("::") and "::" in line.strip()[2:]]
    return [*new, *re.findall(r".*##\w*\[.*", log)]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        yield running


@pytest.fixture
def printed(
    server: MessagesServer,
    make_repository: Callable[[Mapping[str, str]], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Callable[..., tuple[str, str]]:
    """What a command prints in a step of a workflow: standard output and standard error."""
    monkeypatch.chdir(make_repository(FILES))
    for name, value in {**server.environment, "GITHUB_ACTIONS": "true", "CI": "true"}.items():
        monkeypatch.setenv(name, value)

    def run(*args: str, code: int = 0) -> tuple[str, str]:
        assert main([*args]) == code
        out, err = capfdbinary.readouterr()
        return out.decode(), err.decode()

    return run


def test_no_command_of_ours_prints_what_the_log_would_obey(
    printed: Callable[..., tuple[str, str]], server: MessagesServer
) -> None:
    server.queue(Behaviour(text=json.dumps(ANSWER)))
    logs = [printed("review", "--depth", "quick", "-v")]
    logs += [printed("render", "--format", each) for each in ("markdown", "json", "sarif")]
    server.queue(Behaviour(text=json.dumps(REPLY)), Behaviour(text=json.dumps(REPLY)))
    logs += [printed("ask", ATTACK, code=0), printed("ask", "again", code=0)]
    logs += [printed("plan", "-v"), printed("plan", "--format", "json"), printed("runs"), printed("runs", "--format", "json")]
    logs += [printed("review", "--print-prompt", "-"), printed("config")]

    assert all("vso" in out for out, _ in logs[:6])
    assert [obeyed(out) for out, _ in logs] == [[] for _ in logs]
    assert [obeyed(err) for _, err in logs] == [[] for _ in logs]


def test_no_complaint_prints_what_the_log_would_obey(printed: Callable[..., tuple[str, str]]) -> None:
    for args in (
        ("review", f"--no-{ATTACK}"),
        ("review", "--range", ATTACK),
        (ATTACK,),
        ("review", ATTACK),
        ("ask", "x", ATTACK),
    ):
        out, err = printed(*args, code=2)

        assert obeyed(out) == obeyed(err) == []
        assert "add-mask" in err


def test_annotations_are_meant_to_be_obeyed_and_nothing_beside_them(
    printed: Callable[..., tuple[str, str]], server: MessagesServer
) -> None:
    server.queue(Behaviour(text=json.dumps(ANSWER)))

    out, _ = printed("review", "--depth", "quick", "--format", "github")

    assert {line.partition(" ")[0] for line in obeyed(out)} == {"::error"}
    assert out.count("\n") == len(obeyed(out))


def test_a_report_is_left_as_it_is_where_no_log_obeys(
    printed: Callable[..., tuple[str, str]], server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.queue(Behaviour(text=json.dumps(ANSWER)))
    monkeypatch.delenv("GITHUB_ACTIONS")

    out, _ = printed("review", "--depth", "quick")

    assert "\n::add-mask::a\n" in out


def test_only_what_would_be_a_command_is_changed() -> None:
    kept = "std::vector a ::b ##\n# ##[] ##no command [1]\n:: no end"

    assert without_commands(kept.replace("##[]", "## []")) == kept.replace("##[]", "## []").replace("\n::", "\n: :")


@pytest.mark.parametrize("attack", ATTACKS)
def test_json_without_commands_holds_the_same_data(attack: str) -> None:
    text = json.dumps({attack: [attack]})

    assert json.loads(json_without_commands(text)) == {attack: [attack]}
    assert obeyed(json_without_commands(text)) == []


def test_a_printed_request_shows_nothing_that_hides_and_is_the_same_request(
    printed: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    hidden = "\x7f\x9b31m\u202e\u200b\ufeff\U000e0041é語"
    Path("app/hidden.py").write_text("# plain words\n" * 200 + f"# {hidden}\n", "utf-8")

    out, _ = printed("review", "--print-prompt", "-")
    printed("review", "--print-prompt", str(tmp_path / "request.json"))

    assert json.loads(out) == json.loads((tmp_path / "request.json").read_text("utf-8"))
    assert HIDDEN.search(out) is None
    assert "é語" in out
