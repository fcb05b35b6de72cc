from __future__ import annotations

import dataclasses
import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.findings import (
    Absence,
    Absent,
    Anchor,
    Category,
    Confidence,
    Finding,
    Origin,
    QuoteMatch,
    Ruling,
    Severity,
    Verification,
)
from reviewer.reply import merge as merging
from reviewer.reply.fingerprint import fingerprint
from reviewer.reply.merge import merge, unite

LINE = "cursor.execute(f\"SELECT * FROM users WHERE name = '{name}'\")"
INJECTION = {
    "title": "SQL injection through `name`",
    "explanation": "The name comes from the request and is put into the query without escaping, so a caller can run any statement.",
    "suggestion": "Use a parameterised query.",
}
UNESCAPED = {
    "title": "User input is formatted into an SQL statement",
    "explanation": "Whoever controls the value can close the quote and append their own SQL, reading every row.",
    "suggestion": "Pass it as a bound parameter.",
}
WILDCARD = {
    "title": "Every column is fetched although only the id is needed",
    "explanation": "`SELECT *` reads large columns such as the avatar for each login.",
    "suggestion": "Select the columns that are used.",
}
INDEX = {
    "title": "No index on the name column",
    "explanation": "The lookup scans the full table, since the schema declares an index on e-mail only.",
    "suggestion": "Add an index.",
}


def finding(said: dict[str, str] | None = None, start: int = 5, end: int = 5, **given: object) -> Finding:
    values: dict[str, object] = {
        "severity": Severity.MEDIUM,
        "confidence": Confidence.LOW,
        "category": Category.SECURITY,
        "path": "app/users.py",
        "start_line": start,
        "end_line": end,
        "quote": LINE,
        "match": QuoteMatch.EXACT,
        "found_by": ("general",),
        **(said or INJECTION),
        **given,
    }
    name = fingerprint(values["category"], values["path"], values["quote"])  # type: ignore[arg-type]
    return Finding(fingerprint=name, **values)  # type: ignore[arg-type]


def test_nothing_merged_is_nothing() -> None:
    assert merge(()) == ()


def test_a_finding_alone_stays_as_it_is() -> None:
    assert merge([finding()]) == (finding(),)


def test_two_looks_that_say_the_same_in_other_words_are_one_finding_and_raise_the_confidence() -> None:
    (one,) = merge([finding(found_by=("security",)), finding(UNESCAPED, found_by=("correctness",))])

    assert one.found_by == ("correctness", "security")
    assert one.confidence is Confidence.MEDIUM


def test_the_same_look_repeated_agrees_as_another_one_does() -> None:
    (one,) = merge([finding(found_by=("security",)), finding(UNESCAPED, found_by=("security-2",))])

    assert (one.found_by, one.confidence) == (("security", "security-2"), Confidence.MEDIUM)


def test_a_double_within_one_answer_is_no_agreement() -> None:
    (one,) = merge([finding(), finding(UNESCAPED), finding()])

    assert (one.found_by, one.confidence) == (("general",), Confidence.LOW)


def test_many_looks_raise_the_confidence_by_one_level_and_never_above_the_highest() -> None:
    looks = [finding(found_by=(f"look-{number}",)) for number in range(5)]

    assert [one.confidence for one in merge(looks)] == [Confidence.MEDIUM]
    assert [one.confidence for one in merge([*looks, finding(confidence=Confidence.HIGH)])] == [Confidence.HIGH]


def test_findings_without_a_look_do_not_agree() -> None:
    assert [one.confidence for one in merge([finding(found_by=()), finding(UNESCAPED, found_by=())])] == [Confidence.LOW]


def test_different_defects_of_one_line_stay_apart() -> None:
    findings = merge([finding(), finding(WILDCARD), finding(INDEX)])

    assert {one.title for one in findings} == {INJECTION["title"], WILDCARD["title"], INDEX["title"]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Null id crashes the sync", "Null owner crashes the sync"),
        ("Width is truncated to eight bits", "Height is truncated to eight bits"),
        ("nil dereference of a.Next", "nil dereference of b.Next"),
        ("`strict` is never used", "`encoding` is never used"),
        ("No lower bound check of idx", "Reads past the upper bound at idx"),
    ],
)
def test_the_same_said_of_different_things_is_two_defects(one: str, other: str) -> None:
    quote = "use(id, owner, width, height, a.Next, b.Next, strict, encoding, idx)"
    said = {"explanation": "It happens in ordinary use.", "suggestion": "Check it first."}

    assert len(merge([finding({"title": one, **said}, quote=quote), finding({"title": other, **said}, quote=quote)])) == 2


