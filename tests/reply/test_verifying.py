from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.collect.measure import measure
from reviewer.collect.search import TextSearch
from reviewer.findings import Absence, Absent, Category, Confidence, Evidence, Finding, QuoteMatch, Refuted, Ruling, Severity
from reviewer.plan.model import Tokenizer
from reviewer.plan.tokens import file_tokens
from reviewer.questions import finding_key, verification_question
from reviewer.reply.merge import unite
from reviewer.reply.sources import Sources
from reviewer.reply.statements import Verdict
from reviewer.reply.verifying import (
    ALTERED,
    CONTRADICTED,
    REPEATED,
    UNFOUNDED,
    UNRELATED,
    batches,
    judge,
    one_defect,
    pending,
    strays,
)
from reviewer.templating import Templates

FILES = {
    "app.py": "import ast\n\n\ndef run(text):\n    value = ast.literal_eval(text)\n    return eval(text)\n",
    "main.py": "from app import run\n\nrun(input())\n",
    "checks.py": (
        "from app import run\n\n\ndef check(text):\n    if not allowed(text):\n        raise ValueError(text)\n    return text\n\n\n"
        "def parse(offset):\n    limit = offset - -1\n    return run(limit)\n"
    ),
    "copy.py": "import app\n\n\ndef again(text):\n    return eval(text)\n",
    "other.py": "def walk(path):\n    return path\n",
    "namesake.py": "# The app: see there.\ndef helper():\n    return 1\n",
}
FINDING = Finding(
    title="Runs what it is sent",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    category=Category.SECURITY,
    path="app.py",
    start_line=6,
    end_line=6,
    quote="    return eval(text)",
    explanation="Anyone can send text.",
    suggestion="Parse it.",
    absent=(Absent(Absence.UNTESTED, "run"),),
    replacement="    return value",
    match=QuoteMatch.EXACT,
    fingerprint="0123456789abcdef",
    found_by=("security",),
)
OTHER = replace(FINDING, title="Nobody calls it", start_line=4, end_line=4, quote="def run(text):")
PARSED = Evidence(path="app.py", start_line=5, end_line=5, quote="    value = ast.literal_eval(text)")
CALLED = Evidence(path="main.py", start_line=3, end_line=3, quote="run(input())")


def related(one: str, other: str) -> bool:
    return Sources(TextSearch(FILES)).are_related(one, other)


def verdict(ruling: Ruling, evidence: Evidence | None = None, explanation: str = "See there.", **change: object) -> Verdict:
    plain = Verdict(
        finding=finding_key(FINDING),
        path=evidence.path if evidence else "",
        quote=evidence.quote.strip() if evidence else "",
        start_line=0,
        end_line=0,
        ruling=ruling,
        explanation=explanation,
    )
    return replace(plain, **change)  # type: ignore[arg-type]  # the names are checked by replace itself


def stands(*verdicts: Verdict, finding: Finding = FINDING) -> Finding:
    (standing,), refuted = judge([finding], verdicts, FILES.get, related)
    assert refuted == ()
    return standing


def test_a_confirmed_finding_keeps_its_confidence_and_tells_the_lines_that_decide() -> None:
    found = stands(verdict(Ruling.CONFIRMED, CALLED))

    assert found.verification is not None
    assert (found.verification.ruling, found.verification.explanation) == (Ruling.CONFIRMED, "See there.")
    assert found.verification.evidence == CALLED
    assert replace(found, verification=None) == FINDING


@pytest.mark.parametrize(
    ("path", "quote"),
    [
        ("./main.py", "run(input())"),
        ("/main.py", "3| run(input())"),
        ("main.py", "```python\nrun( input() )\n```"),
        ("main.py", "run(inputs())"),
    ],
)
def test_evidence_is_found_as_tolerantly_as_a_findings_quote_and_told_in_the_files_own_words(path: str, quote: str) -> None:
    found = stands(verdict(Ruling.CONFIRMED, path=path, quote=quote, start_line=3, end_line=3))

    assert found.verification is not None
    assert found.verification.evidence is not None
    assert replace(found.verification.evidence, match=CALLED.match) == CALLED


