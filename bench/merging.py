"""How well findings of the same defect are told from those of different ones: `python bench/merging.py [PAIRS.json] [--show]`.

Each pair holds two findings in the form of an answer and the text they are about. They are grounded in it as a run does, as if two
looks had made them, and merged. Three kinds of pairs are counted:

- *same*: one defect in other words; to be joined.
- *different*: two defects of the same lines; to be kept apart.
- *moved*: one defect in two versions of a file, between which its lines moved; to be joined once both stand at the same lines. Two more
  rows say of these pairs how many have one fingerprint, which they have only where both are given one category, and how many the
  next review of a pull request knows again, which also looks at the code.

`--show` prints the titles of the pairs that came out wrong.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from reviewer.findings import Claim, Finding
from reviewer.github.comparison import Head, Standing, compare
from reviewer.github.memory import Memory, Place, remembered
from reviewer.reply.ground import ground
from reviewer.reply.merge import merge
from reviewer.reply.schema import validate

_PAIRS = Path(__file__).with_name("merging_pairs.json")
_WANTED = {"same": True, "different": False, "moved": True, "moved: one fingerprint": True, "moved: known again": True}
"""Each row of the table, and whether its findings are to be joined, or to agree."""
_EARLIER, _LATER = "1" * 40, "2" * 40
"""Commits of two reviews."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a pair."""

    kind: str
    joined: bool
    titles: tuple[str, str]
    problem: str = ""
    """Why the pair could not be put to the test; empty when it was."""


def outcomes(pairs: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
    """Puts each pair to the test."""
    for pair in pairs:
        titles = (pair["one"]["title"], pair["other"]["title"])
        one = _finding(pair["one"], pair["path"], pair["text"], "first")
        other = _finding(pair["other"], pair["path"], pair.get("text_after") or pair["text"], "second")
        if isinstance(one, str) or isinstance(other, str):
            yield Outcome(pair["kind"], joined=False, titles=titles, problem=one if isinstance(one, str) else str(other))
            continue
        back = dataclasses.replace(other, start_line=one.start_line, end_line=one.end_line) if pair["kind"] == "moved" else other
        yield Outcome(pair["kind"], len(merge((one, back))) == 1, titles)
        if pair["kind"] == "moved":
            yield Outcome("moved: one fingerprint", one.fingerprint == other.fingerprint, titles)
            yield Outcome("moved: known again", _known_again(one, other, pair["text_after"]), titles)


def _known_again(one: Finding, other: Finding, text: str) -> bool:
    memory = Memory(_EARLIER, (remembered(one, since=_EARLIER, place=Place.INLINE),))
    told = compare((other,), memory, {}, Head(texts={other.path: text}, unread=frozenset()), _LATER)
    return [item.standing for item in told] == [Standing.STILL]


def _finding(item: dict[str, Any], path: str, text: str, look: str) -> Finding | str:
    claim = validate(item)
    if not isinstance(claim, Claim):
        return claim
    findings, ungrounded = ground([claim], {path: text}.get)
    return dataclasses.replace(findings[0], found_by=(look,)) if findings else ungrounded[0].reason


def main(arguments: list[str]) -> int:
    """Prints the table."""
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    pairs = json.loads((paths[0] if paths else _PAIRS).read_text("utf-8"))
    began = time.perf_counter()
    tested = list(outcomes(pairs))
    took = time.perf_counter() - began
    count = Counter((outcome.kind, outcome.joined) for outcome in tested if not outcome.problem)
    print("| pairs | number | wanted | joined | share |\n|---|--:|---|--:|--:|")
    for kind, wanted in _WANTED.items():
        every = count[kind, True] + count[kind, False]
        share = count[kind, True] / every if every else 0
        print(f"| {kind} | {every} | {'all' if wanted else 'none'} | {count[kind, True]} | {share:.1%} |")
    print(f"\n{len(pairs)} pairs in {took:.1f} s; {sum(bool(outcome.problem) for outcome in tested)} could not be grounded.")
    if "--show" in arguments:
        for outcome in tested:
            if outcome.problem or outcome.joined != _WANTED[outcome.kind]:
                print(f"- {outcome.kind}: {outcome.titles[0]} / {outcome.titles[1]} {outcome.problem}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
