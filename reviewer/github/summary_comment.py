"""The summary comment: one a pull request, rewritten at each push."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reviewer.findings import Origin
from reviewer.github.bodies import FindingView, Links, view, within_a_comment
from reviewer.github.comments import Posted
from reviewer.github.comparison import Standing, Told
from reviewer.github.markers import STICKY, state_marker
from reviewer.github.memory import Place, encode
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


def sticky_body(review: Review, scene: Scene, templates: Templates) -> str:
    """The comment's text, with what is to be remembered. Raises TemplateError."""
    links, making, coverage = scene.links, review.making, review.coverage
    current = [told for told in scene.told if told.finding is not None]
    text = templates.render(
        TEMPLATE,
        reviewed=_reviewed(review, links),
        commit=_commit(links, links.commit),
        moved=_commit(links, scene.moved) if scene.moved else "",
        complete=review.complete,
        nothing=inert.one_line(review.nothing),
        problems=_lines(review.problems),
        notes=_lines((*scene.notes, *review.notes)),
        counts=_counts(current),
        changed=review.change.files - review.change.unread if review.change else len(coverage.read),
        unread_why=inert.one_line(review.change.unread_why) if review.change else "",
        steering=[inert.code(inert.visible_path(path)) for path in review.change.steering] if review.change else [],
        rows=[_row(told, scene) for told in current],
        fixed=[_row(told, scene) for told in scene.told if told.standing is Standing.FIXED],
        unseen=[_row(told, scene) for told in scene.told if told.standing is Standing.UNSEEN],
        full=_in_full(current, links),
        summary=inert.prose(review.summary),
        read=len(coverage.read),
        outlined=len(coverage.outlined),
        skipped=len(coverage.skipped),
        unread_rows=[
            UnreadRow(reason.value, count) for reason, count in Counter(file.reason for file in coverage.skipped).most_common()
        ],
        redacted=len(review.redacted),
        withheld=review.withheld,
        pre_existing=review.pre_existing,
        refuted=len(review.refuted),
        ungrounded=len(review.ungrounded),
        static=making.engine == "static",
        model=inert.code(making.model or ""),
        window=making.window or "",
        effort=inert.code(making.effort or ""),
        known=making.usage.known,
        prompt_tokens=making.usage.prompt_tokens,
        cache_read=making.usage.cache_read_input_tokens,
        output_tokens=making.usage.output_tokens,
        cost=cost_text(making.cost_usd, making.usage),
        version=inert.code(making.version),
        run=inert.code(making.run),
        report=links.report,
    )
    state = state_marker(encode(links.commit, [told.memory for told in scene.told]))
    return within_a_comment(f"{STICKY}\n{state}\n{text}", links, templates)


def _reviewed(review: Review, links: Links) -> str:
    base = review.change.base if review.change else None
    if base is None:
        return _commit(links, links.commit)
    return f"[{inert.code(f'{base[:_SHORT]}..{links.commit[:_SHORT]}')}]({links.web}/compare/{base}...{links.commit})"


def _commit(links: Links, commit: str) -> str:
    return f"[{inert.code(commit[:_SHORT])}]({links.web}/commit/{commit})"


def _counts(current: Iterable[Told]) -> str:
    """How many of each severity, worst first, and how many are new."""
    severities = Counter(told.memory.severity for told in current)
    fresh = sum(told.standing is Standing.NEW for told in current)
    words = ", ".join(f"{severities[severity]} {severity.word}" for severity in sorted(severities, reverse=True))
    return f"{words}; {fresh} new" if fresh else words


def _row(told: Told, scene: Scene) -> Row:
    item = told.memory
    there = told.standing is not Standing.FIXED
    lines = (item.first, item.last) if told.finding is not None else (0, 0)
    code = scene.links.code(item.path, *lines) if there else inert.code(inert.visible_path(item.path))
    posted = scene.posted.get(item.posted_as)
    comment = f" ([comment]({posted.url}))" if posted and scene.links.is_ours(posted.url) else ""
    doubt = told.finding is not None and told.finding.origin is Origin.UNSTATED
    title = inert.cell(inert.one_line(item.title)) + (f" ({Origin.UNSTATED.words})" if doubt else "")
    return Row(told.standing.value, title, inert.cell(code) + comment, item.severity.word)


def _in_full(current: Iterable[Told], links: Links) -> tuple[FindingView, ...]:
    """Those of which no inline comment and no review speaks, or only of an earlier form of it."""
    return tuple(
        view(told.finding, told.copies, links, inline=False)
        for told in current
        if told.finding is not None and (told.memory.place in _ONLY_HERE or told.memory.posted_as != told.memory.fingerprint)
    )


def _lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(inert.one_line, texts))
