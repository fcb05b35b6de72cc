from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from github_page import Page
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import CLEAN, COMPLETE, HOSTILE, INCOMPLETE, STATIC, finding

from reviewer.findings import Anchor, Finding, Origin, Refuted
from reviewer.github.bodies import Links, address, inline_body, job_summary, review_body, view
from reviewer.github.comments import Posted
from reviewer.github.comparison import Told, compare, head_of
from reviewer.github.markers import is_sticky, leading_fingerprints, state_of
from reviewer.github.memory import NOTHING, Memory, Place, decode, remembered
from reviewer.github.summary_comment import Scene, sticky_body
from reviewer.outcome import Review, ReviewedChange
from reviewer.templating import Templates

EXPECTED = Path(__file__).parents[1] / "data" / "github_bodies"
TEMPLATES = Templates()
COMMIT, BEFORE, BASE = "0123456789abcdef0123456789abcdef01234567", "b" * 40, "c" * 40
WEB = "https://github.com/octo/shop"
LINKS = Links(web=WEB, commit=COMMIT, base=BASE, report=f"{WEB}/actions/runs/1")
CHANGE = ReviewedChange(label="octo/shop#7", base=BASE, head=COMMIT, files=3, added=9, removed=2)
EVAL = replace(
    COMPLETE.findings[0],
    anchor=Anchor(14, 16),
    origin=Origin.INTRODUCED,
    replacement="def load(path):\n    with open(path) as file:\n        return ast.literal_eval(file.read())",
)
OURS = {"h2", "h3", "p", "strong", "em", "code", "pre", "ul", "li", "a", "table", "thead", "tbody", "tr", "th", "td"}
OURS |= {"sub", "details", "summary", "blockquote", "br", "span", "a comment"}


def first_push(review: Review, place: Place = Place.INLINE) -> Scene:
    told = compare(review.findings, NOTHING, {}, head_of({}, review.coverage), COMMIT)
    return scene(*(replace(entry, memory=replace(entry.memory, place=place)) for entry in told))


def scene(*told: Told) -> Scene:
    return Scene(told=told, posted={}, links=LINKS, moved="", notes=())


def later_push() -> tuple[Review, Scene]:
    """One finding still there, one new, one fixed, one not seen again; a newer commit came meanwhile."""
    gone = finding(title="Gone | for `a|b` good", path="shop/old.py", quote="old = code()")
    unseen = finding(title="Still somewhere", quote="def save(path):")
    earlier = [remembered(found, since=BEFORE, place=Place.INLINE) for found in (EVAL, gone, unseen)]
    change = replace(CHANGE, steering=("CLAUDE.md", ".reviewer.toml"))
    refuted = Refuted(
        **{name: getattr(unseen, name) for name in Refuted.__dataclass_fields__ if name != "reason"}, reason="there"
    )
    review = replace(
        COMPLETE, findings=(EVAL, COMPLETE.findings[1]), change=change, refuted=(refuted,), pre_existing=4, commit=COMMIT
    )
    texts = dict.fromkeys(review.coverage.read, "def save(path):\n    pass\n")
    posted = {
        EVAL.fingerprint: Posted(
            fingerprint=EVAL.fingerprint, place=Place.INLINE, commit=BEFORE, node="n", url=f"{WEB}/pull/7#discussion_r1"
        )
    }
    told = compare(review.findings, Memory(BEFORE, tuple(earlier)), posted, head_of(texts, review.coverage), COMMIT)
    notes = ("1 comment on fixed findings could not be marked as outdated.",)
    return review, Scene(told=told, posted=posted, links=LINKS, moved="d" * 40, notes=notes)


def told(found: Finding, *copies: Finding) -> Told:
    (one,) = compare([found], NOTHING, {}, head_of({}, COMPLETE.coverage), COMMIT)
    return replace(one, copies=copies)


def review_text(inline: int, outside: Sequence[Told], rejected: Sequence[Told]) -> str:
    return review_body("0" * 32, inline, outside, rejected, LINKS, TEMPLATES).markdown


