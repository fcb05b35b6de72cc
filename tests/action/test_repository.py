"""The action on events that are about a whole repository, its second step run as it is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from action_runner import Runner
from messages_server import Behaviour, MessagesServer

PUSH = {"ref": "refs/heads/main", "deleted": False}
EVAL = {"load.py": "def load(text):\n    return eval(text)\n"}
Make = Callable[[Mapping[str, str | bytes]], Path]
MakeRunner = Callable[..., Runner]


def test_a_repository_is_reviewed_and_everything_about_it_is_told(
    make_repository: Make, make_runner: MakeRunner, messages: MessagesServer
) -> None:
    runner = make_runner(make_repository(EVAL), {"ANTHROPIC_BASE_URL": messages.url}, as_written=True)

    ran = runner.run("schedule", {"schedule": "17 3 * * *"}, {"anthropic-api-key": messages.key, "language": "Welsh"})

    assert ran.code == 0, ran.log
    outputs = ran.outputs
    assert (outputs["complete"], outputs["verdict"], outputs["findings-count"]) == ("true", "findings", "1")
    assert outputs["highest-severity"] == "high"
    assert float(outputs["cost-usd"]) > 0
    assert int(outputs["input-tokens"]) > int(outputs["cache-read-tokens"]) > 0
    assert "Text is executed as code" in Path(outputs["report-path"]).read_text()
    assert json.loads(Path(outputs["json-path"]).read_text())["findings"][0]["path"] == "load.py"
    assert json.loads(Path(outputs["sarif-path"]).read_text())["version"] == "2.1.0"
    assert "Text is executed as code" in ran.summary
    assert len(ran.said("error")) == 1
    assert "Welsh" in json.dumps(messages.messages[0].body)


def test_no_secret_is_in_the_log_and_both_are_masked(
    make_repository: Make, make_runner: MakeRunner, messages: MessagesServer
) -> None:
    runner = make_runner(make_repository(EVAL), {"ANTHROPIC_BASE_URL": messages.url, "RUNNER_DEBUG": "1"}, as_written=True)

    ran = runner.run("push", PUSH, {"anthropic-api-key": messages.key})

    masks = [f"::add-mask::{secret}\n" for secret in (messages.key, "ghs_0123456789abcdef")]
    assert ran.log.startswith("".join(masks))
    assert messages.key not in ran.log.removeprefix("".join(masks)) + ran.summary + "".join(ran.outputs.values())
    assert ran.said("add-mask") == [messages.key, "ghs_0123456789abcdef"]


def test_findings_at_the_threshold_fail_the_step(make_repository: Make, make_runner: MakeRunner) -> None:
    runner = make_runner(make_repository(EVAL))

    ran = runner.run("push", PUSH, {"args": "--engine static", "fail-on": "info", "publish": "summary"})

    assert (ran.code, ran.outputs["verdict"]) == (1, "failed-threshold"), ran.log
    assert ran.said("error") == [f"There are findings as severe as fail-on says; the worst is {ran.outputs['highest-severity']}."]


def test_nothing_found_is_clean(make_repository: Make, make_runner: MakeRunner) -> None:
    runner = make_runner(make_repository({"a.txt": "words\n"}))

    ran = runner.run("workflow_dispatch", {"inputs": None}, {"args": "--engine static"})

    assert (ran.code, ran.outputs["verdict"], ran.outputs["highest-severity"]) == (0, "clean", "none"), ran.log
    assert (ran.outputs["findings-count"], ran.outputs["cost-usd"]) == ("0", "0.0000")


def test_publish_none_leaves_files_only(make_repository: Make, make_runner: MakeRunner) -> None:
    ran = make_runner(make_repository(EVAL)).run("push", PUSH, {"args": "--engine static", "publish": "none"})

    assert ran.summary == ""
    assert [command.name for command in ran.commands] == ["add-mask"]
    assert Path(ran.outputs["report-path"]).is_file()


def test_nothing_that_a_repository_is_called_acts_in_the_log(make_repository: Make, make_runner: MakeRunner) -> None:
    files = {"::error::x\n::add-mask::a": "", "##[set-output name=x]y.py": "eval(input())\n"}

    ran = make_runner(make_repository(files), as_written=True).run("push", PUSH, {"args": "--engine static --verbose"})

    assert ran.code == 0, ran.log
    assert {command.name for command in ran.commands} <= {"add-mask", "notice", "warning"}


def test_a_missing_secret_is_an_error_where_it_should_be_there(make_repository: Make, make_runner: MakeRunner) -> None:
    ran = make_runner(make_repository(EVAL)).run("push", PUSH, {})

    assert (ran.code, ran.outputs["verdict"], ran.outputs["complete"]) == (4, "error", "false"), ran.log
    assert ran.said("error") == [
        "There are no credentials for Claude. Is the secret set, and handed to the input anthropic-api-key?"
    ]


def test_a_review_that_would_cost_too_much_is_incomplete(
    make_repository: Make, make_runner: MakeRunner, messages: MessagesServer
) -> None:
    runner = make_runner(make_repository(EVAL), {"ANTHROPIC_BASE_URL": messages.url})

    ran = runner.run("push", PUSH, {"anthropic-api-key": messages.key, "max-cost": "0.000001"})

    assert (ran.code, ran.outputs["verdict"], ran.outputs["findings-count"]) == (3, "incomplete", ""), ran.log
    assert not any(request.path == "/v1/messages" for request in messages.requests)


def test_a_provider_that_refuses_is_an_error(make_repository: Make, make_runner: MakeRunner, messages: MessagesServer) -> None:
    runner = make_runner(make_repository(EVAL), {"ANTHROPIC_BASE_URL": messages.url})
    refusal = Behaviour(path="/v1/messages", status=400, error="invalid_request_error", message="::error::no")
    messages.queue(refusal)

    ran = runner.run("push", PUSH, {"anthropic-api-key": messages.key})

    assert (ran.code, ran.outputs["verdict"], ran.outputs["report-path"]) == (4, "error", ""), ran.log
    assert len(ran.said("error")) == 1


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"publish": "everywhere"}, "--publish: 'everywhere' is not one of none, summary, annotations, comment, review"),
        ({"max-cost": "much"}, "--max-cost: expected an amount in dollars, got 'much'"),
        ({"drafts": "maybe"}, "input drafts: expected true or false, got 'maybe'"),
        ({"args": "--base main"}, "input args: what is reviewed is for the event to say. Only settings go here."),
        ({"config": "none.toml"}, "input config: there is no file none.toml"),
        ({"sarif-file": "none/x.sarif"}, "input sarif-file: none/x.sarif cannot be written"),
    ],
)
def test_an_input_that_cannot_be_is_named(
    make_repository: Make, make_runner: MakeRunner, inputs: Mapping[str, str], message: str
) -> None:
    ran = make_runner(make_repository(EVAL)).run("push", PUSH, inputs)

    assert (ran.code, ran.outputs["verdict"]) == (2, "error"), ran.log
    assert [text[: len(message)] for text in ran.said("error")] == [message]


def test_a_workspace_without_a_checkout_is_told(tmp_path: Path, make_runner: MakeRunner) -> None:
    (tmp_path / "empty").mkdir()

    ran = make_runner(tmp_path / "empty").run("push", PUSH, {"args": "--engine static"})

    assert ran.code == 2
    assert ran.said("error") == ["The workspace holds no git repository. Put actions/checkout before reviewer."]


def test_files_of_the_operator_and_a_copy_of_the_sarif_report(make_repository: Make, make_runner: MakeRunner) -> None:
    workspace = make_repository({**EVAL, "ci/reviewer.toml": 'engine = "static"\nmax-findings = 1\n'})

    ran = make_runner(workspace).run("push", PUSH, {"config": "ci/reviewer.toml", "sarif-file": "reviewer.sarif"})

    assert ran.code == 0, ran.log
    assert (workspace / "reviewer.sarif").read_text() == Path(ran.outputs["sarif-path"]).read_text()


def test_a_deleted_branch_is_nothing_to_do(make_repository: Make, make_runner: MakeRunner) -> None:
    ran = make_runner(make_repository(EVAL)).run("push", {"deleted": True}, {})

    assert (ran.code, ran.outputs["verdict"], ran.outputs["complete"]) == (0, "skipped", "false")
    assert ran.said("notice") == ["Nothing to do: the push deleted a branch or a tag."]


def test_an_event_that_means_nothing_here_is_told(make_repository: Make, make_runner: MakeRunner) -> None:
    ran = make_runner(make_repository(EVAL)).run("watch", {}, {})

    assert (ran.code, ran.outputs["verdict"]) == (0, "skipped")
