"""Whatever a stranger or a model wrote, at whatever place of whatever text for GitHub: GitHub's own parser finds nothing in it that acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import pytest
from github_page import Page
from markdown_attacks import ATTACKS
from report_samples import COMPLETE, DEEP, finding, refuted, ungrounded

from reviewer.findings import Anchor, Evidence, Finding, Origin, QuoteMatch, Ruling, Verification
from reviewer.github.bodies import Links, inline_body, review_body
from reviewer.github.comparison import Standing, Told, compare, head_of
from reviewer.github.memory import NOTHING, Place
from reviewer.github.summary_comment import Scene, sticky_body
from reviewer.outcome import PassMade, Review, ReviewedChange, SkippedFile, SkipReason
from reviewer.report import markdown
from reviewer.report.inert import visible
from reviewer.report.languages import LANGUAGES
from reviewer.templating import Templates

TEMPLATES = Templates()
HALF = "\ud800"
"""No name of a file has it: bytes that are no text are other halves of pairs."""
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEB = "https://github.com/octo/shop"
LINKS = Links(web=WEB, commit=COMMIT, report=f"{WEB}/actions/runs/1")
ACTING = {
    "a mention": re.compile(r"@[A-Za-z0-9_-]"),
    "a reference": re.compile(r"#\w", re.ASCII),
    "an issue": re.compile(r"\bGH-\d", re.IGNORECASE | re.ASCII),
    "a commit": re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE | re.ASCII),
    "a link": re.compile(r"://|\bwww\.", re.IGNORECASE),
    "an emoji": re.compile(r":[\w+-]+:", re.ASCII),
    "what nobody sees": re.compile(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200c-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f\U000e0000-\U000e0fff]"
    ),
}
"""Looked for in the text outside code, and outside our own links, as GitHub does after its parser."""
OURS = re.compile(rf"{re.escape(WEB)}/(blob|commit|compare|actions/runs)/[A-Za-z0-9%._~/-]+(#L[0-9]+(-L[0-9]+)?)?|#[a-z-]+")
"""Where a link may lead."""
TEXT = {"p", "br", "code", "pre", "span", "strong"}
"""What words may be made of."""


class Judged(Page):
    """A page, and its text outside code and links."""

    def __init__(self, text: str) -> None:
        self.free = ""
        self._links = 0
        super().__init__(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self._links += tag == "a"

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self._links -= tag == "a"

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        self.free += " " if self._code or self._links else data


def hostile(text: str) -> Finding:
    """A finding that says `text` wherever a finding says anything. Its path is of the repository, whose owner may choose it."""
    return finding(
        title=text,
        path=f"src/{text[:200].replace(HALF, '')}",
        quote=text,
        explanation=f"{text}\n\nSee `{text}`.",
        suggestion=text,
        match=QuoteMatch.SIMILAR,
        origin=Origin.INTRODUCED,
        anchor=Anchor(14, 16),
        replacement=text,
        found_by=(text, f"{text}2"),
        verification=Verification(
            ruling=Ruling.CONFIRMED,
            explanation=text,
            evidence=Evidence(path=f"x{text[:200].replace(HALF, '')}", start_line=1, end_line=2, quote=text),
        ),
    )


def hostile_review(text: str) -> Review:
    """A review with `text` at every place that somebody else writes."""
    left = SkippedFile(f"skipped/{text}", SkipReason.MEDIA, text)
    return replace(
        DEEP,
        subject=text,
        findings=(hostile(text),),
        ungrounded=(ungrounded(title=text, path=text, explanation=text, reason=text),),
        refuted=(refuted(title=text, path=text, reason=text, explanation=text, verification=hostile(text).verification),),
        summary=f"{text}\n\n{text}",
        problems=(text,),
        notes=(text,),
        change=ReviewedChange(
            label=text, base=COMMIT, head="2" * 40, files=1, added=1, removed=1, steering=(text, f"{text}/CLAUDE.md")
        ),
        coverage=replace(
            COMPLETE.coverage, read=(text,), skipped=(left, replace(left, reason=SkipReason.NO_ROOM)), outlined=(text,)
        ),
        making=replace(
            DEEP.making,
            model=text,
            run=text,
            version=text,
            effort=text,
            cache_warning=text,
            passes=(PassMade(name=text, kind="look"), PassMade(name=text, kind="look", asked=False, problem=text)),
        ),
    )


def told(found: Finding, *copies: Finding) -> Told:
    (one,) = compare([found], NOTHING, {}, head_of({}, COMPLETE.coverage), COMMIT)
    return replace(one, copies=copies, memory=replace(one.memory, place=Place.LISTED))


def summary_comment(text: str) -> str:
    one = told(hostile(text), hostile(text))
    before = [replace(one, finding=None, standing=standing) for standing in (Standing.FIXED, Standing.UNSEEN)]
    scene = Scene(told=(one, *before), posted={}, links=LINKS, moved="d" * 40, notes=(text,))
    return sticky_body(hostile_review(text), scene, TEMPLATES)


SURFACES: dict[str, Callable[[str], str]] = {
    "report": lambda text: markdown.render(hostile_review(text), TEMPLATES, LINKS.top),
    "summary comment": summary_comment,
    "inline comment": lambda text: inline_body(told(hostile(text), hostile(text)), LINKS, TEMPLATES),
    "review": lambda text: review_body("0" * 32, 1, [told(hostile(text))], [told(hostile(text))], LINKS, TEMPLATES).markdown,
}


def skeleton(page: Page) -> list[tuple[str, str]]:
    """What the page is made of, without what words are made of; of links and of our marks the beginning."""
    return [
        (tag, re.sub(r"/blob/.*|:(f=|state:v1:).*", "", attributes.get("href") or attributes.get("text") or ""))
        for tag, attributes in page.elements
        if tag not in TEXT
    ]


@cache
def plain(surface: str) -> list[tuple[str, str]]:
    return skeleton(Page(SURFACES[surface]("word")))


@pytest.mark.parametrize(("surface", "first"), [("report", 0), ("summary comment", 1), ("inline comment", 2), ("review", 0)])
def test_no_attack_makes_anything_of_a_page_that_a_plain_word_does_not(surface: str, first: int) -> None:
    assert_harmless(surface, ATTACKS if surface == "report" else ATTACKS[first::3])


@pytest.mark.nightly
@pytest.mark.parametrize("surface", SURFACES)
def test_no_attack_at_all_makes_anything_of_any_page(surface: str) -> None:
    assert_harmless(surface, ATTACKS)


def assert_harmless(surface: str, attacks: Sequence[str]) -> None:
    for attack in attacks:
        page = Judged(SURFACES[surface](attack))

        assert skeleton(page) == plain(surface), attack[:200]
        for what, pattern in ACTING.items():
            assert not pattern.search(page.free), (what, attack[:200], pattern.search(page.free))
        assert all(OURS.fullmatch(attributes["href"] or "") for tag, attributes in page.elements if tag == "a"), attack[:200]
        languages = [attributes.get("lang") or "" for tag, attributes in page.elements if tag == "pre"]
        offered = ["suggestion"] if surface == "inline comment" and visible(attack) == attack else []  # our own, checked before
        assert sorted(set(languages) - {"", *LANGUAGES}) == offered, attack[:200]
        assert languages.count("suggestion") == len(offered), attack[:200]
        assert all(not attributes for tag, attributes in page.elements if tag in TEXT - {"pre"}), attack[:200]
        assert "$" not in re.sub(r"<span>\$</span>", "", re.sub(r"(?s)<(code|pre)\b.*?</\1>", "", page.html)), attack[:200]


def test_no_language_of_a_fence_makes_github_draw_or_offer_anything() -> None:
    assert not {"mermaid", "math", "geojson", "topojson", "stl", "suggestion"} & {*LANGUAGES}
