from __future__ import annotations

import re
import unicodedata

import pytest
from github_page import Page
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.report import inert
from reviewer.report.languages import LANGUAGES

ATTACKS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "<![CDATA[x]]>",
    "<?php x ?>",
    "<a href='https://evil.example'>click</a>",
    "</details></div><h1>Approved</h1>",
    "&lt;b&gt; &#60;b&#62; &#64;octocat &commat;octocat",
    "![pixel](https://evil.example/p.png)",
    "![pixel][ref]\n\n[ref]: https://evil.example/p.png",
    "[click](javascript:alert(1))",
    "[click]: https://evil.example\n[click]",
    "<https://evil.example>",
    "<octocat@evil.example>",
    "https://evil.example/?q=1",
    "HTTPS://EVIL.EXAMPLE and ftp://evil.example",
    "www.evil.example and WWW.EVIL.EXAMPLE",
    "mailto:octocat@evil.example xmpp:octocat@evil.example/x",
    "octocat@evil.example",
    "@octocat please merge",
    "cc @github/security",
    "a@octocat \\@octocat _@octocat_ **@octocat**",
    "fixes #1",
    "closes octo/repo#2 and resolves GH-3, gh-4",
    "fixes https://github.com/octo/repo/issues/1",
    "octo/repo@deadbeefcafe0123 deadbee0 0123456789abcdef0123456789abcdef01234567",
    "\\#1 \\\\#1 \\[x](y) \\`x`",
    "# Approved",
    "Approved\n========",
    "Approved\n--------",
    "Approved\n   ===",
    "- item\n* item\n+ item",
    "1. item\n2) item\n99999999. item",
    "- [x] approved\n- [ ] not",
    "> quote\n> [!WARNING]\n> nothing",
    "| a | b |\n|---|---|\n| c | d |",
    "a | b\n:-: | -:\nc | d",
    "a\n-|-\nb",
    "***\n---\n___\n* * *",
    "    indented code\n\tand a tab",
    "text[^1]\n\n[^1]: note",
    "$x^2$ and $$y$$ and $`z`$",
    ":shipit: :+1: :b: a:b:c",
    "*em* _em_ **strong** __strong__ ~~gone~~ ***x***",
    "snake_case_name and __init__ and _private",
    "line\\\nbreak  \ntwo spaces",
    "`code` ``co`de`` `open and `` mixed ` x",
    "`<img>` `@octocat` ``` `x` ```",
    "``` no fence ```",
    "```suggestion\nrm -rf /\n```",
    "~~~mermaid\ngraph LR\n~~~",
    "```math\nx\n```\n```geojson\n{}\n```",
    "```\nnever closed\n</details>\n# x",
    "```python\n````\n```\n@octocat",
    "a\r\nb\rc",
    "\x1b[31mred\x1b]8;;https://evil.example\x07",
    "\u202egnp.exe\u2066x\u200by\ufeff\U000e0041\ufe0f\x85\x9b2J",
    "\ud800 \udcff",
    "::set-output name=x::y\n##[error]x",
    "<details><summary>x</summary>\n\n# y",
    "[//]: # (comment)\n\n{% raw %}",
    "&copy; &amp; & && &x; AT&T",
    "-\n\n=\n\n+\n\n1.",
    "a  \n  - b\n      c",
]

PROSE_TAGS = {"p", "br", "code", "pre", "span"}
ACTING = {
    "a mention": re.compile(r"@[A-Za-z0-9_-]"),
    "a reference": re.compile(r"#\w", re.ASCII),
    "an issue": re.compile(r"\bGH-\d", re.IGNORECASE | re.ASCII),
    "a commit": re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b", re.IGNORECASE | re.ASCII),
    "a link": re.compile(r"://|\bwww\.", re.IGNORECASE),
    "an emoji": re.compile(r":[\w+-]+:", re.ASCII),
}
WILD = st.text(alphabet=st.sampled_from("\n\n\t  `~*_[]()<>!#@&|$\\:;/.-+=>{}^\"'%x1aA0éß\u202e\x1b\r"), max_size=80)
PIECES = st.lists(st.sampled_from(ATTACKS) | WILD | st.text(max_size=10), max_size=5).map("".join)


def plain(text: str) -> str:
    """What of a text must be seen: without white space and without what stands for code."""
    return "".join(text.split()).replace("`", "").replace("\u200b", "")


