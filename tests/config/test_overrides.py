import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nncli.base.errors import ConfigError
from nncli.config.load import load_config
from nncli.config.named import Named
from nncli.nn.losses import LOSSES
from tests.config.strategies import HIDDEN
from tests.timing import in_less_than

HIDDEN_NAMES = ", ".join(HIDDEN)
SIGMOID_LOSSES = [name for name, loss in LOSSES.items() if "sigmoid" in loss.outputs]
FILE = "data: {source: xor, rows: 100}\nseed: 1\ntraining: {learning_rate: 0.5, optimizer: sgd}\n"


def value_at(config, path):
    for key in path.split("."):
        if isinstance(config, Named) and key != "name":
            config = config.parameters
        config = config[key] if isinstance(config, dict) else getattr(config, key)
    return config


def test_the_command_line_beats_the_file_and_the_file_the_default(load):
    default = load("data: xor").config
    file = load("data: xor\nseed: 1\n").config
    line = load("data: xor\nseed: 1\n", "seed=2").config
    assert (default.seed, file.seed, line.seed) == (0, 1, 2)


def test_the_last_override_of_a_key_counts(load):
    assert load(FILE, "seed=2", "seed=3").config.seed == 3
    assert load(FILE, "data.rows=20", "data={source: xor, rows: 30}").config.data.rows == 30
    assert load(FILE, "data={source: xor, rows: 30}", "data.rows=20").config.data.rows == 20


@pytest.mark.parametrize(
    ("override", "path", "expected"),
    [
        ("training.learning_rate=1e-3", "training.learning_rate", 0.001),
        ("training.learning_rate=.5", "training.learning_rate", 0.5),
        ("training.batch_size=full", "training.batch_size", "full"),
        ("training.shuffle=false", "training.shuffle", False),
        ("training.early_stopping=null", "training.early_stopping", None),
        ("training.early_stopping={monitor: train_loss}", "training.early_stopping.patience", 20),
        ("model.hidden_layers=[8,8]", "model.hidden_layers", [8, 8]),
        ("model.hidden_layers=[]", "model.hidden_layers", []),
        ("name=no", "name", "no"),
        ("name='5'", "name", "5"),
        ("name=", "name", "c"),
        ("name=null", "name", "c"),
        ("data.rows= 20 ", "data.rows", 20),
        ("data.rows=20 # rows", "data.rows", 20),
        ("data.scale.name=unit", "data.scale.name", "unit"),
        ("training.optimizer=adam", "training.optimizer.name", "adam"),
        ("training.optimizer.momentum=0.9", "training.optimizer.momentum", 0.9),
        ("training.early_stopping.monitor=train_loss", "training.early_stopping.patience", 20),
        ("model.activation={name: leaky_relu, slope: 0.2}", "model.activation.slope", 0.2),
    ],
)
def test_a_value_is_read_as_yaml(load, override, path, expected):
    assert value_at(load(FILE, override).config, path) == expected


def test_a_section_is_replaced_as_a_whole(load):
    assert load(FILE, "data={source: xor}").config.data.rows == 1000
    assert load(FILE, "data=mnist").config.data.source == "mnist"
    training = load(FILE, "training={epochs: 3}").config.training
    assert (training.epochs, training.learning_rate) == (3, None)


def test_a_key_inside_a_section_leaves_its_neighbors(load):
    config = load(FILE, "training.epochs=3", "data.noise=0").config
    assert (config.training.learning_rate, config.data.rows) == (0.5, 100)


