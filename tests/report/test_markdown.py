from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from github_page import Page
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import (
    CHANGE,
    CHANGED,
    CLEAN,
    COMPLETE,
    HOSTILE,
    INCOMPLETE,
    NOTHING_CHANGED,
    SAMPLES,
    STATIC,
    finding,
    refuted,
    ungrounded,
)

from reviewer.errors import TemplateError
from reviewer.outcome import Coverage, Review, SkippedFile, SkipReason
from reviewer.report import markdown
from reviewer.templating import Templates

EXPECTED = Path(__file__).parents[1] / "data" / "report"
TEMPLATES = Templates()
OURS = {
    "h1",
    "h2",
    "h3",
    "p",
    "strong",
    "em",
    "code",
    "pre",
    "ul",
    "li",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "blockquote",
    "br",
    "span",
}
OURS |= {"details", "summary"}


def render(review: Review) -> str:
    return markdown.render(review, TEMPLATES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_is_the_expected_file_byte_for_byte(name: str) -> None:
    assert render(SAMPLES[name]).encode() == (EXPECTED / f"{name}.md").read_bytes()


def test_no_file_is_expected_that_no_review_makes() -> None:
    assert {path.stem for path in EXPECTED.glob("*.md")} == set(SAMPLES)


def test_a_hostile_review_makes_no_element_that_is_not_ours() -> None:
    page = Page(render(HOSTILE))

    assert page.tags <= OURS
    assert sum(tag == "h1" for tag, _ in page.elements) == 1
    assert [tag for tag, _ in page.elements if tag == "details"] == ["details"] * 4
    assert all((attributes["href"] or "").startswith(("./", "#")) for tag, attributes in page.elements if tag == "a")


@settings(max_examples=40, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("\n `~*_[](){}<>!#@|$\\:/.-+=1a\u202e%"), max_size=60))
def test_no_text_adds_an_element_to_a_report(text: str) -> None:
    assert elements_with(text) == elements_with("")


def elements_with(words: str) -> list[str]:
    found = finding(
        title="x" + words, path="x" + words, quote="x" + words, explanation="x", suggestion="", replacement="x" + words
    )
    claim = ungrounded(title="x" + words, path="x" + words, explanation="x" + words)
    denied = refuted(title="x" + words, path="x" + words, reason="x" + words)
    left = SkippedFile("x" + words, SkipReason.MEDIA, "x" + words)
    review = replace(
        COMPLETE,
        subject="x" + words,
        findings=(found,),
        ungrounded=(claim,),
        refuted=(denied,),
        change=replace(CHANGED, label="x" + words, steering=("x" + words,)),
        problems=("x" + words,),
        notes=("x" + words,),
        coverage=replace(COMPLETE.coverage, skipped=(left,), outlined=("x" + words,)),
        making=replace(COMPLETE.making, model="x" + words, run="x" + words),
    )
    return [tag for tag, _ in Page(render(review)).elements if tag not in {"code", "span"}]


@pytest.mark.parametrize("review", [INCOMPLETE, replace(INCOMPLETE, withheld=3), replace(CLEAN, problems=("It was refused.",))])
def test_an_incomplete_review_never_says_that_there_are_no_findings(review: Review) -> None:
    report = render(review)

    assert "This review is incomplete" in report.split("\n## ")[0]
    assert "no findings" not in report.lower()


def test_findings_that_were_left_out_are_not_called_no_findings() -> None:
    report = render(replace(CLEAN, withheld=4))

    assert "No findings shown" in report
    assert "4 more findings were left out" in report


def test_the_static_engine_is_labelled_before_anything_else_is_said() -> None:
    assert "built-in checks only; no model has read this code" in render(STATIC).split("\n## ")[0]
    assert "no model has read" not in render(COMPLETE)


def test_a_change_in_which_git_found_no_difference_is_not_called_clean() -> None:
    report = render(NOTHING_CHANGED)

    assert "**Nothing was reviewed:** git found no difference." in report
    assert "no findings" not in report.lower()


def test_nobody_is_said_to_have_checked_a_change_that_is_empty() -> None:
    assert "built-in checks" not in render(replace(NOTHING_CHANGED, making=STATIC.making)).split("\n## ")[0]


