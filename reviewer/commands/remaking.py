"""A run's prompt made again from the repository as it is now, since the folder of the run does not hold it; and what the run left besides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reviewer.commands.request import choose_for, prepare_for
from reviewer.commands.target import Target
from reviewer.commands.wishing import make_wishes
from reviewer.engine.interface import Engine
from reviewer.errors import IncompleteError
from reviewer.outcome import Review
from reviewer.planning import Wishes
from reviewer.preparation import Prepared
from reviewer.run_prefix import difference
from reviewer.run_record import RunRecord
from reviewer.storage import read_kept
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.values import NotThatValueError, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """The prompt of a run, and what it was made from."""

    wishes: Wishes
    prepared: Prepared
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
        choice = choose_for(target, wishes, templates)
        prepared = prepare_for(target, choice, wishes, templates, engine, record)
    if prepared.unread:
        file = prepared.unread[0]
        raise IncompleteError(f"{file.path} {file.reason}; what the run had sent would not be whole", hint="Ask again.")
    return Remade(wishes=wishes, prepared=prepared, changed=_changed(record, prepared))


def _changed(record: RunRecord, prepared: Prepared) -> str:
    if record.prefix is None or prepared.prefix.sha256 == record.prefix.sha256:
        return ""
    # Over the run's own documents nothing but what is told after them differs, which is how today's files differ.
    return "the files" if prepared.begins_as else difference(record.prefix, prepared.prefix)


def kept_review(folder: Path) -> Review | None:
    """What the run found; None when its review is not kept: then the model is not told."""
    try:
        return from_json(Review, read_kept(folder / "review.json"))
    except (OSError, NotThatValueError):
        return None
