"""The config loader: a file of the repository under review gives settings or a ConfigError, and decides nothing that is the operator's."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

from reviewer.config import DEFAULT_MAX_COST, OPTIONS, Config
from reviewer.errors import ConfigError
from reviewer.report.inert import visible_line
from reviewer.settings import Resolved, resolve
from reviewer.settings_file import FolderFiles, read_settings_file
from targets.target import BETWEEN, Target, parts, text

_FOLDER = tempfile.TemporaryDirectory(prefix="reviewer-fuzz-")
_DEFAULT = Config()
_LONGEST_NAME = 100
_LONGEST_MESSAGE = 3_000
"""Characters: a file must not fill the log with its own text."""


def check(data: bytes) -> None:
    """An input is a settings file, and lines of `NAME=value` as the environment holds them."""
    content, lines = parts(data, 2)
    environment = dict(
        line.partition("=")[::2] for line in text(lines).split("\n") if line.partition("=")[0].startswith("REVIEWER_")
    )
    root = Path(_FOLDER.name)
    table = b"[tool.reviewer]" in content
    (root / ".reviewer.toml").unlink(missing_ok=True)
    (root / "pyproject.toml").unlink(missing_ok=True)
    (root / ("pyproject.toml" if table else ".reviewer.toml")).write_bytes(content)
    try:
        file = read_settings_file(None, FolderFiles(root))
        resolved = resolve(file, {}, {})
        _bounded(resolved)
        environment = {name[:_LONGEST_NAME]: value for name, value in environment.items()}
        resolve(file, environment, {})
    except ConfigError as error:
        assert 0 < len(visible_line(error.message)) < _LONGEST_MESSAGE
        assert "\n" not in visible_line(error.hint)


def _bounded(resolved: Resolved) -> None:
    config = resolved.config
    assert config.max_cost <= DEFAULT_MAX_COST
    for name, option in OPTIONS.items():
        value = getattr(config, name)
        if option.operator:
            assert value == getattr(_DEFAULT, name)
        if option.choices and value is not None:
            assert value in option.choices
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert option.minimum is None or value >= option.minimum
            assert option.maximum is None or value <= option.maximum
        if option.kind == "list":
            assert all(isinstance(item, str) and "\0" not in item for item in value)
    assert dataclasses.replace(config) == config


_KEYS = tuple(name.replace("_", "-").encode() for name in OPTIONS)

TARGET = Target(
    name="configuration",
    check=check,
    seeds=(
        b'model = "opus"\ncontext = "1m"\nmax-cost = 2.5\ninclude = ["src/**"]\n'
        + BETWEEN
        + b"REVIEWER_MODEL=sonnet\nREVIEWER_MAX_COST=1e3",
        b'[tool.reviewer]\neffort = "high"\nexclude = ["a", "b"]\n[tool.other]\nx = 1\n',
        b"max-cost = 0x" + b"f" * 200 + b"\nrepeats = 1_0\n" + BETWEEN + b"REVIEWER_REPEATS=1_0",
        b'depth = "deep"\nbase-url = "https://x"\n',
        b"a = " + b"[" * 300,
        b"a." * 300 + b"b = 1\n",
        b'"model" = """\nx"""\n[[x]]\n[x.y]\nd = 1979-05-27T07:32:00Z\n',
    ),
    words=(
        BETWEEN,
        *_KEYS,
        *(b"REVIEWER_" + key.upper().replace(b"-", b"_") + b"=" for key in _KEYS),
        *(
            b" = ",
            b"[",
            b"]",
            b"[[",
            b"{",
            b"}",
            b'"',
            b'"""',
            b"'",
            b"\n",
            b"[tool.reviewer]\n",
            b".",
            b",",
            b"#",
            b"\\u0000",
            b"\\ud800",
        ),
        *(
            b"true",
            b"false",
            b"nan",
            b"inf",
            b"1e400",
            b"0x",
            b"0o7",
            b"-1",
            b"1_0",
            b"9" * 30,
            b"1979-05-27",
            b'"auto"',
            b'"high"',
            b'"1m"',
        ),
        *(b"\xef\xbb\xbf", b"\xff", "²".encode(), "٣".encode()),
    ),
)
