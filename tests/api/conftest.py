"""Configs and rows for the tests of the Python API, in a temporary directory."""

import signal

import numpy as np
import pytest

CONFIG = {
    "name": "xor",
    "data": {"source": "xor", "rows": 80, "test": 60, "validation": 20},
    "model": {"hidden_layers": [4], "activation": "tanh"},
    "training": {"epochs": 3, "batch_size": 16, "learning_rate": 0.05},
}
TEXT = """\
name: xor
data: {source: xor, rows: 80, test: 60, validation: 20}
model: {hidden_layers: [4], activation: tanh}
training: {epochs: 3, batch_size: 16, learning_rate: 0.05}
"""


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """Run every test in a new directory; return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def ctrl_c():
    """Use Python's handler for Ctrl-C, which background processes of shells may ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def config_file(directory):
    """Return the path of a config file."""
    path = directory / "xor.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def rows():
    """Return inputs (120, 3) and their classes, two in all."""
    X = np.random.default_rng(0).normal(size=(120, 3))
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


def parameters(result):
    """Return the trained parameters of a result."""
    return result.model.network.parameters
