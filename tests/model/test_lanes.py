"""Passes in several threads give what they give in one."""

import signal
import threading

import numpy as np
import pytest

import nncli
from nncli.base import threads
from nncli.base.threads import limited_threads
from nncli.model import lanes
from nncli.model.passes import Passes, suited_threads_for

ROWS, INPUTS = 18_000, 100  # of which a lane takes several runs, and the last one is shorter
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(ROWS, INPUTS))
TARGETS = {
    "classes": (X[:, 0] > 0).astype(int),
    "regression": X[:, :2] * 3 + 1,
}


def model_of(targets, **more):
    data = {"source": "rows", "inputs": X[:40].tolist(), **more}
    data |= (
        {"labels": targets[:40].tolist()}
        if targets.ndim == 1
        else {"targets": targets[:40].tolist()}
    )
    training = {"epochs": 2, "batch_size": 10, "engine": "numpy"}
    return nncli.train(
        {"data": data, "model": {"hidden_layers": [150]}, "training": training}
    ).model


@pytest.fixture(autouse=True)
def short_runs(monkeypatch):
    monkeypatch.setattr(lanes, "_WORK", 3e7)  # two passes or four


@pytest.fixture
def started(monkeypatch):
    """Note the number of lanes of each run."""
    found = []
    usual = lanes.Passes

    def noted(network, passes=1):
        found.append(passes)
        return usual(network, passes)

    monkeypatch.setattr(lanes, "Passes", noted)
    return found


@pytest.fixture
def started_threads():
    """Return a function that counts the threads that a test has started; others may run, too."""
    before = {*threading.enumerate()}
    return lambda: len({*threading.enumerate()} - before)


def results(model, targets):
    found = model.evaluate(X, targets)
    return found.metrics, model.predict(X).tolist()


@pytest.mark.parametrize("name", [*TARGETS])
def test_results_have_the_same_bits_in_any_number_of_lanes(name, started):
    targets = TARGETS[name]
    model = model_of(targets)
    found = []
    for count in (1, 2, 3, 7):
        started.clear()
        with limited_threads(count, 1):
            found.append(results(model, targets))
        several = [each for each in started if each > 1]
        assert len(several) == (0 if count == 1 else 2 * count)
    assert found[1:] == [found[0]] * 3


def test_a_weighted_loss_has_the_same_bits_in_any_number_of_lanes():
    y, weights = TARGETS["classes"], RANDOM.random(ROWS)
    config = {
        "model": {"hidden_layers": [150]},
        "training": {"epochs": 1, "batch_size": 50, "engine": "numpy", "learning_rate": 0.001},
        "data": {"validation": 13_000, "test": 1_000},
    }
    found = []
    for count in (1, 3):
        with limited_threads(count, 1):
            history = nncli.train(config, data=(X, y, weights)).history
        found.append(history["validation_weighted_loss"])
    assert found[0] == found[1]


def test_products_with_several_threads_have_one_lane(started):
    model = model_of(TARGETS["classes"])
    started.clear()
    with limited_threads(4, 2):
        model.predict(X)
    assert started == [1]


def test_there_are_at_most_as_many_lanes_as_are_useful(started):
    model = model_of(TARGETS["classes"])
    started.clear()
    with limited_threads(1000, 1):
        model.predict(X)
    one, *several = started
    runs = ROWS / (several[0] * Passes(model.network).a_pass)
    assert one == 1
    assert 2 <= len(several) <= runs / 2


def test_lanes_with_large_buffers_are_few(started, monkeypatch):
    model = model_of(TARGETS["classes"])
    started.clear()
    rows = Passes(model.network).a_pass
    monkeypatch.setattr(lanes, "_BYTES", 1)  # a run then has one pass
    monkeypatch.setattr(lanes, "_BYTES_OF_LANES", 3 * rows * (INPUTS + 1) * 4)
    with limited_threads(8, 1):
        model.predict(X)
    assert started == [1] * 4  # three lanes, and the buffers that say how many rows a pass has


