"""The catalogue: found by name, changed by one's own file, corrected by the provider."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from reviewer.errors import ConfigError
from reviewer.plan import catalog
from reviewer.plan.catalog import DEFAULT_MODEL, Catalogue, ModelFacts, load_catalogue, refreshed
from reviewer.plan.model import LongContext, Status, Tokenizer

TODAY = date(2026, 11, 23)
WriteFile = Callable[[str], Path]

OWN = """
[[model]]
id = "qwen3-coder"
context_tokens = 262_144
max_output_tokens = 32_000
"""


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("opus", "claude-opus-5-5"),
        ("sonnet", "claude-sonnet-5-5"),
        ("haiku", "claude-haiku-5-5"),
        ("fable", "claude-fable-5-2"),
        (" Opus ", "claude-opus-5-5"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"),
    ],
)
def test_a_model_is_found_by_id_alias_or_line(catalogue: Catalogue, name: str, id_: str) -> None:
    assert id_ == catalogue.find(name).id


def test_the_default_model_is_active_and_holds_a_million(catalogue: Catalogue) -> None:
    model = catalogue.find(DEFAULT_MODEL)
    assert (model.status, model.largest_window, model.long_context) == (Status.ACTIVE, 1_000_000, LongContext.NATIVE)


@pytest.mark.parametrize(
    ("name", "close"), [("claude-opus-5.5", "claude-opus-5-5"), ("opos", "opus"), ("claude-sonet-4-6", "claude-sonnet-4-6")]
)
def test_a_mistyped_name_gets_a_suggestion(catalogue: Catalogue, name: str, close: str) -> None:
    with pytest.raises(ConfigError) as caught:
        catalogue.find(name)
    assert f"Did you mean {close}?" in caught.value.hint


def test_a_name_of_another_endpoint_is_told_how_to_be_declared(catalogue: Catalogue) -> None:
    with pytest.raises(ConfigError) as caught:
        catalogue.find("vendor/qwen3-coder")
    assert "--catalog" in caught.value.hint
    assert 'id = "vendor/qwen3-coder"' in caught.value.hint


def test_every_shipped_model_is_whole(catalogue: Catalogue) -> None:
    for model in catalogue.models:
        assert model.line is not None
        assert model.tokenizer in {Tokenizer.OLD, Tokenizer.NEW}
        assert model.replacement is None or catalogue.find(model.replacement).status is Status.ACTIVE
        assert (model.status in {Status.DEPRECATED, Status.RETIRED}) is (model.replacement is not None)
        for step in model.price:
            assert step.input < step.output
            assert step.cache_read < step.input < step.cache_write_5m < step.cache_write_1h


def test_the_shipped_file_says_when_it_was_checked(catalogue: Catalogue) -> None:
    assert date(2026, 11, 30) == catalogue.as_of


def test_thinking_is_asked_for_only_where_it_is_adaptive_and_off(catalogue: Catalogue) -> None:
    asked = {model.id for model in catalogue.models if model.thinking_parameter == {"type": "adaptive"}}
    assert asked == {"claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-sonnet-4-6"}
    assert all(model.thinking_parameter is None for model in catalogue.models if model.id not in asked)


def test_an_effort_the_model_lacks_is_refused_with_the_ones_it_has(catalogue: Catalogue) -> None:
    catalogue.find("opus").check_effort("xhigh")
    catalogue.find("claude-haiku-4-5").check_effort(None)
    with pytest.raises(ConfigError) as caught:
        catalogue.find("claude-opus-4-5").check_effort("max")
    assert caught.value.hint == "It knows: low, medium, high."
    with pytest.raises(ConfigError, match="has no effort setting"):
        catalogue.find("claude-haiku-4-5").check_effort("low")


@pytest.mark.parametrize("tokens", [0, 128_001])
def test_an_answer_longer_than_the_model_writes_is_refused(catalogue: Catalogue, tokens: int) -> None:
    with pytest.raises(ConfigError) as caught:
        catalogue.find("opus").check_max_output(tokens)
    assert "128000" in caught.value.hint


def test_a_deprecated_model_warns_with_date_and_replacement(catalogue: Catalogue) -> None:
    opus = catalogue.find("claude-opus-4-5")
    expected = (
        "claude-opus-4-5-20251101 is deprecated and will be retired on 2027-01-22, in 60 days. Use claude-opus-5-5 instead."
    )
    assert (expected,) == opus.warnings(TODAY)
    assert "tomorrow" in opus.warnings(date(2027, 1, 21))[0]
    assert "was retired on 2027-01-22" in opus.warnings(date(2027, 1, 22))[0]
    opus.require_alive(date(2027, 1, 21))


@pytest.mark.parametrize(
    ("name", "day"),
    [("claude-sonnet-4-5", date(2026, 12, 1)), ("claude-opus-4-5", date(2027, 1, 22)), ("claude-opus-4-1", TODAY)],
)
def test_a_retired_model_is_refused_with_the_one_to_use_instead(catalogue: Catalogue, name: str, day: date) -> None:
    model = catalogue.find(name)
    with pytest.raises(ConfigError, match=r"was retired on .*: calls to it fail") as caught:
        model.require_alive(day)
    assert f"Use --model {model.replacement}." in caught.value.hint


def test_a_retired_model_warns_that_calls_fail(catalogue: Catalogue) -> None:
    assert catalogue.find("claude-opus-4-1").warnings(TODAY) == (
        "claude-opus-4-1-20250805 was retired on 2026-08-05: calls to it fail. Use claude-opus-5-5 instead.",
    )


def test_a_model_in_good_standing_does_not_warn(catalogue: Catalogue) -> None:
    assert catalogue.find("opus").warnings(TODAY) == ()
    assert catalogue.find("claude-opus-4-6").warnings(TODAY) == ()


def test_the_price_step_follows_the_prompt(catalogue: Catalogue) -> None:
    haiku = catalogue.find("haiku")
    below, above = haiku.step(100_000), haiku.step(100_001)
    assert below is not None
    assert above is not None
    assert (below.input, above.input) == (0.1, 0.5)


def test_ones_own_file_adds_a_model_with_nothing_but_its_limits(catalogue_file: WriteFile) -> None:
    model = load_catalogue(catalogue_file(OWN)).find("qwen3-coder")
    assert (
        model.long_context,
        model.tokenizer,
        model.price,
        model.structured_outputs,
    ) == (LongContext.NATIVE, Tokenizer.UNKNOWN, (), False)
    assert model.thinking_parameter is None


def test_ones_own_file_changes_only_the_keys_it_names(catalogue_file: WriteFile, catalogue: Catalogue) -> None:
    changed = load_catalogue(catalogue_file('[[model]]\nid = "claude-opus-5-5"\nprice = [{ input = 3, output = 15 }]\n')).find(
        "opus"
    )
    old = catalogue.find("opus")
    assert (
        changed.price[0].input,
        changed.price[0].output,
        changed.price[0].cache_write_5m,
        changed.price[0].cache_write_1h,
    ) == (3.0, 15.0, 3.75, 6.0)
    assert (old.context_tokens, old.effort, old.released) == (changed.context_tokens, changed.effort, changed.released)


TWIN = '[[model]]\nid = "gateway/opus"\nsame_as = "claude-opus-5-5"\n'


def test_a_twin_is_as_the_other_model_but_for_its_name(catalogue_file: WriteFile, catalogue: Catalogue) -> None:
    twin, opus = load_catalogue(catalogue_file(TWIN)).find("gateway/opus"), catalogue.find("opus")

    assert twin == dataclasses.replace(opus, id="gateway/opus", same_as=opus.id, aliases=(), line=None, released=None)
    assert load_catalogue(catalogue_file(TWIN)).find("opus") == opus


def test_a_twin_keeps_the_keys_that_it_names_itself(catalogue_file: WriteFile, catalogue: Catalogue) -> None:
    own = "context_tokens = 200_000\neffort = []\nprice = [{ input = 1, output = 2 }]\naliases = ['mine']\n"
    twin = load_catalogue(catalogue_file(TWIN + own)).find("mine")

    assert (twin.context_tokens, twin.long_context, twin.effort, twin.effort_default) == (200_000, LongContext.NONE, (), None)
    assert (twin.price[0].input, twin.tokenizer, twin.max_output_tokens) == (1.0, Tokenizer.NEW, 128_000)


def test_a_twin_may_be_named_by_an_alias_and_have_a_twin_in_turn(catalogue_file: WriteFile, catalogue: Catalogue) -> None:
    text = TWIN.replace("claude-opus-5-5", "old") + '[[model]]\nid = "older"\naliases = ["old"]\nsame_as = "Claude-Haiku-4-5"\n'
    found = load_catalogue(catalogue_file(text))

    assert found.find("gateway/opus").price == catalogue.find("claude-haiku-4-5").price
    assert found.find("gateway/opus").same_as == "claude-haiku-4-5-20251001"


def test_a_shipped_id_may_be_made_a_twin(catalogue_file: WriteFile, catalogue: Catalogue) -> None:
    found = load_catalogue(catalogue_file(TWIN.replace("gateway/opus", "claude-haiku-5-5")))

    assert found.find("claude-haiku-5-5").price == catalogue.find("opus").price


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TWIN.replace("opus-5-5", "opus-5.5"),
            "model gateway/opus: 'same_as' names 'claude-opus-5.5', which is not in the catalogue",
        ),
        (TWIN.replace("claude-opus-5-5", "gateway/opus"), "leads in a circle: gateway/opus is the same as gateway/opus"),
        (
            TWIN.replace("claude-opus-5-5", "b") + '[[model]]\nid = "b"\nsame_as = "gateway/opus"\n',
            "leads in a circle: gateway/opus is the same as b is the same as gateway/opus",
        ),
        (TWIN.replace('"claude-opus-5-5"', "5"), "'same_as' must be text, not 5"),
    ],
)
def test_a_twin_of_nothing_is_refused(catalogue_file: WriteFile, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_catalogue(catalogue_file(text))
    assert message in caught.value.message


def test_a_later_file_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "1.toml", tmp_path / "2.toml"
    first.write_text(OWN)
    second.write_text('[[model]]\nid = "qwen3-coder"\nmax_output_tokens = 8_000\n')
    model = load_catalogue(first, second).find("qwen3-coder")
    assert (model.context_tokens, model.max_output_tokens) == (262_144, 8_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[model]]\nid = "x"\ncontext = 5\n', "model x: unknown key 'context'"),
        ("[[model]]\ncontext_tokens = 5\n", "model number 1 has no 'id'"),
        ('[[model]]\nid = "x"\ncontext_tokens = 5\n', "model x: 'max_output_tokens' is missing"),
        ("modell = []\n", "unknown key 'modell'"),
        ("schema = 2\n", "schema 2 is not known"),
        ("schema = \n", "not a TOML file"),
        (OWN + 'released = "today"\n', "'released' must be a date such as 2026-11-30, not 'today'"),
        (OWN + "released = 2026-11-01T10:00:00\n", "'released' must be a date"),
        (OWN + "min_cache_tokens = true\n", "'min_cache_tokens' must be a whole number above 0, not True"),
        (OWN + "aliases = 'q'\n", "'aliases' must be a list of texts"),
        (OWN + "aliases = ['']\n", "'aliases' must be text"),
        (OWN + "structured_outputs = 1\n", "'structured_outputs' must be true or false"),
        (OWN + "batch_multiplier = nan\n", "'batch_multiplier' must be a number, 0 or above"),
        (OWN + "tokenizer = 'gpt'\n", "'tokenizer' must be one of new, old, claude2, o200k, unknown"),
        (OWN + "thinking_default = 'on'\n", "'thinking_default' must be one of"),
        (OWN + "price = [{ input = 1 }]\n", "missing: output"),
        (OWN + "price = [{ input = 1, output = 2, per = 3 }]\n", "unknown: per"),
        (
            OWN + "price = [{ up_to_prompt_tokens = 9, input = 1, output = 2 }]\n",
            "'price' must be steps from the shortest prompt",
        ),
        (OWN + "price = 3\n", "'price' must be a list of tables"),
        (OWN + "long_context = 'beta'\n", "go together"),
        (OWN + "long_context_tokens = 1_000_000\n", "go together"),
        (OWN + "long_context = 'none'\n", "is not 'long_context = \"none\"'"),
        (OWN + "effort = ['low']\neffort_default = 'high'\n", "'effort_default' is not one of 'effort'"),
        (OWN.replace("32_000", "262_144"), "leaves no room for a prompt"),
        (OWN + "aliases = ['claude-opus-5-5']\n", "the name 'claude-opus-5-5' already belongs to claude-opus-5-5"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_key(catalogue_file: WriteFile, text: str, message: str) -> None:
    path = catalogue_file(text)
    with pytest.raises(ConfigError) as caught:
        load_catalogue(path)
    assert message in caught.value.message
    assert caught.value.message.startswith(str(path))


def test_a_mistyped_key_gets_a_suggestion(catalogue_file: WriteFile) -> None:
    with pytest.raises(ConfigError) as caught:
        load_catalogue(catalogue_file(OWN + "max_output_token = 5\n"))
    assert caught.value.hint == "Did you mean 'max_output_tokens'?"


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_catalogue(tmp_path / "none.toml")


def test_a_file_that_is_not_utf_8_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_catalogue(path)


def test_the_providers_word_is_over_the_files(catalogue: Catalogue) -> None:
    facts = [
        ModelFacts(
            id="claude-haiku-4-5",
            max_input_tokens=500_000,
            max_tokens=60_000,
            lifecycle="deprecated",
            retires_at=date(2027, 1, 31),
            structured_outputs=False,
        )
    ]
    model = refreshed(catalogue, facts).find("claude-haiku-4-5")
    assert (model.context_tokens, model.long_context, model.max_output_tokens) == (500_000, LongContext.NATIVE, 60_000)
    assert (Status.DEPRECATED, date(2027, 1, 31), False) == (model.status, model.retires_on, model.structured_outputs)
    assert catalogue.find("claude-haiku-4-5").price == model.price


def test_what_the_provider_does_not_say_stays(catalogue: Catalogue) -> None:
    facts = [ModelFacts(id=model.id) for model in catalogue.models]
    assert catalogue == refreshed(catalogue, facts)


def test_a_model_that_was_spared_is_deprecated_no_more(catalogue: Catalogue) -> None:
    model = refreshed(catalogue, [ModelFacts(id="claude-sonnet-4-5", lifecycle="active")]).find("claude-sonnet-4-5")
    model.require_alive(date(2027, 1, 1))
    assert (model.status, model.retires_on, model.warnings(TODAY)) == (Status.LEGACY, None, ())


def test_a_new_model_is_known_but_does_not_take_over_a_short_name(catalogue: Catalogue) -> None:
    facts = [ModelFacts(id="claude-opus-6", line="opus", max_input_tokens=2_000_000, max_tokens=200_000, lifecycle="active")]
    found = refreshed(catalogue, [*facts, ModelFacts(id="claude-nothing-known")])
    assert (
        found.find("claude-opus-6").context_tokens,
        found.find("claude-opus-6").tokenizer,
        found.find("claude-opus-6").price,
    ) == (2_000_000, Tokenizer.NEW, ())
    assert found.find("opus").id == "claude-opus-5-5"
    with pytest.raises(ConfigError):
        found.find("claude-nothing-known")


def test_the_shipped_file_is_one_a_person_could_have_written() -> None:
    shipped = Path(catalog.__file__).with_name("catalog.toml")
    assert {"schema", "as_of", "model"} == set(tomllib.loads(shipped.read_text(encoding="utf-8")))
