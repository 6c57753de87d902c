"""Columns are read back from their inputs."""

import numpy as np
import pytest

from nncli.explain.plots.columns import columns_of
from nncli.explain.plots.names import short
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
