"""`reviewer models`: what can be asked, what it holds and costs; and what the provider itself last said of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

from reviewer.commands.access import endpoint, required_credentials
from reviewer.commands.call import Call
from reviewer.commands.outputs import print_out
from reviewer.commands.setup import Setup, prepare
from reviewer.errors import ConfigError, StorageError
from reviewer.plan.catalog import Catalogue, Model, ModelFacts, load_catalogue, refreshed
from reviewer.storage import read_kept, write_atomically

_FACTS = "models.json"


def run(call: Call, *, refresh: bool) -> int:
    """Print the catalogue; with `refresh`, ask the Models API first and keep what it says."""
    setup = prepare(call)
    if refresh:
        _refresh(setup, call)
    catalogue = load_models(setup)
    today = date.today()  # noqa: DTZ011 - retirement dates are days, wherever the reader is
    if setup.config.format == "json":
        rows = [{name: value for name, value in asdict(model).items() if value is not None} for model in catalogue.models]
        print_out(json.dumps({"as_of": catalogue.as_of, "models": rows}, indent=2, default=str) + "\n")
    else:
        print_out(_table(catalogue, today) + "\n")
    return 0


def load_models(setup: Setup) -> Catalogue:
    """The catalogue: the shipped one, the operator's file over it, and over both what `--refresh` learned. Raises ConfigError."""
    layers = [Path(setup.config.catalog)] if setup.config.catalog else []
    catalogue = load_catalogue(*layers)
    path = setup.state / _FACTS
    try:
        entries = json.loads(read_kept(path))
        facts = [ModelFacts(**{**entry, "retires_at": _day(entry["retires_at"])}) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return catalogue
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint="Remove it, or run `reviewer models --refresh`.") from error
    return refreshed(catalogue, facts)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _refresh(setup: Setup, call: Call) -> None:
    from reviewer.engine.models_api import fetch_model_facts

    who = required_credentials(call.environ, "leave --refresh out")
    facts = fetch_model_facts(who, base_url=endpoint(setup))
    try:
        setup.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{setup.state} cannot be made: {error.strerror}") from error
    write_atomically(setup.state / _FACTS, json.dumps([asdict(fact) for fact in facts], indent=2, default=str) + "\n")


def _table(catalogue: Catalogue, today: date) -> str:
    rows = [
        ("MODEL", "STATUS", "WINDOW", "OUTPUT", "IN $/M", "OUT $/M", "CACHED", "EFFORT", "RETIRES"),
        *(_row(m, today) for m in catalogue.models),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    short = ", ".join(f"{name} = {catalogue.find(name).id}" for name in catalogue.short_names)
    return "\n".join(
        [*lines, "", f"Short names: {short}.", f"Prices in US dollars per million tokens, checked {catalogue.as_of}."]
    )


def _row(model: Model, today: date) -> tuple[str, ...]:
    first, last = (model.price[0], model.price[-1]) if model.price else (None, None)

    def prices(kind: str) -> str:
        shown = dict.fromkeys(f"{getattr(step, kind):g}" for step in (first, last) if step is not None)
        return " / ".join(shown) or "unknown"

    status = "retired" if model.retired_on(today) else model.status.value
    retires = model.retires_on or model.retires_not_before
    when = "" if retires is None else f"{'' if model.retires_on else 'not before '}{retires}"
    return (
        model.id,
        status,
        f"{model.largest_window // 1000:,}K",
        f"{model.max_output_tokens // 1000:,}K",
        prices("input"),
        prices("output"),
        prices("cache_read"),
        f"{model.effort[0]}-{model.effort[-1]}" if model.effort else "none",
        when,
    )
