"""What TensorBoard reads in a run is what was trained."""

import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")

from PIL import Image
from tensorboard.compat.proto.graph_pb2 import GraphDef

import nncli
from nncli.metrics.tasks import Answers, ClassificationEvaluation
from nncli.runs.confusion_picture import MOST_CLASSES, confusion_picture
from nncli.training.observers.observer import Observer
from tests.tensorboard_events import events, scalars, settings, shown, status

ROOT = Path(nncli.__file__).parents[1]
XOR = {
    "data": {"source": "xor", "rows": 60, "test": 10, "validation": 20},
    "model": {"hidden_layers": [3], "activation": "tanh"},
    "training": {
        "epochs": 4,
        "batch_size": 16,
        "learning_rate": 0.05,
        "tensorboard": True,
        "log_every": 2,
    },
}
NO_VALIDATION = {"data.validation": 0}


def columns_of(history, start):
    """Return the columns of a split by the rest of their names, in float32."""
    return {
        name.removeprefix(start): [*zip(history["epoch"], np.float32(values), strict=True)]
        for name, values in history.items()
        if name.startswith(start)
    }


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return nncli.train(XOR, out=tmp_path_factory.mktemp("shown") / "run")


@pytest.fixture(scope="module")
def run(result):
    return result.directory


# Scalars


def test_the_curves_are_those_of_the_history(result, run):
    history = result.history
    expected = columns_of(history, "train_")
    expected["learning_rate"] = columns_of(history, "learning_rate")[""]
    for name in ("gradient_norm", "saturated"):
        for number, values in columns_of(history, f"{name}_").items():
            expected[f"{name}/layer_{number}"] = values
    assert {"loss", "accuracy", "learning_rate", "gradient_norm/layer_2"} <= {*expected}
    assert scalars(run, "train") == expected
    assert scalars(run, "validation") == columns_of(history, "validation_")
    assert {*scalars(run, "validation")} == {"loss", "accuracy"}


def test_another_monitored_metric_has_a_curve(tmp_path):
    stopping = {"training.early_stopping": {"monitor": "validation_roc_auc"}}
    found = nncli.train(XOR, stopping, out=tmp_path / "run")
    expected = columns_of(found.history, "validation_")
    assert {*expected} == {"loss", "accuracy", "roc_auc"}
    assert scalars(tmp_path / "run", "validation") == expected


def test_the_penalty_is_a_curve_of_training(tmp_path):
    found = nncli.train(XOR, {"training.l1": 0.01}, out=tmp_path / "run")
    expected = columns_of(found.history, "penalty")[""]
    assert len(expected) == 4
    assert scalars(tmp_path / "run", "train")["penalty"] == expected
    assert "penalty" not in scalars(tmp_path / "run", "validation")


