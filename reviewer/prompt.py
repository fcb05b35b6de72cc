"""A Subject's texts and the templates → the Prompt: rules first, then every file, then the change if there is one, the question last.

The documents are byte-stable (see `documents.py`), and stand in the order of their paths: with a change they are the repository at its
base, which stays the same from push to push.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reviewer.collect.files import path_bytes
from reviewer.collect.measure import measure
from reviewer.collect.subject import Subject, Texts
from reviewer.documents import author_text, document, file_diff, quoted
from reviewer.engine.interface import Prompt
from reviewer.findings import Category
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.decision import Plan
from reviewer.plan.model import Tokenizer
from reviewer.plan.tokens import file_tokens
from reviewer.templating import Templates, packaged_templates

_SYSTEM, _DOCUMENTS, _CHANGE = "prompt/system.md.j2", "prompt/documents.md.j2", "prompt/change.md.j2"
_QUESTION, _CHANGE_QUESTION = "prompt/question.md.j2", "prompt/change_question.md.j2"
_PARTS = ("prompt/context.md.j2", "prompt/answer.md.j2")
"""What both questions include."""
SCHEMA_NAME = "prompt/answer.schema.json"

_LEFT_OUT_SHOWN = 200
"""Files named to the model as left out; beyond it only their number is, since a tree may hold a hundred thousand of them."""


def answer_schema() -> dict[str, Any]:
    """JSON Schema of the answer, as it is sent. `reply/schema.py` holds the same as types, and a test holds the two together."""
    schema: dict[str, Any] = json.loads((packaged_templates() / SCHEMA_NAME).read_text("utf-8"))
    return schema


def frame_tokens(subject: Subject, templates: Templates, instructions: str, tokenizer: Tokenizer) -> int:
    """Estimated tokens of all that is sent beside the documents and the change: rules, question, the operator's words, schema.

    Taken from the templates as they are written, comments included: a little too many, and without rendering anything.
    """
    names = (_SYSTEM, _DOCUMENTS, _CHANGE_QUESTION if subject.change else _QUESTION, *_PARTS)
    sources = (path.read_bytes() for path in map(templates.path, names) if path is not None)
    named = "\n- ".join((*_left_out(subject), *map(quoted, subject.snapshot.guidance), instructions))
    text = b"\n".join((*sources, named.encode(), json.dumps(answer_schema()).encode()))
    return round(file_tokens(measure(text), tokenizer))


def change_text(subject: Subject, head: Mapping[str, str], templates: Templates) -> str:
    """The part of the prompt that tells the change: its files at the head (`head`, path → text), the diff, the author's words.

    Empty when there is no change. Raises TemplateError.
    """
    if subject.change is None or subject.head is None:
        return ""
    reasons = subject.hidden
    hidden = [f"{quoted(file.path)} ({file.kind}): {reasons[file.path]}" for file in subject.change.files if file.path in reasons]
    return templates.render(
        _CHANGE,
        documents=[document(path, text) for path, text in head.items()],
        files=[file_diff(file) for file in subject.change.files if file.path not in reasons],
        hidden=hidden[:_LEFT_OUT_SHOWN],
        hidden_more=len(hidden[_LEFT_OUT_SHOWN:]),
        author=author_text(subject.change),
    )


def compose(
    plan: Plan,
    subject: Subject,
    texts: Texts,
    templates: Templates,
    *,
    language: str,
    instructions: str,
    instructions_from_repository: bool = False,
) -> Prompt:
    """Put the subject's `texts` in front of the model of `plan`.

    `instructions` are the operator's own words, or, with `instructions_from_repository`, the repository's; or empty. Raises TemplateError.
    """
    snapshot = subject.snapshot
    shown = {path: document(path, text) for path, text in texts.base.items()}
    shown |= {path: document(path, text, outlined=True) for path, text in subject.outlines.items()}
    left_out = _left_out(subject)
    return Prompt(
        model=plan.model.id,
        system=templates.render(_SYSTEM),
        documents=templates.render(_DOCUMENTS, documents=[shown[path] for path in sorted(shown, key=path_bytes)]),
        change=change_text(subject, texts.head, templates),
        question=templates.render(
            _CHANGE_QUESTION if subject.change else _QUESTION,
            change=subject.change is not None,
            outlined=bool(subject.outlines),
            scope=quoted(snapshot.scope) if snapshot.scope else "",
            left_out=left_out[:_LEFT_OUT_SHOWN],
            left_out_more=len(_skipped(subject)[_LEFT_OUT_SHOWN:]),
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
        texts=texts.current,
    )


def _left_out(subject: Subject) -> list[str]:
    changed = frozenset(file.path for file in subject.head.skipped) if subject.head else frozenset()
    return [f"{quoted(file.path)}: {_reason(file, file.path in changed)}" for file in _skipped(subject)[:_LEFT_OUT_SHOWN]]


def _reason(file: SkippedFile, changed: bool) -> str:  # noqa: FBT001 - one of two words
    """Why a file is not seen; of a changed one the diff may be."""
    seen = changed and file.reason in {SkipReason.NO_ROOM, SkipReason.OUT_OF_SCOPE}
    return f"{file.reason}; only its diff is shown" if seen else file.reason.value


def _skipped(subject: Subject) -> tuple[SkippedFile, ...]:
    """What the model cannot see: of the change first, then of the rest."""
    if subject.head is None:
        return subject.skipped
    changed = frozenset(file.path for file in subject.head.skipped)
    return (*subject.head.skipped, *(file for file in subject.skipped if file.path not in changed))
