"""JSON that any reader takes, and that no terminal and no workflow's log obeys, whatever the texts and paths in it hold."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reviewer.report.inert import HIDDEN
from reviewer.workflow_log import json_without_commands

_SHORT = 200
"""Characters up to which an entry of a list stands on a line of its own."""


def dumps(value: Mapping[str, object]) -> str:
    """One JSON object, a field a line, and in its lists an entry a line; long entries are indented. Pure ASCII, with a line feed.

    The lines are put together here because the standard library's indentation is ten times slower, and a plan may name 80,000 files.
    """
    fields = (f"  {json.dumps(key)}: {_field(entry)}" for key, entry in value.items())
    return inert("{\n" + ",\n".join(fields) + "\n}\n")


def inert(text: str) -> str:
    """JSON of the same data in which nothing hides or acts: `text` is what the standard library writes, and it leaves DEL as it is."""
    if not text.isascii():
        text = HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], text)
    return json_without_commands(text.replace("\x7f", "\\u007f"))


def _field(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(map(_entry, value)) + "\n  ]"
    return _entry(value, "  ")


def _entry(value: object, indent: str = "    ") -> str:
    short = _COMPACT.encode(value)
    return short if len(short) <= _SHORT else json.dumps(value, indent=2).replace("\n", "\n" + indent)


_COMPACT = json.JSONEncoder()


def printable(text: str) -> str:
    """The text with what no encoding can write (lone surrogates) as U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable_path(path: str) -> str:
    r"""A path that any reader takes: each byte that is not UTF-8 as `\xNN`, and so that it can be told back, `\` as `\\`."""
    if path.isascii() and "\\" not in path:
        return path
    escaped = path.replace("\\", "\\\\")
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else printable(c) for c in escaped)
