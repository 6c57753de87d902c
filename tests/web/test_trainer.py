"""Training a little at a time."""

from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.base.errors import OutOfMemoryError
from nncli.config.load import read_config
from nncli.runs.preparation import prepare
from nncli.web.playground.trainer import Trainer

CONFIG = {
    "data": {"source": "xor", "rows": 50, "test": 20},
    "model": {"hidden_layers": [4, 3], "activation": ["tanh", "relu"]},
    "training": {"batch_size": 8, "epochs": 6, "engine": "numpy", "learning_rate": 0.05},
}


def trainer(**settings):
    training = {**CONFIG["training"], **settings}
    return Trainer(prepare(read_config({**CONFIG, "training": training})))


def weights(model):
    return model.network.parameters


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_any_mix_of_steps_and_epochs_trains_as_train(engine):
    if engine == "compiled":
        pytest.importorskip("numba")
    found = trainer(engine=engine)
    found.run(0, 1)
    found.run(0, 5)
    found.finish_epoch(10)
    found.run(0.001)
    found.run(0, 3)
    while not found.is_done:
        found.run(0.01)
    expected = nncli.train({**CONFIG, "training": {**CONFIG["training"], "engine": engine}})
    assert np.array_equal(found.network().parameters, weights(expected.model))
    assert found.steps == 6 * 7


def test_a_number_of_steps_is_taken_exactly():
    found = trainer()
    taken = []
    for most in (1, 1, 5, 1, 13):
        found.run(10, most)
        taken.append(found.steps)
    assert taken == [1, 2, 7, 8, 21]
    assert found.last.epoch == 3
    assert found.job.progress.batch == 0  # the last step of an epoch ends it


def test_an_epoch_ends_where_it_ends():
    found = trainer()
    found.run(0, 3)
    assert [each.epoch for each in found.finish_epoch(10)] == [1]
    assert found.steps == 7


def test_diverged_training_goes_no_further():
    found = trainer(learning_rate=1e30, optimizer="sgd")
    for _ in range(3):
        found.run(0.05)
    assert "training.learning_rate" in found.problem
    steps = found.steps
    found.run(0.05)
    assert found.steps == steps


def test_full_batches_are_trained_as_by_train():
    pytest.importorskip("numba")
    settings = {"batch_size": "full", "epochs": 300, "engine": "compiled"}
    found = trainer(**settings)
    found.run(0, 2)
    found.run(0.002)
    found.run(0, 1)
    while not found.is_done:
        found.run(0.005)
    expected = nncli.train({**CONFIG, "training": {**CONFIG["training"], **settings}})
    assert np.array_equal(found.network().parameters, weights(expected.model))


def test_an_engine_that_does_not_start_is_told_at_once():
    def starts():
        raise OutOfMemoryError("too large")

    job = replace(prepare(read_config(CONFIG)), start_engine=starts)
    with pytest.raises(OutOfMemoryError):
        Trainer(job)