@pytest.mark.parametrize(
    ("text", "override", "same"),
    [
        ("data: xor", "data.rows=20", "data: {source: xor, rows: 20}"),
        ("data: mnist", "data.validation=0.1", "data: {source: mnist, validation: 0.1}"),
        ("", "data=xor", "data: xor"),
        ("", "data.source=xor", "data: xor"),
        (
            "data: xor",
            "training.optimizer.beta1=0.8",
            "data: xor\ntraining: {optimizer: {name: adam, beta1: 0.8}}",
        ),
        (
            "data: xor\ntraining: {optimizer: sgd}",
            "training.optimizer.momentum=0.8",
            "data: xor\ntraining: {optimizer: {name: sgd, momentum: 0.8}}",
        ),
        (
            "data: xor\nmodel: {activation: leaky_relu}",
            "model.activation.slope=0.5",
            "data: xor\nmodel: {activation: {name: leaky_relu, slope: 0.5}}",
        ),
        (
            "data: xor\nmodel:\n",
            "model.hidden_layers=[3]",
            "data: xor\nmodel: {hidden_layers: [3]}",
        ),
        (
            "data: {source: xor, rows: 1}",
            "data.rows=20",
            "data: {source: xor, rows: 20}",
        ),
    ],
)
def test_an_override_has_the_meaning_of_the_same_text_in_the_file(load, text, override, same):
    assert load(text, override).config.model_dump() == load(same).config.model_dump()


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("seed", "'seed': expected key.path=value"),
        ("", "'': expected key.path=value"),
        ("=", "'=': expected key.path=value"),
        ("=1", "'=1': expected key.path=value"),
        (".seed=1", "'.seed=1': expected key.path=value"),
        ("data.=1", "'data.=1': expected key.path=value"),
        ("data..rows=1", "'data..rows=1': expected key.path=value"),
        ("seed=\udcff", "'seed=\\udcff': not UTF-8 text"),
        ("se\udcffed=1", "'se\\udcffed=1': not UTF-8 text"),
        (
            "seed=\x07",
            "seed:1:1: found the character '\\x07', which YAML does not allow; remove it",
        ),
        ("seed=&a 1", "seed:1:1: found an anchor (&); repeat the value instead"),
        ("seed=!!int 1", "seed:1:1: found a tag (tag:yaml.org,2002:int); remove it"),
        ("seed=1\n--- 2", "seed:2:1: found a second document; a config has one"),
        ("seed=x", 'seed: found "x"; expected an integer'),
        ("seed=-1", "seed: found -1; expected 0 or more"),
        ("data.rows=3", "data.rows: found 3; expected 4 or more"),
        ("seeed=1", "seeed: unknown key; did you mean 'seed'?"),
        (
            "a\nb=1",
            '"a\\nb": unknown key; expected one of name, seed, data_seed, data, model, training, '
            "diagnose",
        ),
        ("training.epoch=1", "training.epoch: unknown key; did you mean 'epochs'?"),
        ("tranining.epochs=1", "tranining: unknown key; did you mean 'training'?"),
        (
            "training.optimizer.beta1=0",
            "training.optimizer.beta1: unknown key; expected one of name, momentum, nesterov",
        ),
        ("training.epochs.x=1", "training.epochs: found a mapping; expected an integer"),
        ("model.hidden_layers.0=1", "model.hidden_layers: found a mapping; expected a list"),
        (
            "model.hidden_layers[0]=1",
            "model.hidden_layers[0]: unknown key; did you mean 'hidden_layers'?",
        ),
        ("model.hidden_layers=[0]", "model.hidden_layers[0]: found 0; expected 1 or more"),
        (
            "data={source: xor, rows: 3}",
            "data.rows: found 3; expected 4 or more",
        ),
        ("data.source=xro", "data.source: unknown source \"xro\"; did you mean 'xor'?"),
        (
            "data={source: xor, rows: 20, rows: 30}",
            "data:1:25: rows: is already set at command line: data:1:15; remove one of the two",
        ),
        (
            "model.activation.slope=1",
            f"model.activation: name is missing; expected one of {HIDDEN_NAMES}",
        ),
        (
            "training.early_stopping.patience=3",
            "training.early_stopping: watches validation_loss, but there are no validation rows; "
            "set data.validation, or monitor: train_loss",
        ),
        (
            "training.loss=cross_entropy",
            "training.loss: cross_entropy does not fit the sigmoid output; expected "
            f"{', '.join(SIGMOID_LOSSES[:-1])} or {SIGMOID_LOSSES[-1]}, or model.output: softmax",
        ),
    ],
)
def test_a_wrong_override_is_reported_with_the_command_line_as_place(problems, override, problem):
    assert problems(FILE, override) == [f"command line: {problem}"]


