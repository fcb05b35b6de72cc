"""A run's prompt made again from the repository as it is now, since the folder of the run does not hold it; and what the run left besides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reviewer.collect.subject import Subject
from reviewer.commands.target import Target
from reviewer.commands.warming import over_documents_of
from reviewer.commands.wishing import make_wishes, plan_target
from reviewer.engine.interface import Engine, Prompt
from reviewer.errors import IncompleteError
from reviewer.outcome import Review
from reviewer.plan.decision import Plan
from reviewer.planning import Wishes
from reviewer.review import fill_window, prepare, require_sendable
from reviewer.run_prefix import difference, prefix_of
from reviewer.run_record import Prefix, RunRecord
from reviewer.storage import read_kept
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.values import NotThatValueError, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """The prompt of a run, and what it was made from."""

    wishes: Wishes
    subject: Subject
    plan: Plan
    prompt: Prompt
    prefix: Prefix
    changed: str
    """What of the prefix is not as it was in the run, in words; empty when it is the same."""


def remake(target: Target, record: RunRecord, templates: Templates, engine: Engine, terminal: Terminal) -> Remade:
    """The prompt that a review by the run's settings would have now; `engine` counts it where not everything fits.

    Raises IncompleteError when there is nothing to ask about, or when a file could not be read twice, and what planning raises.
    """
    wishes = make_wishes(target.setup, terminal)
    if target.subject.nothing:
        raise IncompleteError(f"there is nothing to ask about: {target.subject.nothing}")
    with terminal.working("reading"):
        subject, plan = plan_target(target, wishes, templates)
        require_sendable(subject, plan)
        subject, plan = fill_window(target.subject, subject, plan, wishes, templates, engine, target.rank)
        prompt, _, unread = prepare(subject, plan, wishes, templates)
        changed = difference(record.prefix, prefix_of(prompt)) if record.prefix is not None else ""
        over = over_documents_of(record, subject, plan, wishes, templates, target) if changed else None
        if over is not None:
            subject, plan = over
            prompt, _, unread = prepare(subject, plan, wishes, templates)
    if unread:
        raise IncompleteError(f"{unread[0].path} {unread[0].reason}; what the run had sent would not be whole", hint="Ask again.")
    prefix = prefix_of(prompt)
    if record.prefix is not None and prefix.sha256 == record.prefix.sha256:
        changed = ""  # the run, too, began with an earlier one's files
    return Remade(wishes=wishes, subject=subject, plan=plan, prompt=prompt, prefix=prefix, changed=changed)


def kept_review(folder: Path) -> Review | None:
    """What the run found; None when its review is not kept: then the model is not told."""
    try:
        return from_json(Review, read_kept(folder / "review.json"))
    except (OSError, NotThatValueError):
        return None
