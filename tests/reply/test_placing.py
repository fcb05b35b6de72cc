from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import finding

from reviewer.collect.changes import Change, ChangedFile, ChangeKind, DiffLine, Hunk, Revision, Side
from reviewer.collect.diff import parse_patch
from reviewer.findings import Anchor, Finding, Origin
from reviewer.reply.placing import fills_anchor, place

INTRODUCED, WORSENED, PRE_EXISTING, UNSTATED = Origin.INTRODUCED, Origin.WORSENED, Origin.PRE_EXISTING, Origin.UNSTATED


def change_of(patch: str) -> Change:
    """The change that a patch as git writes it describes."""
    nothing = Revision(None, None)
    return Change(label="a patch", base=nothing, head=nothing, files=tuple(parse_patch(textwrap.dedent(patch).encode())))


CHANGE = change_of(
    """\
    diff --git a/shop.py b/shop.py
    index 1111111..2222222 100644
    --- a/shop.py
    +++ b/shop.py
    @@ -10,7 +10,8 @@ def load(path):
     line ten
     line eleven
     line twelve
    -rebate = lookup(customer, default)
    +rebate = lookup(customer)
    +charge(customer, rebate)
     line fifteen
     line sixteen
     line seventeen
    @@ -40,6 +41,5 @@ def save(path):
     line forty one
     line forty two
     line forty three
    -the_line_that_moved_away(all_of_it)
     line forty four
     line forty five
    @@ -60,4 +60,6 @@
     line sixty
     line sixty one
    +    the_line_that_moved_away(all_of_it)
    +    }
     line sixty two
     line sixty three
    diff --git a/new.py b/new.py
    new file mode 100644
    index 0000000..3333333
    --- /dev/null
    +++ b/new.py
    @@ -0,0 +1,3 @@
    +first_new_line()
    +second_new_line()
    +the_line_that_moved_away(all_of_it)
    diff --git a/gone.py b/gone.py
    deleted file mode 100644
    index 4444444..0000000
    --- a/gone.py
    +++ /dev/null
    @@ -1,2 +0,0 @@
    -first_gone()
    -second_gone()
    diff --git a/logo.png b/logo.png
    index 5555555..6666666 100644
    Binary files a/logo.png and b/logo.png differ
    diff --git a/run.sh b/run.sh
    old mode 100644
    new mode 100755
    """
)


def placed(path: str, first: int, last: int, origin: Origin | None = None) -> Finding:
    return place([finding(path=path, start_line=first, end_line=last, origin=origin)], CHANGE)[0]


@pytest.mark.parametrize(
    ("path", "first", "last", "expected"),
    [
        ("shop.py", 13, 14, Anchor(13, 14)),
        ("shop.py", 10, 10, Anchor(10, 10)),
        ("shop.py", 17, 17, Anchor(17, 17)),
        ("shop.py", 9, 9, None),
        ("shop.py", 18, 40, None),
        ("shop.py", 5, 11, Anchor(10, 11)),
        ("shop.py", 14, 30, Anchor(14, 17)),
        ("shop.py", 43, 44, Anchor(43, 44)),
        ("shop.py", 12, 62, Anchor(12, 17)),
        ("shop.py", 16, 62, Anchor(60, 62)),
        ("shop.py", 15, 60, Anchor(41, 45)),
        ("shop.py", 1, 100, Anchor(10, 17)),
        ("new.py", 2, 9, Anchor(2, 3)),
        ("gone.py", 1, 2, None),
        ("logo.png", 1, 1, None),
        ("run.sh", 1, 1, None),
        ("untouched.py", 13, 14, None),
    ],
)
def test_an_anchor_lies_in_one_hunk_and_sooner_where_lines_were_added(
    path: str, first: int, last: int, expected: Anchor | None
) -> None:
    assert placed(path, first, last).anchor == expected


@pytest.mark.parametrize(
    ("path", "first", "last", "expected"),
    [
        ("shop.py", 14, 14, INTRODUCED),
        ("shop.py", 13, 14, INTRODUCED),
        ("shop.py", 14, 15, UNSTATED),
        ("shop.py", 13, 13, UNSTATED),
        ("shop.py", 62, 62, UNSTATED),
        ("shop.py", 1, 100, UNSTATED),
        ("shop.py", 15, 16, UNSTATED),
        ("shop.py", 43, 44, UNSTATED),
        ("shop.py", 30, 30, UNSTATED),
        ("new.py", 1, 1, INTRODUCED),
        ("new.py", 3, 3, UNSTATED),
        ("untouched.py", 1, 1, UNSTATED),
    ],
)
def test_where_nothing_was_said_only_lines_that_are_all_new_prove_anything(
    path: str, first: int, last: int, expected: Origin
) -> None:
    assert placed(path, first, last).origin == expected


