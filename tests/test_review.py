from __future__ import annotations

import json
from pathlib import Path

from reviewer.answers import Answer
from reviewer.collect.search import TextSearch
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Subject, Texts
from reviewer.conclusion import Limits, conclude
from reviewer.engine.interface import Reply, Stop
from reviewer.findings import Confidence, Finding, Severity
from reviewer.gathering import gather
from reviewer.outcome import Making
from reviewer.plan.passes import Depth, looks
from reviewer.reply.ground import MAX_QUOTED_CHARACTERS

TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"


def concluded(text: str, quote: str) -> Finding:
    item = {"path": "app.js", "quote": quote, "start_line": 1, "end_line": 1, "category": "security", "severity": "high"}
    item |= {"confidence": "high", "title": "Title", "explanation": "Why.", "suggestion": ""}
    snapshot = Snapshot(root=Path("/shop"), scope="", commit=None, in_git=False, files=(), skipped=(), guidance=())
    reply = Reply(text=json.dumps({"findings": [item], "summary": ""}), stop=Stop.END)
    limits = Limits(min_severity=Severity.INFO, min_confidence=Confidence.LOW, max_findings=10)
    subject, texts = Subject(snapshot=snapshot), Texts(base={"app.js": text}, current={"app.js": text})
    search = TextSearch(texts.current)
    asked = looks(Depth.QUICK)
    answers = (Answer(asked=asked[0], replies=(reply,)),)
    found = gather(subject, texts, answers, search, pre_existing=False)
    (finding,) = conclude(subject, texts, (), found, answers, (), limits, Making(engine="static"), search).findings
    return finding


def test_a_secret_in_a_quoted_line_is_masked() -> None:
    finding = concluded(f'send(token="{TOKEN}")\n', "send(token=")

    assert finding.quote == 'send(token="[secret: GitHub token]")'


def test_a_quote_from_a_very_long_line_stays_short_though_a_secret_stands_in_that_line() -> None:
    text = "x=1;" * 50_000 + f'run(name);token="{TOKEN}";' + "y=2;" * 50_000

    assert concluded(text, "run(name);").quote == "run(name);"
    masked = concluded(text, f'run(name);token="{TOKEN}"').quote
    assert TOKEN not in masked
    assert len(masked) <= MAX_QUOTED_CHARACTERS