def test_few_rows_do_not_ask_for_the_number_of_processors(monkeypatch):
    """Reading it from the system takes longer than predicting a row."""
    model = model_of(TARGETS["classes"])

    def fail():
        raise AssertionError

    monkeypatch.setattr(threads, "processors", fail)
    monkeypatch.setenv(threads.AUTOMATIC, "1")
    assert len(model.predict(X[:1])) == 1
    with pytest.raises(AssertionError):
        model.predict(X)


def test_an_error_names_the_first_row_that_has_it():
    model = model_of(TARGETS["classes"])
    wrong = X.copy()
    wrong[[4_700, 3_100, 900]] = 1e300
    with limited_threads(3, 1), pytest.raises(nncli.NncliError, match="row 900 "):
        model.predict(wrong)


def test_an_interruption_between_results_leaves_no_thread(monkeypatch, started_threads):
    """Even if its traceback is kept, as in a notebook."""
    model = model_of(TARGETS["classes"])

    def interrupted(*given):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(type(model.objective), "of_rows", interrupted)
    with limited_threads(3, 1), pytest.raises(KeyboardInterrupt) as found:
        model.evaluate(X, TARGETS["classes"])
    assert found.tb is not None
    assert started_threads() == 0


def test_an_interruption_of_lanes_leaves_no_thread(started_threads):
    network = model_of(TARGETS["classes"]).network
    begun, seen, before = [], [], threads.threads_in_use()

    def lane(passes):
        def run(part):
            begun.append(part.start)
            if len(begun) == 7:
                signal.raise_signal(signal.SIGINT)
            return part.start

        return run

    with limited_threads(3, 1), pytest.raises(KeyboardInterrupt), suited_threads_for(network):
        seen.extend(lanes.passed(network, X, ROWS, lane))
    assert started_threads() == 0
    assert 7 <= len(begun) <= 10  # each lane has at most one more run
    assert threads.threads_in_use() == before


@pytest.mark.parametrize("possible", [0, 1], ids=["none", "one"])
def test_without_more_threads_there_is_one_lane(monkeypatch, possible, started_threads):
    model = model_of(TARGETS["classes"])
    expected = results(model, TARGETS["classes"])
    usual = threading.Thread.start

    def start(self):
        if started_threads() == possible:
            raise RuntimeError("can't start new thread")
        usual(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    with limited_threads(2, 1):
        assert results(model, TARGETS["classes"]) == expected


def test_callers_at_the_same_time_share_the_threads(started_threads):
    network = model_of(TARGETS["classes"]).network
    counts = []

    def lane(passes):
        def run(part):
            counts.append(started_threads())
            return part

        return run

    with limited_threads(3, 1):
        for _ in range(2):  # the second time, the first callers have ended
            counts.clear()
            callers = [lanes.passed(network, X, ROWS, lane) for _ in range(5)]
            assert [next(each).start for each in callers] == [0] * 5
            assert [[*each][-1].stop for each in callers] == [ROWS] * 5
            assert max(counts) == 3  # the others use the thread that calls them


def test_all_threads_start_before_the_first_run(started_threads):
    """Later, it could fail while others run."""
    network = model_of(TARGETS["classes"]).network
    active = []

    def lane(passes):
        return lambda part: active.append(started_threads())

    with limited_threads(7, 1):
        assert len([*lanes.passed(network, X, ROWS, lane)]) == len(active) > 14
    assert active[0] == 7


def test_a_run_of_several_passes_is_what_each_of_them_gives():
    network = model_of(TARGETS["regression"]).network
    one, several = Passes(network), Passes(network, 3)
    rows = X[: several.rows - 5].astype(network.dtype)
    several.run(rows)
    for start in range(0, len(rows), one.rows):
        part = slice(start, start + one.rows)
        one.run(rows[part])
        assert np.array_equal(one.logits, several.logits[part])
        assert np.array_equal(one.outputs(), several.outputs()[part])
