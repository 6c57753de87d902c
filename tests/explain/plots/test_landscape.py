"""The landscape shows losses in the plane of the two main directions of the recorded path."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.explain.plots.landscape import MOST_ROWS, POINTS, _losses, _plane_of
from nncli.explain.plots.subject import subject_of
from nncli.training.recorded_weights import RecordedWeights

CONFIG = {
    "data": {"source": "xor", "rows": 40, "test": 10},
    "model": {"hidden_layers": [4], "activation": "tanh"},
    "training": {"epochs": 10, "batch_size": 20, "learning_rate": 0.05, "record_weights": 2},
}


@pytest.fixture(scope="module")
def result():
    return nncli.train(CONFIG)


@pytest.fixture(scope="module")
def figure(result):
    return nncli.plot(result, "landscape")["landscape"]


def lines_of(figure):
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].get_lines()}


def test_the_path_is_drawn_in_its_main_directions(result, figure):
    copies = result.weights.parameters.astype(np.float64)
    U, lengths, _ = np.linalg.svd(copies - copies[-1], full_matrices=False)
    path = lines_of(figure)["path, a copy every 2 steps"]
    np.testing.assert_allclose(np.abs(path), np.abs(U[:, :2] * lengths[:2]), atol=1e-6)
    shares = lengths**2 / (lengths**2).sum()
    assert figure.axes[0].get_xlabel() == (
        f"first main direction: {100 * shares[0]:.3g} % of the path's variance"
    )
    assert figure.axes[0].get_ylabel().startswith(f"second main direction: {100 * shares[1]:.3g} %")


def test_the_path_starts_at_the_left_and_ends_in_the_origin(figure):
    lines = lines_of(figure)
    assert lines["before training"][0, 0] < 0
    np.testing.assert_allclose(lines["last copy, after epoch 10"], [[0, 0]], atol=1e-9)
    np.testing.assert_allclose(lines["the model, epoch 10"], [[0, 0]], atol=1e-9)


def test_losses_are_those_of_the_weights_in_the_plane(result):
    subject = subject_of(result)
    plane = _plane_of(result.weights)
    losses, rows = _losses(subject.job, result.weights, plane, np.zeros(1), np.zeros(1))
    assert rows == 40
    np.testing.assert_allclose(losses, [[result.metrics["train"]["loss"]]], rtol=1e-5)
    x, y = np.array([0.0, 0.5, 1.0]), np.array([0.0, 2.0])
    losses, _ = _losses(subject.job, result.weights, plane, x, y)
    network, model = subject.job.network, nncli.train(CONFIG).model
    moved = plane.origin + 0.5 * plane.directions[0] + 2 * plane.directions[1]
    model.network.parameters[...] = moved
    assert network.parameters is not model.network.parameters
    expected = model.evaluate(split="train").metrics["loss"]
    np.testing.assert_allclose(losses[1, 1], expected, rtol=1e-5)


def test_the_title_tells_the_rows(figure):
    assert figure.get_suptitle().endswith(f"{POINTS} × {POINTS} losses of all 40 training rows")


def test_many_rows_are_sampled_by_the_seed():
    many = {"data": {"source": "xor", "rows": 3000, "test": 10}}
    short = {"training.epochs": 1, "training.record_weights": 5, "seed": 4}
    result = nncli.train(many, {**short, "model.hidden_layers": [2]})
    title = nncli.plot(result, "landscape")["landscape"].get_suptitle()
    assert title.endswith(f"losses of {MOST_ROWS:,} of 3,000 training rows, drawn by seed 4")


def test_a_long_path_is_thinned():
    random = np.random.default_rng(1)
    copies = random.normal(size=(5000, 3)).cumsum(axis=0)
    plane = _plane_of(RecordedWeights(1, 10, copies, copies[:, :0]))
    assert len(plane.places) == 500
    np.testing.assert_allclose(plane.places[-1], 0, atol=1e-9)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-9)


@pytest.mark.parametrize("every", [20, 100])
def test_a_path_without_two_directions_is_refused(every):
    result = nncli.train(CONFIG, {"training.record_weights": every})
    with pytest.raises(nncli.UsageError, match="landscape: needs a recorded path with two"):
        nncli.plot(result, "landscape")


@pytest.mark.parametrize("kind", ["landscape", "weights-history"])
def test_a_run_without_recorded_weights_is_refused(kind, tmp_path):
    result = nncli.train(CONFIG, {"training.record_weights": None}, out=tmp_path / "run")
    for what in (result, tmp_path / "run", result.model):
        with pytest.raises(nncli.UsageError, match=f"{kind}: needs a run with training.record_w"):
            nncli.plot(what, kind)


@pytest.mark.parametrize("kind", ["landscape", "weights-history"])
@pytest.mark.parametrize("size", [1e101, np.finfo(np.float64).max])
def test_absurd_weights_are_refused(result, kind, size):
    copies = result.weights.parameters.astype(np.float64)
    copies *= size / np.abs(copies).max()
    absurd = replace(result, weights=replace(result.weights, parameters=copies))
    with pytest.raises(nncli.UsageError, match=f"{kind}: needs weights up to 1e"):
        nncli.plot(absurd, kind)


@pytest.mark.parametrize("kind", ["landscape", "weights-history"])
def test_a_damaged_file_is_refused(xor_run, tmp_path, kind):
    for name in ("weights.npz", "config.yaml", "history.csv", "recorded_weights.npz"):
        content = (xor_run / name).read_bytes()
        (tmp_path / name).write_bytes(content[:-1] if name.startswith("rec") else content)
    with pytest.raises(nncli.DataError, match=r"recorded_weights\.npz: is damaged"):
        nncli.plot(tmp_path, kind)


_PLANE = """
import numpy as np
from nncli.explain.plots.landscape import _plane_of
from nncli.training.recorded_weights import RecordedWeights
path = np.cumsum(np.random.default_rng(0).normal(size=(300, 30_001)), axis=0).astype(np.float32)
plane = _plane_of(RecordedWeights(1, 1, path, np.zeros((300, 0), np.float32)))
print(repr(plane.places.tobytes()), repr(plane.shares.tobytes()))
"""


def test_the_plane_does_not_depend_on_the_number_of_threads():
    found = {
        subprocess.run(
            [sys.executable, "-c", _PLANE],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(found) == 1
