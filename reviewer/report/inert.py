"""Text of others made harmless: for terminals, and for GitHub's Markdown.

What a model or a repository wrote may hold control sequences, hidden characters, HTML, images, links, mentions and references. None
of that may act: a report is read in terminals, and posted where GitHub's parser, and after it the search for mentions and references,
run over it. What survives is what a reader needs: paragraphs, line breaks, inline code and code blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import quote_from_bytes

from reviewer.report.languages import LANGUAGES, SUFFIXES

HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers, Mongolian selectors
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"  # zero width, bidi, variation selectors
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # format controls, tags, more variation selectors
    "\ud800-\udfff"  # lone surrogates, which no encoding can write
    "]"
)
"""One character that hides, reorders or commands. Tab and line feed are none."""
_IN_PATHS = re.compile("[\\\\\n\t\r\udc80-\udcff]")
_PATH_NAMES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

_FENCE_LINE = re.compile(r"(`{3,}+|~{3,}+)[ \t]{0,8}+([^`\s]{0,40}+)[^`\n]*+")
"""Possessive: `~~~~…` with a backtick at its end would take time with the square of its length."""
_BACKTICKS = re.compile("`+")
_TOO_MANY = re.compile("`{61,}")
"""GitHub's parser knows no inline code between more than 80 backticks, and counts no further than 255 for the fence of a block: what stands
in a longer one would act."""
_BULLET = re.compile(r"^[-+=>:]", re.MULTILINE)
_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)", re.MULTILINE)
_ACTIVE = re.compile(
    r"(?P<scheme>:(?=//))"
    r"|(?P<shortcode>:(?=[\w+-]{1,60}:))"
    r"|(?P<www>[wW]{3}(?=\.))"
    r"|(?P<issue>\b[gG][hH](?=-\d))"
    r"|(?P<mention>@(?=[\w.-]))"
    r"|(?P<reference>\#(?=\w))"
    r"|(?P<commit>\b[0-9a-fA-F]{7,64}\b)"
    r"|(?P<dollar>\$)"
    r"|(?P<less><)"
    r"|(?P<entity>&(?=[#\w]))"
    r"|(?P<underscore>_)"
    r"|(?P<other>[\\`*\[\]~|\#])",
    re.ASCII,
)
_BAR = re.compile(r"(?<!\\)(\\*)\|")
_BREAK = "&#8203;"
"""A zero-width space, by number. GitHub looks for mentions and references in the rendered text, where a backslash is gone."""
_HEX_RUN = 6
"""Hex digits left together: GitHub takes seven and more for a commit, also where they are a number or a word. Whoever can make a commit can
make one whose id begins with seven decimal digits."""


def visible(text: str) -> str:
    """The text with every character that hides, reorders or commands shown as `⟨U+XXXX⟩`; tabs and line feeds stay.

    CRLF becomes a line feed. Fit for a terminal and for the inside of a code fence.
    """
    return HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text.replace("\r\n", "\n"))


def visible_line(text: str) -> str:
    r"""`visible`, and on one line: line feeds and tabs as `\n` and `\t`.

    What starts a line of its own may command whoever reads the log: `::stop-commands::` on GitHub.
    """
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def visible_path(path: str) -> str:
    r"""A path on one line: bytes that are not UTF-8 as `\xNN`, line feed and tab as `\n` and `\t`, the rest as in `visible`.

    A backslash is doubled, so that the path can be told back from it.
    """
    return visible(_IN_PATHS.sub(lambda match: _PATH_NAMES.get(match[0]) or f"\\x{ord(match[0]) - 0xDC00:02x}", path))


def code(text: str) -> str:
    """Inline code on one line, whatever the text holds; nothing for a blank text."""
    line = _shortened(" ".join(visible(text).split()))
    if not line:
        return ""
    fence = "`" * (_longest_run(line) + 1)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def block(text: str, path: str = "") -> str:
    """A code block in a fence longer than any run of backticks inside, coloured by the suffix of `path` where we know it."""
    return _fenced(_shortened(visible(text)), SUFFIXES.get(PurePosixPath(path).suffix.lower(), ""))


def suggestion(lines: str) -> str:
    """The block that GitHub offers to apply with one click in the place of the lines a comment stands at; empty to delete them.

    Only for text that was checked to be fit for that, and in which nothing is hidden: it is not made visible here.
    """
    if lines:
        return _fenced(lines, "suggestion")
    return "```suggestion\n```"


def place(path: str, first: int, last: int) -> str:
    """Lines of a file, without a link: of a version that has no address."""
    return code(f"{visible_path(path)}:{first}" + ("" if first == last else f"-{last}"))


def link(path: str, first: int = 0, last: int = 0, *, top: str = ".") -> str:
    """A link to lines of a file of the repository; to the file when `first` is 0.

    `top` is the address of the repository's top folder, ours to build: relative as it stands, for a comment
    `https://github.com/OWNER/REPO/blob/COMMIT`.
    """
    lines = f"{first}" if first == last else f"{first}-{last}"
    anchor = f"#L{lines.replace('-', '-L')}" if first else ""
    target = quote_from_bytes(path.encode("utf-8", "surrogateescape"), safe="/")
    return f"[{code(visible_path(path) + (f':{lines}' if first else ''))}]({top}/{target}{anchor})"


def cell(markdown: str) -> str:
    """Harmless Markdown on one line, fit for a cell of a table: GitHub divides a row also at a bar that stands in code."""
    return _BAR.sub(lambda match: match[0] if len(match[1]) % 2 else f"{match[1]}\\|", markdown)


def one_line(text: str) -> str:
    """Prose on one line, for a heading, a table or a list. Inline code stays."""
    return _inline(" ".join(visible(text).split()))


def prose(text: str) -> str:
    """Prose as paragraphs. Line breaks, inline code and code blocks stay; everything else is shown as the characters it is."""
    blocks: list[str] = []
    paragraph: list[str] = []
    lines = iter([*visible(text).split("\n"), ""])
    for raw in lines:
        line = raw.strip()
        fence = _FENCE_LINE.fullmatch(line)
        if line and not fence:
            paragraph.append(line)
            continue
        if paragraph:
            blocks.append(_inline("\n".join(paragraph)))
            paragraph = []
        if fence:
            blocks.append(_own_block(fence, lines))
    return "\n\n".join(blocks)


def _own_block(fence: re.Match[str], lines: Iterator[str]) -> str:
    """The finder's own code block, up to its end or the end of the text, in a fence of ours."""
    inside = []
    for line in lines:
        mark = line.strip()
        if len(mark) >= len(fence[1]) and not mark.strip(fence[1][0]):
            break
        inside.append(line)
    language = fence[2].lower()
    return _fenced(_shortened("\n".join(inside)), language if language in LANGUAGES else "")


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"