@pytest.mark.parametrize("value", ["{", "[1", "'x", "a: b: c", "@", "%"])
def test_an_override_that_is_not_yaml_is_refused(problems, value):
    (line,) = problems(FILE, f"seed={value}")
    assert line.startswith("command line: seed:")
    assert ": not YAML: " in line


WHOLE = st.sampled_from(
    [
        "model.hidden_layers=[4, 4]",
        "model.hidden_layers=[64,  32, 16]",
        "model.activation={name: leaky_relu, slope: 0.2}",
        "training.early_stopping={patience: 3, monitor: train_loss}",
        "name='a b c'",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(whole=WHOLE, others=st.lists(st.sampled_from(["seed=2", "data.rows=20"]), max_size=3))
def test_a_setting_that_the_shell_split_at_its_spaces_is_shown_whole(problems, whole, others):
    pieces = whole.split()
    key, _, text = pieces[0].partition("=")
    shown = " ".join(pieces)
    assert problems(FILE, *others, *pieces, *others) == [
        f'command line: {key}: found "{text}"; put the whole setting in quotes: "{shown}"'
    ]


@pytest.mark.parametrize(
    ("overrides", "end"),
    [
        (["name=my", "run"], '; to set a value with spaces, put it in quotes: "name=my run"'),
        (["name=$a", "b"], "; to set a value with spaces, put it in quotes: 'name=$a b'"),
        (["seed=1", "run"], "expected key.path=value"),
    ],
)
def test_a_word_after_a_text_may_belong_to_it(problems, overrides, end):
    (line,) = problems(FILE, *overrides)
    assert line.endswith(end)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("{name: x", "its brackets or quotes do not match; put the whole setting in quotes"),
        ("@a", "put the value in quotes: 'name=\"@a\"'"),
    ],
)
def test_a_value_that_is_not_yaml_comes_with_a_remedy(problems, text, remedy):
    assert problems(FILE, f"name={text}") == [
        f'command line: name: not YAML: found "{text}"; {remedy}'
    ]


def test_problems_of_the_command_line_come_after_those_of_the_file(problems):
    text = "data: xor\nseed: x\nfoo: 1\n"
    assert problems(text, "training.epochs=-1", "name='a:1:1: b'", "training.l2={a: 1, a: 2}") == [
        'c.yaml:2:7: seed: found "x"; expected an integer',
        "c.yaml:3:1: foo: unknown key; expected one of name, seed, data_seed, data, model, "
        "training, diagnose",
        "command line: training.l2:1:8: a: is already set at command line: training.l2:1:2; "
        "remove one of the two",
        'command line: name: found "a:1:1: b"; expected letters, digits, _ . - but not . or - at '
        "the start",
        "command line: training.epochs: found -1; expected 0 or more",
        "command line: training.l2: found a mapping; expected a number",
    ]


def test_an_override_repairs_an_error_in_the_file(load, problems):
    assert problems("data: xor\nseed: x\n") == ['c.yaml:2:7: seed: found "x"; expected an integer']
    assert load("data: xor\nseed: x\n", "seed=1").config.seed == 1


def test_another_source_does_not_take_the_keys_of_the_last(problems):
    assert problems(FILE, "data.source=mnist") == [
        "c.yaml:1:21: data.rows: unknown key; expected one of source, scale, validation"
    ]


