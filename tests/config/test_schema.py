import json
import math

import pytest

from nncli.base.errors import ConfigError
from nncli.config.load import load_config, saved_config
from nncli.config.schema import Config
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import parse
from nncli.data.builtin.mnist import TRAIN_ROWS
from nncli.data.scaling import SCALERS
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from tests.conftest import NAMES_IN_UTF8

TABLES = {
    "data.scale": SCALERS,
    "model.activation": {name: each for name, each in ACTIVATIONS.items() if not each.output_only},
    "model.output": {name: each for name, each in ACTIVATIONS.items() if each.output_for},
    "model.initializer": INITIALIZERS,
    "model.bias_initializer": INITIALIZERS,
    "training.loss": LOSSES,
    "training.optimizer": OPTIMIZERS,
}
PARAMETERS = [
    pytest.param(path, name, key, parameter, id=f"{path}-{name}-{key}")
    for path, table in TABLES.items()
    for name, entry in table.items()
    for key, parameter in entry.parameters.items()
]
ENTRIES = [
    pytest.param(path, name, id=f"{path}-{name}")
    for path, table in TABLES.items()
    for name in table
]
SOURCE_NAMES = ", ".join(SOURCES)
NOT_NUMBERS = [True, "0.5", None, [0.5], {}, math.nan, math.inf, -math.inf]


