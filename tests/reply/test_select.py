from __future__ import annotations

from itertools import permutations

from report_samples import finding

from reviewer.findings import Confidence, Origin, Severity
from reviewer.reply.select import of_the_change, select

WORST = finding(title="1", severity=Severity.CRITICAL, confidence=Confidence.LOW)
SURE = finding(title="2", severity=Severity.HIGH, confidence=Confidence.HIGH)
FIRST = finding(title="3", severity=Severity.HIGH, confidence=Confidence.LOW, path="a.py", start_line=1)
LATER = finding(title="4", severity=Severity.HIGH, confidence=Confidence.LOW, path="a.py", start_line=20)
MILD = finding(title="5", severity=Severity.INFO, confidence=Confidence.HIGH)
EVERY = (WORST, SURE, FIRST, LATER, MILD)


def test_findings_stand_worst_first_whatever_order_they_came_in() -> None:
    for order in permutations(EVERY):
        assert select(order, Severity.INFO, Confidence.LOW, None) == (EVERY, 0)


def test_what_is_below_the_asked_severity_or_confidence_is_withheld_and_counted() -> None:
    assert select(EVERY, Severity.HIGH, Confidence.LOW, None) == ((WORST, SURE, FIRST, LATER), 1)
    assert select(EVERY, Severity.INFO, Confidence.MEDIUM, None) == ((SURE, MILD), 3)


def test_of_too_many_the_worst_are_shown() -> None:
    assert select(EVERY, Severity.INFO, Confidence.LOW, 2) == ((WORST, SURE), 3)
    assert select(EVERY, Severity.INFO, Confidence.LOW, 0) == ((), 5)


def test_of_nothing_nothing_is_withheld() -> None:
    assert select((), Severity.INFO, Confidence.LOW, None) == ((), 0)


def test_what_a_change_has_nothing_to_do_with_is_left_out_and_counted() -> None:
    old, worse, new = (finding(origin=origin) for origin in (Origin.PRE_EXISTING, Origin.WORSENED, Origin.INTRODUCED))

    assert of_the_change([old, worse, new, old], pre_existing=False) == ((worse, new), 2)
    assert of_the_change([old, worse, new, old], pre_existing=True) == ((old, worse, new, old), 0)


def test_where_no_change_is_reviewed_every_finding_is_kept() -> None:
    assert of_the_change(EVERY, pre_existing=False) == (EVERY, 0)
