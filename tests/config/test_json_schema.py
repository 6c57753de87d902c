import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from nncli.base.errors import ConfigError
from nncli.config.load import saved_config
from nncli.config.schema import Config
from nncli.config.templates import TEMPLATES, template_text
from tests.config.strategies import valid_configs

SCHEMA = Config.model_json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
CONFIGS = sorted((Path(__file__).parents[2] / "configs").rglob("*.yaml"))


def is_loaded(values):
    try:
        saved_config(values, "values")
    except ConfigError:
        return False
    return True


def test_it_is_a_schema_of_the_draft_it_names():
    Draft202012Validator.check_schema(SCHEMA)
    json.dumps(SCHEMA, allow_nan=False)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_config_validates(path):
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_validates(name):
    VALIDATOR.validate(yaml.safe_load(template_text(name)))


@given(values=valid_configs())
def test_every_valid_config_validates(values):
    VALIDATOR.validate(values)


@settings(max_examples=50)
@given(values=valid_configs())
def test_every_config_with_all_keys_validates(values):
    VALIDATOR.validate(Config.model_validate(values).model_dump())


def xor(**sections):
    return {"data": "xor", **sections}


def rows(**values):
    return {"data": {"source": "rows", "inputs": [[1]], **values}}


@pytest.mark.parametrize(
    ("values", "valid"),
    [
        (xor(), True),
        ({"data": {"source": "xor"}}, True),
        ({"data": {"source": "mnist", "validation": 0.1}}, True),
        (xor(name=None), True),
        (xor(name="a.b-c_1"), True),
        (xor(seed=2**32 - 1), True),
        (xor(model={"hidden_layers": []}), True),
        (xor(model={"activation": "relu", "output": None, "initializer": None}), True),
        (xor(model={"activation": {"name": "leaky_relu", "slope": 0.2}}), True),
        (xor(model={"hidden_layers": [1, 1], "activation": ["relu", {"name": "tanh"}]}), True),
        (xor(model={"initializer": {"name": "normal", "scale": 1}}), True),
        (xor(training={"optimizer": {"beta1": 0.5}}), True),
        (xor(training={"optimizer": {"name": "sgd", "momentum": 0.5, "nesterov": True}}), True),
        (xor(training={"batch_size": "full"}), True),
        (xor(training={"early_stopping": None}), True),
        (xor(training={"early_stopping": {}}), True),
        ({}, False),
        ([], False),
        ({"data": None}, False),
        ({"data": "xro"}, False),
        ({"data": {}}, False),
        ({"data": {"rows": 20}}, False),
        ({"data": {"source": "xro"}}, False),
        ({"data": {"source": "xor", "row": 20}}, False),
        ({"data": {"source": "xor", "rows": 3}}, False),
        ({"data": {"source": "xor", "rows": 4.5}}, False),
        ({"data": {"source": "mnist", "rows": 20}}, False),
        ({"data": {"source": "xor", "validation": -1}}, False),
        ({"data": {"source": "xor", "validation": 1.5}}, False),
        ({"data": {"source": "xor", "validation": True}}, False),
        ({"data": {"source": "xor", "scale": "units"}}, False),
        (rows(targets=[1]), True),
        (rows(targets=[[1, 2]]), True),
        (rows(labels=["a"], classes=["a", 2]), True),
        (rows(targets=[1], columns=["a b"], target=["c"]), True),
        (rows(targets=[1], scale="standard", classes=None, target="c"), True),
        ({"data": "rows"}, False),
        ({"data": {"source": "rows", "targets": [1]}}, False),
        (rows(targets=1), False),
        (rows(targets=["1"]), False),
        (rows(targets=[1e31]), False),
        (rows(targets=[0.0]), True),
        (rows(targets=[1e-280]), True),
        (rows(targets=[-1e-280]), True),
        (rows(targets=[1e-281]), False),
        (rows(targets=[[-1e-281]]), False),
        (rows(targets=[True]), False),
        (rows(labels=[1.5], classes=[1, 2]), False),
        (rows(labels=[" a"], classes=[" a", "b"]), False),
        (rows(labels=[""], classes=["", "b"]), False),
        (rows(targets=[1], columns=[1]), False),
        (rows(targets=[1], target=1), False),
        (rows(targets=[1], validation=1), False),
        (xor(sed=1), False),
        (xor(seed=-1), False),
        (xor(seed=2**32), False),
        (xor(seed="1"), False),
        (xor(seed=True), False),
        (xor(name="a/b"), False),
        (xor(name=5), False),
        (xor(name="x" * 101), False),
        (xor(model=None), False),
        (xor(model={"hidden_layers": [0]}), False),
        (xor(model={"hidden_layers": 8}), False),
        (xor(model={"hiden_layers": [8]}), False),
        (xor(model={"activation": "rellu"}), False),
        (xor(model={"activation": "softmax"}), False),
        (xor(model={"activation": ["softmax"]}), False),
        (xor(model={"activation": {"name": "relu", "slope": 0.2}}), False),
        (xor(model={"activation": {"name": "leaky_relu", "slope": 1}}), False),
        (xor(model={"activation": {"name": "leaky_relu", "slop": 0.1}}), False),
        (xor(model={"activation": {"slope": 0.1}}), False),
        (xor(model={"activation": {}}), False),
        (xor(model={"output": "relu"}), False),
        (xor(model={"output": ["sigmoid"]}), False),
        (xor(model={"initializer": {"name": "normal", "scale": 0}}), False),
        (xor(training={"learning_rate": 0}), False),
        (xor(training={"learning_rate": "0.1"}), False),
        (xor(training={"batch_size": 0}), False),
        (xor(training={"batch_size": "half"}), False),
        (xor(training={"loss": "crossentropy"}), False),
        (xor(training={"optimizer": "adamm"}), False),
        (xor(training={"optimizer": {"momentum": 0.5}}), False),
        (xor(training={"optimizer": {"name": "adam", "beta1": 1}}), False),
        (xor(training={"optimizer": {"name": "sgd", "nesterov": 1}}), False),
        (xor(training={"optimizer": None}), False),
        (xor(training={"precision": "float16"}), False),
        (xor(training={"shuffle": "yes"}), False),
        (xor(training={"early_stopping": {"patience": 0}}), False),
        (xor(training={"early_stopping": {"monitor": "loss"}}), False),
        (xor(training={"early_stopping": 1}), False),
    ],
    ids=str,
)
def test_it_agrees_with_the_loader(values, valid):
    assert is_loaded(values) == valid
    assert VALIDATOR.is_valid(values) == valid


def test_every_key_is_described_for_an_editor():
    for section in (SCHEMA, *SCHEMA["$defs"].values()):
        for key, field in section["properties"].items():
            assert field.get("description"), key


@pytest.mark.parametrize(("key", "default"), [("shuffle", True), ("precision", "float32")])
def test_an_editor_gets_the_defaults(key, default):
    assert SCHEMA["$defs"]["TrainingSection"]["properties"][key]["default"] == default
