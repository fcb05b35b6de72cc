from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.plan.decision import FileTokens
from reviewer.report.token_tree import Row, biggest


def rows(files: dict[str, int], count: int = 15) -> list[Row]:
    return biggest([FileTokens(path, tokens) for path, tokens in files.items()], count)


def test_a_folder_stands_above_what_it_holds_larger_ones_first() -> None:
    assert rows({"a/x": 1, "a/y": 5, "b/z": 3, "b/w": 2, "c": 4}) == [
        Row("a/", 0, 6, 2),
        Row("y", 1, 5, 1),
        Row("x", 1, 1, 1),
        Row("b/", 0, 5, 2),
        Row("z", 1, 3, 1),
        Row("w", 1, 2, 1),
        Row("c", 0, 4, 1),
    ]


def test_folders_that_hold_only_one_folder_or_file_are_one_row() -> None:
    assert rows({"a/b/c/x": 1, "a/b/c/y": 2, "d/e/only.py": 9}) == [
        Row("d/e/only.py", 0, 9, 1),
        Row("a/b/c/", 0, 3, 2),
        Row("y", 1, 2, 1),
        Row("x", 1, 1, 1),
    ]


def test_only_the_largest_are_shown() -> None:
    assert rows({"a/x": 10, "a/y": 9, "b/z": 8, "b/w": 1}, 3) == [Row("a/", 0, 19, 2), Row("x", 1, 10, 1), Row("y", 1, 9, 1)]


def test_a_file_and_a_folder_may_share_the_beginning_of_a_name() -> None:
    assert [row.name for row in rows({"a/b": 3, "a/c": 1, "ab": 2, "a.py": 1})] == ["a/", "b", "c", "ab", "a.py"]


def test_of_nothing_there_is_no_tree() -> None:
    assert rows({}) == []


def test_files_without_tokens_are_no_trouble() -> None:
    assert rows({"a/x": 0, "a/y": 0}) == [Row("a/", 0, 0, 2), Row("x", 1, 0, 1), Row("y", 1, 0, 1)]


PATHS = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=5).map("/".join).map("{}.f".format), st.integers(0, 99), max_size=20
)


@settings(max_examples=100, deadline=None)
@given(files=PATHS, count=st.integers(0, 30))
def test_the_tree_adds_up(files: dict[str, int], count: int) -> None:
    tree = rows(files, count)
    stack: list[str] = []

    assert len(tree) <= count
    for row in tree:
        stack[row.depth :] = [row.name]
        path = "".join(stack)
        below = {name: tokens for name, tokens in files.items() if name == path or (path.endswith("/") and name.startswith(path))}
        assert (row.tokens, row.files) == (sum(below.values()), len(below))


@settings(max_examples=50, deadline=None)
@given(files=PATHS)
def test_with_room_for_all_every_token_is_in_a_top_row(files: dict[str, int]) -> None:
    assert sum(row.tokens for row in rows(files, 1000) if row.depth == 0) == sum(files.values())
