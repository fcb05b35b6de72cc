"""What a workflow's log would take for a command, and the same text as it takes for none.

GitHub's runner obeys `::add-mask::x` where only white space stands before it in a line, and `##[error]x` anywhere in one (its
`ActionCommand.cs`); Azure Pipelines and TeamCity obey `##vso[…` and `##teamcity[…`. What we print quotes a model and a repository, and a
workflow of anybody's own may print it to its log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_OBEYING = ("GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
"""Variables that tell a process that its output is read for commands."""
_START = re.compile(r"((?:\A|[\n\r])[^\S\n\r]*:)(?=:)")
_OLD = re.compile(r"##(?=[a-z]{0,20}\[)", re.IGNORECASE)


def is_obeyed(environ: Mapping[str, str]) -> bool:
    """Whether whoever reads our standard streams acts on commands in them."""
    return any(environ.get(name) for name in _OBEYING)


def without_commands(text: str) -> str:
    """The text with a space in each command: `: :add-mask::x`, `## [error]x`. The rest stays as it is."""
    return without_old_commands(_START.sub(r"\1 ", text))


def without_old_commands(text: str) -> str:
    """The same for text that stands behind something of ours in its line: only what is obeyed anywhere."""
    return _OLD.sub("## ", text)


def json_without_commands(text: str) -> str:
    r"""JSON of the same data that holds no command, wherever it is printed: `##[` can only stand in a string, and is `#\u0023[` there.

    Not for JSON with a string over several lines, which there is none of.
    """
    return _OLD.sub(r"#\\u0023", text)
