"""What the loopback server answers when nothing is scripted: a few patterns looked for in the documents that were sent.

No model, and it says so; but every quote is a real line of a file in the request, so that a whole run can be seen at work: looks through
one lens or all, each in words of its own, verifications and answers to a person's question. Which of these is asked for is recognised by
the sentences of this checkout's templates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from messages_patterns import PATTERNS, Pattern
from messages_rules import content_blocks

_DOCUMENT = re.compile(
    r'^<document id="([^"\n]+)" path=("[^\n]*?")( part="signatures")?>\n(.*?)\n</document id="\1">$', re.MULTILINE | re.DOTALL
)
_CHANGED = re.compile(r"^<changed_documents>$(.*?)^</changed_documents>$", re.MULTILINE | re.DOTALL)
_FINDING = re.compile(
    r'^<finding id="([^"\n]+)" key="([^"\n]+)" path=("[^\n]*?") lines="([0-9]+)[^"\n]*">\n(.*?)\n</finding id="\1">$',
    re.MULTILINE | re.DOTALL,
)
_KEPT = re.compile(r'^- ("[^\n]*"), line ([0-9]+): ([^\n]*)$', re.MULTILINE)
"""A finding that an earlier part of a broken answer has."""
_WORD = re.compile(r"\w{4,}")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)

_PROMPTS = Path(__file__).parent.parent / "templates" / "prompt"
_EACH = 3
"""Findings per pattern."""
_QUOTES = 2
"""Quotes in the answer to a person's question."""


def _first_line(template: Path) -> str:
    """The sentence that a rendered template begins with."""
    return _COMMENT.sub("", template.read_text("utf-8")).strip().split("\n")[0]


_LENSES = {_first_line(path): path.name.removesuffix(".md.j2") for path in sorted((_PROMPTS / "lenses").glob("*.md.j2"))}
"""First sentence of a lens → its name."""
_VERIFY = _first_line(_PROMPTS / "verification.md.j2")
_ASK = _first_line(_PROMPTS / "ask.md.j2")
_SUMMARISE = _first_line(_PROMPTS / "summarise.md.j2")


@dataclass(frozen=True)
class _Files:
    """What the request shows."""

    shown: list[tuple[str, str]]
    """Path and text, of the changed files after the change where there is one."""
    changed: list[tuple[str, str]]

    @property
    def looked_at(self) -> list[tuple[str, str]]:
        """Of a change, only the changed files."""
        return self.changed or self.shown

    def line(self, path: str, number: int) -> str:
        """A line of a file, the newest text of it; empty where there is none."""
        lines = {**dict(self.shown), **dict(self.changed)}.get(path, "").split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""


