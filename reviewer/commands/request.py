"""The request about a target: what of it is chosen, and what is prepared of that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from reviewer.commands.access import endpoint
from reviewer.commands.target import Target
from reviewer.engine.interface import Engine
from reviewer.plan.lifetime import is_warm
from reviewer.planning import Wishes
from reviewer.preparation import Choice, EarlierRuns, Prepared, choose, prepare
from reviewer.run_list import list_runs
from reviewer.run_passes import uses
from reviewer.run_record import RunRecord
from reviewer.templating import Templates


def choose_for(target: Target, wishes: Wishes, templates: Templates) -> Choice:
    """What of a target is to be sent, by estimate. Raises ConfigError, SourceError and TemplateError."""
    return choose(target.subject, wishes, templates, target.rank if target.repository is not None else None)


def prepare_for(
    target: Target, choice: Choice, wishes: Wishes, templates: Templates, engine: Engine | None, run: RunRecord | None = None
) -> Prepared:
    """The request about a target; see `prepare`. What `run` had sent comes first, else what the run that goes on had, else what is warm."""
    going_on = target.setup.call.run
    own = run or (going_on.record if going_on is not None else None)
    records = _warm(target, wishes) if own is None else iter((own,))
    return prepare(choice, wishes, templates, engine, EarlierRuns(records, target.earlier))


def _warm(target: Target, wishes: Wishes) -> Iterator[RunRecord]:
    """Runs over the whole of the same folder by the same model that the same endpoint should still have in its cache, newest first."""
    path, where = str(target.setup.call.path.absolute()), endpoint(target.setup)
    for run in list_runs(target.setup.state / "runs"):
        asked = run.record.asked
        if asked is None or asked.path != path or asked.against or asked.pull_request or run.record.model != wishes.model.id:
            continue
        if asked.config.base_url != where:
            continue
        if run.record.prefix is not None and is_warm(uses(run.folder, run.record), run.record.prefix.sha256, datetime.now(UTC)):
            yield run.record
