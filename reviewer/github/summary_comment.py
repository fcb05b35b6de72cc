"""The summary comment: one a pull request, rewritten at each push."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewer.findings import Origin
from reviewer.github.bodies import Links, how_many_fit, rendered, views, within_a_comment
from reviewer.github.budget import BODY_BYTES
from reviewer.github.comments import Posted
from reviewer.github.comparison import Standing, Told
from reviewer.github.markers import STICKY, state_marker
from reviewer.github.memory import MOST_BYTES, Place, encode
from reviewer.outcome import Review
from reviewer.report import inert
from reviewer.report.amounts import cost_text
from reviewer.templating import Templates

TEMPLATE = "github/sticky.md.j2"
_SHORT = 12
_ONLY_HERE = frozenset({Place.OVER, Place.LISTED})


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in a table."""

    standing: str
    title: str
    where: str
    """A link to the comment about it, if there is one, and to its lines."""
    severity: str


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """How many files were not read for one reason."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a summary comment tells besides the review."""

    told: tuple[Told, ...]
    posted: Mapping[str, Posted]
    """What stands on GitHub, by fingerprint."""
    links: Links
    moved: str
    """The newer head commit; empty when the reviewed one is the newest."""
    notes: tuple[str, ...]
    """What the reader should know of the publishing."""


def sticky_body(review: Review, scene: Scene, templates: Templates, limit: int = BODY_BYTES) -> str:
    """The comment's text within `limit` bytes, with what is to be remembered. Raises TemplateError.

    Where there is too much, the tables and the findings told in full end early, and the text says how many are missing.
    """
    state = state_marker(encode(scene.links.commit, [told.memory for told in scene.told], min(MOST_BYTES, limit * 3 // 8)))
    current = [told for told in scene.told if told.finding is not None]
    values = _values(review, scene, current, limit)
    full = [told for told in current if _is_told_here(told)]
    text = templates.render(TEMPLATE, **values, full=(), more_full=len(full))
    room = limit - len(f"{STICKY}\n{state}\n{text}".encode("utf-8", "replace")) - _HEAD
    fitting = how_many_fit((rendered(told, scene.links, templates, limit) for told in full), room)
    if fitting:
        text = templates.render(TEMPLATE, **values, full=views(full[:fitting], scene.links, limit), more_full=len(full) - fitting)
    return within_a_comment(f"{STICKY}\n{state}\n{text}", scene.links, templates, limit)


_HEAD = 300
"""Bytes for the words around the findings told in full."""


def _values(review: Review, scene: Scene, current: Sequence[Told], limit: int) -> dict[str, object]:
    """What the template shows, but for the findings in full."""
    links, making, coverage = scene.links, review.making, review.coverage
    gone = [told for told in scene.told if told.finding is None]
    earlier = sorted(gone, key=lambda told: told.standing is Standing.FIXED)  # what may still be wrong first
    rows, more_rows = _rows(current, scene, limit // 4)
    earlier_rows, more_earlier = _rows(earlier, scene, limit // 8)
    return {
        "reviewed": _reviewed(review, links),
        "commit": _commit(links, links.commit),
        "moved": _commit(links, scene.moved) if scene.moved else "",
        "complete": review.complete,
        "nothing": inert.one_line(review.nothing),
        "problems": _lines(review.problems),
        "notes": _lines((*scene.notes, *review.notes)),
        "counts": _counts(current),
        "found": len(current),
        "changed": review.change.files - review.change.unread if review.change else len(coverage.read),
        "unread_why": inert.one_line(review.change.unread_why) if review.change else "",
        "steering": [inert.code(inert.visible_path(path)) for path in review.change.steering] if review.change else [],
        "rows": rows,
        "more_rows": more_rows,
        "fixed": sum(told.standing is Standing.FIXED for told in earlier),
        "unseen": sum(told.standing is Standing.UNSEEN for told in earlier),
        "earlier": earlier_rows,
        "more_earlier": more_earlier,
        "summary": inert.prose(review.summary),
        "read": len(coverage.read),
        "outlined": len(coverage.outlined),
        "skipped": len(coverage.skipped),
        "unread_rows": [
            UnreadRow(reason.value, count) for reason, count in Counter(file.reason for file in coverage.skipped).most_common()
        ],
        "redacted": len(review.redacted),
        "withheld": review.withheld,
        "pre_existing": review.pre_existing,
        "refuted": len(review.refuted),
        "ungrounded": len(review.ungrounded),
        "static": making.engine == "static",
        "model": _name(making.model),
        "window": making.window or "",
        "effort": _name(making.effort),
        "known": making.usage.known,
        "prompt_tokens": making.usage.prompt_tokens,
        "cache_read": making.usage.cache_read_input_tokens,
        "output_tokens": making.usage.output_tokens,
        "cost": cost_text(making.cost_usd, making.usage),
        "version": _name(making.version),
        "run": _name(making.run),
        "report": links.report,
    }


def _reviewed(review: Review, links: Links) -> str:
    base = review.change.base if review.change else None
    if base is None:
        return _commit(links, links.commit)
    return f"[{inert.code(f'{base[:_SHORT]}..{links.commit[:_SHORT]}')}]({links.web}/compare/{base}...{links.commit})"


def _commit(links: Links, commit: str) -> str:
    return f"[{inert.code(commit[:_SHORT])}]({links.web}/commit/{commit})"


def _counts(current: Iterable[Told]) -> str:
    """How many of each severity, worst first; and how many are new, where not all are."""
    current = list(current)
    severities = Counter(told.memory.severity for told in current)
    fresh = sum(told.standing is Standing.NEW for told in current)
    words = ", ".join(f"{severities[severity]} {severity.word}" for severity in sorted(severities, reverse=True))
    return f"{words} ({fresh} new)" if 0 < fresh < severities.total() else words


def _rows(told: Sequence[Told], scene: Scene, room: int) -> tuple[list[Row], int]:
    """As many rows as fit into `room` bytes, and how many there are more."""
    rows = [_row(entry, scene) for entry in told]
    fitting = how_many_fit((row.title + row.where for row in rows), room)
    return rows[:fitting], len(rows) - fitting


def _row(told: Told, scene: Scene) -> Row:
    item = told.memory
    removed = item.removed or (told.finding is not None and told.finding.removed)
    there = told.standing is not Standing.FIXED
    lines = (item.first, item.last) if told.finding is not None else (0, 0)
    code = scene.links.code(item.path, *lines, removed=removed) if there else inert.code(inert.visible_path(item.path))
    posted = scene.posted.get(item.posted_as)
    comment = f" ([comment]({posted.url}))" if posted and scene.links.is_ours(posted.url) else ""
    doubt = told.finding is not None and told.finding.origin is Origin.UNSTATED
    title = inert.cell(inert.one_line(item.title)) + (f" ({Origin.UNSTATED.words})" if doubt else "")
    return Row(told.standing.value, title, inert.cell(code) + comment, item.severity.word)


def _is_told_here(told: Told) -> bool:
    """Whether no visible comment and no review tells of it, or only of an earlier form of it."""
    return told.memory.place in _ONLY_HERE or told.memory.posted_as != told.memory.fingerprint or told.memory.hidden


def _name(text: str | None) -> str:
    """What something is called, such as a model; the operator may have chosen it."""
    return inert.one_line((text or "")[:100])


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(inert.one_line, texts))