def test_without_validation_rows_there_is_one_curve(tmp_path):
    nncli.train(XOR, NO_VALIDATION, out=tmp_path / "run")
    assert [*events(tmp_path / "run")] == ["final", "train"]
    assert [step for step, _ in scalars(tmp_path / "run", "train")["loss"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_run_may_have_hardly_any_epochs(tmp_path, epochs):
    found = nncli.train(XOR, {"training.epochs": epochs}, out=tmp_path / "run")
    assert len(scalars(tmp_path / "run", "train").get("loss", ())) == epochs
    assert shown(tmp_path / "run", "train").Graph().node
    final = scalars(tmp_path / "run", "final")["final/test_loss"]
    assert final == [(epochs, np.float32(found.metrics["test"]["loss"]))]


def test_training_does_not_change(result):
    other = nncli.train(XOR, {"training.tensorboard": False})
    for name, array in result.model.network.named.items():
        assert array.tobytes() == other.model.network.named[name].tobytes()


def test_without_a_run_directory_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert nncli.train(XOR).epochs == 4
    assert [*tmp_path.iterdir()] == []


# Histograms


def test_the_last_histograms_are_those_of_the_last_weights(tmp_path):
    found = nncli.train(XOR, NO_VALIDATION, out=tmp_path / "run")
    read = shown(tmp_path / "run", "train")
    network = found.model.network
    assert {*read.Tags()["histograms"]} == {
        f"{group}/{name}" for group in ("weights", "gradients") for name in network.named
    }
    for name, array in network.named.items():
        *_, last = read.Histograms(f"weights/{name}")
        value = last.histogram_value
        assert last.step == 4
        assert (value.num, value.min, value.max) == (array.size, array.min(), array.max())
        assert value.sum == pytest.approx(float(array.astype(float).sum()))
        if value.min < value.max:
            edges = [value.min, *value.bucket_limit]
            assert value.bucket == np.histogram(array.astype(float), edges)[0].tolist()


def test_the_histograms_of_gradients_are_of_backpropagation(tmp_path):
    data = {"data.rows": 30, **NO_VALIDATION}  # so few that all of them are used
    found = nncli.train(XOR, {**data, "training.l2": 0.5}, out=tmp_path / "run")
    read = shown(tmp_path / "run", "train")
    rows = nncli.load_data({**XOR, "training": {}}, data).splits["train"]
    X = rows.inputs[rows.rows] if found.model.preprocessing.scale == 1.0 else None
    assert X is not None
    network, T = found.model.network, rows.targets[rows.rows][:, None]
    W1, b1, W2, b2 = (network.named[name].astype(float) for name in ("W1", "b1", "W2", "b2"))
    A = np.tanh((X - found.model.preprocessing.offset) @ W1 + b1)
    dZ2 = (1 / (1 + np.exp(-(A @ W2 + b2))) - T) / len(X)
    dZ1 = dZ2 @ W2.T * (1 - A**2)
    for name, expected in {"W1": X.T @ dZ1, "b1": dZ1.sum(0), "W2": A.T @ dZ2}.items():
        value = read.Histograms(f"gradients/{name}")[-1].histogram_value
        found = [value.min, value.max, value.sum]
        np.testing.assert_allclose(
            found, [expected.min(), expected.max(), expected.sum()], rtol=1e-4, atol=1e-7
        )


def test_missing_connections_are_not_counted(tmp_path):
    found = nncli.train(XOR, {"model.density": 0.5, **NO_VALIDATION}, out=tmp_path / "run")
    present = np.count_nonzero(found.model.network.named["W1"])
    assert present == 3
    for group in ("weights", "gradients"):
        value = shown(tmp_path / "run", "train").Histograms(f"{group}/W1")[-1].histogram_value
        assert value.num == present


def test_a_long_run_has_fewer_histograms_later(tmp_path):
    nncli.train(XOR, {"training.epochs": 300, **NO_VALIDATION}, out=tmp_path / "run")
    read = shown(tmp_path / "run", "train")
    steps = [each.step for each in read.Histograms("weights/W1")]
    assert steps == [*range(1, 128), *range(128, 256, 2), *range(256, 301, 4)]
    assert len(read.Scalars("loss")) == 300


@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
def test_normalization_is_shown_and_left_as_it_is(tmp_path, kind):
    changes = {"model.normalization": kind, **NO_VALIDATION}
    found = nncli.train(XOR, changes, out=tmp_path / "run")
    usual = nncli.train(XOR, {**changes, "training.tensorboard": False})
    for name, array in found.model.network.named.items():
        assert array.tobytes() == usual.model.network.named[name].tobytes()
    tags = {*shown(tmp_path / "run", "train").Tags()["histograms"]}
    assert {"weights/gain1", "gradients/shift1"} <= tags
    names = [node.name for node in shown(tmp_path / "run", "train").Graph().node]
    assert f"layer_1/{kind}" in names


class Spoil(Observer):
    """Make weights infinite after some steps."""

    def __init__(self, epoch):
        self._epoch = epoch

    def begin(self, job):
        self._job = job

    def epoch(self, report):
        if report.epoch == self._epoch:
            self._job.network.arrays["W1"][0] = np.inf


def test_a_diverged_run_has_the_epochs_before(tmp_path):
    with pytest.raises(nncli.DivergenceError):
        nncli.train(XOR, observers=[Spoil(2)], out=tmp_path / "run")
    assert [step for step, _ in scalars(tmp_path / "run", "train")["loss"]] == [1, 2]
    assert status(tmp_path / "run") == 2
    assert "final/test_accuracy" in scalars(tmp_path / "run", "final")


# The graph


def test_the_graph_has_every_layer_with_its_sizes(tmp_path):
    changes = {
        "model.hidden_layers": [5, 4],
        "model.normalization": ["batch_norm", "none"],
        "model.activation": ["leaky_relu", "tanh"],
        "training.dropout": [0.25, 0.0],
        "training.epochs": 0,
    }
    nncli.train(XOR, changes, out=tmp_path / "run")
    nodes = shown(tmp_path / "run", "train").Graph().node
    assert [(node.name, [*node.input]) for node in nodes] == [
        ("input", []),
        ("layer_1/dense", ["input"]),
        ("layer_1/batch_norm", ["layer_1/dense"]),
        ("layer_1/leaky_relu", ["layer_1/batch_norm"]),
        ("layer_1/dropout", ["layer_1/leaky_relu"]),
        ("layer_2/dense", ["layer_1/dropout"]),
        ("layer_2/tanh", ["layer_2/dense"]),
        ("layer_3/dense", ["layer_2/tanh"]),
        ("layer_3/sigmoid", ["layer_3/dense"]),
        ("targets", []),
        ("sigmoid_cross_entropy_loss", ["layer_3/sigmoid", "targets"]),
    ]
    units = [[dim.size for dim in node.attr["_output_shapes"].list.shape[0].dim] for node in nodes]
    assert units == [[-1, n] for n in (2, 5, 5, 5, 5, 4, 4, 1, 1, 1)] + [[]]
    dense, normalization = nodes[1].attr, nodes[2].attr
    assert (dense["W1"].s, dense["b1"].s) == (b"2 x 5", b"5")
    assert {*normalization} >= {"gain1", "shift1"}
    assert nodes[4].attr["rate"].s == b"0.25"


def test_another_process_writes_the_same_bytes(tmp_path, run):
    """The order of entries in a message may depend on the process."""
    code = f"import nncli; nncli.train({XOR!r}, out='run')"
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        place = tmp_path / seed
        place.mkdir()
        subprocess.run([sys.executable, "-c", code], cwd=place, env=environment, check=True)
        assert events(place / "run") == events(run)


def test_the_graph_is_a_graph_of_tensorflow(run):
    graph = shown(run, "train").Graph()
    assert GraphDef.FromString(graph.SerializeToString()) == graph


# The end


def test_the_final_metrics_and_settings(result, run):
    expected = {
        f"final/{split}_{name}": [(result.best_epoch, np.float32(values[name]))]
        for split, values in result.metrics.items()
        for name in ("loss", "accuracy", "roc_auc", "brier")
    }
    assert scalars(run, "final") == expected
    found = settings(run)
    assert found["seed"] == 0
    assert found["training.learning_rate"] == pytest.approx(0.05)
    assert (found["training.optimizer"], found["training.optimizer.beta1"]) == ("adam", 0.9)
    assert (found["model.hidden_layers"], found["training.shuffle"]) == ("[3]", True)
    of_output = {"tensorboard", "record_weights", "log_every", "checkpoint_seconds"}
    assert not {"name", *(f"training.{key}" for key in of_output)} & {*found}
    assert status(run) == 1


def test_a_long_setting_is_cut(tmp_path):
    changes = {"model.hidden_layers": [2] * 100, "training.epochs": 0}
    nncli.train(XOR, changes, out=tmp_path / "run")
    text = settings(tmp_path / "run")["model.hidden_layers"]
    assert (len(text), text[:5], text[-3:]) == (60, "[2, 2", " 2]")


class Stop(Observer):
    """Stop after an epoch."""

    def epoch(self, report):
        return report.epoch == 2


def test_an_interrupted_run_has_results_and_is_still_running(tmp_path):
    found = nncli.train(XOR, observers=[Stop()], out=tmp_path / "run")
    final = scalars(tmp_path / "run", "final")["final/test_loss"]
    assert final == [(found.best_epoch, np.float32(found.metrics["test"]["loss"]))]
    assert status(tmp_path / "run") == 3
    nncli.resume(tmp_path / "run")
    assert status(tmp_path / "run") == 1


def picture_in(run):
    (tag,) = shown(run, "final").Tags()["images"]
    (found,) = shown(run, "final").Images(tag)
    return tag, Image.open(BytesIO(found.encoded_image_string)), found


def test_the_confusion_of_the_validation_rows_is_a_picture(result, run):
    tag, image, found = picture_in(run)
    assert tag == "confusion/validation"
    assert found.step == result.best_epoch
    assert (image.format, image.size) == ("PNG", (found.width, found.height))


def test_without_validation_rows_the_picture_is_of_test_rows(tmp_path):
    nncli.train(XOR, NO_VALIDATION, out=tmp_path / "run")
    assert picture_in(tmp_path / "run")[0] == "confusion/test"


def test_a_regression_has_no_picture(tmp_path):
    X = np.linspace(-1, 1, 40)[:, None]
    training = {"epochs": 2, "tensorboard": True}
    nncli.train({"training": training}, data=(X, X[:, 0] ** 2), out=tmp_path / "run")
    assert shown(tmp_path / "run", "final").Tags()["images"] == []
    assert "final/test_r2" in scalars(tmp_path / "run", "final")
    assert {*scalars(tmp_path / "run", "train")} >= {"loss", "mae"}


def evaluation(names, truth, chosen):
    logits = np.zeros((len(truth), len(names)), np.float32)
    logits[np.arange(len(truth)), chosen] = 1
    answers = Answers("test", names, np.array(truth), logits, 0.5, True, True)
    return ClassificationEvaluation.of(answers)


def blue_cells(picture):
    """Return the number of cells with the color of a share of 1."""
    pixels = np.asarray(Image.open(BytesIO(picture.png)))
    blue = (pixels == (0, 114, 178)).all(axis=2)
    side = 43 * 43  # minus the text
    return round(np.count_nonzero(blue) / side + 0.2)


def test_a_cell_is_as_dark_as_its_share():
    right = evaluation(["a", "b", "c"], [0, 1, 2, 2], [0, 1, 2, 2])
    assert blue_cells(confusion_picture(right)) == 3
    half = evaluation(["a", "b", "c"], [0, 1, 2, 2], [0, 1, 2, 1])
    assert blue_cells(confusion_picture(half)) == 2


@pytest.mark.parametrize("rows", [9999, 10_000, 54_321, 99_999])
def test_large_counts_fit_into_their_cells(rows):
    found = confusion_picture(evaluation(["a", "b"], [0] * rows + [1], [0] * rows + [1]))
    pixels = np.asarray(Image.open(BytesIO(found.png)))
    blue = np.argwhere((pixels == (0, 114, 178)).all(axis=2))
    top, left = blue.min(axis=0)
    cell = pixels[top : top + 43, left : left + 43]
    edges = np.concatenate([cell[:, :1], cell[:, -1:]], axis=1)
    assert (edges == (0, 114, 178)).all()


def test_of_many_classes_those_most_often_confused_are_shown():
    names = [f"class {n}" for n in range(1000)]
    truth = [*range(1000), *range(500, 530)]
    chosen = [*range(1000), *range(501, 531)]
    found = confusion_picture(evaluation(names, truth, chosen))
    twenty = confusion_picture(evaluation(names[:MOST_CLASSES], [0], [0]))
    assert found.height <= twenty.height + 60
    assert len(found.png) < 100_000


@pytest.mark.parametrize("name", ["\x1b[31mred\n", "中文字", "n" * 10_000, "\ud800", " ", "a\0b"])
def test_any_class_name_is_drawn(name):
    found = confusion_picture(evaluation(["a", name], [0, 1], [0, 1]))
    assert max(found[:2]) < 500
    assert Image.open(BytesIO(found.png)).size == (found.width, found.height)


# Several runs


def test_folds_and_seeds_have_their_own_events(tmp_path):
    nncli.cross_validate(XOR, {"training.folds": 2}, out=tmp_path / "folds")
    nncli.train_seeds(XOR, {"training.seeds": 2}, out=tmp_path / "seeds")
    for run in ("folds/fold-1", "folds/fold-2", "seeds/seed-0", "seeds/seed-1"):
        assert len(scalars(tmp_path / run, "train")["loss"]) == 4, run
    assert settings(tmp_path / "seeds" / "seed-1")["seed"] == 1
    assert not (tmp_path / "folds" / "tensorboard").exists()


def test_a_refit_has_events_of_both_trainings(tmp_path):
    changes = {"training.refit": True, "data.validation": 10}
    found = nncli.train(XOR, changes, out=tmp_path / "run")
    assert len(scalars(tmp_path / "run" / "selection", "validation")["loss"]) == 4
    assert len(scalars(tmp_path / "run", "train")["loss"]) == found.epochs


# What may go wrong


class RemoveFolder(Observer):
    """Remove something of the run after the second epoch."""

    def __init__(self, path):
        self._path = path

    def epoch(self, report):
        if report.epoch == 2:
            shutil.rmtree(self._path)


@pytest.mark.skipif(os.name != "posix", reason="open files cannot be removed")
@pytest.mark.parametrize("name", ["tensorboard", "tensorboard/train"])
def test_a_folder_that_is_removed_during_training_is_written_again(tmp_path, run, name):
    nncli.train(XOR, observers=[RemoveFolder(tmp_path / "run" / name)], out=tmp_path / "run")
    assert events(tmp_path / "run") == events(run)


@pytest.mark.skipif(os.name != "posix", reason="open files cannot be removed")
def test_a_run_that_is_removed_during_training_is_saved_with_its_events(tmp_path, run):
    path = tmp_path / "run"
    with pytest.raises(nncli.OutputError, match="the state is saved in"):
        nncli.train(XOR, {"training.epochs": 40}, observers=[RemoveFolder(path)], out=path)
    (saved,) = tmp_path.glob("saved-*")
    nncli.resume(saved)
    assert len(scalars(saved, "train")["loss"]) == 40
    assert scalars(saved, "train")["loss"][:4] == scalars(run, "train")["loss"]
    assert len(shown(saved, "train").Histograms("weights/W1")) == 40


def test_a_missing_package_is_an_error_before_training(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(nncli.ConfigError) as found:
        nncli.train(XOR, out=tmp_path / "run")
    assert str(found.value).startswith(
        "config: training.tensorboard: tensorboard is not installed; get it with: pip install"
    )
    assert not (tmp_path / "run").exists()


def test_a_package_that_does_not_work_is_an_error_before_training(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    with pytest.raises(nncli.ConfigError, match="tensorboard cannot be used: "):
        nncli.train(XOR, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_trained_model_needs_no_tensorboard(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    model = nncli.load(run)
    assert model.evaluate(split="test").metrics == model.metrics["test"]
    nncli.train({**XOR, "training": {"epochs": 1}})
