"""Every model there is, found by name: the shipped file, the operator's own over it, the provider's answer over both."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from reviewer.errors import ConfigError
from reviewer.plan.catalog_file import read_layer
from reviewer.plan.model import STANDARD_WINDOW, LongContext, Model, Status, Tokenizer

__all__ = ["DEFAULT_MODEL", "Catalogue", "Model", "ModelFacts", "load_catalogue", "refreshed"]

DEFAULT_MODEL = "claude-opus-5-5"

_SHIPPED = Path(__file__).with_name("catalog.toml")
_OWN = frozenset({"id", "same_as", "aliases", "line", "released", "notes"})
"""What a twin does not have from the model it is the same as: short names lead to the provider's own models alone."""
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "context_tokens": ("long_context", "long_context_tokens", "long_context_beta"),
    "thinking": ("thinking_default",),
    "effort": ("effort_default",),
}
"""What a twin that says a key of its own decides with it: these parts of the other model may not fit it any more."""
_CLOSE = 0.6
"""How alike a mistyped name must be to be suggested: difflib's own default."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models that can be asked, in the order of the files."""

    models: tuple[Model, ...]
    as_of: date | None = None
    """When the shipped part was last checked against the provider's pages."""

    def find(self, name: str) -> Model:
        """The model of this id, alias or short name (`opus`, `sonnet`, …: the newest active one of the line).

        Raises ConfigError for any other name, with the closest known one, or with what to write to declare a model of your own.
        """
        wanted = name.strip().lower()
        for model in self.models:
            if wanted in {model.id.lower(), *(alias.lower() for alias in model.aliases)}:
                return model
        line = [model for model in self.models if model.line == wanted and model.status is Status.ACTIVE]
        if line:
            return max(line, key=lambda model: model.released or date.min)
        raise ConfigError(f"There is no model {name!r} in the catalogue.", hint=self._suggestion(name, wanted))

    def _suggestion(self, name: str, wanted: str) -> str:
        names = [
            *(model.id for model in self.models),
            *(alias for model in self.models for alias in model.aliases),
            *self.short_names,
        ]
        close = difflib.get_close_matches(wanted, names, 1, _CLOSE)
        if close and ("claude" in wanted or close[0] in self.short_names):
            return f"Did you mean {close[0]}? `reviewer models` lists all."
        return (
            "`reviewer models` lists all. A model behind an endpoint of your own is declared in a TOML file given by --catalog, with its true "
            f'limits: [[model]] / id = "{name}" / context_tokens = 200000 / max_output_tokens = 32000, a line each.'
        )

    @property
    def short_names(self) -> tuple[str, ...]:
        """The names of lines that have an active model."""
        return tuple(dict.fromkeys(model.line for model in self.models if model.line and model.status is Status.ACTIVE))


def load_catalogue(*layers: Path) -> Catalogue:
    """The shipped catalogue with the operator's own files over it, the later over the earlier.

    A file's model changes the keys it names of the model with that id, or adds a model; with `same_as` it is as another one but for the
    keys it names. Raises ConfigError naming file and key.
    """
    found: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    read = [read_layer(path) for path in (_SHIPPED, *layers)]
    for layer in read:
        for values in layer.models:
            if "same_as" in values:  # then nothing that an earlier file said of this id holds
                found.pop(values["id"], None)
            found.setdefault(values["id"], {}).update(values)
            origin[values["id"]] = layer.name
    models = tuple(_made(_whole(name, found, origin), origin[name]) for name in found)
    _check_names(models, origin)
    return Catalogue(models, read[0].as_of)


def _whole(name: str, found: Mapping[str, Mapping[str, Any]], origin: Mapping[str, str]) -> Mapping[str, Any]:
    """What the layers say of a model, over what they say of the one that it is the `same_as`.

    Raises ConfigError for a twin of nothing known, and for twins of each other.
    """
    ids = {each.lower(): key for key, values in found.items() for each in (*values.get("aliases", ()), key)}
    chain, values = [name], dict(found[name])
    while "same_as" in found[chain[-1]]:
        wanted = found[chain[-1]]["same_as"]
        where = f"{origin[chain[-1]]}: model {chain[-1]}: 'same_as'"
        twin = ids.get(wanted.strip().lower())
        if twin is None:
            close = difflib.get_close_matches(wanted.lower(), ids, 1, _CLOSE)
            hint = f"Did you mean {close[0]}? " if close else ""
            raise ConfigError(
                f"{where} names {wanted!r}, which is not in the catalogue", hint=f"{hint}`reviewer models` lists all."
            )
        if twin in chain:
            circle = " is the same as ".join([*chain[chain.index(twin) :], twin])
            raise ConfigError(f"{where} leads in a circle: {circle}", hint="One of them has to say what it is.")
        chain.append(twin)
        decided = {part for key in values for part in _TOGETHER.get(key, ())}
        values = {**{key: value for key, value in found[twin].items() if key not in _OWN | decided}, **values}
    return values | {"same_as": chain[-1]} if len(chain) > 1 else values


