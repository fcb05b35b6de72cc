"""What a pull request plants in the workspace: no setting, from wherever it comes, reads it or writes through it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from action_runner import Ran, Runner
from github_server import GitHubServer, Pull, files_of
from messages_server import MessagesServer

OURS = {
    "app.py": "def main(text):\n    return int(text)\n",
    "ci/operator.toml": 'language = "Welsh"\n',
    "ci/lens.md": "Our lens.\n",
}
THEIRS = {
    "app.py": "def main(text):\n    return eval(text)\n",
    "ci/operator.toml": 'language = "Klingon"\nbase-url = "http://127.0.0.1:9"\n',
    "ci/lens.md": "Klingon.\n",
    "ci/models.toml": 'schema = 1\n[[model]]\nid = "klingon"\n',
    "templates/prompt/system.md.j2": "Klingon.\n",
    "state/version": "2\n",
}
Attack = Callable[[Mapping[str, str], Mapping[str, str]], Ran]


def git(root: Path, *args: str) -> str:
    identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.invalid", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *identity, *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "x")
    return git(root, "rev-parse", "HEAD")


@dataclass(frozen=True)
class Planted:
    """A workspace with the pull request's head in it, as a careless workflow would check it out."""

    workspace: Path
    make: Callable[..., Runner]
    payload: Mapping[str, Any]
    messages: MessagesServer

    def run(self, variables: Mapping[str, str], inputs: Mapping[str, str]) -> Ran:
        def placed(values: Mapping[str, str]) -> dict[str, str]:
            return {name: value.replace("WORKSPACE", str(self.workspace)) for name, value in values.items()}

        runner = self.make(self.workspace, {"ANTHROPIC_BASE_URL": self.messages.url, **placed(variables)})
        return runner.run("pull_request_target", self.payload, {"anthropic-api-key": self.messages.key, **placed(inputs)})


@pytest.fixture
def planted(tmp_path: Path, github: GitHubServer, messages: MessagesServer, make_runner: Callable[..., Runner]) -> Planted:
    origin, workspace = tmp_path / "origin", tmp_path / "workspace"
    origin.mkdir()
    git(origin, "init", "--quiet")
    base = commit(origin, OURS)
    git(origin, "checkout", "--quiet", "-b", "theirs")
    (origin / "out").symlink_to(tmp_path)
    head = commit(origin, THEIRS)
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "--quiet", "--branch=theirs", f"file://{origin}", str(workspace))
    pull = Pull(number=7, base_sha=base, head_sha=head, files=files_of(origin, base, head))
    github.state.add_pull(pull)
    github.serve_repository(github.state.full_name, origin)
    messages.model = lambda _body: {"findings": [], "summary": "Fine."}
    payload = {"action": "opened", "number": 7, "pull_request": github.state.pull_object(pull)}
    return Planted(workspace, make_runner, payload, messages)


@pytest.mark.parametrize(
    ("variables", "inputs", "option"),
    [
        ({"REVIEWER_LENS": "WORKSPACE/ci/lens.md"}, {}, "--lens"),
        ({"REVIEWER_INSTRUCTIONS": "WORKSPACE/ci/lens.md"}, {}, "--instructions"),
        ({"REVIEWER_CATALOG": "WORKSPACE/ci/models.toml"}, {}, "--catalog"),
        ({}, {"args": "--catalog WORKSPACE/ci/models.toml"}, "--catalog"),
        ({"REVIEWER_TEMPLATES": "WORKSPACE/templates"}, {}, "--templates"),
        ({}, {"args": "--templates WORKSPACE/ci/../templates"}, "--templates"),
        ({"REVIEWER_STATE_DIR": "WORKSPACE/state"}, {}, "--state-dir"),
        ({"REVIEWER_TRACE": "WORKSPACE/out/trace.jsonl"}, {}, "--trace"),
        ({}, {"args": "--trace WORKSPACE/out/trace.jsonl"}, "--trace"),
        ({}, {"args": "-o WORKSPACE/out/report.md"}, "--output"),
        ({}, {"sarif-file": "out/report.sarif"}, "input sarif-file"),
    ],
)
def test_no_setting_reads_what_is_checked_out_or_writes_through_it(
    planted: Planted, tmp_path: Path, variables: Mapping[str, str], inputs: Mapping[str, str], option: str
) -> None:
    ran = planted.run(variables, inputs)

    assert (ran.code, ran.outputs["verdict"], planted.messages.requests) == (2, "error", [])
    assert option in ran.log
    assert not {path.name for path in tmp_path.iterdir()} & {"report.md", "report.sarif", "trace.jsonl"}


def test_a_settings_file_and_a_lens_that_the_args_name_are_those_of_the_base(planted: Planted) -> None:
    ran = planted.run({}, {"args": "--depth quick --config WORKSPACE/ci/operator.toml --lens WORKSPACE/ci/lens.md"})

    assert (ran.code, ran.outputs["verdict"], ran.outputs["findings-count"]) == (0, "findings", "1"), "the link that leads out"
    question = "".join(request.body["messages"][-1]["content"][-1]["text"] for request in planted.messages.messages)
    assert "Welsh" in question
    assert "Our lens." in question
    assert "Klingon" not in question
