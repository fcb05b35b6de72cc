"""The grounding: a finding shows lines of the file, and those in which its quote was found."""

from __future__ import annotations

from reviewer.findings import Category, Claim, Confidence, Finding, QuoteMatch, Severity
from reviewer.reply.fingerprint import squeeze
from reviewer.reply.ground import MAX_QUOTED_CHARACTERS, MAX_QUOTED_LINES, find_quotes, ground
from reviewer.reply.quote_forms import readings
from targets.target import BETWEEN, Target, parts, text

_PATH = "src/app.py"


def check(data: bytes) -> None:
    """An input is a claimed line, a replacement, a quote and a file's text."""
    line, replacement, quote, source = map(text, parts(data, 4))
    claim = _claim(quote, len(line) % 97, replacement)
    findings, ungrounded = ground([claim], {_PATH: source}.get)
    assert len(findings) + len(ungrounded) == 1
    (evidence,) = find_quotes([claim], {_PATH: source}.get)
    assert (evidence is not None) == bool(findings)
    for finding in findings:
        assert evidence is not None
        assert (evidence.start_line, evidence.end_line, evidence.quote) == (finding.start_line, finding.end_line, finding.quote)
        _stands_there(claim, finding, source)


def _stands_there(claim: Claim, finding: Finding, source: str) -> None:
    lines = source.split("\n")
    assert 1 <= finding.start_line <= finding.end_line <= len(lines)
    found = lines[finding.start_line - 1 : finding.end_line]
    whole = "\n".join(line.rstrip("\r") for line in found[:MAX_QUOTED_LINES])
    if len(whole) <= MAX_QUOTED_CHARACTERS:
        assert finding.quote == whole
    else:
        assert len(finding.quote) <= MAX_QUOTED_CHARACTERS
        assert finding.quote in "\n".join(found).replace("\r\n", "\n")
    forms = [form.text.strip() for form in readings(claim.quote)]
    if finding.match is QuoteMatch.EXACT:
        assert any(form in "\n".join(found) for form in forms)
    if finding.match is QuoteMatch.WHITESPACE:
        assert any(squeeze(form) in squeeze("\n".join(found)) for form in forms)
    if finding.replacement is not None:
        assert squeeze("".join(found)) in {squeeze(form) for form in forms}


def _claim(quote: str, line: int, replacement: str) -> Claim:
    return Claim(
        title="x",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        category=Category.CORRECTNESS,
        path=_PATH,
        start_line=line,
        end_line=line,
        quote=quote,
        explanation="x",
        suggestion="",
        replacement=replacement or None,
    )


_SOURCE = b'''"""Settings."""

import json


def load(path):
    with open(path) as file:
        return eval(file.read())  # trusted


def save(path, values):
\twith open(path, "w") as file:\r
\t\tjson.dump(values, file)\r


def reload(path):
    with open(path) as file:
        return eval(file.read())  # trusted
'''


def _seed(quote: bytes, line: int, replacement: bytes = b"") -> bytes:
    return BETWEEN.join((b"." * line, replacement, quote, _SOURCE))


TARGET = Target(
    name="grounding",
    check=check,
    seeds=(
        _seed(b"        return eval(file.read())  # trusted", 9, b"        return json.load(file)"),
        _seed(b"return eval(file.read())", 18, b"pass"),
        _seed(b"```python\nwith open(path) as file:\n    return eval( file.read() )\n```", 18),
        _seed(b"8 | with open(path) as file:\n9 |     return eval(file.read())", 2),
        _seed(b"def save(path, values):\n...\n    json.dump(values, file)", 3),
        _seed(b"def save(path, value):\n    with open(path, 'w') as handle:\n        json.dump(value, handle)", 3),
        _seed(b"`eval(file.read())`", 0),
    ),
    words=(
        BETWEEN,
        *(
            b"\n",
            b"\r\n",
            b"\t",
            b"    ",
            b"...",
            "…".encode(),
            b"```",
            b"~~~",
            b"`",
            b"1 | ",
            b"2: ",
            b"10\t",
            b"# ",
            b"_",
            b"\x0c",
        ),
        *("\u2028".encode(), "\u00a0".encode(), "\u0130".encode(), "\ufeff".encode(), b"\xff", b"\x85"),
        *(
            b"return eval(file.read())",
            b"with open(path) as file:",
            b"def load(path):",
            b"json",
            b"file",
            b"aaaaaaaa",
            b"(",
            b")",
        ),
    ),
)