def test_a_refuted_finding_tells_why_and_by_which_lines() -> None:
    standing, (refuted,) = judge([OTHER, FINDING], [verdict(Ruling.REFUTED, PARSED)], FILES.get, related)

    assert standing == (OTHER,)
    assert refuted.verification is not None
    assert refuted.verification.evidence == PARSED
    assert refuted == Refuted(
        title=FINDING.title,
        severity=FINDING.severity,
        confidence=FINDING.confidence,
        category=FINDING.category,
        path=FINDING.path,
        start_line=FINDING.start_line,
        end_line=FINDING.end_line,
        quote=FINDING.quote,
        explanation=FINDING.explanation,
        suggestion=FINDING.suggestion,
        absent=FINDING.absent,
        replacement=FINDING.replacement,
        reason="See there.",
        fingerprint=FINDING.fingerprint,
        verification=refuted.verification,
    )


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"path": "app.py", "quote": "text = sanitise(text, strictly=True)"},
        {"path": "nowhere.py", "quote": "value = ast.literal_eval(text)"},
        {"path": "app.py", "quote": "\n"},
        {"path": "main.py", "quote": "value = ast.literal_eval(text)"},
    ],
)
def test_what_is_refuted_by_lines_that_are_not_there_is_uncertain_and_says_so(change: dict[str, Any]) -> None:
    found = stands(verdict(Ruling.REFUTED, **change))

    assert found.confidence is Confidence.MEDIUM
    assert found.verification is not None
    assert (found.verification.ruling, found.verification.evidence) == (Ruling.UNCERTAIN, None)
    assert found.verification.explanation == f"{UNFOUNDED}. See there."


@pytest.mark.parametrize(
    ("path", "quote", "why"),
    [
        ("app.py", "value = ast.literal_eval(texts)", ALTERED),
        ("app.py", "ast.literal_eval(text)", ALTERED),
        ("app.py", "- value = ast.literal_eval(text)", ALTERED),
        ("checks.py", "allowed(text)", ALTERED),
        ("checks.py", "if allowed(text):", UNFOUNDED),
        ("checks.py", "    if not allowed(text):\n    raise ValueError(text)\n    return text", ALTERED),
        ("checks.py", "if not allowed(text):\n    raise ValueError(text)\n    return text", ALTERED),
        ("checks.py", "limit = offset--1", ALTERED),
        ("app.py", "return eval(text)", REPEATED),
        ("app.py", "    return eval( text )\n", REPEATED),
        ("copy.py", "    return eval(text)", REPEATED),
        ("other.py", "def walk(path):", UNRELATED),
        ("namesake.py", "def helper():", UNRELATED),
    ],
)
def test_a_refutation_by_lines_that_do_not_show_it_is_uncertain_and_says_why(path: str, quote: str, why: str) -> None:
    found = stands(verdict(Ruling.REFUTED, path=path, quote=quote, start_line=0))

    assert found.verification is not None
    assert (found.verification.ruling, found.verification.evidence) == (Ruling.UNCERTAIN, None)
    assert found.verification.explanation == f"{why}. See there."


@pytest.mark.parametrize(
    ("path", "quote"),
    [
        ("app.py", "value=ast.literal_eval( text )"),
        ("./app.py", "```python\n    value = ast.literal_eval(text)\n    return eval(text)\n```"),
        ("app.py", "5: value = ast.literal_eval(text)"),
        ("checks.py", "if not allowed(text):\n\traise ValueError(text)\nreturn text"),
        ("checks.py", "if not allowed(text):\nraise ValueError(text)\nreturn text"),
        ("checks.py", "limit = offset - -1"),
        ("main.py", "run(input())"),
    ],
)
def test_lines_that_are_quoted_as_they_are_but_for_white_space_refute(path: str, quote: str) -> None:
    standing, refuted = judge([FINDING], [verdict(Ruling.REFUTED, path=path, quote=quote)], FILES.get, related)

    assert (standing, len(refuted)) == ((), 1)


def test_whatever_a_verification_says_no_finding_is_lost_or_doubled() -> None:
    findings = [replace(FINDING, title=title, explanation=title) for title in ("one", "two", "three")]
    keys = [finding_key(finding) for finding in findings]
    circle = [
        replace(verdict(Ruling.CONFIRMED, CALLED), finding=key, same_as=other)
        for key, other in zip(keys, [*keys[1:], keys[0]], strict=True)
    ]
    odd = [replace(circle[0], same_as=keys[0]), replace(circle[0], same_as="00000000"), replace(circle[1], same_as=keys[2])]
    elsewhere = replace(findings[0], title="four", start_line=4, end_line=4, quote="def run(text):")
    far = replace(circle[0], finding=finding_key(elsewhere))
    outcomes = set()
    for order in itertools.permutations([*circle, far]):
        standing, refuted = judge([*findings, elsewhere], [*odd, *order], FILES.get, related)
        joined = unite(standing, one_defect([*odd, *order]))
        outcomes.add((joined, refuted))

    ((joined, refuted),) = outcomes
    assert sorted(finding.start_line for finding in joined) == [4, 6]
    assert refuted == ()


