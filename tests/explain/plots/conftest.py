"""Runs that plots are drawn from."""

import pytest

import nncli

XOR = {"data": {"source": "xor", "rows": 60, "test": 40, "validation": 20}}
SMALL = {"model.hidden_layers": [4], "model.activation": "tanh", "training.epochs": 3}


@pytest.fixture(scope="session")
def xor_run(tmp_path_factory):
    """Return a run directory of noisy XOR that no test may change."""
    folder = tmp_path_factory.mktemp("plots") / "xor"
    nncli.train(XOR, SMALL, out=folder)
    return folder


@pytest.fixture
def draw():
    """Return a function that draws one kind, without a window, and returns its figure."""

    def figure_of(what, kind):
        (figure,) = nncli.plot(what, kind).values()
        return figure

    return figure_of
