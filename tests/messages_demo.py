"""What the loopback server answers when nothing is scripted: a few patterns looked for in the documents that were sent.

No model, and it says so; but every quote is a real line of a file in the request, so that a whole run can be seen at work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_DOCUMENT = re.compile(
    r'^<document id="([^"\n]+)" path=("[^\n]*?")( part="signatures")?>\n(.*?)\n</document id="\1">$', re.MULTILINE | re.DOTALL
)

_CHANGED = re.compile(r"^<changed_documents>$(.*?)^</changed_documents>$", re.MULTILINE | re.DOTALL)

_PATTERNS = (
    (
        re.compile(r"\b(?:eval|exec)\("),
        ("high", "medium", "security", "Text is executed as code"),
        "Whoever controls the text that reaches this call controls the program.",
        "Parse the input instead, for example with ast.literal_eval or a table of functions.",
    ),
    (
        re.compile(r"shell\s*=\s*True"),
        ("high", "medium", "security", "A command goes through the shell"),
        "A value with a space, a quote or a semicolon in it changes the command that runs.",
        "Pass the arguments as a list and leave the shell out.",
    ),
    (
        re.compile(r"^\s*except\s*:"),
        ("medium", "high", "error-handling", "Every exception is caught"),
        "Also KeyboardInterrupt and SystemExit end here, and programming errors are hidden.",
        "Name the exceptions that are expected.",
    ),
    (
        re.compile(r"def \w+\([^)]*=\s*(?:\[\]|\{\})"),
        ("medium", "high", "correctness", "A default value is shared between calls"),
        "The list or dictionary is made once, so what one call puts into it is there in the next.",
        "Use None as the default and make a new one inside.",
    ),
    (
        re.compile(r"\b(?:strcpy|strcat|sprintf|gets)\s*\("),
        ("high", "medium", "security", "A buffer is written without looking at its size"),
        "An input that is longer than the buffer overwrites what lies behind it.",
        "Use the variant that takes the size.",
    ),
    (
        re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
        ("info", "high", "maintainability", "Unfinished work is marked in the source"),
        "The author left a note that something is missing here.",
        "Finish it, or move it to where work is tracked.",
    ),
)
_EACH = 3
"""Findings per pattern."""


def demo_model(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request, in the form that `reviewer` asks for. Of a change, only the changed files are looked at."""
    documents = list(documents_of(body))
    changed = list(_documents(_CHANGED.findall(_text_of(body))))
    findings = [finding for pattern in _PATTERNS for finding in _found(changed or documents, *pattern)]
    if changed:
        findings = [finding | _about_the_change(finding) for finding in findings]
    return {
        "findings": findings,
        "summary": (
            f"No model has read this: the demonstration server looked for {len(_PATTERNS)} patterns in {len(documents)} documents."
        ),
    }


def documents_of(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Path and text of each whole document in the request; of a changed file as it was and as it is."""
    yield from _documents([_text_of(body)])


def _text_of(body: Mapping[str, Any]) -> str:
    return "\n".join(block["text"] for block in body["messages"][0]["content"])


def _documents(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        for _, path, part, content in _DOCUMENT.findall(text):
            if not part:  # of signatures there is nothing to say
                yield json.loads(path), content


def _about_the_change(finding: Mapping[str, Any]) -> dict[str, Any]:
    """What a finding says besides when a change is reviewed: a replacement only where it is plain."""
    bare = re.fullmatch(r"(\s*)except\s*:", finding["quote"])
    return {"origin": "introduced"} | ({"replacement": f"{bare[1]}except Exception:"} if bare else {})


def _found(
    documents: list[tuple[str, str]], pattern: re.Pattern[str], kind: tuple[str, str, str, str], why: str, mend: str
) -> Iterator[dict[str, Any]]:
    severity, confidence, category, title = kind
    found = 0
    for path, text in documents:
        for number, line in enumerate(text.split("\n"), start=1):
            if found < _EACH and pattern.search(line[:400]) and line.strip():
                found += 1
                yield {
                    "path": path,
                    "quote": line,
                    "start_line": number,
                    "end_line": number,
                    "category": category,
                    "severity": severity,
                    "confidence": confidence,
                    "title": title,
                    "explanation": why,
                    "suggestion": mend,
                }