def _made(values: Mapping[str, Any], origin: str) -> Model:
    """Build a model from all that the layers say, and see that it hangs together."""
    where = f"{origin}: model {values['id']}"
    for key in ("context_tokens", "max_output_tokens"):
        if key not in values:
            raise ConfigError(f"{where}: {key!r} is missing", hint="A model of your own needs it; ask whoever runs the endpoint.")
    usual = LongContext.NATIVE if values["context_tokens"] > STANDARD_WINDOW else LongContext.NONE
    model = Model(**{"long_context": usual, **values})
    if (
        len({model.long_context is LongContext.BETA, model.long_context_tokens is not None, model.long_context_beta is not None})
        > 1
    ):
        raise ConfigError(
            f"{where}: 'long_context = \"beta\"' and both 'long_context_tokens' and 'long_context_beta' go together"
        )
    if (model.long_context is LongContext.NONE) and model.context_tokens > STANDARD_WINDOW:
        raise ConfigError(f"{where}: a window above {STANDARD_WINDOW} tokens is not 'long_context = \"none\"'")
    if model.max_output_tokens >= model.largest_window:
        raise ConfigError(f"{where}: 'max_output_tokens' leaves no room for a prompt")
    if model.effort_default is not None and model.effort_default not in model.effort:
        raise ConfigError(f"{where}: 'effort_default' is not one of 'effort'")
    return model


def _check_names(models: Iterable[Model], origin: Mapping[str, str]) -> None:
    owner: dict[str, str] = {}
    for model in models:
        for name in (model.id, *model.aliases):
            if owner.setdefault(name.lower(), model.id) != model.id:
                raise ConfigError(
                    f"{origin[model.id]}: model {model.id}: the name {name!r} already belongs to {owner[name.lower()]}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What the provider itself says of a model; None where it does not say. Prices are never among it."""

    id: str
    line: str | None = None
    max_input_tokens: int | None = None
    """The context window."""
    max_tokens: int | None = None
    """The longest answer."""
    lifecycle: str | None = None
    """`active`, `deprecated` or `retired`."""
    retires_at: date | None = None
    structured_outputs: bool | None = None


def refreshed(catalogue: Catalogue, facts: Iterable[ModelFacts]) -> Catalogue:
    """The catalogue with the provider's own word on windows, limits and retirement over it.

    A model the catalogue does not know is added when its limits are told, with an unknown price and the newest tokenizer; it gets no
    date of release, so that a short name never moves to a model whose price nobody knows.
    """
    known = {model.id: model for model in catalogue.models}
    owner = {name: model.id for model in catalogue.models for name in (model.id, *model.aliases)}
    for fact in facts:
        old = known.get(owner.get(fact.id, fact.id))
        if old is None and fact.max_input_tokens and fact.max_tokens:
            old = Model(
                id=fact.id,
                line=fact.line,
                context_tokens=fact.max_input_tokens,
                max_output_tokens=fact.max_tokens,
                tokenizer=Tokenizer.NEW,
                notes="Known from the provider's list of models only; its price is unknown to this version.",
            )
        if old is not None:
            known[old.id] = _told(old, fact)
    return replace(catalogue, models=tuple(known.values()))


def _told(model: Model, fact: ModelFacts) -> Model:
    context = fact.max_input_tokens or model.context_tokens
    long = model.long_context
    if long is not LongContext.BETA:
        long = LongContext.NATIVE if context > STANDARD_WINDOW else LongContext.NONE
    status = model.status
    if fact.lifecycle in {"deprecated", "retired"}:
        status = Status(fact.lifecycle)
    elif fact.lifecycle == "active" and status in {Status.DEPRECATED, Status.RETIRED}:
        status = Status.LEGACY
    return replace(
        model,
        context_tokens=context,
        long_context=long,
        max_output_tokens=fact.max_tokens or model.max_output_tokens,
        status=status,
        retires_on=None if fact.lifecycle == "active" else fact.retires_at or model.retires_on,
        structured_outputs=model.structured_outputs if fact.structured_outputs is None else fact.structured_outputs,
    )