def test_of_findings_that_state_one_defect_a_refuted_one_takes_none_with_it() -> None:
    twin = replace(FINDING, title="Evaluates input")
    verdicts = [
        verdict(Ruling.REFUTED, PARSED, same_as=finding_key(twin)),
        verdict(Ruling.UNCERTAIN, finding=finding_key(twin), same_as=finding_key(FINDING)),
    ]
    standing, refuted = judge([FINDING, twin], verdicts, FILES.get, related)

    assert [finding.title for finding in unite(standing, one_defect(verdicts))] == ["Evaluates input"]
    assert [each.title for each in refuted] == [FINDING.title]


def test_a_confirmation_stands_without_the_lines_that_it_quotes() -> None:
    found = stands(verdict(Ruling.CONFIRMED, path="app.py", quote="this is not there at all"))

    assert found.confidence is Confidence.HIGH
    assert found.verification is not None
    assert (found.verification.ruling, found.verification.evidence) == (Ruling.CONFIRMED, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [(Confidence.HIGH, Confidence.MEDIUM), (Confidence.MEDIUM, Confidence.LOW), (Confidence.LOW, Confidence.LOW)],
)
def test_an_uncertain_finding_loses_a_level_of_confidence(before: Confidence, after: Confidence) -> None:
    for evidence in (None, PARSED):
        found = stands(verdict(Ruling.UNCERTAIN, evidence), finding=replace(FINDING, confidence=before))
        assert found.confidence is after
        assert found.severity is FINDING.severity


def test_a_finding_without_a_verdict_stays_as_it_is_and_verdicts_on_others_are_counted() -> None:
    other = verdict(Ruling.REFUTED, PARSED, finding="00000000")
    verdicts = [other, verdict(Ruling.CONFIRMED, finding=finding_key(OTHER)), other]

    assert judge([FINDING], verdicts, FILES.get, related) == ((FINDING,), ())
    assert strays([FINDING], verdicts) == 3
    assert strays([FINDING, OTHER], verdicts) == 2


@pytest.mark.parametrize(
    ("verdicts", "ruling", "evidence"),
    [
        pytest.param([verdict(Ruling.CONFIRMED, CALLED), verdict(Ruling.REFUTED)], Ruling.CONFIRMED, CALLED, id="evidence first"),
        pytest.param([verdict(Ruling.CONFIRMED), verdict(Ruling.REFUTED)], Ruling.UNCERTAIN, None, id="none has evidence"),
        pytest.param(
            [verdict(Ruling.CONFIRMED, CALLED), verdict(Ruling.REFUTED, PARSED)], Ruling.UNCERTAIN, PARSED, id="both have"
        ),
        pytest.param(
            [verdict(Ruling.UNCERTAIN, CALLED), verdict(Ruling.REFUTED, PARSED)], Ruling.UNCERTAIN, CALLED, id="doubt first"
        ),
        pytest.param([verdict(Ruling.UNCERTAIN), verdict(Ruling.CONFIRMED, CALLED)], Ruling.CONFIRMED, CALLED, id="idle doubt"),
        pytest.param(
            [verdict(Ruling.CONFIRMED, CALLED), verdict(Ruling.CONFIRMED, PARSED)], Ruling.CONFIRMED, PARSED, id="agreed"
        ),
    ],
)
def test_of_several_rulings_those_with_evidence_count_and_of_these_the_most_cautious(
    verdicts: list[Verdict], ruling: Ruling, evidence: Evidence | None
) -> None:
    for order in itertools.permutations(verdicts):
        found = stands(*order)
        assert found.verification is not None
        assert (found.verification.ruling, found.verification.evidence) == (ruling, evidence)


def test_where_evidence_stands_against_evidence_both_sides_are_told() -> None:
    found = stands(verdict(Ruling.CONFIRMED, CALLED, "It runs."), verdict(Ruling.REFUTED, PARSED, "It is parsed."))

    assert found.verification is not None
    assert found.verification.explanation == f"{CONTRADICTED}. For it: It runs. Against it: It is parsed."
    assert found.confidence is Confidence.MEDIUM


