"""A Subject's texts and the templates → the Prompt: rules first, then every file, then the change if there is one, the question last.

The documents are byte-stable (see `documents.py`), and stand in an order that the next commit changes little of (see `layout.py`): with a
change they are the repository at its base, which stays the same from push to push.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.collect.measure import measure
from reviewer.collect.subject import Earlier, Subject, Texts
from reviewer.documents import author_text, document, file_diff, quoted
from reviewer.engine.interface import Lifetime, Prompt
from reviewer.layout import DOCUMENTS, lay_out, lay_out_earlier
from reviewer.plan.decision import Plan
from reviewer.plan.model import Tokenizer
from reviewer.plan.passes import GENERAL, LENSES, Lens
from reviewer.plan.tokens import file_tokens
from reviewer.questions import LEFT_OUT_SHOWN, left_out, look_question, question_templates
from reviewer.templating import Templates, packaged_templates

_SYSTEM, _CHANGE, _UPDATE = "prompt/system.md.j2", "prompt/change.md.j2", "prompt/update.md.j2"
SCHEMA_NAME = "prompt/answer.schema.json"


@dataclass(frozen=True, slots=True)
class _Wording:
    language: str
    instructions: str
    instructions_from_repository: bool


def answer_schema(*, change: bool) -> dict[str, Any]:
    """JSON Schema of the answer, as it is sent. `reply/schema.py` holds the same as types, and a test holds the two together.

    Where a `change` is reviewed, each finding must say its origin. All questions of a run have one schema: the provider caches it with the
    prefix.
    """
    schema: dict[str, Any] = json.loads((packaged_templates() / SCHEMA_NAME).read_text("utf-8"))
    if change:
        schema["$defs"]["AnswerFinding"]["required"].append("origin")
    return schema


def frame_tokens(
    subject: Subject, templates: Templates, instructions: str, tokenizer: Tokenizer, own: Sequence[Lens] = ()
) -> int:
    """Estimated tokens of all that is sent beside the documents and the change: rules, question, the operator's words, schema.

    Of the lenses, ours and the operator's `own`, the longest is counted. Taken from the templates as they are written, comments included:
    a little too many, and without rendering anything.
    """
    named = "\n- ".join((*left_out(subject), *map(quoted, subject.snapshot.guidance), instructions))
    fixed = (
        *_sources(templates, (_SYSTEM, DOCUMENTS)),
        named.encode(),
        json.dumps(answer_schema(change=subject.change is not None)).encode(),
    )
    questions = (
        (*_sources(templates, question_templates(subject, lens)), lens.text.encode("utf-8", "replace"))
        for lens in (GENERAL, *LENSES, *own)
    )
    longest = max(questions, key=lambda parts: sum(map(len, parts)))
    return round(file_tokens(measure(b"\n".join((*fixed, *longest))), tokenizer))


def _sources(templates: Templates, names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in map(templates.path, names) if path is not None)


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
        hidden=hidden[:LEFT_OUT_SHOWN],
        hidden_more=len(hidden[LEFT_OUT_SHOWN:]),
        author=author_text(subject.change),
    )


def update_text(earlier: Earlier, texts: Mapping[str, str], templates: Templates) -> str:
    """The part of the prompt that tells what of `texts` (path → text, as it is now) is not as at an earlier commit; empty when all is.

    Raises TemplateError.
    """
    newer = {path: text for path, text in texts.items() if earlier.texts.get(path) != text}
    gone = [quoted(path) for path in earlier.texts if path not in texts]
    if not newer and not gone:
        return ""
    return templates.render(_UPDATE, documents=[document(path, text) for path, text in newer.items()], gone=gone)


def compose(
    plan: Plan,
    subject: Subject,
    texts: Texts,
    templates: Templates,
    *,
    language: str,
    instructions: str,
    instructions_from_repository: bool = False,
    lens: Lens = GENERAL,
) -> Prompt:
    """Put the subject's `texts` in front of the model of `plan`, to be looked at through `lens`.

    `instructions` are the operator's own words, or, with `instructions_from_repository`, the repository's; or empty. Raises TemplateError.
    """
    earlier = subject.earlier
    laid_out = lay_out(subject, texts, templates) if earlier is None else lay_out_earlier(earlier, templates)
    return Prompt(
        model=plan.model.id,
        system=templates.render(_SYSTEM),
        documents=laid_out.documents,
        change=change_text(subject, texts.head, templates) if earlier is None else update_text(earlier, texts.base, templates),
        question=look_question(subject, _Wording(language, instructions, instructions_from_repository), templates, lens),
        schema=answer_schema(change=subject.change is not None),
        max_output=plan.max_output,
        effort=plan.effort,
        thinking=plan.model.thinking_parameter,
        structured=plan.model.structured_outputs,
        betas=plan.betas,
        texts=texts.current,
        cuts=laid_out.cuts,
        breakpoints=laid_out.breakpoints,
        # Five minutes are the provider's own; an endpoint that does not know the field is not asked for them.
        lifetime=plan.lifetime if plan.lifetime is Lifetime.ONE_HOUR else None,
    )
