"""Predictions and evaluations for outputs with and without probabilities."""

import csv
import gc
import io
import json
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from nncli.base.errors import DataError, OutputError
from nncli.base.extras import install_command
from nncli.data.rows.blocks import Asked
from nncli.data.scaling import Scaling
from nncli.data.splits import whole
from nncli.model.evaluation import (
    check_targets,
    class_codes,
    evaluate,
    scaling_of,
)
from nncli.model.formats import FORMATS
from nncli.model.model import Model
from nncli.model.prediction import PredictedRows, in_one, predict_rows, predicted_blocks
from nncli.model.preprocessing import Preprocessing
from nncli.model.thresholds import gives_probabilities
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network
from nncli.nn.objective import Objective

parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'parquet' is not installed")

OF_PROBABILITIES = ("sigmoid", "softmax", "normalized_sigmoid")
OF_CLASSIFIERS = [name for name, entry in ACTIVATIONS.items() if "multiclass" in entry.output_for]
FIVE_HUNDRED = Asked(print, rows=500)
INPUTS = np.array([[0.5, -1.0], [2.0, 1.0], [-1.0, 0.25], [0.0, 3.0]])


def make_model(output, outputs=3):
    parameters = np.random.default_rng(0).normal(size=3 * outputs)
    loss = ACTIVATIONS[output].loss
    return Model(
        network=Network(block(2, outputs, output), parameters),
        preprocessing=Preprocessing(["x", "y"], 0.0, 1.0),
        task="binary" if outputs == 1 else "multiclass",
        targets=["class"],
        classes=["a", "b", "c"][: max(outputs, 2)],
        objective=Objective(loss, LOSSES[loss].complete({})),
        config={},
        metrics={},
        training={},
    )


def written_from(predictions):
    """Return predictions as written in every format."""
    written = {}
    for name, each in FORMATS.items():
        stream = io.BytesIO()
        each.write([PredictedRows(0, predictions, {})], stream)
        written[name] = stream.getvalue()
    return written


@pytest.mark.parametrize("output", OF_CLASSIFIERS)
def test_the_targets_are_those_of_the_output(output):
    codes = class_codes(make_model(output).network, 3)
    low = -1 if output in ("identity", "tanh") else 0
    np.testing.assert_array_equal(codes, np.where(np.eye(3) == 1, 1, low))


@pytest.mark.parametrize(
    ("output", "outputs"),
    [(name, 3) for name in OF_CLASSIFIERS]
    + [(name, 1) for name in OF_CLASSIFIERS if not ACTIVATIONS[name].output_only],
)
def test_classes_are_predicted_from_logits_with_probabilities_where_defined(output, outputs):
    model = make_model(output, outputs)
    predictions = predict_rows(model, INPUTS)
    W, b = model.network.arrays.values()
    sums = INPUTS @ W + b
    chosen = sums.argmax(axis=1) if outputs == 3 else sums[:, 0] > 0
    assert predictions.chosen.tolist() == chosen.tolist()
    assert predictions.names == [model.classes[index] for index in chosen.astype(int)]
    assert gives_probabilities(model.network) == (output in OF_PROBABILITIES)
    assert (predictions.probabilities is not None) == (output in OF_PROBABILITIES)


@pytest.mark.parametrize("output", OF_CLASSIFIERS)
def test_every_format_has_probabilities_where_defined(output):
    predictions = predict_rows(make_model(output), INPUTS)
    columns = [f"p_{name}" for name in "abc"] if output in OF_PROBABILITIES else []
    written = written_from(predictions)

    header, *rows = csv.reader(io.StringIO(written["csv"].decode()))
    assert header == ["row", "prediction", *columns]
    assert [row[1] for row in rows] == predictions.names

    objects = json.loads(written["json"])
    assert objects == [json.loads(line) for line in written["jsonl"].splitlines()]
    assert [each["prediction"] for each in objects] == predictions.names
    assert [*objects[0]] == ["row", "prediction", *columns]

    array = np.load(io.BytesIO(written["npy"]))
    if columns:
        np.testing.assert_array_equal(array, predictions.probabilities)
    else:
        assert array.tolist() == predictions.names


@pytest.mark.parametrize("output", OF_CLASSIFIERS)
def test_an_evaluation_has_a_log_loss_where_probabilities_are_defined(output):
    model = make_model(output)
    rows = whole(INPUTS, np.array([0, 1, 2, 0], np.uint8))
    found = evaluate(
        model.network,
        model.objective,
        rows,
        scaling_of(model),
        name="test",
        task=model.task,
        targets=model.targets,
        classes=model.classes,
    ).metrics
    assert ("log_loss" in found) == (output in OF_PROBABILITIES)
    assert found["loss"] >= 0
    if output == "softmax":
        assert found["log_loss"] == pytest.approx(found["loss"], rel=1e-12)


