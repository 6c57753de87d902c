"""Checkpoints: what they hold, what they refuse, when they are due."""

import numpy as np
import pytest

from nncli.base.errors import DivergenceError
from nncli.engines.numpy.engine import NumpyEngine
from nncli.nn.network import Layer, Network, Objective, initial_parameters
from nncli.nn.penalties import Regularization
from nncli.training import checkpoint as module
from nncli.training.checkpoint import Pace, read_checkpoint, write_checkpoint
from nncli.training.loop import Progress


def new_engine(activation="tanh"):
    layers = [Layer(2, 3, activation), Layer(3, 1, "sigmoid")]
    parameters = initial_parameters(layers, [("xavier_normal", {})] * 2, 0, np.float32)
    return NumpyEngine(
        Network(layers, parameters),
        Objective("sigmoid_cross_entropy", {}),
        optimizer="adam",
        settings={"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        regularization=Regularization(),
        dropout=[0.5],
        batch_rows=4,
    )


@pytest.fixture
def engine():
    """Return an engine that has taken three steps."""
    engine = new_engine()
    for _ in range(3):
        engine.step(*batch(), 0.1)
    return engine


def batch():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return X, np.array([[0], [1], [1], [0]], np.float32)


def test_what_is_read_is_what_was_written(engine, tmp_path):
    progress = Progress(
        epoch=2,
        batch=1,
        rows=4,
        loss_sum=0.1 + 0.2,
        score_sum=3.0,
        best_epoch=1,
        best_value=1 / 3,
        best_parameters=np.arange(13, dtype=np.float32),
        patience_epoch=1,
        falls=1,
    )
    write_checkpoint(tmp_path / "c.npz", engine, progress, {"kernels": "numpy"})
    found = read_checkpoint(tmp_path / "c.npz")
    assert found.record == {"checkpoint_version": 1, "kernels": "numpy"}
    np.testing.assert_array_equal(found.progress.best_parameters, progress.best_parameters)
    assert np.isnan(found.progress.patience_value)
    for counters in (found.progress, progress):
        counters.best_parameters = None
        counters.patience_value = 0.0
    assert found.progress == progress
    state = engine.state()
    assert found.state.keys() == state.keys()
    for name, array in state.items():
        assert found.state[name].tobytes() == array.tobytes()
        assert found.state[name].dtype == array.dtype


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_restored_engine_takes_the_same_steps_and_tells_the_same_statistics(activation):
    first, second = new_engine(activation), new_engine(activation)
    for _ in range(3):
        first.step(*batch(), 0.1)
    second.restore(first.state())
    for _ in range(3):
        assert first.step(*batch(), 0.1) == second.step(*batch(), 0.1)
    assert first.parameters().tobytes() == second.parameters().tobytes()
    assert first.layer_statistics() == second.layer_statistics()
    second.restore(first.state())
    assert first.layer_statistics() == second.layer_statistics()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("name", "what"), [("parameters", "weights of layer 1"), ("slots", "slot")]
)
def test_what_is_not_finite_is_not_saved_and_the_file_before_stays(
    engine, tmp_path, name, what, value
):
    path = tmp_path / "c.npz"
    write_checkpoint(path, engine, Progress(epoch=1), {})
    before = path.read_bytes()
    state = engine.state()
    state[name].reshape(-1)[1] = value
    engine.restore(state)
    with pytest.raises(DivergenceError, match=f"^epoch 2, batch 3: the .*{what}.* not finite; try"):
        write_checkpoint(path, engine, Progress(epoch=2, batch=3), {})
    assert path.read_bytes() == before


def test_numbers_whose_squares_are_too_large_are_finite(engine, tmp_path):
    state = engine.state()
    state["slots"][1, 0] = 1e30
    engine.restore(state)
    write_checkpoint(tmp_path / "c.npz", engine, Progress(), {})
    assert (tmp_path / "c.npz").exists()


# When they are due


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose last number is the time."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[-1])
    return now


def test_the_first_is_due_after_the_first_epoch_or_the_seconds_within_it(clock):
    pace = Pace(60.0)
    assert pace.is_due(within_epoch=False)
    assert not pace.is_due(within_epoch=True)
    clock.append(1060.0)
    assert pace.is_due(within_epoch=True)


@pytest.mark.parametrize(
    ("took", "after_epoch", "within"), [(0.01, 2.0, 60.0), (0.25, 50.0, 60.0), (2.0, 400.0, 400.0)]
)
def test_to_write_them_takes_half_a_percent_of_the_time_at_most(clock, took, after_epoch, within):
    pace = Pace(60.0)
    clock.append(1000.0 + took)
    pace.note(1000.0)
    for within_epoch, seconds in ((False, after_epoch), (True, within)):
        clock.append(1000.0 + took + seconds - 1e-6)
        assert not pace.is_due(within_epoch=within_epoch)
        clock.append(1000.0 + took + seconds + 1e-6)
        assert pace.is_due(within_epoch=within_epoch)
