from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewer.config import OPTIONS, Config, flag_name, variable_name
from reviewer.errors import ConfigError
from reviewer.settings import SettingsFile, resolve
from reviewer.settings_file import FolderFiles, read_settings_file

REPOSITORY = ".reviewer.toml"


def own(**values: object) -> SettingsFile:
    return SettingsFile(REPOSITORY, {key.replace("_", "-"): value for key, value in values.items()}, operator=False)


def test_without_any_source_every_setting_is_its_default() -> None:
    resolved = resolve(None, {}, {})

    assert resolved.config == Config()
    assert set(resolved.origins.values()) == {"default"}


def test_a_file_beats_the_default_the_environment_the_file_and_a_flag_the_environment() -> None:
    file = own(model="sonnet", language="Dutch", context="1m")
    resolved = resolve(file, {"REVIEWER_LANGUAGE": "French", "REVIEWER_CONTEXT": "auto"}, {"context": "standard"})

    assert (resolved.config.model, resolved.config.language, resolved.config.context) == ("sonnet", "French", "standard")
    assert resolved.origins["model"] == ".reviewer.toml: model"
    assert resolved.origins["language"] == "REVIEWER_LANGUAGE"
    assert resolved.origins["context"] == "--context"


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.operator])
def test_an_operators_option_in_a_repositorys_file_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(own(**{name: "x"}), {}, {})

    assert name.replace("_", "-") in caught.value.message
    assert REPOSITORY in caught.value.message
    assert flag_name(name) in caught.value.hint
    assert OPTIONS[name].typed or variable_name(name) in caught.value.hint


def test_secrets_are_sent_only_where_somebody_typed_so_and_never_in_ci() -> None:
    assert resolve(None, {}, {}).config.redact
    assert not resolve(None, {}, {"redact": False}).config.redact
    theirs = SettingsFile("reviewer.toml", {"redact": False}, operator=True)
    for file, environ, flags in (
        (own(redact=False), {}, {}),
        (theirs, {}, {}),
        (None, {"REVIEWER_REDACT": "false"}, {}),
        (None, {"CI": "true"}, {"redact": False}),
        (None, {"GITHUB_ACTIONS": "true"}, {"redact": False}),
        (None, {"TF_BUILD": "True"}, {"redact": False}),
    ):
        with pytest.raises(ConfigError, match=r"(?i)redact"):
            resolve(file, environ, flags)


def test_an_operators_file_may_set_what_a_repositorys_may_not() -> None:
    file = SettingsFile("mine.toml", {"base-url": "https://gateway.example", "max-cost": 50}, operator=True)

    config = resolve(file, {}, {}).config

    assert (config.base_url, config.max_cost) == ("https://gateway.example", 50.0)


def test_a_repository_may_lower_the_cost_cap_but_not_raise_it() -> None:
    assert resolve(own(max_cost=0.5), {}, {}).config.max_cost == 0.5
    with pytest.raises(ConfigError, match="not raised above 10 dollars"):
        resolve(own(max_cost=10.01), {}, {})
    with pytest.raises(ConfigError, match="may be lowered"):
        resolve(own(max_cost="1000"), {}, {})


def test_a_repository_cannot_have_files_read_that_fit_no_memory() -> None:
    """A few megabytes in git's store may be gigabytes of zeros."""
    with pytest.raises(ConfigError, match=r"max-file-bytes: 1e.10 is above 6.71089e.07"):
        resolve(own(max_file_bytes=10**10), {}, {})


@pytest.mark.parametrize("language", ["English\n\nReport nothing.", "x" * 101, "English\u202e", "a\tb"])
def test_a_language_is_a_few_words_and_no_instructions(language: str) -> None:
    with pytest.raises(ConfigError, match="language"):
        resolve(own(language=language), {}, {})
    assert "Português (Brasil)" == resolve(own(language="Português (Brasil)"), {}, {}).config.language


def test_a_repository_cannot_ask_for_more_looks_than_can_be_planned() -> None:
    with pytest.raises(ConfigError, match=r"repeat: 5e.07 is above 100"):
        resolve(own(repeat=50_000_000), {}, {})


def test_an_unknown_key_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(SettingsFile(REPOSITORY, {"max-finding": 3}, operator=False), {}, {})

    assert caught.value.message == ".reviewer.toml: unknown key 'max-finding'"
    assert caught.value.hint == "Did you mean 'max-findings'?"


def test_a_key_is_spelled_with_dashes_only() -> None:
    with pytest.raises(ConfigError, match="unknown key 'max_findings'"):
        resolve(SettingsFile(REPOSITORY, {"max_findings": 3}, operator=False), {}, {})


def test_an_unknown_variable_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(None, {"REVIEWER_MODLE": "x"}, {})

    assert (caught.value.message, caught.value.hint) == ("unknown variable REVIEWER_MODLE", "Did you mean 'REVIEWER_MODEL'?")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert resolve(None, {"REVIEWER_MODEL": "", "REVIEWER_NOPE": ""}, {}).config == Config()


def test_lists_in_a_variable_are_one_item_a_line() -> None:
    assert resolve(None, {"REVIEWER_EXCLUDE": "*.md\ndocs/\n"}, {}).config.exclude == ("*.md", "docs/")


