"""What GitHub's runner does with `action.yml`, as far as a test needs it: steps, expressions, files, workflow commands.

The scripts are run exactly as they are written, under the variables that `env:` names and those that the runner sets, by the shell that
`shell: bash` means.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ACTION = Path(__file__).parent.parent / "action.yml"
BASH = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]
_EXPRESSION = re.compile(r"\$\{\{\s*([^}]+?)\s*\}\}")
_COMMAND = re.compile(r"^\s*::([\w-]+)(?: ([^:]*))?::(.*)$")
_OLD_COMMAND = re.compile(r"##\[([\w-]+)(?: ([^\]]*))?\](.*)$")


@dataclass(frozen=True)
class Command:
    """A workflow command that the runner obeyed."""

    name: str
    properties: str
    data: str


@dataclass(frozen=True)
class Ran:
    """What a run of the action left."""

    code: int
    log: str
    """Both streams, as the runner reads them."""
    outputs: Mapping[str, str]
    summary: str
    commands: tuple[Command, ...]

    def said(self, level: str) -> list[str]:
        """The messages of one level that are shown at the run."""
        return [command.data for command in self.commands if command.name == level]


Launch = Callable[[Path, str, Mapping[str, str]], tuple[int, bytes]]
"""Runs a script in a folder under these variables; its exit code, and both streams as one."""


def by_bash(script: Path, folder: str, variables: Mapping[str, str]) -> tuple[int, bytes]:
    """As the runner does it."""
    done = subprocess.run(
        [*BASH, str(script)], cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.returncode, done.stdout


@dataclass
class Runner:
    """A machine with a workspace."""

    workspace: Path
    temp: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    """What the job's `env:` and the operator set."""
    python: str = ""
    """Stands for what the step `install` made; empty to run that step, too."""
    launch: Launch = by_bash

    def run(self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str], *, fork: bool = False) -> Ran:
        """One run of the action."""
        action = yaml.safe_load(ACTION.read_text())
        given = {name: str(inputs.get(name, spec.get("default", ""))) for name, spec in action["inputs"].items()}
        assert set(inputs) <= set(given), "an input that action.yml does not have"
        steps: dict[str, Mapping[str, str]] = {}
        log, summary, code = "", "", 0
        for step in action["runs"]["steps"]:
            if step["id"] == "install" and self.python:
                steps["install"] = {"python": self.python}
                continue
            values = _values(given, steps, self.temp, fork=fork)
            code, text, steps[step["id"]], page = self._step(step, values, event, payload)
            log, summary = log + text, summary + page
            if code:
                break
        outputs = {
            name: _filled(spec["value"], _values({}, {"install": {}, "review": {}} | steps, self.temp, fork=fork))
            for name, spec in action["outputs"].items()
        }
        return Ran(code, log, outputs, summary, tuple(_commands(log)))

    def _step(
        self, step: Mapping[str, Any], values: Mapping[str, str], event: str, payload: Mapping[str, Any]
    ) -> tuple[int, str, Mapping[str, str], str]:
        files = self.temp / "_runner_file_commands" / step["id"]
        files.mkdir(parents=True, exist_ok=True)
        (files / "event.json").write_text(json.dumps(payload))
        for name in ("output", "summary", "env", "path", "script"):
            (files / name).write_text(step["run"] if name == "script" else "")
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ACTION.parent),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(files / "event.json"),
            "GITHUB_OUTPUT": str(files / "output"),
            "GITHUB_STEP_SUMMARY": str(files / "summary"),
            "GITHUB_ENV": str(files / "env"),
            "GITHUB_PATH": str(files / "path"),
            "GITHUB_RUN_ID": "7",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            **self.environ,
            **{name: _filled(text, values) for name, text in step.get("env", {}).items()},
        }
        assert step["shell"] == "bash"
        code, out = self.launch(files / "script", _filled(step["working-directory"], values), variables)
        assert (files / "env").read_text() + (files / "path").read_text() == "", "the action changes no later step"
        log = out.decode("utf-8", "surrogateescape")
        return code, log, _outputs((files / "output").read_text()), (files / "summary").read_text()


def _values(inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]], temp: Path, *, fork: bool) -> dict[str, str]:
    token = "ghs_read_only" if fork else "ghs_0123456789abcdef"
    values = {"runner.temp": str(temp), "github.token": token}
    values |= {f"inputs.{name}": _EXPRESSION.sub(token, text) for name, text in inputs.items()}
    return values | {f"steps.{step}.outputs.{name}": text for step, outputs in steps.items() for name, text in outputs.items()}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its expressions evaluated; an output that no step set is empty, as GitHub has it."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        assert name in values or name.startswith("steps."), f"an expression no test knows: {name}"
        return values.get(name, "")

    return _EXPRESSION.sub(value, text)


def _outputs(text: str) -> Mapping[str, str]:
    lines = text.split("\n")
    values: dict[str, str] = {}
    while lines and lines[0]:
        line = lines.pop(0)
        name, delimiter, end = line.partition("<<")
        if delimiter:
            place = lines.index(end)
            values[name] = "\n".join(lines[:place])
            lines = lines[place + 1 :]
        else:
            name, _, values[name] = line.partition("=")
    return values


def _commands(log: str) -> list[Command]:
    """The commands the runner would obey: `::name::` at the start of a line, `##[name]` anywhere, and none while they are stopped."""
    obeyed: list[Command] = []
    stopped = ""
    for line in log.splitlines():
        found = _COMMAND.match(line) or _OLD_COMMAND.search(line)
        if found is None:
            continue
        command = Command(found[1], found[2] or "", found[3])
        if stopped:
            stopped = "" if command.name == stopped else stopped
        elif command.name == "stop-commands":
            stopped = command.data
        else:
            obeyed.append(command)
    return obeyed
