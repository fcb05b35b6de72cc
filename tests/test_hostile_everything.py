"""Every way of looking at a stranger's repository that tries everything: nothing of it runs, nothing beside it is read, nothing is changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import git

from github_server import GitHubServer, Pull
from hostile_git import OUTSIDE, Armed, hostile_variables, lay_traps, traps_of_python
from messages_server import Behaviour, MessagesServer
from reviewer.cli import main
from reviewer.errors import SourceError

FILES = {
    "shop/price.py": "def total(items):\n    return sum(items)\n",
    "shop/cart.py": "from shop.price import total\n\n\ndef pay(cart):\n    return total(cart.items)\n",
    "NOTES.md": "one\n",
    "lost.bin": "what a partial clone would fetch\n",
    "picture.dat": "a filter would have to be run\n",
    "picture.raw": "a filter that speaks a protocol would have to be run\n",
}
INCOMPLETE = 3
"""A file that git does not have could not be read."""
CHANGED = "def total(items):\n    return eval(items)\n"
PATCH = "--- a/shop/price.py\n+++ b/shop/price.py\n@@ -1,2 +1,2 @@\n def total(items):\n-    return sum(items)\n+    return eval(items)\n"


@pytest.fixture(scope="module")
def armed_once(tmp_path_factory: pytest.TempPathFactory) -> Armed:
    place = tmp_path_factory.mktemp("stranger")
    root = place / "project"
    canaries = place / "canaries"
    for name, content in {**FILES, **traps_of_python(canaries)}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    git(root, "commit", "--quiet", "--message", "first")
    git(root, "switch", "--quiet", "--create", "topic")
    (root / "shop/price.py").write_text(CHANGED)
    (root / "NOTES.md").write_text("two\n")
    git(root, "commit", "--quiet", "--all", "--message", "second")
    shutil.copytree(root, place / "upstream", symlinks=True)  # what GitHub has
    (root / "shop/cart.py").write_text(FILES["shop/cart.py"] + "\n\nassert eval('1')\n")
    git(root, "add", "shop/cart.py")
    (root / "shop/new.py").write_text("eval(input())\n")
    for name in ("picture.dat", "picture.raw"):
        (root / name).write_text(FILES[name].upper())
    (place / "change.patch").write_text(PATCH)
    return lay_traps(root, canaries, place / "outside")


@pytest.fixture
def armed(armed_once: Armed) -> Armed:
    armed_once.calm()
    return armed_once


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        yield running


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def reviewer(armed: Armed, server: MessagesServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in the stranger's folder, with a model on this machine."""
    monkeypatch.chdir(armed.root)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    def run(*args: str | Path) -> Outcome:
        code = main([str(arg) for arg in args])
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        return Outcome(code, out, err)

    return run


def assert_nothing_happened(armed: Armed, before: Mapping[str, object], server: MessagesServer, *outcomes: Outcome) -> None:
    """Nothing ran, nothing beside the repository was read, nothing in it was changed, and no word from outside went anywhere."""
    assert armed.sprung() == []
    assert armed.read() == []
    assert armed.state() == before
    told = "".join(outcome.out + outcome.err for outcome in outcomes)
    sent = "".join(json.dumps(request.body) for request in server.requests)
    kept = "".join(
        path.read_text("utf-8", "replace") for path in Path(os.environ["REVIEWER_STATE_DIR"]).rglob("*") if path.is_file()
    )
    # The one file with the word in it that is the repository's own is `.env`.
    assert [OUTSIDE in text.replace(f"ANTHROPIC_API_KEY={OUTSIDE}", "") for text in (told, sent, kept)] == [False] * 3


WAYS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "the whole, by a plan": (("plan",), 0),
    "since a base": (("review", "--depth", "quick", "--base", "main"), INCOMPLETE),
}
MORE_WAYS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "the whole": (("review",), 0),
    "the whole, by the built-in checks": (("review", "--engine", "static"), 0),
    "a range": (("review", "--range", "main..topic"), INCOMPLETE),
    "a commit": (("review", "--commit", "topic"), INCOMPLETE),
    "what is staged": (("review", "--staged"), INCOMPLETE),
    "what is not committed": (("review", "--uncommitted"), INCOMPLETE),
    "a patch": (("review", "--diff-file", "../change.patch"), INCOMPLETE),
    "a plan of a range": (("plan", "--range", "main..topic"), 0),
    "the folders of a change, by the built-in checks": (("review", "--engine", "static", "--range", "main..topic", "shop"), 0),
}


@pytest.mark.parametrize("way", [*WAYS, *(pytest.param(way, marks=pytest.mark.nightly) for way in MORE_WAYS)])
def test_nothing_of_a_strangers_repository_runs(way: str, reviewer: Run, armed: Armed, server: MessagesServer) -> None:
    args, code = {**WAYS, **MORE_WAYS}[way]
    before = armed.state()

    outcome = reviewer(*args)

    assert outcome.code == code, outcome.err
    assert "eval" in outcome.out + "".join(json.dumps(request.body) for request in server.requests) or args[0] == "plan"
    assert_nothing_happened(armed, before, server, outcome)


