"""Columns are read back from their inputs."""

from datetime import date

import numpy as np
import pytest

from nncli.explain.plots.columns import columns_of
from nncli.explain.plots.names import number_text, short
from nncli.explain.plots.sample import rows_of
from nncli.explain.plots.subject import subject_of


def test_inputs_are_the_inverse_of_values(table_run):
    dataset = subject_of(table_run).dataset
    columns = columns_of(dataset.columns, dataset.encoding)
    split = dataset.splits["train"]
    inputs = split.inputs[split.rows]
    for column in columns:
        values = column.values(inputs)
        known = ~np.isnan(values)
        found = column.inputs(values[known])
        own = inputs[known][:, column.where]
        width = own.shape[1] - (column.has_blank and not column.labels)
        np.testing.assert_allclose(found[:, :width], own[:, :width], atol=1e-6)
    assert columns[0].name == "color"
    stops = [each.where.stop for each in columns]
    assert stops[-1] == len(dataset.columns)


def test_values_of_a_table_are_those_of_its_cells(table_run):
    dataset = subject_of(table_run).dataset
    split = dataset.splits["train"]
    columns = {each.name: each for each in columns_of(dataset.columns, dataset.encoding)}
    shown = columns["heavy"].values(split.inputs[split.rows])
    texts = {columns["heavy"].text(value) for value in shown}
    assert texts == {"true", "false"}
    months = columns["made month"].values(split.inputs[split.rows])
    np.testing.assert_allclose(months, np.round(months), atol=1e-4)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x" * 30, "x" * 10 + "..." + "x" * 5),
        ("$x_1$", "$x_1$"),
        ("<script>", "<script>"),
        ("a\nb", "a\\nb"),
        ("\u202eabc", "\\u202eabc"),
        ("שלום", "שלום"),
        ("中", "\\u4e2d"),
        ("", ""),
    ],
)
def test_names_are_short_and_have_glyphs(name, shown):
    assert short(name) == shown


def test_rows_are_counted_in_words():
    assert rows_of(1, "test") == "1 test row"
    assert rows_of(55_000, "train") == "55,000 training rows"
    assert rows_of(0, "held_out") == "0 held-out rows"


@pytest.mark.parametrize(
    ("value", "text"),
    [(10150.4, "10150"), (-123456.7, "-123457"), (9999.4, "9999"), (0.012345, "0.01235"),
     (2e12, "2e+12"), (0.0, "0"), (3.0, "3")],
)  # fmt: skip
def test_numbers_have_no_exponent_while_they_are_readable(value, text):
    assert number_text(value) == text
    assert number_text(-1123.7, 3, "+") == "-1124"
    assert number_text(12.34, 3, "+") == "+12.3"


def test_parts_of_dates_are_named(table_run):
    dataset = subject_of(table_run).dataset
    columns = {each.name: each for each in columns_of(dataset.columns, dataset.encoding)}
    lines = (table_run.parent / "t.csv").read_text("utf-8").splitlines()[1:]
    split = dataset.splits["train"]
    for row, inputs in zip(split.rows[:30].tolist(), split.inputs[split.rows[:30]], strict=True):
        day = date.fromisoformat(lines[row].split(",")[3])
        shown = {
            name: column.text(float(column.values(inputs[np.newaxis])[0]))
            for name, column in columns.items()
        }
        assert shown["made month"] == day.strftime("%b")
        assert shown["made days"] == day.isoformat()
        if "made weekday" in shown:
            assert shown["made weekday"] == day.strftime("%a")
