"""What may come of a run whose model was taken over, and what may not: text and the number of findings, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from github_page import Page

PIECE = 12
"""Characters of a secret, or of a form of it, that may be together nowhere."""
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode's categories of characters that command, hide or divide lines."""
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_COMMAND = re.compile(r"^\s*::[\w-]+(?: [^:]*)?::|##\[[\w-]+", re.MULTILINE)
"""What GitHub's runner obeys in a log."""
_ACTING = {
    "a mention": re.compile(r"@[A-Za-z0-9_-]"),
    "a reference": re.compile(r"#\w|\bGH-\d", re.ASCII),
    "a link": re.compile(r"://|\bwww\.", re.IGNORECASE),
    "an emoji": re.compile(r":[\w+-]+:", re.ASCII),
}
_TAGS = {"p", "br", "code", "pre", "span", "h1", "h2", "h3", "ul", "li", "strong", "em", "blockquote", "details", "summary", "a"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td", "hr", "sub"}
"""What our own templates make of Markdown."""
_SUGGESTION = re.compile(r"^(`{3,})suggestion\n(.*?)\n?\1$", re.MULTILINE | re.DOTALL)
_SARIF_LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(")
"""A link in a message of SARIF, which viewers make clickable."""


def pieces(secret: str) -> Iterator[str]:
    """Every piece of a secret that is long enough to tell, as it is and as base64 at each of its three offsets, and as it stands in an address."""
    raw = secret.encode()
    forms = [secret, quote(secret, safe=""), "".join(f"%{byte:02X}" for byte in raw)]
    forms += [base64.b64encode(raw[offset : len(raw) - (len(raw) - offset) % 3]).decode() for offset in range(3)]
    for form in forms:
        size = PIECE if form == secret else PIECE * 4 // 3 if "%" not in form else PIECE * 3
        yield from (form[at : at + size] for at in range(len(form) - size + 1))


def assert_no_loot(texts: Mapping[str, str], secrets: Iterable[str]) -> None:
    """No piece of any secret in any of the texts."""
    sought = [piece for secret in secrets for piece in pieces(secret)]
    assert [f"{name}: {piece}" for name, text in texts.items() for piece in sought if piece in text] == []


def assert_plain(text: str, *, breaks: str = "\n\t") -> None:
    """Nothing in the text commands a terminal, hides or reorders."""
    odd = {f"U+{ord(it):04X}" for it in text if it not in breaks and unicodedata.category(it) in _HIDING}
    assert odd | {f"U+{ord(it):04X}" for it in _INVISIBLE.findall(text)} == set()


def assert_no_command(log: str) -> None:
    """No line that GitHub's runner would obey."""
    assert _COMMAND.findall(log) == []


def assert_harmless_page(markdown: str, ours: tuple[str, ...]) -> None:
    """What GitHub's own parser makes of it holds no image, HTML, mention, reference or link but those that begin with one of `ours`."""
    assert_plain(markdown)
    page = Page(_without_markers(markdown))
    assert page.tags <= _TAGS
    for tag, attributes in page.elements:
        allowed = {"a": {"href"}, "pre": {"lang"}, "th": {"align"}, "td": {"align"}}.get(tag, set())
        assert set(attributes) <= allowed, (tag, attributes)
        assert tag != "a" or (attributes["href"] or "").startswith(ours), attributes
    for what, pattern in _ACTING.items():
        assert pattern.findall(page.outside_code) == [], what


def _without_markers(markdown: str) -> str:
    """The text without our own hidden lines, which stand only at its beginning."""
    lines = markdown.split("\n")
    while lines and re.fullmatch(r"<!-- reviewer:[a-z]+[:=][\w:+/=-]+ -->", lines[0]):
        lines.pop(0)
    assert not any(line.startswith("<!-- ") and "```" not in line for line in _outside_fences(lines))
    return "\n".join(lines)


def _outside_fences(lines: Iterable[str]) -> Iterator[str]:
    fence = ""
    for line in lines:
        run = re.match("`{3,}", line)
        if not fence and run:
            fence = run[0]
        elif fence and line.strip() == fence:
            fence = ""
        elif not fence:
            yield line


def suggestions(markdown: str) -> list[str]:
    """The lines that GitHub would offer to apply with one click, a text for each block."""
    found = [text for _, text in _SUGGESTION.findall(markdown)]
    assert len(found) == sum(tag == "pre" and it.get("lang") == "suggestion" for tag, it in Page(markdown).elements)
    return found


def assert_harmless_sarif(text: str) -> None:
    """Messages without links of theirs, places only within the repository."""
    for run in json.loads(text)["runs"]:
        for result in run["results"]:
            assert _SARIF_LINK.findall(result["message"]["text"]) == []
            for location in result["locations"]:
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", uri)
                assert ".." not in uri.split("/")


def tree_state(root: Path) -> dict[str, tuple[int, int, str]]:
    """Every entry below a folder, with its mode, its time and what it holds: nothing may change any of them."""
    state = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.readlink().as_posix().encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        state[str(path.relative_to(root))] = (status.st_mode, status.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return state


def allowed_request(body: Mapping[str, Any]) -> bool:
    """Whether a request to a model is one of ours: a fixed set of keys, and nothing with which a model could act."""
    keys = {"model", "max_tokens", "stream", "system", "messages", "output_config", "thinking", "diagnostics"}
    return set(body) <= keys and all(set(block) <= {"type", "text", "cache_control"} for block in _blocks(body))


def _blocks(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for content in (body.get("system", []), *(message["content"] for message in body["messages"])):
        yield from content
