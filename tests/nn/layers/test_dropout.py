"""Dropout leaves out units in training only."""

import numpy as np
import pytest

from nncli.base.errors import ConfigError
from nncli.config.load import load_config
from nncli.nn.layers.dropout import Dropout, with_dropout
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network, parameter_count
from nncli.nn.workspace import Workspace
from nncli.runs.preparation import prepare
from nncli.training.loop import train
from tests.nn.networks import build_layers, numerical_gradient, objective
from tests.nn.strict import strict

LAYERS = [*block(3, 400, "tanh"), *block(400, 300, "relu"), *block(300, 2, "softmax")]
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def factors(layer, step, rows=40, dtype=np.float64, room=50):
    """Return the factors by which a layer multiplies the rows in a step."""
    own = Workspace([layer], room, dtype).first(rows).buffers[0]
    return layer.forward(np.ones((rows, layer.outputs), dtype), own, step)


@pytest.mark.parametrize(("units", "rate"), [(400, 0.5), (300, 0.2)])
@both_precisions
def test_the_rate_is_left_out_and_the_rest_is_scaled_up(dtype, units, rate):
    found = factors(Dropout(units, rate, seed=0, index=0), step=3, dtype=dtype)
    assert found.shape == (40, units)
    assert found.dtype == dtype
    assert set(np.unique(found)) == {0, dtype(1 / (1 - rate))}
    assert (found == 0).mean() == pytest.approx(rate, abs=0.02)


@pytest.mark.parametrize("room", [4, 9])
@both_precisions
def test_the_kept_units_follow_from_a_counter(dtype, room):
    (layer,) = (each for each in with_dropout(LAYERS, [0.0, 0.4], 8) if each.kind == "dropout")
    words = np.random.Philox(key=[8, 7], counter=[0, 0, 1, 5]).random_raw(4 * 300 // 2)
    halves = np.stack([words & 0xFFFFFFFF, words >> 32], axis=1).ravel()
    numbers = (halves >> 8).reshape(4, 300) / 2**24
    found = factors(layer, step=5, rows=4, dtype=dtype, room=room)
    np.testing.assert_array_equal(found > 0, numbers >= np.float32(0.4))


def test_few_units_are_drawn_row_by_row_too():
    words = np.random.Philox(key=[2, 7], counter=[0, 0, 0, 1]).random_raw(12)
    halves = np.stack([words & 0xFFFFFFFF, words >> 32], axis=1).ravel()
    numbers = (halves >> 8).reshape(8, 3) / 2**24
    found = factors(Dropout(3, 0.5, seed=2, index=0), step=1, rows=8)
    np.testing.assert_array_equal(found > 0, numbers >= 0.5)


def test_the_draw_depends_on_seed_step_and_index_alone():
    def draw(seed, step, index=0):
        return factors(Dropout(400, 0.5, seed, index), step, rows=10, dtype=np.float32)

    np.testing.assert_array_equal(draw(1, 5), draw(1, 5))
    assert (draw(1, 5) != draw(1, 6)).any()
    assert (draw(1, 5) != draw(2, 5)).any()
    assert (draw(1, 5) != draw(1, 5, index=1)).any()


def test_dropout_follows_hidden_activations_with_a_rate():
    def kinds(*rates):
        return [each.kind for each in with_dropout(LAYERS, rates, seed=0)]

    assert kinds() == kinds(0.0, 0.0) == [each.kind for each in LAYERS]
    dense = ["dense", "tanh", "dropout", "dense", "relu", "dense", "softmax"]
    assert kinds(0.5) == kinds(0.5, 0.0) == dense
    assert kinds(0.5, 0.5) == [*dense[:5], "dropout", *dense[5:]]


def test_a_network_in_inference_has_every_unit():
    X = np.random.default_rng(0).normal(size=(6, 5))
    layer = Dropout(5, 0.9, seed=0, index=0)
    assert layer.forward(X, Workspace([layer], 6, np.float64).buffers[0], None) is X


@both_precisions
def test_nothing_leaves_the_precision(dtype):
    layer = Dropout(5, 0.5, seed=0, index=0)
    own = Workspace([layer], 6, dtype).buffers[0]
    own.Y = strict(own.Y)
    X, dY = strict(np.ones((6, 5), dtype)), strict(np.ones((6, 5), dtype))
    assert layer.forward(X, own, 0).dtype == dtype
    assert layer.backward(dY, own, ()) is dY
    np.testing.assert_array_equal(dY, own.factors)


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "prelu", "gelu", "silu"])
def test_the_gradient_with_units_left_out_is_that_of_the_thinned_network(hidden):
    random = np.random.default_rng(0)
    layers = with_dropout(build_layers((3, 5, 4, 2), hidden, "softmax"), [0.4, 0.3], seed=0)
    network = Network(layers, random.normal(size=parameter_count(layers)))
    X, T = random.normal(size=(6, 3)), np.eye(2)[random.integers(0, 2, 6)]
    work, joined = network.workspace(6), objective("cross_entropy")
    gradient = np.empty_like(network.parameters)

    def loss():
        network.logits(X, work, 0)
        return joined(network, T, work)

    loss()
    network.backward(work, network.by_layer(gradient))
    numerical = numerical_gradient(network, loss)
    np.testing.assert_allclose(gradient, numerical, rtol=1e-5, atol=1e-8)


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
    list(train(job.engine, job.order, job.score, job.plan, job.progress))
    return job.engine.snapshot()["parameters"]


def test_a_seed_gives_the_same_run_and_no_dropout_another(job_of):
    once, again, without = (
        parameters_after_training(job_of(f"training.dropout={rate}"))
        for rate in ("[0.5, 0.1]", "[0.5, 0.1]", "0.0")
    )
    np.testing.assert_array_equal(once, again)
    assert (once != without).any()


def test_evaluation_uses_every_unit(job_of):
    job = job_of("training.dropout=0.9")
    assert job.engine.evaluate() == job.engine.evaluate()
    assert job.engine.evaluate() == job_of().engine.evaluate()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("[0.1]", "training.dropout: found a list of 1; expected 2, one per hidden layer"),
        ("1.0", "training.dropout: found 1.0; expected less than 1.0"),
        ("[0.5, -0.1]", "training.dropout[1]: found -0.1; expected 0.0 or more"),
    ],
)
def test_invalid_rates_are_refused(job_of, value, problem):
    with pytest.raises(ConfigError) as caught:
        job_of(f"training.dropout={value}")
    assert str(caught.value) == f"command line: {problem}"
