"""Columns are read back from their inputs."""

from datetime import date

import numpy as np
import pytest

import nncli
from nncli.explain.plots.columns import PlotColumn, columns_of
from nncli.explain.plots.names import number_text, rows_of, short
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
        width = own.shape[1] - (column.blank is not None)
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


def test_all_parts_of_a_missing_date_are_missing(tmp_path):
    dates = ["" if row % 5 == 0 else f"{2010 + row}-{1 + row:02}-{1 + row:02}" for row in range(12)]
    lines = [f"{day},{row % 7},{row % 2}" for row, day in enumerate(dates)]
    (tmp_path / "t.csv").write_text("\n".join(["made,size,kind", *lines]), "utf-8")
    data = {"path": str(tmp_path / "t.csv"), "target": "kind", "test": 0,
            "columns": {"made": {"missing": "indicator"}}}  # fmt: skip
    dataset = nncli.load_data({"data": data})
    split = dataset.splits["train"]
    inputs = split.inputs[split.rows].astype(np.float64)
    columns = columns_of(dataset.columns, dataset.encoding)
    parts = [each for each in columns if each.name.startswith("made")]
    assert len(parts) >= 2
    is_blank = np.array([not dates[row] for row in split.rows.tolist()])
    for part in parts:
        np.testing.assert_array_equal(np.isnan(part.values(inputs)), is_blank)
        rows = inputs.copy()
        part.write(np.ones(len(rows)), rows)
        np.testing.assert_allclose(part.values(rows), 1)
    assert not np.isnan(columns[-1].values(inputs)).any()


def test_the_typical_value_is_one_that_occurs_or_the_median():
    text = PlotColumn("color", slice(0, 3), ("a", "b", "c"))
    assert text.typical(np.array([0.0, 2, 0, 2, 2, 0, 0, np.nan])) == 0  # not b, in their middle
    assert PlotColumn("size", slice(0, 1)).typical(np.array([1.0, np.nan, 9, 2])) == 2
    month = PlotColumn("month", slice(0, 2), period=12, part="month")
    assert month.typical(np.array([11.0, 11, 0, 1, 10])) == 11  # not 10, the median
    assert np.isnan(month.typical(np.array([np.nan])))
