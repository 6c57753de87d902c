"""The step is 1 from a sum of exactly 0 on, wherever it is used; old model files keep theirs."""

import io
import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nncli
from nncli.base.storage.npz_file import write_npz
from nncli.base.storage.strict_json import to_json
from nncli.data.splits import whole
from nncli.explain.document.formats import FORMATS
from nncli.metrics.scores import (
    chosen_classes,
    chosen_labels,
    correct_rows,
    margin_of,
    score_for,
)
from nncli.model.model_file import model_bytes, read_model, write_model
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count
from nncli.runs.preparation import prepare_again
from tests.engines.engines import (
    engine_of,
    every_engine,
    parameters_of,
    setup_of,
    take,
    with_plain,
)
from tests.model.old_formats import as_format_1, as_format_2

OLD = Path(__file__).parent / "old_models" / "gates"
ROWS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {  # weights and bias; one or more rows of each have the sum 0
    "and": ([1, 1], -2, [0, 0, 0, 1]),
    "or": ([1, 1], -1, [0, 1, 1, 1]),
    "nand": ([-1, -1], 1, [1, 1, 1, 0]),
    "nor": ([-1, -1], 0, [1, 0, 0, 0]),
}
# AND and NOR in the hidden layer; XOR is 1 where neither is.
XOR = {
    "hidden_layers": [2],
    "activation": "step",
    "output": "step",
    "initial_weights": [[[1, -1], [1, -1]], [[-1], [-1]]],
    "initial_biases": [[-2, 0], [0]],
}


def trained(gate, model, engine):
    if engine == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    config = {
        "data": {"source": "gate", "gate": gate},
        "model": model,
        "training": {"epochs": 0, "engine": engine, "optimizer": "sgd"},
    }
    return nncli.train(config)


def assert_computes(model, table):
    network = model.network
    assert network.outputs(ROWS, network.workspace(4))[:, 0].tolist() == table
    assert model.predict(ROWS).tolist() == table
    found = model.evaluate(ROWS, np.array(table)).as_json()
    assert found["metrics"]["accuracy"] == 1
    assert found["metrics"]["loss"] == 0
    assert found["confusion_matrix"] == [[table.count(0), 0], [0, table.count(1)]]


@with_plain
@pytest.mark.parametrize("gate", GATES)
def test_a_perceptron_by_given_weights_has_the_truth_table_of_its_gate(gate, engine):
    weights, bias, table = GATES[gate]
    assert 0 in ROWS @ weights + bias
    model = {"hidden_layers": [], "output": "step"}
    given = {"initial_weights": [[[each] for each in weights]], "initial_biases": [[bias]]}
    result = trained(gate, model | given, engine)
    assert_computes(result.model, table)
    assert result.metrics["train"]["accuracy"] == 1
    (line,) = result.model.evaluate(ROWS, np.array(table)).gate["lines"]
    assert line["positive"] == ROWS[np.array(table) == 1].tolist()


@with_plain
def test_hidden_steps_are_1_at_0_too(engine):
    result = trained("xor", XOR, engine)
    assert_computes(result.model, [0, 1, 1, 0])
    assert result.metrics["train"]["accuracy"] == 1


def test_a_class_has_the_same_output_and_prediction_as_its_neighbors():
    tiny = np.nextafter(np.float32(0), np.float32(1))
    Z = np.array([[-1], [-tiny], [-0.0], [0.0], [tiny], [1]], np.float32)
    margin = margin_of(None, chosen_at_0=True)
    expected = [0, 0, 1, 1, 1, 1]
    assert chosen_classes(Z, margin).tolist() == expected
    assert chosen_labels(Z, margin)[:, 0].tolist() == expected
    T, score = np.array(expected, np.float32)[:, np.newaxis], score_for("binary", None)
    at_0 = score_for("binary", None, chosen_at_0=True)
    assert correct_rows(Z, T, np.empty_like(Z), **at_0.parameters) == 6
    assert correct_rows(Z, T, np.empty_like(Z), **score.parameters) == 3


@every_engine
@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_the_engines_count_rows_without_a_margin(engine, outputs):
    Z = np.random.default_rng(4).integers(-2, 3, (501, outputs)).astype(np.float32)
    T = np.random.default_rng(5).integers(0, 2, (501, outputs)).astype(np.float32)
    expected = correct_rows(Z, T, np.empty_like(Z), None)
    assert 0 < expected < 501
    layers = block(outputs, outputs, "identity")
    network = Network(layers, np.zeros(parameter_count(layers), np.float32))
    network.arrays["W1"][...] = np.eye(outputs)
    score = score_for("binary", None, chosen_at_0=True)
    given = setup_of(network, Z, T, "squared_error", score=score, validation=whole(Z, T))
    assert engine_of(engine, given).evaluate()[1] * 501 == pytest.approx(expected)


