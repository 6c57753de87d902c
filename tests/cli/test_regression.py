"""Regression in the commands, from the config to predictions."""

import csv
import io
import json

import numpy as np
import pytest

from nncli.model.model_file import read_model
from tests.cli.conftest import trained

ONE = """\
name: line
data:
  source: rows
  inputs: [[0, 1], [1, 0.5], [2, -1], [3, 0.25]]
  targets: [1, 3, 5.5, 6]
  target: price
  columns: [size, age]
model: {hidden_layers: [3], activation: tanh}
training: {epochs: 4, batch_size: 2, learning_rate: 0.05}
"""
TWO = ONE.replace("[1, 3, 5.5, 6]", "[[1, 10], [3, -1], [5.5, 2], [6, 4]]").replace(
    "target: price", "target: [price, rent]"
)
X = np.array([[0, 1], [1, 0.5], [2, -1], [3, 0.25]])
T = {"one": np.array([[1], [3], [5.5], [6]]), "two": np.array([[1, 10], [3, -1], [5.5, 2], [6, 4]])}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return two run directories that tests must not change: with one target and with two."""
    return {
        name: trained(tmp_path_factory.mktemp(name), text)
        for name, text in (("one", ONE), ("two", TWO))
    }


def outputs_of(run):
    network = read_model(run).network
    return network.outputs(X.astype(np.float32), network.workspace(4)).astype(np.float64)


def expected_metrics(outputs, targets):
    """Return mae, rmse and r2 as plain numbers, averaged over the targets."""
    figures = []
    for a, t in zip(outputs.T.tolist(), targets.T.tolist(), strict=True):
        errors = [left - right for left, right in zip(a, t, strict=True)]
        mean = sum(t) / len(t)
        squares = sum(e * e for e in errors)
        spread = sum((each - mean) ** 2 for each in t)
        mae = sum(map(abs, errors)) / len(t)
        figures.append((mae, (squares / len(t)) ** 0.5, 1 - squares / spread))
    means = [sum(each) / len(figures) for each in zip(*figures, strict=True)]
    return dict(zip(("mae", "rmse", "r2"), means, strict=True))


both = pytest.mark.parametrize("name", ["one", "two"])


@both
def test_the_history_and_the_metrics_have_the_mean_absolute_error(runs, name):
    with (runs[name] / "history.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:4] == ["epoch", "train_loss", "train_mae", "learning_rate"]
    assert len(rows) == 4
    saved = json.loads((runs[name] / "metrics.json").read_text(encoding="utf-8"))
    found = saved["test"]["metrics"]
    assert [*found] == ["loss", "mae", "rmse", "r2"]
    outputs = outputs_of(runs[name])
    assert found["loss"] == pytest.approx(((outputs - T[name]) ** 2).mean(), rel=1e-5)
    del found["loss"]
    assert found == pytest.approx(expected_metrics(outputs, T[name]), rel=1e-5)


@both
def test_json_is_the_object_in_the_metrics_of_the_run(nncli, runs, name):
    found = json.loads(nncli("eval", runs[name], "--json").out)
    saved = json.loads((runs[name] / "metrics.json").read_text(encoding="utf-8"))
    assert found == saved["test"]
    assert found["targets"] == (["price"] if name == "one" else ["price", "rent"])
    assert found.keys() == {
        *("split", "rows", "metrics", "constant_guess", "targets", "per_target")
    } - ({"per_target"} if name == "one" else set())


def test_the_text_has_the_metrics_and_the_figures_of_several_targets(nncli, runs):
    saved = json.loads((runs["two"] / "metrics.json").read_text(encoding="utf-8"))["test"]
    result = nncli("eval", runs["two"])
    assert (result.code, result.err) == (0, "")
    head, table = (block.splitlines() for block in result.out.split("\n\n"))
    assert [line.split() for line in head] == [
        ["split", "test"],
        ["rows", "4"],
        *([name, f"{value:.4f}"] for name, value in saved["metrics"].items()),
        ["constant", "guess", *head[-1].split()[2:]],
    ]
    means = ", ".join(f"{each:.4f}" for each in saved["constant_guess"]["values"])
    assert f"always {means}: mae " in head[-1]
    assert [line.split() for line in table] == [
        ["target", "mae", "rmse", "r2"],
        *(
            [each["target"], *(f"{each[key]:.4f}" for key in ("mae", "rmse", "r2"))]
            for each in saved["per_target"]
        ),
    ]


def test_a_single_target_is_named_with_the_metrics(nncli, runs):
    lines = nncli("eval", runs["one"]).out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["split", "test"],
        ["rows", "4"],
        ["target", "price"],
    ]
    assert lines[-1].startswith("constant guess  always ")
    assert "" not in lines


def test_training_prints_the_metrics_of_a_regression(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 0
    saved = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0] == ["split", "rows", "loss", "mae", "rmse", "r2"]
    for line, split in zip(lines[1:3], ("train", "test"), strict=True):
        found = saved[split]["metrics"]
        assert line == [split, "4", *(f"{value:.4f}" for value in found.values())]
    progress = [line for line in result.err.splitlines() if line.startswith("epoch")]
    assert progress
    assert all(" mae " in line for line in progress)
    assert "acc" not in result.err


def test_metrics_of_any_size_stay_in_their_columns(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    for factor in (1e-9, 1e9):
        targets = f"data.targets={[factor * t for t in (1, 3, 5.5, 6)]}"
        out = nncli("train", "c.yaml", targets, "training.precision=float64", "-q").out
        loss, mae, rmse, _ = (float(each) for each in out.splitlines()[1].split()[2:])
        assert rmse >= mae
        assert loss > 0
        assert mae > 0
        assert max(map(len, out.splitlines())) <= 80


def test_a_run_trains_again_to_the_same_weights(nncli, runs, tmp_path):
    assert nncli("train", runs["two"] / "config.yaml", "-o", "again").code == 0
    again, first = (read_model(run).network.parameters for run in (tmp_path / "again", runs["two"]))
    np.testing.assert_array_equal(again, first)


def test_a_model_is_described_with_its_task_and_targets(nncli, runs):
    lines = nncli("show", runs["two"]).out.splitlines()
    assert "task            regression; predicts price, rent" in lines
    assert not any(line.startswith("classes") for line in lines)
    assert any(line.split() == ["split", "loss", "mae", "rmse", "r2"] for line in lines)
    found = json.loads(nncli("show", runs["two"], "--json").out)
    assert (found["task"], found["targets"], found["classes"]) == (
        "regression",
        ["price", "rent"],
        [],
    )


def test_a_config_is_described_by_its_layers(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(TWO, encoding="utf-8")
    found = json.loads(nncli("show", "c.yaml", "--json").out)
    assert (found["task"], found["loss"]) == ("regression", "mean_squared_error")
    assert [(each["inputs"], each["outputs"]) for each in found["layers"]] == [(2, 3), (3, 2)]
    assert found["layers"][-1]["activation"] == "identity"


# Predictions


@both
@pytest.mark.parametrize("format_", ["csv", "json", "jsonl", "npy"])
def test_predictions_are_numbers(nncli, runs, name, format_, tmp_path):
    np.save(tmp_path / "rows.npy", X)
    result = nncli("predict", runs[name], "rows.npy", "--format", format_)
    assert (result.code, result.err) == (0, "")
    expected = outputs_of(runs[name]).astype(np.float32)
    columns = ["prediction"] if name == "one" else ["prediction_price", "prediction_rent"]
    if format_ == "npy":
        found = np.load(io.BytesIO(result.raw))
        assert found.shape == ((4,) if name == "one" else (4, 2))
        np.testing.assert_array_equal(found.reshape(4, -1), expected)
        return
    rows = {
        "csv": lambda text: list(csv.DictReader(io.StringIO(text))),
        "json": json.loads,
        "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
    }[format_](result.out)
    assert [*rows[0]] == ["row", *columns]
    found = np.array([[row[column] for column in columns] for row in rows], np.float32)
    np.testing.assert_array_equal(found, expected)


def test_predictions_of_a_csv_file_with_targets_leave_them_aside(nncli, runs, tmp_path):
    (tmp_path / "rows.csv").write_text("price,age,size\n9,1,0\n", encoding="utf-8")
    result = nncli("predict", runs["one"], "rows.csv", "-o", "out.csv")
    assert (result.code, result.err) == (0, "1 prediction in out.csv\n")
    (line,) = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert np.float32(line.split(",")[1]) == outputs_of(runs["one"])[0, 0].astype(np.float32)


@pytest.mark.parametrize("overrides", [(), ("model.output=sigmoid",)])
def test_a_regression_has_no_probabilities(nncli, tmp_path, overrides):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    assert nncli("train", "c.yaml", *overrides, "-o", "run").code == 0
    np.save(tmp_path / "rows.npy", X)
    result = nncli("predict", "run", "rows.npy", "--proba")
    assert result.code == 2
    assert result.error == "Error: run: its outputs are not probabilities; leave out --proba"


# Files with targets


@both
@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_file_with_targets_is_evaluated(nncli, runs, name, kind, tmp_path):
    if kind == "npz":
        np.savez(tmp_path / "f", X=X, y=T[name][:, 0] if name == "one" else T[name])
    else:
        names = ["price", "rent"][: T[name].shape[1]]
        lines = [",".join([*reversed(names), "age", "size"])]
        for x, t in zip(X.tolist(), T[name].tolist(), strict=True):
            lines.append(",".join(map(str, [*reversed(t), *reversed(x)])))
        (tmp_path / "f.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = json.loads(nncli("eval", runs[name], "--data", f"f.{kind}", "--json").out)
    of_split = json.loads(nncli("eval", runs[name], "--json").out)
    assert (found["split"], found["rows"]) == (f"f.{kind}", 4)
    assert found["metrics"] == pytest.approx(of_split["metrics"], rel=1e-6)


def test_one_row_has_no_r2(nncli, runs, tmp_path):
    (tmp_path / "f.csv").write_text("size,age,price,rent\n0,1,2,3\n", encoding="utf-8")
    found = json.loads(nncli("eval", runs["two"], "--data", "f.csv", "--json").out)
    assert [*found["metrics"]] == ["loss", "mae", "rmse"]
    assert [*found["per_target"][0]] == ["target", "mae", "rmse"]
    assert nncli("eval", runs["two"], "--data", "f.csv").out.splitlines()[-3].split() == [
        "target",
        "mae",
        "rmse",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("size,age,price\n0,1,2\n", "has no column 'rent' to compare with; add it, or predict "
         "without it"),
        ("size,age,price,rents\n0,1,2,3\n", "has no column 'rent' to compare with; did you mean "
         "'rents'?"),
        ("size,age,price,rent\n0,1,2,much\n", "line 2, column rent: found 'much'; expected a "
         "finite number"),
        ("size,age,price,rent\n", "has no rows below its header"),
        ("size,age,price,rent\n0,1,2,1e39\n", "row 0 (from 0), target rent: found 1e+39; expected "
         "a number from -1e+30 to 1e+30"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line(nncli, runs, tmp_path, content, message):
    (tmp_path / "f.csv").write_text(content, encoding="utf-8")
    result = nncli("eval", runs["two"], "--data", "f.csv")
    assert result.code == 1
    assert result.error == f"Error: f.csv: {message}"


def test_a_target_that_could_not_be_trained_on_is_not_evaluated(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    overrides = ("training.precision=float64", "training.loss=mean_absolute_error")
    assert nncli("train", "c.yaml", *overrides, "-o", "run").code == 0
    (tmp_path / "f.csv").write_text("size,age,price\n0,1,1e200\n0,1,0\n", encoding="utf-8")
    result = nncli("eval", "run", "--data", "f.csv")
    assert result.code == 1
    assert result.error == (
        "Error: f.csv: row 0 (from 0), target price: found 1e+200; expected a number from -1e+30 "
        "to 1e+30"
    )


# Losses, early stopping, gradients


def test_targets_that_the_loss_cannot_take_are_named_before_training(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    overrides = ("model.output=sigmoid", "training.loss=sigmoid_cross_entropy")
    result = nncli("train", "c.yaml", *overrides, "data.targets=[0, 0.5, 1, 1.5]", "-o", "run")
    assert result.code == 2
    assert result.error == (
        "command line: data.targets[3]: found 1.5; sigmoid_cross_entropy takes targets from 0 to 1"
    )
    assert not (tmp_path / "run").exists()
    assert nncli("train", "c.yaml", *overrides, "data.targets=[0, .5, 1, 1]", "-o", "run").code == 0
    (tmp_path / "f.csv").write_text("size,age,price\n0,1,-2\n", encoding="utf-8")
    result = nncli("eval", "run", "--data", "f.csv")
    assert result.error == (
        "Error: f.csv: row 0 (from 0), target price: found -2; sigmoid_cross_entropy takes targets "
        "from 0 to 1"
    )


@pytest.mark.parametrize(
    ("output", "targets", "warning"),
    [
        ("sigmoid", "[0, 1, 0.5, 1.25]", "row 3 (from 0), target price: a sigmoid output is "
         "between 0 and 1, and cannot reach 1.25; choose model.output: identity"),
        ("tanh", "[0, -1.5, -2, 2]", "row 1 (from 0), target price: a tanh output is between -1 "
         "and 1, and cannot reach -1.5; choose model.output: identity"),
        ("sigmoid", "[0, 1, 0.5, 1]", None),
        ("tanh", "[0, -1, 0.5, 1]", None),
        ("identity", "[0, -1e6, 0.5, 1e6]", None),
    ],
)  # fmt: skip
def test_targets_that_the_output_can_never_come_to_are_warned_of(
    nncli, tmp_path, output, targets, warning
):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    overrides = (f"model.output={output}", f"data.targets={targets}")
    result = nncli("train", "-q", "c.yaml", *overrides, "-o", "run")
    assert result.code == 0
    assert result.err == (f"Warning: {warning}\n" if warning else "")


def test_early_stopping_watches_the_mean_absolute_error(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(ONE, encoding="utf-8")
    stopping = "training.early_stopping={monitor: train_mae, patience: 3, min_change: 0.05}"
    assert nncli("train", "c.yaml", "training.epochs=500", stopping, "-o", "run").code == 0
    with (tmp_path / "run" / "history.csv").open(encoding="utf-8", newline="") as stream:
        errors = [float(row["train_mae"]) for row in csv.DictReader(stream)]
    best = [errors[0]]
    waited = [0]
    for error in errors[1:]:
        better = best[-1] - error > 0.05
        best.append(error if better else best[-1])
        waited.append(0 if better else waited[-1] + 1)
    assert waited[-1] == 3
    assert max(waited[:-1]) < 3
    assert len(errors) < 500


@pytest.mark.parametrize("text", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("identity", "mean_squared_error"),
        ("identity", "huber"),
        ("identity", "mean_absolute_error"),
        ("sigmoid", "squared_error"),
        ("sigmoid", "sigmoid_cross_entropy"),
        ("tanh", "half_squared_error"),
    ],
)
def test_the_gradients_of_a_regression_are_right(nncli, tmp_path, text, output, loss):
    if loss == "sigmoid_cross_entropy":
        text = text.replace("10]", "0.5]").replace("-1]]", "0]]")
        text = text.replace("targets: [1, 3, 5.5, 6]", "targets: [1, 0, 0.5, 0.25]")
        text = text.replace("[3, -1], [5.5, 2], [6, 4]", "[0, 1], [0.25, 0.75], [0.5, 0.125]")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    result = nncli("gradcheck", "c.yaml", f"model.output={output}", f"training.loss={loss}")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()[1:]
    assert len(lines) == 2
    assert all(line.endswith("ok") for line in lines)


@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("identity", "mean_squared_error"),
        ("tanh", "huber"),
        ("sigmoid", "half_squared_error"),
        ("sigmoid", "sigmoid_cross_entropy"),
    ],
)
@pytest.mark.parametrize("targets", ["[0, 0.5, 1, 1]", "[[0, 1], [0.5, 1], [1, 0], [0.25, 1]]"])
def test_the_history_has_the_loss_and_the_error_before_the_step(
    nncli, tmp_path, output, loss, targets
):
    (tmp_path / "c.yaml").write_text(ONE.replace("  target: price\n", ""), encoding="utf-8")
    overrides = [f"model.output={output}", f"training.loss={loss}", f"data.targets={targets}"]
    overrides += ["training.batch_size=full", "training.precision=float64"]
    for epochs in (0, 1):
        run = f"run-{epochs}"
        assert (
            nncli("train", "c.yaml", *overrides, f"training.epochs={epochs}", "-o", run).code == 0
        )
    start = json.loads((tmp_path / "run-0" / "metrics.json").read_text(encoding="utf-8"))
    with (tmp_path / "run-1" / "history.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    for name in ("loss", "mae"):
        assert float(row[f"train_{name}"]) == pytest.approx(start["train"]["metrics"][name])
