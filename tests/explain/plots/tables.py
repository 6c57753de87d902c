"""Small tables of each task, with names that are hard to draw."""

import csv

import numpy as np

import nncli

HOSTILE = ["a very long name of a label with $x_1$ inside it", "<script>alert(1)</script>", "שלום"]
INPUTS = ["a", "b", "c", "kind"]


def write(path, header, columns):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(zip(*columns, strict=True))
    return path


def inputs(rows, seed=0):
    """Return three columns of numbers, and one of text that is independent of them."""
    random = np.random.default_rng(seed)
    a, b, c = random.normal(size=(3, rows)).round(3)
    return [a, b, c, random.choice(["red", "green", "blue"], rows)]


def trained(folder, header, targets, columns, **data):
    """Return a run directory of a network trained for three epochs."""
    path = write(folder / "rows.csv", header, columns)
    config = {"data": {"path": str(path), "target": targets, "test": 0.4} | data}
    settings = {"model.hidden_layers": [6], "training.epochs": 3, "training.learning_rate": 0.02}
    nncli.train(config, settings, out=folder / "run")
    return folder / "run"


def regression(folder, targets=("charge",), rows=80):
    columns = inputs(rows)
    values = [(columns[0] * (n + 1) - columns[1]).round(3) for n in range(len(targets))]
    return trained(folder, [*INPUTS, *targets], [*targets], [*columns, *values])


def classes(folder, names, rows=90, rare=()):
    """Return a run with classes in turn by the first column, and one row for each rare class."""
    columns = inputs(rows)
    order = np.argsort(np.argsort(columns[0]))
    cells = [names[number * len(names) // rows] for number in order.tolist()]
    cells[: len(rare)] = rare
    return trained(folder, [*INPUTS, "class"], "class", [*columns, cells])


def labels(folder, names=tuple(HOSTILE), rows=90):
    columns = inputs(rows)
    values = [(columns[n % 3] > 0.3 * (n % 2)).astype(int) for n in range(len(names))]
    return trained(folder, [*INPUTS, *names], [*names], [*columns, *values])