def test_claims_that_different_names_are_missing_are_different() -> None:
    one = finding(absent=(Absent(Absence.UNDEFINED, "execute"),))
    other = finding(UNESCAPED, absent=(Absent(Absence.UNDEFINED, "cursor"),))

    assert len(merge([one, other])) == 2


def test_the_same_words_about_lines_that_do_not_overlap_are_two_findings_of_one_fingerprint() -> None:
    one, other = merge([finding(start=5, end=5), finding(start=50, end=50)])

    assert (one.start_line, other.start_line) == (5, 50)
    assert one.fingerprint == other.fingerprint


def test_the_same_words_about_another_file_are_two_findings() -> None:
    assert len(merge([finding(), finding(path="app/other.py")])) == 2


def test_a_quote_within_another_one_overlaps_it() -> None:
    (one,) = merge(
        [finding(start=5), finding(UNESCAPED, start=3, end=9, quote=f"def find(name):\n    {LINE}\n    return cursor")]
    )

    assert one.found_by == ("general",)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_highest_severity_wins_with_its_own_lines_and_words_in_whatever_order(order: tuple[int, ...]) -> None:
    findings = [
        finding(severity=Severity.LOW),
        finding(UNESCAPED, severity=Severity.CRITICAL, start=4, end=6, quote=f"x\n{LINE}\ny", category=Category.CORRECTNESS),
        finding(severity=Severity.HIGH, confidence=Confidence.MEDIUM),
    ]
    (one,) = merge([findings[number] for number in order])

    assert (one.severity, one.title, one.start_line, one.category) == (
        Severity.CRITICAL,
        UNESCAPED["title"],
        4,
        Category.CORRECTNESS,
    )
    assert one.fingerprint == findings[1].fingerprint
    assert one.confidence is Confidence.MEDIUM


def test_a_replacement_stays_with_its_quote() -> None:
    wide = finding(UNESCAPED, start=4, end=6, quote=f"x\n{LINE}\ny", replacement="x\nfixed\ny")
    kept, also = finding(severity=Severity.HIGH), finding(UNESCAPED, replacement="fixed")

    assert [one.replacement for one in merge([kept, wide])] == [None]
    assert [one.replacement for one in merge([kept, also, wide])] == ["fixed"]


def test_the_same_replacement_of_the_same_lines_tells_one_defect() -> None:
    one = finding({"title": "Vulnerable", "explanation": "Bad.", "suggestion": ""}, replacement="a  = 1")
    other = finding({"title": "Query is assembled by hand", "explanation": "See above.", "suggestion": ""}, replacement="a = 1")

    assert len(merge([one, other])) == 1


def test_what_others_say_besides_is_kept_when_it_names_other_code_and_within_bounds() -> None:
    more = {**UNESCAPED, "explanation": f"`build_query` in `search_users` does the same. {'word ' * 1000}"}
    (one,) = merge([finding(severity=Severity.HIGH), *(finding({**more, "title": f"{more['title']} {n}"}) for n in range(9))])

    assert one.explanation.startswith(INJECTION["explanation"])
    assert one.explanation.count("Also: ") == 1
    assert "`build_query`" in one.explanation
    assert len(one.explanation) < 800


def test_what_others_say_in_other_words_only_is_not_repeated() -> None:
    (one,) = merge([finding(severity=Severity.HIGH), finding(UNESCAPED)])

    assert one.explanation == INJECTION["explanation"]


def test_what_one_look_calls_the_changes_own_is_not_old() -> None:
    anchor = Anchor(5, 5)
    (one,) = merge(
        [
            finding(severity=Severity.HIGH, origin=Origin.PRE_EXISTING),
            finding(UNESCAPED, origin=Origin.INTRODUCED, anchor=anchor),
        ]
    )

    assert (one.origin, one.anchor, one.severity) == (Origin.INTRODUCED, anchor, Severity.HIGH)


