"""Models of earlier versions, with categories and classes in the spelling of the file."""

from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.data.files.table import Table
from nncli.data.tables.column import Column
from nncli.data.tables.targets import Targets
from tests.model.models import trained

LINES = [
    f"{('1.0', 'True', 'x', '2.50')[n % 4]},{n / 7},{('1', '2', '10', '03.0')[n // 4 % 4]}"
    for n in range(80)
]
DATA = "{path: t.csv, target: y, columns: {f: category, y: category}}"


def texts(*cells):
    return np.array(cells, object)


@pytest.mark.parametrize(
    ("cell", "category"),
    [
        ("1.0", 1),
        ("1", 0),
        ("1.00", 0),
        ("true", 2),
        ("TRUE", 2),
        ("True", 2),
        ("x", 4),
        ("2.5", 3),
    ],
)
def test_a_cell_has_the_category_of_its_text_or_else_of_its_meaning(cell, category):
    column = Column("f", "category", categories=("1", "1.0", "True", "2.50", "x"))
    out = np.empty((1, 5))
    assert not len(column.encode(Table("t.csv", {"f": texts(cell)}, str), out).unknown)
    assert out[0].tolist() == np.eye(5)[category].tolist()


def test_a_blank_cell_is_the_text_nan_that_was_a_category():
    column = Column("f", "category", categories=("a", "nan"))
    out = np.empty((2, 2))
    column.encode(Table("t.csv", {"f": texts(None, "a")}, str), out)
    assert out.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("classes", "cells", "codes"),
    [
        (["1.0", "True"], ["1", "1.0", "true", "True", "TRUE"], [0, 0, 1, 1, 1]),
        (["1", "1.0"], ["1", "1.0", "1.00"], [0, 1, 0]),
        (["1", "2"], ["01", "02", "2.0"], [0, 1, 1]),
        (["01", "02"], ["1", "02"], [0, 1]),
        (["False", "True"], ["0", "1", "false", "1.0"], [0, 1, 0, 1]),
        (["0", "1"], ["true", "FALSE"], [1, 0]),
        (["0", "5"], ["0", "true", "false", "5.0"], [0, 2, 2, 1]),  # not a pair of Booleans
    ],
)
def test_a_cell_has_the_class_of_its_text_or_else_of_its_meaning(classes, cells, codes):
    assert Targets("binary", ["y"], classes).codes(texts(*cells)).tolist() == codes


def test_the_rows_of_a_model_are_split_in_the_order_of_its_classes(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["f,x,y", *LINES]), encoding="utf-8")
    model = replace(trained(tmp_path, DATA), fingerprint={})  # earlier versions had none
    assert model.classes == ["1", "2", "03.0", "10"]
    encoding = model.preprocessing.encoding
    old = replace(
        encoding,
        columns=tuple(
            replace(each, categories=("1.0", "2.50", "True", "x")) if each.name == "f" else each
            for each in encoding.columns
        ),
    )
    preprocessing = replace(model.preprocessing, columns=old.inputs, encoding=old)
    named_before = replace(model, preprocessing=preprocessing, fingerprint={})
    assert named_before.evaluate().metrics == model.evaluate().metrics
    assert named_before.evaluate(path).metrics == model.evaluate(path).metrics
    other_order = replace(model, classes=sorted(model.classes), fingerprint={})
    assert other_order.evaluate().rows == model.evaluate().rows


def test_class_weights_are_matched_by_meaning():
    X = np.arange(40.0).reshape(20, 2)
    y = np.arange(20) % 2 > 0
    weights = [
        nncli.train({"data": {"class_weight": {name: 3}}}, {"training.epochs": 1}, data=(X, y))
        for name in ("true", "True")
    ]
    assert weights[0].metrics == weights[1].metrics


def test_a_row_number_was_an_input_of_an_earlier_version(tmp_path):
    rows = [f"{n + 1},{n % 7 / 2},{'ab'[n % 3 > 0]}" for n in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["nr,x,y", *rows]), encoding="utf-8")
    model = trained(tmp_path, "{path: t.csv, target: y, columns: {nr: number}}")
    assert model.preprocessing.columns == ["nr", "x"]
    before = replace(
        model, config={**model.config, "data": {**model.config["data"], "columns": {}}}
    )
    assert before.evaluate().metrics == model.evaluate().metrics
