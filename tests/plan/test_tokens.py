"""From counts of the text to a model's tokens, with a band that says how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.collect.snapshot import Encoding, SourceFile, TextMeasure
from reviewer.plan.correction import Correction
from reviewer.plan.model import Tokenizer
from reviewer.plan.tokens import FRAME, band, basis_note, capacity, file_tokens, total_measure

CODE = TextMeasure(characters=400_000, non_ascii=0, claude2=110_000.0, o200k=100_000.0)
NOTHING = TextMeasure(0, 0, 0.0, 0.0)

tokenizers = st.sampled_from(list(Tokenizer))
corrections = st.one_of(st.none(), st.builds(Correction, st.floats(0.2, 5), st.floats(0, 0.25), st.integers(1, 20)))


@pytest.mark.parametrize(
    ("tokenizer", "expected"),
    [
        (Tokenizer.NEW, 0.657 * 100_000 + 0.231 * 400_000),
        (Tokenizer.OLD, 126_500),
        (Tokenizer.CLAUDE2, 110_000),
        (Tokenizer.O200K, 100_000),
        (Tokenizer.UNKNOWN, 115_000),
    ],
)
def test_each_tokenizer_has_its_own_estimate(tokenizer: Tokenizer, expected: float) -> None:
    assert file_tokens(CODE, tokenizer) == pytest.approx(expected)


def test_the_newer_tokenizer_takes_about_three_tenths_more_than_the_older_one() -> None:
    assert 1.2 < file_tokens(CODE, Tokenizer.NEW) / file_tokens(CODE, Tokenizer.OLD) < 1.4


@given(st.floats(0, 1e8), tokenizers, corrections)
def test_a_band_is_ordered_and_never_below_nothing(tokens: float, tokenizer: Tokenizer, correction: Correction | None) -> None:
    found = band(tokens, tokenizer, correction)
    assert 0 <= found.low <= found.estimate <= found.high
    assert found.exact is None


@given(st.floats(0, 1e7), st.floats(0, 1e7), tokenizers)
def test_more_tokens_never_make_the_high_end_lower(one: float, other: float, tokenizer: Tokenizer) -> None:
    assert band(min(one, other), tokenizer).high <= band(max(one, other), tokenizer).high


def test_a_band_is_narrow_where_the_tokenizer_is_public_and_wide_where_it_is_not() -> None:
    widths = {tokenizer: band(1_000_000, tokenizer).high - band(1_000_000, tokenizer).low for tokenizer in Tokenizer}
    assert widths[Tokenizer.O200K] == widths[Tokenizer.CLAUDE2] < 250_000
    assert widths[Tokenizer.O200K] < widths[Tokenizer.OLD] < widths[Tokenizer.NEW] < widths[Tokenizer.UNKNOWN]


def test_a_small_text_is_less_sure_than_a_large_one() -> None:
    small, large = band(2_000, Tokenizer.O200K), band(2_000_000, Tokenizer.O200K)
    assert small.high / small.estimate > 1.3
    assert large.high / large.estimate < 1.12


def test_a_correction_moves_the_estimate_and_narrows_the_band() -> None:
    before, after = band(500_000, Tokenizer.NEW), band(500_000, Tokenizer.NEW, Correction(1.08, 0.10, 3))
    assert after.estimate == 540_000
    assert after.high - after.low < 0.5 * (before.high - before.low)


def test_the_measures_of_files_add_up_with_their_frames_and_names() -> None:
    file = SourceFile("a.py", 400_000, 9_000, Encoding.UTF_8, CODE, None)
    total = total_measure([file, file], TextMeasure(9, 0, 4.0, 4.0))
    assert total.characters == 800_000 + 9 + 2 * FRAME.characters
    assert file_tokens(total, Tokenizer.O200K) == pytest.approx(200_000 + 4 + 2 * FRAME.o200k)
    assert file_tokens(total_measure([], NOTHING), Tokenizer.NEW) == 0


@pytest.mark.parametrize("tokenizer", Tokenizer)
@pytest.mark.parametrize("correction", [None, Correction(1.08, 0.10, 3), Correction(0.8, 0.02, 1)])
@pytest.mark.parametrize("limit", [1, 100, 8_000, 168_000, 968_000])
def test_the_capacity_of_a_limit_is_the_largest_estimate_that_surely_keeps_it(
    tokenizer: Tokenizer, correction: Correction | None, limit: int
) -> None:
    most = capacity(limit, tokenizer, correction)

    assert band(most, tokenizer, correction).high <= limit
    assert band(most * 1.02 + 3, tokenizer, correction).high > limit


def test_what_an_estimate_rests_on_is_said() -> None:
    assert "not public" in basis_note(Tokenizer.NEW, None)
    assert "not known" in basis_note(Tokenizer.UNKNOWN, None)
    assert not basis_note(Tokenizer.O200K, None)
    assert "counted once before" in basis_note(Tokenizer.NEW, Correction(1.0, 0.15, 1))
    assert "counted 4 times before" in basis_note(Tokenizer.NEW, Correction(1.0, 0.10, 4))


def test_the_frame_is_what_the_prompt_really_puts_around_a_file() -> None:
    template = Path(__file__).parents[2] / "templates" / "prompt" / "documents.md.j2"
    body = template.read_text(encoding="utf-8").split("{% for document in documents %}\n")[1].split("{% endfor %}")[0]
    body = body.replace("{{ ' part=\"signatures\"' if document.outlined }}", "")
    for name, text in {"marker": "0123456789abcdef", "path": '""', "text": ""}.items():
        body = body.replace("{{ document." + name + " }}", text)
    assert len(body) == FRAME.characters
