"""Findings about rows that are in several splits."""

from itertools import product

import numpy as np
import pytest

from tests.explain.diagnosis.tables import findings, findings_of

SPLIT = {"test": 0.25, "validation": 0}


def columns_of(rows):
    """Return rows as columns by name."""
    return {f"x{at}": each for at, each in enumerate(np.asarray(rows).T)}


def measured(rows, seed=0):
    """Return rows of measured numbers, and a class."""
    X = np.random.default_rng(seed).normal(size=(rows, 3)).round(2)
    return X, np.where(X[:, 0] > 0, "yes", "no")


def test_copies_of_measured_rows_are_found_with_their_share(tmp_path):
    X, y = measured(60)
    found = findings_of(tmp_path, columns_of(np.tile(X, (4, 1))), np.tile(y, 4), **SPLIT)["N034"]
    numbers = [int(word) for word in found.evidence.split() if word.isdigit()]
    assert numbers[1] == 60
    assert numbers[0] > 50
    assert "the table has these rows twice" in found.cause
    assert found.change is None


@pytest.mark.parametrize(("copies", "is_found"), [(0, False), (4, False), (80, True)])
def test_a_few_copies_do_no_harm(tmp_path, copies, is_found):
    X, y = measured(200)
    X, y = np.concatenate([X, X[:copies]]), np.concatenate([y, y[:copies]])
    assert ("N034" in findings_of(tmp_path, columns_of(X), y, **SPLIT)) == is_found


def test_the_same_inputs_with_other_targets_are_no_copies(tmp_path):
    X, _ = measured(60)
    y = np.random.default_rng(1).normal(size=240).round(4)
    assert "N034" not in findings_of(tmp_path, columns_of(np.tile(X, (4, 1))), y, **SPLIT)


def test_all_rows_of_a_truth_table_are_no_leak(tmp_path):
    X = np.tile([*product((0, 1), repeat=5)], (8, 1))
    assert "N034" not in findings_of(tmp_path, columns_of(X), X.sum(axis=1) % 2, **SPLIT)


def test_few_values_make_equal_rows_by_chance(tmp_path):
    rng = np.random.default_rng(2)
    fares = rng.choice([7.25, 7.75, 8.05, 13, 26, 26.55, 10.5], 600)
    ages = np.where(rng.random(600) < 0.4, 28, rng.integers(1, 70, 600))
    X = np.column_stack([rng.integers(1, 4, 600), rng.integers(0, 2, 600), ages, fares])
    assert "N034" not in findings_of(tmp_path, columns_of(X), rng.choice(["y", "n"], 600), **SPLIT)


def test_columns_that_follow_from_others_are_few_values_all_the_same(tmp_path):
    rng = np.random.default_rng(4)
    zone, ware = rng.integers(0, 12, 600), rng.integers(0, 15, 600)
    X = np.column_stack([zone, zone * 31.7, ware, ware**2 * 1.3])
    target = np.where((zone + ware) % 2, "y", "n")
    assert "N034" not in findings_of(tmp_path, columns_of(X), target, **SPLIT)


def coarse(rows, columns, seed=5):
    """Return rows of columns with about 50 different values each, and a class."""
    X = np.random.default_rng(seed).normal(size=(rows, columns)).round(1)
    return X, np.where(X[:, 0] > 0, "yes", "no")


@pytest.mark.parametrize(("columns", "is_found"), [(12, True), (3, False)])
def test_copies_are_found_where_no_single_column_tells_rows_apart(tmp_path, columns, is_found):
    X, y = coarse(400, columns)
    X, y = np.concatenate([X, X[:200]]), np.concatenate([y, y[:200]])
    assert ("N034" in findings_of(tmp_path, columns_of(X), y, **SPLIT)) == is_found


def test_many_columns_that_follow_from_two_are_few_values_all_the_same(tmp_path):
    rng = np.random.default_rng(6)
    a, b = rng.integers(1, 13, 600), rng.integers(1, 16, 600)
    X = np.column_stack([a, b, a + b, a * b, a - b, a**2, b**2, a // 2])
    target = np.where((a + b) % 2, "y", "n")
    assert "N034" not in findings_of(tmp_path, columns_of(X), target, **SPLIT)


def test_a_file_with_the_training_rows_again_is_found(tmp_path):
    X, y = measured(80)
    for name in ("train", "test"):
        np.savez(tmp_path / f"{name}.npz", X=X, y=y)
    data = {"path": str(tmp_path / "train.npz"), "test": str(tmp_path / "test.npz")}
    found = findings({**data, "validation": 0})["N034"]
    assert found.evidence.startswith("80 of 80 test rows (100%)")
    assert "the files of the splits have the same rows" in found.cause


def test_generated_data_may_have_the_same_rows_on_purpose():
    assert "N034" not in findings({"source": "gate", "gate": "xor"})


def test_single_and_double_precision_are_compared(tmp_path):
    X, y = measured(80)
    np.savez(tmp_path / "train.npz", X=X, y=y)
    np.savez(tmp_path / "test.npz", X=X.astype(np.float32), y=y)
    data = {"path": str(tmp_path / "train.npz"), "test": str(tmp_path / "test.npz")}
    assert "N034" in findings({**data, "validation": 0})