def yaml_of(value):
    """Return a value in YAML's flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {yaml_of(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_of, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return json.dumps(value)


def config_with(path, value, source="xor"):
    """Return the text of a config with `value` at `path`."""
    values = {"data": {"source": source}}
    *sections, key = path.split(".")
    inner = values
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[key] = value
    return yaml_of(values)


def config_choosing(path, name, **parameters):
    """Return the text of a config with a table entry at `path`, and settings that fit it."""
    text = config_with(path, {"name": name, **parameters})
    if path == "model.output":
        task = ACTIVATIONS[name].output_for[0]
        return text if task != "multiclass" else text.replace('"xor"', '"mnist"')
    if path == "training.loss":
        return text[:-1] + ", model: {output: " + LOSSES[name].outputs[-1] + "}}"
    return text


def chosen(config, path):
    section, key = path.split(".")
    return getattr(getattr(config, section), key)


@pytest.mark.parametrize(("path", "name", "key", "parameter"), PARAMETERS)
def test_a_parameter_may_lie_at_a_closed_bound_and_not_beyond(
    load, problems, path, name, key, parameter
):
    for bound, outwards in ((parameter.at_least, -math.inf), (parameter.at_most, math.inf)):
        if bound is None:
            continue
        config = load(config_choosing(path, name, **{key: bound})).config
        assert chosen(config, path).parameters[key] == bound
        beyond = math.nextafter(bound, outwards)
        (line,) = problems(config_choosing(path, name, **{key: beyond}))
        words = "or more" if outwards < 0 else "or less"
        assert line.endswith(f": {path}.{key}: found {beyond}; expected {bound} {words}")


@pytest.mark.parametrize(("path", "name", "key", "parameter"), PARAMETERS)
def test_a_parameter_may_come_near_an_open_bound_but_not_reach_it(
    load, problems, path, name, key, parameter
):
    for bound, inwards in ((parameter.above, math.inf), (parameter.below, -math.inf)):
        if bound is None:
            continue
        nearest = math.nextafter(bound, inwards)
        config = load(config_choosing(path, name, **{key: nearest})).config
        assert chosen(config, path).parameters[key] == nearest
        (line,) = problems(config_choosing(path, name, **{key: bound}))
        words = "more than" if inwards > 0 else "less than"
        assert line.endswith(f": {path}.{key}: found {bound}; expected {words} {bound}")


@pytest.mark.parametrize(("path", "name", "key", "parameter"), PARAMETERS)
def test_a_parameter_has_the_type_of_its_default(problems, path, name, key, parameter):
    switch = isinstance(parameter.default, bool)
    for wrong in [1, 0, "true", None, [True]] if switch else NOT_NUMBERS:
        (line,) = problems(config_choosing(path, name, **{key: wrong}))
        assert f": {path}.{key}: found " in line
        assert line.endswith(
            "; expected true or false"
            if switch
            else "; expected a finite number"
            if isinstance(wrong, float)
            else "; expected a number"
        )


@pytest.mark.parametrize(("path", "name"), ENTRIES)
def test_a_name_alone_means_every_parameter_at_its_default(path, name):
    long, short = (
        Config.model_validate(parse(config_with(path, value), "c.yaml").value)
        for value in ({"name": name}, name)
    )
    assert short.model_dump() == long.model_dump()
    assert chosen(short, path).name == name
    assert chosen(short, path).parameters == TABLES[path][name].complete({})


@pytest.mark.parametrize(("path", "name"), ENTRIES)
def test_a_misspelled_name_or_parameter_gets_the_nearest_one(problems, path, name):
    table = TABLES[path]
    (line,) = problems(config_choosing(path, name).replace(f'"{name}"', f"{name}x"))
    assert line.endswith(f"{path}.name: unknown name \"{name}x\"; did you mean '{name}'?")
    for key in table[name].parameters:
        (line,) = problems(config_choosing(path, name, **{f"{key}x": 1}))
        assert line.endswith(f"{path}.{key}x: unknown key; did you mean '{key}'?")
    (line,) = problems(config_choosing(path, name, zzz=1))
    assert line.endswith(
        f"{path}.zzz: unknown key; expected one of {', '.join(['name', *table[name].parameters])}"
    )


@pytest.mark.parametrize("path", TABLES)
def test_a_name_like_no_other_gets_all_names(problems, path):
    for wrong in ('"-"', "5", "true", "[relu]", "{}"):
        (line,) = problems(config_with(path, {"name": "-"}).replace('"-"', wrong))
        assert line.endswith(f"; expected one of {', '.join(TABLES[path])}")
        assert f": {path}.name: unknown name " in line
    for wrong in (5, True, 1.5, "-"):
        (line,) = problems(config_with(path, wrong))
        assert line.endswith(f"; expected one of {', '.join(TABLES[path])}")


LIMITS = [
    ("seed", [0, 2**32 - 1], {-1: "0 or more", 2**32: "less than 4294967296"}),
    ("data.rows", [4, 10**7], {3: "4 or more", 10**7 + 1: "10000000 or less"}),
    ("data.noise", [0, 0.0, 1e6], {-5e-324: "0.0 or more", 1000001: "1000000.0 or less"}),
    ("data.test", [0, 10**7], {-1: "0 or more", 10**7 + 1: "10000000 or less"}),
    ("model.threshold", [5e-324, 0.3, None], {0: "more than 0.0", 1: "less than 1.0"}),
    ("training.learning_rate", [5e-324, 1, 1e308], {0: "more than 0.0", -0.1: "more than 0.0"}),
    ("training.epochs", [0, 10**7], {-1: "0 or more", 10**7 + 1: "10000000 or less"}),
    ("training.l1", [0, 0.0, 1e308], {-5e-324: "0.0 or more"}),
    ("training.l2", [0, 0.0, 1e308], {-5e-324: "0.0 or more"}),
    ("training.max_norm", [5e-324, 1, None], {0: "more than 0.0", -0.1: "more than 0.0"}),
    ("training.clip_norm", [5e-324, 1, None], {0: "more than 0.0", -0.1: "more than 0.0"}),
    ("training.clip_value", [5e-324, 1, None], {0: "more than 0.0", -0.1: "more than 0.0"}),
    ("training.checkpoint_seconds", [5e-324, 60, 1e308], {0: "more than 0.0"}),
    ("training.record_weights", [1, 10**20, None], {0: "1 or more"}),
    ("training.folds", [2, 10_000, None], {1: "2 or more", 10_001: "10000 or less"}),
    ("training.early_stopping.patience", [1, 10**20], {0: "1 or more"}),
    ("training.early_stopping.min_change", [0, 1e308], {-5e-324: "0.0 or more"}),
]


@pytest.mark.parametrize(("path", "inside", "outside"), LIMITS, ids=[each[0] for each in LIMITS])
def test_every_limit_of_a_key_is_enforced(load, problems, path, inside, outside):
    text = "mnist" if "early_stopping" in path else "xor"  # MNIST has validation rows
    rows = ["data.rows=20000"] if path == "training.folds" else []
    for value in inside:
        config = load(config_with(path, value, text), *rows).config
        for key in path.split("."):
            config = getattr(config, key)
        assert config == value
    for value, expected in outside.items():
        (line,) = problems(config_with(path, value, text))
        assert line.endswith(f": {path}: found {value}; expected {expected}")


INTEGERS = ["seed", "data.rows", "data.test", "training.early_stopping.patience"]
NUMBERS = ["data.noise", "training.l1"]
BY_THE_ROWS = ["training.epochs", "training.steps", "training.learning_rate", "training.l2"]
NUMBERS += ["training.early_stopping.min_change"]


@pytest.mark.parametrize("path", INTEGERS)
@pytest.mark.parametrize("wrong", [True, False, 5.0, 5.5, "5", None, [5], math.nan, math.inf])
def test_only_an_integer_is_an_integer(problems, path, wrong):
    (line,) = problems(config_with(path, wrong))
    assert line.endswith(("; expected an integer", "; expected a finite number"))
    assert f": {path}: found " in line


@pytest.mark.parametrize("path", BY_THE_ROWS)
def test_defaults_that_depend_on_the_rows_may_be_null_but_no_other_type(load, problems, path):
    assert load(config_with(path, None))
    for wrong in (True, "5", [5], math.nan):
        (line,) = problems(config_with(path, wrong))
        assert f": {path}: found " in line


def test_epochs_and_steps_exclude_each_other(problems):
    (line,) = problems("data: xor\ntraining: {epochs: 3, steps: 5}\n")
    assert line.endswith("training.steps: training.epochs is set, too; set only one of them")


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("wrong", NOT_NUMBERS, ids=str)
def test_only_a_finite_number_is_a_number(problems, path, wrong):
    (line,) = problems(config_with(path, wrong))
    kind = "a finite number" if isinstance(wrong, float) else "a number"
    assert f": {path}: found " in line
    assert line.endswith(f"; expected {kind}")


@pytest.mark.parametrize(
    ("path", "wrong", "problem"),
    [
        (
            "name",
            "a/b",
            'found "a/b"; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "a\\b",
            'found "a\\\\b"; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "..",
            'found ".."; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "-o",
            'found "-o"; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "",
            'found ""; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "a\n",
            'found "a\\n"; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "ü",
            'found "ü"; expected letters, digits, _ . - but not . or - at the start',
        ),
        (
            "name",
            "\u2028",
            'found "\\u2028"; expected letters, digits, _ . - but not . or - at the start',
        ),
        ("name", "x" * 101, f'found "{"x" * 55}..."; expected at most 100 characters'),
        ("name", 5, "found 5; expected text"),
        ("name", True, "found true; expected text"),
        ("model", None, "found nothing; expected a mapping of keys"),
        ("training", [], "found a list; expected a mapping of keys"),
        ("training", "sgd", 'found "sgd"; expected a mapping of keys'),
        ("training.shuffle", 1, "found 1; expected true or false"),
        ("training.shuffle", "yes", 'found "yes"; expected true or false'),
        ("training.precision", 32, "found 32; expected 'float32' or 'float64'"),
        ("training.precision", "float16", "found \"float16\"; expected 'float32' or 'float64'"),
        ("training.early_stopping", 5, "found 5; expected true, false or a mapping of keys"),
        (
            "training.early_stopping.monitor",
            "loss",
            'found "loss"; expected validation_ or train_ and a metric, such as validation_loss',
        ),
        ("model.hidden_layers", 8, "found 8; write the list [8]"),
        ("model.hidden_layers", None, "found nothing; expected a list"),
        ("model.hidden_layers", {}, "found a mapping; expected a list"),
        ("model.hidden_layers", [1] * 1001, "found a list; expected at most 1000 items"),
        *(
            (
                "training.batch_size",
                wrong,
                f"found {shown}; expected an integer of 1 or more, or 'full'",
            )
            for wrong, shown in [
                (0, "0"),
                (-1, "-1"),
                (1.0, "1.0"),
                (True, "true"),
                ("64", '"64"'),
                ("Full", '"Full"'),
                ([64], "a list"),
            ]
        ),
        *(
            (
                "data.validation",
                wrong,
                f"found {shown}; expected an integer of 0 or more, or a fraction from 0.0 to less "
                "than 1.0",
            )
            for wrong, shown in [
                (-1, "-1"),
                (-0.1, "-0.1"),
                (1.0, "1.0"),
                (1.5, "1.5"),
                (True, "true"),
                (False, "false"),
                ("0.1", '"0.1"'),
                (math.nan, "NaN"),
                (math.inf, "Infinity"),
            ]
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_found_and_what_is_expected(
    problems, path, wrong, problem
):
    (line,) = problems(config_with(path, wrong))
    assert line.split(": ", 2)[1:] == [path, problem]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "a"),
        ("name", "_a.b-C9"),
        ("name", "x" * 100),
        ("model.hidden_layers", []),
        ("model.hidden_layers", [1] * 1000),
        ("training.batch_size", 1),
        ("training.batch_size", "full"),
        ("data.validation", 0),
        ("data.validation", 0.0),
        ("data.validation", 998),
        ("data.validation", 0.998),
    ],
)
def test_a_value_at_the_limit_is_accepted(load, path, value):
    config = load(config_with(path, value)).config
    for key in path.split("."):
        config = getattr(config, key)
    assert (type(config), config) == (type(value), value)


@pytest.mark.parametrize("key", ["model.output", "model.initializer", "training.loss"])
def test_null_means_the_default(load, key):
    assert load(config_with(key, None)).config == load("data: {source: xor}").config


def test_every_wrong_layer_size_is_reported_at_its_own_place(problems):
    text = (
        "data: xor\nmodel:\n  hidden_layers: [0, -1, 1.5, 8.0, '8', true, null, [8], 1000001, 8]\n"
    )
    assert problems(text) == [
        "c.yaml:3:19: model.hidden_layers[0]: found 0; expected 1 or more",
        "c.yaml:3:22: model.hidden_layers[1]: found -1; expected 1 or more",
        "c.yaml:3:26: model.hidden_layers[2]: found 1.5; expected an integer",
        "c.yaml:3:31: model.hidden_layers[3]: found 8.0; expected an integer",
        'c.yaml:3:36: model.hidden_layers[4]: found "8"; expected an integer',
        "c.yaml:3:41: model.hidden_layers[5]: found true; expected an integer",
        "c.yaml:3:47: model.hidden_layers[6]: found nothing; expected an integer",
        "c.yaml:3:53: model.hidden_layers[7]: found a list; expected an integer",
        "c.yaml:3:58: model.hidden_layers[8]: found 1000001; expected 1000000 or less",
    ]


@pytest.mark.parametrize(
    ("sizes", "key", "given", "problem"),
    [
        ([8, 8], "activation", ["relu"], "found a list of 1; expected 2, one per hidden layer"),
        ([8], "activation", [], "found a list of 0; expected 1, one per hidden layer"),
        ([], "activation", ["relu"], "found a list of 1; expected 0, one per hidden layer"),
        ([8], "initializer", ["zeros"], "found a list of 1; expected 2, one per layer"),
        ([], "initializer", ["zeros"] * 2, "found a list of 2; expected 1, one per layer"),
        ([8], "bias_initializer", ["zeros"], "found a list of 1; expected 2, one per layer"),
    ],
)
def test_a_list_has_one_entry_for_each_layer(problems, sizes, key, given, problem):
    text = f"data: xor\nmodel:\n  hidden_layers: {sizes}\n  {key}: [{', '.join(given)}]\n"
    assert problems(text) == [f"c.yaml:4:{len(key) + 5}: model.{key}: {problem}"]


def test_a_list_chooses_for_each_layer(load):
    model = load(
        "data: xor\nmodel: {hidden_layers: [4, 2], activation: [tanh, {name: leaky_relu, slope: "
        "0.2}], initializer: [zeros, he_normal, {name: normal, scale: 1}]}\n"
    ).config.model
    assert [each.name for each in model.activation] == ["tanh", "leaky_relu"]
    assert model.activation[1].parameters == {"slope": 0.2}
    assert [each.name for each in model.initializer] == ["zeros", "he_normal", "normal"]


def test_every_problem_in_a_list_is_reported_at_its_own_place(problems):
    text = """\
