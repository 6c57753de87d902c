"""Runs of every task to report on."""

import numpy as np
import pytest

import nncli

SMALL = {"model.hidden_layers": [4], "training.epochs": 3}


def ignored(line):
    """Ignore a line."""


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Return a folder with a run per task, which no test may change."""
    folder = tmp_path_factory.mktemp("reported")
    random = np.random.default_rng(0)
    lines = ["color,size,price,sweet,sour"]
    for row in range(120):
        size = random.normal()
        cells = [("red", "green", "blue")[row % 3], f"{size:.3f}" if row % 9 else "",
                 f"{40 + 9 * size + row % 3:.2f}", str(int(size > 0)), str(row % 2)]  # fmt: skip
        lines.append(",".join(cells))
    (folder / "fruit.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = {"source": "csv", "path": str(folder / "fruit.csv"), "test": 30, "validation": 20}
    for name, data in {
        "binary": {**table, "target": "sweet", "drop": ["sour"]},
        "multiclass": {**table, "target": "color"},
        "multilabel": {**table, "target": ["sweet", "sour"], "task": "multilabel"},
        "regression": {**table, "target": "price"},
    }.items():
        nncli.train({"data": data}, SMALL, out=folder / name, note=ignored)
    images = random.integers(0, 100, (80, 6, 5), np.uint8)
    labels = np.arange(80) % 2
    images[labels == 1, :3] += 150
    np.savez(folder / "images.npz", X=images, y=labels)
    data = {"source": "npz", "path": str(folder / "images.npz"), "test": 20}
    nncli.train({"data": data}, SMALL, out=folder / "images", note=ignored)
    return folder
