"""The documents of a prompt in their order, and where they are cut so that the next commit finds most of them in the provider's cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.collect.subject import Earlier, Subject, Texts
from reviewer.documents import Document, document
from reviewer.plan.order import arrange, breakpoints, cut
from reviewer.templating import Templates

DOCUMENTS = "prompt/documents.md.j2"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a prompt has of the documents; see the fields of `Prompt`."""

    documents: str
    cuts: tuple[int, ...]
    breakpoints: tuple[int, ...]


def lay_out(subject: Subject, texts: Texts, templates: Templates) -> Layout:
    """The documents of `subject` in the order of its past. Of `texts` only the base's count. Raises TemplateError."""
    shown = {path: document(path, text) for path, text in texts.base.items()}
    shown |= {path: document(path, text, outlined=True) for path, text in subject.outlines.items()}
    sizes = {path: len(each.text) for path, each in shown.items()}
    # Not as the commit has it: in the midst of being edited.
    pending = [file.path for file in subject.snapshot.files if subject.snapshot.in_git and file.blob is None]
    ordered = [shown[path] for path in arrange(sizes, subject.past(), pending)]
    # Four in all: one stands at the end of the documents, and another at the end of a change.
    return in_order(ordered, templates, inner=3 if subject.change is None else 2)


def lay_out_earlier(earlier: Earlier, templates: Templates) -> Layout:
    """The documents of an earlier commit as a review of it laid them out: the provider finds them again. Raises TemplateError."""
    shown = {path: document(path, text) for path, text in earlier.texts.items()}
    sizes = {path: len(each.text) for path, each in shown.items()}
    return in_order([shown[path] for path in arrange(sizes, earlier.past)], templates, inner=2)


def in_order(documents: Sequence[Document], templates: Templates, *, inner: int) -> Layout:
    """`documents` as they come, with at most `inner` (2 or 3) breakpoints before their end. Raises TemplateError."""
    text = templates.render(DOCUMENTS, documents=documents)
    cuts = cut(_starts(text, documents), len(text))
    return Layout(text, cuts, breakpoints(cuts, len(text), inner))


def _starts(text: str, documents: Sequence[Document]) -> Iterator[int]:
    """Where each document's first line begins in the rendered `text`; none after one that an operator's template shows in another form.

    A marker is looked for only after the text of the document before, so no document can pass for the start of the next.
    """
    end = 0
    for each in documents:
        marker = text.find(each.marker, end)
        start = text.find(each.text, marker + len(each.marker))
        if marker < 0 or start < 0:
            return
        yield text.rfind("\n", end, marker) + 1 or end
        end = start + len(each.text)
