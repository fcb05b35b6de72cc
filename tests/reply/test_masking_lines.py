from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.collect.secrets import mask
from reviewer.reply.masking_lines import MaskedLines

TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
BODY = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MaXq3UZxk2nVJdG3\n" * 3
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}-----END RSA PRIVATE KEY-----"
TEXTS = [
    f"The token is {TOKEN}, in two.\nAnd {TOKEN}\n",
    f"Before.\n\n{KEY}\n\nAfter {TOKEN}.",
    "password = 'hunter2-9fQx7Lm2Vw'\nplain\n",
    "DB_PASSWORD =\n    'hunter2-9fQx7Lm2Vw'\nplain",
    f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}never ended",
    "no secret at all,\n\nin lines\n",
    "",
]


def streamed(text: str, size: int) -> str:
    lines = MaskedLines()
    return "".join([*(lines.feed(text[at : at + size]) for at in range(0, len(text), size)), lines.rest()])


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
def test_a_secret_that_arrives_in_pieces_is_masked_as_in_the_whole(text: str, size: int) -> None:
    assert streamed(text, size) == mask(text)


def test_a_line_is_given_on_as_soon_as_it_has_ended() -> None:
    lines = MaskedLines()

    assert [lines.feed(piece) for piece in ("one", " line\ntw", "o\n", "end")] == ["", "one line\n", "two\n", ""]
    assert lines.rest() == "end"


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.sampled_from([*TEXTS, "\n", "x ", "-----BEGIN PRIVATE KEY-----\n", "-----END"]), max_size=5),
    size=st.integers(1, 50),
)
def test_nothing_but_secrets_is_lost(parts: list[str], size: int) -> None:
    text = "".join(parts)

    out = streamed(text, size)

    assert out.count("\n") == text.count("\n")
    assert TOKEN not in out
    assert "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn" not in out