def assert_harmless(markdown: str, allowed: set[str]) -> None:
    page = Page(markdown)
    assert page.tags <= allowed
    assert all(not attributes for tag, attributes in page.elements if tag in {"p", "br", "code", "span"})
    assert all(attributes.get("lang") in {None, *LANGUAGES} for tag, attributes in page.elements if tag == "pre")
    for what, pattern in ACTING.items():
        assert not pattern.search(page.outside_code), what
    assert markdown.count("$") - markdown.count("<span>$</span>") <= page.text.count("$") - page.outside_code.count("$")


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_in_prose_is_only_text(text: str) -> None:
    assert_harmless(inert.prose(text), PROSE_TAGS)
    assert_harmless(inert.one_line(text), PROSE_TAGS)


@settings(max_examples=100, deadline=None)
@given(text=PIECES)
def test_no_prose_acts(text: str) -> None:
    assert_harmless(inert.prose(text), PROSE_TAGS)


@settings(max_examples=100, deadline=None)
@given(text=PIECES)
def test_no_line_leaves_the_heading_the_list_or_the_emphasis_it_stands_in(text: str) -> None:
    line = inert.one_line(text)
    if line:
        assert [tag for tag, _ in Page(f"### 1. {line}").elements if tag not in {"code", "span"}] == ["h3"]
        assert [tag for tag, _ in Page(f"- {line}").elements if tag not in {"code", "span"}] == ["ul", "li"]
        assert_harmless(f"### 1. {line}", PROSE_TAGS | {"h3"})


@settings(max_examples=100, deadline=None)
@given(text=PIECES.filter(lambda text: "`" not in text and "~~~" not in text))
def test_nothing_of_prose_is_lost(text: str) -> None:
    assert plain(Page(inert.prose(text)).text) == plain(inert.visible(text))


@settings(max_examples=80, deadline=None)
@given(text=PIECES, path=st.text(max_size=20))
def test_a_code_block_holds_whatever_it_is_given(text: str, path: str) -> None:
    page = Page(f"before\n\n{inert.block(text, path)}\n\nafter")

    assert [tag for tag, _ in page.elements] == ["p", "pre", "code", "p"]
    assert page.text == f"before\n{inert.visible(text).removesuffix(chr(10))}\n\nafter\n"


@settings(max_examples=80, deadline=None)
@given(text=PIECES)
def test_inline_code_holds_whatever_it_is_given(text: str) -> None:
    code = inert.code(text)
    page = Page(f"a {code} b")

    assert [tag for tag, _ in page.elements] == (["p", "code"] if code else ["p"])
    assert page.text.split() == ["a", *inert.visible(text).split(), "b"]


@settings(max_examples=80, deadline=None)
@given(path=st.binary(min_size=1, max_size=30), first=st.integers(1, 9), more=st.integers(0, 9))
def test_a_link_leads_to_its_file_and_nowhere_else(path: bytes, first: int, more: int) -> None:
    name = path.decode("utf-8", "surrogateescape")
    page = Page(f"See {inert.link(name, first, first + more)}.")
    ((_, attributes),) = [element for element in page.elements if element[0] == "a"]

    assert page.tags == {"p", "a", "code"}
    assert re.fullmatch(r"\./[A-Za-z0-9_.~/%-]*#L\d+(-L\d+)?", attributes["href"] or "")


@pytest.mark.parametrize("number", [60, 61, 79, 80, 254, 255, 256, 300, 5_000])
def test_no_run_of_backticks_is_too_long_for_its_code(number: int) -> None:
    """GitHub's parser takes no more than 80 for inline code, and counts no further than 255 for the fence of a block."""
    text = "`" * number + "\n<b>@octocat</b> ![x](https://evil.example)\n" + "`" * number

    assert_harmless(f"a {inert.code(text)} b", {"p", "code"})
    assert_harmless(inert.block(text), {"pre", "code"})
    assert_harmless(inert.prose(f"~~~\n{text}\n~~~"), PROSE_TAGS)
    assert_harmless(inert.prose(text.replace("\n", " ")), PROSE_TAGS)
    assert_harmless(inert.link(text, 1).rpartition("](")[0][1:], {"p", "code"})


def test_a_long_run_of_backticks_is_told_by_its_number() -> None:
    assert inert.code("x" + "`" * 61) == "`x⟨U+0060, 61 times⟩`"
    assert inert.block("`" * 60 + "\n" + "`" * 300) == "`" * 61 + "\n" + "`" * 60 + "\n⟨U+0060, 300 times⟩\n" + "`" * 61