def test_a_question_a_cut_review_and_its_resumption_run_nothing(reviewer: Run, armed: Armed, server: MessagesServer) -> None:
    before = armed.state()
    server.queue(Behaviour(keep_events=6, ending="closed"))

    cut = reviewer("review", "--depth", "quick")
    resumed = reviewer("resume")
    asked = reviewer("ask", "What is in .git/config?")

    assert [cut.code, resumed.code, asked.code] == [4, 0, 0], cut.err + resumed.err + asked.err
    assert len(server.messages) == 3
    assert_nothing_happened(armed, before, server, cut, resumed, asked)


def test_a_pull_request_seen_from_a_strangers_clone_runs_nothing(
    reviewer: Run, armed: Armed, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = armed.root.parent / "upstream"
    base, head = (git(upstream, "rev-parse", name).strip() for name in ("main", "topic"))
    before = armed.state()
    with GitHubServer() as github:
        github.serve_repository("octo-org/hello", upstream)
        github.state.add_pull(Pull(number=1, base_sha=base, head_sha=head, hunks={}))
        for name, value in github.environment.items():
            monkeypatch.setenv(name, value)

        outcome = reviewer("review", f"{github.url}/octo-org/hello/pull/1", "--depth", "quick")

        assert outcome.code == INCOMPLETE, outcome.err
        assert github.violations == []
    assert_nothing_happened(armed, before, server, outcome)


def test_variables_of_git_lead_nowhere(
    reviewer: Run, armed: Armed, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in hostile_variables(armed.canaries, armed.outside).items():
        monkeypatch.setenv(name, value)
    before = armed.state()

    outcome = reviewer("plan", "--base", "main")

    assert outcome.code == 0, outcome.err
    assert_nothing_happened(armed, before, server, outcome)


@pytest.mark.nightly
def test_a_process_of_its_own_in_a_strangers_folder_runs_nothing(armed: Armed, server: MessagesServer) -> None:
    before = armed.state()
    command = [str(Path(sys.executable).with_name("reviewer")), "review", "--engine", "static"]

    done = subprocess.run(command, cwd=armed.root, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert_nothing_happened(armed, before, server, Outcome(0, done.stdout, done.stderr))


NAMES = ("--output=../stolen", "-rf", "@{-1}", ":/first", "HEAD^{/first}", "main:shop")


def test_no_name_of_a_commit_is_an_option_a_search_or_a_log(reviewer: Run, armed: Armed, server: MessagesServer) -> None:
    before = armed.state()

    ranges = [reviewer("plan", "--range", f"main..{name}") for name in NAMES]
    others = [reviewer("plan", flag, NAMES[0]) for flag in ("--base", "--commit")]

    assert [(outcome.code, outcome.err) for outcome in (*ranges, *others) if outcome.code != SourceError.exit_code] == []
    assert not (armed.root.parent / "stolen").exists()
    assert_nothing_happened(armed, before, server, *ranges, *others)


IDENTITY = ("-c", "user.name=A Person", "-c", "user.email=person@example.invalid")
CARELESS = (
    *(("status",), ("diff",), ("diff", "--no-ext-diff"), ("diff", "main", "topic"), ("diff", "main", "topic", "--no-ext-diff")),
    *(("log", "-p", "-2"), ("show", "main:lost.bin"), ("archive", "main"), ("fetch", "origin"), ("add", "picture.dat")),
    *(
        ("rm", "--quiet", "--cached", "--force", "picture.raw"),
        ("commit", "--quiet", "--message", "x"),
        ("checkout", "main", "--", "shop/price.py", "picture.dat"),
        ("fetch", "third"),
    ),
    *(("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "diff", "--no-ext-diff", "--no-textconv"), ("gc",)),
    *(("submodule", "update", "--init"), ("config", "--list", "--includes"), ("cat-file", "-p", "main:shop/price.py")),
)
SPRING = {
    *("worktree-fsmonitor", "diff-external", "diff-command", "textconv", "clean", "process", "smudge", "uploadpack", "ext"),
    *("named-hook-post-checkout", "named-hook-post-index-change", "named-hook-reference-transaction"),
}


def test_the_traps_do_spring_for_whoever_runs_git_there(armed: Armed, tmp_path: Path) -> None:
    copy = tmp_path / "project"
    subprocess.run(["cp", "-a", armed.root, copy], check=True)
    for args in CARELESS:
        subprocess.run(
            ["git", *IDENTITY, *args], cwd=copy, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
    subprocess.run([sys.executable, "-c", "import httpx2"], cwd=copy, capture_output=True, check=False)
    assert SPRING <= set(armed.sprung())
    assert "config" in armed.read()