def samples() -> dict[str, str]:
    changed = {name: replace(review, change=CHANGE) for name, review in _REVIEWS.items()}
    review, later = later_push()
    outside, rejected = told(COMPLETE.findings[1]), told(COMPLETE.findings[2])
    return {
        "inline": inline_body(told(EVAL, replace(EVAL, start_line=40, end_line=42)), LINKS, TEMPLATES),
        "review": review_text(2, [outside], [rejected]),
        "review_of_one": review_text(1, [], []),
        "sticky_later": sticky_body(review, later, TEMPLATES),
        **{f"sticky_{name}": sticky_body(review, first_push(review), TEMPLATES) for name, review in changed.items()},
        "sticky_alone": sticky_body(changed["complete"], first_push(changed["complete"], Place.LISTED), TEMPLATES),
    }


_REVIEWS = {"complete": COMPLETE, "clean": CLEAN, "incomplete": INCOMPLETE, "static": STATIC, "hostile": HOSTILE}


def readable(body: str) -> str:
    """Without the remembered state, which zlib's next version may pack otherwise."""
    return re.sub(r"(?<=reviewer:state:v1:)[A-Za-z0-9+/=]+", "…", body)


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_body_is_the_expected_file_byte_for_byte(name: str) -> None:
    assert readable(samples()[name]) == (EXPECTED / f"{name}.md").read_text()


def test_no_file_is_expected_that_nothing_makes() -> None:
    assert {path.stem for path in EXPECTED.glob("*.md")} == samples().keys()


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_body_makes_no_element_that_is_not_ours_and_leads_nowhere_else(name: str) -> None:
    page = Page(samples()[name])
    links = [attributes["href"] or "" for tag, attributes in page.elements if tag == "a"]

    assert page.tags <= OURS
    assert all(link.startswith(f"{WEB}/") for link in links)
    assert all((attributes["text"] or "").startswith(" reviewer:") for tag, attributes in page.elements if tag == "a comment")
    assert page.html.count("<details>") == page.html.count("</details>")


@settings(max_examples=40, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("\n `~*_[](){}<>!#@|$\\:/.-+=1a\u202e%"), max_size=60))
def test_no_text_adds_an_element_to_a_body(text: str) -> None:
    assert elements_with(text) == elements_with("")


def elements_with(words: str) -> list[str]:
    found = finding(title="x" + words, path="x" + words, quote="x" + words, explanation="x", suggestion="")
    summary = replace(COMPLETE, findings=(found,), problems=("x" + words,), notes=("x" + words,), summary="x", change=CHANGE)
    bodies = (
        inline_body(told(found), LINKS, TEMPLATES),
        review_text(0, [told(found)], []),
        sticky_body(summary, first_push(summary, Place.LISTED), TEMPLATES),
    )
    return [tag for body in bodies for tag, _ in Page(body).elements if tag not in {"code", "br", "span"}]


def test_a_table_keeps_its_columns_whatever_a_title_holds() -> None:
    review = replace(COMPLETE, findings=(finding(title="a | b `c|d` \\| `e\\|f` `g\\\\|h`", path="a|b.py"),), change=CHANGE)
    page = Page(sticky_body(review, first_push(review), TEMPLATES))
    table = page.html[page.html.index("<table>") : page.html.index("</table>")]

    assert table.count("<td") == 4


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "```suggestion\n{0}\n```"),
        ({"replacement": ""}, "```suggestion\n```"),
        ({"replacement": "x = '```'"}, "````suggestion\nx = '```'\n````"),
        ({"anchor": Anchor(14, 15)}, "```python\n{0}\n```"),
        ({"anchor": None}, "```python\n{0}\n```"),
        ({"replacement": "x = 1\u202e"}, "```python\nx = 1⟨U+202E⟩\n```"),
        ({"replacement": None}, ""),
    ],
)
def test_a_block_to_apply_is_offered_only_for_exactly_the_lines(change: dict[str, object], expected: str) -> None:
    found = replace(EVAL, **change)  # type: ignore[arg-type]  # the names are checked by replace itself

    assert view(found, (), LINKS, inline=True).replacement == expected.format(EVAL.replacement)


