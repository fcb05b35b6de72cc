"""A Snapshot's texts and the templates → the Prompt: rules first, then every file, the question last.

The documents are byte-stable: the same files, in the same order, always give the same text, and one file's bytes depend on that file
alone. So a prefix that was paid for once is found in the provider's cache again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.collect.measure import measure
from reviewer.collect.snapshot import Snapshot
from reviewer.engine.interface import Prompt
from reviewer.findings import Category
from reviewer.plan.decision import Plan
from reviewer.plan.model import Tokenizer
from reviewer.plan.tokens import file_tokens
from reviewer.templating import Templates, packaged_templates

TEMPLATE_NAMES = ("prompt/system.md.j2", "prompt/documents.md.j2", "prompt/question.md.j2")
SCHEMA_NAME = "prompt/answer.schema.json"

_LEFT_OUT_SHOWN = 200
"""Files named to the model as left out; beyond it only their number is, since a tree may hold a hundred thousand of them."""

_MARKER_DIGITS = 16
"""Hex digits of a document's id: 64 bits, so that a file holding its own id would take 2^64 tries to make."""


def answer_schema() -> dict[str, Any]:
    """JSON Schema of the answer, as it is sent. `reply/schema.py` holds the same as types, and a test holds the two together."""
    schema: dict[str, Any] = json.loads((packaged_templates() / SCHEMA_NAME).read_text("utf-8"))
    return schema


def frame_tokens(snapshot: Snapshot, templates: Templates, instructions: str, tokenizer: Tokenizer) -> int:
    """Estimated tokens of all that is sent beside the documents: rules, question with the files it names, the operator's words, schema.

    Taken from the templates as they are written, comments included: a little too many, and without rendering anything.
    """
    sources = (path.read_bytes() for path in map(templates.path, TEMPLATE_NAMES) if path is not None)
    named = "\n- ".join((*_left_out(snapshot), *map(quoted, snapshot.guidance), instructions))
    text = b"\n".join((*sources, named.encode(), json.dumps(answer_schema()).encode()))
    return round(file_tokens(measure(text), tokenizer))


@dataclass(frozen=True, slots=True)
class Document:
    """One file as the documents template sees it."""

    path: str
    """A JSON string, quotes included: no name can break out of it."""
    text: str
    """Without its last newline, which the template adds."""
    marker: str


def compose(
    plan: Plan,
    snapshot: Snapshot,
    texts: Mapping[str, str],
    templates: Templates,
    *,
    language: str,
    instructions: str,
    instructions_from_repository: bool = False,
) -> Prompt:
    """Put the repository's `texts` (path → text, in the order they are to stand) in front of the model of `plan`.

    `instructions` are the operator's own words, or, with `instructions_from_repository`, the repository's; or empty. Raises TemplateError.
    """
    system, documents, question = TEMPLATE_NAMES
    return Prompt(
        model=plan.model.id,
        system=templates.render(system),
        documents=templates.render(documents, documents=[document(path, text) for path, text in texts.items()]),
        question=templates.render(
            question,
            scope=quoted(snapshot.scope) if snapshot.scope else "",
            left_out=_left_out(snapshot),
            left_out_more=len(snapshot.skipped[_LEFT_OUT_SHOWN:]),
            guidance=[quoted(path) for path in snapshot.guidance],
            instructions=instructions,
            instructions_from_repository=instructions_from_repository,
            categories=[category.value for category in Category],
            language=language,
        ),
        schema=answer_schema(),
        max_output=plan.max_output,
        effort=plan.effort,
        thinking=plan.model.thinking_parameter,
        structured=plan.model.structured_outputs,
        betas=plan.betas,
        texts=texts,
    )


def _left_out(snapshot: Snapshot) -> list[str]:
    return [f"{quoted(file.path)}: {file.reason}" for file in snapshot.skipped[:_LEFT_OUT_SHOWN]]


def document(path: str, text: str) -> Document:
    """One file, with a marker made from its path and content."""
    content = hashlib.sha256(f"{path}\0{text}".encode("utf-8", "surrogateescape"))
    return Document(quoted(path), text.removesuffix("\n"), content.hexdigest()[:_MARKER_DIGITS])


def quoted(path: str) -> str:
    r"""A path as a JSON string: newlines and quotes escaped, a byte that is not UTF-8 as `\udcXX`."""
    text = json.dumps(path, ensure_ascii=False)
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in text)
