from __future__ import annotations

import pytest

from reviewer.commands.inputs import read_inputs
from reviewer.errors import ConfigError


def test_inputs_that_are_empty_were_not_given() -> None:
    inputs = read_inputs({"INPUT_MODEL": "", "INPUT_MAX_COST": "3", "INPUT_PUBLISH": "review", "INPUT_CONFIG": " "})

    assert inputs.settings == {"max_cost": "3", "publish": "review"}
    assert inputs.config == ""
    assert inputs.args == ()


def test_without_any_variable_nothing_was_given() -> None:
    inputs = read_inputs({})

    assert (inputs.settings, inputs.drafts, inputs.bots, inputs.api_key) == ({}, False, False, "")


def test_more_flags_are_split_as_a_shell_would_and_nothing_is_expanded() -> None:
    inputs = read_inputs({"INPUT_ARGS": "--exclude 'docs/**' --language \"$(id)\" --include `x`; #y"})

    assert inputs.args == ("--exclude", "docs/**", "--language", "$(id)", "--include", "`x`;", "#y")


def test_an_open_quote_in_the_flags_is_named() -> None:
    with pytest.raises(ConfigError, match="input args: No closing quotation"):
        read_inputs({"INPUT_ARGS": "--language 'x"})


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("TRUE", True), ("false", False), ("", False)])
def test_a_switch_is_true_or_false(text: str, expected: bool) -> None:
    assert read_inputs({"INPUT_DRAFTS": text}).drafts is expected


def test_a_switch_that_is_neither_is_refused() -> None:
    with pytest.raises(ConfigError, match="input bots: expected true or false, got 'maybe'"):
        read_inputs({"INPUT_BOTS": "maybe"})
