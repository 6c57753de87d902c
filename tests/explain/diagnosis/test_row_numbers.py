"""Findings about inputs that only number the rows."""

import numpy as np
import pytest

from tests.explain.diagnosis.tables import ROWS, findings, findings_of, normal, signs


def test_a_row_number_that_is_asked_for_is_found(tmp_path):
    columns = {"n": np.arange(ROWS) + 1, **normal()}
    target = signs(normal())
    assert "N035" not in findings_of(tmp_path, columns, target)  # it is left out
    found = findings_of(tmp_path, columns, target, columns={"n": "number"})["N035"]
    assert "column 'n' increases by 1 from row to row" in found.evidence
    assert 'data.drop=["n"]' in found.remedy
    assert "memorize" in found.cause


def test_a_row_number_that_orders_the_targets_is_worse_than_useless(tmp_path):
    columns = {"n": np.arange(ROWS), **normal()}
    target = np.where(np.arange(ROWS) < ROWS / 2, "first", "second")
    every = findings_of(tmp_path, columns, target, columns={"n": "number"})
    assert "in the order of the targets" in every["N035"].cause
    assert every["N035"].change is None
    assert "N033" not in every
    columns["copy"] = np.where(target == "first", "a", "b")
    every = findings_of(tmp_path, columns, target, columns={"n": "number"})
    assert every["N033"].evidence.startswith("'copy' alone predicts")


def test_a_few_rows_are_in_no_order_by_chance(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(10):
        cells = {"n": np.arange(24) + 1, "a": rng.normal(size=24), "b": rng.normal(size=24)}
        settings = {"columns": {"n": "number"}, "test": 0, "validation": 0}
        found = findings_of(tmp_path, cells, rng.choice(["y", "n"], 24), **settings)["N035"]
        assert "memorize" in found.cause


@pytest.mark.parametrize("name", ["time", "year", "rank", "t"])
def test_counted_times_are_no_row_numbers(tmp_path, name):
    columns = {name: np.arange(ROWS), **normal()}
    assert "N035" not in findings_of(tmp_path, columns, signs(normal()), columns={name: "number"})


def test_shuffled_row_numbers_and_ids_are_found(tmp_path):
    mixed = np.random.default_rng(5).permutation(ROWS)
    target = signs(normal())
    found = findings_of(tmp_path, {"n": mixed + 1, **normal()}, target)["N035"]
    assert f"each whole number from 1 to {ROWS} once" in found.evidence
    ids = {"customer_id": mixed * 13 + 70_000, **normal()}
    assert "column 'customer_id'" in findings_of(tmp_path, ids, target)["N035"].evidence
    found = findings_of(tmp_path, ids, target, scale="none")["N035"]
    assert str(found.change) == 'data.drop=["customer_id"]'


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("price", np.random.default_rng(6).permutation(ROWS) * 13),  # different, but not counted
        ("id", np.arange(ROWS) // 2 * 3),  # of two rows each
        ("grid", np.random.default_rng(6).permutation(ROWS) * 13),
    ],
)
def test_other_whole_numbers_are_inputs(tmp_path, name, values):
    assert "N035" not in findings_of(tmp_path, {name: values, **normal()}, signs(normal()))


def test_the_only_column_is_what_there_is_to_learn_from(tmp_path):
    x = np.arange(ROWS)
    assert "N035" not in findings_of(tmp_path, {"n": x}, np.sin(x / 20).round(3))


def test_without_training_nothing_is_said_about_inputs(tmp_path):
    columns = {**normal(), "big": np.arange(ROWS) * 1e7, "same": np.full(ROWS, 8)}
    assert {"N031", "N032", "N035"} & {
        *findings_of(tmp_path, columns, signs(columns), scale="none")
    }
    data = {"path": str(tmp_path / "table.csv"), "target": "target", "scale": "none"}
    assert not findings(data, training={"epochs": 0})