data: xor
model:
  hidden_layers: [1, 1, 1, 1, 1]
  activation:
    - softmax
    - {name: leaky_relu, slop: 1}
    - {slope: 1}
    - 5
    - name: rellu
"""
    names = ", ".join(TABLES["model.activation"])
    assert problems(text) == [
        f'c.yaml:5:7: model.activation[0]: unknown name "softmax"; expected one of {names}',
        "c.yaml:6:26: model.activation[1].slop: unknown key; did you mean 'slope'?",
        f"c.yaml:7:7: model.activation[2]: name is missing; expected one of {names}",
        f"c.yaml:8:7: model.activation[3]: found 5; expected one of {names}",
        "c.yaml:9:7: model.activation[4]: unknown name \"rellu\"; did you mean 'relu'?",
    ]


def test_all_problems_are_reported_together_in_the_order_of_the_file(problems):
    text = """\
training:
  learning_rat: 0.1
  optimizer: {name: adam, beta1: 1.0, betta1: 0.9, epsilon: x}
  early_stopping: {monitor: loss, patiense: 3, patience: 0}
  l2: -1e-3
  loss: crossentropy
  shuffle: no
  batch_size: ful
model:
  hiden_layers: [8]
  output: relu
  initializer: {name: normal, sclae: 1, scale: 0}
