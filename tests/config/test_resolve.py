import re

import pytest

from nncli.base.errors import ConfigError
from nncli.config.file_source import FileSource
from nncli.config.resolve import resolve
from nncli.config.schema import Config
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import parse
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES

OUTPUTS = [name for name, entry in ACTIVATIONS.items() if entry.output_for]
# A value of `data` for each source.
EXAMPLES = {
    name: name
    for name, source in SOURCES.items()
    if not source.required_keys() and not source.is_own
}
BUILT_IN = {name for name in SOURCES if not issubclass(SOURCES[name], FileSource)}
EXAMPLES["rows"] = "{source: rows, inputs: [[0]], targets: [1]}"


def either(names):
    """Return ``a``, ``a or b``, or ``a, b or c``."""
    return re.sub(", (?=[^,]*$)", " or ", ", ".join(names))


def losses_of(output):
    return either(name for name, loss in LOSSES.items() if output in loss.outputs)


@pytest.mark.parametrize("source", EXAMPLES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_fits_the_task_or_is_refused(load, problems, source, output):
    text = f"model: {{output: {output}}}\ndata: {EXAMPLES[source]}"
    assert EXAMPLES.keys() == BUILT_IN
    task = Config.model_validate({"data": parse(EXAMPLES[source], "").value}).data.shape.task
    if task in ACTIVATIONS[output].output_for:
        assert load(text).resolved(task).config.model.output.name == output
        return
    fitting = either(each for each in OUTPUTS if task in ACTIVATIONS[each].output_for)
    assert problems(text) == [
        f"c.yaml:1:17: model.output: {output} cannot be the output of a {task} task; expected "
        f"{fitting}"
    ]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_fits_the_output_or_is_refused(load, output, loss):
    loaded = load(f"data: {'mnist' if output == 'softmax' else 'xor'}")
    task = ACTIVATIONS[output].output_for[0]
    config = type(loaded.config).model_validate(
        {"data": "xor", "model": {"output": output}, "training": {"loss": loss}}
    )
    loaded = type(loaded)(config, loaded.document)
    if output in LOSSES[loss].outputs:
        assert loaded.resolved(task).config.training.loss.name == loss
        return
    with pytest.raises(
        ConfigError, match=f"training.loss: {loss} does not fit the {output} output"
    ):
        loaded.resolved(task)


OF_REGRESSION = ["identity", "sigmoid", "tanh"]
FOR_NUMBERS = [
    "mean_squared_error",
    "squared_error",
    "half_squared_error",
    "mean_absolute_error",
    "huber",
]


def with_values(loaded, **sections):
    config = type(loaded.config).model_validate({"data": "xor", **sections})
    return type(loaded)(config, loaded.document)


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_regression_has_a_bounded_or_a_linear_output(load, output):
    loaded = with_values(load("data: xor"), model={"output": output})
    if output in OF_REGRESSION:
        config = loaded.resolved("regression").config
        assert config.model.output.name == output
        assert config.training.loss.name == "mean_squared_error"
        return
    with pytest.raises(ConfigError) as caught:
        loaded.resolved("regression")
    assert f"{output} cannot be the output of a regression task; expected identity" in str(
        caught.value
    )


@pytest.mark.parametrize("output", OF_REGRESSION)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_fits_a_regression_or_is_refused_with_the_reason(load, output, loss):
    loaded = with_values(load("data: xor"), model={"output": output}, training={"loss": loss})
    fitting = [*FOR_NUMBERS, *(["sigmoid_cross_entropy"] if output == "sigmoid" else [])]
    if loss in fitting:
        assert loaded.resolved("regression").config.training.loss.name == loss
        return
    with pytest.raises(ConfigError) as caught:
        loaded.resolved("regression")
    expected = (
        f"sigmoid_cross_entropy does not fit the {output} output; expected "
        f"{either(fitting)}, or model.output: sigmoid"
        if loss == "sigmoid_cross_entropy"
        else f"{loss} is for classes, but a regression has none; expected {either(fitting)}"
    )
    assert str(caught.value).endswith(f"training.loss: {expected}")


@pytest.mark.parametrize(
    ("task", "monitor", "has_validation", "fitting"),
    [
        (
            "regression",
            "validation_accuracy",
            True,
            "validation_loss, validation_mae, validation_rmse or validation_r2",
        ),
        ("regression", "validation_accuracy", False, "train_loss or train_mae"),
        ("regression", "train_accuracy", True, "train_loss or train_mae"),
        ("binary", "train_mae", False, "train_loss or train_accuracy"),
        (
            "multilabel",
            "validation_mae",
            True,
            "validation_loss, validation_accuracy, validation_macro_f1, validation_micro_f1 or "
            "validation_hamming_loss",
        ),
    ],
)
def test_early_stopping_cannot_watch_a_metric_of_another_task(
    load, task, monitor, has_validation, fitting
):
    stopping = {"early_stopping": {"monitor": monitor}}
    loaded = with_values(load("data: xor"), training=stopping)
    with pytest.raises(ConfigError) as caught:
        loaded.resolved(task, has_validation=has_validation)
    assert str(caught.value).endswith(
        f"training.early_stopping.monitor: {monitor} is not a value of a {task} task; expected "
        f"{fitting}"
    )


@pytest.mark.parametrize("monitor", ["train_mae", "validation_mae", "train_loss"])
def test_early_stopping_may_watch_the_error_of_a_regression(load, monitor):
    stopping = {"early_stopping": {"monitor": monitor}}
    loaded = with_values(load("data: xor"), training=stopping)
    assert loaded.resolved("regression").config.training.early_stopping.monitor == monitor


def test_a_loss_that_does_not_fit_is_refused_with_those_that_do(problems):
    assert problems("data: xor\ntraining: {loss: cross_entropy}") == [
        "c.yaml:2:18: training.loss: cross_entropy does not fit the sigmoid output; expected "
        f"{losses_of('sigmoid')}, or model.output: softmax"
    ]
    assert problems("data: mnist\ntraining:\n  loss: {name: sigmoid_cross_entropy}") == [
        "c.yaml:3:9: training.loss: sigmoid_cross_entropy does not fit the softmax output; "
        f"expected {losses_of('softmax')}, or model.output: sigmoid"
    ]
    assert losses_of("softmax").startswith("mean_squared_error, ")


@pytest.mark.parametrize("monitor", [None, "validation_loss", "validation_accuracy"])
@pytest.mark.parametrize(
    "data", ["xor", "{source: mnist, validation: 0}", "{source: xor, validation: 0.0}"]
)
def test_early_stopping_cannot_watch_missing_validation_rows(problems, data, monitor):
    stopping = f"{{monitor: {monitor}}}" if monitor else "{patience: 3}"
    assert problems(f"data: {data}\ntraining:\n  early_stopping: {stopping}\n") == [
        f"c.yaml:3:19: training.early_stopping: watches {monitor or 'validation_loss'}, but there "
        "are no validation rows; set data.validation, or monitor: train_loss"
    ]


@pytest.mark.parametrize(
    ("data", "monitor"),
    [
        ("xor", "train_loss"),
        ("xor", "train_accuracy"),
        ("mnist", "validation_loss"),
        ("{source: xor, validation: 1}", "validation_accuracy"),
        ("{source: xor, validation: 0.5}", "validation_loss"),
    ],
)
def test_early_stopping_may_watch_available_metrics(load, data, monitor):
    text = f"data: {data}\ntraining: {{early_stopping: {{monitor: {monitor}}}}}"
    assert load(text).config.training.early_stopping.monitor == monitor


def test_a_fraction_that_gives_no_rows_cannot_be_watched(problems):
    (line,) = problems("data: {source: xor, validation: 1e-9}\ntraining: {early_stopping: {}}")
    assert line.startswith("c.yaml:2:28: training.early_stopping: watches")


def test_incompatible_settings_are_reported_together_in_the_order_of_the_file(problems):
    lines = problems("training:\n  loss: cross_entropy\n  early_stopping: {}\ndata: xor\n")
    assert [line.split(": ")[:2] for line in lines] == [
        ["c.yaml:2:9", "training.loss"],
        ["c.yaml:3:19", "training.early_stopping"],
    ]


@pytest.mark.parametrize(
    ("task", "output", "loss"),
    [
        ("binary", "sigmoid", "sigmoid_cross_entropy"),
        ("multiclass", "softmax", "cross_entropy"),
        ("regression", "identity", "mean_squared_error"),
    ],
)
def test_output_and_loss_follow_the_task(load, task, output, loss):
    config = load("data: xor").resolved(task).config
    assert (config.model.output.name, config.training.loss.name) == (output, loss)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("{hidden_layers: [4, 4], activation: relu}", "he_normal"),
        ("{hidden_layers: [4, 4], activation: tanh}", "xavier_normal"),
        ("{hidden_layers: []}", "xavier_normal"),
        ("{hidden_layers: [4], activation: [leaky_relu]}", "he_normal"),
        (
            "{hidden_layers: [4, 4], activation: [relu, tanh]}",
            ["he_normal", "xavier_normal", "xavier_normal"],
        ),
        (
            "{hidden_layers: [4, 4], activation: [tanh, relu]}",
            ["xavier_normal", "he_normal", "he_normal"],
        ),
        ("{hidden_layers: [4], initializer: zeros}", "zeros"),
        ("{hidden_layers: [4], initializer: [zeros, he_uniform]}", ["zeros", "he_uniform"]),
        ("{hidden_layers: [4], initializer: [zeros, zeros]}", "zeros"),
    ],
)
def test_initializers_follow_the_activations(load, model, expected):
    config = load(f"data: xor\nmodel: {model}").resolved("binary").config
    assert config.model.model_dump()["initializer"] == expected


