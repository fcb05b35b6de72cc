from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest

from reviewer.collect.history import History
from reviewer.collect.secrets import mask
from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.engine import static
from reviewer.engine.interface import Stop
from reviewer.engine.leaks import leaks
from reviewer.engine.static import examine
from reviewer.findings import Category, Claim, Confidence, Finding, Severity
from reviewer.outcome import Usage
from reviewer.reply.ground import ground
from reviewer.reply.parse import parse

MEASURE = TextMeasure.__new__(TextMeasure)  # no check looks at it


def snapshot(texts: dict[str, str]) -> Snapshot:
    files = tuple(
        SourceFile(path=path, size=len(text), lines=text.count("\n"), encoding=Encoding.UTF_8, measure=MEASURE, blob=None)
        for path, text in sorted(texts.items())
    )
    return Snapshot(root=Path("/nowhere"), scope="", commit=None, in_git=False, files=files, skipped=(), guidance=())


def claims(texts: dict[str, str], history: History | None = None) -> tuple[Claim, ...]:
    return parse(examine(snapshot(texts), texts, history or History()).text).claims


def token(length: int = 36, seed: int = 5) -> str:
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(random.Random(seed).choices(alphabet, k=length - 1)) + "7"


def key() -> str:
    body = base64.b64encode(random.Random(3).randbytes(600)).decode()
    return "-----BEGIN RSA PRIVATE KEY-----\n" + body + "\n-----END RSA PRIVATE KEY-----\n"


TROUBLED = {
    "app/main.py": "import os\n\n\ndef run():\n    return undefined_name\n",
    "app/settings.py": f'DB_PASSWORD = "{token(18)}"\nAWS = ("AKIA{token(16).upper()}", "x")\n',
    "app/merge.go": "package app\n\n<<<<<<< HEAD\nvar a = 1\n=======\nvar a = 2\n>>>>>>> other\n",
    "deploy/id": key(),
    "tests/server.key": key(),
    "docs/guide.md": f"Set `token = '{token()}'`.\n",
}


def test_the_answer_is_whole_costs_nothing_and_names_no_model() -> None:
    reply = examine(snapshot({}), {}, History())
    assert (Stop.END, Usage(), "") == (reply.stop, reply.usage, reply.model)
    assert json.loads(reply.text)["findings"] == []
    assert json.loads(reply.text)["summary"].startswith("0 files were searched")
    assert reply.notes == ()


def test_the_answer_passes_the_parser_and_every_quote_is_found_word_for_word() -> None:
    parsed = parse(examine(snapshot(TROUBLED), TROUBLED, History()).text)
    findings, ungrounded = ground(parsed.claims, TROUBLED.get)
    assert len(findings) == len(parsed.claims) == 7
    assert ungrounded == ()
    assert {finding.match.value for finding in findings} == {"exact"}


def test_no_secret_is_in_the_answer_and_none_is_in_a_masked_finding() -> None:
    reply = examine(snapshot(TROUBLED), TROUBLED, History())
    findings, _ = ground(parse(reply.text).claims, TROUBLED.get)
    for value in (token(18), "AKIA" + token(16).upper(), key()[40:80], token()):
        assert value not in reply.text
        assert not any(value in mask(finding.quote) for finding in findings)


def test_the_worst_comes_first() -> None:
    found = claims(TROUBLED)
    assert [claim.severity for claim in found] == sorted((claim.severity for claim in found), reverse=True)
    assert found[0].title == "Private key in the repository"


def test_the_same_key_weighs_less_among_tests() -> None:
    by_path = {claim.path: claim for claim in claims(TROUBLED)}
    assert by_path["deploy/id"].severity is Severity.CRITICAL
    assert by_path["tests/server.key"].severity is Severity.LOW


def test_markers_of_a_merge_are_found_in_their_order_only() -> None:
    (claim,) = claims({"a.c": TROUBLED["app/merge.go"]})
    assert (claim.start_line, claim.quote, claim.confidence) == (3, "<<<<<<< HEAD", Confidence.HIGH)
    heading = "=======\nTitle\n=======\n>>>>>>> quoted\n<<<<<<< not closed\n"
    assert claims({"a.c": heading, "tests/a.c": TROUBLED["app/merge.go"], "README.md": TROUBLED["app/merge.go"]}) == ()


def test_a_low_point_made_of_many_files_is_made_once() -> None:
    texts = {f"certificates/tests/{number}.key": key() for number in range(30)}
    (claim,) = claims(texts)
    assert "Also in 29 other files" in claim.explanation
    assert claim.explanation.endswith("and 17 more.")


def test_a_high_point_is_made_for_six_files_and_names_the_others() -> None:
    texts = {f"app/{number}.py": "print(nowhere)\n" for number in range(9)}
    found = claims(texts)
    assert len(found) == 6
    assert "Also in 3 other files: `app/6.py`:1, `app/7.py`:1, `app/8.py`:1." in found[-1].explanation


def test_the_number_of_points_is_bounded_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "MOST", 2)
    reply = examine(snapshot(TROUBLED), TROUBLED, History())
    assert len(json.loads(reply.text)["findings"]) == 2
    assert "The built-in checks found 7 points; the 2 worst are shown." in reply.notes


def test_several_secrets_on_one_line_are_not_quoted_by_each_other() -> None:
    first, second = "sk_live_" + token(24, 1), "glpat-" + token(20, 2)
    text = f"run --payments {first} --source-of-code {second} now\n"
    points = [point.claim for point in leaks("run.sh", text)]
    assert sorted(claim.quote.rstrip() for claim in points) == ["--source-of-code", "run --payments"]
    findings, _ = ground(points, {"run.sh": text}.get)
    assert all(isinstance(finding, Finding) for finding in findings)


def test_a_secret_at_the_start_of_a_line_is_quoted_with_what_stands_before_or_after() -> None:
    value = "glpat-" + token(20)
    quotes = {
        f"# the token\n{value}\n": ("# the token", 1),
        f"{value} of the robot\n": (" of the robot", 1),
        f"{value}\n": (value[:6], 1),
    }
    for text, expected in quotes.items():
        (point,) = leaks("token", text)
        assert (point.claim.quote.rstrip("\n"), point.claim.start_line) == expected
        assert value not in point.claim.quote


def test_lines_of_a_megabyte_are_quoted_in_part() -> None:
    text = "a=1;" * 50_000 + f"password='{token()}';" + "b=2;" * 50_000
    (point,) = leaks("app.min.js", text)
    assert len(point.claim.quote) <= 300
    assert point.claim.category is Category.SECURITY


def test_a_shallow_or_unreadable_history_is_a_note() -> None:
    shallow = examine(snapshot({}), {}, History(shallow=True, examined=1))
    broken = examine(snapshot({}), {}, History(problem="git log failed: gone"))
    assert "The clone is shallow: hot spots rest on 1 commits." in shallow.notes
    assert any("git log failed: gone" in note for note in broken.notes)


def test_of_a_short_secret_that_stands_alone_only_a_little_is_quoted() -> None:
    (point,) = leaks("app.cfg", 'pwd: "x7Kq2Z9a"\n')
    assert "x7" == point.claim.quote
