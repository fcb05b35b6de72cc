"""`plan --exact`: the provider's own count, of the whole request where one can hold it, else of a sample of the text."""

from __future__ import annotations

from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Subject
from reviewer.collect.texts import read_texts
from reviewer.engine.interface import Engine, Prompt
from reviewer.plan.decision import Plan
from reviewer.plan.sample import blocks, sample_ratio
from reviewer.plan.tokens import file_tokens
from reviewer.plan.window import settle, settle_by_sample
from reviewer.planning import Wishes
from reviewer.review import prepare
from reviewer.templating import Templates


def counted(plan: Plan, subject: Subject, wishes: Wishes, templates: Templates, engine: Engine) -> Plan:
    """The plan with the provider's count; unchanged where the endpoint cannot count. Free of charge, but the code is sent."""
    if plan.window is None:
        return _by_sample(plan, subject.snapshot, engine)
    prompt, _, _ = prepare(subject, plan, wishes, templates)
    number = engine.count(prompt)
    return plan if number is None else settle(plan, number, is_providers_own=engine.is_providers_own)


def _by_sample(plan: Plan, snapshot: Snapshot, engine: Engine) -> Plan:
    chosen = list(blocks([(file.path, file.size) for file in snapshot.files]))
    texts, _ = read_texts(snapshot, {block.path for block in chosen})
    chosen = [block for block in chosen if block.path in texts]
    if not chosen:
        return plan
    rates = {file.path: file_tokens(file.measure, plan.model.tokenizer) / file.size for file in snapshot.files if file.size}
    encoded = {path: text.encode() for path, text in texts.items()}
    cut = (encoded[block.path][block.start : block.start + block.length].decode(errors="ignore") for block in chosen)
    number = engine.count(_bare("\n".join(cut), plan.model.id))
    return plan if number is None else settle_by_sample(plan, sample_ratio(chosen, rates, number))


def _bare(text: str, model: str) -> Prompt:
    """A prompt of nothing but this text: the few words around it do not matter beside hundreds of kilobytes."""
    return Prompt(
        model=model,
        system="Count.",
        documents=text,
        question="Count.",
        schema={},
        max_output=1,
        effort=None,
        thinking=None,
        structured=False,
    )
