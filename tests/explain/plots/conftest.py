"""Runs that plots are drawn from."""

import numpy as np
import pytest

import nncli

XOR = {"data": {"source": "xor", "rows": 60, "test": 40, "validation": 20}}
SMALL = {
    "model.hidden_layers": [4],
    "model.activation": "tanh",
    "training.epochs": 3,
    "training.record_weights": 1,
}


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


@pytest.fixture(scope="session")
def gate_run(tmp_path_factory):
    """Return a run of XOR with given weights of two hidden units, which no test may change."""
    folder = tmp_path_factory.mktemp("plots") / "gate"
    weights = {"initial_weights": [[[5, -7], [5, -7]], [[-11], [-11]]],
               "initial_biases": [[-8, 3], [6]]}  # fmt: skip
    model = {"hidden_layers": [2], "activation": "sigmoid", "output": "sigmoid", **weights}
    data = {"source": "gate", "gate": "xor"}
    nncli.train({"data": data, "model": model, "training": {"epochs": 0}}, out=folder)
    return folder


@pytest.fixture(scope="session")
def table_run(tmp_path_factory):
    """Return a run on a table of all kinds of columns and three classes."""
    folder = tmp_path_factory.mktemp("plots")
    random = np.random.default_rng(0)
    lines = ["color,size,heavy,made,weight,kind"]
    for row in range(120):
        size, weight = random.normal(size=2)
        cells = [
            ("red", "green", "blue")[row % 3],
            f"{size:.3f}" if row % 10 else "",
            ("true", "false")[row % 2],
            f"2024-{1 + row % 12:02}-{1 + row % 28:02}",
            f"{weight:.3f}",
            "ab"[int(size > 0)] if weight > -0.5 else "c",
        ]
        lines.append(",".join(cells))
    (folder / "t.csv").write_text("\n".join(lines) + "\n", "utf-8")
    data = {"source": "csv", "path": str(folder / "t.csv"), "target": "kind"}
    nncli.train({"data": data}, SMALL, out=folder / "run", note=lambda text: None)
    return folder / "run"


@pytest.fixture(scope="session")
def image_run(tmp_path_factory):
    """Return a run on images of 6 x 5 pixels, whose bright half is their class."""
    folder = tmp_path_factory.mktemp("plots")
    random = np.random.default_rng(0)
    X = random.integers(0, 100, (80, 6, 5), np.uint8)
    y = np.arange(80) % 2
    X[y == 1, :3] += 150
    np.savez(folder / "images.npz", X=X, y=y)
    data = {"source": "npz", "path": str(folder / "images.npz"), "test": 20}
    nncli.train({"data": data}, SMALL, out=folder / "run", note=lambda text: None)
    return folder / "run"


@pytest.fixture(scope="session")
def regression_run(tmp_path_factory):
    """Return a run on rows with two inputs and one number to predict."""
    folder = tmp_path_factory.mktemp("plots") / "regression"
    inputs = [[x, y] for x in range(5) for y in range(5)]
    data = {"source": "rows", "inputs": inputs, "targets": [x * y for x, y in inputs],
            "columns": ["$width$", "<b>height"], "target": "area"}  # fmt: skip
    nncli.train({"data": data}, SMALL, out=folder)
    return folder


@pytest.fixture
def texts_of():
    """Return a function that returns all texts of a figure."""
    from matplotlib.text import Text

    return lambda figure: [each.get_text() for each in figure.findobj(Text) if each.get_text()]
