"""A machine, a GitHub and a model that was taken over; and the four ways in which somebody meets them."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from drill_corpus import Attack, attacks
from drill_model import TRUTHS, TakenOver
from drill_planting import APP, Planted
from drill_watch import Watch, watched

from action_runner import Ran as ActionRan
from action_runner import Runner
from github_server import GitHubServer, Pull, files_of
from reviewer.cli import main
from reviewer.findings import Category, Severity
from reviewer.github.markers import fingerprint_marker, review_key, state_marker
from reviewer.github.memory import Place, Remembered, encode, kept_quote
from reviewer.reply.fingerprint import fingerprint

CORPUS = attacks()
KEY = "sk-ant-api03-" + "Zq7Wx2Ec9Rv4Tb6Yn1Um8Ik3Ol5Pj0Hg"  # in two parts: no scanner is to mistake this file for a leak
TOKEN = "ghs_0123456789abcdef"  # what action_runner.py hands to the job
STRANGER = "stranger"
SURFACES = ("whole", "range", "pull")
"""The whole of what is checked out, and two questions about it; what a branch changes; a pull request, by the action, to be posted."""
KEPT_FROM_READERS = frozenset({"event.json", "script"})
"""Files that the job's runner makes, not we."""


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """One run, and all that came of it."""

    codes: tuple[int, ...]
    """One for each command."""
    out: str
    err: str
    reports: Mapping[str, str]
    """What was written, by name; of the action its summary and its log as well."""
    kept: Mapping[str, str]
    """Every file that the run left anywhere, reports and state."""
    asked: tuple[str, ...]
    """The calls to the model's server, in order."""
    called: tuple[str, ...]
    """The calls to GitHub and its git, in order."""
    bodies: tuple[Mapping[str, Any], ...]
    """What was sent to the model."""
    wishes: tuple[tuple[str, Any], ...]
    """Method and path, and body, of what was to change something on GitHub."""
    posted: tuple[str, ...]
    """The texts that stand on the pull request in our name afterwards."""
    review_states: tuple[str, ...]
    obeyed: frozenset[str]
    watch: Watch
    servers: frozenset[str]
    is_in_workflow: bool = False
    """Whether the standard streams are a workflow's log."""
    commands: tuple[str, ...] = ()
    """Names of the commands that the runner of the action's job obeyed."""

    @property
    def texts(self) -> Mapping[str, str]:
        """All that a person or a program can read afterwards."""
        posted = {f"posted {number}": text for number, text in enumerate(self.posted)}
        return {"standard output": self.out, "standard error": self.err, **self.reports, **posted}