# Labels


def test_labels_are_evaluated_by_the_threshold():
    network = Network(block(2, 3, "sigmoid"), np.random.default_rng(3).normal(size=9))
    T = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 0, 1]], np.uint8)
    found = evaluate(
        network,
        Objective("sigmoid_cross_entropy", {}),
        whole(INPUTS, T),
        Scaling(0.5, 2.0),
        name="test",
        task="multilabel",
        targets=["a", "b", "c"],
        classes=[],
        threshold=0.3,
    )
    W, b = network.arrays.values()
    chosen = 1 / (1 + np.exp(-((INPUTS - 0.5) * 2 @ W + b))) > 0.3
    assert found.metrics["hamming_loss"] == (chosen != T).mean()
    assert found.metrics["accuracy"] == (chosen == T).all(axis=1).mean()
    assert [each["support"] for each in found.figures] == [3, 1, 1]


# Regression


def make_regression(outputs, output="identity", dtype=np.float64):
    parameters = np.random.default_rng(outputs).normal(size=3 * outputs).astype(dtype)
    return Model(
        network=Network(block(2, outputs, output), parameters),
        preprocessing=Preprocessing(["x", "y"], 0.5, 2.0),
        task="regression",
        targets=["a", "b", "c"][:outputs],
        classes=[],
        objective=Objective("squared_error", {}),
        config={},
        metrics={},
        training={},
    )


