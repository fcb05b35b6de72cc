"""The first half of the story: a subject and what is wished of a model → the plan. Nothing is sent, and nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reviewer.collect.subject import Subject
from reviewer.plan.catalog import Catalogue, Model
from reviewer.plan.correction import Correction
from reviewer.plan.decision import Context, Plan
from reviewer.plan.window import make_plan
from reviewer.prompt import frame_tokens
from reviewer.templating import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator asked of a model's review."""

    model: Model
    catalogue: Catalogue
    context: Context
    effort: str | None
    max_output: int | None
    language: str
    instructions: str
    """The text itself; empty when there is none."""
    instructions_from_repository: bool = False
    """Whether the repository under review chose them: then they must not pass for the operator's."""
    correction: Correction | None
    """What earlier true counts said of the estimate for this model."""
    today: date


def plan_review(subject: Subject, wishes: Wishes, templates: Templates) -> Plan:
    """Model, window, tokens and dollars for reviewing `subject`, by estimate alone: nothing is sent."""
    return make_plan(
        subject.snapshot,
        wishes.model,
        catalogue=wishes.catalogue,
        context=wishes.context,
        effort=wishes.effort,
        max_output=wishes.max_output,
        fixed_tokens=frame_tokens(subject, templates, wishes.instructions, wishes.model.tokenizer),
        correction=wishes.correction,
        today=wishes.today,
    )