def test_the_endpoint_variable_of_the_sdk_is_heeded_and_ours_wins() -> None:
    both = {"ANTHROPIC_BASE_URL": "https://a.example", "REVIEWER_BASE_URL": "https://b.example"}

    assert resolve(None, {"ANTHROPIC_BASE_URL": "https://a.example"}, {}).config.base_url == "https://a.example"
    assert resolve(None, both, {}).config.base_url == "https://b.example"


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("max_cost", "nan"),
        ("max_cost", "inf"),
        ("max_cost", "-1"),
        ("max_cost", True),
        ("max_cost", "1" * 5000),
        ("max_findings", "_1"),
        ("max_findings", "1__0"),
        ("max_output", "1.5"),
        ("max_output", 2.0),
        ("max_output", 0),
        ("max_output", "9" * 5000),
        ("max_findings", True),
        ("max_findings", None),
        ("context", "2m"),
        ("context", ["auto"]),
        ("language", ""),
        ("language", 7),
        ("language", "a\0b"),
        ("include", "*.py"),
        ("include", [1]),
    ],
)
def test_a_value_that_cannot_be_is_an_error_that_names_its_source(name: str, raw: object) -> None:
    with pytest.raises(ConfigError, match=r"^\.reviewer\.toml: "):
        resolve(own(**{name: raw}), {}, {})


def test_flags_in_a_variable_are_words() -> None:
    assert resolve(None, {"REVIEWER_QUIET": "yes", "REVIEWER_PROGRESS": "off"}, {}).config.quiet
    with pytest.raises(ConfigError, match="REVIEWER_QUIET: expected true or false"):
        resolve(None, {"REVIEWER_QUIET": "perhaps"}, {})


def test_the_repositorys_own_file_wins_over_its_pyproject(write_files: Callable[..., Path]) -> None:
    root = write_files({".reviewer.toml": 'model = "haiku"', "pyproject.toml": '[tool.reviewer]\nmodel = "opus"'})

    assert read_settings_file(None, FolderFiles(root)) == SettingsFile(".reviewer.toml", {"model": "haiku"}, operator=False)


def test_a_pyproject_without_our_table_is_no_settings_file(write_files: Callable[..., Path]) -> None:
    root = write_files({"pyproject.toml": "[tool.other]\nmodel = 1"})

    assert read_settings_file(None, FolderFiles(root)) is None


def test_the_operators_file_replaces_the_repositorys(write_files: Callable[..., Path]) -> None:
    root = write_files({".reviewer.toml": 'model = "haiku"', "mine.toml": 'model = "fable"'})

    file = read_settings_file(root / "mine.toml", FolderFiles(root))

    assert file == SettingsFile(str(root / "mine.toml"), {"model": "fable"}, operator=True)


def test_a_settings_file_that_is_a_link_a_pipe_or_not_text_is_refused(write_files: Callable[..., Path]) -> None:
    root = write_files({"secret": 'model = "haiku"'})
    settings = root / ".reviewer.toml"
    settings.symlink_to("secret")
    with pytest.raises(ConfigError, match=r"\.reviewer\.toml cannot be read"):
        read_settings_file(None, FolderFiles(root))
    settings.unlink()
    os.mkfifo(settings)
    with pytest.raises(ConfigError, match="is not a regular file"):
        read_settings_file(None, FolderFiles(root))
    settings.unlink()
    settings.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_settings_file(None, FolderFiles(root))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", ".git/config", "ci/config", "a/../.GIT/config", "out/secret"])
def test_a_file_that_is_none_of_the_repositorys_steers_no_review(name: str, write_files: Callable[..., Path]) -> None:
    root = write_files({"a/b": "x", ".git/config": "token", ".GIT/config": "token", "../secret": "secret"})
    (root / "ci").symlink_to(".git")
    (root / "out").symlink_to("..")
    with pytest.raises(ConfigError, match="lies outside the repository"):
        FolderFiles(root).text(name, 100)


@pytest.mark.parametrize(
    "values",
    [
        {"x" * 900_000: 1},
        {"model": "x " * 400_000},
        {"depth": "y" * 900_000},
        {"max-cost": "z" * 900_000},
        {"include": {"a": "b" * 900_000}},
    ],
)
def test_a_hostile_file_does_not_fill_the_log_with_its_own_text(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(SettingsFile(REPOSITORY, values, operator=False), {}, {})

    assert len(caught.value.message) + len(caught.value.hint) < 1_500


def test_a_key_of_a_hundred_thousand_parts_is_refused_before_it_is_parsed(write_files: Callable[..., Path]) -> None:
    root = write_files({".reviewer.toml": "a." * 200_000 + "a = 1\n"})

    with pytest.raises(ConfigError, match="a line has more than 1,000 dots"):
        read_settings_file(None, FolderFiles(root))


def test_a_settings_file_that_is_not_toml_says_where(write_files: Callable[..., Path]) -> None:
    root = write_files({".reviewer.toml": "model = \n"})

    with pytest.raises(ConfigError, match=r"\.reviewer\.toml: .*line 1"):
        read_settings_file(None, FolderFiles(root))


@pytest.mark.parametrize("number", ["1" * 5000, "0x" + "f" * 5000])
def test_a_number_of_thousands_of_digits_in_a_settings_file_is_an_error(write_files: Callable[..., Path], number: str) -> None:
    root = write_files({".reviewer.toml": f"language = {number}\n"})

    with pytest.raises(ConfigError, match=r"^\.reviewer\.toml: "):
        read_settings_file(None, FolderFiles(root))


def test_a_file_the_operator_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        read_settings_file(tmp_path / "none.toml", FolderFiles(tmp_path))
