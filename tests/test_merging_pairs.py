"""The made set of pairs that the merge is measured on is what it says: every quote stands where it is claimed to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reviewer.findings import Claim, QuoteMatch
from reviewer.reply.ground import ground
from reviewer.reply.schema import validate

PAIRS: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "bench" / "merging_pairs.json").read_text("utf-8"))


def sides(pair: Mapping[str, Any]) -> tuple[tuple[Claim, str], tuple[Claim, str]]:
    """Both findings of a pair, each with the text it speaks of."""
    one, other = validate(pair["one"]), validate(pair["other"])
    assert isinstance(one, Claim), one
    assert isinstance(other, Claim), other
    return (one, pair["text"]), (other, pair.get("text_after", pair["text"]))


def test_there_are_two_hundred_pairs_of_three_kinds() -> None:
    assert Counter(pair["kind"] for pair in PAIRS) == {"same": 90, "different": 80, "moved": 30}


def test_no_pair_stands_there_twice() -> None:
    assert len({json.dumps([pair["one"], pair["other"]]) for pair in PAIRS}) == len(PAIRS)


def test_every_quote_stands_at_the_claimed_lines() -> None:
    for pair in PAIRS + json.loads((Path(__file__).parent.parent / "bench" / "merging_fresh.json").read_text("utf-8")):
        for claim, text in sides(pair):
            findings, ungrounded = ground([claim], {pair["path"]: text}.get)
            assert ungrounded == ()
            found = [(finding.start_line, finding.end_line, finding.match) for finding in findings]
            assert found == [(claim.start_line, claim.end_line, QuoteMatch.EXACT)], claim


def test_the_quotes_of_a_pair_overlap_unless_the_lines_moved() -> None:
    for pair in PAIRS:
        (one, _), (other, _) = sides(pair)
        overlap = one.start_line <= other.end_line and other.start_line <= one.end_line
        assert overlap if pair["kind"] != "moved" else one.start_line != other.start_line, one


def test_only_what_moved_has_a_second_text_and_all_are_of_a_length_a_person_reads() -> None:
    assert [pair for pair in PAIRS if ("text_after" in pair) != (pair["kind"] == "moved")] == []
    assert [pair["path"] for pair in PAIRS if not 8 <= len(pair["text"].splitlines()) <= 60] == []
