import json
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from nncli.config.load import load_config
from nncli.config.render import commented_text, config_text, setting_lines
from nncli.config.schema import Config
from nncli.config.strict_yaml import parse
from nncli.config.templates import TEMPLATES
from tests.config.strategies import NUMERIC_NAMES, valid_configs

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("configs")


def filled_in(path):
    loaded = load_config(path)
    shape = loaded.config.data.shape
    return loaded.resolved(shape.task).config if shape else loaded.config


def check_round_trip(path):
    """Check that a config shown, loaded and shown again is the same."""
    config = filled_in(path)
    text = config_text(config)
    shown = path.with_name("shown.yaml")
    shown.write_bytes(text.encode())
    assert load_config(shown).config.model_dump() == config.model_dump()
    assert config_text(filled_in(shown)) == text


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_config_survives_being_shown_and_loaded(shipped, tmp_path):
    path = tmp_path / shipped.name
    path.write_bytes(shipped.read_bytes())
    check_round_trip(path)


def test_the_shipped_configs_were_found():
    assert {path.stem for path in SHIPPED} >= set(TEMPLATES)


@settings(max_examples=150)
@given(values=valid_configs())
def test_any_valid_config_survives_being_shown_and_loaded(directory, values):
    path = directory / "c.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    check_round_trip(path)


def test_a_filled_in_config_names_what_the_task_decides(load):
    config = load("data: xor\nmodel: {hidden_layers: [4]}").resolved("binary").config
    values = parse(config_text(config), "shown.yaml").value
    assert values["model"]["output"] == "sigmoid"
    assert values["model"]["initializer"] == "he_normal"
    assert values["training"]["loss"] == "sigmoid_cross_entropy"


def test_a_filled_in_config_has_every_key(load):
    config = load("data: xor").resolved("binary").config
    values = parse(config_text(config), "shown.yaml").value
    assert list(values) == list(Config.model_fields)
    for key in ("data", "model", "training"):
        assert set(values[key]) == set(type(getattr(config, key)).model_fields)


@pytest.mark.parametrize("name", NUMERIC_NAMES)
def test_a_name_that_looks_like_something_else_stays_text(tmp_path, name):
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"data: xor\nname: '{name}'\n")
    check_round_trip(path)
    assert filled_in(tmp_path / "shown.yaml").name == name


@pytest.mark.parametrize("word", ["True", "TRUE", "false", "Null", "NULL", "~", "yes"])
def test_words_that_yaml_reads_as_values_stay_text(word):
    values = {"path": "t.csv", "target": word, "columns": {word: "category"}, "blanks": [word]}
    config = Config.model_validate({"data": {"source": "csv", **values}})
    found = parse(config_text(config), "c.yaml").value["data"]
    assert {key: found[key] for key in values} == values


def test_names_are_not_quoted_without_need(load):
    assert "name: xor-2\n" in config_text(load("data: xor\nname: xor-2").config)


@given(st.floats(5e-324, 1.7e308))
def test_every_number_comes_back_as_it_was(number):
    values = {"data": "xor", "training": {"learning_rate": number}}
    text = config_text(Config.model_validate(values))
    assert parse(text, "c.yaml").value["training"]["learning_rate"] == number


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ("training: {shuffle: False}", "shuffle: false"),
        ("training: {shuffle: TRUE}", "shuffle: true"),
        ("training: {early_stopping: Null}", "early_stopping: null"),
    ],
)
def test_switches_in_any_case_are_written_in_lower_case(load, settings, line):
    assert f"  {line}\n" in config_text(load(f"data: xor\n{settings}\n").config)
    overrides = [f"training.{settings.partition('{')[2].strip('}').replace(': ', '=')}"]
    assert f"  {line}\n" in config_text(load_config({"data": "xor"}, overrides).config)


def test_long_lists_are_wrapped_and_come_back(load):
    config = load(f"data: xor\nmodel: {{hidden_layers: {[100] * 90}}}").resolved("binary").config
    text = config_text(config)
    assert max(map(len, text.splitlines())) <= 90
    assert parse(text, "c.yaml").value["model"]["hidden_layers"] == [100] * 90


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.text(
    "a b\n\t\0\x85\u2028\ufeff{}[],:#'\"-?!&*~", max_size=200
)


@given(names, names)
@example("", "b")
@example("a" * 2000, "a\u2028b")
def test_every_name_of_a_column_comes_back_as_it_was(name, other):
    columns = {name: "number", other: {"kind": "category", "missing": "indicator"}}
    values = {
        "data": {"path": "t.csv", "target": "y", "id": name, "drop": [other], "columns": columns}
    }
    assume(name != other)
    text = commented_text(values, Config.model_validate(values | {"data": "xor"}))
    assert parse(text, "c.yaml").value == values
    lines = ["a: 1", "b:", *setting_lines(name, "number", "  "), "c: 2"]
    assert parse("\n".join(lines), "c.yaml").value == {"a": 1, "b": {name: "number"}, "c": 2}


@settings(max_examples=60)
@given(values=valid_configs())
def test_comments_change_nothing(values):
    config = Config.model_validate(values)
    text = commented_text(values, config)
    assert Config.model_validate(parse(text, "c.yaml").value).model_dump() == config.model_dump()


def test_every_key_is_below_its_description():
    values = {"data": {"source": "xor", "rows": 20}, "training": {"shuffle": True}}
    lines = commented_text(values, Config.model_validate(values)).splitlines()
    assert lines == [
        "# data to learn from",
        "data:",
        "  source: xor",
        "  # number of training rows",
        "  rows: 20",
        "",
        "# the training",
        "training:",
        "  # shuffle the training rows before every epoch",
        "  shuffle: true",
    ]
