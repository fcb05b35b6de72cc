"""A change, from the command line to the report, against a server that answers as a model would."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from github_server import GitHubServer, Pull
from messages_server import MessagesServer
from reviewer.cli import main

TREE = {
    "shop/price.py": "RATE = 1.2\n\n\ndef total(items):\n    return sum(items) * RATE\n",
    "shop/cart.py": "from shop.price import total\n\n\ndef pay(cart):\n    return total(cart.items)\n",
    "shop/stock.py": "def take(item):\n    try:\n        item.count -= 1\n    except:\n        pass\n",
    "tests/test_price.py": "from shop.price import total\n\n\ndef test_total():\n    assert total([1]) == 1.2\n",
    "yarn.lock": "# yarn lockfile v1\n",
    ".reviewerignore": "secret/\n",
    "secret/notes.txt": "nothing\n",
}
CHANGED = "RATE = 1.2\n\n\ndef total(items, rate=None):\n    rate = rate or RATE\n    return sum(items) * rate\n"


@dataclass
class Answerer:
    """Answers with the findings it was given, and keeps the requests."""

    findings: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, _body: Mapping[str, Any]) -> dict[str, Any]:
        return {"findings": self.findings, "summary": "A change of the price."}


@dataclass(frozen=True)
class Outcome:
    code: int
    review: dict[str, Any]
    err: str


def finding(path: str, quote: str, **more: object) -> dict[str, Any]:
    plain = {"path": path, "quote": quote, "start_line": 1, "end_line": 1, "category": "correctness", "severity": "high"}
    return {**plain, "confidence": "high", "title": "Zero is no rate", "explanation": "0 is falsy.", "suggestion": "", **more}


@pytest.fixture
def answerer() -> Answerer:
    return Answerer()


@pytest.fixture
def server(answerer: Answerer) -> Iterator[MessagesServer]:
    with MessagesServer(answerer) as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[..., Path]) -> Path:
    root = make_repository(TREE)
    git(root, "checkout", "-q", "-b", "topic")
    (root / "shop" / "price.py").write_text(CHANGED)
    (root / "yarn.lock").write_text("# yarn lockfile v2\n")
    git(root, "commit", "-qam", "A rate may be given\n\nNone means the usual one.")
    return root


Run = Callable[..., Outcome]


@pytest.fixture
def review(repository: Path, server: MessagesServer, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*args: str) -> Outcome:
        with monkeypatch.context() as patch:
            patch.chdir(repository)
            for name, value in server.environment.items():
                patch.setenv(name, value)
            code = main(["review", "--format", "json", *args])
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        return Outcome(code, json.loads(out) if out else {}, err)

    return run


def sent(server: MessagesServer) -> list[str]:
    """The texts of the last request that was answered."""
    (*_, last) = [request for request in server.requests if request.path == "/v1/messages"]
    return [block["text"] for block in last.body["messages"][0]["content"]]


def test_the_base_comes_first_then_the_change_then_the_question(review: Run, server: MessagesServer) -> None:
    assert review("--commit", "HEAD").code == 0

    documents, change, question = sent(server)
    assert "return sum(items) * RATE" in documents
    assert "rate or RATE" not in documents
    whole, diff, words = (
        change.index(part) for part in ("    rate = rate or RATE", "\n4 +def total(", "None means the usual one.")
    )
    assert whole < diff < words
    assert "\n4 -def total(items):\n" in change
    assert "yarn lockfile" not in documents + change
    assert '"yarn.lock": lock file' in question
    assert "Review this change" in question


def test_the_cached_prefix_is_the_same_for_the_next_push(review: Run, repository: Path, server: MessagesServer) -> None:
    assert review("--base", "main").code == 0
    before = sent(server)
    (repository / "shop" / "price.py").write_text(CHANGED.replace("None", "0"))
    assert review("--base", "main").code == 0

    assert sent(server)[0] == before[0]
    assert sent(server)[1] != before[1]
    assert [request for request in server.requests if request.path == "/v1/messages"][-1].body["messages"][0]["content"][1][
        "cache_control"
    ] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--base", "main"],
        ["--range", "main..topic"],
        ["--range", "main...HEAD"],
        ["--commit", "HEAD"],
        ["--base", "main", "--scope", "files"],
        ["--base", "main", "--scope", "diff"],
    ],
    ids=" ".join,
)
def test_however_the_change_is_named_a_finding_gets_its_lines_its_origin_and_its_anchor(
    review: Run, answerer: Answerer, arguments: list[str]
) -> None:
    answerer.findings = [finding("shop/price.py", "    rate = rate or RATE", origin="introduced")]
    outcome = review(*arguments)

    (found,) = outcome.review["findings"]
    assert (found["path"], found["start_line"], found["origin"]) == ("shop/price.py", 5, "introduced")
    assert found["anchor"] == {"start_line": 5, "end_line": 5, "left": False}
    assert (outcome.review["change"]["files"], outcome.review["change"]["added"], outcome.review["change"]["removed"]) == (
        2,
        4,
        3,
    )
    assert outcome.code == 0


def test_what_was_there_before_is_left_out_and_counted_unless_asked_for(review: Run, answerer: Answerer) -> None:
    answerer.findings = [finding("shop/stock.py", "    except:\n        pass", origin="pre-existing")]

    assert (review("--base", "main").review["findings"], review("--base", "main").review["pre_existing"]) == ([], 1)
    (found,) = review("--base", "main", "--pre-existing").review["findings"]
    assert (found["origin"], found["anchor"]) == ("pre-existing", None)


def test_a_claim_that_something_is_missing_is_refuted_by_the_repository(review: Run, answerer: Answerer) -> None:
    missing = finding("shop/price.py", "    rate = rate or RATE", title="`RATE` is never defined", origin="introduced")
    answerer.findings = [{**missing, "absent": [{"how": "undefined", "name": "RATE"}]}]
    outcome = review("--range", "main..topic")

    assert outcome.review["findings"] == []
    (refuted,) = outcome.review["refuted"]
    assert "shop/price.py" in refuted["reason"]
    assert "1 refuted" in outcome.err


def test_a_quote_of_what_is_gone_is_found_among_the_lines_that_the_change_removes(review: Run, answerer: Answerer) -> None:
    answerer.findings = [finding("shop/price.py", "    return sum(items) * RATE", origin="introduced")]
    outcome = review("--base", "main")

    (found,) = outcome.review["findings"]
    assert found["removed"] is True
    assert found["anchor"]["left"] is True
    assert outcome.review["ungrounded"] == []


def test_work_in_progress_staged_and_new_files_are_changes(review: Run, repository: Path, answerer: Answerer) -> None:
    (repository / "shop" / "new.py").write_text("def fresh():\n    return 1\n")
    (repository / "shop" / "cart.py").write_text("from shop.price import total\n\n\ndef pay(cart):\n    return total(cart)\n")
    git(repository, "add", "shop/cart.py")
    answerer.findings = [finding("shop/new.py", "def fresh():"), finding("shop/cart.py", "    return total(cart)")]

    assert review("--staged").review["change"]["files"] == 1
    both = review("--uncommitted").review
    assert both["change"]["files"] == 2
    assert {entry["path"] for entry in both["findings"]} == {"shop/new.py", "shop/cart.py"}


def test_no_difference_is_told_and_nobody_is_asked(review: Run, server: MessagesServer) -> None:
    outcome = review("--uncommitted")

    assert outcome.code == 0
    assert outcome.review["change"]["files"] == 0
    assert outcome.review["nothing_reviewed"] == "git found no difference"
    assert server.requests == []


@pytest.mark.parametrize("asked", [["plan"], ["review", "--print-prompt", "-"]])
def test_of_nothing_there_is_neither_a_plan_nor_a_prompt(
    asked: list[str], repository: Path, server: MessagesServer, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked, str(repository), "--base-url", server.url, "--uncommitted"]) == 0

    captured = capfd.readouterr()
    told = captured.out if asked == ["plan"] else captured.err
    assert "git found no difference" in " ".join(told.split())
    assert "Cost" not in captured.out
    assert server.requests == []


def test_a_change_outside_the_folder_that_was_named_is_not_called_no_difference(
    repository: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", str(repository / "tests"), "--base", "main", "--engine", "static", "--format", "json"]) == 0

    review = json.loads(capfd.readouterr().out)
    assert review["nothing_reviewed"] == "no changed file lies in tests"


def test_what_was_moved_out_of_the_folder_that_was_named_is_shown(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    git(repository, "mv", "shop/stock.py", "tests/stock.py")
    assert main(["review", str(repository / "shop"), "--staged", "--engine", "static", "--format", "json"]) == 0

    assert json.loads(capfd.readouterr().out)["change"]["files"] == 1


def test_a_folder_of_files_that_rules_leave_out_is_named_in_few_words(
    review: Run, repository: Path, server: MessagesServer
) -> None:
    (repository / "node_modules").mkdir()
    for number in range(3_000):
        (repository / "node_modules" / f"module{number}.js").write_text("exports.a = 1\n")
    (repository / "yarn.lock").write_text("# yarn lockfile v3\n")
    review("--base", "main")

    _, change, _ = sent(server)
    assert '"node_modules/module0.js" (added): vendored' in change
    assert "rate = rate or RATE" in change
    assert len(change) < 20_000


def test_a_change_of_lock_files_alone_costs_nothing_and_says_why(review: Run, repository: Path, server: MessagesServer) -> None:
    (repository / "yarn.lock").write_text("# yarn lockfile v3\n")
    outcome = review("--uncommitted")

    assert outcome.code == 0
    assert outcome.review["nothing_reviewed"] == "no changed file can be read: lock file (`yarn.lock`)"
    assert server.requests == []


def test_the_change_does_not_decide_what_of_it_is_looked_at(review: Run, repository: Path, server: MessagesServer) -> None:
    (repository / ".reviewerignore").write_text("*\n")
    (repository / "secret" / "notes.txt").write_text("still nothing\n")
    outcome = review("--base", "main")

    _, change, _ = sent(server)
    assert "rate = rate or RATE" in change
    assert "still nothing" not in change
    assert outcome.review["change"]["steering"] == [".reviewerignore"]


def test_a_patch_needs_no_repository(
    repository: Path,
    tmp_path: Path,
    server: MessagesServer,
    answerer: Answerer,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patch = tmp_path / "topic.patch"
    patch.write_text(git(repository, "diff", "main", "topic"))
    alone = tmp_path / "alone"
    alone.mkdir()
    monkeypatch.chdir(alone)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    answerer.findings = [finding("shop/price.py", "    rate = rate or RATE")]

    assert main(["review", "--diff-file", str(patch), "--format", "json"]) == 0
    review = json.loads(capfd.readouterr().out)
    (found,) = review["findings"]
    assert (found["start_line"], found["origin"]) == (5, "introduced")
    assert "nothing but its own lines was reviewed" in " ".join(review["notes"])
    assert list(alone.iterdir()) == []


def test_without_a_token_to_post_with_no_model_is_paid(
    review: Run, repository: Path, server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, head = (git(repository, "rev-parse", name).strip() for name in ("main", "topic"))
    with GitHubServer() as github:
        github.serve_repository("octo-org/hello", repository / ".git")
        github.state.add_pull(Pull(number=1, base_sha=base, head_sha=head, hunks={}))
        for name, value in github.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("GITHUB_TOKEN")
        outcome = review(f"{github.url}/octo-org/hello/pull/1", "--publish", "review")

    assert outcome.code == 4
    assert "there is no token to write to GitHub with" in outcome.err
    assert server.requests == []


def test_a_patch_that_came_through_a_pipe_has_a_name(
    repository: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given"
    given.write_text(git(repository, "diff", "main", "topic"))
    with given.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["review", str(repository), "--diff-file", "-", "--engine", "static"]) == 0

    assert "The change `patch on standard input`" in capfd.readouterr().out


def test_what_a_symbolic_link_is_is_told(review: Run, repository: Path, server: MessagesServer) -> None:
    (repository / "shop" / "latest.py").symlink_to("price.py")
    review("--base", "main")

    assert "(symbolic link: its line is the path it leads to)\n@@ -0 +1 @@\n1 +price.py" in sent(server)[1]


def test_lines_of_a_deleted_lock_file_are_not_sent(review: Run, repository: Path, server: MessagesServer) -> None:
    git(repository, "rm", "-q", "yarn.lock")
    review("--base", "main")

    assert '"yarn.lock" (deleted): lock file' in sent(server)[1]
    assert "yarn lockfile" not in sent(server)[1]


def test_a_review_of_the_diff_alone_is_a_review(review: Run, repository: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    assert review("--base", "main", "--scope", "diff", "-o", str(report)).code == 0

    assert "Nothing was reviewed" not in report.read_text()
    assert "**No findings** in 1 changed file." in report.read_text()
    assert "Not read: lock file (`yarn.lock`)." in report.read_text()


@pytest.mark.parametrize("flag", ["--base", "--range", "--commit", "--diff-file"])
def test_an_empty_name_is_not_taken_for_the_whole_repository(review: Run, server: MessagesServer, flag: str) -> None:
    outcome = review(flag, "")

    assert outcome.code == 2
    assert f"{flag} names no change: its value is empty." in outcome.err
    assert server.requests == []


def test_two_ways_of_naming_a_change_are_a_mistake(review: Run) -> None:
    outcome = review("--base", "main", "--staged")

    assert outcome.code == 2
    assert "--base and --staged name different changes" in outcome.err


def test_an_unknown_base_is_told_with_names_like_it(review: Run, server: MessagesServer) -> None:
    outcome = review("--base", "mian")

    assert outcome.code == 2
    assert "main" in outcome.err
    assert server.requests == []


def test_removed_code_may_be_quoted_under_a_path_of_the_diff_and_an_altered_quote_counts_for_less(
    review: Run, answerer: Answerer
) -> None:
    answerer.findings = [
        finding("a/shop/price.py", "5 -    return sum(items) * RATE", origin="introduced"),
        finding("shop/price.py", "    return sum(items) - rate", origin="introduced", title="Zero is not a rate"),
    ]

    removed, altered = sorted(review("--commit", "HEAD").review["findings"], key=lambda each: not each["removed"])

    assert (removed["path"], removed["start_line"], removed["removed"], removed["confidence"]) == (
        "shop/price.py",
        5,
        True,
        "high",
    )
    assert removed["quote"] == "    return sum(items) * RATE"
    assert removed["notes"] == ['path "a/shop/price.py" read as "shop/price.py"']
    assert (altered["as_quoted"], altered["confidence"]) == ("    return sum(items) - rate", "medium")
    assert altered["quote"] == "    return sum(items) * rate"
