from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.collect.past import LARGEST, NO_PAST, Past, Step
from reviewer.plan.order import HALF_LIFE, MOST_CUTS, SHORTEST, arrange, breakpoints, cut

DAY = 86_400
NOW = 1_780_000_000
NAMES = [f"{folder}/{name}.py" for folder in ("api", "core", "ui") for name in "abcdef"]
SIZES = {path: 500 + 700 * number for number, path in enumerate(NAMES)}


def past(*steps: tuple[int, str]) -> Past:
    """Steps as (days before now, names between blanks), newest first."""
    return Past(steps=tuple(Step(NOW - days * DAY, tuple(names.split())) for days, names in steps))


def even(*paths: str) -> dict[str, int]:
    return dict.fromkeys(paths, 1000)


times = st.integers(NOW - 3000 * DAY, NOW)
steps = st.builds(Step, times, st.lists(st.sampled_from(NAMES), max_size=5, unique=True).map(tuple))
pasts = st.builds(lambda found: Past(steps=tuple(found)), st.lists(steps, max_size=40))


def test_without_a_past_files_stand_by_path_as_bytes() -> None:
    assert arrange(even("b", "B", "a/z", "a.py", "é", "\udcff"), NO_PAST) == ["B", "a.py", "a/z", "b", "é", "\udcff"]


def test_what_never_changed_comes_first_and_what_changed_last_comes_last() -> None:
    assert arrange(even("a", "b", "c", "d"), past((1, "b"), (40, "a"))) == ["c", "d", "a", "b"]


def test_two_changes_weigh_more_than_one_that_is_a_little_younger() -> None:
    assert arrange(even("often", "once"), past((1, "once"), (2, "often"), (3, "often"))) == ["once", "often"]


def test_a_change_counts_half_after_the_half_life() -> None:
    days = HALF_LIFE // DAY
    one, two = (days - 1, "new"), (days + 1, "new")

    assert arrange(even("new", "old"), past(one, (2 * days, "old"), (2 * days, "old"))) == ["old", "new"]
    assert arrange(even("new", "old"), past(two, (2 * days, "old"), (2 * days, "old"))) == ["new", "old"]


def test_of_two_that_change_alike_the_larger_one_comes_first() -> None:
    assert arrange({"large": 9000, "small": 300}, past((3, "large small"))) == ["large", "small"]


def test_what_is_not_yet_committed_comes_last() -> None:
    known = Past(steps=past((1, "hot")).steps, pending=frozenset({"staged"}))

    assert arrange(even("edited", "hot", "staged", "still"), known, ["edited"]) == ["still", "hot", "edited", "staged"]


@given(pasts, st.randoms(use_true_random=False))
def test_the_order_depends_on_nothing_but_what_is_given(known: Past, random: object) -> None:
    shuffled = list(SIZES)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert arrange({path: SIZES[path] for path in shuffled}, known) == arrange(SIZES, known)


@given(pasts, st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True), st.integers(0, 4000), st.integers(-400, 400))
def test_a_commit_moves_only_the_files_it_touches(known: Past, touched: list[str], days: int, grown: int) -> None:
    after = Past(steps=(Step(NOW + days * DAY, tuple(touched)), *known.steps))
    sizes = SIZES | {path: SIZES[path] + grown for path in touched}

    untouched = [path for path in arrange(SIZES, known) if path not in touched]

    assert [path for path in arrange(sizes, after) if path not in touched] == untouched


@given(pasts, st.sampled_from(NAMES))
def test_a_file_that_is_added_removed_or_renamed_moves_no_other(known: Past, gone: str) -> None:
    there = {path: size for path, size in SIZES.items() if path != gone}
    renamed = there | {"core/renamed.py": SIZES[gone]}
    after = Past(steps=(Step(NOW + DAY, (gone, "core/renamed.py")), *known.steps))

    others = [path for path in arrange(SIZES, known) if path != gone]

    assert arrange(there, known) == others
    assert arrange(there, after) == others
    assert [path for path in arrange(renamed, after) if path != "core/renamed.py"] == others


@given(pasts, st.sets(st.sampled_from(NAMES)))
def test_a_choice_of_the_files_stands_in_the_same_relative_order(known: Past, chosen: set[str]) -> None:
    part = arrange({path: SIZES[path] for path in chosen}, known)

    assert part == [path for path in arrange(SIZES, known) if path in chosen]


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.sampled_from(NAMES)), max_size=30))
def test_absurd_dates_are_an_order_like_any_other(dates: list[tuple[int, str]]) -> None:
    known = Past(steps=tuple(Step(date, (path,)) for date, path in dates))

    assert sorted(arrange(SIZES, known)) == sorted(SIZES)


def test_a_past_as_long_as_it_may_be_is_bounded_work() -> None:
    paths = [f"{number}.py" for number in range(LARGEST)]
    known = Past(steps=tuple(Step(NOW - number, tuple(paths)) for number in range(1000)))

    assert arrange(even(*paths), known) == sorted(paths)


lengths = st.lists(st.integers(1, 60_000), min_size=1, max_size=120)


def starts(sizes: list[int]) -> tuple[list[int], int]:
    at, found = 12, []
    for size in sizes:
        found.append(at)
        at += size
    return found, at + 13


@given(lengths)
def test_there_are_at_most_sixteen_blocks_each_begun_by_a_document(sizes: list[int]) -> None:
    found, length = starts(sizes)
    cuts = cut(found, length)

    assert len(cuts) <= MOST_CUTS
    assert set(cuts) <= set(found)
    assert all(one < other for one, other in pairwise((0, *cuts, length)))


@given(lengths, lengths, st.integers(0, 119))
def test_what_stands_before_a_cut_decides_it(sizes: list[int], others: list[int], kept: int) -> None:
    kept = min(kept, len(sizes))
    found, length = starts(sizes)
    again, longer = starts([*sizes[:kept], *others])
    shared = again[min(kept, len(again) - 1)]
    same = max(length, longer)  # of the same order of length, so that the stretch is the same

    assert [at for at in cut(found, same) if at < shared] == [at for at in cut(again, same) if at < shared]


@given(lengths)
def test_a_text_that_outgrows_the_stretch_keeps_part_of_the_cuts(sizes: list[int]) -> None:
    found, length = starts(sizes)

    assert set(cut(found, length * 2)) <= set(cut(found, length))


def test_a_short_text_is_not_cut() -> None:
    assert cut([12, 4000, 9000], SHORTEST) == ()
    assert breakpoints((), SHORTEST, 3) == ()


@pytest.mark.parametrize("number", [2, 3])
@given(sizes=lengths)
def test_breakpoints_are_so_many_of_the_cuts_at_most(number: int, sizes: list[int]) -> None:
    found, length = starts(sizes)
    cuts = cut(found, length)
    chosen = breakpoints(cuts, length, number)

    assert set(chosen) <= set(cuts)
    assert list(chosen) == sorted(set(chosen))
    assert len(chosen) <= number
    assert bool(chosen) == bool(cuts)


def test_breakpoints_stand_nearest_to_their_shares() -> None:
    cuts = tuple(range(100_000, 1_600_000, 100_000))

    assert breakpoints(cuts, 1_600_000, 2) == (700_000, 1_200_000)
    assert breakpoints(cuts, 1_600_000, 3) == (600_000, 1_000_000, 1_400_000)
