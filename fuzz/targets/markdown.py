"""The Markdown escaper, judged by GitHub's own parser: nothing that others wrote links, loads, mentions, closes or hides."""

from __future__ import annotations

import re
import unicodedata

from github_page import Page

from reviewer.report import inert
from reviewer.report.languages import LANGUAGES
from targets.target import Target, text

_PROSE = {"p", "br", "code", "pre", "span"}
_ACTING = (
    re.compile(r"@[A-Za-z0-9_-]"),
    re.compile(r"#\w", re.ASCII),
    re.compile(r"\bGH-\d", re.IGNORECASE | re.ASCII),
    re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b", re.IGNORECASE | re.ASCII),
    re.compile(r"://|\bwww\.", re.IGNORECASE),
    re.compile(r":[\w+-]+:", re.ASCII),
)
_LONG_RUN = re.compile("`{61,}")
_DRAWN = re.compile("[\n\t\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]")
"""Of the control and format characters those that are no danger: line feed, tab, and signs that are drawn."""


def check(data: bytes) -> None:
    """Prose, a line, inline code, a block, a cell and a link of the same text."""
    given = text(data)
    _seen(given)
    _harmless(inert.prose(given), _PROSE)
    line = inert.one_line(given)
    if line:
        assert "\n" not in line
        assert [tag for tag, _ in Page(f"### 1. {line}").elements if tag not in {"code", "span"}] == ["h3"]
        assert [tag for tag, _ in Page(f"- {line}").elements if tag not in {"code", "span"}] == ["ul", "li"]
        _harmless(f"### 1. {line}", _PROSE | {"h3"})
    _in_code(given)
    row = Page(f"| {inert.cell(line)} | b |\n| --- | --- |\n| c | {inert.cell(inert.code(given))} |")
    assert [tag for tag, _ in row.elements if tag in {"th", "td"}] == ["th", "th", "td", "td"]
    assert row.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code", "span"}


def _harmless(markdown: str, allowed: set[str]) -> None:
    page = Page(markdown)
    assert page.tags <= allowed
    assert all(not attributes for tag, attributes in page.elements if tag in {"p", "br", "code", "span"})
    assert all(attributes.get("lang") in {None, *LANGUAGES} for tag, attributes in page.elements if tag == "pre")
    assert not any(pattern.search(page.outside_code) for pattern in _ACTING)
    assert markdown.count("$") - markdown.count("<span>$</span>") <= page.text.count("$") - page.outside_code.count("$")


def _in_code(given: str) -> None:
    block = Page(f"before\n\n{inert.block(given, given)}\n\nafter")
    assert [tag for tag, _ in block.elements] == ["p", "pre", "code", "p"]
    shown = _LONG_RUN.sub(lambda run: f"⟨U+0060, {len(run[0])} times⟩", inert.visible(given))
    assert block.text == f"before\n{shown.removesuffix(chr(10))}\n\nafter\n"
    code = inert.code(given)
    assert [tag for tag, _ in Page(f"a {code} b").elements] == (["p", "code"] if code else ["p"])
    name = given.replace("\0", "")
    link = Page(f"See {inert.link(name, 1, 2)}.")
    ((_, attributes),) = [element for element in link.elements if element[0] == "a"]
    assert link.tags <= {"p", "a", "code"}
    assert re.fullmatch(r"\./[A-Za-z0-9_.~/%-]*#L1-L2", attributes["href"] or "")


def _seen(given: str) -> None:
    """What is shown holds no character that hides, reorders or commands."""
    for shown in (inert.visible(given), inert.visible_line(given), inert.visible_path(given), inert.prose(given)):
        shown.encode()
        assert all(
            _DRAWN.match(character) for character in shown if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        )
    assert "\n" not in inert.visible_line(given) + inert.visible_path(given)


TARGET = Target(
    name="markdown",
    check=check,
    seeds=(
        b"<img src=x onerror=alert(1)> <!-- hidden --> <?php ?> &lt;b&gt; &#64;octocat",
        b"![pixel](https://evil.example/p.png) [click](javascript:alert(1)) <https://evil.example>\n\n[ref]: https://evil.example",
        b"@octocat fixes #1 closes octo/repo#2 GH-3 deadbee0 0123456789abcdef0123456789abcdef01234567 www.evil.example a@evil.example",
        b"# Approved\n===\n- [x] item\n1. item\n> [!WARNING]\n| a | b |\n|---|---|\n***\n    code\n\ttab",
        b"text[^1]\n\n[^1]: note $x^2$ $$y$$ :shipit: *em* __strong__ ~~gone~~ snake_case __init__",
        b"`" * 81 + b" <b> " + b"`" * 256 + b"\n<b>",
        b"```suggestion\nrm\n```\n~~~mermaid\ngraph\n~~~\n```\nnever closed\n`` a ` b`` `x`",
        "\x1b[31mred\x1b]8;;x\x07 \u202egnp.exe\u2066x\u200by\ufeff\U000e0041\ufe0f\x85\r\n::set-output name=x::y\n##[error]x".encode(),
    ),
    words=(
        *(bytes([number]) for number in b"\n\t\r `~*_[]()<>!#@&|$\\:;/.-+=>{}^\"'%x1aA0"),
        *(
            b"```",
            b"~~~",
            b"``",
            b"**",
            b"~~",
            b"![",
            b"](",
            b"]: ",
            b"[^1]",
            b"<!--",
            b"-->",
            b"</",
            b"/>",
            b"&#64;",
            b"&amp;",
            b"://",
            b"www.",
        ),
        *(
            b"https://a.b",
            b"mailto:a@b.c",
            b"#1",
            b"GH-1",
            b"@a",
            b":b:",
            b"abcdef1",
            b"- [ ] ",
            b"1. ",
            b"> ",
            b"|-|-|",
            b"    ",
            b"\n\n",
            b"  \n",
        ),
        *(
            "\u200b".encode(),
            "\u202e".encode(),
            "\u00df".encode(),
            "\u00a0".encode(),
            "\u3000".encode(),
            b"\xed\xa0\x80",
            b"\xff",
            b"\x1b",
        ),
    ),
)
