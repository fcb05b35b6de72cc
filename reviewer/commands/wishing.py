"""What `review` and `plan` share: what is wished of the model, and the correction learned from a true count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from reviewer.collect.secrets import mask
from reviewer.commands.access import endpoint
from reviewer.commands.models import load_models
from reviewer.commands.setup import Setup, instructions, lenses
from reviewer.engine.credentials import DEFAULT_ENDPOINT
from reviewer.errors import StorageError
from reviewer.plan.correction import learn, load_corrections
from reviewer.plan.decision import Context, Plan, Scope
from reviewer.plan.passes import Depth
from reviewer.planning import Wishes
from reviewer.terminal import Terminal


def make_wishes(setup: Setup, terminal: Terminal) -> Wishes:
    """What the settings ask of a model; what people wrote for it is without secrets. Raises ConfigError, also for a model that the provider retired."""
    config = setup.config
    corrections = load_corrections(setup.state)
    terminal.say(corrections.note)
    catalogue = load_models(setup)
    model = catalogue.find(config.model)
    today = date.today()  # noqa: DTZ011 - retirement dates are days, wherever the reader is
    if (endpoint(setup) or DEFAULT_ENDPOINT) == DEFAULT_ENDPOINT:  # a cloud or a gateway may still have what the provider retired
        model.require_alive(today)
    fit = mask if config.redact else str
    return Wishes(
        model=model,
        catalogue=catalogue,
        context=Context(config.context),
        scope=Scope(config.scope),
        depth=Depth(config.depth),
        lenses=tuple(replace(lens, text=fit(lens.text)) for lens in lenses(setup)),
        repeat=config.repeat,
        cache=config.cache,
        max_cost=config.max_cost,
        effort=config.effort,
        max_output=config.max_output,
        language=fit(config.language),
        instructions=fit(instructions(setup)),
        instructions_from_repository="instructions" in setup.resolved.from_repository,
        correction=setup.call.asked.correction
        if setup.call.asked
        else corrections.get(endpoint(setup) or DEFAULT_ENDPOINT, model.id),
        today=today,
    )


def learn_count(setup: Setup, plan: Plan, at: str) -> str:
    """Keep what the count of an endpoint says of the estimate for this model there; a note when it could not be kept, else empty."""
    return "" if plan.tokens.exact is None else learn_size(setup, plan, at, plan.tokens.exact)


def learn_size(setup: Setup, plan: Plan, at: str, tokens: int) -> str:
    """Keep how many tokens the plan's prompt has at an endpoint; a note when it could not be kept, else empty."""
    try:
        setup.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        learn(setup.state, at, plan.model.id, estimate=plan.basis.uncorrected, actual=tokens)
    except OSError as error:
        return f"The count could not be kept for later estimates: {error.strerror}."
    except StorageError as error:
        return f"The count could not be kept for later estimates: {error.message}"
    return ""
