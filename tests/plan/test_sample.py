from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.plan.sample import BLOCK, LEAST_BLOCKS, MOST_BLOCKS, Block, blocks, sample_ratio

SIZES = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 3_000_000), max_size=30).map(
    lambda sizes: list(sizes.items())
)


@given(SIZES)
def test_blocks_lie_within_their_files_and_never_overlap(sizes: list[tuple[str, int]]) -> None:
    ends: dict[str, int] = {}
    for block in blocks(sizes):
        assert 0 < block.length <= BLOCK
        assert ends.get(block.path, 0) <= block.start
        ends[block.path] = block.start + block.length
        assert ends[block.path] <= dict(sizes)[block.path]


@given(SIZES)
def test_the_sample_does_not_depend_on_the_order_of_the_files(sizes: list[tuple[str, int]]) -> None:
    assert list(blocks(sizes)) == list(blocks(sizes[::-1]))


def test_the_sample_grows_with_the_text_up_to_a_bound() -> None:
    def number(size: int) -> int:
        return len(list(blocks([("a", size), ("b.py", size)])))

    assert number(0) == 0
    assert number(100) <= 1
    assert LEAST_BLOCKS <= number(1_000_000) <= LEAST_BLOCKS + 5
    assert MOST_BLOCKS <= number(600_000_000) <= MOST_BLOCKS + 5


def test_the_ratio_holds_the_true_count_against_each_files_own_rate() -> None:
    chosen = [Block("a", 0, 100), Block("b", 50, 200)]

    assert sample_ratio(chosen, {"a": 0.5, "b": 0.25}, 200) == 2.0
    assert sample_ratio([], {}, 7) == 1.0
