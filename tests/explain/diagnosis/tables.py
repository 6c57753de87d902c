"""Diagnose configs of small tables, which tests write."""

import csv

import numpy as np

import nncli

ROWS = 120


def normal(columns=3, seed=0):
    """Return columns of a normal distribution by name, rounded as in a file."""
    values = np.random.default_rng(seed).normal(size=(columns, ROWS)).round(4)
    return dict(zip("abcdef", values, strict=False))


def signs(columns):
    """Return two classes that depend on the first two columns."""
    a, b = [*columns.values()][:2]
    return np.where((a > np.median(a)) ^ (b > np.median(b)), "yes", "no")


def findings_of(folder, cells, target, **data):
    """Write columns and a target to a CSV file; return the findings about its config by code."""
    path = folder / "table.csv"
    names = [*cells, "target"]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        rows.writerows(zip(*cells.values(), target, strict=True))
    return findings({"path": str(path), "target": "target", **data})


def findings(data, **settings):
    """Return the findings about a config by code."""
    config = {"data": data, "training": {"epochs": 2}, "model": {"hidden_layers": [4]}, **settings}
    return {each.code: each.found for each in nncli.diagnose(config).findings}


def images(folder, dtype, largest):
    """Write images as an array of a type, and return their section of the config."""
    rng = np.random.default_rng(3)
    X = rng.integers(0, largest + 1, (60, 5, 5)).astype(dtype)
    np.savez(folder / "images.npz", X=X, y=rng.integers(0, 2, 60))
    return {"path": str(folder / "images.npz")}