@pytest.mark.parametrize(
    ("path", "first", "last", "said", "expected"),
    [
        pytest.param("shop.py", 14, 14, PRE_EXISTING, INTRODUCED, id="a new line"),
        pytest.param("shop.py", 13, 13, PRE_EXISTING, PRE_EXISTING, id="an edited line"),
        pytest.param("shop.py", 13, 14, PRE_EXISTING, INTRODUCED, id="an edited and a new line"),
        pytest.param("shop.py", 14, 15, PRE_EXISTING, PRE_EXISTING, id="a new line and an old one"),
        pytest.param("shop.py", 62, 62, PRE_EXISTING, PRE_EXISTING, id="a moved line"),
        pytest.param("shop.py", 62, 63, PRE_EXISTING, PRE_EXISTING, id="a moved line and a bracket"),
        pytest.param("shop.py", 63, 63, PRE_EXISTING, INTRODUCED, id="nothing but a bracket"),
        pytest.param("new.py", 1, 2, PRE_EXISTING, INTRODUCED, id="in a new file"),
        pytest.param("new.py", 1, 2, WORSENED, INTRODUCED, id="made worse in a new file"),
        pytest.param("new.py", 3, 3, PRE_EXISTING, PRE_EXISTING, id="moved into a new file"),
        pytest.param("shop.py", 14, 14, WORSENED, WORSENED, id="made worse by a new line"),
        pytest.param("shop.py", 30, 30, INTRODUCED, INTRODUCED, id="introduced outside the hunks"),
        pytest.param("untouched.py", 1, 1, INTRODUCED, INTRODUCED, id="a caller that is broken now"),
        pytest.param("untouched.py", 1, 1, PRE_EXISTING, PRE_EXISTING, id="old and untouched"),
        pytest.param("gone.py", 1, 1, PRE_EXISTING, PRE_EXISTING, id="a file that is gone"),
    ],
)
def test_the_finder_is_believed_unless_the_diff_proves_otherwise(
    path: str, first: int, last: int, said: Origin, expected: Origin
) -> None:
    assert placed(path, first, last, said).origin == expected


def test_a_renamed_file_is_known_by_its_new_name() -> None:
    change = change_of(
        """\
        diff --git a/old.py b/new/name.py
        similarity index 80%
        rename from old.py
        rename to new/name.py
        index 1111111..2222222 100644
        --- a/old.py
        +++ b/new/name.py
        @@ -1,2 +1,3 @@
         one
        +one and a half
         two
        """
    )
    one, other = place(
        [finding(path="new/name.py", start_line=2, end_line=2), finding(path="old.py", start_line=2, end_line=2)], change
    )

    assert (one.anchor, one.origin) == (Anchor(2, 2), INTRODUCED)
    assert (other.anchor, other.origin) == (None, UNSTATED)


def test_without_a_change_there_is_neither_origin_nor_anchor() -> None:
    given = finding(origin=INTRODUCED)

    assert place([given], None) == (replace(given, origin=None),)


def test_a_replacement_fits_where_the_anchor_is_all_of_the_finding() -> None:
    assert fills_anchor(placed("shop.py", 13, 14))
    assert not fills_anchor(placed("shop.py", 13, 20))
    assert not fills_anchor(placed("untouched.py", 13, 14))


@st.composite
def changes(draw: st.DrawFn) -> Change:
    hunks: list[Hunk] = []
    old = new = 1
    for _ in range(draw(st.integers(0, 3))):
        gap = draw(st.integers(0, 4))
        old, new = old + gap, new + gap
        sides = draw(st.lists(st.sampled_from(Side), min_size=1, max_size=6))
        lines, starts = [], (old, new)
        for side in sides:
            text = draw(st.sampled_from(["}", "call_it(now)", "call_it(now, then)", "", "\u2028weird"]))
            lines.append(DiffLine(side, 0 if side is Side.ADDED else old, 0 if side is Side.REMOVED else new, text))
            old += side is not Side.ADDED
            new += side is not Side.REMOVED
        hunks.append(Hunk(starts[0], old - starts[0], starts[1], new - starts[1], "", tuple(lines)))
    kind = draw(st.sampled_from(ChangeKind))
    nothing = Revision(None, None)
    return Change(label="", base=nothing, head=nothing, files=(ChangedFile(path="a", kind=kind, hunks=tuple(hunks)),))


@settings(deadline=None, max_examples=300)
@given(changes(), st.integers(1, 20), st.integers(0, 10), st.sampled_from([None, *Origin]))
def test_an_anchor_is_part_of_the_finding_and_of_one_hunk(change: Change, first: int, more: int, said: Origin | None) -> None:
    given = finding(path="a", start_line=first, end_line=first + more, origin=said)

    (result,) = place([given], change)

    assert result.origin is not None
    assert said is not INTRODUCED or result.origin is INTRODUCED
    assert replace(result, anchor=None, origin=said) == given
    if result.anchor is not None:
        lines = range(result.anchor.start_line, result.anchor.end_line + 1)
        assert lines
        assert set(lines) <= set(range(given.start_line, given.end_line + 1))
        assert any(all(hunk.covers(line) for line in lines) for hunk in change.files[0].hunks)
