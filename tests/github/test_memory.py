from __future__ import annotations

import json
import zlib
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import finding

from reviewer.github.memory import MOST_BYTES, NOTHING, Memory, Place, Remembered, decode, encode, remembered

HEAD = "a" * 40
ITEM = remembered(finding(), since=HEAD, place=Place.INLINE)
PLAIN: dict[str, object] = {
    "fingerprint": "0123456789abcdef",
    "posted_as": "0123456789abcdef",
    "path": "a.py",
    "category": "security",
    "severity": 4,
    "title": "x",
    "quote": "x",
    "first": 1,
    "last": 1,
    "since": HEAD,
    "place": "inline",
    "hidden": False,
}


def packed(value: object) -> str:
    return b64encode(zlib.compress(json.dumps(value).encode())).decode()


def test_what_is_remembered_is_the_same_the_next_time() -> None:
    items = (ITEM, replace(ITEM, fingerprint="f" * 16, hidden=True, place=Place.OVER))

    assert decode(encode(HEAD, items)) == Memory(HEAD, items)


@settings(max_examples=60, deadline=None)
@given(path=st.binary(min_size=1, max_size=50), title=st.text(max_size=200), quote=st.text(max_size=400))
def test_any_path_and_text_is_remembered(path: bytes, title: str, quote: str) -> None:
    found = finding(path=path.decode("utf-8", "surrogateescape"), title=title, quote=quote)
    item = remembered(found, since=HEAD, place=Place.BODY)

    assert decode(encode(HEAD, [item])).findings == (item,)


def test_the_state_keeps_its_limit_and_forgets_the_last_first() -> None:
    import random

    rows = [replace(ITEM, title=random.Random(n).randbytes(60).hex(), fingerprint=f"{n:016x}") for n in range(2_000)]
    state = encode(HEAD, rows)
    kept = decode(state).findings

    assert len(state) <= MOST_BYTES
    assert 500 < len(kept) < 2_000
    assert {row.fingerprint for row in kept} | decode(state).names == {row.fingerprint for row in rows}, "all are known by name"
    assert [item.fingerprint for item in kept] == [row.fingerprint for row in rows[: len(kept)]]


def test_quotes_and_titles_are_shortened_before_a_finding_is_forgotten() -> None:
    import random

    words = [random.Random(n).randbytes(150).hex() for n in range(300)]
    rows = [replace(ITEM, title=word[:160], quote=word, fingerprint=f"{n:016x}") for n, word in enumerate(words)]
    kept = decode(encode(HEAD, rows)).findings

    assert len(kept) == 300
    assert all(
        row.quote.startswith(item.quote) and row.title.startswith(item.title) for row, item in zip(rows, kept, strict=True)
    )


def test_a_state_of_a_version_that_knew_nothing_of_removed_lines_is_read() -> None:
    assert not decode(packed({"head": HEAD, "findings": [PLAIN]})).findings[0].removed


def test_a_hand_written_state_of_the_right_form_is_read() -> None:
    assert [item.path for item in decode(packed({"head": HEAD, "findings": [PLAIN]})).findings] == ["a.py"]


@pytest.mark.parametrize(
    "state",
    [
        None,
        "",
        "AAAA",
        "not base64!",
        b64encode(b"{}").decode(),
        packed({}),
        packed([]),
        packed("x"),
        packed({"head": "main", "findings": []}),
        packed({"head": HEAD + "\n", "findings": []}),
        packed({"head": HEAD, "findings": [], "more": 1}),
        packed({"head": HEAD, "findings": [{**PLAIN, "more": 1}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "fingerprint": "x -->"}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "severity": "high"}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "severity": 5}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "first": 0}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "first": "1"}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "place": "everywhere"}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "path": "é\udc80" * 3}]}),
        packed({"head": HEAD, "findings": [{**PLAIN, "path": "漢"}]}),
        packed({"head": HEAD, "findings": [{key: value for key, value in PLAIN.items() if key != "since"}]}),
        b64encode(zlib.compress(json.dumps({"head": HEAD, "findings": []}).encode()) + b"more").decode(),
        b64encode(zlib.compress(json.dumps({"head": HEAD, "findings": []}).encode())[:-3]).decode(),
        b64encode(zlib.compress(b"[" * 900_000)).decode(),
        b64encode(zlib.compress(b"0" * 20_000_000)).decode(),
        packed({"head": HEAD, "findings": []}) + "A" * MOST_BYTES,
    ],
)
def test_a_state_that_somebody_edited_is_no_memory(state: str | None) -> None:
    assert decode(state) == NOTHING


def test_long_texts_are_shortened() -> None:
    item: Remembered = remembered(
        finding(title="t" * 1000, quote="q " * 100 + "\n" + "r " * 1000), since=HEAD, place=Place.INLINE
    )

    assert (len(item.title), len(item.quote)) == (160, 300)
    assert item.quote.startswith("q" * 100 + "\nrr")