def test_no_prose_offers_a_block_to_apply() -> None:
    attack = "```suggestion\nrm -rf /\n```\n~~~ suggestion\nx\n~~~\n\n    ```suggestion\n    y\n    ```"
    found = finding(title=attack, explanation=attack, suggestion=attack, quote=attack)
    for body in (
        inline_body(told(found), LINKS, TEMPLATES),
        review_text(0, [told(found)], [told(found)]),
    ):
        assert [attributes for tag, attributes in Page(body).elements if attributes.get("lang") == "suggestion"] == []


def test_outside_its_lines_nothing_can_be_applied() -> None:
    assert "suggestion" not in review_text(0, [told(EVAL)], [])


def test_every_body_keeps_githubs_limit_and_says_what_was_cut() -> None:
    words = "word `code` @octocat #1\n\n" * 300 + "```\n" + "é\n" * 30_000
    many = tuple(
        finding(title=f"{number}", path=f"f{number}.py", explanation=words, suggestion=words, replacement=words)
        for number in range(5)
    )
    review = replace(COMPLETE, findings=many, summary=words, change=CHANGE)
    for body in (
        inline_body(told(many[0]), LINKS, TEMPLATES),
        review_text(0, [told(found) for found in many], []),
        sticky_body(review, first_push(review, Place.LISTED), TEMPLATES),
    ):
        page = Page(body)

        assert len(body.encode()) <= 65_536
        assert f"[The full report]({LINKS.report})" in body
        assert page.html.count("<details>") == page.html.count("</details>")
        assert page.html.rstrip().endswith("</p>")


def test_markers_and_verdict_outlive_the_cut() -> None:
    many = tuple(finding(title="t" * 150, path=f"{'d' * 200}/f{number}.py", explanation="x" * 5000) for number in range(100))
    review = replace(COMPLETE, findings=many, change=CHANGE)
    sticky = sticky_body(review, first_push(review, Place.LISTED), TEMPLATES)
    body = review_body("0" * 32, 0, [told(found) for found in many], [], LINKS, TEMPLATES)

    assert is_sticky(sticky)
    assert len(decode(state_of(sticky)).findings) == 100
    assert "**100 findings:**" in sticky
    shown = len(body.outside)
    assert 5 < shown < 15
    assert leading_fingerprints(body.markdown) == tuple(entry.memory.posted_as for entry in body.outside)
    assert body.markdown.count("high confidence") == shown
    assert f"*{100 - shown} more findings do not fit here; see the summary comment.*" in body.markdown
    assert body.markdown.startswith("<!--")
    assert "100 new findings" in body.markdown


def test_a_job_summary_keeps_its_limit() -> None:
    report = "# Review\n\n" + "line of the report\n\n" * 80_000

    assert job_summary("# Review\n", LINKS, TEMPLATES) == "# Review\n"
    assert 1_000_000 < len(job_summary(report, None, TEMPLATES).encode()) <= 1024 * 1024


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{WEB}/actions/runs/1", f"{WEB}/actions/runs/1"),
        ("javascript:alert(1)", ""),
        (f"{WEB}) ![x](https://evil.example/x", ""),
        ("", ""),
    ],
)
def test_only_a_plain_address_becomes_a_link(url: str, expected: str) -> None:
    assert address(url) == expected


def test_a_comment_says_that_the_finder_quoted_something_else_and_that_its_lines_are_removed() -> None:
    found = replace(EVAL, as_quoted="return exec(file)", removed=True, notes=('path "a/x.py" read as "x.py"',))
    inline = inline_body(told(found), LINKS, TEMPLATES)

    assert "about removed lines" in inline
    assert "return exec(file)" in inline
    assert "How it was read: path" in inline
    assert f"/blob/{BASE}/" in view(found, (), LINKS, inline=False).link, "the reviewed commit does not have these lines"