def test_different_defects_of_one_quote_get_fingerprints_of_their_own() -> None:
    one, other = merge([finding(), finding(WILDCARD)])

    assert one.fingerprint != other.fingerprint
    assert finding().fingerprint in {one.fingerprint, other.fingerprint}


def test_the_fingerprints_of_different_defects_stay_when_lines_move_and_other_looks_find_them() -> None:
    before = merge([finding(), finding(WILDCARD), finding(INDEX, category=Category.PERFORMANCE)])
    after = merge(
        [
            finding(INDEX, start=80, end=80, category=Category.PERFORMANCE, found_by=("performance",)),
            finding(WILDCARD, start=80, end=80, severity=Severity.CRITICAL),
            finding(start=80, end=80),
        ]
    )

    assert {one.title: one.fingerprint for one in before} == {one.title: one.fingerprint for one in after}
    assert len({one.fingerprint for one in after}) == 3


def test_copies_of_a_line_with_two_defects_share_the_fingerprint_of_each() -> None:
    merged = merge([finding(said, start=line, end=line) for said in (INJECTION, WILDCARD) for line in (5, 60, 200)])
    names = {(one.title, one.fingerprint) for one in merged}

    assert len(merged) == 6
    assert len(names) == len({name for _, name in names}) == 2


def test_merging_again_changes_nothing() -> None:
    once = merge([finding(found_by=("a",)), finding(UNESCAPED, found_by=("b",)), finding(WILDCARD), finding(INDEX)])

    assert merge(once) == once


SAID = st.sampled_from([INJECTION, UNESCAPED, WILDCARD, INDEX])
FINDINGS = st.lists(
    st.builds(
        lambda said, start, length, severity, confidence, category, look: finding(
            said, start, start + length, severity=severity, confidence=confidence, category=category, found_by=(look,)
        ),
        SAID,
        st.integers(1, 6),
        st.integers(0, 3),
        st.sampled_from(Severity),
        st.sampled_from(Confidence),
        st.sampled_from([Category.SECURITY, Category.PERFORMANCE]),
        st.sampled_from(["general", "security", "security-2"]),
    ),
    max_size=9,
)


@settings(max_examples=60, deadline=None)
@given(findings=FINDINGS, order=st.randoms(use_true_random=False))
def test_the_result_does_not_depend_on_the_order(findings: list[Finding], order: random.Random) -> None:
    shuffled = findings.copy()
    order.shuffle(shuffled)

    assert merge(shuffled) == merge(findings)


@settings(max_examples=60, deadline=None)
@given(findings=FINDINGS)
def test_no_severity_no_look_and_no_place_is_lost(findings: list[Finding]) -> None:
    merged = merge(findings)

    assert {name for one in merged for name in one.found_by} == {name for one in findings for name in one.found_by}
    for one in findings:
        assert any(
            kept.severity >= one.severity
            and set(one.found_by) <= set(kept.found_by)
            and kept.start_line <= one.end_line
            and one.start_line <= kept.end_line
            for kept in merged
        )


def test_a_chain_is_not_one_defect() -> None:
    """The middle one overlaps with both of its neighbours, which do not overlap with each other."""
    chain = [finding(start=1, end=4), finding(UNESCAPED, start=4, end=7), finding(start=7, end=9)]
    merged = [merge(order) for order in permutations(chain)]

    assert {len(one) for one in merged} == {2}
    assert len(set(merged)) == 1


def test_a_thousand_findings_at_one_line_are_merged_in_bounded_time() -> None:
    words = ("lock", "race", "null", "cache", "query", "index", "token", "path", "header", "timeout", "retry", "buffer")
    many = [
        finding({
            "title": f"{words[n % 12]} {words[n // 12 % 12]} number{n}",
            "explanation": f"value{n} breaks {words[n // 144]}",
            "suggestion": "",
        })
        for n in range(1000)
    ]  # fmt: skip

    assert 0 < len(merge(many)) <= 1000


@pytest.mark.parametrize(
    "text",
    [
        "`" * 200_000,
        "a" * 200_000,
        "a." * 100_000,
        "a_" * 100_000,
        "A1-" * 70_000,
        ". " * 100_000,
        "injection sql shell path " * 8_000,
        "\ud800\0\u202e" * 60_000,
        "漢字" * 100_000,
    ],
    ids=range(9),
)
def test_hostile_texts_are_merged_in_bounded_time(text: str) -> None:
    said = {"title": text, "explanation": text, "suggestion": text}
    merged = merge([finding(said, quote=text), finding(said, quote=text, found_by=("b",)), finding(WILDCARD, quote=text)])

    assert 1 <= len(merged) <= 3


