"""Many passes over one prefix, by the command line against a server that caches and bills as the provider does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from messages_server import Behaviour, MessagesServer, Rate
from reviewer.cli import main

FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/save.py": "def save(items=[]):\n    items.append(1)\n    return items\n",
    "app/words.py": "\n".join(
        f"WORD_{number} = 'one of many words, so that the prompt is long enough for the cache'" for number in range(60)
    ),
}


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as running:
        yield running


@pytest.fixture
def review(
    server: MessagesServer, make_repository: Callable[[Mapping[str, str]], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, dict[str, Any]]]:
    repository = make_repository(FILES)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    def run(*flags: str) -> tuple[int, dict[str, Any]]:
        output = tmp_path / "report.json"
        code = main(["review", str(repository), "--yes", "--output", str(output), *flags])
        return code, json.loads(output.read_text()) if output.exists() else {}

    return run


def passes(report: Mapping[str, Any]) -> list[str]:
    return [each["name"] for each in report["making"]["passes"] if each["asked"]]


def finding(title: str, quote: str, path: str = "app/load.py", **more: object) -> dict[str, object]:
    plain = {"path": path, "quote": quote, "start_line": 1, "end_line": 1, "category": "correctness", "severity": "high"}
    return {**plain, "confidence": "medium", "title": title, "explanation": f"{title}.", "suggestion": "", **more}


def answer(*findings: Mapping[str, object]) -> str:
    return json.dumps({"findings": findings, "summary": ""})


EVAL = finding("`eval` runs any text", "    return eval(text)", category="security")


def test_a_quick_review_is_one_request(server: MessagesServer, review: Callable[..., Any]) -> None:
    code, report = review("--depth", "quick")

    assert (code, passes(report), len(server.messages)) == (0, ["general"], 1)
    assert {found["verification"] for found in report["findings"]} == {None}


def test_a_standard_review_has_its_findings_verified_over_the_same_prefix(
    server: MessagesServer, review: Callable[..., Any]
) -> None:
    code, report = review()

    assert (code, passes(report)) == (0, ["general", "verification"])
    first, second = server.messages
    assert second.usage["cache_read_input_tokens"] == first.usage["cache_creation_input_tokens"] > 0
    assert {found["verification"]["ruling"] for found in report["findings"]} == {"confirmed"}
    assert report["cost_usd"] == pytest.approx(first.dollars + second.dollars)
    assert report["making"]["cache_warning"] == ""


def test_all_passes_share_every_byte_but_the_last_block(server: MessagesServer, review: Callable[..., Any]) -> None:
    code, report = review("--depth", "deep")

    bodies = [request.body for request in server.messages]
    assert (code, len(bodies), len(passes(report))) == (0, 9, 9)
    shared = [{**body, "messages": body["messages"][0]["content"][:-1], "diagnostics": None} for body in bodies]
    assert all(each == shared[0] for each in shared)
    assert len({body["messages"][0]["content"][-1]["text"] for body in bodies}) == 9
    read = sum(request.usage["cache_read_input_tokens"] for request in server.messages[1:])
    written = [request.usage["cache_creation_input_tokens"] for request in server.messages]
    assert written[1:] == [0] * 8
    assert read == 8 * written[0]


def test_the_first_runs_alone_until_it_begins_and_the_second_until_it_shows_the_hit(
    server: MessagesServer, review: Callable[..., Any]
) -> None:
    server.delay = 0.01
    review("--depth", "deep")

    first, second, *others = server.messages
    assert first.answered is not None
    assert second.answered is not None
    assert first.answered <= second.began
    assert all(second.answered <= other.began for other in others)
    assert server.most_at_once > 2


def test_a_prompt_that_is_not_read_from_the_cache_is_a_visible_warning_with_the_providers_reason(
    server: MessagesServer, review: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def forget(body: dict[str, Any]) -> object:
        server.clock.advance(301)
        return server_model(body)

    server_model, server.model = server.model, forget
    code, report = review()

    assert code == 0
    assert report["making"]["cache_warning"].startswith("The prompt was not read from the cache")
    assert "not read from the cache" in capsys.readouterr().err


def test_after_a_miss_nothing_begins_that_could_break_the_cap(
    server: MessagesServer, review: Callable[..., Any], write_files: Callable[..., Path]
) -> None:
    def forget(body: dict[str, Any]) -> object:
        server.clock.advance(301)
        return server_model(body)

    server_model, server.model = server.model, forget
    write_files({"words.txt": "many words\n" * 27_000})  # 100,000 tokens
    code, report = review("--depth", "deep", "--max-output", "1000", "--max-cost", "2.4")

    assert code == 3
    assert 1 < report["cost_usd"] < 2.4
    assert not report["complete"]
    skipped = [each for each in report["making"]["passes"] if not each["asked"]]
    assert skipped
    assert all("--max-cost" in each["problem"] for each in skipped)


def test_a_price_that_the_cap_cannot_take_is_refused_before_anything_is_sent(
    server: MessagesServer, review: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = review("--depth", "deep", "--max-cost", "0.5")

    assert (code, server.messages) == (3, [])
    assert "at most $0.50 may be spent" in capsys.readouterr().err


def test_no_more_run_at_once_than_the_endpoint_still_allows(server: MessagesServer, review: Callable[..., Any]) -> None:
    server.delay = 0.01
    server.rate = Rate(output_tokens=16_500, enforced=False)
    code, report = review("--depth", "deep")

    assert (code, len(passes(report))) == (0, 9)
    assert server.most_at_once <= 2


def test_a_look_that_fails_takes_nothing_from_the_others(server: MessagesServer, review: Callable[..., Any]) -> None:
    server.queue(Behaviour(text=answer(EVAL)), Behaviour(status=400, message="this look is refused"))
    code, report = review("--depth", "deep")

    assert (code, report["complete"], len(server.messages)) == (3, False, 8)
    assert [problem.split(":")[0] for problem in report["problems"]] == ["Security"]
    assert report["findings"]


def test_when_the_first_request_fails_nothing_else_is_sent(
    server: MessagesServer, review: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    server.queue(Behaviour(status=400, message="no such thing"))
    code, _ = review("--depth", "deep")

    asked = [request for request in server.requests if request.path == "/v1/messages"]
    assert (code, len(asked)) == (4, 1)
    assert "Traceback" not in capsys.readouterr().err


def test_looks_that_agree_make_one_finding_and_raise_its_confidence(server: MessagesServer, review: Callable[..., Any]) -> None:
    server.model = lambda body: (
        {"findings": [EVAL], "summary": ""} if "Verify" not in last_text(body) else {"findings": [], "summary": ""}
    )
    _, report = review("--depth", "deep")

    (found,) = report["findings"]
    assert len(found["found_by"]) == 8
    assert found["confidence"] == "high"


def test_a_refuted_finding_moves_to_the_fold_and_its_evidence_is_grounded(
    server: MessagesServer, review: Callable[..., Any]
) -> None:
    def model(body: dict[str, Any]) -> object:
        question = last_text(body)
        if "Verify" not in question:
            return {
                "findings": [EVAL, finding("`items` is shared", "def save(items=[]):", "app/save.py")],
                "summary": "As found.",
            }
        keys = re.findall(r'^<finding id="[^"]*" key="([^"]*)"', question, re.MULTILINE)
        evidence = {"path": "app/load.py", "quote": "def load(text):", "start_line": 4, "end_line": 4}
        false = {"path": "app/load.py", "quote": "nowhere to be found in it", "start_line": 4, "end_line": 4}
        return {
            "findings": [],
            "summary": "",
            "verdicts": [
                {"finding": keys[0], **evidence, "ruling": "refuted", "explanation": "Only we call it."},
                {"finding": keys[1], **false, "ruling": "refuted", "explanation": "It is copied."},
            ],
        }

    server.model = model
    code, report = review()

    assert code == 0
    (kept,), (refuted,) = report["findings"], report["refuted"]
    assert (refuted["title"], refuted["reason"]) == ("`eval` runs any text", "Only we call it.")
    assert refuted["verification"]["evidence"]["start_line"] == 4
    assert (kept["title"], kept["confidence"], kept["verification"]["ruling"]) == ("`items` is shared", "low", "uncertain")


def test_an_operators_own_lens_is_one_more_look(server: MessagesServer, review: Callable[..., Any], tmp_path: Path) -> None:
    lens = tmp_path / "Money matters.txt"
    lens.write_text("Look at how amounts are rounded.")
    _, report = review("--lens", str(lens))

    assert passes(report) == ["general", "money-matters", "verification"]
    assert "Look at how amounts are rounded." in last_text(server.messages[1].body)


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_lens_without_words_is_an_error(
    review: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    lens = tmp_path / "empty.txt"
    lens.write_text(text)

    assert review("--lens", str(lens))[0] == 2
    assert "nothing in it" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["verification.md", "Verification-2.md", "general-2.txt"])
def test_a_lens_cannot_be_called_as_another_request(
    review: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    lens = tmp_path / name
    lens.write_text("Look here.")

    assert review("--lens", str(lens))[0] == 2
    assert "of this name already" in capsys.readouterr().err


def test_repeated_looks_are_told_apart(server: MessagesServer, review: Callable[..., Any]) -> None:
    _, report = review("--depth", "quick", "--repeat", "3")

    assert passes(report) == ["general", "general-2", "general-3"]
    assert len(server.messages) == 3


def test_an_hour_is_asked_for_and_paid_for_as_one(server: MessagesServer, review: Callable[..., Any]) -> None:
    _, report = review("--cache", "1h")

    first = server.messages[0]
    assert first.usage["cache_creation"]["ephemeral_1h_input_tokens"] == first.usage["cache_creation_input_tokens"] > 0
    assert report["cost_usd"] == pytest.approx(sum(request.dollars for request in server.messages))


def test_nothing_found_is_nothing_to_verify(server: MessagesServer, review: Callable[..., Any]) -> None:
    server.queue(Behaviour(text=answer()))
    code, report = review()

    assert (code, report["complete"], len(server.messages)) == (0, True, 1)


def test_many_findings_are_verified_in_several_answers(server: MessagesServer, review: Callable[..., Any]) -> None:
    many = [
        finding(
            f"WORD_{number} is never spelt as it should be",
            f"WORD_{number} = 'one of many words, so that the prompt is long enough for the cache'",
            "app/words.py",
            start_line=number + 1,
        )
        for number in range(50)
    ]
    server.queue(Behaviour(text=answer(*many)))
    _, report = review()

    assert passes(report) == ["general", "verification", "verification-2"]
    assert all(found["verification"] for found in report["findings"])


def last_text(body: Mapping[str, Any]) -> str:
    text = body["messages"][0]["content"][-1]["text"]
    assert isinstance(text, str)
    return text
