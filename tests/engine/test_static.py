from __future__ import annotations

import base64
import random
from pathlib import Path

import pytest

from reviewer.collect.history import History
from reviewer.collect.secrets import redact
from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.collect.subject import Subject, Texts
from reviewer.engine.leaks import leaks
from reviewer.engine.static import Checked, check_all
from reviewer.findings import Category, Claim, Confidence, Finding, Severity
from reviewer.reply.select import worst_first

MEASURE = TextMeasure.__new__(TextMeasure)  # no check looks at it


def snapshot(texts: dict[str, str]) -> Snapshot:
    files = tuple(
        SourceFile(path=path, size=len(text), lines=text.count("\n"), encoding=Encoding.UTF_8, measure=MEASURE, blob=None)
        for path, text in sorted(texts.items())
    )
    return Snapshot(root=Path("/nowhere"), scope="", commit=None, in_git=False, files=files, skipped=(), guidance=())


def examined(texts: dict[str, str], history: History | None = None) -> Checked:
    redacted = {path: redact(text) for path, text in texts.items()}
    without = {path: each.text for path, each in redacted.items()}
    read = Texts(base=without, current=without, secrets={path: each.secrets for path, each in redacted.items()})
    return check_all(Subject(snapshot=snapshot(texts)), read, history or History())


def found(texts: dict[str, str]) -> tuple[Finding, ...]:
    return worst_first(examined(texts).findings)


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


def test_the_summary_says_what_was_searched() -> None:
    assert examined({}).summary.startswith("0 files were searched")
    assert examined({}).notes == ()


def test_the_summary_gives_no_number_of_findings_for_the_report_joins_some_and_leaves_others_out() -> None:
    checked = examined({"app.py": 'a = "user\u202e \u2066// check\u2069 \u2066"\n'})
    assert len(checked.findings) == 2
    assert "2" not in checked.summary


def test_every_quote_is_the_line_it_names() -> None:
    findings = found(TROUBLED)
    assert len(findings) == 7
    for finding in findings:
        lines = redact(TROUBLED[finding.path]).text.split("\n")
        assert finding.quote == lines[finding.start_line - 1]


def test_what_several_checks_say_of_one_line_has_several_names() -> None:
    findings = found({"app/a.py": "import subprocess\nexec(subprocess.check_output(input(), shell=True))\n"})
    assert len({finding.fingerprint for finding in findings}) == len(findings) > 1


def test_no_secret_is_in_the_answer() -> None:
    answer = repr(examined(TROUBLED))
    for value in (token(18), "AKIA" + token(16).upper(), key()[40:80], token()):
        assert value not in answer


def test_the_worst_comes_first() -> None:
    assert found(TROUBLED)[0].title == "Private key in the repository"


def test_the_same_key_weighs_less_among_tests() -> None:
    by_path = {claim.path: claim for claim in found(TROUBLED)}
    assert by_path["deploy/id"].severity is Severity.CRITICAL
    assert by_path["tests/server.key"].severity is Severity.LOW


def test_markers_of_a_merge_are_found_in_their_order_only() -> None:
    (claim,) = found({"a.c": TROUBLED["app/merge.go"]})
    assert (claim.start_line, claim.quote, claim.confidence) == (3, "<<<<<<< HEAD", Confidence.HIGH)
    heading = "=======\nTitle\n=======\n>>>>>>> quoted\n<<<<<<< not closed\n"
    assert found({"a.c": heading, "tests/a.c": TROUBLED["app/merge.go"], "README.md": TROUBLED["app/merge.go"]}) == ()


@pytest.mark.parametrize("path", ["package.json", "deploy/values.yaml", "Makefile", "Dockerfile", "src/lib.rs", "web/app.ts"])
def test_every_conflict_is_found_in_whatever_a_program_reads(path: str) -> None:
    one = "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> other\n"
    (finding,) = found({path: f"<<<<<<< not closed\nb\n{one}c\n{one}"})
    assert (finding.start_line, [place.start_line for place in finding.also]) == (3, [9])


def test_a_low_point_made_of_many_files_is_made_once_and_names_every_place() -> None:
    (finding,) = found({f"certificates/tests/{number}.key": key() for number in range(30)})
    assert len({place.path for place in finding.also} | {finding.path}) == 30


def test_a_high_point_is_made_for_six_files_and_names_the_others() -> None:
    findings = found({f"app/{number}.py": "print(nowhere)\n" for number in range(9)})
    assert len(findings) == 6
    assert [(place.path, place.start_line) for place in findings[-1].also] == [("app/6.py", 1), ("app/7.py", 1), ("app/8.py", 1)]


def test_where_the_words_of_a_check_differ_a_finding_that_speaks_for_several_says_so() -> None:
    findings = found({f"app/{number}.py": f"print(nowhere_{number})\n" for number in range(8)})
    assert len(findings) == 6
    assert findings[-1].explanation.endswith(
        " Of the further places it says: Undefined name `nowhere_6`; Undefined name `nowhere_7`."
    )


def test_a_patch_is_not_taken_for_a_conflict() -> None:
    assert found({"a.patch": TROUBLED["app/merge.go"]}) == ()


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