def test_two_refutations_with_evidence_refute() -> None:
    verdicts = [verdict(Ruling.REFUTED, PARSED, "b"), verdict(Ruling.REFUTED, PARSED, "a"), verdict(Ruling.REFUTED)]

    for order in itertools.permutations(verdicts):
        standing, (refuted,) = judge([FINDING], order, FILES.get, related)
        assert (standing, refuted.reason) == ((), "a")


VERDICTS = st.builds(
    lambda ruling, evidence, explanation, key: verdict(ruling, evidence, explanation, finding=key),
    st.sampled_from(Ruling),
    st.sampled_from([None, PARSED, CALLED]),
    st.sampled_from(["one", "two", " three "]),
    st.sampled_from([finding_key(FINDING), finding_key(OTHER), "00000000"]),
)


@settings(max_examples=150, deadline=None)
@given(verdicts=st.lists(VERDICTS, max_size=6), data=st.data())
def test_every_finding_comes_out_once_and_the_order_of_the_verdicts_does_not_matter(
    verdicts: list[Verdict], data: st.DataObject
) -> None:
    findings = (FINDING, OTHER)
    standing, refuted = judge(findings, verdicts, FILES.get, related)
    keys = [each.finding for each in verdicts]

    assert judge(findings, data.draw(st.permutations(verdicts)), FILES.get, related) == (standing, refuted)
    assert sorted(map(finding_key, (*standing, *refuted))) == sorted(map(finding_key, findings))
    for each in refuted:
        assert each.verification is not None
        assert each.verification.evidence is not None
        assert (each.title, Ruling.REFUTED, each.verification.evidence) in {
            (found.title, said.ruling, Evidence(path=said.path, start_line=at.start_line, end_line=at.end_line, quote=at.quote))
            for found in findings
            for said in verdicts
            for at in (PARSED, CALLED)
            if said.finding == finding_key(found) and said.path == at.path
        }
    assert pending(findings, verdicts) == tuple(each for each in findings if finding_key(each) not in keys)
    assert [each for each in standing if each.verification is None] == list(pending(findings, verdicts))


def test_the_same_finding_twice_is_ruled_on_twice() -> None:
    twin = replace(FINDING, category=Category.CORRECTNESS, start_line=60, end_line=60)
    standing, refuted = judge([FINDING, twin], [verdict(Ruling.REFUTED, PARSED)], FILES.get, related)

    assert (standing, [each.start_line for each in refuted]) == ((), [6, 60])


def numbered(count: int) -> list[Finding]:
    return [
        replace(FINDING, title=f"Number {number:03}", start_line=number + 100, end_line=number + 100) for number in range(count)
    ]


def measured(text: str) -> float:
    """Tokens, as the plan estimates them, in the vocabulary that takes most."""
    return max(file_tokens(measure(text.encode()), tokenizer) for tokenizer in Tokenizer)


def test_findings_are_divided_by_number_in_the_order_of_path_and_line() -> None:
    findings = numbered(95)
    parts = batches(reversed(findings))

    assert [len(part) for part in parts] == [40, 40, 15]
    assert [finding for part in parts for finding in part] == findings
    assert batches([]) == ()


def test_where_there_is_no_room_no_finding_is_asked_about_alone() -> None:
    assert [len(part) for part in batches(numbered(50), room_tokens=0)] == [40, 10]
    assert [len(part) for part in batches(numbered(50), room_tokens=-5)] == [40, 10]


def test_findings_are_divided_by_the_room_that_is_left_and_none_is_lost() -> None:
    findings = [*numbered(10), replace(FINDING, path="z.py", explanation="Anyone can send text. " * 900)]
    one = measured(verification_question(findings[:2], Templates())) - measured(verification_question(findings[:1], Templates()))
    parts = batches(findings, room_tokens=round(one * 4.5))

    assert [len(part) for part in parts] == [4, 4, 2, 1]
    assert [finding for part in parts for finding in part] == findings
    assert [len(part) for part in batches([*findings[-1:], *findings[:3]], room_tokens=round(one * 2.5))] == [2, 1, 1]
    assert [len(part) for part in batches(findings, most=6, room_tokens=10**6)] == [6, 5]


def test_a_verdict_may_say_that_two_findings_state_one_defect_and_it_does_not_matter_of_which_it_is() -> None:
    same = one_defect([verdict(Ruling.CONFIRMED, PARSED, same_as=finding_key(OTHER))])

    assert (same(FINDING, OTHER), same(OTHER, FINDING)) == (True, True)
    assert not one_defect([verdict(Ruling.CONFIRMED, PARSED)])(FINDING, OTHER)
