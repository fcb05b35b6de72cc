"""What `review` and `plan` share: the snapshot, what is wished of the model, and the correction learned from a true count."""

from __future__ import annotations

from datetime import date

from reviewer.collect.cache import MeasureCache
from reviewer.collect.collector import Selection, collect
from reviewer.collect.snapshot import Snapshot
from reviewer.commands.models import load_models
from reviewer.commands.setup import Setup, instructions
from reviewer.errors import StorageError
from reviewer.plan.correction import learn, load_corrections
from reviewer.plan.decision import Context, Plan
from reviewer.planning import Wishes
from reviewer.terminal import Terminal


def collect_snapshot(setup: Setup) -> Snapshot:
    """Read what is to be reviewed; measures of unchanged blobs come from the state folder. Raises SourceError."""
    config = setup.config
    selection = Selection(include=config.include, exclude=config.exclude, max_file_bytes=config.max_file_bytes)
    return collect(setup.path, selection, MeasureCache(setup.state))


def make_wishes(setup: Setup, terminal: Terminal) -> Wishes:
    """What the settings ask of a model. Raises ConfigError."""
    config = setup.config
    corrections = load_corrections(setup.state)
    terminal.say(corrections.note)
    catalogue = load_models(setup)
    model = catalogue.find(config.model)
    return Wishes(
        model=model,
        catalogue=catalogue,
        context=Context(config.context),
        effort=config.effort,
        max_output=config.max_output,
        language=config.language,
        instructions=instructions(setup),
        instructions_from_repository="instructions" in setup.resolved.from_repository,
        correction=corrections.get(model.id),
        today=date.today(),  # noqa: DTZ011 - retirement dates are days, wherever the reader is
    )


def learn_count(setup: Setup, plan: Plan) -> str:
    """Keep what a true count says of the estimate for this model; a note when it could not be kept, else empty."""
    if plan.tokens.exact is None:
        return ""
    try:
        setup.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        learn(setup.state, plan.model.id, estimate=plan.basis.uncorrected, actual=plan.tokens.exact)
    except OSError as error:
        return f"The count could not be kept for later estimates: {error.strerror}."
    except StorageError as error:
        return f"The count could not be kept for later estimates: {error.message}"
    return ""