def _shortened(text: str) -> str:
    """Text for the inside of code: a run of backticks that no code could hold, by its number."""
    return _TOO_MANY.sub(lambda match: f"⟨U+0060, {len(match[0])} times⟩", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def _inline(text: str) -> str:
    """One paragraph: what stands between two equal runs of backticks is code, the rest is escaped."""
    runs = list(_BACKTICKS.finditer(text))
    pieces: list[str] = []
    done = number = 0
    following = _next_equal([len(run[0]) for run in runs])
    while number < len(runs):
        close = following[number]
        inside = text[runs[number].end() : runs[close].start()] if close is not None else ""
        if close is not None and inside.strip():
            pieces += [_escaped(text[done : runs[number].start()], starts_line=done == 0), code(inside)]
            done, number = runs[close].end(), close
        number += 1
    return "".join([*pieces, _escaped(text[done:], starts_line=done == 0)])


def _next_equal(lengths: list[int]) -> list[int | None]:
    """For each run the index of the next one of the same length."""
    latest: dict[int, int] = {}
    following: list[int | None] = [None] * len(lengths)
    for index in reversed(range(len(lengths))):
        following[index] = latest.get(lengths[index])
        latest[lengths[index]] = index
    return following


def _escaped(text: str, *, starts_line: bool) -> str:
    """Text without code: what GitHub acts on is broken or escaped, line breaks become hard ones."""
    harmless = _ACTIVE.sub(_harmless, text)
    first, rest = ("", harmless) if starts_line else _divided(harmless)
    return (first + _NUMBER.sub(r"\1\\\2", _BULLET.sub(r"\\\g<0>", rest))).replace("\n", "\\\n")


def _divided(text: str) -> tuple[str, str]:
    """The text up to and with its first line feed, and the rest."""
    head, feed, tail = text.partition("\n")
    return head + feed, tail


_INSTEAD = {"reference": "\\#" + _BREAK, "dollar": "<span>$</span>", "less": "&lt;", "entity": "&amp;"}
"""What stands for a character whatever it stands beside; for the dollar as GitHub's page on mathematical expressions says."""


def _harmless(match: re.Match[str]) -> str:
    """What stands for a character, or a few, that GitHub would act on."""
    kind, text = match.lastgroup, match[0]
    if kind in _INSTEAD:
        return _INSTEAD[kind]
    if kind == "other" or (kind == "underscore" and not _inside_word(match)):
        return "\\" + text
    if kind == "commit":
        return _BREAK.join(text[at : at + _HEX_RUN] for at in range(0, len(text), _HEX_RUN))
    return text if kind == "underscore" else text + _BREAK


def _inside_word(match: re.Match[str]) -> bool:
    before, after = match.string[max(match.start() - 1, 0) : match.start()], match.string[match.end() : match.end() + 1]
    return before.isalnum() and after.isalnum()
