"""Single columns that give the target away."""

from dataclasses import replace

import numpy as np
import pytest

from nncli.data.tables.leaks import leak_notes, leaks
from nncli.data.tables.targets import understand
from tests.data.tables.tables import table


def told(columns, *, train=None, task=None):
    found = table(**columns)
    targets = understand(found, ["y"], task)
    rows = np.arange(len(found)) if train is None else train
    inputs = [name for name in columns if name != "y"]
    names = leaks(found, inputs, targets, targets.values(found), rows)
    return [*leak_notes(found.name, names, targets)]


RANDOM = np.random.default_rng(3)
N = 400
NOISE = RANDOM.normal(size=N)
NUMBERS = RANDOM.normal(size=N) * 50
CLASSES = [*"uvw" * N][:N]
BINARY = [*"nj" * N][:N]
IS_J = np.array(BINARY) == "j"


@pytest.mark.parametrize(
    "x",
    [2 * NUMBERS, -NUMBERS, np.exp(NUMBERS / 50), NUMBERS + NOISE / 1000, NUMBERS * 1e20],
    ids=["twice", "minus", "exp", "nearly", "large"],
)
def test_a_number_correlated_with_the_target_is_reported(x):
    x = x.tolist()
    assert told({"x": x, "z": NOISE.tolist(), "y": NUMBERS.tolist()}) == [
        "t.csv: 'x' alone predicts the target 'y' in nearly all training rows; if it is known only "
        "after the fact, add it to data.drop: [x]"
    ]
    assert told({"x": x[:49], "y": NUMBERS[:49].tolist()}) == []
    x[3] = None
    assert len(told({"x": x, "y": NUMBERS.tolist()})) == 1


@pytest.mark.parametrize(
    "x",
    [
        ["yes" if each else "no" for each in IS_J],
        ["yes" if each else None for each in IS_J],
        [float(each) for each in IS_J],
        (IS_J * 5 + abs(NOISE) / 10).tolist(),
        (abs(NOISE) * IS_J).tolist(),
        [f"{'a' if each else 'b'}{n % 5}" for n, each in enumerate(IS_J)],
    ],
    ids=["text", "blank", "0 and 1", "threshold", "above 0", "several"],
)
def test_a_column_that_determines_the_class_is_reported(x):
    (line,) = told({"x": x, "z": NOISE.tolist(), "y": BINARY})
    assert "'x' alone predicts the target 'y'" in line
    assert told({"x": x[:40], "z": NOISE[:40].tolist(), "y": BINARY[:40]}) == []


def test_classes_are_determined_by_values_or_several_thresholds():
    codes = np.array([*map("uvw".index, CLASSES)])
    for x in (codes.tolist(), (codes + abs(NOISE) / 10).tolist(), [f"k{each}" for each in codes]):
        assert len(told({"x": x, "y": CLASSES})) == 1
    mixed = np.where(codes == 2, 1, codes)
    assert told({"x": (mixed + abs(NOISE) / 10).tolist(), "y": CLASSES}) == []
    assert told({"x": mixed.tolist(), "y": CLASSES}) == []


def test_only_the_training_rows_count():
    x = np.where(np.arange(N) < 300, NUMBERS, 0).tolist()
    columns = {"x": x, "y": NUMBERS.tolist()}
    assert len(told(columns, train=np.arange(300))) == 1
    assert told(columns) == []


def test_a_rare_class_makes_no_column_a_leak():
    rare = ["b" if n % 100 == 0 else "a" for n in range(N)]
    columns = {"x": [*"pqrs" * 100], "z": NOISE.tolist(), "c": [*"ppppq" * 80], "y": rare}
    assert told(columns) == []


def test_unique_texts_and_truth_tables_are_not_leaks():
    assert told({"x": [f"n{n}" for n in range(N)], "y": BINARY}) == []
    a, b = [0, 0, 1, 1] * 50, [0, 1, 0, 1] * 50
    for gate in (np.bitwise_xor, np.bitwise_and, np.bitwise_or):
        assert told({"a": a, "b": b, "y": gate(a, b).tolist()}) == []


def test_many_columns_are_one_line():
    columns = {f"x{n}": (NUMBERS * (n + 1)).tolist() for n in range(7)}
    (line,) = told({**columns, "y": NUMBERS.tolist()})
    assert "'x4' and 2 more each alone predict" in line


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_it_is_silent_on_the_tables_of_scikit_learn(name):
    datasets = pytest.importorskip("sklearn.datasets")
    data = getattr(datasets, f"load_{name}")()
    columns = {f"x{n}": each.tolist() for n, each in enumerate(data.data.T)}
    task = "regression" if name == "diabetes" else None
    assert told({**columns, "y": data.target.tolist()}, task=task) == []


@pytest.mark.parametrize("bulk", [0.0, 0.9])
def test_a_shared_outlier_is_not_a_leak(bulk):
    x = bulk * NUMBERS / 50 + NOISE
    x[7] = 1e5
    y = NUMBERS / 50
    y[7] = 1e5
    assert np.corrcoef(x, y)[0, 1] > 0.999
    assert told({"x": x.tolist(), "y": y.tolist()}) == []


@pytest.mark.parametrize("of_classes", [False, True])
def test_a_blank_date_is_not_a_number(of_classes):
    y = BINARY if of_classes else NUMBERS.tolist()
    found = table(y=y)
    days = np.datetime64("2020-01-01", "us") + RANDOM.permutation(N) * np.timedelta64(1, "D")
    days[IS_J if of_classes else NUMBERS > 100] = np.datetime64("NaT", "us")
    found = replace(found, columns={"x": days, **found.columns})
    targets = understand(found, ["y"])
    assert of_classes or np.isnat(days).mean() < 0.1
    names = leaks(found, ["x"], targets, targets.values(found), np.arange(N))
    assert names == (["x"] if of_classes else [])  # where blank cells mark a class
