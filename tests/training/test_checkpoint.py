"""Checkpoints: their content, refusals, and when they are due."""

import json

import numpy as np
import pytest

from nncli.base.errors import DataError, DivergenceError
from nncli.base.storage.npz_file import read_own_npz, write_npz
from nncli.engines.engine import Sums
from nncli.nn.network import Network, initial_parameters
from nncli.training import checkpoint as module
from nncli.training.checkpoint import Pace, read_checkpoint, write_checkpoint
from nncli.training.progress import Progress
from tests.engines.engines import engine_of, every_engine, parameters_of, setup_of, take
from tests.nn.networks import build_layers

ALL = range(4)


def new_engine(name="numpy", activation="tanh"):
    layers = build_layers((2, 3, 1), activation, "sigmoid")
    parameters = initial_parameters(layers, [("xavier_normal", {})] * 2, 0, np.float32)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    T = np.array([[0], [1], [1], [0]], np.float32)
    setup = setup_of(
        Network(layers, parameters),
        X,
        T,
        "sigmoid_cross_entropy",
        optimizer="adam",
        dropout=[0.5],
    )
    return engine_of(name, setup)


@pytest.fixture
def engine():
    """Return an engine that has taken three steps."""
    engine = new_engine()
    take(engine, ALL, ALL, ALL)
    return engine


def test_what_is_read_is_what_was_written(engine, tmp_path):
    progress = Progress(
        epoch=2,
        batch=1,
        sums=Sums(1, 4, 0.1 + 0.2, 3.0, [1 / 3, 2.0], [None, 0.25], 0.7),
        best_epoch=1,
        best_value=1 / 3,
        best={"parameters": np.arange(13, dtype=np.float32), "state": np.zeros(2, np.float32)},
        patience_epoch=1,
        falls=1,
    )
    write_checkpoint(tmp_path / "c.npz", engine, progress, {"engine": "numpy"})
    found = read_checkpoint(tmp_path / "c.npz")
    assert found.record == {"checkpoint_version": 5, "engine": "numpy"}
    assert found.progress.best.keys() == progress.best.keys()
    for name, array in progress.best.items():
        np.testing.assert_array_equal(found.progress.best[name], array)
        assert found.progress.best[name].dtype == array.dtype
    assert np.isnan(found.progress.patience_value)
    for counters in (found.progress, progress):
        counters.best = None
        counters.patience_value = 0.0
    assert found.progress == progress
    state = engine.state()
    assert found.state.keys() == state.keys()
    for name, array in state.items():
        assert found.state[name].tobytes() == array.tobytes()
        assert found.state[name].dtype == array.dtype


def test_without_a_best_epoch_there_is_none_to_read(engine, tmp_path):
    write_checkpoint(tmp_path / "c.npz", engine, Progress(epoch=1), {})
    assert read_checkpoint(tmp_path / "c.npz").progress.best is None


@pytest.mark.parametrize(
    ("sums", "words"),
    [
        ({"rows": -1}, "its rows is -1"),
        ({"steps": 1.5}, "its steps is 1.5"),
        ({"loss": "much"}, "its loss is 'much'"),
        ({"squared_norms": ["much"]}, "its sums are not numbers"),
        ({"saturated": [True]}, "its sums are not numbers"),
        ({"saturated": None}, "its saturated is None"),
        ({"more": 1}, "'more'"),
    ],
)
def test_invalid_sums_are_refused(engine, tmp_path, sums, words):
    path = tmp_path / "c.npz"
    write_checkpoint(path, engine, Progress(epoch=1), {})
    arrays = read_own_npz(path)
    record = json.loads(str(arrays["metadata"]))
    record["progress"]["sums"].update(sums)
    write_npz(path, {**arrays, "metadata": np.array(json.dumps(record))})
    with pytest.raises(DataError) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


@every_engine
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_restored_engine_takes_the_same_steps_and_adds_the_same_to_the_sums(engine, activation):
    first, second = (new_engine(engine, activation) for _ in range(2))
    take(first, ALL, ALL, ALL)
    second.restore(first.state())
    one, other = Sums(), Sums()
    for _ in range(3):
        take(first, ALL, sums=one)
        take(second, ALL, sums=other)
        assert one == other
    assert parameters_of(first).tobytes() == parameters_of(second).tobytes()
    assert one.layers() == other.layers()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("name", "what"), [("parameters", "weights of layer 1"), ("slots", "optimizer's state")]
)
def test_numbers_that_are_not_finite_are_not_saved_and_the_old_file_stays(
    engine, tmp_path, name, what, value
):
    path = tmp_path / "c.npz"
    write_checkpoint(path, engine, Progress(epoch=1), {})
    before = path.read_bytes()
    state = engine.state()
    state[name].reshape(-1)[1] = value
    engine.restore(state)
    with pytest.raises(DivergenceError, match=f"^epoch 3, batch 2: the .*{what}.* not finite; try"):
        write_checkpoint(path, engine, Progress(epoch=2, batch=2), {})
    with pytest.raises(DivergenceError, match=f"^after epoch 2: the .*{what}.* not finite; try"):
        write_checkpoint(path, engine, Progress(epoch=2), {})
    assert path.read_bytes() == before


def test_numbers_whose_squares_are_too_large_are_finite(engine, tmp_path):
    state = engine.state()
    state["slots"][1, 0] = 1e30
    engine.restore(state)
    write_checkpoint(tmp_path / "c.npz", engine, Progress(), {})
    assert (tmp_path / "c.npz").exists()


# Times of checkpoints


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose last number is the current time."""
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
def test_writing_checkpoints_takes_at_most_half_a_percent_of_the_time(
    clock, took, after_epoch, within
):
    pace = Pace(60.0)
    clock.append(1000.0 + took)
    pace.note(1000.0)
    for within_epoch, seconds in ((False, after_epoch), (True, within)):
        clock.append(1000.0 + took + seconds - 1e-6)
        assert not pace.is_due(within_epoch=within_epoch)
        clock.append(1000.0 + took + seconds + 1e-6)
        assert pace.is_due(within_epoch=within_epoch)
