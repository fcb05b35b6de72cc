from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.cli import _parse_review
from reviewer.errors import ConfigError


def test_flags_are_read_as_review_reads_them() -> None:
    call = _parse_review(
        ["--exclude", "docs/**", "--exclude", "*.md", "--max-findings", "20", "--config", "x.toml", "--isolated"]
    )

    assert call.flags == {"exclude": ("docs/**", "*.md"), "max_findings": "20"}
    assert (call.config_file, call.isolated) == (Path("x.toml"), True)


def test_without_flags_nothing_is_set() -> None:
    assert _parse_review([]).flags == {}


@pytest.mark.parametrize(
    "flags",
    [
        ["src"],
        ["https://github.com/octo/app/pull/1"],
        ["--base", "main"],
        ["--staged"],
        ["--dry-run"],
        ["--print-prompt", "-"],
        ["--help"],
        ["--modle", "x"],
        ["--effort", "huge"],
    ],
)
def test_what_is_no_setting_is_refused(flags: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"^input args: "):
        _parse_review(flags)