trainin: {}
data:
  rows: 3
  source: xor
  nois: 1
  scale: standart
name: a/b
seed: true
"""
    assert problems(text) == [
        "c.yaml:2:3: training.learning_rat: unknown key; did you mean 'learning_rate'?",
        "c.yaml:3:34: training.optimizer.beta1: found 1.0; expected less than 1.0",
        "c.yaml:3:39: training.optimizer.betta1: unknown key; did you mean 'beta1'?",
        'c.yaml:3:61: training.optimizer.epsilon: found "x"; expected a number',
        'c.yaml:4:29: training.early_stopping.monitor: found "loss"; expected '
        "validation_ or train_ and a metric, such as validation_loss",
        "c.yaml:4:35: training.early_stopping.patiense: unknown key; did you mean 'patience'?",
        "c.yaml:4:58: training.early_stopping.patience: found 0; expected 1 or more",
        "c.yaml:5:7: training.l2: found -0.001; expected 0.0 or more",
        "c.yaml:6:9: training.loss: unknown name \"crossentropy\"; did you mean 'cross_entropy'?",
        'c.yaml:7:12: training.shuffle: found "no"; expected true or false',
        'c.yaml:8:15: training.batch_size: found "ful"; expected an integer of 1 or more, or '
        "'full'",
        "c.yaml:10:3: model.hiden_layers: unknown key; did you mean 'hidden_layers'?",
        'c.yaml:11:11: model.output: unknown name "relu"; expected one of '
        + ", ".join(TABLES["model.output"]),
        "c.yaml:12:31: model.initializer.sclae: unknown key; did you mean 'scale'?",
        "c.yaml:12:48: model.initializer.scale: found 0; expected more than 0.0",
        "c.yaml:13:1: trainin: unknown key; did you mean 'training'?",
        "c.yaml:15:9: data.rows: found 3; expected 4 or more",
        "c.yaml:17:3: data.nois: unknown key; did you mean 'noise'?",
        "c.yaml:18:10: data.scale: unknown name \"standart\"; did you mean 'standard'?",
        'c.yaml:19:7: name: found "a/b"; expected letters, digits, _ . - but not . or - at the '
        "start",
        "c.yaml:20:7: seed: found true; expected an integer",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("seed: 1", "1:1: data: missing required key"),
        ("data:\nseed: 1", "1:6: data: found nothing; expected one of " + SOURCE_NAMES),
        ("data: 5", "1:7: data: found 5; expected one of " + SOURCE_NAMES),
        ("data: [xor]", "1:7: data: found a list; expected one of " + SOURCE_NAMES),
        ("data: xro", "1:7: data: unknown source \"xro\"; did you mean 'xor'?"),
        ("data: {}", "1:7: data: source is missing; expected one of " + SOURCE_NAMES),
        ("data: {name: xor}", "1:7: data: source is missing; expected one of " + SOURCE_NAMES),
        ("data: {rows: 5}", "1:7: data: source is missing; expected one of " + SOURCE_NAMES),
        (
            "data: {source: mnits}",
            "1:16: data.source: unknown source \"mnits\"; did you mean 'mnist'?",
        ),
        (
            "data: {source: }",
            "1:16: data.source: unknown source nothing; expected one of " + SOURCE_NAMES,
        ),
        (
            "data: {source: [xor]}",
            "1:16: data.source: unknown source a list; expected one of " + SOURCE_NAMES,
        ),
        (
            "data: {source: mnist, rows: 5}",
            "1:23: data.rows: unknown key; expected one of source, scale, validation",
        ),
        (
            "data: xor\nmodel: {activation: {slope: 1}}",
            "2:21: model.activation: name is missing; expected one of "
            + ", ".join(TABLES["model.activation"]),
        ),
        (
            "data: xor\ntraining: {lr: 1}",
            "2:12: training.lr: unknown key; did you mean 'learning_rate'?",
        ),
        (
            "data: xor\ntraining: {qqq: 1}",
            "2:12: training.qqq: unknown key; expected one of loss, optimizer, learning_rate, "
            "batch_size, epochs, steps, shuffle, schedule, l1, l2, max_norm, clip_norm, "
            "clip_value, dropout, precision, engine, checkpoint_seconds, record_weights, "
            "log_every, tensorboard, early_stopping, folds, fold, seeds, refit",
        ),
        (
            "data: xor\ntraining: {optimizer: {momentum: 0.9}}",
            "2:24: training.optimizer.momentum: unknown key; expected one of name, beta1, beta2, "
            "epsilon",
        ),
    ],
)
def test_missing_and_unknown_keys_are_reported_with_the_known_ones(problems, text, problem):
    assert problems(text) == [f"c.yaml:{problem}"]


def test_an_optimizer_without_a_name_is_adam(load):
    config = load("data: xor\ntraining: {optimizer: {beta1: 0.5}}").config
    assert config.training.optimizer.in_short() == {
        "name": "adam",
        **OPTIMIZERS["adam"].complete({"beta1": 0.5}),
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{name: sgd, nesterov: true}", "nesterov needs a momentum above 0, such as 0.9"),
        (
            "{name: sgd, nesterov: true, momentum: 0}",
            "nesterov needs a momentum above 0, such as 0.9",
        ),
        ("{name: sgd, nesterov: true, momentum: 5e-324}", None),
        ("{name: sgd, nesterov: false}", None),
    ],
)
def test_nesterov_needs_momentum(load, problems, text, problem):
    text = f"data: xor\ntraining: {{optimizer: {text}}}"
    if problem is None:
        load(text)
    else:
        assert problems(text) == [f"c.yaml:2:23: training.optimizer: {problem}"]


@pytest.mark.parametrize(
    ("data", "column", "found", "rows"),
    [
        ("{source: xor, validation: 1000}", 27, "1000", 1000),
        ("{source: xor, validation: 0.9996}", 27, "0.9996", 1000),
        ("{source: xor, rows: 4, validation: 4}", 36, "4", 4),
        ("{source: xor, rows: 4, validation: 0.9}", 36, "0.9", 4),
        ("{source: mnist, validation: 60000}", 29, "60000", TRAIN_ROWS),
        ("{source: mnist, validation: 0.99999999}", 29, "0.99999999", TRAIN_ROWS),
    ],
)
def test_validation_leaves_training_rows(problems, data, column, found, rows):
    assert problems(f"data: {data}") == [
        f"c.yaml:1:{column + 6}: data.validation: found {found}; expected at most {rows - 1}, as "
        f"validation rows are taken from the {rows} training rows"
    ]


@pytest.mark.parametrize(
    "data",
    [
        "{source: xor, validation: 0.998}",
        "{source: xor, rows: 4, validation: 2}",
        "{source: mnist, validation: 59990}",
        "{source: mnist, validation: 0.9998}",
    ],
)
def test_validation_may_leave_few_rows(load, data):
    load(f"data: {data}")


def test_the_defaults_are_those_of_the_schema(load):
    config = load("data: xor").config
    assert config.model_dump() == Config.model_validate({"data": "xor", "name": "c"}).model_dump()


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("digits", "digits"),
        ("my config (2)", "my-config--2"),
        (".hidden", "hidden"),
        pytest.param("größe", "gr--e", marks=NAMES_IN_UTF8),
        ("---", "model"),
        ("x" * 200, "x" * 100),
        ("1e3", "1e3"),
    ],
)
def test_the_name_comes_from_the_file(tmp_path, stem, name):
    path = tmp_path / f"{stem}.yaml"
    path.write_text("data: xor\n")
    assert load_config(path).config.name == name


def test_a_config_is_never_changed(load):
    config = load("data: xor").config
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1


def test_saved_values_are_checked_like_a_file():
    values = {"data": "xor", "seed": 5, "name": "n"}
    assert saved_config(values, "weights.npz: its config").config.model_dump() == (
        Config.model_validate(values).model_dump()
    )
    with pytest.raises(ConfigError) as caught:
        saved_config({"data": {"source": "xor", "rows": 1}, "sed": 1}, "w.npz: its config")
    assert str(caught.value).split("\n") == [
        "w.npz: its config: data.rows: found 1; expected 4 or more",
        "w.npz: its config: sed: unknown key; did you mean 'seed'?",
    ]


def test_no_more_than_a_hundred_problems_are_listed(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: xor\n" + "".join(f"k{n}: 1\n" for n in range(150)), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    lines = str(error.value).splitlines()
    assert len(lines) == 101
    assert lines[-1] == f"{path}:102:1: and 50 more problems"
