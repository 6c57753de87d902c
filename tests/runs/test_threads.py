"""The number of threads suits the engine, in every kind of training."""

from contextlib import contextmanager

import pytest

import nncli
from nncli.base import threads
from nncli.runs import job

# Its largest product has 2 * 128 * 128 * 128 = 4 million operations.
CONFIG = {
    "data": {"source": "xor", "rows": 300, "validation": 100},
    "model": {"hidden_layers": [128, 128]},
    "training": {"epochs": 1, "batch_size": 128},
}


@pytest.fixture(autouse=True)
def three_processors(monkeypatch):
    """Let nncli choose the number of threads on a machine with three processors."""
    monkeypatch.setenv(threads.AUTOMATIC, "1")
    monkeypatch.setattr(threads, "processors", lambda: 3)


@pytest.fixture(params=[("numpy", 1), ("compiled", 3)], ids=lambda each: each[0])
def suited(request):
    """Return a config with an engine, and the number of threads that suits both."""
    engine, count = request.param
    if engine == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    return {**CONFIG, "training": {**CONFIG["training"], "engine": engine}}, count


@pytest.mark.parametrize("refit", [False, True])
def test_a_training_uses_the_number_that_suits_its_engine(suited, refit):
    config, count = suited
    result = nncli.train(config, {"training.refit": refit})
    assert result.model.training["threads"] == count


def test_a_refit_whose_selection_was_interrupted_uses_the_same_number(suited, tmp_path):
    class Stop(nncli.Observer):
        def epoch(self, report):
            return True

    config, count = suited
    settings = {"training.refit": True, "training.epochs": 2}
    nncli.train(config, settings, out=tmp_path / "run", observers=[Stop()])
    assert nncli.resume(tmp_path / "run").model.training["threads"] == count


def test_an_estimate_measures_with_the_number_that_suits_the_engine(suited, monkeypatch):
    config, count = suited
    used = []

    @contextmanager
    def noted(number, products=None, lanes=None):
        used.append((number, products or number))
        yield

    monkeypatch.setattr(job, "limited_threads", noted)
    nncli.estimate(config)
    assert used == [(count, 1)]


@pytest.mark.parametrize("chosen", [None, 2])
def test_matrix_products_outside_of_the_engine_use_what_suits_them(suited, chosen):
    """On a busy machine, several threads of them wait for each other."""
    config, count = suited
    used = set()

    class Note(nncli.Observer):
        def epoch(self, report):
            used.add((threads.threads_in_use(), threads.threads_of_products()))

    nncli.train(config, threads=chosen, observers=[Note()])
    count = chosen or count
    assert used == {(count, 1 if config["training"]["engine"] == "compiled" else count)}