@pytest.mark.parametrize("output", ["sigmoid", "tanh", "identity"])
def test_a_probability_of_one_half_and_other_outputs_of_0_still_predict_the_first_class(output):
    given = {"initial_weights": [[[1], [1]]], "initial_biases": [[-2]]}
    result = trained("and", {"hidden_layers": [], "output": output, **given}, "numpy")
    assert result.model.predict(ROWS).tolist() == [0, 0, 0, 0]
    assert result.metrics["train"]["accuracy"] == 0.75


@with_plain
@pytest.mark.parametrize(("target", "change"), [(1.0, 0.0), (0.0, -1.0)])
def test_the_perceptron_rule_corrects_a_row_of_sum_0_only_if_it_is_wrong(engine, target, change):
    network = Network(block(2, 1, "step"), np.array([1.0, 1.0, -2.0]))
    X, T = np.ones((1, 2)), np.array([[target]])
    engine = engine_of(engine, setup_of(network, X, T, "perceptron", batch_rows=1))
    take(engine, [0], rate=1.0)
    assert parameters_of(engine).tolist() == [1 + change, 1 + change, -2 + change]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_trace_shows_the_condition_and_its_value_at_0(format_):
    if format_ == "html":
        pytest.importorskip("latex2mathml", reason="the extra 'html' is not installed")
    config = {"data": {"source": "gate", "gate": "xor"}, "model": XOR, "training": {"epochs": 0}}
    page = nncli.trace(config, rows=[0], format=format_)
    sign = {"text": "≥", "html": "&#x02265;"}.get(format_, r"\ge")
    assert sign in page
    if format_ == "text":
        assert "Layer 1, step: a = 1 if z ≥ 0, else 0" in page
        assert "+ 0 = 0\n  a1[2] = 1" in page


# Model files


def content_of(path):
    """Return the arrays of a model file, and its metadata without the version of NumPy."""
    with np.load(path) as file:
        arrays = {name: (each.dtype, each.shape, each.tobytes()) for name, each in file.items()}
        metadata = json.loads(str(file["metadata"]))
    del arrays["metadata"], metadata["numpy_version"]
    return arrays, metadata


def version_of(content):
    with np.load(io.BytesIO(content)) as file:
        return json.loads(str(file["metadata"]))["format_version"]


def test_a_model_with_a_step_has_format_4_and_any_other_model_format_3():
    assert version_of(model_bytes(trained("xor", XOR, "numpy").model)) == 4
    other = XOR | {"activation": "relu", "output": "sigmoid"}
    assert version_of(model_bytes(trained("xor", other, "numpy").model)) == 3


def test_a_model_of_an_earlier_format_keeps_its_step_when_it_is_saved_again(tmp_path):
    old = read_model(OLD / "format_3.npz")
    write_model(tmp_path / "again.npz", old)
    for model in (old, read_model(tmp_path / "again.npz"), pickle.loads(pickle.dumps(old))):
        assert version_of(model_bytes(model)) == 3
        assert model.predict(ROWS).tolist() == [0, 0, 0, 0]
        assert "step: a = 1 if z > 0, else 0" in nncli.trace(model)
    assert content_of(tmp_path / "again.npz") == content_of(OLD / "format_3.npz")


@pytest.mark.parametrize("convert", [as_format_1, as_format_2])
def test_models_of_formats_1_and_2_keep_their_step(tmp_path, convert):
    with np.load(OLD / "format_3.npz") as file:
        members = dict(file)
    metadata = json.loads(str(members["metadata"]))
    convert(metadata)
    write_npz(tmp_path / "old.npz", {**members, "metadata": np.array(to_json(metadata))})
    old = read_model(tmp_path / "old.npz")
    assert old.predict(ROWS).tolist() == [0, 0, 0, 0]
    assert "step: a = 1 if z > 0, else 0" in nncli.trace(old)


def test_training_that_goes_on_from_an_old_model_keeps_its_step_and_its_rule():
    model = read_model(OLD / "format_3.npz")
    job = prepare_again(model, remedy="")
    assert job.setup.network.output.entry is model.network.output.entry
    assert job.setup.objective.function is model.objective.function
    network = Network(job.setup.network.layers[2:], np.array([1.0, 1.0, -2.0]))
    setup = setup_of(network, np.ones((1, 2)), np.ones((1, 1)), "perceptron", batch_rows=1)
    engine = engine_of("numpy", replace(setup, objective=job.setup.objective))
    take(engine, [0], rate=1.0)
    assert parameters_of(engine).tolist() == [2, 2, -1]


@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_other_engines_do_not_take_over_the_step_of_an_old_model(engine):
    if engine == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    estimator = nncli.MLPClassifier.from_model(read_model(OLD / "format_3.npz"))
    estimator.set_params(warm_start=True, engine=engine, optimizer="sgd")
    expected = f"{engine} does not support the step of an earlier nncli; use numpy"
    with pytest.raises(nncli.ConfigError, match=expected):
        estimator.fit(ROWS, ["0", "1", "1", "0"])
