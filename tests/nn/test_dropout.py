"""Dropout leaves out units in training, and only there."""

import numpy as np
import pytest

from nncli.base.errors import ConfigError
from nncli.config.load import load_config
from nncli.nn.dropout import Dropout
from nncli.nn.network import Layer, Network, Objective, layer_views, parameter_count
from nncli.runs.pipeline import prepare
from nncli.training.loop import Progress, train

LAYERS = [Layer(3, 400, "tanh"), Layer(400, 300, "relu"), Layer(300, 2, "softmax")]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_share_is_left_out_and_the_rest_is_scaled_up(dtype):
    keep = Dropout([0.5, 0.2], LAYERS, 50, dtype, seed=0).draw(step=3, rows=40)
    for index, rate in enumerate([0.5, 0.2]):
        assert keep[index].shape == (40, LAYERS[index].outputs)
        assert keep[index].dtype == dtype
        assert set(np.unique(keep[index])) == {0, dtype(1 / (1 - rate))}
        assert (keep[index] == 0).mean() == pytest.approx(rate, abs=0.02)


def test_what_is_kept_follows_from_numbers_that_are_counted():
    keep = Dropout([0.0, 0.4], LAYERS, 4, np.float64, seed=8).draw(step=5, rows=4)
    words = np.random.Philox(key=[8, 7], counter=[0, 0, 1, 5]).random_raw(4 * 300 // 2)
    halves = np.stack([words & 0xFFFFFFFF, words >> 32], axis=1).ravel()
    numbers = (halves >> 8).reshape(4, 300) / 2**24
    np.testing.assert_array_equal(keep[1] > 0, numbers >= np.float32(0.4))


def test_the_draw_depends_on_seed_and_step_alone():
    def draw(seed, step):
        return Dropout([0.5, 0], LAYERS, 10, np.float32, seed).draw(step, 10)[0].copy()

    np.testing.assert_array_equal(draw(1, 5), draw(1, 5))
    assert (draw(1, 5) != draw(1, 6)).any()
    assert (draw(1, 5) != draw(2, 5)).any()
    assert Dropout([0.5, 0], LAYERS, 10, np.float32, 1).draw(0, 10).keys() == {0}


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "prelu", "gelu", "silu"])
def test_the_gradient_with_units_left_out_is_that_of_the_thinned_network(hidden):
    random = np.random.default_rng(0)
    layers = [Layer(3, 5, hidden), Layer(5, 4, hidden), Layer(4, 2, "softmax")]
    network = Network(layers, random.normal(size=parameter_count(layers)))
    X, T = random.normal(size=(6, 3)), np.eye(2)[random.integers(0, 2, 6)]
    keep = Dropout([0.4, 0.3], layers, 6, np.float64, seed=0).draw(0, 6)
    work, objective = network.workspace(6), Objective("cross_entropy", {})
    gradient = np.empty_like(network.parameters)

    def loss():
        network.logits(X, work, keep)
        return objective(network, T, work)

    loss()
    network.backward(X, work, layer_views(layers, gradient), keep)
    for index in range(len(gradient)):
        before = network.parameters[index]
        network.parameters[index] = before + 1e-6
        above = loss()
        network.parameters[index] = before - 1e-6
        below = loss()
        network.parameters[index] = before
        assert gradient[index] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.fixture
def job_of(tmp_path):
    def make(*overrides):
        path = tmp_path / "c.yaml"
        path.write_text(
            "data: {source: xor, rows: 70, test: 30, validation: 20}\n"
            "model: {hidden_layers: [8, 6]}\ntraining: {epochs: 2, batch_size: 16}\n",
            encoding="utf-8",
        )
        return prepare(load_config(path, overrides))

    return make


def parameters_after_training(job):
    list(train(job.engine, job.training, job.validation, job.plan, Progress()))
    return job.engine.parameters()


def test_a_seed_gives_the_same_run_and_no_dropout_another(job_of):
    once, again, without = (
        parameters_after_training(job_of(f"training.dropout={rate}"))
        for rate in ("[0.5, 0.1]", "[0.5, 0.1]", "0.0")
    )
    np.testing.assert_array_equal(once, again)
    assert (once != without).any()


def test_evaluation_uses_every_unit(job_of):
    job = job_of("training.dropout=0.9")
    X, T = next(job.validation.in_order())
    assert job.engine.evaluate(X, T) == job.engine.evaluate(X, T)
    assert job.engine.evaluate(X, T) == job_of().engine.evaluate(X, T)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("[0.1]", "training.dropout: a list of 1; expected 2, one for each hidden layer"),
        ("1.0", "training.dropout: found 1.0; expected less than 1.0"),
        ("[0.5, -0.1]", "training.dropout[1]: found -0.1; expected 0.0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(job_of, value, problem):
    with pytest.raises(ConfigError) as caught:
        job_of(f"training.dropout={value}")
    assert str(caught.value) == f"command line: {problem}"