def demo_model(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request, in the form that `reviewer` asks for."""
    question = content_blocks(body["messages"][0]["content"])[-1]["text"]
    files = _files(body)
    match kind_of(question):
        case "verification":
            return {"findings": [], "summary": "", "verdicts": list(_verdicts(question, files))}
        case "ask":
            return {"findings": [], "summary": "", "reply": _reply(body, question, files)}
        case "look":
            return _look(question, files)


def kind_of(question: str) -> Literal["look", "verification", "ask"]:
    """What a question asks for, by the sentence that it begins with."""
    if question.startswith(_VERIFY):
        return "verification"
    return "ask" if question.startswith(_ASK) else "look"


def keys_of(question: str) -> list[str]:
    """The keys of the findings that a verification is asked about."""
    return [key for _, key, *_ in _FINDING.findall(question)]


def documents_of(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Path and text of each whole document in the request; of a changed file as it was and as it is."""
    yield from _documents([_text_of(body)])


def lens_of(question: str) -> str:
    """The name of the lens that a question looks through; `general` where it is none of ours."""
    return next((name for sentence, name in _LENSES.items() if sentence in question), "general")


def _files(body: Mapping[str, Any]) -> _Files:
    return _Files(list(dict(documents_of(body)).items()), list(_documents(_CHANGED.findall(_text_of(body)))))


def _text_of(body: Mapping[str, Any]) -> str:
    """The blocks before the question, each beginning on a line of its own."""
    return "\n".join(block["text"] for block in content_blocks(body["messages"][0]["content"])[:-1])


def _documents(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        for _, path, part, content in _DOCUMENT.findall(text):
            if not part:  # of signatures there is nothing to say
                yield json.loads(path), content


def _look(question: str, files: _Files) -> dict[str, Any]:
    lens = lens_of(question)
    suited = [pattern for pattern in PATTERNS if lens == "general" or lens in pattern.lenses]
    kept = {(json.loads(path), int(line), title) for path, line, title in _KEPT.findall(question)}
    found = [it for pattern in suited for it in _found(files.looked_at, pattern, lens)]
    findings = [it for it in found if (it["path"], it["start_line"], it["title"]) not in kept]
    if files.changed:
        findings = [finding | _about_the_change(finding) for finding in findings]
    sought = f"{len(suited)} pattern{'s' * (len(suited) != 1)} in {len(files.shown)} documents"
    return {"findings": findings, "summary": f"No model has read this: the demonstration server looked for {sought}."}


def _about_the_change(finding: Mapping[str, Any]) -> dict[str, Any]:
    """What a finding says besides when a change is reviewed: a replacement only where it is plain."""
    bare = re.fullmatch(r"(\s*)except\s*:", finding["quote"])
    return {"origin": "introduced"} | ({"replacement": f"{bare[1]}except Exception:"} if bare else {})


def _found(documents: list[tuple[str, str]], pattern: Pattern, lens: str) -> Iterator[dict[str, Any]]:
    words = pattern.words(lens)
    found = 0
    for path, text in documents:
        for number, line in enumerate(text.split("\n"), start=1):
            if found < _EACH and line.strip() and pattern.sought.search(line[:400]):
                found += 1
                yield {
                    "path": path,
                    "quote": line,
                    "start_line": number,
                    "end_line": number,
                    "category": pattern.category,
                    "severity": pattern.severity,
                    "confidence": pattern.confidence,
                    "title": words.title,
                    "explanation": words.why,
                    "suggestion": pattern.mend,
                }


def _verdicts(question: str, files: _Files) -> Iterator[dict[str, Any]]:
    """A note of the author's about unfinished work is no defect; a mark that only may be one leaves it open; the rest is true."""
    for _, key, path, start, text in _FINDING.findall(question):
        place, number = json.loads(path), int(start)
        line = files.line(place, number)
        ruling, why = "confirmed", "The line is there, and does what is said of it."
        if "TODO" in line:
            ruling, why = "refuted", "The line is a note of its author's: nothing goes wrong because of it."
        elif re.search("FIXME|XXX", f"{line}{text}") or not line.strip():
            ruling, why = "uncertain", "The documents do not say whether anything goes wrong because of it."
        quoted = {"path": place, "quote": line, "start_line": number, "end_line": number}
        nothing = {"path": "", "quote": "", "start_line": 0, "end_line": 0}
        yield {"finding": key, **(nothing if ruling == "uncertain" else quoted), "ruling": ruling, "explanation": why}


def _reply(body: Mapping[str, Any], opening: str, files: _Files) -> dict[str, Any]:
    """Lines that have a word of the question in them; of a conversation's end, what was asked."""
    latest = content_blocks(body["messages"][-1]["content"])[-1]["text"]
    if latest.startswith(_SUMMARISE):
        said = sum(message["role"] == "assistant" for message in body["messages"])
        return {"text": f"No model has read this: answers given so far: {said}.", "quotes": []}
    question = opening.rsplit("The question:", 1)[-1] if latest == opening else latest
    words = sorted(set(map(str.lower, _WORD.findall(question))))
    places = [*_places(files, words), *_places(files, [""])][:_QUOTES]
    named = ", ".join(f"{place['path']}:{place['start_line']}" for place in places) or "no line"
    return {
        "text": f"No model has read this: the demonstration server looked for words of the question and points at {named}.",
        "quotes": places,
    }


def _places(files: _Files, words: list[str]) -> Iterator[dict[str, Any]]:
    for path, text in files.looked_at:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip() and any(word in line.lower() for word in words):
                yield {"path": path, "quote": line, "start_line": number, "end_line": number}