def test_a_change_of_which_no_file_was_read_is_not_called_clean() -> None:
    left = Coverage(read=(), skipped=(SkippedFile("poetry.lock", SkipReason.LOCK_FILE),), read_bytes=0, read_lines=0)
    change = replace(CHANGED, unread=CHANGED.files, unread_why="lock file (`poetry.lock`)")
    report = render(
        replace(NOTHING_CHANGED, change=change, coverage=left, nothing="no changed file can be read: lock file (`poetry.lock`)")
    )

    assert "**Nothing was reviewed:** no changed file can be read: lock file (`poetry.lock`)." in report
    assert "no findings" not in report.lower()
    assert report.count("poetry.lock") == 2, "once in the headline, once among what was skipped"


def test_what_of_a_change_nobody_read_stands_beside_the_verdict() -> None:
    change = replace(CHANGED, unread=2, unread_why="submodule moved (`lib`), binary (`a.bin`)")

    head = render(replace(CLEAN, change=change)).split("\n## ")[0]
    assert "**No findings** in 1 changed file." in head
    assert "Not read: submodule moved (`lib`), binary (`a.bin`)." in head
    assert "Not read: submodule moved" in render(replace(COMPLETE, change=change)).split("\n## ")[0]


def test_a_clean_change_is_called_clean_of_its_files_only() -> None:
    assert "**No findings** in 3 changed files." in render(replace(CLEAN, change=CHANGED))


def test_only_a_change_has_an_outside() -> None:
    assert render(CHANGE).count("outside git's diff") == 2
    assert "outside git's diff" not in render(COMPLETE)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("a" * 40, "b" * 40, "The change `x` (`aaaaaaaaaaaa` to `bbbbbbbbbbbb`): 3 files"),
        ("a" * 40, None, "The change `x` (since `aaaaaaaaaaaa`): 3 files"),
        (None, "b" * 40, "The change `x` (`bbbbbbbbbbbb`): 3 files"),
        (None, None, "The change `x`: 3 files"),
    ],
)
def test_the_commits_of_a_change_are_named_where_it_has_any(base: str | None, head: str | None, expected: str) -> None:
    assert expected in render(replace(CHANGE, change=replace(CHANGED, label="x", base=base, head=head)))


def test_what_is_left_out_or_refuted_counts_as_grounded() -> None:
    assert "Grounding rate: 7 of 7 claims" in render(CHANGE)


def test_the_grounding_rate_counts_what_is_withheld_as_grounded() -> None:
    assert "Grounding rate 5 of 6" in render(COMPLETE)


def test_long_lists_are_bounded_and_say_so() -> None:
    many = tuple(SkippedFile(f"{number}.png", SkipReason.MEDIA) for number in range(1200))
    review = replace(
        COMPLETE, ungrounded=(ungrounded(),) * 80, refuted=(refuted(),) * 90, coverage=replace(COMPLETE.coverage, skipped=many)
    )
    report = render(review)

    assert "- `499.png`" in report
    assert "- `500.png`" not in report
    assert "And 700 more, which the JSON report lists." in report
    assert report.count("The cache is never emptied") == 50
    assert "- And 30 more, which the JSON report lists." in report
    assert report.count("is never defined") == 50
    assert "- And 40 more, which the JSON report lists." in report


def test_an_operators_template_is_given_text_that_is_harmless_already(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.md.j2").write_text(
        "{{ summary }}\n{% for g in severities %}{% for f in g.findings %}{{ f.title }}{% endfor %}{% endfor %}"
    )

    assert Page(markdown.render(HOSTILE, Templates(tmp_path))).tags <= {"p", "br", "code", "pre", "span"}


def test_a_wrong_name_in_an_operators_template_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    path = tmp_path / "report" / "report.md.j2"
    path.write_text("# {{ subject }}\n{{ titel }}\n")

    with pytest.raises(TemplateError) as caught:
        markdown.render(COMPLETE, Templates(tmp_path))

    assert caught.value.message.startswith(f"{path}:2: ")


def test_a_finders_quote_is_shown_beside_the_files_lines_where_it_says_something_else() -> None:
    one = finding(
        quote="if count <= limit:", as_quoted="if count < limit:\n``` @everyone", notes=('path "a/x.py" read as "x.py"',)
    )
    shown = render(replace(COMPLETE, findings=(one,)))

    assert shown.index("if count <= limit:") < shown.index("The finder quoted this instead") < shown.index("if count < limit:")
    assert re.search(r"````\w*\nif count < limit:\n``` @everyone\n````\n", shown)
    assert "How it was read: path" in shown
