"""A good guest in another program's process: its state is the same afterwards."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import nncli
from tests.api.conftest import CONFIG, parameters


def threads():
    libraries = [each for each in threadpool_info() if each["user_api"] == "blas"]
    return [each["num_threads"] for each in libraries if "numpy" in each["filepath"]]


class Look(nncli.Observer):
    """Record the number of threads and the handler of Ctrl-C during training."""

    def begin(self, job):
        self.threads, self.handler = threads(), signal.getsignal(signal.SIGINT)


def test_threads_and_environment_are_restored():
    environment = dict(os.environ)
    with threadpool_limits(2, user_api="blas"):
        before, look = threads(), Look()
        result = nncli.train(CONFIG, threads=1, observers=[look])
        assert threads() == before != look.threads
        assert set(look.threads) == {1}
        assert result.model.training["threads"] == 1
        nncli.cross_validate(CONFIG, {"training.folds": 2}, threads=1)
        nncli.estimate(CONFIG, threads=1)
        with pytest.raises(nncli.DivergenceError):
            nncli.train(CONFIG, {"training.learning_rate": 1e38}, threads=1)
        assert threads() == before
    assert dict(os.environ) == environment


class Stop(nncli.Observer):
    """Stop after the first epoch."""

    def epoch(self, report):
        return True


@pytest.mark.parametrize(
    ("first", "then", "warns"), [(None, None, False), (2, None, False), (2, 2, False), (2, 1, True)]
)
def test_a_resumed_run_has_the_same_number_of_threads(first, then, warns):
    nncli.train(CONFIG, out="run", threads=first, observers=[Stop()])
    told = []
    result = nncli.resume("run", threads=then, note=told.append)
    assert result.model.training["threads"] == (then or first or 1)
    assert [each.startswith("not the same threads as before") for each in told] == [True] * warns


def test_a_compiled_run_goes_on_with_another_number_of_threads_without_a_warning():
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    config, told = {**CONFIG, "training": {**CONFIG["training"], "engine": "compiled"}}, []
    nncli.train(config, out="run", threads=2, observers=[Stop()])
    resumed = nncli.resume("run", threads=1, note=told.append)
    assert told == []
    assert resumed.model.training["threads"] == 1
    unbroken = nncli.train(config, threads=2)
    assert parameters(resumed).tobytes() == parameters(unbroken).tobytes()


def test_ctrl_c_returns_the_result_so_far():
    class CtrlC(nncli.Observer):
        def epoch(self, report):
            if report.epoch == 2:
                signal.raise_signal(signal.SIGINT)

    result = nncli.train(CONFIG, observers=[CtrlC()])
    assert (result.ended, result.epochs) == ("interrupted", 2)
    assert result.model.predict([[0, 1]]).shape == (1,)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_interrupts_at_once():
    class Twice(nncli.Observer):
        def epoch(self, report):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        nncli.train(CONFIG, observers=[Twice()])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_existing_handler_of_ctrl_c_is_kept():
    calls = []
    before = signal.signal(signal.SIGINT, lambda *given: calls.append(given))

    class CtrlC(nncli.Observer):
        def epoch(self, report):
            if report.epoch == 1:
                signal.raise_signal(signal.SIGINT)

    try:
        result = nncli.train(CONFIG, observers=[CtrlC()])
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.ended, len(calls)) == ("finished", 1)


def test_outside_the_main_thread_no_signal_is_handled():
    look = Look()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(nncli.train, CONFIG, observers=[look]).result(60)
    assert look.handler is signal.default_int_handler
    np.testing.assert_array_equal(parameters(result), parameters(nncli.train(CONFIG)))


def test_trainings_at_once_give_the_weights_of_each_alone():
    configs = [{**CONFIG, "seed": seed} for seed in range(4)]
    alone = [nncli.train(config) for config in configs]
    before = threads()
    with ThreadPoolExecutor(4) as pool:
        together = [*pool.map(lambda config: nncli.train(config, threads=1), configs)]
    assert threads() == before
    for found, expected in zip(together, alone, strict=True):
        np.testing.assert_array_equal(parameters(found), parameters(expected))


def test_a_training_within_another_is_independent():
    class Nested(nncli.Observer):
        def epoch(self, report):
            self.result = nncli.train(CONFIG, {"seed": 1})

    nested = Nested()
    outer = nncli.train(CONFIG, observers=[nested])
    np.testing.assert_array_equal(parameters(outer), parameters(nncli.train(CONFIG)))
    np.testing.assert_array_equal(
        parameters(nested.result), parameters(nncli.train(CONFIG, {"seed": 1}))
    )


def test_a_second_training_in_the_same_directory_is_refused_as_by_another_process():
    class Second(nncli.Observer):
        def epoch(self, report):
            with pytest.raises(nncli.OutputError, match="another process is training in it"):
                nncli.resume("run")
            with pytest.raises(nncli.UsageError, match="exists and is not an empty directory"):
                nncli.train(CONFIG, out="run")
            self.told = True

    second = Second()
    nncli.train(CONFIG, out="run", observers=[second])
    assert second.told


def predict_and_train(connection, model, X):
    result = nncli.train(CONFIG)
    connection.send((model.predict(X), parameters(result)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:X.*far outside")
def test_a_fork_after_training_trains_and_predicts():
    result, X = nncli.train(CONFIG), np.random.default_rng(0).normal(size=(10, 2))
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=predict_and_train, args=(theirs, result.model, X)
    )
    process.start()
    assert ours.poll(60)
    predicted, trained = ours.recv()
    process.join(60)
    assert process.exitcode == 0
    np.testing.assert_array_equal(predicted, result.model.predict(X))
    np.testing.assert_array_equal(trained, parameters(result))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_within_a_training_has_threads_of_its_own():
    class Fork(nncli.Observer):
        def end(self, outcome):
            self.child = multiprocessing.get_context("fork").Pool(1)
            with self.child as pool:
                self.found = pool.apply(trained_with_two_threads)

    fork = Fork()
    nncli.train(CONFIG, threads=1, observers=[fork])
    assert fork.found == 2


def trained_with_two_threads():
    return nncli.train(CONFIG, threads=2).model.training["threads"]


def test_in_a_notebook_the_bar_is_that_of_tqdm_for_notebooks(monkeypatch):
    import tqdm.auto

    made = []

    class Bar(tqdm.auto.tqdm):
        def __init__(self, *given, **options):
            made.append(options)
            super().__init__(*given, **options)

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    nncli.train(CONFIG, progress=True)
    assert len(made) == 1


@pytest.mark.filterwarnings("ignore:X.*far outside")
def test_eight_threads_serve_predictions_at_once():
    model = nncli.train(CONFIG).model
    X = np.random.default_rng(0).normal(size=(800, 2)).astype(np.float32)
    expected = model.predict_proba(X)
    start = threading.Barrier(8)

    def serve(number):
        start.wait()
        return [model.predict_proba(X[row : row + 1]) for row in range(number, 800, 8)]

    with ThreadPoolExecutor(8) as pool:
        for number, found in enumerate(pool.map(serve, range(8))):
            np.testing.assert_allclose(np.concatenate(found), expected[number::8], rtol=1e-5)


def test_importing_changes_nothing():
    code = (
        "import os, signal\n"
        "before = dict(os.environ), signal.getsignal(signal.SIGINT)\n"
        "import nncli; nncli.train, nncli.load, nncli.Config\n"
        "assert before[0] == dict(os.environ)\n"
        "assert before[1] is signal.getsignal(signal.SIGINT)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