def test_an_override_does_not_hide_that_the_file_is_not_a_mapping(problems):
    assert problems("- 1", "data=xor") == [
        "c.yaml:1:1: the config: found a list; expected a mapping of keys"
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.integers(1, 22),
    brackets=st.integers(0, 22) | st.integers(900, 3000),
    rest=st.sampled_from(["", "@", "'", "\t", "}", "\n--- 2"]),
)
def test_the_levels_of_a_key_and_of_its_value_are_counted_together(problems, parts, brackets, rest):
    key = ".".join(["a"] * parts)
    deepest = parts + max(brackets - 1, 0)  # the innermost list is empty
    line = problems(FILE, f"{key}={'[' * brackets}{rest or ']' * brackets}")[0]
    assert line.endswith("nested more than 20 levels deep") == (deepest > 20)


@pytest.mark.parametrize("count", [30_000, 30_001])
def test_the_keys_and_values_of_file_and_overrides_are_counted_together(problems, count):
    file = "data: xor\nmodel: {initial_biases: [[" + "0," * 19_990 + "]]}\n"
    override = f"seed=[{'0,' * count}]"
    whole = "data: xor\nseed: [" + "0," * count + "]\n" + file.split("\n")[1]
    for lines in (problems(file, override), problems(whole)):
        too_many = "more than 50,000 keys and values; large tables belong in files" in lines[0]
        assert too_many == (count > 30_000)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("a." * 60_000 + "a=1", "nested more than 20 levels deep"),
        ("seed" + "." * 60_000 + "=1", "expected key.path=value"),
        ("x" * 120_000, "expected key.path=value"),
        ("x" * 120_000 + "=\udcff", "not UTF-8 text"),
        ("x" * 120_000 + "=1", "unknown key"),
        ("seed=" + "[" * 120_000, "nested more than 20 levels deep"),
        ("seed=" + "9" * 120_000, "expected an integer"),
        ("seed=[" + "0," * 60_000 + "]", "more than 50,000 keys and values"),
    ],
    ids=lambda text: text[:10],
)
def test_a_hostile_override_is_refused_in_a_short_line(problems, override, problem):
    (line,) = in_less_than(1, lambda: problems(FILE, override))
    assert line.startswith("command line: ")
    assert problem in line
    assert line.isprintable()
    assert len(line) < 300


@pytest.mark.parametrize(("one", "other"), [("epochs", "steps"), ("steps", "epochs")])
def test_an_override_of_the_training_length_replaces_the_other_key(load, one, other):
    training = load(f"data: xor\ntraining: {{{one}: 7}}\n", f"training.{other}=3").config.training
    assert (getattr(training, one), getattr(training, other)) == (None, 3)


def test_two_settings_of_the_training_length_are_refused(problems):
    (line,) = problems("data: xor\n", "training.steps=3", "training.epochs=7")
    assert "training.steps: training.epochs is set, too; set only one of them" in line


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("epochs=3", "write training.epochs=3"),
        ("lr=0.1", "write training.learning_rate=0.1"),
        ("batch_size=8", "write training.batch_size=8"),
        ("hidden_layers=[4]", 'write "model.hidden_layers=[4]"'),
        ("training.lr=0.1", "did you mean 'learning_rate'?"),
        ("model.dropout=0.2", "write training.dropout=0.2"),
        ("training.activation=tanh", "write model.activation=tanh"),
        ("optimizer=SGD", "write training.optimizer=sgd"),
        ("units=64", 'write "model.hidden_layers=[64]"'),
        ("training.early_stopping.lr=1", "write training.learning_rate=1"),
        ("momentum=0.9", 'write "training.optimizer={name: sgd, momentum: 0.9}"'),
        ("learning_rate=", "write training.learning_rate=VALUE"),
        ("trainingEpochs=3", "write training.epochs=3"),
        ("test_size=9", "write data.test=9"),
    ],
)
def test_a_key_of_another_section_or_library_is_answered_with_the_setting(problems, override, hint):
    key = override.partition("=")[0]
    assert problems(FILE, override) == [f"command line: {key}: unknown key; {hint}"]


def test_a_mapping_of_overrides_is_answered_with_a_setting_too():
    with pytest.raises(ConfigError) as caught:
        load_config({"data": "xor"}, {"lr": 0.1})
    assert str(caught.value) == "overrides: lr: unknown key; write training.learning_rate=0.1"