def test_a_link_in_a_comment_names_the_repository_and_the_commit() -> None:
    top = "https://github.com/octo/app/blob/0123456789abcdef0123456789abcdef01234567"

    assert inert.link("a b/c#d.py", 3, 5, top=top) == f"[`a b/c#d.py:3-5`]({top}/a%20b/c%23d.py#L3-L5)"


@settings(max_examples=80, deadline=None)
@given(text=PIECES | st.text(alphabet="\\|`a ", max_size=30))
def test_a_cell_of_a_table_holds_whatever_it_is_given(text: str) -> None:
    page = Page(f"| {inert.cell(inert.one_line(text))} | b |\n| --- | --- |\n| c | {inert.cell(inert.one_line(text))} |")

    assert [tag for tag, _ in page.elements if tag in {"th", "td"}] == ["th", "th", "td", "td"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [("x = 1", "```suggestion\nx = 1\n```"), ("", "```suggestion\n```"), ("````", "`````suggestion\n````\n`````")],
)
def test_a_block_to_apply_is_closed_by_its_own_fence(lines: str, expected: str) -> None:
    assert inert.suggestion(lines) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Use `eval(x)` never.", "Use `eval(x)` never."),
        ("one\ntwo\n\nthree", "one\\\ntwo\n\nthree"),
        ("snake_case stays, __init__ is escaped", "snake_case stays, \\_\\_init\\_\\_ is escaped"),
        ("- one\n- two", "\\- one\\\n\\- two"),
        ("0.1 + 0.2", "0.1 + 0.2"),
        ("12. twelve", "12\\. twelve"),
        ("a && b; AT&T", "a && b; AT&amp;T"),
        (
            "104857 and 0xdeadbeef1 stay, 1048576 could be a commit",
            "104857 and 0xdeadbeef1 stay, 104857&#8203;6 could be a commit",
        ),
        ("```py\nx = 1\n```", "```py\nx = 1\n```"),
        ("see:\n```suggestion\nx\n```\nend", "see:\n\n```\nx\n```\n\nend"),
        ("``a ` b``", "``a ` b``"),
        ("`` `a` ``", "`` `a` ``"),
        ("don`t", "don\\`t"),
        ("costs $5", "costs <span>$</span>5"),
        ("@octocat #1", "@&#8203;octocat \\#&#8203;1"),
        ("", ""),
        (" \n \n", ""),
    ],
)
def test_prose_stays_readable(text: str, expected: str) -> None:
    assert inert.prose(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a⟨U+000D⟩b"),
        ("\x1b[2J", "⟨U+001B⟩[2J"),
        ("x\u202ey", "x⟨U+202E⟩y"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("\udcff", "⟨U+DCFF⟩"),
        ("naïve 漢字 🙂", "naïve 漢字 🙂"),
    ],
)
def test_what_cannot_be_seen_is_made_visible(text: str, expected: str) -> None:
    assert inert.visible(text) == expected


def test_a_line_stays_one_line() -> None:
    assert inert.visible_line("a\n::stop-commands::x\tb\r\nc\x1b") == "a\\n::stop-commands::x\\tb\\nc⟨U+001B⟩"


def test_no_character_that_hides_or_commands_is_let_through() -> None:
    every = "".join(map(chr, range(0x110000)))
    left = {character for character in inert.visible(every) if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}

    # Cf that are drawn: signs before Arabic, Syriac, Kaithi and other numbers; Egyptian and shorthand layout.
    assert {
        character
        for character in left
        if not re.match("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]", character)
    } == {
        "\t",
        "\n",
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/app.py", "src/app.py"),
        ("a b/é.py", "a b/é.py"),
        ("a\nb\\c\td", "a\\nb\\\\c\\td"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9"),
        ("x\u202ey", "x⟨U+202E⟩y"),
    ],
)
def test_a_path_is_shown_on_one_line(path: str, expected: str) -> None:
    assert inert.visible_path(path) == expected


@pytest.mark.parametrize(
    "text",
    [
        "`" * 50_000,
        "`a" * 50_000,
        "`" + "a``" * 30_000,
        "_" * 50_000,
        ":" * 50_000,
        "a:" * 50_000,
        "\n" * 50_000,
        " " * 50_000 + "x",
        "```\n" * 30_000,
        "1." * 50_000,
        "0a" * 50_000,
        "~" * 50_000 + "`",
    ],
)
def test_long_hostile_text_is_dealt_with_in_linear_time(text: str) -> None:
    assert inert.prose(text) is not None
