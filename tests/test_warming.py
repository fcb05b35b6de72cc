"""A review soon after another: what the provider still has is not sent anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from messages_server import Behaviour, MessagesServer
from reviewer.cli import main
from reviewer.run_passes import uses
from reviewer.run_prune import read_record

FILES = {
    "a/first.py": "def load(text):\n    return eval(text)\n",
    **{
        f"lib/part{number:02}.py": f"# Part {number}\n" + "def used(one, two):\n    return one + two\n" * 40
        for number in range(12)
    },
}


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        yield running


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    return make_repository(FILES)


@pytest.fixture
def review(
    server: MessagesServer, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    def run(*flags: str) -> dict[str, Any]:
        output = tmp_path / "report.json"
        assert main(["review", str(repository), "--yes", "--output", str(output), *flags]) == 0
        report: dict[str, Any] = json.loads(output.read_text())
        return report

    return run


def commit(repository: Path, path: str, text: str) -> None:
    (repository / path).write_text(text)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "more")


def blocks(server: MessagesServer, number: int = -1) -> list[str]:
    return [block["text"] for block in server.messages[number].body["messages"][0]["content"]]


def test_after_a_commit_the_files_that_changed_are_told_after_those_the_cache_still_has(
    server: MessagesServer, repository: Path, review: Callable[..., Any]
) -> None:
    review("--depth", "quick")
    commit(repository, "a/first.py", "def load(text):\n    return exec(text)\n")
    report = review("--depth", "quick")

    first, second = server.messages
    assert second.usage["cache_read_input_tokens"] == first.usage["cache_creation_input_tokens"]
    assert second.usage["cache_creation_input_tokens"] < first.usage["cache_creation_input_tokens"] / 5
    assert blocks(server)[:-2] == blocks(server, 0)[:-1]
    assert "return exec(text)" in blocks(server)[-2]
    assert report["change"] is None
    assert [(found["quote"], found["path"]) for found in report["findings"]] == [("    return exec(text)", "a/first.py")]
    assert report["coverage"]["read"] == len(FILES)
    assert any("what differs from them was told after them" in note for note in report["notes"])


def test_what_is_not_committed_and_what_is_gone_is_told_too(
    server: MessagesServer, repository: Path, review: Callable[..., Any]
) -> None:
    review("--depth", "quick")
    (repository / "lib" / "new.py").write_text("import os\n")
    (repository / "lib" / "part03.py").unlink()
    review("--depth", "quick")

    told = blocks(server)[-2]
    assert 'path="lib/new.py"' in told
    assert '- "lib/part03.py"' in told
    assert server.messages[-1].usage["cache_read_input_tokens"] > 0


def test_a_third_review_goes_on_with_the_first_ones_files(
    server: MessagesServer, repository: Path, review: Callable[..., Any]
) -> None:
    review("--depth", "quick")
    commit(repository, "a/first.py", "pass\n")
    review("--depth", "quick")
    commit(repository, "lib/part01.py", "pass\n")
    review("--depth", "quick")

    first, _, third = server.messages
    assert third.usage["cache_read_input_tokens"] >= first.usage["cache_creation_input_tokens"]
    assert 'path="a/first.py"' in blocks(server)[-2]
    assert 'path="lib/part01.py"' in blocks(server)[-2]


def test_the_same_files_again_are_read_whole_from_the_cache(server: MessagesServer, review: Callable[..., Any]) -> None:
    review("--depth", "quick")
    review("--depth", "quick")

    assert blocks(server) == blocks(server, 0)
    assert server.messages[1].usage["cache_creation_input_tokens"] == 0


@pytest.mark.parametrize("flags", [["--model", "sonnet"], ["--effort", "low"], ["--exclude", "lib/part01.py"]], ids=" ".join)
def test_a_run_that_was_asked_otherwise_is_none_to_build_upon(
    server: MessagesServer, repository: Path, review: Callable[..., Any], flags: list[str]
) -> None:
    review("--depth", "quick")
    commit(repository, "a/first.py", "pass\n")
    review("--depth", "quick", *flags)

    assert "<updated_documents>" not in "".join(blocks(server))


def test_files_that_were_not_committed_when_they_were_sent_cannot_be_had_again(
    server: MessagesServer, repository: Path, review: Callable[..., Any]
) -> None:
    (repository / "a" / "first.py").write_text("never = 'committed'\n")
    review("--depth", "quick")
    commit(repository, "a/first.py", "pass\n")
    review("--depth", "quick")

    assert "<updated_documents>" not in "".join(blocks(server))


def test_a_large_change_is_no_update(server: MessagesServer, repository: Path, review: Callable[..., Any]) -> None:
    review("--depth", "quick")
    for number in range(6):
        commit(repository, f"lib/part{number:02}.py", FILES[f"lib/part{number:02}.py"] + "# more\n")
    review("--depth", "quick")

    assert "<updated_documents>" not in "".join(blocks(server))


def test_an_expired_prompt_is_not_built_upon(
    server: MessagesServer, repository: Path, review: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    review("--depth", "quick")
    for record in (Path.home() / "state" / "runs").glob("*/passes/*.json"):
        value = json.loads(record.read_text())
        for attempt in value["attempts"]:
            attempt["began"] = "2020-01-01T00:00:00+00:00"
        record.write_text(json.dumps(value))
    commit(repository, "a/first.py", "pass\n")
    review("--depth", "quick")

    assert "<updated_documents>" not in "".join(blocks(server))


def test_a_run_over_an_earlier_ones_files_goes_on_over_them(
    server: MessagesServer, repository: Path, review: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    review("--depth", "quick")
    commit(repository, "a/first.py", "def load(text):\n    return exec(text)\n")
    server.queue(Behaviour(keep_events=6, ending="closed"))
    assert main(["review", str(repository), "--yes", "--depth", "quick"]) in {3, 4}
    before = blocks(server)[:-1]
    assert main(["resume"]) == 0

    assert blocks(server)[:-1] == before
    assert "<updated_documents>" in before[-1]


def test_a_run_over_the_files_of_its_own_commit_goes_on_though_the_work_tree_differs_from_it(
    server: MessagesServer, repository: Path, review: Callable[..., Any]
) -> None:
    review("--depth", "quick")
    (repository / "a" / "first.py").write_text("def load(text):\n    return exec(text)\n")
    server.queue(Behaviour(keep_events=6, ending="closed"))
    assert main(["review", str(repository), "--yes", "--depth", "quick"]) in {3, 4}
    before = blocks(server)[:-1]
    assert "<updated_documents>" in before[-1]
    assert main(["resume"]) == 0

    assert blocks(server)[:-1] == before


@pytest.mark.parametrize("committed", [False, True])
def test_a_file_that_a_rule_leaves_out_by_now_is_not_sent_once_more(
    server: MessagesServer, repository: Path, review: Callable[..., Any], committed: bool
) -> None:
    review("--depth", "quick")
    if committed:
        commit(repository, ".reviewerignore", "part01.py\n")
    else:
        (repository / ".reviewerignore").write_text("part01.py\n")
    report = review("--depth", "quick")

    assert "lib/part01.py" in {skipped["path"] for skipped in report["coverage"]["skipped"]}
    assert "# Part 1\n" not in "".join(blocks(server))


def test_what_is_told_twice_is_in_the_estimate_and_in_what_a_true_count_teaches(
    server: MessagesServer, repository: Path, review: Callable[..., Any]
) -> None:
    review("--depth", "quick")
    for number in range(2):
        (repository / "lib" / f"part{number:02}.py").write_text(FILES[f"lib/part{number:02}.py"] + "# more\n")
    (repository / "lib" / "part02.py").unlink()
    review("--depth", "quick")

    assert "<updated_documents>" in "".join(blocks(server))
    ((first, second),) = json.loads((Path.home() / "state" / "corrections.json").read_text())["endpoints"][server.url].values()
    assert second[0] > first[0] * 1.05
    assert second[1] / second[0] == pytest.approx(first[1] / first[0], rel=0.03)


def test_another_endpoint_has_nothing_to_build_upon(
    repository: Path, review: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    review("--depth", "quick")
    commit(repository, "a/first.py", "pass\n")
    with MessagesServer() as other:
        for name, value in other.environment.items():
            monkeypatch.setenv(name, value)
        review("--depth", "quick")

        assert "<updated_documents>" not in "".join(blocks(other))


def test_print_prompt_writes_the_request_that_would_be_sent(
    server: MessagesServer, repository: Path, review: Callable[..., Any], tmp_path: Path
) -> None:
    review("--depth", "quick")
    commit(repository, "a/first.py", "pass\n")
    written = tmp_path / "request.json"
    assert main(["review", str(repository), "--depth", "quick", "--print-prompt", str(written)]) == 0
    review("--depth", "quick")

    assert [block["text"] for block in json.loads(written.read_text())["messages"][0]["content"]] == blocks(server)
    assert "<updated_documents>" in blocks(server)[-2]


def test_a_lifetime_that_was_left_to_choose_is_the_one_that_was_chosen(review: Callable[..., Any]) -> None:
    review("--effort", "high")
    (folder,) = (Path.home() / "state" / "runs").iterdir()
    record = read_record(folder)

    assert record is not None
    assert {use.lifetime for use in uses(folder, record)} == {3600}
