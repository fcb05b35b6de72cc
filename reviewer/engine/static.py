"""The built-in checks: what can be said of a repository with no account, no network and no model.

They answer in the form a model answers in, so that their findings go through the same parsing, grounding and report.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TypeAlias

from reviewer.collect.history import History
from reviewer.collect.secrets import Secret
from reviewer.collect.snapshot import Snapshot
from reviewer.engine.hidden_text import hidden_text
from reviewer.engine.hotspots import hotspots
from reviewer.engine.interface import Reply, Stop
from reviewer.engine.leaks import leaks
from reviewer.engine.lint import Linted, lint
from reviewer.engine.places import is_code, is_rehearsal
from reviewer.engine.points import Point, gathered, order
from reviewer.findings import Category, Claim, Confidence, Severity

Secrets: TypeAlias = Mapping[str, Sequence[Secret]]
"""Path → what was taken out of its text."""
Lines: TypeAlias = Mapping[str, Collection[int]]
"""Path → numbers of lines, from 1."""

MOST = 300
"""Claims in one answer; more than anyone reads, fewer than a reply may hold."""


def examine(
    snapshot: Snapshot,
    texts: Mapping[str, str],
    secrets: Secrets,
    history: History,
    lines: Lines | None = None,
    entries: Iterable[Point] = (),
) -> Reply:
    """Search `texts` (path → text, of files of `snapshot`) for hidden text, conflict markers, Python defects and hot spots.

    `secrets` are those that were taken out of the texts. Of a change, hidden text counts on its added `lines` only; `entries` are the points
    of `changed_entries`.
    """
    started = time.perf_counter()
    linted = lint(texts)
    in_files = chain.from_iterable(_in_file(path, text, secrets.get(path, ()), _of(lines, path)) for path, text in texts.items())
    claims = sorted(gathered(chain(linted.points, in_files, entries, hotspots(snapshot.files, texts, history))), key=order)
    return Reply(
        text=_answer(claims, _summary(texts, history)),
        stop=Stop.END,
        seconds=time.perf_counter() - started,
        notes=tuple(_notes(linted, history, len(claims))),
    )


def search_hidden_text(texts: Mapping[str, str], lines: Lines | None, entries: Iterable[Point] = ()) -> Reply:
    """Search `texts` (path → text) for hidden text alone: beside a model, which the same text may be written to steer.

    Of a change only its added `lines` count.
    """
    points = chain.from_iterable(hidden_text(path, text, _of(lines, path)) for path, text in texts.items())
    return Reply(text=_answer(gathered(chain(points, entries)), ""), stop=Stop.END)


def _of(lines: Lines | None, path: str) -> Collection[int] | None:
    return None if lines is None else lines.get(path, ())


def _answer(claims: Iterable[Claim], summary: str) -> str:
    """In the form a model answers in."""
    return json.dumps({"findings": [_item(claim) for claim in islice(claims, MOST)], "summary": summary})


def _in_file(path: str, text: str, secrets: Sequence[Secret], lines: Collection[int] | None) -> Iterator[Point]:
    yield from leaks(path, text, secrets)
    yield from hidden_text(path, text, lines)
    yield from _conflict(path, text)


def _conflict(path: str, text: str) -> Iterator[Point]:
    """The markers git leaves in a file that could not be merged, all three and in their order; prose and tests may quote them."""
    if "\n>>>>>>> " not in text or not is_code(path) or is_rehearsal(path):
        return
    expected = ["<<<<<<< ", "=======", ">>>>>>> "]
    first = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith(expected[0]) or (expected[0] == "=======" and line.rstrip("\r") != "======="):
            continue
        first = first or number
        marker = expected.pop(0)
        if not expected:
            claim = Claim(
                title="Unresolved merge conflict",
                severity=Severity.HIGH,
                confidence=Confidence.HIGH,
                category=Category.CORRECTNESS,
                path=path,
                start_line=first,
                end_line=first,
                quote=text.split("\n")[first - 1].strip(),
                explanation=f"Both sides of a merge stand in the file, up to the marker `{marker.strip()}` on line {number}.",
                suggestion="Choose one side, or write what both meant, and remove the markers.",
            )
            yield Point("conflict", claim)
            return


def _item(claim: Claim) -> Mapping[str, str | int]:
    return {
        "path": claim.path,
        "quote": claim.quote,
        "start_line": claim.start_line,
        "end_line": claim.end_line,
        "category": claim.category.value,
        "severity": claim.severity.word,
        "confidence": claim.confidence.word,
        "title": claim.title,
        "explanation": claim.explanation,
        "suggestion": claim.suggestion,
        **({"origin": claim.origin.value} if claim.origin else {}),
    }


def _summary(texts: Mapping[str, str], history: History) -> str:
    """What was done; not how many points were found, for the report joins some and leaves others out."""
    files = "1 file was" if len(texts) == 1 else f"{len(texts):,} files were"
    past = ", and the history searched for hot spots" if history.examined else ""
    return (
        f"{files} searched for secrets, hidden text and merge conflicts, {'' if past else 'and '}Python files checked with ruff{past}. "
        "Such checks see patterns, not meaning: that they are silent about a file does not say that it is right."
    )


def _notes(linted: Linted, history: History, found: int) -> Iterator[str]:
    if linted.note:
        yield linted.note
    if history.problem:
        yield f"No hot spots, since the history could not be read: {history.problem}"
    elif history.shallow:
        yield f"The clone is shallow: hot spots rest on {history.examined:,} commits."
    if found > MOST:
        yield f"The built-in checks found {found:,} points; the {MOST} worst are shown."
