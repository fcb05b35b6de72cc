"""What must be true of `action.yml`, of the example workflows and of the page about them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from action_runner import ACTION

ROOT = ACTION.parent
PAGE = (ROOT / "docs" / "github-action.md").read_text()
ACTION_FILE: dict[str, Any] = yaml.safe_load(ACTION.read_text())
INSTALL, REVIEW = ACTION_FILE["runs"]["steps"]
WORKFLOWS = sorted((ROOT / "docs" / "workflows").glob("*.yml"))


def test_no_expression_stands_in_a_script() -> None:
    assert [step["id"] for step in (INSTALL, REVIEW) if "${{" in step["run"]] == []


def test_the_secrets_are_in_the_environment_of_the_second_step_alone() -> None:
    assert "env" not in INSTALL
    assert {"INPUT_ANTHROPIC_API_KEY", "INPUT_GITHUB_TOKEN"} <= set(REVIEW["env"])


def test_every_input_reaches_the_second_step_under_its_name() -> None:
    handed = {name: text for name, text in REVIEW["env"].items() if name != "REVIEWER"}

    assert handed == {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in ACTION_FILE["inputs"]}


def test_both_steps_stand_outside_the_checkout() -> None:
    assert {step["working-directory"] for step in (INSTALL, REVIEW)} == {"${{ runner.temp }}"}


def test_every_start_of_python_is_isolated() -> None:
    for step in (INSTALL, REVIEW):
        starts = re.findall(
            r'"(?:\$candidate|\$python|\$REVIEWER|\$room/venv/bin/python)" (\S+)', step["run"].replace('" ];', "")
        )
        assert set(starts) == {"-I"}


def test_no_other_action_is_used() -> None:
    assert [step for step in (INSTALL, REVIEW) if "uses" in step] == []


@pytest.mark.parametrize("name", [*ACTION_FILE["inputs"], *ACTION_FILE["outputs"]])
def test_every_input_and_output_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_example_is_linked_grants_only_what_it_names_and_uses_real_inputs(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    given = {name for step in steps if "/reviewer@" in step.get("uses", "") for name in step.get("with", {})}

    assert f"(workflows/{path.name})" in PAGE
    assert workflow["permissions"] == {}
    assert given <= set(ACTION_FILE["inputs"])


def test_a_strangers_comment_takes_no_place_that_a_maintainers_or_a_push_waits_in() -> None:
    """GitHub lets one run wait in a group, the newest; groups are the repository's, not the workflow's."""
    groups = {path.name: re.findall(r"^ +group: (.*)$", path.read_text(), re.MULTILINE) for path in WORKFLOWS}
    (asked,) = groups.pop("comment.yml")
    assert "comment.user.login" in asked
    assert not any(asked.startswith(group.partition("${{")[0] + "${{") for (group,) in groups.values())
