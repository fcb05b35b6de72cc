"""`reviewer config`: every setting, its value, and where that came from."""

from __future__ import annotations

import json

from reviewer.commands.call import Call
from reviewer.commands.outputs import print_out
from reviewer.commands.setup import prepare
from reviewer.config import OPTIONS, key_name
from reviewer.report.inert import visible


def run(call: Call) -> int:
    """Print the settings as a TOML table, each with its origin as a comment."""
    setup = prepare(call)
    rows = [(f"{key_name(name)} = {_toml(getattr(setup.config, name))}", setup.resolved.origins[name]) for name in OPTIONS]
    width = min(max(len(setting) for setting, _ in rows), 60)
    print_out("".join(f"{setting:<{width}}  # {visible(origin)}\n" for setting, origin in rows))
    return 0


def _toml(value: object) -> str:
    """The value as TOML writes it; `""` stands for a setting that has none."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case None:
            return '""'
        case _:
            return visible(json.dumps(str(value), ensure_ascii=False))
