"""Training on good tables with default settings has no finding."""

import numpy as np
import pytest

from tests.benchmarks.own_data import TABLES, write_table
from tests.explain.diagnosis.runs import diagnosed

ROWS = 600


def config_of(path, **data):
    """Return a config of a table with default settings."""
    return {"data": {"path": str(path), "target": "target", **data}}


def written(path, columns, target):
    """Write columns and a target to a CSV file."""
    table = np.column_stack([*(np.asarray(each).astype(str) for each in columns.values()), target])
    lines = [",".join(row) for row in [[*columns, "target"], *table.tolist()]]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def linear(rng):
    """Four columns, of which three count, and noise of a tenth of the variance."""
    X = rng.normal(size=(ROWS, 4)) * [1, 10, 0.1, 3] + [0, 50, 2, -5]
    y = 2 * X[:, 0] - 0.3 * X[:, 1] + 10 * X[:, 2]
    return dict(zip("abcd", X.round(3).T, strict=True)), (y + rng.normal(0, 1.2, ROWS)).round(2)


def curved(rng):
    """The function of Friedman (1991): two columns multiplied, a square, two lines, and noise."""
    X = rng.random((ROWS, 7)).round(4)
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2
    y += 10 * X[:, 3] + 5 * X[:, 4] + rng.normal(size=ROWS)
    return {f"x{at}": each for at, each in enumerate(X.T)}, y.round(3)


def rings(rng):
    """Two rings, one within the other."""
    angle, outer = rng.random(ROWS) * 2 * np.pi, rng.random(ROWS) < 0.5
    radius = np.where(outer, 2, 1) + rng.normal(0, 0.2, ROWS)
    columns = {"x": (radius * np.cos(angle)).round(4), "y": (radius * np.sin(angle)).round(4)}
    return columns, np.where(outer, "outer", "inner")


def logistic(rng):
    """Classes drawn with a probability that a line gives: many rows cannot be told apart."""
    X = rng.normal(size=(ROWS, 3)).round(3)
    probability = 1 / (1 + np.exp(-(X @ [2, -1, 0.5] - 0.5)))
    return dict(zip("abc", X.T, strict=True)), np.where(rng.random(ROWS) < probability, "yes", "no")


def mixed(rng):
    """A price with categories, a yes/no column, missing cells, and much noise."""
    town, size = rng.choice(["Bern", "Basel", "Chur"], ROWS), rng.integers(20, 200, ROWS)
    garden = rng.choice(["yes", "no"], ROWS)
    price = 5.0 * size + 100 * (town == "Basel") + 80 * (garden == "yes")
    cells = np.where(rng.random(ROWS) < 0.1, "", size.astype(str))
    columns = {"town": town, "size": cells, "garden": garden}
    return columns, (price + rng.normal(0, 60, ROWS)).round()


def groups(rng):
    """Four classes of unequal size that overlap a little, and a column of noise."""
    chosen = rng.choice(4, ROWS, p=[0.4, 0.3, 0.2, 0.1])
    X = np.array([[0, 0], [3, 0], [0, 3], [3, 3]])[chosen] + rng.normal(0, 0.8, (ROWS, 2))
    noise = rng.exponential(size=ROWS).round(3)
    columns = {"a": X[:, 0].round(3), "b": X[:, 1].round(3), "noise": noise}
    return columns, np.array(["north", "east", "south", "west"])[chosen]


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_scikit_learn_have_no_finding(name, tmp_path):
    write_table(name, tmp_path / "table.csv")
    found = diagnosed(config_of(tmp_path / "table.csv"))
    assert not found.codes, found.page()


@pytest.mark.parametrize("make", [linear, curved, rings, logistic, mixed, groups])
@pytest.mark.parametrize("seed", range(3))
def test_tables_of_a_known_law_have_no_finding(make, seed, tmp_path):
    path = written(tmp_path / "table.csv", *make(np.random.default_rng(seed)))
    found = diagnosed(config_of(path))
    assert not found.codes, found.page()
