"""Reviews over endpoints that are not the provider's own: what is said of tokens, dollars and caching is true on each of them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from messages_gateways import (
    COUNT,
    HTML,
    MESSAGES,
    ZEROS,
    Gateway,
    billed,
    counted_as,
    late,
    late_zeros,
    miscounted,
    page,
    reporting,
    swapped,
)

from messages_events import Behaviour
from messages_server import dollars
from reviewer import session
from reviewer.cli import main

FILES = {
    "app/load.py": "import yaml\n\n\ndef load(text):\n    return eval(text)\n",
    "app/words.py": "\n".join(f"WORD_{number} = 'one of many words, so that the prompt can be cached'" for number in range(600)),
}


@dataclass(frozen=True)
class Outcome:
    code: int
    report: Mapping[str, Any]
    """The JSON report; empty where there is none."""
    markdown: str
    err: str


Review = Callable[..., Outcome]


@pytest.fixture
def repository(make_repository: Callable[[Mapping[str, str]], Path]) -> Path:
    return make_repository(FILES)


@pytest.fixture
def review(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    def run(server: Gateway, *flags: str, command: str = "review") -> Outcome:
        report, markdown = tmp_path / "report.json", tmp_path / "report.md"
        with monkeypatch.context() as patch:
            patch.chdir(repository)
            for name, value in server.environment.items():
                patch.setenv(name, value)
            outputs = ["--output", str(report), "--output", str(markdown), "--yes"] if command == "review" else []
            code = main([command, *outputs, *flags])
        err = capfd.readouterr().err
        assert "Traceback" not in err, err
        made = json.loads(report.read_text()) if report.exists() else {}
        return Outcome(code, made, markdown.read_text() if markdown.exists() else "", err)

    return run


def ledger(server: Gateway) -> float:
    return sum(request.dollars for request in server.requests)


def asked(server: Gateway) -> int:
    return sum(request.path == MESSAGES for request in server.requests)


def state() -> Path:
    return Path(os.environ["REVIEWER_STATE_DIR"])


# --- counts -----------------------------------------------------------------------------------------------------------------------


def test_a_cap_that_a_wrong_count_breaks_is_a_problem_and_ends_the_run(review: Review) -> None:
    with Gateway(counting=miscounted(700), answering=Behaviour(billed=billed(600_000))) as server:
        outcome = review(server, "--max-cost", "0.70", "--max-output", "1000")

        assert outcome.code == 3, outcome.err
        assert asked(server) == 1
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert not outcome.report["complete"]
    assert any("more than --max-cost allows ($0.70)" in problem for problem in outcome.report["problems"])
    assert "more than --max-cost allows" in outcome.markdown


def test_the_last_request_too_says_that_it_broke_the_cap(review: Review) -> None:
    with Gateway(answering=Behaviour(billed=billed(600_000))) as server:
        outcome = review(server, "--max-cost", "0.70", "--max-output", "1000", "--depth", "quick")
    assert outcome.code == 3
    assert any("more than --max-cost allows ($0.70)" in problem for problem in outcome.report["problems"])


def test_a_count_that_only_another_tokenizer_explains_is_not_used(review: Review) -> None:
    with Gateway(counting=miscounted(700)) as server:
        outcome = review(server, "--depth", "quick")
    assert outcome.code == 0
    assert "The endpoint counts 700 tokens, which the estimate of" in outcome.err
    assert "about " in outcome.err


def test_the_money_is_held_to_the_larger_of_count_and_estimate(review: Review) -> None:
    with Gateway() as server:
        plain = review(server, "--depth", "quick", "--max-output", "1000")
    needed = float(re.findall(r"tokens in, standard window, \$[0-9.]+ to \$([0-9.]+)", plain.err)[0])
    (true,) = {request.usage["input_tokens"] + request.usage["cache_creation_input_tokens"] for request in server.messages}
    with Gateway(counting=miscounted(round(true * 0.9))) as server:
        outcome = review(server, "--depth", "quick", "--max-output", "1000")
    assert float(re.findall(r"tokens in, standard window, \$[0-9.]+ to \$([0-9.]+)", outcome.err)[0]) == pytest.approx(
        needed, abs=0.02
    )


def test_a_count_that_is_not_what_is_billed_is_told_learnt_from_and_replaced(review: Review) -> None:
    with Gateway() as server:
        review(server, "--depth", "quick")
        true = server.messages[0].usage["cache_creation_input_tokens"] + server.messages[0].usage["input_tokens"]
    (state() / "corrections.json").unlink()
    with Gateway(counting=miscounted(round(true * 0.85))) as server:
        outcome = review(server, "--depth", "quick")
        corrections = json.loads((state() / "corrections.json").read_text())["endpoints"]
        assert list(corrections) == [server.url]
    assert outcome.code == 0
    told = f"The endpoint counted {round(true * 0.85):,} tokens and billed {true:,}"
    assert told in outcome.err
    assert any(note.startswith(told) for note in outcome.report["notes"])
    assert [actual for _, actual in corrections[server.url]["claude-opus-5-5"]] == [true]


def test_what_one_gateway_counts_changes_no_plan_of_another(review: Review) -> None:
    with Gateway() as server:
        before = review(server, "--depth", "quick").err
    with Gateway(answering=Behaviour(billed=billed(60_000))) as wrong:
        review(wrong, "--depth", "quick")
    with Gateway() as other:
        after = review(other, "--depth", "quick").err
    price = r"tokens in, standard window, .*"
    assert re.findall(price, before) == re.findall(price, after)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422, 429, 500, 501, 503])
def test_a_count_that_is_refused_ends_no_review(review: Review, status: int) -> None:
    refused = Behaviour(path=COUNT, status=status, error="api_error", message="no counting", headers={"x-should-retry": "false"})
    with Gateway(counting=refused) as server:
        outcome = review(server)
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert outcome.code == 0
    assert len([note for note in outcome.report["notes"] if "count" in note and "tokens" in note]) == 1
    assert "about " in outcome.err


@pytest.mark.parametrize(
    "counting",
    [
        page(403, COUNT),
        page(200, COUNT),
        page(502, COUNT),
        Behaviour(path=COUNT, status=307, body=b"", headers={"location": "/elsewhere"}),
        Behaviour(path=COUNT, body=b"\xff\xfe", content_type="application/json"),
        counted_as({"input_tokens": -5}),
        counted_as({"input_tokens": "12"}),
        counted_as([1]),
        counted_as(None),
    ],
    ids=["page 403", "page 200", "page 502", "redirect", "noise", "negative", "text", "list", "null"],
)
def test_whatever_stands_in_the_place_of_a_count_ends_no_review(review: Review, counting: Behaviour) -> None:
    with Gateway(counting=counting) as server:
        outcome = review(server, "--depth", "quick")
    assert outcome.code == 0, outcome.err


def test_what_only_the_count_refuses_is_asked_of_the_message_all_the_same(review: Review) -> None:
    refused = Behaviour(path=COUNT, status=400, message="output_config: Extra inputs are not permitted")
    with Gateway() as server:
        server.queue(refused)
        outcome = review(server, "--depth", "quick")
        (message,) = server.messages
    assert outcome.code == 0
    assert "format" in message.body["output_config"]
    assert not any("structured output" in note for note in outcome.report["notes"])


def test_where_both_are_refused_the_message_says_why(review: Review) -> None:
    refused = Behaviour(status=401, error="authentication_error", message="invalid key")
    with Gateway(counting=Behaviour(path=COUNT, status=401, error="authentication_error"), answering=refused) as server:
        outcome = review(server)
    assert outcome.code == 4
    assert "reviewer: The endpoint 127.0.0.1 refused the credentials (HTTP 401" in outcome.err
    assert "resume" not in outcome.err  # there is nothing to resume


def test_an_estimate_that_touches_the_window_is_sent_where_nobody_can_count(review: Review, tmp_path: Path) -> None:
    catalogue = tmp_path / "own.toml"
    touched = []
    for window in range(14_000, 26_000, 3_000):
        catalogue.write_text(
            f'[[model]]\nid = "claude-opus-5-5"\ncontext_tokens = {window}\nmax_output_tokens = 1000\nlong_context = "none"\n'
        )
        with Gateway(counting=Behaviour(path=COUNT, status=404)) as server:
            outcome = review(server, "--catalog", str(catalogue), "--depth", "quick")
            if "which costs nothing" in outcome.err:
                touched.append((window, outcome.code, asked(server)))
    assert touched
    assert {(code, requests) for _, code, requests in touched} == {(0, 1)}


# --- usage ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "usage",
    [
        ZEROS,
        None,
        {},
        {"input_tokens": None, "output_tokens": None},
        {"input_tokens": "n/a", "output_tokens": -3},
        {"input_tokens": 1.5},
        "much",
        7,
    ],
    ids=str,
)
def test_usage_that_is_not_reported_is_unknown_and_not_free(review: Review, usage: object) -> None:
    with Gateway(answering=Behaviour(edit=reporting(usage))) as server:
        outcome = review(server)
        assert ledger(server) > 0
    assert outcome.code == 0, outcome.err
    assert outcome.report["cost_usd"] is None
    assert outcome.report["usage"]["reported"] == "unknown"
    assert [each["cost_usd"] for each in outcome.report["making"]["passes"]] == [None, None]
    assert outcome.report["making"]["cache_warning"] == ""
    assert "Cost: unknown (the endpoint reported no usage)" in outcome.markdown
    assert "read from the cache" not in outcome.markdown
    assert "$0.00" not in outcome.err
    (note,) = (note for note in outcome.report["notes"] if "no usage" in note)
    assert "--max-cost" in note


def test_an_answer_in_one_piece_without_usage_is_unknown_too(review: Review) -> None:
    with Gateway(answering=Behaviour(edit=reporting(None), one_piece=True)) as server:
        outcome = review(server, "--depth", "quick")
    assert (outcome.code, outcome.report["cost_usd"]) == (0, None)


def test_where_no_usage_is_reported_the_estimate_is_charged_to_the_cap(review: Review) -> None:
    flags = ("--depth", "deep", "--max-output", "1000")
    with Gateway(answering=Behaviour(edit=reporting(ZEROS))) as server:
        outcome = review(server, *flags, "--max-cost", "0.90")
        assert 1 < asked(server) < 9, outcome.err
        assert ledger(server) < 0.90
    assert outcome.code == 3
    assert any("--max-cost" in problem for problem in outcome.report["problems"])


def test_a_run_whose_cost_is_unknown_is_listed_as_that(review: Review, capfd: pytest.CaptureFixture[str]) -> None:
    with Gateway(answering=Behaviour(edit=reporting(ZEROS))) as server:
        review(server)
    main(["runs", "--format", "json"])
    (run,) = json.loads(capfd.readouterr().out)["runs"]
    assert run["cost_usd"] is None


@pytest.mark.parametrize("depth", ["quick", "standard", "deep"])
def test_usage_that_comes_with_the_end_alone_is_the_truth(review: Review, depth: str) -> None:
    with Gateway(answering=Behaviour(edit=late)) as server:
        outcome = review(server, "--depth", depth)
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert outcome.code == 0
    assert outcome.report["usage"]["reported"] == "whole"
    assert outcome.report["making"]["cache_warning"] == ""


def test_zeros_at_the_end_take_nothing_back(review: Review) -> None:
    with Gateway(answering=Behaviour(edit=late_zeros)) as server:
        outcome = review(server)
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert outcome.code == 0


def test_an_endpoint_that_caches_nothing_is_told_once_its_usage_says_so(review: Review) -> None:
    with Gateway(answering=Behaviour(edit=late, billed=billed(20_000))) as server:
        outcome = review(server)
    assert outcome.report["making"]["cache_warning"] == "The endpoint does not cache the prompt: each request pays for all of it."


def test_the_cost_of_an_answer_that_was_cut_is_at_least_so_much(review: Review) -> None:
    with Gateway(answering=Behaviour(keep_events=12, ending="reset")) as server:
        outcome = review(server, "--depth", "quick")
        assert outcome.report["cost_usd"] <= ledger(server)
    assert outcome.code == 3
    assert outcome.report["usage"]["reported"] == "at least"
    assert "- Cost: at least USD 0." in outcome.markdown


def test_a_run_that_fails_before_any_text_names_its_cost(review: Review) -> None:
    with Gateway(answering=Behaviour(keep_events=2, ending="reset")) as server:
        outcome = review(server, "--depth", "quick")
    assert outcome.code == 4
    assert re.search(r"Cost: at least USD 0\.\d\d\.", outcome.err)
    assert "resume" in outcome.err


@pytest.mark.parametrize(("category", "free"), [("cyber", True), (None, True), ("general_harms", True), ("bio", False)])
def test_a_refusal_costs_what_the_provider_bills(review: Review, category: str | None, free: bool) -> None:
    refusal = Behaviour(text="", stop_reason="refusal", stop_details={"category": category}, thinks=False)
    with Gateway(answering=refusal) as server:
        outcome = review(server, "--depth", "quick")
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert outcome.code == 3
    assert (outcome.report["cost_usd"] == 0) is free


# --- the model that answers -------------------------------------------------------------------------------------------------------


def test_a_model_that_nobody_knows_has_no_price(review: Review) -> None:
    with Gateway(answering=Behaviour(edit=swapped("gpt-oss-20b"))) as server:
        outcome = review(server)
    assert outcome.code == 0
    assert outcome.report["cost_usd"] is None
    assert "The endpoint answered with gpt-oss-20b, not claude-opus-5-5; its price is unknown." in outcome.report["notes"]
    assert "unknown (no price listed" in outcome.markdown


def test_another_model_of_the_catalogue_has_its_own_price(review: Review) -> None:
    with Gateway(answering=Behaviour(edit=swapped("claude-haiku-5-5"))) as server:
        outcome = review(server)
        true = sum(dollars("claude-haiku-5-5", request.usage) for request in server.messages)
    assert outcome.report["cost_usd"] == pytest.approx(true)
    assert (
        "The endpoint answered with claude-haiku-5-5, not claude-opus-5-5; the cost is by its price." in outcome.report["notes"]
    )


@pytest.mark.parametrize(
    "name",
    ["claude-opus-5-5-20260901", "anthropic/claude-opus-5-5", "us.anthropic.claude-opus-5-5-v1:0", "claude-opus-5-5@20260901"],
)
def test_another_way_to_write_the_same_model_is_the_same_model(review: Review, name: str) -> None:
    with Gateway(answering=Behaviour(edit=swapped(name))) as server:
        outcome = review(server, "--depth", "quick")
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert not any("answered with" in note for note in outcome.report["notes"])


# --- busy endpoints ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, *(pytest.param(each, marks=pytest.mark.nightly) for each in (503, 529))])
def test_a_gateway_with_room_for_one_loses_no_lens(review: Review, status: int) -> None:
    busy = Behaviour(status=status, error="rate_limit_error" if status == 429 else "overloaded_error")
    with Gateway(at_once=1, busy=busy, delay=0.02) as server:
        outcome = review(server, "--depth", "deep")
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
        questions = [request.body["messages"][0]["content"][-1]["text"] for request in server.messages]
    assert outcome.code == 0, outcome.err
    assert len(set(questions)) == len(questions)  # none was paid for twice


@pytest.mark.parametrize(
    "advice",
    [pytest.param({}, id="without advice"), pytest.param({"retry-after": "3"}, id="with advice", marks=pytest.mark.nightly)],
)
def test_a_rate_limit_is_waited_for(review: Review, advice: Mapping[str, str]) -> None:
    with Gateway() as server:
        server.queue(*[Behaviour(status=429, error="rate_limit_error", headers=advice)] * 4)
        outcome = review(server, "--depth", "deep")
        assert outcome.report["cost_usd"] == pytest.approx(ledger(server))
    assert outcome.code == 0, outcome.err
    assert ("Waiting " in outcome.err and "Ctrl-C" in outcome.err) or not advice


def test_a_wait_beyond_all_patience_is_not_begun(review: Review) -> None:
    with Gateway(answering=Behaviour(status=429, error="rate_limit_error", headers={"retry-after": "7200"})) as server:
        began = time.monotonic()
        outcome = review(server, "--depth", "deep")
        assert asked(server) == 1
    assert outcome.code == 4
    assert "in 2 hours" in outcome.err
    assert time.monotonic() - began < 30


def test_patience_ends(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PATIENCE", 2.0)
    with Gateway(at_once=0) as server:
        outcome = review(server, "--depth", "deep")
    assert outcome.code == 4
    assert "rate limit" in outcome.err


def test_who_waits_can_leave(repository: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with Gateway(answering=Behaviour(status=429, error="rate_limit_error", headers={"retry-after": "90"})) as server:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "reviewer", "review", "--yes"],
                cwd=repository,
                env={**os.environ, **server.environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        assert process.stderr is not None
        said = ""
        while "Waiting 1 min 30 s" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in rest


def test_a_page_is_no_message(review: Review) -> None:
    with Gateway(answering=page(403)) as server:
        outcome = review(server)
    assert outcome.code == 4
    assert HTML.decode() not in outcome.err