def test_every_layer_gets_its_activation_and_initializer(load):
    text = (
        "data: mnist\nmodel: {hidden_layers: [4, 2], activation: "
        "[tanh, {name: leaky_relu, slope: 0.3}]}"
    )
    resolved = resolve(load(text).config, "multiclass")
    assert [each.name for each in resolved.activations] == ["tanh", "leaky_relu", "softmax"]
    assert resolved.activations[1].parameters == {"slope": 0.3}
    assert len(resolved.initializers) == 3


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("", ["zeros"] * 2),
        ("bias_initializer: he_normal", ["he_normal"] * 2),
        ("bias_initializer: [constant, uniform]", ["constant", "uniform"]),
    ],
)
def test_every_layer_gets_its_initializer_of_biases(load, chosen, expected):
    loaded = load(f"data: xor\nmodel: {{hidden_layers: [4], {chosen}}}")
    resolved = loaded.resolved("binary")
    assert [each.name for each in resolved.bias_initializers] == expected


def test_equal_initializers_with_unequal_parameters_stay_a_list(load):
    text = (
        "data: xor\nmodel: {hidden_layers: [4], initializer: "
        "[{name: normal, scale: 1}, {name: normal, scale: 2}]}"
    )
    config = load(text).resolved("binary").config
    assert [each.parameters for each in config.model.initializer] == [{"scale": 1}, {"scale": 2}]


@pytest.mark.parametrize(
    ("model", "threshold"),
    [("{}", 0.5), ("{threshold: 0.3}", 0.3), ("{output: softmax}", 0.5), ("{output: tanh}", None)],
)
def test_two_classes_have_a_threshold_where_there_are_probabilities(load, model, threshold):
    config = load(f"data: xor\nmodel: {model}").resolved("binary").config
    assert config.model.threshold == threshold


@pytest.mark.parametrize(
    ("data", "output", "problem"),
    [
        ("mnist", "softmax", "a multiclass task has no threshold, only binary or multilabel tasks"),
        (EXAMPLES["rows"], "sigmoid", "a regression task has no threshold, only binary or "
         "multilabel tasks"),
        ("xor", "tanh", "the values of the tanh output are not probabilities"),
    ],
)  # fmt: skip
def test_a_threshold_without_effect_is_refused(problems, data, output, problem):
    text = f"model: {{threshold: 0.5, output: {output}}}\ndata: {data}"
    assert problems(text) == [f"c.yaml:1:20: model.threshold: {problem}; remove it"]
