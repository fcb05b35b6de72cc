from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest

from reviewer.collect.history import History
from reviewer.collect.secrets import redact
from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.engine import static
from reviewer.engine.interface import Reply, Stop
from reviewer.engine.leaks import leaks
from reviewer.engine.static import examine
from reviewer.findings import Category, Claim, Confidence, Severity
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


def examined(texts: dict[str, str], history: History | None = None) -> Reply:
    redacted = {path: redact(text) for path, text in texts.items()}
    secrets = {path: each.secrets for path, each in redacted.items()}
    return examine(snapshot(texts), {path: each.text for path, each in redacted.items()}, secrets, history or History())


def claims(texts: dict[str, str], history: History | None = None) -> tuple[Claim, ...]:
    return parse(examined(texts, history).text).claims


def leaked(path: str, text: str) -> list[Claim]:
    redacted = redact(text)
    return [point.claim for point in leaks(path, redacted.text, redacted.secrets)]


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
    reply = examined({})
    assert (Stop.END, Usage(), "") == (reply.stop, reply.usage, reply.model)
    assert json.loads(reply.text)["findings"] == []
    assert json.loads(reply.text)["summary"].startswith("0 files were searched")
    assert reply.notes == ()


def test_the_summary_gives_no_number_of_findings_for_the_report_joins_some_and_leaves_others_out() -> None:
    reply = examined({"app.py": 'a = "user\u202e \u2066// check\u2069 \u2066"\n'})
    assert len(json.loads(reply.text)["findings"]) == 2
    assert "2" not in json.loads(reply.text)["summary"]


def test_the_answer_passes_the_parser_and_every_quote_is_found_word_for_word() -> None:
    parsed = parse(examined(TROUBLED).text)
    findings, ungrounded = ground(parsed.claims, lambda path: redact(TROUBLED[path]).text)
    assert len(findings) == len(parsed.claims) == 7
    assert ungrounded == ()
    assert {finding.match.value for finding in findings} == {"exact"}


def test_no_secret_is_in_the_answer() -> None:
    answer = examined(TROUBLED).text
    for value in (token(18), "AKIA" + token(16).upper(), key()[40:80], token()):
        assert value not in answer


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
    reply = examined(TROUBLED)
    assert len(json.loads(reply.text)["findings"]) == 2
    assert "The built-in checks found 7 points; the 2 worst are shown." in reply.notes


def test_a_secret_is_quoted_by_its_line_with_what_stands_in_its_place() -> None:
    payments, code = "sk_live_" + token(24, 1), "glpat-" + token(20, 2)
    expected = ["run --payments [secret: Stripe key] --source-of-code [secret: GitLab token] now"] * 2
    assert expected == [claim.quote for claim in leaked("run.sh", f"run --payments {payments} --source-of-code {code} now\n")]
    alone = [("[secret: GitLab token]", 2)]
    assert alone == [(claim.quote, claim.start_line) for claim in leaked("token", f"# the token\n{code}\n")]


def test_lines_of_a_megabyte_are_quoted_in_part() -> None:
    text = "a=1;" * 50_000 + f"password='{token()}';" + "b=2;" * 50_000
    (claim,) = leaked("app.min.js", text)
    assert len(claim.quote) <= 300
    assert claim.category is Category.SECURITY


def test_a_shallow_or_unreadable_history_is_a_note() -> None:
    shallow = examined({}, History(shallow=True, examined=1))
    broken = examined({}, History(problem="git log failed: gone"))
    assert "The clone is shallow: hot spots rest on 1 commits." in shallow.notes
    assert any("git log failed: gone" in note for note in broken.notes)
