"""Several defects of the same code, told on several pushes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from report_samples import finding

from reviewer.findings import Finding
from reviewer.github.memory import Place, Remembered, remembered
from reviewer.github.telling_apart import as_told
from reviewer.reply.fingerprint import numbered

PLAIN = finding().fingerprint
NAMES = [PLAIN, numbered(PLAIN, 2), numbered(PLAIN, 3)]
TITLES = ["The lock is never released", "One user sees the cache of another", "Any amount overflows"]


def said(title: str, name: str) -> Finding:
    return replace(finding(), title=title, fingerprint=name)


def told(title: str, name: str) -> Remembered:
    return remembered(said(title, name), since="a" * 40, place=Place.INLINE)


def test_one_defect_keeps_its_code_whatever_is_said_of_it() -> None:
    assert as_told([said("In other words", PLAIN)], [told(TITLES[0], PLAIN)]) == (said("In other words", PLAIN),)


def test_a_defect_that_was_numbered_when_another_stood_beside_it_is_known_when_it_stands_alone() -> None:
    earlier = [told(TITLES[0], PLAIN), told(TITLES[1], NAMES[1])]

    assert as_told([said(TITLES[1], PLAIN)], earlier) == (said(TITLES[1], NAMES[1]),)


def test_a_new_defect_takes_no_code_from_one_that_is_not_seen_today() -> None:
    earlier = [told(TITLES[0], PLAIN), told(TITLES[1], NAMES[1])]
    new, known = as_told([said(TITLES[2], PLAIN), said(TITLES[0], NAMES[1])], earlier)

    assert known.fingerprint == PLAIN
    assert new.fingerprint not in NAMES[:2]


def test_copies_of_a_defect_keep_one_code() -> None:
    copies = [said(TITLES[1], PLAIN), replace(said(TITLES[1], PLAIN), start_line=90, end_line=90)]
    found = as_told([*copies, said(TITLES[0], NAMES[1])], [told(TITLES[0], PLAIN)])

    assert [each.fingerprint for each in found] == [NAMES[1], NAMES[1], PLAIN]


@given(
    st.lists(st.tuples(st.sampled_from(TITLES), st.sampled_from(NAMES)), unique_by=lambda pair: pair[1]),
    st.lists(st.tuples(st.sampled_from(TITLES), st.sampled_from(NAMES)), unique_by=lambda pair: pair[1]),
)
def test_different_defects_stay_different_and_what_was_told_is_found_again(
    before: list[tuple[str, str]], now: list[tuple[str, str]]
) -> None:
    earlier = [told(*each) for each in before]
    found = as_told([said(*each) for each in now], earlier)

    assert [each.title for each in found] == [title for title, _ in now]
    assert len({each.fingerprint for each in found}) == len(now)
    again = [remembered(each, since="a" * 40, place=Place.INLINE) for each in found]
    if len({each.title for each in found}) == len(found):
        renamed = [replace(each, fingerprint=name) for each, name in zip(found, reversed(NAMES[: len(found)]), strict=True)]
        assert [each.fingerprint for each in as_told(renamed, again)] == [each.fingerprint for each in found]