def numbers_of(model, inputs):
    """Return the predictions, computed row by row with plain numbers."""
    W, b = model.network.arrays.values()
    rows = []
    for row in inputs.tolist():
        x = [(each - 0.5) * 2 for each in row]
        rows.append([x[0] * W[0, o] + x[1] * W[1, o] + b[o] for o in range(len(b))])
    return rows


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("rows", [4, 1203])
def test_a_regression_predicts_numbers(outputs, rows):
    inputs = np.tile(INPUTS, (rows // 4 + 1, 1))[:rows]
    model = make_regression(outputs)
    found = predict_rows(model, inputs)
    assert len(found) == rows
    np.testing.assert_allclose(found.values, numbers_of(model, inputs), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("outputs", [1, 3])
def test_every_format_gives_the_numbers_of_a_regression_back(outputs, dtype):
    predictions = predict_rows(make_regression(outputs, dtype=dtype), INPUTS)
    columns = ["prediction"] if outputs == 1 else [f"prediction_{name}" for name in "abc"]
    written = written_from(predictions)

    header, *rows = csv.reader(io.StringIO(written["csv"].decode()))
    assert header == ["row", *columns]
    assert [row[0] for row in rows] == ["0", "1", "2", "3"]
    np.testing.assert_array_equal(np.array([row[1:] for row in rows], float), predictions.values)
    assert rows[0][1] == str(predictions.values[0, 0])

    objects = json.loads(written["json"])
    assert objects == [json.loads(line) for line in written["jsonl"].splitlines()]
    assert [[*each] for each in objects] == [["row", *columns]] * 4
    assert [str(each[columns[0]]) for each in objects] == [row[1] for row in rows]

    array = np.load(io.BytesIO(written["npy"]))
    assert array.dtype == predictions.values.dtype == np.float64
    assert array.shape == ((4,) if outputs == 1 else (4, 3))
    np.testing.assert_array_equal(array.reshape(4, -1), predictions.values)


@pytest.mark.parametrize("outputs", [1, 3])
def test_an_evaluation_of_a_regression_has_errors_and_r2(outputs):
    model = make_regression(outputs)
    T = np.random.default_rng(9).normal(size=(4, outputs))
    found = evaluate(
        model.network,
        model.objective,
        whole(INPUTS, T),
        scaling_of(model),
        name="test",
        task=model.task,
        targets=model.targets,
        classes=[],
    )
    errors = (np.array(numbers_of(model, INPUTS)) - T).T.tolist()
    maes = [sum(map(abs, each)) / 4 for each in errors]
    rmses = [(sum(e * e for e in each) / 4) ** 0.5 for each in errors]
    assert found.metrics["loss"] == pytest.approx(sum(e * e for each in errors for e in each) / 4)
    assert found.metrics["mae"] == pytest.approx(sum(maes) / outputs)
    assert found.metrics["rmse"] == pytest.approx(sum(rmses) / outputs)
    assert [*found.metrics] == ["loss", "mae", "rmse", "r2"]
    as_json = found.as_json()
    assert (as_json["split"], as_json["rows"], as_json["targets"]) == ("test", 4, model.targets)
    if outputs == 1:
        assert as_json.keys() == {"split", "rows", "metrics", "constant_guess", "targets"}
    else:
        assert [each["target"] for each in as_json["per_target"]] == ["a", "b", "c"]
        assert [each["mae"] for each in as_json["per_target"]] == pytest.approx(maes)
        assert [each["rmse"] for each in as_json["per_target"]] == pytest.approx(rmses)
        mean_r2 = sum(each["r2"] for each in as_json["per_target"]) / 3
        assert found.metrics["r2"] == pytest.approx(mean_r2)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (1.5, "found 1.5; sigmoid_cross_entropy takes targets from 0 to 1"),
        (-1e-9, "found -1e-09; sigmoid_cross_entropy takes targets from 0 to 1"),
    ],
)
def test_targets_that_the_loss_cannot_take_are_named(value, problem):
    T = np.array([[0.0, 1.0], [0.5, value], [2.0, 0.5]])
    split = whole(INPUTS[:3], T).part(np.array([0, 1]))
    objective = Objective("sigmoid_cross_entropy", {})
    with pytest.raises(DataError) as caught:
        check_targets(split, objective, ["a", "b"], "rows.csv")
    assert str(caught.value) == f"rows.csv: row 1 (from 0), target b: {problem}"
    check_targets(split, Objective("squared_error", {}), ["a", "b"], "rows.csv")
    check_targets(split.part(np.array([0])), objective, ["a", "b"], "rows.csv")


@pytest.mark.parametrize("scale", [1e-30, [1e-30]])
def test_numbers_beyond_the_networks_precision_are_predicted(scale):
    """The predictions have the targets' units, although the network learned scaled targets."""
    layers, parameters = block(2, 1, "identity"), np.full(3, 1e30, np.float32)
    model = replace(
        make_model("identity", 1),
        network=Network(layers, parameters),
        preprocessing=Preprocessing(["x", "y"], 0.0, 1.0, 0.0, scale),
        task="regression",
        targets=["y"],
        classes=[],
    )
    found = predict_rows(model, INPUTS).values
    np.testing.assert_allclose(found[:, 0], (INPUTS.sum(axis=1) + 1) * 1e60, rtol=1e-6)


# Files


def write_rows(path, rows):
    lines = (f"{n % 7},{'-' * 100},{n % 5}.25\n" for n in range(rows))
    path.write_text("y,remark,x\n" + "".join(lines), encoding="utf-8")


@pytest.mark.parametrize("output", ["softmax", "tanh"])
def test_a_file_in_blocks_is_written_as_if_it_were_read_at_once(tmp_path, output):
    write_rows(tmp_path / "rows.csv", 1203)
    model = make_model(output)
    blocks = [*predicted_blocks(model, tmp_path / "rows.csv", FIVE_HUNDRED)]
    assert [(block.first, len(block)) for block in blocks] == [(0, 500), (500, 500), (1000, 203)]
    inputs = np.array([[n % 5 + 0.25, n % 7] for n in range(1203)])
    expected = written_from(predict_rows(model, inputs))
    for name, each in FORMATS.items():
        stream = io.BytesIO()
        each.write(blocks, stream)
        if name == "parquet":
            found, all_at_once = (
                parquet.read_table(io.BytesIO(content))
                for content in (stream.getvalue(), expected[name])
            )
            assert found.equals(all_at_once)
            assert found.column_names[:2] == ["row", "prediction"]
        else:
            assert stream.getvalue() == expected[name]


def test_memory_does_not_grow_with_the_rows(tmp_path):
    peaks = []
    for rows in (5000, 20_000):
        write_rows(tmp_path / "rows.csv", rows)
        tracemalloc.start()
        gc.disable()  # objects without reference cycles are freed at once
        try:
            with (tmp_path / "out.csv").open("wb") as stream:
                FORMATS["csv"].write(
                    predicted_blocks(make_model("softmax"), tmp_path / "rows.csv", FIVE_HUNDRED),
                    stream,
                )
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            gc.enable()
            tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_the_progress_in_bytes_is_reported_while_a_file_is_read(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.zeros((1203, 2)))
    told = []
    asked = Asked(print, rows=500, advance=told.append)
    for _ in predicted_blocks(make_model("softmax"), path, asked):
        pass
    assert sum(told) >= 1203 * 16
    assert len(told) >= 3


def test_without_pyarrow_the_command_to_install_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    block = PredictedRows(0, predict_rows(make_model("softmax"), INPUTS), {})
    with pytest.raises(OutputError) as caught:
        FORMATS["parquet"].write([block], io.BytesIO())
    assert str(caught.value) == (
        "writing Parquet requires pyarrow, which is not installed; install it with: "
        + install_command("parquet")
    )


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("sizes", [[4], [4, 0], [1, 2], [5, 5, 5, 1], [1] * 40])
def test_joined_arrays_equal_their_concatenation(sizes, shape):
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(size, *shape)) for size in sizes]
    before = [array.copy() for array in arrays]
    found = in_one(iter(arrays))
    np.testing.assert_array_equal(found, np.concatenate(before))
    np.testing.assert_array_equal(arrays[0], before[0])
