"""The reply parser: whatever a model answers, what is taken from it is within its limits, and no piece of it decides otherwise than the whole."""

from __future__ import annotations

import json

from reviewer.findings import Category, Claim, Confidence, Severity
from reviewer.reply.fields import MAX_ABSENT, MAX_FINDINGS, MAX_LINE, MAX_NAME, MAX_PATH, MAX_RESPONSE, MAX_TEXT, MAX_TITLE
from reviewer.reply.parse import Parsed, parse
from reviewer.reply.stream import ClaimStream, ReplyStream
from targets.target import Target, text

_PIECE = 7
"""Characters of a piece when an answer is fed to the streams in pieces."""
_LONGEST_REASON = 400
"""Characters of a reason: names of fields and what pydantic says of them."""


def check(data: bytes) -> None:
    """What is taken is within the limits; in pieces the streams give what they give at once."""
    answer = text(data)
    parsed = parse(answer)
    _within(parsed)
    assert parse(answer) == parsed
    pieces = [answer[at : at + _PIECE] for at in range(0, len(answer), _PIECE)]
    claims, words = ClaimStream(), ReplyStream()
    assert tuple(claim for piece in pieces for claim in claims.feed(piece)) == ClaimStream().feed(answer)
    assert "".join(words.feed(piece) for piece in pieces) == ReplyStream().feed(answer)


def _within(parsed: Parsed) -> None:
    assert len(parsed.claims) <= MAX_FINDINGS
    assert len(parsed.verdicts) <= MAX_FINDINGS
    assert len(parsed.summary) <= MAX_TEXT
    assert all(len(reason) <= _LONGEST_REASON for reason in parsed.rejected)
    for claim in parsed.claims:
        _claim_within(claim)
    for verdict in parsed.verdicts:
        assert 0 <= verdict.start_line <= MAX_LINE
        assert 0 <= verdict.end_line <= MAX_LINE
        assert verdict.finding.strip()
        assert max(len(verdict.finding), len(verdict.same_as) - MAX_TEXT) <= MAX_NAME
    if parsed.reply is not None:
        assert parsed.reply.text.strip()
        assert len(parsed.reply.text) <= MAX_RESPONSE
        assert len(parsed.reply.quotes) <= MAX_FINDINGS


def _claim_within(claim: Claim) -> None:
    assert isinstance(claim.severity, Severity)
    assert isinstance(claim.confidence, Confidence)
    assert isinstance(claim.category, Category)
    assert 0 <= claim.start_line <= MAX_LINE
    assert 0 <= claim.end_line <= MAX_LINE
    assert claim.title.strip()
    assert claim.path.strip()
    assert len(claim.title) <= MAX_TITLE
    assert len(claim.path) <= MAX_PATH
    assert max(map(len, (claim.quote, claim.explanation, claim.suggestion, claim.replacement or ""))) <= MAX_TEXT
    assert len(claim.absent) <= MAX_ABSENT
    assert all(0 < len(absent.name) <= MAX_NAME for absent in claim.absent)


_FINDING = {
    "path": "src/app.py",
    "quote": 'eval("{[]}\\"")  # }{',
    "start_line": 3,
    "end_line": 3,
    "category": "security",
    "severity": "critical",
    "confidence": "high",
    "title": "Runs what it is sent",
    "explanation": "Anyone can send text.",
    "suggestion": "",
    "origin": "introduced",
    "absent": [{"how": "unused", "name": "load"}],
    "replacement": "x = 1",
}
_VERDICT = {
    "finding": "F1",
    "path": "a",
    "quote": "x",
    "start_line": 1,
    "end_line": 1,
    "ruling": "refuted",
    "explanation": "No.",
    "same_as": "F2",
}
_REPLY = {"text": 'It is \ud83d\ude00 "so"\n', "quotes": [{"path": "a", "quote": "x", "start_line": 1, "end_line": 2}]}
_WHOLE = json.dumps(
    {"findings": [_FINDING, _FINDING], "summary": "All in all.", "verdicts": [_VERDICT], "reply": _REPLY}
).encode()

TARGET = Target(
    name="reply",
    check=check,
    seeds=(
        _WHOLE,
        _WHOLE[:-40],
        b"Here it is:\n```json\n" + _WHOLE + b"\n```\nand again " + _WHOLE[:300],
        json.dumps({"reply": _REPLY}).encode()[:-30],
        b'{"findings": [], "summary": ""}',
        b'{"verdicts": [' + json.dumps(_VERDICT).encode() + b", {]",
    ),
    words=(
        b'{"findings": [',
        b'"summary": "',
        b'"verdicts": [',
        b'"reply": {"text": "',
        b'"quotes": [',
        b'"path": "a", ',
        *(b'"%s": ' % key.encode() for key in (*_FINDING, *_VERDICT, "how", "name")),
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b"\\",
            b"\\ud83d",
            b"\\ude00",
            b"\\u",
            b"null",
            b"true",
            b"1e999",
            b"NaN",
            b"-1",
        ),
        *(b"9" * 31, b"\n", b" ", b"```json\n", b"\xff", b"\xed\xa0\x80"),
        json.dumps(_FINDING).encode(),
        json.dumps(_VERDICT).encode(),
    ),
)
