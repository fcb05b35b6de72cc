from __future__ import annotations

import pytest
from github_page import Page
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.github.budget import fit
from reviewer.report import inert

CUT = "*cut*"
BLOCKS = st.lists(
    st.one_of(
        st.text(max_size=60).map(inert.prose),
        st.text(alphabet="`\nab <#", max_size=60).map(inert.block),
        st.just("<details>\n<summary>more</summary>"),
        st.just("</details>"),
        st.just("| a | b |\n| --- | --- |\n| c | d |"),
    ),
    max_size=12,
).map(lambda parts: "\n\n".join(_balanced(parts)))


def _balanced(parts: list[str]) -> list[str]:
    depth = 0
    kept = []
    for part in parts:
        depth += part.startswith("<details>") - part.startswith("</details>")
        if depth < 0:
            depth = 0
            continue
        kept.append(part)
    return [*kept, *["</details>"] * depth]


def test_what_fits_is_left_as_it_is() -> None:
    assert fit("a\n\nb", 4, CUT) == "a\n\nb"


def test_the_cut_is_at_a_blank_line_and_is_told() -> None:
    assert fit("first\n\nsecond\n\n" + "third " * 20, 40, CUT) == "first\n\nsecond\n\n*cut*"


def test_bytes_are_counted_not_characters() -> None:
    assert fit("é" * 10 + "\n\n" + "é" * 10, 32, CUT) == "é" * 10 + "\n\n*cut*"


def test_a_code_block_that_is_too_long_is_closed() -> None:
    markdown = "````python\n" + "line\n" * 100 + "````"

    assert fit(markdown, 60, CUT) == "````python\n" + "line\n" * 7 + "````\n\n*cut*"


def test_a_cut_before_a_code_block_is_better_than_one_in_it_unless_much_is_lost() -> None:
    assert fit("word " * 6 + "\n\n```\n" + "line\n" * 9 + "```", 60, CUT).endswith("word \n\n*cut*")


def test_folded_parts_are_closed() -> None:
    markdown = "<details>\n<summary>x</summary>\n\n" + "word\n\n" * 50 + "</details>"
    cut = fit(markdown, 120, CUT)

    assert cut.endswith("word\n\n</details>\n\n*cut*")
    assert len(cut) <= 120


def test_one_endless_line_is_left_out_whole() -> None:
    assert fit("x" * 1000, 100, CUT) == CUT


@settings(max_examples=200, deadline=None)
@given(markdown=BLOCKS, limit=st.integers(60, 400))
def test_a_cut_text_keeps_its_limit_and_leaves_nothing_open(markdown: str, limit: int) -> None:
    cut = fit(markdown, limit, CUT)
    page = Page(cut + "\n\nafter")

    assert len(cut.encode("utf-8", "replace")) <= limit
    assert page.html.count("<details>") == page.html.count("</details>")
    assert page.html.endswith("<p>after</p>\n")


@pytest.mark.parametrize("text", ["`" * 100_000, "```\n" * 50_000, "\n" * 200_000, "<details>\n" * 20_000])
def test_long_hostile_text_is_cut_in_linear_time(text: str) -> None:
    assert len(fit(text, 65_536, CUT).encode()) <= 65_536