def test_texts_in_another_language_are_told_by_their_words_and_names() -> None:
    one = {
        "title": "SQL-Injection über `name`",
        "explanation": "Der Name wird ungeprüft in die Abfrage eingesetzt, ein Angreifer kann beliebige Anweisungen ausführen.",
        "suggestion": "Parameter binden.",
    }
    other = {
        "title": "Die ganze Zeile wird geladen",
        "explanation": "Spalten wie das Bild werden bei jeder Anmeldung mitgelesen.",
        "suggestion": "Nur benötigte Spalten nennen.",
    }

    assert len(merge([finding(one), finding(one, found_by=("b",)), finding(other)])) == 2


def test_a_merged_finding_is_what_was_found_but_for_what_merging_changes() -> None:
    kept = finding(severity=Severity.HIGH, found_by=("a",))
    (one,) = merge([kept, finding(UNESCAPED, found_by=("b",))])

    assert dataclasses.replace(one, found_by=kept.found_by, confidence=kept.confidence) == kept


TERSE = {"title": "The clause is built by hand", "explanation": "It should not be.", "suggestion": ""}


def test_what_words_do_not_tell_somebody_who_read_them_all_may() -> None:
    one, other = finding(found_by=("security",)), finding(TERSE, severity=Severity.HIGH, found_by=("correctness",))
    assert len(merge([one, other])) == 2

    for both in permutations([one, other]):
        (joined,) = unite(both, lambda *_: True)
        assert (joined.title, joined.severity, joined.confidence) == (TERSE["title"], Severity.HIGH, Confidence.MEDIUM)
        assert joined.found_by == ("correctness", "security")
    assert len(unite([one, other], lambda *_: False)) == 2


def test_nobody_joins_findings_whose_quotes_do_not_overlap() -> None:
    assert len(unite([finding(), finding(start=40, end=40)], lambda *_: True)) == 2


def test_what_a_verification_doubts_is_made_no_surer_by_two_that_say_it() -> None:
    doubt = Verification(ruling=Ruling.UNCERTAIN, explanation="It depends.")
    said = [
        finding(found_by=("a",), confidence=Confidence.MEDIUM, verification=doubt),
        finding(WILDCARD, found_by=("b",), confidence=Confidence.MEDIUM, verification=doubt),
    ]

    (one,) = unite(said, lambda *_: True)
    assert (one.confidence, one.found_by) == (Confidence.MEDIUM, ("a", "b"))
    (sure,) = unite([dataclasses.replace(each, verification=None) for each in said], lambda *_: True)
    assert sure.confidence is Confidence.HIGH


def test_findings_that_one_line_in_many_places_brings_are_compared_with_so_many_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[object, object]] = []

    def unlike(one: object, other: object) -> float:
        compared.append((one, other))
        return 0.0

    monkeypatch.setattr(merging, "likeness", unlike)
    merge(finding({**INJECTION, "title": f"Title {number}"}, number, number) for number in range(1, 201))

    assert len(compared) <= 200 * 40


def test_an_answer_that_says_one_thing_in_five_hundred_ways_costs_a_bounded_number_of_comparisons() -> None:
    alike = [finding({**INJECTION, "suggestion": f"Use parameter {number}."}) for number in range(300)]

    some, all_of_them = merge(alike[:60]), merge(alike)

    assert len(some) == 1
    assert 1 < len(all_of_them) < 300  # where the words are not compared any more, what is left stands alone


def test_findings_past_those_looked_at_together_are_neither_lost_nor_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    worst = [finding(INJECTION, start=1, end=1, severity=Severity.HIGH, path=f"{number}.py") for number in range(3)]
    twice = [finding(INJECTION), finding(INJECTION)]
    assert len(merge([*worst, *twice])) == 4

    monkeypatch.setattr(merging, "_MOST_TOGETHER", 3)
    assert len(merge([*worst, *twice])) == 5
    assert len(unite([*worst, *twice], lambda _one, _other: True)) == 5
