"""What true counts taught about the local estimate, kept per endpoint and model from run to run.

The file holds pairs of numbers and nothing that tells of which repository they were. An endpoint that counts wrongly, or serves another
model under a name, teaches nothing about any other endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from reviewer.collect.measure import ESTIMATOR_VERSION
from reviewer.storage import read_kept, write_atomically

_FILE = "corrections.json"
_SCHEMA = 2
"""1 had no endpoints: whose counts its pairs were is not known, so they are not used."""
_KEPT = 20
"""Pairs per endpoint and model; the oldest goes first."""
_LEAST_TOKENS = 5_000
"""A smaller prompt is mostly our own instructions and says nothing about code."""
_SAME = 0.02
"""Estimates this near each other are taken for the same repository, a little later: the new pair replaces the old one, so that one
repository asked about twenty times does not pass for twenty repositories."""
_RATIOS = (0.2, 5.0)
"""Outside of it something other than the tokenizer is different, and nothing is learned."""
_HALF_WIDTHS = {1: 0.15, 2: 0.12}
_LEAST_HALF_WIDTH = 0.10
"""Repositories of different languages deviate so far from each other even for a vocabulary that is public."""
_MOST_HALF_WIDTH = 0.25

Pair = tuple[int, int]
"""Estimated and actual tokens of one prompt."""
Source = tuple[str, str]
"""An endpoint's address, and the id of a model there."""


@dataclass(frozen=True, slots=True)
class Correction:
    """How the estimate for one model at one endpoint is to be corrected."""

    ratio: float
    """Actual over estimated tokens: the median of what was seen, which one odd repository cannot move."""
    half_width: float
    """Of the band around the corrected estimate, as a share of it."""
    observations: int


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that was learned so far."""

    pairs: Mapping[Source, tuple[Pair, ...]] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    """What the reader should know when the file could not be used; empty otherwise."""

    def get(self, endpoint: str, model: str) -> Correction | None:
        """The correction for a model id at an endpoint, or None when nothing was learned for it there."""
        pairs = self.pairs.get((endpoint, model))
        if not pairs:
            return None
        ratios = sorted(actual / estimate for estimate, actual in pairs)
        middle = len(ratios) // 2
        ratio = (ratios[middle] + ratios[~middle]) / 2
        spread = max(abs(each / ratio - 1) for each in ratios)
        least = _HALF_WIDTHS.get(len(ratios), _LEAST_HALF_WIDTH)
        return Correction(ratio, min(_MOST_HALF_WIDTH, max(least, spread)), len(ratios))


def load_corrections(folder: Path) -> Corrections:
    """What the folder holds; nothing at all when there is no file, and nothing but a note when it is damaged."""
    path = folder / _FILE
    try:
        raw = json.loads(read_kept(path))
    except FileNotFoundError:
        return Corrections()
    except OSError as error:
        return Corrections(note=f"{path} cannot be read ({error.strerror}): earlier counts are not used.")
    except (ValueError, RecursionError):
        return Corrections(note=f"{path} is damaged: earlier counts are not used, and it is replaced by the next one.")
    if not isinstance(raw, dict) or raw.get("schema") != _SCHEMA or raw.get("estimator") != ESTIMATOR_VERSION:
        return Corrections()  # of another version of this tool: its ratios are those of another estimate
    found = {
        (endpoint, model): pairs
        for endpoint, models in _items(raw.get("endpoints"))
        for model, rows in _items(models)
        if (pairs := _pairs(rows))
    }
    return Corrections(found)


def _items(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _pairs(rows: object) -> tuple[Pair, ...]:
    if not isinstance(rows, list):
        return ()
    return tuple((row[0], row[1]) for row in rows if isinstance(row, list) and _is_pair(row))[-_KEPT:]


def _is_pair(row: list[object]) -> bool:
    if len(row) != 2 or not all(isinstance(value, int) and not isinstance(value, bool) for value in row):  # noqa: PLR2004 - a pair
        return False
    estimate, actual = row
    return _teaches(estimate, actual) if isinstance(estimate, int) and isinstance(actual, int) else False


def _teaches(estimate: int, actual: int) -> bool:
    low, high = _RATIOS
    return estimate >= _LEAST_TOKENS and low <= actual / estimate <= high


def learn(folder: Path, endpoint: str, model: str, *, estimate: int, actual: int) -> None:
    """Remember that a prompt estimated (without correction) at `estimate` tokens was counted, or billed, as `actual` by `endpoint`.

    `folder` must exist. What teaches nothing (a tiny prompt, an impossible ratio) is not kept. Raises StorageError.
    """
    if not _teaches(estimate, actual):
        return
    known = dict(load_corrections(folder).pairs)
    source = (endpoint, model)
    others = [pair for pair in known.get(source, ()) if abs(pair[0] / estimate - 1) > _SAME]
    known[source] = (*others, (estimate, actual))[-_KEPT:]
    endpoints: dict[str, dict[str, tuple[Pair, ...]]] = {}
    for (place, name), pairs in known.items():
        endpoints.setdefault(place, {})[name] = pairs
    content = {"schema": _SCHEMA, "estimator": ESTIMATOR_VERSION, "endpoints": endpoints}
    write_atomically(folder / _FILE, json.dumps(content, sort_keys=True) + "\n", mode=0o600)
