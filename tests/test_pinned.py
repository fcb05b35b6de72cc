"""What is installed, and what our workflows run, is named by its content."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=lambda path: path.name)
def test_every_requirement_is_one_version_with_its_hashes(path: Path) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).strip())

    assert entries
    assert [entry for entry in entries if not re.match(r"[A-Za-z0-9._\[\]-]+==[^\s;]+", entry)] == []
    assert [entry.partition("=")[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_the_action_installs_by_hash_and_builds_nothing() -> None:
    (pip,) = re.findall(r"-m pip install.*?requirements\.txt", (ROOT / "action.yml").read_text(), re.DOTALL)

    assert {"--require-hashes", "--only-binary", "--no-deps"} <= set(pip.split())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_that_a_workflow_uses_is_a_commit_and_no_job_has_rights_it_does_not_name(path: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text())
    used = [step["uses"] for job in workflow["jobs"].values() for step in job.get("steps", ()) if "uses" in step]

    assert [name for name in used if not name.startswith("./") and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []
    assert workflow["permissions"] == {}