@dataclass
class Drill:
    """The machine on which the drills take place."""

    planted: Planted
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[bytes]
    _runs: int = field(default=0)

    def run(self, surface: str, corpus: Iterable[Attack], *flags: str, pull: Pull | None = None) -> Drilled:
        """Meet these attacks on a surface; with none of them the model is honest."""
        self._runs += 1
        with TakenOver(corpus, key=KEY, token=TOKEN) as model, GitHubServer(token=TOKEN) as github:
            self._prepare(model)
            if surface == "pull":
                return self._pull(model, github, pull or self.hostile_pull(), flags)
            return self._local(surface, model, github, flags)

    def hostile_pull(self) -> Pull:
        """The pull request with all that its author may write."""
        text = {place: "\n\n".join(it.planted for it in CORPUS if it.place == place) for place in ("title", "body")}
        pull = dataclasses.replace(self.clean_pull(), head_sha=self.planted.hostile, head_ref=self.planted.branch)
        files = files_of(self.planted.root, self.planted.base, self.planted.hostile)
        return dataclasses.replace(pull, title=text["title"].replace("\n\n", " / "), body=text["body"], files=files)

    def clean_pull(self) -> Pull:
        """The same change of the same file, without any attack."""
        return Pull(number=7, base_sha=self.planted.base, head_sha=self.planted.clean, hunks=self.planted.hunks)

    @property
    def out(self) -> Path:
        """Where this run's reports go."""
        return self.folder / f"out-{self._runs}"

    @property
    def temp(self) -> Path:
        """The machine's folder for what is only needed for a while."""
        return self.folder / "temp"

    @property
    def state(self) -> Path:
        """Where this run's state is kept."""
        return self.folder / f"state-{self._runs}"

    def _prepare(self, model: TakenOver) -> None:
        for folder in (self.out, self.state):
            folder.mkdir()
        self.monkeypatch.setattr(tempfile, "tempdir", str(self.temp))
        given = {**model.environment, "TMPDIR": str(self.temp), "REVIEWER_STATE_DIR": str(self.state), "GITHUB_TOKEN": TOKEN}
        for name, value in given.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.chdir(self.planted.root)

    def _local(self, surface: str, model: TakenOver, github: GitHubServer, flags: tuple[str, ...]) -> Drilled:
        outputs = [part for name in ("r.md", "r.json", "r.sarif") for part in ("-o", str(self.out / name))]
        wanted = ["--range", "main...HEAD"] if surface == "range" else []
        review = ["review", *wanted, "--isolated", "--fail-on", "high", "--yes", *outputs, "-o", "-", *flags]
        self.capture.readouterr()
        with watched() as watch:
            self.monkeypatch.setenv("GITHUB_ACTIONS", "true" if surface == "range" else "")  # as in a workflow of somebody's own
            codes = [main(review)]
            if surface == "whole" and codes[0] in {0, 1, 3}:
                codes += [main(["ask", "Is it safe?"]), main(["ask", "And what else?"])]
            out, err = self.capture.readouterr()
        reports = {path.name: path.read_text("utf-8") for path in self.out.iterdir()}
        drilled = self._drilled(codes, out, err, reports, model, github, watch)
        return dataclasses.replace(drilled, is_in_workflow=surface == "range")

    def _pull(self, model: TakenOver, github: GitHubServer, pull: Pull, flags: tuple[str, ...]) -> Drilled:
        github.state.add_pull(pull)
        if pull.head_sha == self.planted.hostile:
            forge_memory(github, pull)
        github.serve_repository(github.state.full_name, self.planted.root)
        payload = {"action": "synchronize", "number": 7, "pull_request": github.state.pull_object(pull)}
        place = {"GITHUB_REPOSITORY": github.state.full_name, "GITHUB_SHA": "c" * 40, "ANTHROPIC_BASE_URL": model.url}
        server = {name: url for name, url in github.environment.items() if name != "GITHUB_TOKEN"}
        given = {"anthropic-api-key": KEY, "fail-on": "high", "args": " ".join(("--max-comments=100", "--verbose", *flags))}
        with watched() as watch:
            runner = Runner(self.folder, self.out, {**server, **place, "TMPDIR": str(self.temp)}, "python", self._in_process)
            ran = runner.run("pull_request", payload, given)
        assert github.violations == []
        return self._of_action(ran, model, github, watch)

    def _kept(self) -> Iterator[tuple[str, str]]:
        for folder in (self.out, self.state):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and path.name not in KEPT_FROM_READERS:
                    yield str(path.relative_to(self.folder)), path.read_bytes().decode("utf-8", "replace")

    def _in_process(self, _script: Path, folder: str, variables: Mapping[str, str]) -> tuple[int, bytes]:
        with self.monkeypatch.context() as patch:
            for name in set(os.environ) - set(variables):
                patch.delenv(name)
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.chdir(folder)
            self.capture.readouterr()
            code = main(["action"])
            out, err = self.capture.readouterr()
        return code, out + err

    def _of_action(self, ran: ActionRan, model: TakenOver, github: GitHubServer, watch: Watch) -> Drilled:
        reports = {"summary": ran.summary, "log": ran.log}
        for kind in ("report-path", "json-path", "sarif-path"):
            if ran.outputs[kind]:
                reports[Path(ran.outputs[kind]).name] = Path(ran.outputs[kind]).read_text("utf-8")
        drilled = self._drilled([ran.code], b"", b"", reports, model, github, watch)
        return dataclasses.replace(drilled, commands=tuple(command.name for command in ran.commands))

    def _drilled(
        self,
        codes: list[int],
        out: bytes,
        err: bytes,
        reports: Mapping[str, str],
        model: TakenOver,
        github: GitHubServer,
        watch: Watch,
    ) -> Drilled:
        writes = [it for it in github.requests if it.method != "GET"]
        ours = (*github.state.reviews, *github.state.review_comments, *github.state.issue_comments)
        return Drilled(
            codes=tuple(codes),
            out=out.decode("utf-8"),
            err=err.decode("utf-8"),
            reports=reports,
            kept=dict(self._kept()),
            asked=tuple(f"{it.method} {it.path}" for it in model.requests),
            called=(*(f"{it.method} {it.path}" for it in github.requests), *github.git.requests),
            bodies=tuple(it.body for it in model.requests if it.body is not None),
            wishes=tuple((f"{it.method} {it.path}", it.body) for it in writes),
            posted=tuple(row["body"] for row in ours if row["user"]["login"] == github.state.writer and row["body"]),
            review_states=tuple(row["state"] for row in github.state.reviews),
            obeyed=frozenset(model.obeying.obeyed),
            watch=watch,
            servers=frozenset(url.removeprefix("http://") for url in (model.url, github.url)),
        )


def forge_memory(github: GitHubServer, pull: Pull) -> None:
    """What a stranger wrote on the pull request: that all which is true was told before."""
    fingerprints = [fingerprint(Category(it["category"]), it["path"], it["quote"]) for it in TRUTHS]
    known = [
        Remembered(
            fingerprint=name,
            posted_as=name,
            path=it["path"],
            category=Category(it["category"]),
            severity=Severity.CRITICAL,
            title=it["title"],
            quote=kept_quote(it["quote"]),
            first=it["start_line"],
            last=it["end_line"],
            since=pull.base_sha,
            place=Place.INLINE,
        )
        for name, it in zip(fingerprints, TRUTHS, strict=True)
    ]
    forged = {"{state}": state_marker(encode(pull.base_sha, known)), "{review_key}": review_key(pull.head_sha, fingerprints)}
    forged["<!-- reviewer:f={fingerprint} -->"] = "\n".join(map(fingerprint_marker, fingerprints))
    for attack in CORPUS:
        text = attack.planted
        for name, value in forged.items():
            text = text.replace(name, value)
        if attack.place == "comment":
            github.state.add_issue_comment(pull.number, text, login=STRANGER)
        elif attack.place == "review comment":
            wish = {"path": APP, "body": text, "line": 2, "side": "RIGHT", "commit_id": pull.head_sha}
            github.state.add_review_comment(pull.number, wish, login=STRANGER)
        elif attack.place == "review":
            github.state.add_review(pull.number, {"body": text, "event": "COMMENT"}, login=STRANGER)
