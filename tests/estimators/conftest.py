"""Rows for estimators, and a fixture to run commands."""

import os

import numpy as np
import pytest

from nncli.cli.main import main


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """Run every test in a new directory; return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def rows():
    """Return 60 rows of three numbers, and their classes: the sign of a product."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


@pytest.fixture
def dicts(rows):
    """Return rows with a number, a Boolean and a category, some blank, and their classes."""
    X, y = rows
    table = [
        {"size": a, "new": b > 0, "color": "red" if c > 0 else "blue"} for a, b, c in X.tolist()
    ]
    for row, name in ((3, "size"), (5, "color"), (7, "new")):
        table[row][name] = None
    return table, y


@pytest.fixture
def command(capfd, monkeypatch):
    """Return a function that runs a command without fsync and returns its output."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        out, err = capfd.readouterr()
        assert ended.value.code == 0, err
        return out

    return run
