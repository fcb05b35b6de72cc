"""What syntax trees say of changed files, kept between runs: the same change is often looked at again, and parsing is what takes time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256

from reviewer.collect import grammar
from reviewer.collect.symbol_cache import SymbolCache
from reviewer.collect.symbols import Definition, Symbols


@dataclass(frozen=True, slots=True)
class Question:
    """A text, and the lines of it that are of interest."""

    text: str
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text says."""

    references: frozenset[str]
    """The names in the lines of interest; see `Symbols.references`."""
    definitions: tuple[Definition, ...]
    """All of the text's."""


def parsed(questions: Mapping[str, Question], cache: SymbolCache | None) -> dict[str, Answer]:
    """Path → what its text says. Texts without a grammar are cheap, and are not kept."""
    digests = {path: _digest(path, question) for path, question in questions.items() if grammar.is_available(path)}
    known = {} if cache is None else cache.load_parsed(digests.values())
    answers: dict[str, Answer] = {}
    learnt: dict[bytes, str] = {}
    for path, question in questions.items():
        digest = digests.get(path, b"")
        if (answer := _read(known.get(digest, ""))) is None:
            answer = _ask(path, question)
            if digest:
                learnt[digest] = _written(answer)
        answers[path] = answer
    if cache is not None:
        cache.store_parsed(learnt)
    return answers


def _digest(path: str, question: Question) -> bytes:
    """Of all that the answer depends on."""
    lines = ",".join(map(str, sorted(question.lines)))
    asked = f"{grammar.language_of(path)}\n{grammar.version_of(path)}\n{path}\n{lines}\n{question.text}"
    return sha256(asked.encode("utf-8", "surrogatepass")).digest()


def _ask(path: str, question: Question) -> Answer:
    symbols = Symbols(path, question.text)
    return Answer(symbols.references(question.lines), symbols.definitions())


def _written(answer: Answer) -> str:
    return json.dumps([sorted(answer.references), [astuple(definition) for definition in answer.definitions]])


def _read(written: str) -> Answer | None:
    if not written:
        return None
    try:
        references, definitions = json.loads(written)
        return Answer(frozenset(references), tuple(Definition(*fields) for fields in definitions))
    except (ValueError, TypeError):  # a spoilt row is as good as none
        return None
